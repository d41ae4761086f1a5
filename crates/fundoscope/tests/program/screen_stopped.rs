//! Screening that was stopped, wherever it was, goes on and ends with the same bytes.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bench::{Ended, Running, bundle, command, draw, files, folder, lines, rows};

/// Forty photographs, one in eight a copy, and two that cannot be read.
fn draw_many(photos: &Path) {
    for index in 0..40 {
        let path = photos.join(format!("{index:02}.png"));
        match index % 8 {
            7 => {
                let original = photos.join(format!("{:02}.png", index - 3));
                fs::copy(original, path).unwrap();
            }
            _ => draw(&path, index),
        }
    }
    fs::write(photos.join("15 text.png"), "Dear colleague,\n").unwrap();
    fs::write(photos.join("39 text.png"), "").unwrap();
}

/// A run over the folder `photos` that uses one thread.
fn screen(working_folder: &Path, more: &[&str]) -> Command {
    let mut screen = command(working_folder);
    screen.arg("--bundle").arg(bundle());
    screen.args(["--threads", "1", "screen", "photos"]);
    screen.args(["--out", "results.csv"]).args(more);
    screen
}

#[test]
fn a_run_that_was_killed_again_and_again_ends_with_the_bytes_of_one_that_was_not() {
    let (killed, whole) = (folder(), folder());
    for folder in [&killed, &whole] {
        draw_many(&folder.path().join("photos"));
    }
    let ended = Ended::of(screen(whole.path(), &[]).output().unwrap()).expect(1);
    assert!(!ended.stdout.contains("going on"), "{}", ended.stdout);
    let expected = fs::read(whole.path().join("results.csv")).unwrap();
    assert_eq!(rows(&whole.path().join("results.csv")).len(), 42);

    let journal = killed.path().join("results.csv.unfinished");
    // Each run notes some photographs more, and is killed in the middle of the next.
    let mut kills = 0;
    for after in [1, 10, 18, 30] {
        let ended = Running::kill_after(&mut screen(killed.path(), &[]), &journal, after);
        // A run that could end by itself meanwhile was not killed.
        kills += usize::from(ended.code().is_none());
        if !journal.exists() {
            break;
        }
        assert!(!killed.path().join("results.csv").exists());
    }
    assert!(kills >= 2, "killed {kills} times");
    // As a crash of the machine may leave it.
    if let Ok(mut file) = fs::OpenOptions::new().append(true).open(&journal) {
        file.write_all(b"{\"sha256\":\"0123").unwrap();
        drop(file);
        let ended = Ended::of(screen(killed.path(), &[]).output().unwrap()).expect(1);
        assert!(ended.stdout.contains("going on"), "{}", ended.stdout);
    }
    assert!(fs::read(killed.path().join("results.csv")).unwrap() == expected);
    let left: Vec<String> = files(killed.path())
        .into_iter()
        .filter(|name| !name.starts_with("photos/"))
        .collect();
    assert_eq!(left, ["results.csv"]);
}

#[cfg(unix)]
fn signal(child: &Child, signal: &str) {
    let process = child.id().to_string();
    let sent = Command::new("kill").args([signal, &process]).status();
    assert!(sent.unwrap().success());
}

/// Leaves a run in its folder that was stopped by Ctrl-C after some photographs.
#[cfg(unix)]
fn interrupt(working_folder: &Path) {
    let mut child = screen(working_folder, &[])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = working_folder.join("results.csv.unfinished");
    while lines(&journal) < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(&child, "-INT");
    let ended = Ended::of(child.wait_with_output().unwrap()).expect(1);
    let sentence = ended.sentence_about("interrupted");
    assert!(
        sentence.contains("run the same command again"),
        "{sentence}"
    );
    assert!(!working_folder.join("results.csv").exists());
}

#[cfg(unix)]
#[test]
fn a_run_goes_on_with_the_same_options_only_whatever_became_of_the_photographs() {
    let folder = folder();
    let photos = folder.path().join("photos");
    draw_many(&photos);
    interrupt(folder.path());
    for (option, words) in [
        (&["--rotations", "1"][..], "--rotations (then 4, now 1)"),
        (&["--seed", "9"], "--seed (then 0, now 9)"),
        (&["--members", "1"], "--members (then all, now 1)"),
    ] {
        let refused = Ended::of(screen(folder.path(), option).output().unwrap()).expect(2);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
        let journal = refused.sentence_about("results.csv.unfinished");
        assert!(journal.contains("begin anew"), "{journal}");
    }
    // One is renamed, one is new, one is another picture by now.
    fs::rename(photos.join("00.png"), photos.join("zero.png")).unwrap();
    draw(&photos.join("41.png"), 41);
    draw(&photos.join("01.png"), 99);
    let ended = Ended::of(screen(folder.path(), &[]).output().unwrap()).expect(1);
    assert!(ended.stdout.contains("going on"), "{}", ended.stdout);
    let found = fs::read(folder.path().join("results.csv")).unwrap();
    fs::remove_file(folder.path().join("results.csv")).unwrap();
    Ended::of(screen(folder.path(), &[]).output().unwrap()).expect(1);
    assert!(found == fs::read(folder.path().join("results.csv")).unwrap());
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_loses_nothing_that_was_kept() {
    let (full, whole) = (folder(), folder());
    for folder in [&full, &whole] {
        draw_many(&folder.path().join("photos"));
    }
    // Shells count blocks of 512 or of 1024 bytes: 12 or 24 kB, less than the journal comes to.
    let script = "trap '' XFSZ; ulimit -f 24; exec \"$0\" \"$@\"";
    let unlimited = screen(full.path(), &[]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", script])
        .arg(unlimited.get_program())
        .args(unlimited.get_args())
        .current_dir(full.path());
    let ended = Ended::of(limited.output().unwrap()).expect(2);
    assert!(ended.stderr.contains("cannot write"), "{}", ended.stderr);
    assert!(ended.stderr.contains("make room"), "{}", ended.stderr);
    assert!(!full.path().join("results.csv").exists());

    let ended = Ended::of(screen(full.path(), &[]).output().unwrap()).expect(1);
    assert!(ended.stdout.contains("going on"), "{}", ended.stdout);
    Ended::of(screen(whole.path(), &[]).output().unwrap()).expect(1);
    let [full, whole] =
        [&full, &whole].map(|folder| fs::read(folder.path().join("results.csv")).unwrap());
    assert!(full == whole);
}

#[cfg(unix)]
#[test]
fn two_runs_do_not_write_the_same_results() {
    let folder = folder();
    draw_many(&folder.path().join("photos"));
    let mut first = Running::silent(&mut screen(folder.path(), &[]));
    while lines(&folder.path().join("results.csv.unfinished")) < 2 {
        assert!(first.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    // It holds still, so that it cannot end before the second is refused.
    signal(&first, "-STOP");
    let refused = Ended::of(screen(folder.path(), &[]).output().unwrap()).expect(2);
    assert!(
        refused.stderr.contains("in use by another run"),
        "{}",
        refused.stderr
    );
    signal(&first, "-CONT");
    assert_eq!(first.wait().unwrap().code(), Some(1));
}
