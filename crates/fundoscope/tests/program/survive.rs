//! A long training run survives what happens to long runs: it is killed at any moment, and its disk fills up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::{Ended, Running, command, copy_folder, draw, folder};

/// Twelve photographs to learn from, eight of them without retinopathy, and three for validation.
fn draw_source(folder: &Path) {
    let mut manifest = "file,grade,patient,split\n".to_owned();
    for index in 0..15 {
        draw(&folder.join(format!("{index}.png")), index);
        let grade = if index % 3 == 2 { 2 } else { 0 };
        let split = if index < 12 { "train" } else { "val" };
        manifest += &format!("{index}.png,{grade},p{index},{split}\n");
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
}

/// Three steps of learning lesions and two epochs of three steps, with a checkpoint after every step.
const ARGUMENTS: [&str; 24] = [
    "--json",
    "--threads",
    "2",
    "train",
    "--data",
    "graded",
    "--out",
    "trained",
    "--members",
    "1",
    "--epochs",
    "2",
    "--image-size",
    "32",
    "--batch-size",
    "4",
    "--lesion-pictures",
    "24",
    "--checkpoint-minutes",
    "0",
    "--weights-precision",
    "f32",
    "--patience",
    "5",
];

/// A call in a folder with drawn photographs; `more` are arguments.
fn train(working_folder: &Path, more: &[&str]) -> Command {
    let mut command = command(working_folder);
    command.args(ARGUMENTS).args(more);
    command
}

/// What a bundle says of its weights and of how they came about.
fn outcome(working_folder: &Path) -> [Value; 3] {
    let bytes = fs::read(working_folder.join("trained/bundle.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&bytes).unwrap();
    ["members", "training", "metrics"].map(|part| manifest[part].clone())
}

/// What comes of the run when nothing happens to it.
fn uninterrupted() -> &'static [Value; 3] {
    static OUTCOME: OnceLock<[Value; 3]> = OnceLock::new();
    OUTCOME.get_or_init(|| {
        let folder = folder();
        draw_source(&folder.path().join("graded"));
        Ended::of(train(folder.path(), &[]).output().unwrap()).expect(0);
        outcome(folder.path())
    })
}

/// Starts or resumes a run and kills it as soon as there is the file or folder `moment` below its checkpoints.
///
/// Some moments last a few milliseconds, and a busy machine may look away for as long: then what was there before is put
/// back, and the run starts again.
fn kill_when_there_is(working_folder: &Path, moment: &str) {
    let trained = working_folder.join("trained");
    let before = working_folder.join("before");
    copy_folder(&trained, &before);
    for _ in 0..20 {
        if was_killed_when_there_was(working_folder, moment) {
            return;
        }
        copy_folder(&before, &trained);
    }
    panic!("the run ended twenty times before anybody saw {moment}");
}

/// Whether `moment` was seen and the run killed then; not if the run had ended by itself.
fn was_killed_when_there_was(working_folder: &Path, moment: &str) -> bool {
    let awaited = working_folder.join("trained/.checkpoints").join(moment);
    let mut command = train(working_folder, &["--resume"]);
    let mut child = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let since = Instant::now();
    while !awaited.exists() {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status:?} before there was {moment}");
            return false;
        }
        assert!(since.elapsed() < Duration::from_secs(300), "no {moment}");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    // A run that could end by itself meanwhile was not killed.
    child.wait().unwrap().code().is_none()
}

/// The first step, as epoch and step, that a run tells of.
fn first_step(ended: &Ended) -> Option<(u64, u64)> {
    ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|event| event["event"] == "step")
        .map(|event| {
            let number = |name: &str| event[name].as_u64().unwrap();
            (number("epoch"), number("step"))
        })
}

#[test]
fn a_run_killed_again_and_again_ends_with_the_weights_of_an_uninterrupted_one() {
    let folder = folder();
    draw_source(&folder.path().join("graded"));
    for moment in [
        // While lesions are learned, and while a checkpoint of that is written.
        "lesions/epoch-0-step-1",
        "lesions/partial",
        // In the middle of an epoch, and while its checkpoint is written.
        "member-1/epoch-0-step-1",
        "member-1/partial/optimizer.bpk",
        // When the epoch is measured but does not count yet, and when it does.
        "member-1/best-1.safetensors",
        "member-1/epoch-1-step-0",
        "member-1/epoch-1-step-2",
    ] {
        kill_when_there_is(folder.path(), moment);
    }
    let ended = Ended::of(train(folder.path(), &["--resume"]).output().unwrap()).expect(0);
    // At most one: the last kill may come late on a busy machine.
    assert!(first_step(&ended).is_none_or(|step| step == (2, 3)));
    assert_eq!(&outcome(folder.path()), uninterrupted());
}

/// Resumes a run that can write no file larger than a part of the weights, as on a full disk.
#[cfg(unix)]
fn resume_without_room(working_folder: &Path) -> Ended {
    // Shells count blocks of 512 or of 1024 bytes: 20 or 40 MB, where weights have 45.
    let script = "trap '' XFSZ; ulimit -f 40000; exec \"$0\" \"$@\"";
    let unlimited = train(working_folder, &["--resume"]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", script])
        .arg(unlimited.get_program())
        .args(unlimited.get_args())
        .current_dir(working_folder);
    for (name, value) in unlimited.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    Ended::of(limited.output().unwrap())
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_loses_nothing_that_was_trained() {
    let folder = folder();
    draw_source(&folder.path().join("graded"));
    let checkpoints = folder.path().join("trained/.checkpoints/member-1");
    let whole_checkpoints = || -> Vec<PathBuf> {
        fs::read_dir(&checkpoints)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect()
    };
    kill_when_there_is(folder.path(), "member-1/epoch-1-step-0");
    let ended = resume_without_room(folder.path()).expect(2);
    let sentence = ended.sentence_about("weights.safetensors");
    assert!(sentence.contains("cannot write"), "{sentence}");
    assert!(
        sentence.contains("run it again with --resume"),
        "{sentence}"
    );
    assert_eq!(whole_checkpoints(), [checkpoints.join("epoch-1-step-0")]);

    // The member is done, but there is no room for the bundle.
    kill_when_there_is(folder.path(), "member-1/finished.json");
    let ended = resume_without_room(folder.path()).expect(2);
    let sentence = ended.sentence_about("cannot write");
    assert!(sentence.contains("trained"), "{sentence}");
    assert!(!folder.path().join("trained/bundle.json").exists());

    let ended = Ended::of(train(folder.path(), &["--resume"]).output().unwrap()).expect(0);
    assert_eq!(first_step(&ended), None, "nothing is learned again");
    assert_eq!(&outcome(folder.path()), uninterrupted());
}
