//! Serving: that it starts, says where, and stops; and what keeps it from starting.

use std::fs;

use crate::bench::{bundle, command, folder, run};

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
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Command, Stdio};

    let folder = folder();
    let mut command = command(folder.path());
    command.arg("--bundle").arg(bundle());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let (_, rest) = line.split_once("http://").unwrap();
    let (address, _) = rest.split_once(';').unwrap();

    let mut connection = std::net::TcpStream::connect(address).unwrap();
    write!(
        connection,
        "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let process = child.id().to_string();
    Command::new("kill")
        .args(["-INT", &process])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(folder.path().join("data").is_dir());
}
