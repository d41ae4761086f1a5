//! Grading: what an answer depends on, and what it does not.

use burn::tensor::Device;
use fundus::NetworkInput;
use grader::{Grader, GraderError, PassPlan, ResNet18, Stochastic, View, seeded};
use proptest::prelude::*;
use trust::{Assessment, Logits};

use crate::{SIDE, manifest, with_moments};

fn networks() -> [ResNet18; 2] {
    [1, 2].map(|seed| with_moments(seed, &Device::flex()))
}

fn grader() -> Grader {
    Grader::new(manifest(), &networks(), &Device::flex()).unwrap()
}

fn photographs() -> Vec<NetworkInput> {
    (0..3).map(|seed| seeded::input(100 + seed, SIDE)).collect()
}

fn plans() -> [PassPlan; 4] {
    let plan = PassPlan {
        rotations: 2,
        seed: 5,
        ..PassPlan::default()
    };
    [
        PassPlan {
            rotations: 4,
            mirrors: true,
            ..plan
        },
        PassPlan {
            rotations: 1,
            ..plan
        },
        PassPlan {
            samples: 3,
            stochastic: Stochastic::DROPOUT,
            ..plan
        },
        PassPlan {
            samples: 2,
            stochastic: Stochastic::BATCH_NORM,
            ..plan
        },
    ]
}

fn bits(logits: &[Logits]) -> Vec<[u32; 5]> {
    logits
        .iter()
        .map(|logits| logits.0.map(f32::to_bits))
        .collect()
}

#[test]
fn a_photograph_gets_the_same_bits_alone_in_a_batch_and_with_any_number_of_threads() {
    let grader = grader();
    let photographs = photographs();
    for plan in plans() {
        let alone: Vec<_> = photographs
            .iter()
            .map(|photograph| bits(&grader.logits(&[photograph], &plan).unwrap()[0]))
            .collect();
        let inputs = [&photographs[2], &photographs[0], &photographs[1]];
        for (batch_size, threads) in [(1, 1), (3, 2), (64, 5)] {
            let plan = PassPlan { batch_size, ..plan };
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let together = pool.install(|| grader.logits(&inputs, &plan).unwrap());
            for (found, expected) in together.iter().zip([2, 0, 1]) {
                assert_eq!(
                    bits(found),
                    alone[expected],
                    "batch {batch_size}, {threads} threads, {plan:?}"
                );
            }
        }
    }
}

#[test]
fn passes_are_members_by_samples_by_views() {
    let grader = grader();
    let photograph = &photographs()[0];
    let plan = PassPlan {
        mirrors: true,
        ..PassPlan::default()
    };
    let passes = grader.logits(&[photograph], &plan).unwrap().remove(0);
    assert_eq!(passes.len(), plan.passes(2));

    let mut expected = Vec::new();
    for member in grader.members() {
        for view in plan.views() {
            let averages = member.averages(&view.of(photograph), SIDE, None);
            expected.extend(member.classify(&averages));
        }
    }
    assert_eq!(bits(&passes), bits(&expected));
}

#[test]
fn a_turned_photograph_has_the_same_passes_in_another_order() {
    let grader = grader();
    let photograph = &photographs()[0];
    let turned = NetworkInput {
        side: SIDE,
        values: View {
            quarter_turns: 1,
            mirrored: false,
        }
        .of(photograph),
    };
    let logits = grader
        .logits(&[photograph, &turned], &PassPlan::default())
        .unwrap();
    let (upright, turned) = (bits(&logits[0]), bits(&logits[1]));
    for member in [0, 4] {
        for turn in 0..4 {
            assert_eq!(turned[member + turn], upright[member + (turn + 1) % 4]);
        }
    }
}

#[test]
fn random_passes_depend_on_the_seed_and_differ_from_one_another() {
    let grader = grader();
    let photograph = &photographs()[1];
    for stochastic in [Stochastic::DROPOUT, Stochastic::BATCH_NORM] {
        let plan = PassPlan {
            rotations: 1,
            samples: 3,
            stochastic,
            ..PassPlan::default()
        };
        let passes = |seed| {
            bits(
                &grader
                    .logits(&[photograph], &PassPlan { seed, ..plan })
                    .unwrap()[0],
            )
        };
        assert_eq!(passes(1), passes(1));
        assert_ne!(passes(1), passes(2));
        let mut distinct = passes(1);
        distinct.sort();
        distinct.dedup();
        assert_eq!(
            distinct.len(),
            6,
            "two members and three samples all differ"
        );
    }
}

#[test]
fn dropout_keeps_the_mean_of_the_logits() {
    let grader = grader();
    let photograph = &photographs()[1];
    let plan = PassPlan {
        rotations: 1,
        ..PassPlan::default()
    };
    let certain = grader.logits(&[photograph], &plan).unwrap()[0][0].0;
    let samples = 400;
    let plan = PassPlan {
        samples,
        stochastic: Stochastic::DROPOUT,
        ..plan
    };
    let passes = &grader.logits(&[photograph], &plan).unwrap()[0][..samples as usize];
    for (class, expected) in certain.iter().enumerate() {
        let column: Vec<f64> = passes
            .iter()
            .map(|logits| f64::from(logits.0[class]))
            .collect();
        let mean = column.iter().sum::<f64>() / column.len() as f64;
        let variance = column
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / column.len() as f64;
        let standard_error = (variance / column.len() as f64).sqrt();
        assert!(
            (mean - f64::from(*expected)).abs() < 4.0 * standard_error,
            "class {class}: {mean} is not {expected}"
        );
    }
}

#[test]
fn what_cannot_be_sampled_is_refused() {
    let photograph = &photographs()[0];
    let plan = |stochastic| PassPlan {
        samples: 2,
        stochastic,
        ..PassPlan::default()
    };
    let imported = vec![seeded::network(1, &Device::flex())];
    let described = grader::BundleManifest {
        dropout: 0.0,
        ..manifest()
    };
    let grader = Grader::new(described, &imported, &Device::flex()).unwrap();

    let no_moments = grader
        .logits(&[photograph], &plan(Stochastic::BATCH_NORM))
        .unwrap_err();
    assert!(matches!(no_moments, GraderError::NoMoments(_)));
    assert!(
        no_moments.to_string().contains("no batch-norm moments"),
        "{no_moments}"
    );
    let no_dropout = grader
        .logits(&[photograph], &plan(Stochastic::DROPOUT))
        .unwrap_err();
    assert!(
        no_dropout.to_string().contains("trained without dropout"),
        "{no_dropout}"
    );
    assert!(matches!(
        grader.logits(&[photograph], &plan(Stochastic::NONE)),
        Err(GraderError::Plan(_))
    ));
}

#[test]
fn an_input_of_another_size_is_refused_by_its_place() {
    let inputs = [seeded::input(1, SIDE), seeded::input(1, 32)];
    let error = grader()
        .logits(&[&inputs[0], &inputs[1]], &PassPlan::default())
        .unwrap_err();
    assert!(
        matches!(
            error,
            GraderError::Input {
                index: 1,
                side: 32,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_screening_says_what_follows_from_its_passes() {
    let grader = grader();
    let mut described = grader.manifest().clone();
    let drawing = fundus::drawn::DrawnRetina::default().draw();
    let field_of_view = fundus::FieldOfView::find(&drawing.picture).unwrap();
    let cropped = field_of_view.crop(&drawing.picture, grader.preparation().working_side());
    let (width, height) = drawing.picture.dimensions();
    let quality = fundus::Quality::measure(&cropped);
    let input = grader.preparation().input(&cropped);
    let prepared = fundus::Prepared {
        header: fundus::Header::default(),
        width,
        height,
        field_of_view,
        quality,
        cropped,
        input,
    };

    let plan = PassPlan::default();
    let screening = grader.screen(&[&prepared], &plan).unwrap().remove(0);
    assert_eq!(
        bits(&screening.logits),
        bits(&grader.logits(&[&prepared.input], &plan).unwrap()[0])
    );
    assert_eq!(
        screening.assessment,
        Assessment::from_passes(&screening.logits, grader.calibration()).unwrap()
    );
    let expected = grader
        .policy()
        .decide(&screening.assessment, &screening.evidence);
    assert_eq!(screening.decision, expected);
    assert!(!screening.reason.is_empty());

    // The same photograph, where no quality is good enough.
    described.policy.minimum_quality = 2.0;
    let strict = Grader::new(described, &networks(), &Device::flex()).unwrap();
    assert_eq!(
        strict.screen(&[&prepared], &plan).unwrap()[0].decision,
        trust::Decision::Retake
    );
}

#[test]
fn devices_are_found_by_name() {
    assert!(grader::device("cpu").is_ok());
    let error = grader::device("abacus").unwrap_err().to_string();
    assert!(
        error.starts_with("unknown device `abacus`; this build knows cpu"),
        "{error}"
    );
    for (name, feature) in [
        ("cuda", "cuda"),
        ("cuda:1", "cuda"),
        ("libtorch", "tch"),
        ("libtorch:cuda", "tch"),
        ("libtorch:cuda:1", "tch"),
    ] {
        match grader::device(name) {
            Ok(_) => {}
            Err(error @ grader::DeviceError::Unknown { .. }) => {
                let remedy = format!("--features {feature}`");
                assert!(error.to_string().contains(&remedy), "{error}");
            }
            Err(error @ grader::DeviceError::Absent { .. }) => {
                assert!(
                    error.to_string().contains("GPUs that it can use"),
                    "{error}"
                );
            }
        }
    }
    for nonsense in ["cuda:first", "libtorch:first", "libtorch:cpu"] {
        let error = grader::device(nonsense).unwrap_err().to_string();
        assert!(!error.contains("--features"), "{error}");
    }
}

proptest! {
    #[test]
    fn a_view_moves_pixels_and_loses_none(side in 1_usize..9, quarter_turns in 0_u32..4, mirrored: bool) {
        let picture = NetworkInput { side, values: (0..3 * side * side).map(|index| index as f32).collect() };
        let turned = |input: &NetworkInput, quarter_turns, mirrored| {
            NetworkInput { side, values: View { quarter_turns, mirrored }.of(input) }
        };
        let seen = turned(&picture, quarter_turns, mirrored);
        let back = turned(&seen, (4 - quarter_turns) % 4, false);
        prop_assert_eq!(turned(&back, 0, mirrored), picture);
    }
}
