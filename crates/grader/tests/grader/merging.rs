//! Members of several bundles in one ensemble.

use std::path::Path;

use burn::tensor::Device;
use grader::weights::Storage;
use grader::{Bundle, BundleManifest, MergeError, Merged, seeded};

use crate::{bits, manifest};

fn write(folder: &Path, seeds: &[u64], change: impl Fn(&mut BundleManifest)) -> Bundle {
    let mut described = manifest();
    described.data_fingerprint = "a".to_owned();
    described.grade_counts = [4, 3, 2, 1, 0];
    described.code_revision = "old".to_owned();
    described.licence = "research use only".to_owned();
    change(&mut described);
    let networks: Vec<_> = seeds
        .iter()
        .map(|&seed| (seeded::network(seed, &Device::flex()), seed))
        .collect();
    let members: Vec<_> = networks
        .iter()
        .map(|(network, seed)| (network, *seed))
        .collect();
    Bundle::write(folder, described, &members, None, Storage::F16).unwrap()
}

#[test]
fn members_are_taken_bit_by_bit_in_the_order_of_the_bundles() {
    let folder = tempfile::tempdir().unwrap();
    let first = write(&folder.path().join("a"), &[1, 2], |_| {});
    let other = write(&folder.path().join("b"), &[3], |manifest| {
        manifest.code_revision = "new".to_owned();
        manifest.data_fingerprint = "b".to_owned();
    });
    let merged = Merged::of(&[first.clone(), other.clone()]).unwrap();
    let seeds: Vec<u64> = merged.members.iter().map(|member| member.seed).collect();
    assert_eq!(seeds, [1, 2, 3]);
    let written = Bundle::write_encoded(
        &folder.path().join("c"),
        merged.manifest,
        &merged.members,
        None,
    )
    .unwrap();
    let digests = |bundle: &Bundle| -> Vec<String> {
        let members = bundle.manifest.members.iter();
        members.map(|member| member.sha256.clone()).collect()
    };
    assert_eq!(
        digests(&written),
        [digests(&first), digests(&other)].concat()
    );
    let networks = first.networks().chain(other.networks());
    for (merged, network) in written.networks().zip(networks) {
        assert!(bits(&merged.unwrap()) == bits(&network.unwrap()));
    }

    let manifest = written.manifest;
    assert_eq!(manifest.grade_counts, [8, 6, 4, 2, 0]);
    assert_eq!(manifest.code_revision, "old, new");
    assert_eq!(manifest.licence, "research use only");
    assert_eq!(manifest.data_fingerprint.len(), 64);
    assert_eq!(manifest.training["merged"][0]["members"], 2);
    assert_eq!(manifest.training["merged"][1]["data_fingerprint"], "b");
}

#[test]
fn photographs_that_all_learned_from_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let bundles = [1, 2].map(|seed| write(&folder.path().join(seed.to_string()), &[seed], |_| {}));
    let manifest = Merged::of(&bundles).unwrap().manifest;
    assert_eq!(manifest.grade_counts, [4, 3, 2, 1, 0]);
    assert_eq!(manifest.data_fingerprint, "a");
}

#[test]
fn what_differs_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let first = write(&folder.path().join("a"), &[1], |_| {});
    let other = write(&folder.path().join("b"), &[2], |manifest| {
        manifest.dropout = 0.5;
        manifest.preparation.oversampling = 2;
        manifest.preparation.normalization.std[1] = 0.5;
    });
    let error = Merged::of(&[first, other]).unwrap_err();
    let MergeError::Different { differences, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(differences.len(), 3, "{differences:?}");
    let said = error.to_string();
    for part in [
        "`dropout` is 0.25 in the one, 0.5",
        "`oversampling` is 1",
        "`normalization`",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn one_bundle_and_the_same_member_twice_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = write(&folder.path().join("a"), &[1, 2], |_| {});
    let again = write(&folder.path().join("b"), &[2], |_| {});
    let alone = Merged::of(std::slice::from_ref(&first)).unwrap_err();
    assert!(matches!(alone, MergeError::TooFew(1)), "{alone}");
    let twice = Merged::of(&[first, again]).unwrap_err();
    assert!(matches!(twice, MergeError::Twice { .. }), "{twice}");
    assert!(twice.to_string().contains("member-0-"), "{twice}");
}
