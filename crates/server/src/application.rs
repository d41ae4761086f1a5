//! What a running server holds: the records, the bundle's particulars, the worker, and how they tell each other.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use attribution::Method;
use clinic::{ClinicError, Records, Screening, ScreeningId, SessionLifetime, Store};
use fundus::{Limits, Preparation};
use grader::{Bundle, Grader, PassPlan};
use language::Language;
use tokio::sync::{Semaphore, oneshot, watch};

use crate::bundle::BundleSummary;
use crate::metrics::Metrics;
use crate::openid::{OpenIdConfiguration, Provider};
use crate::problem::Problem;
use crate::searches::Searches;
use crate::sightings::Sightings;
use crate::throttle::Throttle;
use crate::worker;

/// How long nobody looks whether another process has changed a record.
const PAUSE: Duration = Duration::from_secs(1);

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
    /// Where to listen, port 0 for any free port; others than a loopback address need accounts, and encryption or a proxy.
    pub listen: SocketAddr,
    /// Certificate and key, where the server itself encrypts.
    pub tls: Option<TlsFiles>,
    /// Whether all requests come through a proxy, whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are then
    /// believed.
    pub behind_proxy: bool,
    /// How long one stays logged in.
    pub session: SessionLifetime,
    /// The OpenID provider by whose word people log in, beside those who have a password here.
    pub openid: Option<OpenIdConfiguration>,
    /// Folder of the records and photographs where they are not elsewhere, and in which files are begun; created if need be.
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
    /// Who grades and explains.
    pub work: Work,
    /// The language of whoever asks for none that there is.
    pub language: Language,
}

/// Who grades and explains what is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// This process; others may help.
    Here,
    /// Other processes with the same records ([`crate::work`]).
    Elsewhere,
}

/// What encrypts connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that it rests on, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Where the server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Front {
    /// Whether others than this computer can reach it.
    pub(crate) is_reachable: bool,
    /// Whether it encrypts by itself.
    pub(crate) is_encrypted: bool,
    /// Whether a proxy stands before it.
    pub(crate) behind_proxy: bool,
}

impl Front {
    pub(crate) fn of(configuration: &Configuration) -> Self {
        Self {
            is_reachable: !configuration.listen.ip().is_loopback() || configuration.behind_proxy,
            is_encrypted: configuration.tls.is_some(),
            behind_proxy: configuration.behind_proxy,
        }
    }
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
            tls: None,
            behind_proxy: false,
            session: SessionLifetime::default(),
            openid: None,
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
            work: Work::Here,
            language: Language::default(),
        }
    }
}

/// Why a server cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address could be reached by others.
    #[error(
        "{0} can be reached from other machines, and there are no accounts yet; add one with `fundoscope account add NAME --role \
         administrator`, or listen on 127.0.0.1 or ::1"
    )]
    NotLoopback(SocketAddr),
    /// A proxy lets others in.
    #[error(
        "a proxy lets other machines in, and there are no accounts yet; add one with `fundoscope account add NAME --role \
         administrator`"
    )]
    NoAccounts,
    /// Passwords and photographs would travel in the clear.
    #[error(
        "{0} can be reached from other machines, and what they send would not be encrypted; give --tls-certificate and --tls-key, \
         or listen on a loopback address and give --behind-proxy where a proxy on this computer encrypts"
    )]
    NotEncrypted(SocketAddr),
    /// Certificate or key cannot be used.
    #[error("cannot encrypt with {path}: {detail}; it must be PEM, and the key that of the certificate", path = path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is another server running there?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// No OpenID provider can be asked.
    #[error("an OpenID provider cannot be asked from this computer: {0}")]
    OpenId(String),
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
    pub(crate) front: Front,
    /// The language of whoever asks for none that there is.
    pub(crate) language: Language,
    /// How long one stays logged in.
    pub(crate) session: SessionLifetime,
    pub(crate) throttle: Throttle,
    pub(crate) openid: Option<Provider>,
    pub(crate) sightings: Sightings,
    /// Whether there was an account; none is ever removed.
    has_accounts: AtomicBool,
    /// What patients were searched for.
    pub(crate) searches: Searches,
    /// One photograph at a time is decoded: a decoded one takes tens to hundreds of megabytes. The permit goes with the work,
    /// which does not end when the client no longer waits for it.
    pub(crate) decoding: Arc<Semaphore>,
    /// One report at a time is typeset.
    pub(crate) typesetting: Arc<Semaphore>,
    /// Counts up whenever a record changes.
    changes: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    /// Wakes the worker, if there is one here.
    wake: Option<SyncSender<()>>,
}

/// The state of every handler.
pub(crate) type App = Arc<Shared>;

impl Shared {
    /// Tells the worker that there is work, and everyone who waits that a record changed.
    pub(crate) fn changed(&self) {
        self.changes
            .send_modify(|count| *count = count.wrapping_add(1));
        // A full channel means the worker will look anyway; a closed one, that it has stopped.
        if let Some(wake) = &self.wake {
            let _ = wake.try_send(());
        }
    }

    /// Whether there are accounts; the first may be added by another program at any moment.
    pub(crate) async fn has_accounts(&self) -> Result<bool, ClinicError> {
        if self.has_accounts.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let has_accounts = self.store.access().has_accounts().await?;
        self.has_accounts.store(has_accounts, Ordering::Relaxed);
        Ok(has_accounts)
    }

    /// Whether this process grades what is uploaded.
    pub(crate) fn grades_here(&self) -> bool {
        self.wake.is_some()
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
                () = tokio::time::sleep(PAUSE) => {}
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
    worker: Option<RunningWorker>,
}

/// The thread that grades, and what says that it has ended.
#[derive(Debug)]
struct RunningWorker {
    thread: JoinHandle<()>,
    finished: oneshot::Receiver<()>,
}

impl Application {
    /// Opens the records, loads the bundle if this process is to work, and goes on with whatever was left unfinished. The
    /// bundle's weights are let go once the members are ready, whose own form takes their place. To be called inside a Tokio
    /// runtime.
    ///
    /// # Errors
    /// When the data folder, the database or the bundle cannot be used.
    pub async fn start(configuration: Configuration) -> Result<Self, ServerError> {
        let (wake, woken) = match configuration.work {
            Work::Here => {
                let (wake, woken) = mpsc::sync_channel(1);
                (Some(wake), Some(woken))
            }
            Work::Elsewhere => (None, None),
        };
        let front = Front::of(&configuration);
        let openid = configuration.openid.clone().map(Provider::new).transpose();
        let openid = openid.map_err(|error| ServerError::OpenId(error.to_string()))?;
        let shared = Arc::new(Shared {
            store: Store::open(&configuration.data_dir, &configuration.records).await?,
            bundle: BundleSummary::of(&configuration.bundle),
            preparation: configuration.bundle.manifest.preparation.clone(),
            methods: configuration.methods.clone(),
            uploads: configuration.uploads,
            metrics: Metrics::new(),
            front,
            language: configuration.language,
            session: configuration.session,
            throttle: Throttle::default(),
            openid,
            sightings: Sightings::default(),
            has_accounts: AtomicBool::new(false),
            searches: Searches::default(),
            decoding: Arc::new(Semaphore::new(1)),
            typesetting: Arc::new(Semaphore::new(1)),
            changes: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            wake,
        });
        let worker = match woken {
            Some(woken) => Some(RunningWorker::start(&shared, configuration, woken).await?),
            None => None,
        };
        tokio::spawn(renew_claims(Arc::clone(&shared)));
        tokio::spawn(look_at_provider(Arc::clone(&shared)));
        Ok(Self { shared, worker })
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
        if let Some(RunningWorker { thread, finished }) = self.worker {
            if tokio::time::timeout(patience, finished).await.is_err() {
                self.shared.store.release_claims().await?;
                return Ok(());
            }
            if thread.join().is_err() {
                tracing::error!("the grading thread had failed");
            }
        }
        Ok(())
    }

    /// Whether the worker is alive, where there is to be one here.
    pub(crate) fn is_working(shared: &Shared) -> bool {
        // The worker holds the only receiver: the channel is full or takes a wake-up as long as it lives.
        shared.wake.as_ref().is_none_or(|wake| {
            !matches!(wake.try_send(()), Err(mpsc::TrySendError::Disconnected(())))
        })
    }
}

impl RunningWorker {
    /// Starts the worker, and waits until it has loaded the model.
    async fn start(
        shared: &App,
        configuration: Configuration,
        woken: Receiver<()>,
    ) -> Result<Self, ServerError> {
        let device = grader::device(&configuration.device)?;
        let (open, opened) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        let runtime = tokio::runtime::Handle::current();
        let Configuration {
            bundle,
            plan,
            explanation,
            ..
        } = configuration;
        let shared = Arc::clone(shared);
        let thread = thread::Builder::new()
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
                        worker::Worker::new(shared, runtime, grader, plan, explanation).run(&woken);
                        // Nobody may be listening any more.
                        let _ = finish.send(());
                    }
                }
            })
            .map_err(ServerError::Thread)?;
        opened.await.map_err(|_| {
            ServerError::Thread(std::io::Error::other("it ended while it loaded the model"))
        })??;
        Ok(Self { thread, finished })
    }
}

/// Says at the start where the OpenID provider cannot be asked; who has a password logs in all the same.
async fn look_at_provider(shared: App) {
    let Some(provider) = &shared.openid else {
        return;
    };
    let mut stopping = shared.stopping.subscribe();
    let looked = tokio::select! {
        looked = provider.look() => looked,
        _ = stopping.wait_for(|stopping| *stopping) => return,
    };
    if let Err(failure) = looked {
        tracing::warn!(
            "{failure}; check --openid-issuer and the network. It is asked again when somebody logs in by it; who has a password \
             here logs in without it"
        );
    }
}

/// Keeps what this process has claimed, and puts back into the queue what others let lapse, until the server stops.
async fn renew_claims(shared: App) {
    let mut stopping = shared.stopping.subscribe();
    loop {
        tokio::select! {
            () = tokio::time::sleep(Store::RENEWAL) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        // What a thread that has died had claimed is for others.
        if !Application::is_working(&shared) {
            return;
        }
        match shared.store.renew_claims().await {
            Ok(true) => shared.changed(),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "claims could not be renewed"),
        }
    }
}
