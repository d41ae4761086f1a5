//! Painted lesions are learned before the grades.

use fundus::drawn::DrawnRetina;
use grader::Bundle;
use tempfile::TempDir;
use training::{Configuration, Progress};

use crate::bench::{configuration, refused, source, train, weights};

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
