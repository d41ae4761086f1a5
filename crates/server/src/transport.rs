//! Listening, and stopping with grace.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::application::{Application, Configuration, ServerError};
use crate::routes::router;

/// A request's head must arrive within this time.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);
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
    /// When the address is not a loopback address or is taken, or the data folder or the bundle cannot be used.
    pub async fn bind(configuration: Configuration) -> Result<Self, ServerError> {
        let address = configuration.listen;
        if !address.ip().is_loopback() {
            return Err(ServerError::NotLoopback(address));
        }
        let failed = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let application = Application::start(configuration).await?;
        Ok(Self {
            application,
            listener,
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
            ..
        } = self;
        let service = router(&application);
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
                Ok((stream, _)) => {
                    let connection = connections.watch(http(stream, service.clone()));
                    tokio::spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a connection ended early");
                        }
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

type Connection =
    hyper::server::conn::http1::Connection<TokioIo<TcpStream>, TowerToHyperService<axum::Router>>;

fn http(stream: TcpStream, service: axum::Router) -> Connection {
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
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
