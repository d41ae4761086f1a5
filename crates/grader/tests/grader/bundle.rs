//! Bundles: written whole, opened whole, and sentences about those that are broken.

use std::path::Path;

use burn::tensor::Device;
use grader::weights::Storage;
use grader::{Bundle, BundleError, EncodedMember, Grader, MANIFEST, ValidationPhotograph, seeded};
use trust::{Calibration, DISCLAIMER, Uncertainty};

use crate::{bits, manifest};

fn write(folder: &Path, seeds: &[u64], storage: Storage) -> Bundle {
    let networks: Vec<_> = seeds
        .iter()
        .map(|&seed| (seeded::network(seed, &Device::flex()), seed))
        .collect();
    let members: Vec<_> = networks
        .iter()
        .map(|(network, seed)| (network, *seed))
        .collect();
    Bundle::write(folder, manifest(), &members, None, storage).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

/// Changes the manifest's text and says what opening the bundle answers.
fn refused(folder: &Path, change: impl Fn(&mut serde_json::Value)) -> BundleError {
    let path = folder.join(MANIFEST);
    let original = std::fs::read(&path).unwrap();
    let mut document: serde_json::Value = serde_json::from_slice(&original).unwrap();
    change(&mut document);
    std::fs::write(&path, document.to_string()).unwrap();
    let error = Bundle::open(folder).unwrap_err();
    std::fs::write(&path, original).unwrap();
    error
}

#[test]
fn a_bundle_comes_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let uncertainty = Uncertainty {
        std: [0.1; 5],
        entropy: 1.0,
        expected_entropy: 0.75,
        mutual_information: 0.25,
        entropy_of_entropies: 0.5,
        variation_ratio: 0.2,
    };
    let validation = vec![ValidationPhotograph {
        uncertainty,
        grade: Some(trust::Grade::Moderate),
        evidence: Some(trust::Evidence {
            quality: 0.75,
            unfamiliarity: Some(1.5),
        }),
        correct: true,
    }];
    let mut described = manifest();
    described.calibration = Calibration::Temperature { temperature: 1.25 };
    described.grade_counts = [5, 4, 3, 2, 1];
    described.training = serde_json::json!({"epochs": 3, "learning_rate": 0.001});
    described.validation = validation;

    let networks = [3, 4].map(|seed| seeded::network(seed, &Device::flex()));
    let members = [(&networks[0], 3), (&networks[1], u64::MAX)];
    let target = folder.path().join("a new folder/bundle");
    let written = Bundle::write(&target, described.clone(), &members, None, Storage::F32).unwrap();
    let opened = Bundle::open(&target).unwrap();

    described.members = opened.manifest.members.clone();
    assert_eq!(opened.manifest, described);
    assert_eq!(opened.manifest, written.manifest);
    assert_eq!(opened.manifest.disclaimer, DISCLAIMER);
    assert_eq!(
        opened
            .manifest
            .members
            .iter()
            .map(|member| member.seed)
            .collect::<Vec<_>>(),
        [3, u64::MAX]
    );
    for (loaded, network) in opened.networks().zip(&networks) {
        assert_eq!(bits(&loaded.unwrap()), bits(network));
    }
}

#[test]
fn a_new_bundle_replaces_the_old_one_and_leaves_other_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[1, 2], Storage::F16);
    std::fs::write(folder.path().join("README.md"), "about this model").unwrap();
    let old = files(folder.path());
    assert_eq!(old.len(), 4);

    let new = write(folder.path(), &[1], Storage::F16);
    let member = new.manifest.members[0].file.clone();
    assert!(old.contains(&member), "the same weights keep their file");
    assert_eq!(
        files(folder.path()),
        ["README.md".to_owned(), MANIFEST.to_owned(), member]
    );
}

#[test]
fn a_manifest_that_makes_no_sense_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[1], Storage::F16);
    type Change = fn(&mut serde_json::Value);
    let cases: [(Change, &str); 12] = [
        (
            |json| json["format_version"] = 99.into(),
            "has format version 99, but this program reads version 1",
        ),
        (
            |json| json["architecture"] = "resnet50".into(),
            "is not a manifest of a model bundle",
        ),
        (
            |json| json["classes"][1] = "Light".into(),
            "the classes are",
        ),
        (
            |json| json["members"] = serde_json::json!([]),
            "there are no members",
        ),
        (
            |json| json["members"][0]["file"] = "../elsewhere.safetensors".into(),
            "must be a plain file name",
        ),
        (
            |json| json["preparation"]["input_side"] = 0.into(),
            "an input of 0 pixels",
        ),
        (
            |json| {
                json["preparation"]["input_side"] = 2048.into();
                json["preparation"]["oversampling"] = 8.into();
            },
            "a product of at most 4096",
        ),
        (
            |json| json["preparation"]["normalization"]["std"][2] = 0.into(),
            "must be above 0",
        ),
        (|json| json["dropout"] = 1.into(), "dropout is 1"),
        (
            |json| {
                json["calibration"] =
                    serde_json::json!({"method": "temperature", "temperature": -1.0})
            },
            "temperature and scale must be positive",
        ),
        (
            |json| json["policy"]["rescreen_below"] = 0.9.into(),
            "rescreens below 0.9 but refers from 0.5",
        ),
        (
            |json| *json = serde_json::json!([1, 2]),
            "is not a manifest of a model bundle",
        ),
    ];
    for (change, expected) in cases {
        let message = refused(folder.path(), change).to_string();
        assert!(
            message.contains(expected) && message.contains(MANIFEST),
            "{message} does not say: {expected}"
        );
    }
    Bundle::open(folder.path()).unwrap();
}

#[test]
fn missing_and_changed_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = Bundle::open(&folder.path().join("nowhere"))
        .unwrap_err()
        .to_string();
    assert!(
        nothing.contains("nowhere") && nothing.contains("is this the folder of a model bundle?"),
        "{nothing}"
    );

    let bundle = write(folder.path(), &[1], Storage::F16);
    let member = &bundle.manifest.members[0].file;
    let path = folder.path().join(member);
    let whole = std::fs::read(&path).unwrap();

    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for broken in [&flipped[..], &whole[..whole.len() / 2]] {
        std::fs::write(&path, broken).unwrap();
        let error = Bundle::open(folder.path()).unwrap_err();
        assert!(matches!(error, BundleError::Digest { .. }), "{error}");
        assert!(error.to_string().contains(member.as_str()), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    let error = Bundle::open(folder.path()).unwrap_err();
    assert!(
        matches!(error, BundleError::Read { .. }) && error.to_string().contains(member.as_str()),
        "{error}"
    );
}

#[test]
fn a_file_whose_tensors_do_not_fit_is_named_when_its_network_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut tensors = grader::weights::to_tensors(&seeded::network(1, &Device::flex()));
    tensors.remove("fc.bias");
    let file = folder.path().join("without.safetensors");
    grader::weights::save_tensors(&tensors, &file, Storage::F16).unwrap();
    let member = EncodedMember {
        bytes: std::fs::read(&file).unwrap(),
        seed: 1,
    };
    let bundle =
        Bundle::write_encoded(&folder.path().join("bundle"), manifest(), &[member], None).unwrap();
    let named = |error: String| {
        assert!(
            error.contains("tensor `fc.bias` is missing")
                && error.contains(&bundle.manifest.members[0].file),
            "{error}"
        );
    };
    named(bundle.networks().next().unwrap().unwrap_err().to_string());
    named(
        Grader::open(&bundle, &Device::flex())
            .unwrap_err()
            .to_string(),
    );
}

#[test]
fn a_bundle_that_cannot_be_written_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let network = seeded::network(1, &Device::flex());
    let error = Bundle::write(&file, manifest(), &[(&network, 1)], None, Storage::F16).unwrap_err();
    assert!(
        matches!(error, BundleError::Write { .. }) && error.to_string().contains("a file"),
        "{error}"
    );
    let error = Bundle::write(folder.path(), manifest(), &[], None, Storage::F16).unwrap_err();
    assert!(
        error.to_string().contains("there are no members"),
        "{error}"
    );
    assert_eq!(files(folder.path()), ["a file"]);
}

#[test]
fn broken_weights_are_found_when_the_grader_opens() {
    let mut tensors = grader::weights::to_tensors(&seeded::network(1, &Device::flex()));
    tensors
        .get_mut("layer4.1.bn2.weight")
        .unwrap()
        .values
        .fill(f32::MAX);
    let broken = grader::weights::from_tensors(tensors, &Device::flex()).unwrap();
    let error = Grader::new(
        manifest(),
        &[seeded::network(2, &Device::flex()), broken],
        &Device::flex(),
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .starts_with("member 1 of the bundle gives logits that are not finite")
    );
}
