//! Bundles shown, checked and exported, and weights of other programs imported.

use std::fs;
use std::path::Path;

use grader::weights::{self, Tensors};
use grader::{BundleManifest, ResNet18, import};
use serde_json::Value;

use crate::bench::{Ended, bundle, command, copy_folder, draw, files, folder, run};
use crate::checkpoint;

/// The tensors of a network before training.
fn tensors(seed: u64) -> Tensors {
    weights::to_tensors(&ResNet18::initial(seed, &grader::device("cpu").unwrap()))
}

/// With a head for so many classes.
fn with_outputs(mut tensors: Tensors, outputs: usize) -> Tensors {
    for (name, width) in [("fc.weight", 512), ("fc.bias", 1)] {
        let tensor = tensors.get_mut(name).unwrap();
        tensor.shape[0] = outputs;
        tensor.values = vec![0.5; outputs * width];
    }
    tensors
}

#[test]
fn show_says_what_the_bundle_is_and_json_is_its_manifest() {
    let folder = folder();
    let ended = run(folder.path(), &["bundle", "show"]).expect(0);
    for part in [
        "ResNet-18, 5 outputs",
        "64 x 64 pixels, from a field of view of 128",
        "No DR, Mild, Moderate, Severe, Proliferative",
        "0.500 probability of grade 2 or more",
        "MB  seed 1",
        "SHA-256",
        "research use only",
        trust::DISCLAIMER,
    ] {
        assert!(ended.stdout.contains(part), "{part}:\n{}", ended.stdout);
    }

    let named = bundle().to_str().unwrap();
    let arguments = ["--json", "bundle", "show", named];
    let ended = Ended::of(command(folder.path()).args(arguments).output().unwrap()).expect(0);
    assert_eq!(ended.stdout.lines().count(), 1);
    let shown: BundleManifest = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(shown, BundleManifest::read(bundle()).unwrap());
}

#[test]
fn what_is_no_bundle_cannot_be_shown_and_is_not_sound() {
    let folder = folder();
    let shown = run(folder.path(), &["bundle", "show", "nowhere"]).expect(2);
    assert!(shown.sentence_about("nowhere").contains("bundle.json"));
    let verified = run(folder.path(), &["bundle", "verify", "nowhere"]).expect(1);
    assert!(
        verified.stderr.contains("bundle.json"),
        "{}",
        verified.stderr
    );
}

#[test]
fn verify_names_every_bad_file_and_answers_with_its_status() {
    let folder = folder();
    let sound = run(folder.path(), &["bundle", "verify"]).expect(0);
    assert!(
        sound.stdout.contains("nothing is wrong"),
        "{}",
        sound.stdout
    );

    let broken = folder.path().join("broken");
    copy_folder(bundle(), &broken);
    let members: Vec<String> = files(&broken)
        .into_iter()
        .filter(|name| name.ends_with(".safetensors"))
        .collect();
    fs::remove_file(broken.join(&members[0])).unwrap();
    let mut bytes = fs::read(broken.join(&members[1])).unwrap();
    bytes.truncate(1000);
    fs::write(broken.join(&members[1]), bytes).unwrap();
    let ended = run(folder.path(), &["--json", "bundle", "verify", "broken"]).expect(1);
    assert!(ended.sentence_about(&members[0]).contains("cannot be read"));
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["sound"], false);
    assert_eq!(document["problems"].as_array().unwrap().len(), 3);
    assert!(ended.stderr.contains("SHA-256"), "{}", ended.stderr);
}

#[test]
fn a_checkpoint_of_pytorch_becomes_safetensors_without_wrappers() {
    let folder = folder();
    let own = tensors(7);
    checkpoint::write(&folder.path().join("model.pth"), &own);
    let arguments = [
        "bundle",
        "import",
        "model.pth",
        "--out",
        "out/model.safetensors",
    ];
    let ended = run(folder.path(), &arguments).expect(0);
    assert!(
        ended.stdout.contains(
            "102 tensors of a ResNet-18 below `state_dict.module.`, with its head for five grades"
        ),
        "{}",
        ended.stdout
    );
    assert_eq!(files(&folder.path().join("out")), ["model.safetensors"]);
    let written = weights::read_tensors(&folder.path().join("out/model.safetensors")).unwrap();
    assert!(written == own);
}

#[test]
fn training_starts_from_a_checkpoint_and_from_what_was_imported_of_it() {
    let folder = folder();
    checkpoint::write(
        &folder.path().join("imagenet.t7"),
        &with_outputs(tensors(8), 1000),
    );
    let arguments = [
        "--json",
        "bundle",
        "import",
        "imagenet.t7",
        "--out",
        "start.safetensors",
    ];
    let ended = run(folder.path(), &arguments).expect(0);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["tensors"], 100);
    assert_eq!(document["outputs"], 1000);
    assert_eq!(document["head_kept"], false);

    for seed in 0..12 {
        draw(
            &folder
                .path()
                .join(format!("graded/{}/{seed}.png", seed % 3)),
            seed,
        );
    }
    let member = |init: &str, out: &str| -> String {
        let mut command = command(folder.path());
        command.args([
            "train",
            "--data",
            "graded",
            "--members",
            "1",
            "--epochs",
            "1",
        ]);
        command.args([
            "--image-size",
            "32",
            "--batch-size",
            "4",
            "--init",
            init,
            "--out",
            out,
        ]);
        Ended::of(command.output().unwrap()).expect(0);
        let manifest = BundleManifest::read(&folder.path().join(out)).unwrap();
        manifest.members[0].sha256.clone()
    };
    assert_eq!(
        member("imagenet.t7", "first"),
        member("start.safetensors", "second")
    );
}

#[test]
fn weights_that_cannot_be_read_are_named_and_nothing_is_written() {
    let folder = folder();
    let own = tensors(9);
    checkpoint::write(&folder.path().join("whole.pth"), &own);
    let bytes = fs::read(folder.path().join("whole.pth")).unwrap();
    fs::write(folder.path().join("cut.pth"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(folder.path().join("text.pth"), "Dear colleague,\n").unwrap();
    let mut grey = own;
    let kernel = grey.get_mut("conv1.weight").unwrap();
    kernel.shape[1] = 1;
    kernel.values.truncate(64 * 49);
    grey.remove("layer2.0.downsample.0.weight");
    checkpoint::write(&folder.path().join("grey.pth"), &grey);
    let malicious = "../grader/tests/grader/checkpoints/malicious.pth";
    let malicious = Path::new(env!("CARGO_MANIFEST_DIR")).join(malicious);
    fs::copy(malicious, folder.path().join("malicious.pth")).unwrap();
    let before = files(folder.path());

    for (file, sentences) in [
        ("nowhere.pth", &["cannot read weights file"][..]),
        (
            "cut.pth",
            &["neither a safetensors file nor a whole checkpoint"],
        ),
        (
            "text.pth",
            &["neither a safetensors file nor a whole checkpoint"],
        ),
        (
            "grey.pth",
            &[
                "tensor `conv1.weight` has shape [64, 1, 7, 7], expected [64, 3, 7, 7]",
                "tensor `layer2.0.downsample.0.weight` is missing",
            ],
        ),
        (
            "malicious.pth",
            &["the Python object `posix.system` at `notes`"],
        ),
    ] {
        let ended = run(
            folder.path(),
            &["bundle", "import", file, "--out", "out.safetensors"],
        )
        .expect(2);
        let said = ended.sentence_about(file);
        for sentence in sentences {
            assert!(said.contains(sentence), "{said}");
        }
    }
    let arguments = ["bundle", "import", "whole.pth", "--out", "out.pth"];
    let ended = run(folder.path(), &arguments).expect(2);
    assert!(ended.sentence_about("out.pth").contains(".safetensors"));
    assert_eq!(files(folder.path()), before, "nothing was run or written");
}

#[test]
fn every_member_is_exported_with_what_belongs_to_it() {
    let folder = folder();
    for (format, arguments) in [
        ("safetensors", ["--format", "safetensors"]),
        ("onnx", ["--format", "onnx"]),
    ] {
        let arguments = [&["bundle", "export", "--out", format][..], &arguments].concat();
        let ended = run(folder.path(), &arguments).expect(0);
        assert!(ended.stdout.contains("2 members"), "{}", ended.stdout);
        let out = folder.path().join(format);
        let expected = [
            "check.safetensors".to_owned(),
            "export.json".to_owned(),
            format!("resnet18-0.{format}"),
            format!("resnet18-1.{format}"),
        ];
        assert_eq!(files(&out), expected);
        let document: Value =
            serde_json::from_slice(&fs::read(out.join("export.json")).unwrap()).unwrap();
        assert_eq!(document["format"], format);
        assert_eq!(document["disclaimer"], trust::DISCLAIMER);
        assert_eq!(document["preparation"]["input_side"], 64);
        assert_eq!(document["files"][1]["file"], expected[3]);
        assert_eq!(document["files"][1]["seed"], 2);
    }
    let manifest = BundleManifest::read(bundle()).unwrap();
    for (index, member) in manifest.members.iter().enumerate() {
        let exported = folder
            .path()
            .join(format!("safetensors/resnet18-{index}.safetensors"));
        let own = weights::read_tensors(&bundle().join(&member.file)).unwrap();
        assert!(import::read(&exported).unwrap().tensors == own);
    }
}

#[test]
fn an_export_to_an_unknown_format_or_of_no_bundle_is_a_wrong_call() {
    let folder = folder();
    let call = |arguments: &[&str]| {
        let arguments = [&["bundle", "export", "--out", "out"], arguments].concat();
        run(folder.path(), &arguments).expect(2).stderr
    };
    assert!(call(&["--format", "keras"]).contains("keras"));
    assert!(call(&["--format", "onnx", "nowhere"]).contains("nowhere"));
    assert!(!folder.path().join("out").exists());
}
