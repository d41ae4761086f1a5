//! Everything that is wrong with a bundle, named at once.

use std::path::Path;

use burn::tensor::Device;
use grader::weights::{self, Storage};
use grader::{Bundle, EncodedMember, MANIFEST, Verification, seeded};

use crate::manifest;

fn write(folder: &Path, members: &[EncodedMember]) -> Vec<String> {
    let bundle = Bundle::write_encoded(folder, manifest(), members, None).unwrap();
    let members = bundle.manifest.members;
    members.into_iter().map(|member| member.file).collect()
}

fn member(seed: u64) -> EncodedMember {
    let network = seeded::network(seed, &Device::flex());
    EncodedMember {
        bytes: weights::encode(&network, Storage::F16),
        seed,
    }
}

fn change_manifest(folder: &Path, change: impl Fn(&mut serde_json::Value)) {
    let path = folder.join(MANIFEST);
    let mut document = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut document);
    std::fs::write(&path, document.to_string()).unwrap();
}

#[test]
fn a_sound_bundle_has_no_problem() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[member(1), member(2)]);
    let verification = Verification::of(folder.path());
    assert!(verification.is_sound(), "{verification:?}");
    assert_eq!(verification.members, 2);
}

#[test]
fn every_bad_file_every_tensor_and_every_value_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let files = write(folder.path(), &[member(1), member(2), member(3), member(4)]);
    // Whole, but other weights, two of which do not fit.
    let mut tensors = weights::to_tensors(&seeded::network(5, &Device::flex()));
    tensors.remove("bn1.bias");
    tensors.get_mut("fc.bias").unwrap().values[0] = f32::NAN;
    let bad = folder.path().join(&files[1]);
    weights::save_tensors(&tensors, &bad, Storage::F16).unwrap();
    std::fs::remove_file(folder.path().join(&files[2])).unwrap();
    std::fs::write(folder.path().join(&files[3]), "nothing").unwrap();
    change_manifest(folder.path(), |manifest| {
        manifest["dropout"] = 2.into();
        manifest["policy"]["rescreen_below"] = 0.9.into();
    });

    let verification = Verification::of(folder.path());
    let about = |file: &str| -> Vec<&str> {
        let problems = verification.problems.iter();
        problems
            .filter(|problem| problem.file == file)
            .map(|problem| problem.problem.as_str())
            .collect()
    };
    assert_eq!(verification.problems.len(), 8, "{verification:?}");
    assert_eq!(about(&files[0]), [""; 0]);
    let manifest = about(MANIFEST);
    assert!(manifest[0].contains("dropout is 2"), "{manifest:?}");
    assert!(manifest[1].contains("rescreens below 0.9"), "{manifest:?}");
    let bad = about(&files[1]);
    assert_eq!(bad.len(), 3, "{bad:?}");
    assert!(bad[0].contains("SHA-256"), "{bad:?}");
    assert!(bad.contains(&"tensor `bn1.bias` is missing"), "{bad:?}");
    assert!(
        bad.iter().any(|problem| problem.contains("`fc.bias`")),
        "{bad:?}"
    );
    assert!(about(&files[2])[0].contains("cannot be read"));
    assert!(about(&files[3])[1].contains("not a whole safetensors file"));
}

#[test]
fn weights_that_compute_nonsense_are_found_though_every_number_is_finite() {
    let mut tensors = weights::to_tensors(&seeded::network(1, &Device::flex()));
    let scale = tensors.get_mut("layer4.1.bn2.weight").unwrap();
    scale.values.fill(f32::MAX);
    let broken = weights::from_tensors(tensors, &Device::flex()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let encoded = EncodedMember {
        bytes: weights::encode(&broken, Storage::F32),
        seed: 0,
    };
    write(folder.path(), &[encoded]);
    let verification = Verification::of(folder.path());
    assert_eq!(verification.problems.len(), 1);
    assert!(
        verification.problems[0]
            .problem
            .contains("logits are not finite")
    );
}

#[test]
fn no_bundle_and_no_manifest_are_problems_and_files_elsewhere_are_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = Verification::of(folder.path());
    assert!(
        nothing.problems[0]
            .problem
            .contains("is this the folder of a model bundle?")
    );
    write(folder.path(), &[member(1)]);
    change_manifest(folder.path(), |manifest| {
        manifest["members"][0]["file"] = "../elsewhere.safetensors".into();
    });
    let outside = Verification::of(folder.path()).problems;
    assert_eq!(outside.len(), 1, "{outside:?}");
    assert!(outside[0].problem.contains("must be a plain file name"));
}
