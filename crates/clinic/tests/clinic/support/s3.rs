//! A server that speaks S3, for as long as a test wants it: HTTP and signatures as anywhere, objects as files in a folder.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The one key that is let in, and what it is called.
pub const KEY: (&str, &str) = ("the-key-of-the-tests", "a-secret-of-the-tests");
/// The bucket that there is.
const BUCKET: &str = "photographs";
/// Below which the files of the tests lie.
const PREFIX: &str = "eyes/of-tests";

pub struct Server {
    folder: TempDir,
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Server {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut server = Self {
            address: listener.local_addr().unwrap(),
            folder,
            running: None,
        };
        server.listen(listener);
        server
    }

    /// Starts a server that was stopped, where it was.
    pub fn start_again(&mut self) {
        let listener = TcpListener::bind(self.address).unwrap();
        self.listen(listener);
    }

    fn listen(&mut self, listener: TcpListener) {
        let objects = s3s_fs::FileSystem::new(self.folder.path()).unwrap();
        let mut builder = S3ServiceBuilder::new(objects);
        builder.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
        let service = builder.build();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || answer(listener, &service, stopped));
        self.running = Some((stop, thread));
    }

    /// Stops it, in the middle of whatever it does.
    pub fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            let _ = stop.send(());
            thread.join().unwrap();
        }
    }

    /// `s3://…`
    pub fn bucket(&self) -> String {
        format!("s3://{BUCKET}/{PREFIX}")
    }

    /// What the environment says of it.
    pub fn settings(&self) -> Vec<(String, String)> {
        let address = format!("http://{}", self.address);
        let settings = [
            ("AWS_ENDPOINT_URL", address.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", KEY.0),
            ("AWS_SECRET_ACCESS_KEY", KEY.1),
        ];
        settings
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    /// The folder of what lies below the prefix.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join(BUCKET).join(PREFIX)
    }

    /// Makes every object older.
    pub fn age(&self, by: Duration) {
        age(&self.objects(), by);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn answer(listener: TcpListener, service: &S3Service, stopped: oneshot::Receiver<()>) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let accept = async {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let service = service.clone();
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
        }
    };
    tokio::select! {
        () = accept => {}
        _ = stopped => {}
    }
}

/// Makes every file below a folder older.
pub fn age(folder: &Path, by: Duration) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path, by);
            continue;
        }
        let file = std::fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - by).unwrap();
    }
}
