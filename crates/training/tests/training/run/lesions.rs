//! Painted lesions are learned before the grades.

use fundus::drawn::{DrawnRetina, LesionKind, LesionLoad};
use grader::Bundle;
use image::{Rgb, RgbImage};
use tempfile::TempDir;
use training::{Configuration, Progress};

use super::bench::{configuration, refused, source, train, weights};

#[test]
fn painted_lesions_are_learned_before_the_grades_and_only_once() {
    let (source, out) = (source(), TempDir::new().unwrap());
    // Lesions are painted on healthy photographs, of which a batch is needed.
    let manifest = std::fs::read_to_string(source.path().join("manifest.csv")).unwrap();
    let healthier = manifest.replace(",1,p", ",0,p").replace(",2,p", ",0,p");
    std::fs::write(source.path().join("manifest.csv"), healthier).unwrap();
    let with_lesions = Configuration {
        members: 2,
        epochs: 1,
        lesion_pictures: 16,
        ..configuration(source.path(), out.path().to_owned())
    };
    let told = train(&with_lesions).unwrap();
    let lesion_steps: Vec<(usize, usize)> = told
        .iter()
        .filter_map(|progress| match progress {
            Progress::Lesions {
                step, steps, loss, ..
            } => {
                assert!(loss.is_finite());
                Some((*step, *steps))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        lesion_steps,
        [(2, 2)],
        "one report at the end, for both members"
    );
    assert_eq!(weights(out.path()).len(), 2);

    let from_lesions = Configuration {
        init: Some(out.path().join(".checkpoints/lesions.safetensors")),
        lesion_pictures: 0,
        out: out.path().join("another"),
        ..with_lesions
    };
    train(&from_lesions).unwrap();
    let members = weights(&from_lesions.out);
    assert_eq!(members.len(), 2);
    assert_ne!(members[0], members[1], "each has a head of its own");
}

#[test]
fn lesions_are_painted_on_healthy_photographs_without_grades_too() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let healthy = TempDir::new().unwrap();
    for seed in 100..108 {
        let retina = DrawnRetina {
            seed,
            width: 160,
            height: 140,
            ..DrawnRetina::default()
        };
        let file = healthy.path().join(format!("{seed}.png"));
        retina.draw().picture.save(file).unwrap();
    }
    let few = Configuration {
        epochs: 1,
        lesion_pictures: 8,
        ..configuration(source.path(), out.path().join("few"))
    };
    let refusal = refused(&few);
    assert!(refusal.contains("too few to paint lesions on"), "{refusal}");
    let enough = Configuration {
        healthy: vec![healthy.path().to_owned()],
        out: out.path().join("enough"),
        ..few
    };
    train(&enough).unwrap();
    let manifest = Bundle::open(&enough.out).unwrap().manifest;
    assert_eq!(manifest.training["healthy_photographs"], 8);
    assert_eq!(manifest.grade_counts.iter().sum::<u64>(), 10);

    let unused = Configuration {
        lesion_pictures: 0,
        ..enough.clone()
    };
    assert!(refused(&unused).contains("no pictures with lesions"));
    let nothing = TempDir::new().unwrap();
    let empty = Configuration {
        healthy: vec![nothing.path().to_owned()],
        ..enough
    };
    assert!(refused(&empty).contains("holds no photograph to paint lesions on"));
}

/// Photographs of drawn retinas with a mask of their haemorrhages and, for the first, of their exudates, made from what
/// was drawn.
fn annotated(photographs: u64) -> TempDir {
    let folder = TempDir::new().unwrap();
    for seed in 0..photographs {
        let drawing = DrawnRetina {
            seed,
            width: 160,
            height: 140,
            lesions: LesionLoad::SEVERE,
            ..DrawnRetina::default()
        }
        .draw();
        let save = |name: &str, picture: &RgbImage| {
            picture.save(folder.path().join(name)).unwrap();
        };
        save(&format!("eye_{seed}.png"), &drawing.picture);
        let mask = |kind: LesionKind| {
            RgbImage::from_fn(160, 140, |x, y| {
                let is_lesion = drawing.lesions.iter().any(|lesion| {
                    let [dx, dy] = [
                        f64::from(x) + 0.5 - lesion.center[0],
                        f64::from(y) + 0.5 - lesion.center[1],
                    ];
                    lesion.kind == kind && dx.hypot(dy) < lesion.radius.max(1.0)
                });
                Rgb([if is_lesion { 255 } else { 0 }, 0, 0])
            })
        };
        save(
            &format!("eye_{seed}_HE.png"),
            &mask(LesionKind::Haemorrhage),
        );
        if seed == 0 {
            save("eye_0_EX.png", &mask(LesionKind::HardExudate));
            save("eye_0_OD.png", &mask(LesionKind::CottonWoolSpot));
        }
    }
    folder
}

/// A run that learns lesions on the drawn retinas, most of them healthy.
fn lesion_run(source: &TempDir, out: &TempDir, name: &str) -> Configuration {
    let manifest = std::fs::read_to_string(source.path().join("manifest.csv")).unwrap();
    let healthier = manifest.replace(",1,p", ",0,p").replace(",2,p", ",0,p");
    std::fs::write(source.path().join("manifest.csv"), healthier).unwrap();
    Configuration {
        epochs: 1,
        lesion_pictures: 16,
        ..configuration(source.path(), out.path().join(name))
    }
}

/// What was learned of lesions.
fn learned(run: &Configuration) -> Vec<u8> {
    train(run).unwrap();
    std::fs::read(run.out.join(".checkpoints/lesions.safetensors")).unwrap()
}

#[test]
fn real_lesions_are_mixed_in_and_threads_change_nothing() {
    let (source, out, masks) = (source(), TempDir::new().unwrap(), annotated(2));
    let painted = lesion_run(&source, &out, "painted");
    let mixed = Configuration {
        lesion_masks: vec![masks.path().to_owned()],
        lesion_mask_share: 0.5,
        loader_threads: 1,
        out: out.path().join("mixed"),
        ..painted.clone()
    };
    let with_real_lesions = learned(&mixed);
    assert_ne!(with_real_lesions, learned(&painted));
    let manifest = Bundle::open(&mixed.out).unwrap().manifest;
    assert_eq!(manifest.training["annotated_photographs"], 2);
    assert_eq!(manifest.grade_counts.iter().sum::<u64>(), 10);

    let threads = Configuration {
        loader_threads: 3,
        out: out.path().join("threads"),
        ..mixed.clone()
    };
    assert_eq!(learned(&threads), with_real_lesions);

    std::fs::remove_file(masks.path().join("eye_0_EX.png")).unwrap();
    let other_masks = Configuration {
        resume: true,
        ..mixed
    };
    assert!(refused(&other_masks).contains("other settings or photographs"));
}

#[test]
fn lesions_are_learned_on_patches_of_a_larger_field_too() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let whole = Configuration {
        oversampling: 3,
        ..lesion_run(&source, &out, "whole")
    };
    let same = Configuration {
        lesion_field: Some(32),
        out: out.path().join("same"),
        ..whole.clone()
    };
    let patches = Configuration {
        lesion_field: Some(80),
        out: out.path().join("patches"),
        ..whole.clone()
    };
    let of_the_whole_field = learned(&whole);
    assert_eq!(learned(&same), of_the_whole_field);
    assert_ne!(learned(&patches), of_the_whole_field);
    for field in [31, 97] {
        let message = refused(&Configuration {
            lesion_field: Some(field),
            ..whole.clone()
        });
        assert!(
            message.contains("32") && message.contains("96"),
            "{message}"
        );
    }
}

#[test]
fn masks_that_do_not_fit_are_named() {
    let (source, out, masks) = (source(), TempDir::new().unwrap(), annotated(2));
    let run = Configuration {
        lesion_masks: vec![masks.path().to_owned()],
        ..lesion_run(&source, &out, "run")
    };
    let unused = Configuration {
        lesion_pictures: 0,
        ..run.clone()
    };
    assert!(refused(&unused).contains("no pictures with lesions"));

    let small = RgbImage::new(40, 40);
    small.save(masks.path().join("eye_1_SE.png")).unwrap();
    let told = train(&run).unwrap();
    let reasons: Vec<&String> = told
        .iter()
        .filter_map(|progress| match progress {
            Progress::Unreadable { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons.len(), 1);
    assert!(
        reasons[0].contains("eye_1_SE.png is 40 x 40 pixels and the photograph 160 x 140"),
        "{reasons:?}"
    );

    for mask in [
        "eye_0_HE.png",
        "eye_0_EX.png",
        "eye_1_HE.png",
        "eye_1_SE.png",
    ] {
        std::fs::remove_file(masks.path().join(mask)).unwrap();
    }
    assert!(refused(&run).contains("holds no photograph with lesion masks"));
}
