//! Where the server listens: for others only with accounts, and encrypted.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use clinic::{Access, Actor, NewAccount, Proof, Records, Role};
use server::{Configuration, Server, ServerError, TlsFiles};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::configuration;

async fn add_administrator(folder: &Path) {
    let access = Access::open(folder, &Records::default()).await.unwrap();
    let new = NewAccount {
        name: "root".parse().unwrap(),
        role: Role::Administrator,
        proof: Proof::Password("correct horse battery".parse().unwrap()),
    };
    access.add_account(Actor::Local, new).await.unwrap();
    access.close().await.unwrap();
}

fn on_a_free_port(folder: &Path, address: [u8; 4]) -> Configuration {
    let mut configuration = configuration(folder);
    configuration.listen = SocketAddr::from((address, 0));
    configuration
}

#[tokio::test]
async fn others_are_let_in_with_accounts_and_encryption_alone() {
    let folder = tempfile::tempdir().unwrap();
    let everywhere = || on_a_free_port(folder.path(), [0, 0, 0, 0]);
    let refused = Server::bind(everywhere()).await.unwrap_err();
    assert!(matches!(refused, ServerError::NotLoopback(_)));
    assert!(
        refused.to_string().contains("fundoscope account add"),
        "{refused}"
    );
    let mut proxied = on_a_free_port(folder.path(), [127, 0, 0, 1]);
    proxied.behind_proxy = true;
    let refused = Server::bind(proxied.clone()).await.unwrap_err();
    assert!(matches!(refused, ServerError::NoAccounts));
    add_administrator(folder.path()).await;
    let refused = Server::bind(everywhere()).await.unwrap_err();
    assert!(matches!(refused, ServerError::NotEncrypted(_)));
    assert!(
        refused.to_string().contains("--tls-certificate"),
        "{refused}"
    );
    // A proxy elsewhere would be spoken to in clear.
    let mut proxied_from_elsewhere = everywhere();
    proxied_from_elsewhere.behind_proxy = true;
    let refused = Server::bind(proxied_from_elsewhere).await.unwrap_err();
    assert!(matches!(refused, ServerError::NotEncrypted(_)));
    let server = Server::bind(proxied).await.unwrap();
    server.run(async {}).await.unwrap();
}

/// A certificate for localhost that nobody else vouches for.
fn certificate(folder: &Path) -> (TlsFiles, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    fs::write(&files.certificate, made.cert.pem()).unwrap();
    fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    (files, roots)
}

#[tokio::test]
async fn what_is_sent_is_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    add_administrator(folder.path()).await;
    let (files, roots) = certificate(folder.path());
    let mut configuration = on_a_free_port(folder.path(), [0, 0, 0, 0]);
    configuration.tls = Some(files);
    let server = Server::bind(configuration).await.unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], server.address().port()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));

    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(client));
    let form = "name=root&password=correct+horse+battery";
    let request = format!(
        "POST /log-in HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    // One that never says a word is no hindrance.
    let silent = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let mut stream = connector.connect(name, stream).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(
        answer.contains("set-cookie: __Host-fundoscope="),
        "{answer}"
    );
    assert!(answer.contains("; Secure"), "{answer}");

    let mut plain = TcpStream::connect(address).await.unwrap();
    plain
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1"), "{answer:?}");
    drop(silent);
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_certificate_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (good, _) = certificate(folder.path());
    let other = tempfile::tempdir().unwrap();
    let (foreign, _) = certificate(other.path());
    let nothing = folder.path().join("nothing.pem");
    fs::write(&nothing, "nothing").unwrap();
    for (certificate, key, named) in [
        (&nothing, &good.key, "nothing.pem"),
        (&good.certificate, &nothing, "nothing.pem"),
        (&good.key, &good.key, "key.pem"),
        (&good.certificate, &foreign.key, "key.pem"),
        (&folder.path().join("absent.pem"), &good.key, "absent.pem"),
    ] {
        let mut configuration = on_a_free_port(folder.path(), [127, 0, 0, 1]);
        configuration.tls = Some(TlsFiles {
            certificate: certificate.clone(),
            key: key.clone(),
        });
        let refused = Server::bind(configuration).await.unwrap_err();
        assert!(matches!(refused, ServerError::Tls { .. }), "{refused}");
        assert!(refused.to_string().contains(named), "{refused}");
    }
}
