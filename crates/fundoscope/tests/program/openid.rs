//! An OpenID provider and the rest of `serve`, from flags, the environment and the settings file.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;

use crate::bench::{Ended, bundle, command, folder, run};

const ISSUER: &str = "https://login.example/realms/clinic";

fn serve(at: &Path, flags: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut command = command(at);
    command.arg("--bundle").arg(bundle());
    command.args(["serve", "--data-dir", "data"]);
    command.env("FUNDOSCOPE_LISTEN", "127.0.0.1:0");
    command.args(flags).envs(environment.iter().copied());
    Ended::of(command.output().unwrap())
}

#[test]
fn an_account_is_given_a_subject_of_a_provider() {
    let folder = folder();
    let at = folder.path();
    let add = |name, more: &[&str]| {
        let head = [
            "account",
            "--data-dir",
            "data",
            "add",
            name,
            "--role",
            "administrator",
        ];
        run(at, &[&head[..], more].concat())
    };
    let refused = add("Anna", &["--openid", "anna-1"]).expect(2);
    assert!(
        refused.stderr.contains("--openid-issuer"),
        "{}",
        refused.stderr
    );
    let refused = add("Anna", &["--openid", "anna-1", "--openid-issuer", "login"]).expect(2);
    assert!(refused.stderr.contains("https://"), "{}", refused.stderr);
    assert!(!at.join("data").exists());
    // Asks for no password.
    add("Anna", &["--openid", "anna-1", "--openid-issuer", ISSUER]).expect(0);
    fs::write(
        at.join("fundoscope.toml"),
        format!("openid_issuer = \"{ISSUER}\"\n"),
    )
    .unwrap();
    let refused = add("Other", &["--openid", "anna-1"]).expect(2);
    assert!(refused.stderr.contains("one person"), "{}", refused.stderr);
    add("Bert", &["--openid", "bert-1"]).expect(0);
    let listed = run(at, &["--json", "account", "--data-dir", "data", "list"]).expect(0);
    let lines = listed.stdout.lines();
    let openid = lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["openid"].clone());
    let expected = ["anna-1", "bert-1"]
        .map(|subject| serde_json::json!({"issuer": ISSUER, "subject": subject}));
    assert_eq!(openid.collect::<Vec<_>>(), expected);
}

#[test]
fn half_a_provider_is_a_wrong_call() {
    let folder = folder();
    let at = folder.path();
    let (issuer, id) = (
        ["--openid-issuer", ISSUER],
        ["--openid-client-id", "fundoscope"],
    );
    let whole = [
        &issuer[..],
        &id,
        &["--public-url", "https://clinic.example"],
    ]
    .concat();
    fs::write(at.join("empty"), "\n").unwrap();
    for (flags, part) in [
        (issuer.to_vec(), "--openid-client-id"),
        (id.to_vec(), "--openid-issuer"),
        ([issuer, id].concat(), "--public-url"),
        (
            [&whole[..], &["--openid-secret-file", "nothing"]].concat(),
            "nothing",
        ),
        (
            [&whole[..], &["--openid-secret-file", "empty"]].concat(),
            "is empty",
        ),
        (
            [&whole[..], &["--openid-secret", "a-secret"]].concat(),
            "--openid-secret",
        ),
    ] {
        let refused = serve(at, &flags, &[]).expect(2);
        assert!(
            refused.stderr.contains(part),
            "{flags:?}: {}",
            refused.stderr
        );
    }
    let insecure = [("FUNDOSCOPE_PUBLIC_URL", "http://clinic.example")];
    let refused = serve(at, &whole[..4], &insecure).expect(2);
    assert!(refused.stderr.contains("public URL"), "{}", refused.stderr);
    assert!(!at.join("data").exists());
}

#[test]
fn the_settings_file_says_how_to_serve() {
    let folder = folder();
    let at = folder.path();
    let whole = format!(
        "openid_issuer = \"{ISSUER}\"\nopenid_client_id = \"fundoscope\"\nopenid_name = \"Clinic\"\nopenid_roles = \"roles\"\n\
         public_url = \"https://clinic.example\"\nwithout_worker = true\nexplanations = [\"grad-cam\"]\n"
    );
    for (settings, part) in [
        ("tls_certificate = \"chain.pem\"\n".to_owned(), "--tls-key"),
        (
            "tls_certificate = \"chain.pem\"\ntls_key = \"key.pem\"\n".to_owned(),
            "chain.pem",
        ),
        ("explanations = [\"nothing\"]\n".to_owned(), "grad-cam"),
        ("behind_proxy = true\n".to_owned(), "a proxy lets"),
        (format!("{whole}behind_proxy = true\n"), "a proxy lets"),
        (
            format!("{whole}openid_secret_file = \"secret\"\n"),
            "secret",
        ),
        // A secret is kept apart.
        (
            format!("{whole}openid_secret = \"secret\"\n"),
            "unknown field",
        ),
    ] {
        fs::write(at.join("fundoscope.toml"), &settings).unwrap();
        let refused = serve(at, &[], &[]).expect(2);
        assert!(
            refused.stderr.contains(part),
            "{settings}: {}",
            refused.stderr
        );
    }
    // The command line and the environment stand over it.
    fs::write(at.join("fundoscope.toml"), "behind_proxy = true\n").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (flags, environment) in [
        (&["--listen", &address, "--behind-proxy=false"][..], &[][..]),
        (
            &["--listen", &address],
            &[("FUNDOSCOPE_BEHIND_PROXY", "false")],
        ),
    ] {
        let refused = serve(at, flags, environment).expect(2);
        assert!(
            refused.stderr.contains("cannot listen"),
            "{}",
            refused.stderr
        );
    }
}
