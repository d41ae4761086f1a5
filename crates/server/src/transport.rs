//! Listening, and stopping with grace.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::Request;
use clinic::Access;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::application::{Application, Configuration, Front, ServerError};
use crate::routes::router;
use crate::tls;

/// A request's head must arrive within this time.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);
/// A client that takes nothing of its answer for so long is let go.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a request's head.
const LARGEST_HEAD: usize = 32 << 10;
/// Headers of a request.
const MOST_HEADERS: usize = 64;
/// Connections at the same time; more wait.
const MOST_CONNECTIONS: usize = 256;
/// When told to stop, answers under way and the work in hand get this long.
const PARTING: Duration = Duration::from_secs(20);

/// A server that listens and has not begun to answer.
#[derive(Debug)]
pub struct Server {
    application: Application,
    listener: TcpListener,
    /// What encrypts, where it does.
    tls: Option<Arc<ServerConfig>>,
    address: SocketAddr,
}

/// Serves until Ctrl-C or a termination signal. To be called inside a Tokio runtime.
///
/// # Errors
/// When the address, the data folder or the bundle cannot be used.
pub async fn serve(configuration: Configuration) -> Result<(), ServerError> {
    let server = Server::bind(configuration).await?;
    tracing::info!(address = %server.address(), "listening");
    server.run(told_to_stop()).await
}

/// Grades and explains what servers with the same records put into the queue, until `stop` is ready. To be called inside a
/// Tokio runtime.
///
/// # Errors
/// When the data folder, the database or the bundle cannot be used, or the records cannot be left in order.
pub async fn work(
    configuration: Configuration,
    stop: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    let application = Application::start(configuration).await?;
    stop.await;
    tracing::info!("stopping");
    application.stop(PARTING).await
}

impl Server {
    /// Starts the application and listens.
    ///
    /// # Errors
    /// When others can reach the address and there are no accounts or no encryption, when it is taken, or when certificate,
    /// data folder or bundle cannot be used.
    pub async fn bind(configuration: Configuration) -> Result<Self, ServerError> {
        let address = configuration.listen;
        let tls = configuration
            .tls
            .as_ref()
            .map(tls::configuration)
            .transpose()?;
        check_front(&configuration).await?;
        let failed = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let application = Application::start(configuration).await?;
        Ok(Self {
            application,
            listener,
            tls,
            address,
        })
    }

    /// Where it listens, with the port that was really taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is ready, then lets answers under way finish.
    ///
    /// # Errors
    /// When the records cannot be left in order.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Self {
            application,
            listener,
            tls,
            ..
        } = self;
        let service = router(&application);
        let tls = tls.map(TlsAcceptor::from);
        let connections = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut stop = std::pin::pin!(stop);
        loop {
            // Closed never: we hold it.
            let place = tokio::select! {
                place = Arc::clone(&places).acquire_owned() => place.ok(),
                () = &mut stop => break,
            };
            let stream = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            match stream {
                Ok((stream, peer)) => {
                    let watcher = connections.watcher();
                    let (service, tls) = (service.clone(), tls.clone());
                    tokio::spawn(async move {
                        connect(stream, peer, tls, service, watcher).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, or a client that left while it was let in.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(listener);
        drop(service);
        tracing::info!("stopping");
        application.begin_stop();
        if tokio::time::timeout(PARTING, connections.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("connections were still open and were closed");
        }
        application.stop(PARTING).await
    }
}

/// Others are let in only where it is known who they are, and where nobody can listen.
async fn check_front(configuration: &Configuration) -> Result<(), ServerError> {
    let front = Front::of(configuration);
    if !front.is_reachable {
        return Ok(());
    }
    let address = configuration.listen;
    let access = Access::open(&configuration.data_dir, &configuration.records).await?;
    let has_accounts = access.has_accounts().await?;
    access.close().await?;
    match (has_accounts, address.ip().is_loopback()) {
        (false, false) => Err(ServerError::NotLoopback(address)),
        (false, true) => Err(ServerError::NoAccounts),
        (true, false) if !front.is_encrypted => Err(ServerError::NotEncrypted(address)),
        (true, _) => Ok(()),
    }
}

/// Answers what comes over one connection.
async fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    service: axum::Router,
    watcher: Watcher,
) {
    let Some(tls) = tls else {
        return http(stream, peer, service, watcher).await;
    };
    match tokio::time::timeout(HEAD_PATIENCE, tls.accept(stream)).await {
        Ok(Ok(stream)) => http(stream, peer, service, watcher).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection could not be encrypted"),
        Err(_) => tracing::debug!("a connection was not encrypted in time"),
    }
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    service: axum::Router,
    watcher: Watcher,
) {
    let router = TowerToHyperService::new(service);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(ANSWER_PATIENCE));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Ready when Ctrl-C or a termination signal arrives.
pub async fn told_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
