//! Referral: what handing over the most unsure photographs gains, with which measure, and how sure that is. The golden
//! values are made by `tests/reference/referral.py`.

use proptest::collection::vec;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use trust::referral::{
    Loss, MeasureRow, Referral, ReferralFigure, SourceOfUncertainty, excess_risk_coverage_area,
    rank_measures, risk_coverage_area, share_kept_mean, uncertainty_table,
};
use trust::{Assessment, Calibration, Grade, Logits, Measure, TrustError};

const REFER_AT: f32 = 0.4;

/// Photographs of half as many patients: what the passes see is off by more where they also spread more.
fn photographs(count: usize, seed: u64) -> (Vec<(Assessment, Grade)>, Vec<String>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let graded = (0..count).map(|_| {
        let index = [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4][random.random_range(0..12)];
        let difficulty: f32 = random.random_range(0.0..1.5);
        let seen = index as f32 + difficulty * random.random_range(-2.0..2.0);
        let passes: Vec<Logits> = (0..6)
            .map(|_| seen + difficulty * random.random_range(-0.5..0.5))
            .map(|seen| Logits(std::array::from_fn(|grade| -(grade as f32 - seen).powi(2))))
            .collect();
        let assessment = Assessment::from_passes(&passes, &Calibration::Identity).unwrap();
        (assessment, Grade::from_index(index).unwrap())
    });
    let graded = graded.collect();
    let patients = (0..count).map(|index| (index / 2).to_string()).collect();
    (graded, patients)
}

fn source(name: &str, data: &str, count: usize, seed: u64) -> SourceOfUncertainty {
    let (photographs, patients) = photographs(count, seed);
    SourceOfUncertainty {
        name: name.to_owned(),
        data: data.to_owned(),
        photographs,
        patients,
        refer_at: REFER_AT,
    }
}

fn row<'a>(table: &'a [MeasureRow], measure: &str) -> &'a MeasureRow {
    table.iter().find(|row| row.measure == measure).unwrap()
}

#[derive(Deserialize)]
struct Golden {
    shares: Vec<f64>,
    lists: Vec<GoldenList>,
    photographs: GoldenPhotographs,
}

#[derive(Deserialize)]
struct GoldenList {
    uncertainties: Vec<f32>,
    losses: Vec<f64>,
    area: f64,
    excess: f64,
    kept: Vec<f64>,
}

#[derive(Deserialize)]
struct GoldenPhotographs {
    refer_at: f32,
    grades: Vec<Grade>,
    logits: Vec<Logits>,
    grade_area: f64,
    referral_area: f64,
    kept: Vec<GoldenKept>,
    wrong_among_most_unsure_fifth: f64,
    wrong_among_rest: f64,
    wrong_ratio: f64,
}

#[derive(Deserialize)]
struct GoldenKept {
    percent: usize,
    accuracy: f64,
    referable_auc: f64,
    sensitivity: f64,
    specificity: f64,
    quadratic_weighted_kappa: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../referral.golden.json")).unwrap()
}

fn golden_source() -> SourceOfUncertainty {
    let golden = golden().photographs;
    let assess =
        |logits: &Logits| Assessment::from_passes(&[*logits], &Calibration::Identity).unwrap();
    let assessments = golden.logits.iter().map(assess);
    SourceOfUncertainty {
        name: "one pass".to_owned(),
        data: "golden".to_owned(),
        patients: (0..golden.grades.len())
            .map(|index| index.to_string())
            .collect(),
        photographs: assessments.zip(golden.grades).collect(),
        refer_at: golden.refer_at,
    }
}

#[track_caller]
fn assert_close(actual: Option<f64>, expected: f64) {
    assert!(
        actual.is_some_and(|actual| (actual - expected).abs() < 1e-9),
        "{actual:?} is not {expected}"
    );
}

#[test]
fn areas_and_means_agree_with_the_mean_over_all_orders_of_equally_unsure_photographs() {
    let golden = golden();
    for list in &golden.lists {
        let pairs: Vec<(f32, f64)> = list
            .uncertainties
            .iter()
            .copied()
            .zip(list.losses.iter().copied())
            .collect();
        assert_close(risk_coverage_area(&pairs), list.area);
        assert_close(excess_risk_coverage_area(&pairs), list.excess);
        for (share, kept) in golden.shares.iter().zip(&list.kept) {
            assert_close(share_kept_mean(&pairs, *share), *kept);
        }
    }
}

#[test]
fn curves_and_rows_agree_with_scikit_learn_on_the_photographs_kept() {
    let golden = golden().photographs;
    let source = golden_source();
    let referral = Referral::of(&source.photographs, golden.refer_at).unwrap();
    let curve = (referral.measures.iter())
        .find(|curve| curve.name == "max_probability")
        .unwrap();
    let table = uncertainty_table(&[source], 1, 50).unwrap();
    let row = row(&table, "max_probability");
    for kept in &golden.kept {
        let point = &curve.points[kept.percent - 1];
        assert_eq!(point.photographs, 120 * kept.percent / 100);
        for (figure, expected) in ReferralFigure::ALL.into_iter().zip([
            kept.accuracy,
            kept.referable_auc,
            kept.sensitivity,
            kept.specificity,
            kept.quadratic_weighted_kappa,
        ]) {
            assert_close(point.figures.get(figure), expected);
        }
        let (accuracy, auc) = match kept.percent {
            50 => (row.accuracy.kept_50, row.referable_auc.kept_50),
            70 => (row.accuracy.kept_70, row.referable_auc.kept_70),
            80 => (row.accuracy.kept_80, row.referable_auc.kept_80),
            90 => (row.accuracy.kept_90, row.referable_auc.kept_90),
            _ => continue,
        };
        assert_close(accuracy.map(|interval| interval.value), kept.accuracy);
        assert_close(auc.map(|interval| interval.value), kept.referable_auc);
    }
    for (interval, expected) in [
        (row.grade_risk_coverage_area, golden.grade_area),
        (row.referral_risk_coverage_area, golden.referral_area),
        (
            row.wrong_among_most_unsure_fifth,
            golden.wrong_among_most_unsure_fifth,
        ),
        (row.wrong_among_rest, golden.wrong_among_rest),
        (row.wrong_ratio, golden.wrong_ratio),
    ] {
        assert_close(interval.map(|interval| interval.value), expected);
    }
}

#[test]
fn bands_lie_around_their_curve_and_end_without_gain() {
    let (photographs, patients) = photographs(300, 3);
    let referral = Referral::with_bands(&photographs, &patients, REFER_AT, 5, 200).unwrap();
    let (mut inside, mut all) = (0, 0);
    for curve in &referral.measures {
        assert_eq!(curve.bands.len(), 20, "{}", curve.name);
        for (step, band) in (1..).zip(&curve.bands) {
            assert_eq!(band.share_kept, f64::from(step) / 20.0);
            let point = &curve.points[5 * step as usize - 1];
            for figure in ReferralFigure::ALL {
                if let Some(value) = point.figures.get(figure) {
                    let (lower, upper) = (band.lower.get(figure), band.upper.get(figure));
                    all += 1;
                    inside += usize::from(lower <= Some(value) && Some(value) <= upper);
                }
            }
        }
        let last = curve.bands.last().unwrap();
        assert_eq!(last.gain_lower.accuracy, Some(0.0));
        assert_eq!(last.gain_upper.referable_auc, Some(0.0));
    }
    assert!(inside * 100 >= all * 95, "{inside} of {all}");
    assert!(referral.random.bands.is_empty() && referral.oracle.bands.is_empty());
}

#[test]
fn bands_change_no_curve_and_hang_on_nothing_but_photographs_and_seed() {
    let (mut photographs, mut patients) = photographs(120, 8);
    let with_bands = |photographs: &[_], patients: &[String], seed| {
        Referral::with_bands(photographs, patients, REFER_AT, seed, 60).unwrap()
    };
    let referral = with_bands(&photographs, &patients, 5);
    assert_ne!(referral, with_bands(&photographs, &patients, 6));
    let mut without = referral.clone();
    without
        .measures
        .iter_mut()
        .for_each(|curve| curve.bands.clear());
    assert_eq!(without, Referral::of(&photographs, REFER_AT).unwrap());

    photographs.reverse();
    patients.reverse();
    let reversed = with_bands(&photographs, &patients, 5);
    for (forth, back) in referral.measures.iter().zip(&reversed.measures) {
        for (forth, back) in forth.bands.iter().zip(&back.bands) {
            let (forth, back) = (forth.gain_lower.accuracy, back.gain_lower.accuracy);
            assert_close(forth, back.unwrap());
        }
    }
}

#[test]
fn a_measure_that_knows_all_errors_gains_and_one_that_says_nothing_does_not() {
    let mut source = source("6 passes", "made up", 400, 4);
    for (assessment, grade) in &mut source.photographs {
        assessment.uncertainty.entropy = f32::from(u8::from(assessment.grade != *grade));
        assessment.uncertainty.std = [0.25; 5];
    }
    let table = uncertainty_table(&[source.clone()], 2, 200).unwrap();
    let (perfect, silent) = (row(&table, "entropy"), row(&table, "std"));
    let (random, oracle) = (row(&table, "random"), row(&table, "oracle"));
    assert!(perfect.gains_at_every_share && oracle.gains_at_every_share);
    assert!(!silent.gains_at_every_share && !random.gains_at_every_share);
    assert_close(
        perfect.grade_risk_coverage_area.map(|area| area.value),
        oracle.grade_risk_coverage_area.unwrap().value,
    );
    assert_eq!(
        silent.grade_risk_coverage_area,
        random.grade_risk_coverage_area
    );
    let unsure = |row: &MeasureRow| row.wrong_among_most_unsure_fifth.unwrap().value;
    assert_close(silent.wrong_ratio.map(|ratio| ratio.value), 1.0);
    assert!(unsure(perfect) > 2.0 * unsure(random));

    let referral = Referral::with_bands(&source.photographs, &source.patients, REFER_AT, 2, 200);
    let half = referral.unwrap().measures[1].bands[9];
    assert!(half.gain_lower.accuracy > Some(0.05), "{half:?}");
}

#[test]
fn the_table_has_a_row_a_measure_with_intervals_on_the_same_resamples() {
    let sources = [
        source("6 passes", "one", 200, 5),
        source("6 passes", "two", 90, 6),
    ];
    let table = uncertainty_table(&sources, 7, 100).unwrap();
    assert_eq!(table.len(), 2 * (Measure::ALL.len() + 2));
    for (row, measure) in table.iter().zip(Measure::ALL) {
        assert_eq!((row.measure, row.data.as_str()), (measure.name(), "one"));
        assert_eq!((row.photographs, row.patients), (200, 100));
    }
    for row in &table {
        let accuracy = row.accuracy.kept_80.unwrap();
        assert!(accuracy.lower < accuracy.upper);
        let (fifth, rest) = (row.wrong_among_most_unsure_fifth, row.wrong_among_rest);
        assert_close(rest.map(|rest| 1.0 - rest.value), accuracy.value);
        if let Some(ratio) = row.wrong_ratio {
            assert_close(
                Some(ratio.value),
                fifth.unwrap().value / rest.unwrap().value,
            );
        }
        assert_eq!(row.figures().len(), 13);
    }
    let text = serde_json::to_string(&table).unwrap();
    assert!(text.contains("\"kept_80\":{\"value\":"), "{text}");
    let figure = &table[1].figures()[4];
    assert_eq!(
        (figure.measure, figure.figure),
        ("entropy", "accuracy_kept_80")
    );
    assert_eq!(
        figure.value,
        table[1].accuracy.kept_80.map(|interval| interval.value)
    );
}

#[test]
fn the_best_measure_has_the_least_mean_area_over_the_data_sets_that_count() {
    let mut sources = [
        source("a", "one", 150, 5),
        source("a", "two", 150, 6),
        source("a", "three", 150, 9),
    ];
    for (assessment, grade) in sources[..2]
        .iter_mut()
        .flat_map(|source| &mut source.photographs)
    {
        assessment.uncertainty.mutual_information = f32::from(u8::from(assessment.grade != *grade));
    }
    for (assessment, grade) in &mut sources[2].photographs {
        assessment.uncertainty.mutual_information = f32::from(u8::from(assessment.grade == *grade));
    }
    let table = uncertainty_table(&sources, 1, 10).unwrap();
    let best = rank_measures(&table, &["one", "two"], Loss::WrongGrade)[0];
    assert_eq!(
        (best.measure, best.mean_rank),
        (Measure::MutualInformation, 1.0)
    );
    let ranking = rank_measures(&table, &["three"], Loss::WrongGrade);
    assert_eq!(ranking.len(), Measure::ALL.len());
    let worst = ranking.last().unwrap();
    assert_eq!(
        (worst.measure, worst.mean_rank),
        (Measure::MutualInformation, 10.0)
    );
    let ranks: f64 = ranking.iter().map(|ranked| ranked.mean_rank).sum();
    assert_eq!(ranks, 55.0);
    assert!(ranking.is_sorted_by(|left, right| left.mean_area <= right.mean_area));
    assert_eq!(rank_measures(&table, &["four"], Loss::WrongGrade), []);
    // By the other mistake each measure is worth its own areas.
    for ranked in rank_measures(&table, &["three"], Loss::WrongReferral) {
        let row = |row: &&MeasureRow| row.data == "three" && row.measure == ranked.measure.name();
        let area = table.iter().find(row).unwrap().referral_risk_coverage_area;
        assert_eq!(ranked.mean_area, area.unwrap().value);
    }
}

#[test]
fn what_cannot_be_computed_is_refused() {
    let none: [(Assessment, Grade); 0] = [];
    let empty = Referral::with_bands(&none, &[] as &[&str], REFER_AT, 1, 10);
    assert_eq!(empty, Err(TrustError::Empty));
    let mut source = source("a", "one", 20, 1);
    source.patients.pop();
    let message = uncertainty_table(std::slice::from_ref(&source), 1, 10)
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("19 patients but 20 grades"),
        "{message}"
    );
    let bands = Referral::with_bands(&source.photographs, &source.patients, REFER_AT, 1, 10);
    assert!(bands.is_err());

    assert_eq!(risk_coverage_area(&[]), None);
    assert_eq!(excess_risk_coverage_area(&[]), None);
    for share in [0.0, -0.1, 1.1, f64::NAN] {
        assert_eq!(share_kept_mean(&[(0.5, 1.0)], share), None);
    }
    assert_eq!(share_kept_mean(&[], 0.5), None);
    assert_eq!(share_kept_mean(&[(0.2, 1.0), (0.1, 3.0)], 0.01), Some(3.0));
}

#[test]
fn a_single_photograph_has_bands_and_a_row() {
    let source = source("a", "one", 20, 1);
    let (photographs, patients) = (&source.photographs[..1], &source.patients[..1]);
    let referral = Referral::with_bands(photographs, patients, REFER_AT, 1, 10).unwrap();
    assert_eq!(referral.measures[0].bands.len(), 20);
    let one = SourceOfUncertainty {
        photographs: photographs.to_vec(),
        patients: patients.to_vec(),
        ..source
    };
    let table = uncertainty_table(&[one], 1, 10).unwrap();
    assert_eq!(table[0].wrong_among_most_unsure_fifth, None);
    assert_eq!(table[0].referable_auc.kept_90, None);
}

/// Uncertainties with many ties, and losses.
fn pairs() -> impl Strategy<Value = Vec<(f32, f64)>> {
    vec((0_u8..12, 0_u8..8), 1..80).prop_map(|pairs| {
        (pairs.into_iter())
            .map(|(uncertainty, loss)| (f32::from(uncertainty) / 12.0, f64::from(loss) / 7.0))
            .collect()
    })
}

proptest! {
    #[test]
    fn neither_a_monotone_transform_nor_the_order_of_the_photographs_changes_an_area(
        pairs in pairs(), share in 0.01_f64..=1.0, seed in any::<u64>(),
    ) {
        let mut changed: Vec<(f32, f64)> =
            pairs.iter().map(|(uncertainty, loss)| (uncertainty.exp() * 3.0 - 50.0, *loss)).collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for end in (1..changed.len()).rev() {
            changed.swap(end, random.random_range(0..=end));
        }
        for figure in [risk_coverage_area, excess_risk_coverage_area, |pairs: &[_]| share_kept_mean(pairs, 0.3)] {
            prop_assert!((figure(&pairs).unwrap() - figure(&changed).unwrap()).abs() < 1e-12);
        }
        let kept = |pairs: &[(f32, f64)]| share_kept_mean(pairs, share).unwrap();
        prop_assert!((kept(&pairs) - kept(&changed)).abs() < 1e-12);
    }

    #[test]
    fn no_area_is_below_the_oracles_and_chance_has_the_risk(pairs in pairs()) {
        let risk = pairs.iter().map(|(_, loss)| loss).sum::<f64>() / pairs.len() as f64;
        let area = risk_coverage_area(&pairs).unwrap();
        let by = |uncertainty: fn(f64) -> f32| -> Vec<(f32, f64)> {
            pairs.iter().map(|(_, loss)| (uncertainty(*loss), *loss)).collect()
        };
        let (oracle, worst, random) = (by(|loss| loss as f32), by(|loss| -loss as f32), by(|_| 0.3));
        prop_assert!((risk_coverage_area(&random).unwrap() - risk).abs() < 1e-12);
        prop_assert!(risk_coverage_area(&oracle).unwrap() <= area + 1e-12);
        prop_assert!(area <= risk_coverage_area(&worst).unwrap() + 1e-12);
        prop_assert!(excess_risk_coverage_area(&oracle).unwrap() < 1e-12);
        let excess = area - risk_coverage_area(&oracle).unwrap();
        prop_assert!((excess_risk_coverage_area(&pairs).unwrap() - excess).abs() < 1e-12);
        prop_assert!((share_kept_mean(&pairs, 1.0).unwrap() - risk).abs() < 1e-12);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_row_lies_between_oracle_and_nothing_whatever_the_order(count in 20_usize..120, seed in any::<u64>()) {
        let mut source = source("a", "one", count, seed);
        let table = uncertainty_table(&[source.clone()], seed, 10).unwrap();
        source.photographs.reverse();
        source.patients.reverse();
        let reversed = uncertainty_table(&[source], seed, 10).unwrap();
        let value = |row: &MeasureRow| row.grade_risk_coverage_area.unwrap().value;
        let referral = |row: &MeasureRow| row.referral_risk_coverage_area.unwrap().value;
        let oracle = row(&table, "oracle");
        for (forth, back) in table.iter().zip(&reversed) {
            prop_assert!(value(oracle) <= value(forth) + 1e-12);
            prop_assert!(referral(oracle) <= referral(forth) + 1e-12);
            for (forth, back) in forth.figures().iter().zip(back.figures()) {
                for (forth, back) in [(forth.value, back.value), (forth.lower, back.lower), (forth.upper, back.upper)] {
                    prop_assert_eq!(forth.is_some(), back.is_some());
                    prop_assert!((forth.unwrap_or(0.0) - back.unwrap_or(0.0)).abs() < 1e-9);
                }
            }
        }
        let random = row(&table, "random");
        let risk = 1.0 - random.accuracy.kept_50.unwrap().value;
        prop_assert!((value(random) - risk).abs() < 1e-9);
    }
}
