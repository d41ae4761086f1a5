//! A running server and what is asked of it, as bytes on a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bench::{Running, bundle, command};

const BOUNDARY: &str = "a-boundary-of-the-tests";

/// What a server answered.
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    /// The value of a header, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            (found.to_lowercase() == name).then(|| value.trim())
        })
    }
}

/// Starts the program with the test bundle, and reads from its first line where it listens.
pub fn serve(working_folder: &Path, arguments: &[&str]) -> (Running, String) {
    serve_with(working_folder, arguments, &[])
}

/// The same with more in its environment.
pub fn serve_with(
    working_folder: &Path,
    arguments: &[&str],
    environment: &[(String, String)],
) -> (Running, String) {
    let mut command = command(working_folder);
    command.arg("--bundle").arg(bundle()).args(arguments);
    command.envs(environment.iter().cloned());
    let mut child = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let (_, rest) = line.split_once("http://").unwrap();
    let (address, _) = rest.split_once(';').unwrap();
    (child, address.to_owned())
}

/// Asks the program to stop, and waits until it has.
pub fn stop(child: &mut Child) {
    let process = child.id().to_string();
    Command::new("kill")
        .args(["-INT", &process])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Asks for an address.
pub fn get(address: &str, path: &str) -> Answer {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    asked(address, head.as_bytes()).unwrap()
}

/// Hands in a photograph and does not wait for its answer; `None` where the server died meanwhile.
pub fn upload(address: &str, patient: &str, photograph: &[u8]) -> Option<Answer> {
    let part = |head: &str| format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}");
    let mut body = part("name=\"patient\"\r\n\r\n").into_bytes();
    body.extend(format!("{patient}\r\n").bytes());
    let head = "name=\"image\"; filename=\"eye.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";
    body.extend(part(head).bytes());
    body.extend_from_slice(photograph);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
    let mut request = format!(
        "POST /api/v1/screenings HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nPrefer: respond-async\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend(body);
    asked(address, &request)
}

/// The whole answer; `None` where there is none, or only a part of one.
fn asked(address: &str, request: &[u8]) -> Option<Answer> {
    let mut connection = TcpStream::connect(address).ok()?;
    connection
        .set_read_timeout(Some(Duration::from_secs(60)))
        .ok()?;
    connection.write_all(request).ok()?;
    let mut bytes = Vec::new();
    connection.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}
