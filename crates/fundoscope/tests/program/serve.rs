//! Serving: that it starts, says where, and stops; and what keeps it from starting.

use std::fs;

use crate::bench::{Running, bundle, command, folder, run};

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let folder = folder();
    let ended = run(
        folder.path(),
        &["serve", "--listen", "0.0.0.0:0", "--data-dir", "data"],
    )
    .expect(2);
    assert!(ended.sentence_about("0.0.0.0").contains("other machines"));
}

#[test]
fn a_data_folder_that_cannot_be_made_is_a_wrong_call() {
    let folder = folder();
    fs::write(folder.path().join("taken"), "a file").unwrap();
    let ended = run(
        folder.path(),
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            "taken/data",
        ],
    )
    .expect(2);
    assert!(ended.stderr.contains("taken"), "{}", ended.stderr);
}

#[test]
fn an_explanation_that_no_page_can_show_is_refused_with_those_that_it_can() {
    let folder = folder();
    let call = [
        "serve",
        "--explanations",
        "grad-cam,rise",
        "--data-dir",
        "data",
    ];
    let ended = run(folder.path(), &call).expect(2);
    for words in ["rise", "choose among", "guided-grad-cam"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

#[cfg(unix)]
#[test]
fn it_says_where_it_listens_answers_and_stops_when_told() {
    use crate::client::{get, serve, stop};

    let folder = folder();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"];
    let (mut server, address) = serve(folder.path(), &arguments);
    assert_eq!(get(&address, "/healthz").status, 200);
    stop(&mut server);
    assert!(folder.path().join("data").is_dir());
}

#[cfg(unix)]
#[test]
fn a_worker_beside_a_server_that_does_not_grade_itself_answers_what_is_uploaded() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use crate::bench::draw;
    use crate::client::{get, serve, stop, upload};

    let folder = folder();
    draw(&folder.path().join("eye.jpg"), 1);
    let photograph = fs::read(folder.path().join("eye.jpg")).unwrap();
    let kept = ["--data-dir", "data", "--explanations", "grad-cam"];
    let arguments = [
        &["serve", "--listen=127.0.0.1:0", "--without-worker"],
        &kept[..],
    ]
    .concat();
    let (mut server, address) = serve(folder.path(), &arguments);
    assert_eq!(get(&address, "/readyz").status, 200);
    let answer = upload(&address, "P-1", &photograph).unwrap();
    assert_eq!(answer.status, 202);
    let location = answer.header("location").unwrap().to_owned();

    let mut command = command(folder.path());
    command
        .arg("--bundle")
        .arg(bundle())
        .arg("worker")
        .args(kept);
    let mut worker = Running::start(command.stdout(Stdio::null()));
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let body = get(&address, &location).body;
        if body.contains("\"state\":\"done\"") {
            break;
        }
        assert!(Instant::now() < deadline, "it is never answered: {body}");
        std::thread::sleep(Duration::from_millis(100));
    }
    stop(&mut worker);
    stop(&mut server);
}
