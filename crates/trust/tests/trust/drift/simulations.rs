//! Made-up programmes of which it is known whether they changed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trust::Grade;
use trust::drift::{Agreement, Drift, DriftFigure, Screened, ValidationAccuracy};

use super::of;

/// What a programme sees: how much worse than usual, from 0.
struct Programme {
    sicker: f64,
    blurrier: f32,
    stranger: f32,
}

const USUAL: Programme = Programme {
    sicker: 0.0,
    blurrier: 0.0,
    stranger: 0.0,
};

impl Programme {
    fn photograph(&self, random: &mut ChaCha8Rng) -> Screened {
        let index = if random.random_bool(self.sicker) {
            2
        } else {
            [0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4][random.random_range(0..13)]
        };
        let bell = |random: &mut ChaCha8Rng| -> f32 {
            (0..12).map(|_| random.random_range(0.0..1.0)).sum::<f32>() - 6.0
        };
        let quality = 0.7 - self.blurrier + 0.12 * bell(random);
        Screened {
            grade: Grade::ALL[index],
            entropy: (0.6 - 0.3 * quality + 0.2 * bell(random).abs()).max(0.0),
            quality,
            is_gradable: quality >= 0.5,
            unfamiliarity: Some(1.0 + self.stranger + 0.15 * bell(random)),
        }
    }

    fn photographs(&self, count: usize, random: &mut ChaCha8Rng) -> Vec<Screened> {
        (0..count).map(|_| self.photograph(random)).collect()
    }
}

/// Number of a thousand looks, of programmes of many sizes, at which `is_said` holds.
fn looks_at(programme: &Programme, seed: u64, is_said: impl Fn(&Drift) -> bool) -> usize {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..1000)
        .filter(|look| {
            let recent = programme.photographs(30 + look % 200, &mut random);
            let reference = USUAL.photographs(290, &mut random);
            is_said(&Drift::of(&recent, &reference))
        })
        .count()
}

#[test]
fn fewer_than_one_look_in_a_hundred_is_a_false_alarm() {
    let alarms: usize = (1..=4)
        .map(|seed| looks_at(&USUAL, seed, Drift::has_drifted))
        .sum();
    assert!(alarms < 40, "{alarms} false alarms in 4000 looks");
    // A test that never speaks would keep that too.
    assert!(alarms > 2, "{alarms} false alarms in 4000 looks");
}

#[test]
fn what_changed_is_found_and_what_did_not_is_left_alone() {
    for (programme, what) in [
        (
            Programme {
                sicker: 0.4,
                ..USUAL
            },
            DriftFigure::GradeMix,
        ),
        (
            Programme {
                blurrier: 0.15,
                ..USUAL
            },
            DriftFigure::Quality,
        ),
        (
            Programme {
                stranger: 0.2,
                ..USUAL
            },
            DriftFigure::Unfamiliarity,
        ),
    ] {
        let found = looks_at(&programme, 7, |drift| of(drift, what).drifted);
        assert!(found > 900, "{what:?}: {found} of 1000");
    }
    let stranger = Programme {
        stranger: 0.2,
        ..USUAL
    };
    let wrongly = looks_at(&stranger, 7, |drift| {
        of(drift, DriftFigure::GradeMix).drifted
    });
    assert!(wrongly < 10, "{wrongly} of 1000");
}

#[test]
fn reviewers_who_agree_as_often_as_grades_were_right_are_no_alarm() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut count =
        |chance: f64, all: usize| (0..all).filter(|_| random.random_bool(chance)).count();
    let mut alarms = 0;
    for look in 0..2000 {
        let reviewed = 30 + look % 100;
        let accuracy = ValidationAccuracy {
            photographs: 290,
            right: count(0.85, 290),
        };
        let agreed = count(0.85, reviewed);
        let pairs: Vec<(Grade, Grade)> = (0..reviewed)
            .map(|index| (Grade::NoDr, Grade::ALL[usize::from(index >= agreed)]))
            .collect();
        let agreement = Agreement::of(&pairs, Some(accuracy));
        alarms += usize::from(agreement.validation.unwrap().drifted);
    }
    assert!(alarms < 30, "{alarms} false alarms in 2000 looks");
}
