//! Whole training runs on drawn retinas: tiny, but with every part of a real one.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use fundus::drawn::{DrawnRetina, LesionLoad};
use grader::Bundle;
use tempfile::TempDir;
use training::{Configuration, Progress, TrainingError};

/// A source of drawn retinas, healthy and diseased, with a manifest: 10 to learn from and 4 for validation.
fn source() -> TempDir {
    let folder = TempDir::new().unwrap();
    let loads = [
        LesionLoad::NONE,
        LesionLoad::MILD,
        LesionLoad::MODERATE,
        LesionLoad::SEVERE,
    ];
    let mut manifest = "file,grade,patient,split\n".to_owned();
    for index in 0..14 {
        let grade = index % 4;
        let retina = DrawnRetina {
            seed: index as u64,
            width: 160,
            height: 140,
            lesions: loads[grade],
            ..DrawnRetina::default()
        };
        retina
            .draw()
            .picture
            .save(folder.path().join(format!("{index}.png")))
            .unwrap();
        let split = if index < 10 { "train" } else { "val" };
        manifest += &format!("{index}.png,{grade},p{index},{split}\n");
    }
    std::fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
    folder
}

fn configuration(source: &Path, out: PathBuf) -> Configuration {
    Configuration {
        data: vec![source.to_owned()],
        out,
        members: 1,
        epochs: 3,
        image_size: 32,
        oversampling: 1,
        batch_size: 4,
        ..Configuration::default()
    }
}

/// Trains to the end and returns what was told.
fn train(configuration: &Configuration) -> Result<Vec<Progress>, TrainingError> {
    let told = Mutex::new(Vec::new());
    training::train(configuration, &AtomicBool::new(false), &|progress| {
        told.lock().unwrap().push(progress)
    })?;
    Ok(told.into_inner().unwrap())
}

/// SHA-256 of the members' weights.
fn weights(bundle: &Path) -> Vec<String> {
    Bundle::open(bundle)
        .unwrap()
        .manifest
        .members
        .into_iter()
        .map(|member| member.sha256)
        .collect()
}

fn refused(configuration: &Configuration) -> String {
    train(configuration).unwrap_err().to_string()
}

#[test]
fn an_interrupted_run_resumes_to_the_weights_of_an_uninterrupted_one() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let whole = Configuration {
        loader_threads: 1,
        ..configuration(source.path(), out.path().join("whole"))
    };
    train(&whole).unwrap();

    let torn = Configuration {
        loader_threads: 3,
        ..configuration(source.path(), out.path().join("torn"))
    };
    let stop = AtomicBool::new(false);
    let interrupted = training::train(&torn, &stop, &|progress| {
        // In the middle of the second epoch.
        if let Progress::Step {
            epoch: 2, step: 1, ..
        } = progress
        {
            stop.store(true, Ordering::Relaxed);
        }
    });
    assert!(matches!(interrupted, Err(TrainingError::Interrupted)));
    assert!(
        Bundle::open(&torn.out).is_err(),
        "no member is finished yet"
    );

    let resumed = Configuration {
        resume: true,
        ..torn
    };
    let told = train(&resumed).unwrap();
    let epochs: Vec<usize> = told
        .iter()
        .filter_map(|progress| {
            if let Progress::Epoch { epoch, .. } = progress {
                Some(*epoch)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(epochs, [2, 3]);
    let [whole, resumed] =
        [&whole.out, &resumed.out].map(|folder| Bundle::open(folder).unwrap().manifest);
    assert_eq!(whole.members, resumed.members);
    assert_eq!(whole.metrics, resumed.metrics);
    assert_eq!(whole.training, resumed.training);
}

#[test]
fn finished_members_are_kept_and_other_settings_are_not_resumed() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let first = Configuration {
        members: 2,
        epochs: 1,
        ..configuration(source.path(), out.path().to_owned())
    };
    train(&first).unwrap();
    let members = weights(out.path());
    assert_eq!(members.len(), 2);
    assert_ne!(members[0], members[1], "members differ in their seed");

    let again = Configuration {
        resume: true,
        ..first.clone()
    };
    let told = train(&again).unwrap();
    assert!(
        !told
            .iter()
            .any(|progress| matches!(progress, Progress::Step { .. })),
        "nothing is left to learn"
    );
    assert_eq!(weights(out.path()), members);

    let other = Configuration {
        resume: true,
        learning_rate: 1e-4,
        ..first
    };
    assert!(refused(&other).contains("other settings"));
    assert_eq!(weights(out.path()), members);
}

#[test]
fn an_ensemble_grows_without_learning_its_first_members_again() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let one = Configuration {
        epochs: 1,
        ..configuration(source.path(), out.path().to_owned())
    };
    train(&one).unwrap();
    let first = weights(out.path());
    let two = Configuration {
        members: 2,
        resume: true,
        ..one
    };
    train(&two).unwrap();
    let both = weights(out.path());
    assert_eq!(both.len(), 2);
    assert_eq!(both[0], first[0]);
    assert_ne!(both[1], first[0]);
}

#[test]
fn the_bundle_says_where_it_comes_from() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let told = train(&configuration(source.path(), out.path().to_owned())).unwrap();
    let manifest = Bundle::open(out.path()).unwrap().manifest;
    assert_eq!(manifest.grade_counts, [3, 3, 2, 2, 0]);
    assert_eq!(manifest.data_fingerprint.len(), 64);
    assert_eq!(manifest.validation.len(), 4);
    assert_eq!(manifest.training["configuration"]["seed"], 0);
    assert_eq!(manifest.training["members"][0].as_array().unwrap().len(), 3);
    assert_eq!(manifest.metrics["pooled"]["photographs"], 4);
    let text = std::fs::read_to_string(out.path().join("bundle.json")).unwrap();
    let folder_name = source.path().to_str().unwrap();
    assert!(
        !text.contains(folder_name),
        "paths say nothing about the model"
    );
    assert!(
        told.iter()
            .any(|progress| matches!(progress, Progress::EmptyGrade { grade: 4 })),
        "grade 4 is missing"
    );
}

#[test]
fn a_photograph_that_cannot_be_read_is_named_and_left_out() {
    let (source, out) = (source(), TempDir::new().unwrap());
    std::fs::write(source.path().join("0.png"), b"this is no picture").unwrap();
    let told = train(&Configuration {
        epochs: 1,
        ..configuration(source.path(), out.path().to_owned())
    })
    .unwrap();
    let unreadable: Vec<&String> = told
        .iter()
        .filter_map(|progress| {
            if let Progress::Unreadable { file, .. } = progress {
                Some(file)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(unreadable.len(), 1);
    assert!(unreadable[0].ends_with("/0.png"));
    assert_eq!(
        Bundle::open(out.path())
            .unwrap()
            .manifest
            .grade_counts
            .iter()
            .sum::<u64>(),
        9
    );
}

#[test]
fn a_network_can_learn_a_handful_of_photographs_by_heart() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let by_heart = Configuration {
        epochs: 15,
        patience: 15,
        dropout: 0.0,
        augmentation: fundus::Augmentation::NONE,
        ..configuration(source.path(), out.path().to_owned())
    };
    let told = train(&by_heart).unwrap();
    let losses: Vec<f64> = told
        .iter()
        .filter_map(|progress| {
            if let Progress::Epoch { train_loss, .. } = progress {
                Some(*train_loss)
            } else {
                None
            }
        })
        .collect();
    assert!(losses[14] < 0.5 * losses[0], "{losses:?}");
}

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

#[test]
fn given_weights_are_started_from_and_a_strange_head_is_replaced() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let given = out.path().join("given.safetensors");
    let device = grader::device("cpu").unwrap();
    let mut tensors = grader::weights::to_tensors(&grader::ResNet18::initial(99, &device));
    for (name, shape) in [("fc.weight", vec![1000, 512]), ("fc.bias", vec![1000])] {
        let values = vec![0.5; shape.iter().product()];
        tensors.insert(
            name.to_owned(),
            grader::weights::StoredTensor { shape, values },
        );
    }
    write_safetensors(&given, &tensors);
    let bundle = out.path().join("bundle");
    let start = Configuration {
        init: Some(given),
        epochs: 1,
        ..configuration(source.path(), bundle.clone())
    };
    train(&start).unwrap();
    let from_given = weights(&bundle);
    train(&Configuration {
        init: None,
        ..start.clone()
    })
    .unwrap();
    assert_ne!(from_given, weights(&bundle));

    let missing = Configuration {
        init: Some(out.path().join("none.safetensors")),
        ..start
    };
    assert!(refused(&missing).contains("none.safetensors"));
}

fn write_safetensors(path: &Path, tensors: &grader::weights::Tensors) {
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, tensor)| {
            (
                name.clone(),
                tensor.shape.clone(),
                tensor
                    .values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            )
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, data)| {
        (
            name,
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data)
                .unwrap(),
        )
    });
    safetensors::serialize_to_file(views, None, path).unwrap();
}

#[test]
fn what_cannot_be_trained_is_refused_in_a_sentence() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let good = configuration(source.path(), out.path().to_owned());
    let blocked = out.path().join("file");
    std::fs::write(&blocked, b"").unwrap();
    let cases = [
        (
            Configuration {
                data: Vec::new(),
                ..good.clone()
            },
            "no source",
        ),
        (
            Configuration {
                members: 0,
                ..good.clone()
            },
            "0 members",
        ),
        (
            Configuration {
                batch_size: 64,
                ..good.clone()
            },
            "do not fill a batch of 64",
        ),
        (
            Configuration {
                image_size: 8,
                ..good.clone()
            },
            "8 pixels",
        ),
        (
            Configuration {
                oversampling: 9,
                ..good.clone()
            },
            "oversampling 9",
        ),
        (
            Configuration {
                learning_rate: -1.0,
                ..good.clone()
            },
            "learning rate",
        ),
        (
            Configuration {
                dropout: 1.0,
                ..good.clone()
            },
            "dropout",
        ),
        (
            Configuration {
                device: "abacus".to_owned(),
                ..good.clone()
            },
            "abacus",
        ),
        (
            Configuration {
                out: blocked.join("bundle"),
                ..good.clone()
            },
            "file/bundle",
        ),
        (
            Configuration {
                data: vec![source.path().to_owned(); 2],
                ..good.clone()
            },
            "given twice",
        ),
        (
            Configuration {
                learning_rate: 1e30,
                ..good.clone()
            },
            "not finite",
        ),
    ];
    for (configuration, expected) in cases {
        let message = refused(&configuration);
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
    }
    assert!(Bundle::open(out.path()).is_err());
}

#[test]
fn validation_without_a_referable_photograph_is_refused() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let manifest = std::fs::read_to_string(source.path().join("manifest.csv")).unwrap();
    let healthy: String = manifest
        .lines()
        .filter(|line| !line.ends_with("val") || line.contains(",0,") || line.contains(",1,"))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(source.path().join("manifest.csv"), healthy).unwrap();
    let message = refused(&configuration(source.path(), out.path().to_owned()));
    assert!(
        message.contains("validation split has 0 referable"),
        "{message}"
    );
}

#[test]
fn a_call_that_cannot_work_leaves_nothing_behind() {
    let out = TempDir::new().unwrap();
    let bundle = out.path().join("bundle");
    let missing = configuration(&out.path().join("missing"), bundle.clone());
    assert!(refused(&missing).contains("missing"));
    assert!(!bundle.exists());
}
