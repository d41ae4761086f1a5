//! Made-up patients of whom the truth is known: promises are kept on those that the sets were not fitted to.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trust::conformal::{CoverageFigures, SplitCoverage, coverage_over_splits};
use trust::{ConformalSets, Grade, Logits, Probabilities, TrustError};

use super::{Answer, single_patients};

/// Photographs whose network is far too sure of itself: right about two times in three.
struct Simulation {
    answers: Vec<Answer>,
    patients: Vec<String>,
    sources: Vec<&'static str>,
}

impl Simulation {
    /// One photograph a patient; the photographs of the second source are harder.
    fn of_single_photographs(patients: usize, seed: u64) -> Self {
        Self::of(patients, seed, |random| (random.random_range(0.4..1.2), 1))
    }

    /// Patients with 1 to 8 photographs, all as hard; the harder, the fewer of them there are.
    fn of_clusters(patients: usize, seed: u64) -> Self {
        Self::of(patients, seed, |random| {
            if random.random_bool(0.5) {
                (random.random_range(0.1..0.4), random.random_range(5..=8))
            } else {
                (random.random_range(0.8..1.6), random.random_range(1..=2))
            }
        })
    }

    /// `patient` draws how hard to grade a patient is and the number of photographs.
    fn of(patients: usize, seed: u64, patient: impl Fn(&mut ChaCha8Rng) -> (f32, usize)) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut simulation = Self {
            answers: Vec::new(),
            patients: Vec::new(),
            sources: Vec::new(),
        };
        for name in 0..patients {
            let (difficulty, photographs) = patient(&mut random);
            let error = difficulty * normal(&mut random);
            for _ in 0..photographs {
                let answer = photograph(difficulty, error, &mut random);
                simulation.answers.push(answer);
                simulation.patients.push(name.to_string());
                let source = if difficulty < 0.8 { "easy" } else { "hard" };
                simulation.sources.push(source);
            }
        }
        simulation
    }

    fn over_splits(&self, coverage: f64) -> SplitCoverage {
        coverage_over_splits(
            &self.answers,
            &self.patients,
            &self.sources,
            coverage,
            400,
            7,
        )
        .unwrap()
    }
}

/// `error` is what the photographs of the patient have in common.
fn photograph(difficulty: f32, error: f32, random: &mut ChaCha8Rng) -> Answer {
    let index = [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4][random.random_range(0..12)];
    let seen = index as f32 + 0.7 * error + 0.7 * difficulty * normal(random);
    let logits = Logits(std::array::from_fn(|grade| {
        -1.5 * (grade as f32 - seen).powi(2)
    }));
    let probabilities = Probabilities::softmax(&logits).unwrap();
    (probabilities, Grade::from_index(index).unwrap())
}

/// Nearly normal with variance 1: twelve uniform numbers less their mean.
fn normal(random: &mut ChaCha8Rng) -> f32 {
    (0..12)
        .map(|_| random.random_range(0.0_f32..1.0))
        .sum::<f32>()
        - 6.0
}

#[test]
fn exchangeable_photographs_are_covered_as_promised() {
    let simulation = Simulation::of_single_photographs(600, 1);
    for coverage in [0.8, 0.9, 0.95] {
        let measured = simulation.over_splits(coverage);
        let pooled = measured.pooled.unwrap();
        assert!((pooled.mean - coverage).abs() < 0.02, "{measured:?}");
        assert!(pooled.lower < coverage && coverage < pooled.upper);
        assert!((1.0..=5.0).contains(&pooled.mean_size));
        // The promise is kept on average over the sources, not in each of them.
        let [easy, hard] = ["easy", "hard"].map(|source| measured.by_source[source]);
        assert!(easy.mean > coverage && hard.mean < coverage, "{measured:?}");
        assert_eq!((pooled.skipped_splits, measured.by_source.len()), (0, 2));
    }
}

#[test]
fn patients_with_several_photographs_are_covered_as_promised() {
    let simulation = Simulation::of_clusters(600, 2);
    for coverage in [0.8, 0.9, 0.95] {
        let measured = simulation.over_splits(coverage);
        let mean = measured.pooled.unwrap().mean;
        assert!((mean - coverage).abs() < 0.02, "{measured:?}");
    }
}

#[test]
fn counting_photographs_instead_of_patients_would_break_the_promise() {
    let fitted = Simulation::of_clusters(2000, 3);
    let new = Simulation::of_clusters(2000, 4);
    let coverage = |patients: &[String]| {
        let sets = ConformalSets::fit_split(&fitted.answers, patients, 0.9).unwrap();
        let figures = CoverageFigures::by_patient(&sets, &new.answers, &new.patients).unwrap();
        figures.coverage.unwrap()
    };
    let counting_patients = coverage(&fitted.patients);
    assert!(
        (counting_patients - 0.9).abs() < 0.02,
        "{counting_patients}"
    );
    let counting_photographs = coverage(&single_patients(fitted.answers.len()));
    assert!(counting_photographs < 0.87, "{counting_photographs}");
}

#[test]
fn the_promise_holds_for_few_patients_too() {
    let coverage = mean_over_draws(|drawn, new| {
        let sets = ConformalSets::fit_split(&drawn.answers, &drawn.patients, 0.8).unwrap();
        let figures = CoverageFigures::by_patient(&sets, &new.answers, &new.patients).unwrap();
        figures.coverage.unwrap()
    });
    // 20 patients: at most one patient's weight above the promise.
    assert!((0.79..0.87).contains(&coverage), "{coverage}");
}

#[test]
fn the_risk_stays_below_what_was_allowed() {
    let risk = mean_over_draws(|drawn, new| {
        let sets = ConformalSets::fit_risk_control(&drawn.answers, &drawn.patients, 0.08).unwrap();
        let figures = CoverageFigures::by_patient(&sets, &new.answers, &new.patients).unwrap();
        figures.under_grading.unwrap()
    });
    // 20 patients: the unknown loss of one more may be 1, which costs up to 2 / 21 at worst.
    assert!((0.02..=0.08).contains(&risk), "{risk}");
}

/// The mean of a figure over 400 draws of 20 patients to fit to and 50 new ones to measure on.
fn mean_over_draws(figure: impl Fn(&Simulation, &Simulation) -> f64) -> f64 {
    let draws = 400;
    let draw = |seed: u64| {
        let drawn = Simulation::of_clusters(20, 1000 + seed);
        figure(&drawn, &Simulation::of_clusters(50, 5000 + seed))
    };
    (0..draws).map(draw).sum::<f64>() / draws as f64
}

#[test]
fn the_same_name_in_two_sources_is_two_patients() {
    let simulation = Simulation::of_single_photographs(40, 5);
    let measured = |patients: &[String], sources: &[&str]| {
        coverage_over_splits(&simulation.answers, patients, sources, 0.9, 20, 1)
    };
    // Ten names in four sources are forty patients, twenty of them to fit to.
    let names: Vec<String> = (0..40).map(|index| (index % 10).to_string()).collect();
    let sources: Vec<&str> = (0..40)
        .map(|index| ["a", "b", "c", "d"][index / 10])
        .collect();
    assert!(measured(&names, &sources).is_ok());
    assert_eq!(
        measured(&names, &["a"; 40]).unwrap_err(),
        TrustError::PromiseNeedsPatients {
            patients: 5,
            needed: 9
        }
    );
}

#[test]
fn splits_are_written_and_read_and_depend_on_the_seed_alone() {
    let simulation = Simulation::of_clusters(60, 6);
    let of = |splits, seed| {
        let Simulation {
            answers,
            patients,
            sources,
        } = &simulation;
        coverage_over_splits(answers, patients, sources, 0.9, splits, seed).unwrap()
    };
    assert_eq!(of(50, 1), of(50, 1));
    assert_ne!(of(50, 1).pooled, of(50, 2).pooled);
    let none = of(0, 1);
    assert!(none.pooled.is_none() && none.by_source.is_empty());
    let text = serde_json::to_string(&none).unwrap();
    let read: SplitCoverage = serde_json::from_str(&text).unwrap();
    assert_eq!(read, none);
}
