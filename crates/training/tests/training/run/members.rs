//! A member is the same wherever it is trained: with the others, alone, or on a device of its own.

use std::path::Path;

use grader::weights::Storage;
use grader::{Bundle, BundleManifest};
use tempfile::TempDir;
use training::Configuration;

use super::bench::{configuration, source, train};

fn manifest(bundle: &Path) -> BundleManifest {
    Bundle::open(bundle).unwrap().manifest
}

/// What a bundle says of its members' weights; the names of their files also count places.
fn members(manifest: &BundleManifest) -> Vec<(String, u64)> {
    manifest
        .members
        .iter()
        .map(|member| (member.sha256.clone(), member.seed))
        .collect()
}

#[test]
fn a_member_trained_alone_is_the_member_of_the_whole_run() {
    let (source, out) = (source(), TempDir::new().unwrap());
    // Lesions are painted on healthy photographs, of which a batch is needed.
    let table = source.path().join("manifest.csv");
    let healthier = std::fs::read_to_string(&table)
        .unwrap()
        .replace(",1,p", ",0,p")
        .replace(",2,p", ",0,p");
    std::fs::write(table, healthier).unwrap();
    // A head that does not fit is replaced by one that differs between members; lesions are learned from the same one.
    let given = out.path().join("given.safetensors");
    let mut tensors = grader::weights::to_tensors(&grader::ResNet18::initial(
        9,
        &grader::device("cpu").unwrap(),
    ));
    tensors.retain(|name, _| !name.starts_with("fc."));
    grader::weights::save_tensors(&tensors, &given, Storage::F32).unwrap();
    let whole = Configuration {
        members: 2,
        epochs: 1,
        lesion_pictures: 8,
        init: Some(given),
        storage: Storage::F32,
        ..configuration(source.path(), out.path().join("whole"))
    };
    train(&whole).unwrap();
    let expected = members(&manifest(&whole.out));
    assert_eq!(expected.len(), 2);

    let alone = Configuration {
        only_members: vec![2],
        out: out.path().join("alone"),
        ..whole.clone()
    };
    train(&alone).unwrap();
    let manifest_alone = manifest(&alone.out);
    assert_eq!(members(&manifest_alone), expected[1..]);
    assert_eq!(
        manifest_alone.training["member_numbers"],
        serde_json::json!([2])
    );

    let at_the_same_time = Configuration {
        devices: vec!["cpu".to_owned(); 2],
        out: out.path().join("at_the_same_time"),
        ..whole.clone()
    };
    train(&at_the_same_time).unwrap();
    let manifest_together = manifest(&at_the_same_time.out);
    assert_eq!(members(&manifest_together), expected);
    assert_eq!(manifest_together.metrics, manifest(&whole.out).metrics);

    // The folder of the member trained alone becomes that of the whole ensemble.
    let rest = Configuration {
        only_members: Vec::new(),
        resume: true,
        ..alone
    };
    train(&rest).unwrap();
    assert_eq!(members(&manifest(&rest.out)), expected);
}
