//! Checkpoints of PyTorch against what PyTorch wrote into them (`tests/reference/checkpoints.py`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use grader::pytorch::Checkpoint;
use grader::weights::WeightsError;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    shape: Vec<usize>,
    values: Vec<f32>,
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/grader/checkpoints")
        .join(file)
}

fn open(file: &str) -> Checkpoint {
    Checkpoint::open(&path(file)).unwrap()
}

#[test]
fn every_number_is_as_pytorch_wrote_it() {
    let text = std::fs::read_to_string(path("checkpoints.json")).unwrap();
    let files: BTreeMap<String, BTreeMap<String, Expected>> = serde_json::from_str(&text).unwrap();
    assert_eq!(files.len(), 7);
    for (file, tensors) in files {
        let checkpoint = open(&file);
        let shapes = checkpoint.shapes();
        assert!(!tensors.is_empty(), "{file}");
        for (name, expected) in tensors {
            assert_eq!(shapes[&name], expected.shape, "{file}: {name}");
            let found = checkpoint.values(&name).unwrap();
            assert_eq!(found, expected.values, "{file}: {name}");
        }
    }
}

#[test]
fn tensors_of_other_types_are_listed_and_their_numbers_refused() {
    for file in ["types.pth", "types_legacy.pth"] {
        let checkpoint = open(file);
        assert_eq!(checkpoint.shapes().len(), 5, "{file}");
        let refused = checkpoint.values("int64").unwrap_err();
        assert_eq!(
            refused,
            "tensor `int64` is stored as I64, expected F32, F16 or BF16"
        );
        assert!(checkpoint.values("float64").unwrap_err().contains("F64"));
        let missing = checkpoint.values("nothing").unwrap_err();
        assert!(missing.contains("no tensor `nothing`"), "{missing}");
    }
}

#[test]
fn a_python_object_is_refused_by_name_and_not_run() {
    let places = [
        ("malicious.pth", "notes"),
        ("malicious_legacy.pth", "notes"),
        ("malicious_root.pth", "the top"),
    ];
    for (file, expected) in places {
        let error = Checkpoint::open(&path(file)).unwrap_err();
        let WeightsError::PythonObject { object, place, .. } = &error else {
            panic!("{file}: {error}");
        };
        assert!(object.ends_with(".system"), "{object}");
        assert_eq!(place, expected);
        let sentence = error.to_string();
        assert!(sentence.contains(file), "{sentence}");
        assert!(sentence.contains("nothing in it was run"), "{sentence}");
    }
    // What it asks for is to make this file, in the folder the tests run in.
    assert!(!Path::new("executed").exists());
}

#[test]
fn parts_of_checkpoints_are_refused_whatever_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.pth");
    for file in ["wrapped.pth", "wrapped_legacy.pth"] {
        let whole = std::fs::read(path(file)).unwrap();
        for length in (0..whole.len()).step_by(37) {
            std::fs::write(&broken, &whole[..length]).unwrap();
            let refused = match Checkpoint::open(&broken) {
                Err(error) => error.to_string(),
                // The old form ends with the numbers, which are only missed when they are read.
                Ok(checkpoint) => checkpoint
                    .shapes()
                    .keys()
                    .filter(|name| !name.ends_with("num_batches_tracked"))
                    .find_map(|name| checkpoint.values(name).err())
                    .unwrap_or_default(),
            };
            assert!(!refused.is_empty(), "{file} cut to {length} bytes");
        }
    }
}

#[test]
fn a_file_that_is_missing_or_something_else_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Checkpoint::open(&folder.path().join("none.pth")).unwrap_err();
    assert!(matches!(missing, WeightsError::Read { .. }), "{missing}");
    let text = folder.path().join("text.pth");
    for content in ["", "Dear colleague,\n", "{\"weights\": []}"] {
        std::fs::write(&text, content).unwrap();
        let error = Checkpoint::open(&text).unwrap_err();
        assert!(
            matches!(error, WeightsError::NotCheckpoint { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("text.pth"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever a damaged or hostile file says, the answer is tensors or a sentence.
    #[test]
    fn no_change_of_bytes_makes_the_reader_panic(
        is_legacy in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let file = if is_legacy { "views_legacy.pth" } else { "views.pth" };
        let mut bytes = std::fs::read(path(file)).unwrap();
        for (place, byte) in changes {
            *place.get_mut(&mut bytes) = byte;
        }
        let folder = tempfile::tempdir().unwrap();
        let changed = folder.path().join("changed.pth");
        std::fs::write(&changed, bytes).unwrap();
        if let Ok(checkpoint) = Checkpoint::open(&changed) {
            for (name, shape) in checkpoint.shapes() {
                if let Ok(values) = checkpoint.values(&name) {
                    prop_assert_eq!(values.len(), shape.iter().product::<usize>());
                }
            }
        }
    }
}
