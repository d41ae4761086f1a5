//! Accounts and the audit, on the command line and beside a running server.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

use clinic::{Access, Action, Actor, Records};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::bench::{Ended, Running, command, folder, run};
use crate::client;

/// Runs the program with a password on standard input.
fn run_with(folder: &Path, arguments: &[&str], password: &str) -> Ended {
    let mut command = command(folder);
    command.args(arguments).args(["--data-dir", "data"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that does not ask does not wait for it either.
    let _ = writeln!(child.stdin.take().unwrap(), "{password}");
    Ended::of(child.wait_with_output().unwrap())
}

const PASSWORD: &str = "correct horse battery";

fn add(folder: &Path, name: &str, role: &str) -> Ended {
    run_with(folder, &["account", "add", name, "--role", role], PASSWORD)
}

#[test]
fn accounts_are_added_listed_and_changed() {
    let folder = folder();
    let at = folder.path();
    let added = add(at, "Anna Reader", "reader").expect(0);
    assert_eq!(added.stdout, "Anna Reader, reader: added\n");
    add(at, "root", "administrator").expect(0);
    for (arguments, password, part) in [
        (
            &["account", "add", "ANNA reader", "--role", "reader"][..],
            PASSWORD,
            "already",
        ),
        (
            &["account", "add", "Bert", "--role", "reader"],
            "short",
            "10 to 256",
        ),
        (
            &["account", "add", "Bert", "--role", "emperor"],
            PASSWORD,
            "screener, reader or administrator",
        ),
        (
            &["account", "add", " ", "--role", "reader"],
            PASSWORD,
            "1 to 100",
        ),
        (
            &["account", "password", "Bert"],
            PASSWORD,
            "no account with this name",
        ),
        (&["account", "disable", "root"], "", "last administrator"),
        (
            &["account", "enable", "Bert"],
            "",
            "no account with this name",
        ),
    ] {
        let refused = run_with(at, arguments, password).expect(2);
        assert!(
            refused.stderr.contains(part),
            "{arguments:?}: {}",
            refused.stderr
        );
        assert!(!refused.stderr.contains(PASSWORD), "{}", refused.stderr);
    }
    run_with(
        at,
        &["account", "password", "anna reader"],
        "another password",
    )
    .expect(0);
    run_with(at, &["account", "disable", "Anna Reader"], "").expect(0);
    let list = run_with(at, &["account", "list"], "").expect(0);
    assert_eq!(
        list.stdout,
        "Anna Reader, reader: disabled\nroot, administrator: enabled\n"
    );
    run_with(at, &["account", "enable", "Anna Reader"], "").expect(0);
    let list = run_with(at, &["account", "list", "--json"], "").expect(0);
    let first: Value = serde_json::from_str(list.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["name"], &first["enabled"]),
        (&"Anna Reader".into(), &true.into())
    );
    assert!(!list.stdout.contains("argon2"), "{}", list.stdout);
    let written = fs::read(at.join("data/records.sqlite")).unwrap();
    let holds = |text: &str| {
        written
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(holds("$argon2id$") && !holds(PASSWORD));

    let audit = run_with(at, &["audit", "list"], "").expect(0);
    let said: Vec<&str> = audit
        .stdout
        .lines()
        .map(|line| line.split_once("local: ").unwrap().1)
        .collect();
    let begins = [
        "Account added",
        "Account added",
        "Password changed",
        "Account disabled",
        "Account enabled",
    ];
    assert_eq!(said.len(), begins.len(), "{}", audit.stdout);
    for (said, begin) in said.iter().zip(begins) {
        assert!(said.starts_with(begin), "{said}");
    }
}

#[test]
fn nothing_is_listed_where_there_is_nothing() {
    let folder = folder();
    for what in [
        &["account", "list"][..],
        &["audit", "list"],
        &["audit", "verify"],
    ] {
        let refused = run_with(folder.path(), what, "").expect(2);
        assert!(
            refused.stderr.contains("records cannot be read")
                || refused.stderr.contains("database"),
            "{}",
            refused.stderr
        );
    }
    assert!(!folder.path().join("data").exists());
}

/// The hash that `audit verify` prints.
fn head(folder: &Path) -> (u64, String) {
    let whole = run_with(folder, &["audit", "verify", "--json"], "").expect(0);
    let document: Value = serde_json::from_str(&whole.stdout).unwrap();
    let head = document["head"].as_str().unwrap().to_owned();
    (document["entries"].as_u64().unwrap(), head)
}

#[test]
fn the_audit_is_verified_and_a_noted_hash_is_missed() {
    let folder = folder();
    let at = folder.path();
    add(at, "root", "administrator").expect(0);
    let (entries, noted) = head(at);
    assert_eq!(entries, 1);
    fs::create_dir(at.join("earlier")).unwrap();
    fs::copy(
        at.join("data/records.sqlite"),
        at.join("earlier/records.sqlite"),
    )
    .unwrap();
    add(at, "Anna", "reader").expect(0);
    let expected = ["audit", "verify", "--expect", &noted.to_ascii_uppercase()];
    let whole = run_with(at, &expected, "").expect(0);
    assert!(whole.stdout.contains("2 entries"), "{}", whole.stdout);
    // An earlier copy in the place of the present one is a chain cut off.
    let (_, later) = head(at);
    fs::copy(
        at.join("earlier/records.sqlite"),
        at.join("data/records.sqlite"),
    )
    .unwrap();
    let cut = run_with(at, &["audit", "verify", "--expect", &later], "").expect(1);
    assert!(cut.stderr.contains("removed"), "{}", cut.stderr);
    run_with(at, &["audit", "verify"], "").expect(0);
    let refused = run_with(at, &["audit", "verify", "--expect", "abc"], "").expect(2);
    assert!(
        refused.stderr.contains("64 hexadecimal"),
        "{}",
        refused.stderr
    );
}

#[test]
fn an_account_lets_others_in_but_not_unencrypted() {
    let folder = folder();
    let everywhere = ["serve", "--listen", "0.0.0.0:0", "--data-dir", "data"];
    let refused = run(folder.path(), &everywhere).expect(2);
    assert!(
        refused
            .sentence_about("0.0.0.0")
            .contains("fundoscope account add")
    );
    add(folder.path(), "root", "administrator").expect(0);
    let refused = run(folder.path(), &everywhere).expect(2);
    assert!(
        refused
            .sentence_about("0.0.0.0")
            .contains("--tls-certificate")
    );
    let half = ["serve", "--tls-key", "key.pem", "--data-dir", "data"];
    let refused = run(folder.path(), &half).expect(2);
    assert!(
        refused.stderr.contains("--tls-certificate"),
        "{}",
        refused.stderr
    );
}

/// The status of an answer to a request without a session.
fn status(address: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer[9..12].to_owned()
}

fn serve(folder: &Path) -> (Running, String) {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"];
    client::serve(folder, &arguments)
}

#[test]
fn accounts_are_managed_beside_a_running_server() {
    let folder = folder();
    let (mut server, address) = serve(folder.path());
    assert_eq!(status(&address, "/api/v1/screenings"), "200");
    add(folder.path(), "root", "administrator").expect(0);
    assert_eq!(status(&address, "/api/v1/screenings"), "401");
    assert_eq!(status(&address, "/healthz"), "200");
    assert_eq!(status(&address, "/metrics"), "200");
    // Both wrote to one chain.
    let data = folder.path().join("data");
    Runtime::new().unwrap().block_on(async {
        let access = Access::read(&data, &Records::default()).await.unwrap();
        let entries = access.audit(None, 10).await.unwrap();
        let actions: Vec<&str> = entries
            .iter()
            .rev()
            .map(|entry| entry.action.as_str())
            .collect();
        assert_eq!(
            actions,
            [Action::ListOpened, Action::AccountAdded].map(Action::name)
        );
        assert!(
            entries
                .iter()
                .all(|entry| entry.actor == Actor::Local.to_string())
        );
    });
    assert_eq!(head(folder.path()).0, 2);
    server.kill().unwrap();
    server.wait().unwrap();
    // A process that was killed leaves a whole chain.
    assert_eq!(head(folder.path()).0, 2);
}
