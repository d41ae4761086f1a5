//! What a running server holds: the records, the bundle's particulars, the worker, and how they tell each other.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use attribution::Method;
use clinic::{ClinicError, Records, Screening, ScreeningId, Store};
use fundus::{Limits, Preparation};
use grader::{Bundle, Grader, PassPlan};
use tokio::sync::{Semaphore, oneshot, watch};

use crate::bundle::BundleSummary;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::searches::Searches;
use crate::worker;

/// What an upload may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// Photographs in one request.
    pub files: usize,
    /// Bytes of one request in all.
    pub request_bytes: usize,
    /// Bytes, sides and pixels of one photograph.
    pub photograph: Limits,
}

impl Default for UploadLimits {
    /// 20 photographs, 512 MiB in all, and the limits of [`fundus::Limits`] for each.
    fn default() -> Self {
        Self {
            files: 20,
            request_bytes: 512 << 20,
            photograph: Limits::default(),
        }
    }
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Where to listen; a loopback address, port 0 for any free port.
    pub listen: SocketAddr,
    /// Folder of the photographs, and of the records where they are not elsewhere; created if need be.
    pub data_dir: PathBuf,
    /// Where the records are.
    pub records: Records,
    /// The model bundle that grades.
    pub bundle: Bundle,
    /// Name of the device that computes, as [`grader::device`] knows it.
    pub device: String,
    /// The passes behind each answer.
    pub plan: PassPlan,
    /// The explanations of each answer, in the order they are computed and shown.
    pub methods: Vec<Method>,
    /// How they are computed.
    pub explanation: attribution::Options,
    /// What an upload may cost.
    pub uploads: UploadLimits,
}

/// The explanations that the pages know how to show.
pub const SHOWN: [Method; 4] = [
    Method::Combined,
    Method::GradCam,
    Method::IntegratedGradients,
    Method::GuidedGradCam,
];

impl Configuration {
    /// The defaults: 127.0.0.1:5000, on the processor, all members at four rotations, combined evidence, Grad-CAM,
    /// Integrated Gradients and Guided Grad-CAM.
    pub fn new(data_dir: PathBuf, bundle: Bundle) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 5000)),
            data_dir,
            records: Records::default(),
            bundle,
            device: "cpu".to_owned(),
            plan: PassPlan {
                rotations: 4,
                ..PassPlan::default()
            },
            methods: SHOWN.to_vec(),
            explanation: attribution::Options::default(),
            uploads: UploadLimits::default(),
        }
    }
}

/// Why a server cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address could be reached by others.
    #[error(
        "{0} can be reached from other machines, and there are no accounts yet; listen on 127.0.0.1 or ::1, and let a \
         proxy that checks who is asking stand in front"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another server running there?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The records cannot be opened.
    #[error(transparent)]
    Records(#[from] ClinicError),
    /// The device does not exist.
    #[error(transparent)]
    Device(#[from] grader::DeviceError),
    /// The bundle cannot be used.
    #[error(transparent)]
    Grader(#[from] grader::GraderError),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// What handlers and worker share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) bundle: BundleSummary,
    pub(crate) preparation: Preparation,
    pub(crate) methods: Vec<Method>,
    pub(crate) uploads: UploadLimits,
    pub(crate) metrics: Metrics,
    /// What patients were searched for.
    pub(crate) searches: Searches,
    /// One photograph at a time is decoded: a decoded one takes tens to hundreds of megabytes.
    pub(crate) decoding: Semaphore,
    /// Counts up whenever a record changes.
    changes: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    wake: SyncSender<()>,
}

/// The state of every handler.
pub(crate) type App = Arc<Shared>;

impl Shared {
    /// Tells the worker that there is work, and everyone who waits that a record changed.
    pub(crate) fn changed(&self) {
        self.changes
            .send_modify(|count| *count = count.wrapping_add(1));
        // A full channel means the worker will look anyway; a closed one, that it has stopped.
        let _ = self.wake.try_send(());
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Reads a screening again after each change until `is_ready`, `patience` is over, or the server stops; the last
    /// reading is returned in any case.
    pub(crate) async fn wait_for(
        self: &Arc<Self>,
        id: ScreeningId,
        patience: Option<Duration>,
        is_ready: impl Fn(&Screening) -> bool,
    ) -> Result<Screening, Problem> {
        let mut changes = self.changes.subscribe();
        let mut stopping = self.stopping.subscribe();
        let deadline = patience.map(|patience| tokio::time::Instant::now() + patience);
        let over = async || match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        };
        loop {
            changes.borrow_and_update();
            let screening = self.store.screening(id).await?;
            if is_ready(&screening) {
                return Ok(screening);
            }
            tokio::select! {
                _ = changes.changed() => {}
                _ = stopping.wait_for(|stopping| *stopping) => return Ok(screening),
                () = over() => return Ok(screening),
            }
        }
    }

    /// Runs what blocks where blocking is allowed.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let shared = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&shared)).await
    }
}

/// A server without its network: records, bundle, and the worker that grades and explains.
#[derive(Debug)]
pub struct Application {
    pub(crate) shared: App,
    worker: JoinHandle<()>,
    finished: oneshot::Receiver<()>,
}

impl Application {
    /// Opens the records, loads the bundle, and goes on with whatever was left unfinished. The bundle's weights are let go
    /// once the members are ready, whose own form takes their place. To be called inside a Tokio runtime.
    ///
    /// # Errors
    /// When the data folder, the database or the bundle cannot be used.
    pub async fn start(configuration: Configuration) -> Result<Self, ServerError> {
        let device = grader::device(&configuration.device)?;
        let (wake, woken) = mpsc::sync_channel(1);
        let shared = Arc::new(Shared {
            store: Store::open(&configuration.data_dir, &configuration.records).await?,
            bundle: BundleSummary::of(&configuration.bundle),
            preparation: configuration.bundle.manifest.preparation.clone(),
            methods: configuration.methods,
            uploads: configuration.uploads,
            metrics: Metrics::new(),
            searches: Searches::default(),
            decoding: Semaphore::new(1),
            changes: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            wake,
        });
        let (open, opened) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        let runtime = tokio::runtime::Handle::current();
        let Configuration {
            bundle,
            plan,
            explanation,
            ..
        } = configuration;
        let of_worker = Arc::clone(&shared);
        let worker = thread::Builder::new()
            .name("grading".to_owned())
            .spawn(move || {
                // By this thread, which decodes photographs afterwards: what loading leaves free, glibc gives to the same
                // thread only.
                let grader = Grader::open(&bundle, &device);
                drop(bundle);
                match grader {
                    // Whoever starts the server waits for this.
                    Err(error) => {
                        let _ = open.send(Err(error));
                    }
                    Ok(grader) => {
                        let _ = open.send(Ok(()));
                        worker::Worker::new(of_worker, runtime, grader, plan, explanation)
                            .run(&woken);
                        // Nobody may be listening any more.
                        let _ = finish.send(());
                    }
                }
            })
            .map_err(ServerError::Thread)?;
        opened.await.map_err(|_| {
            ServerError::Thread(std::io::Error::other("it ended while it loaded the model"))
        })??;
        Ok(Self {
            shared,
            worker,
            finished,
        })
    }

    /// Tells all that waits to answer now, and the worker to stop after what it is doing.
    pub fn begin_stop(&self) {
        self.shared.stopping.send_replace(true);
        self.shared.changed();
    }

    /// Stops the worker. What it cannot finish within `patience` goes back to the queue, for the next start.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub async fn stop(self, patience: Duration) -> Result<(), ServerError> {
        self.begin_stop();
        if tokio::time::timeout(patience, self.finished).await.is_err() {
            self.shared.store.release_claims().await?;
            return Ok(());
        }
        if self.worker.join().is_err() {
            tracing::error!("the grading thread had failed");
        }
        Ok(())
    }

    pub(crate) fn is_working(shared: &Shared) -> bool {
        // The worker holds the only receiver: the channel is full or takes a wake-up as long as it lives.
        !matches!(
            shared.wake.try_send(()),
            Err(mpsc::TrySendError::Disconnected(()))
        )
    }
}
