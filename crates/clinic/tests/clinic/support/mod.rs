//! A store on each database that there is, with its photographs in a folder or in a bucket, and what is put into it.

pub mod day;
pub mod s3;

use std::fs;
use std::path::{Path, PathBuf};

use clinic::{
    Acceptance, BucketAddress, ClinicError, Counterfactual, ExplanationRequest, FieldOfView,
    Finding, Laterality, NewExamination, NewMap, NewPhotograph, NewScreening, PhotographFacts,
    Photographs, Quality, Records, Region, Rows, Store,
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use trust::{Assessment, Calibration, Decision, Grade, Logits, PredictionSet, Rule};
use uuid::Uuid;

/// Names the address of a PostgreSQL server in which databases may be made, such as `postgres://postgres@localhost/postgres`.
const POSTGRES: &str = "FUNDOSCOPE_POSTGRES";

/// A data folder and a database of a test's own.
#[derive(Clone)]
pub struct Home {
    pub folder: std::sync::Arc<TempDir>,
    pub records: Records,
    /// Of the bucket, where the photographs are in one.
    pub server: Option<std::sync::Arc<s3::Server>>,
}

impl Home {
    pub fn sqlite() -> Self {
        Self {
            folder: std::sync::Arc::new(tempfile::tempdir().unwrap()),
            records: Records::default(),
            server: None,
        }
    }

    /// SQLite, and a bucket of its own.
    pub fn in_bucket() -> Self {
        Self::sqlite().with_bucket(s3::Server::start().into())
    }

    /// The same with the photographs in a bucket.
    pub fn with_bucket(mut self, server: std::sync::Arc<s3::Server>) -> Self {
        let address = BucketAddress::new(&server.bucket(), server.settings()).unwrap();
        self.records.photographs = Photographs::Bucket(address);
        self.server = Some(server);
        self
    }

    /// Other records and other photographs, in places of the same kind.
    fn like(&self, rows: Rows) -> Self {
        let mut home = match self.server {
            Some(_) => Self::in_bucket(),
            None => Self::sqlite(),
        };
        home.records.rows = rows;
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The address of the database.
    pub fn address(&self) -> String {
        match &self.records.rows {
            Rows::Sqlite => format!("sqlite://{}", self.path().join("records.sqlite").display()),
            Rows::Postgres(address) => address.clone(),
        }
    }

    /// The folder of what is kept, in the bucket where there is one.
    pub fn kept(&self) -> PathBuf {
        match &self.server {
            Some(server) => server.objects().join("files"),
            None => self.path().join("files"),
        }
    }

    /// The folder of what is noted beside them.
    pub fn notes(&self) -> PathBuf {
        match &self.server {
            Some(server) => server.objects(),
            None => self.path().to_path_buf(),
        }
    }

    /// Whole files, and files that are begun.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = files_below(&self.path().join("files"));
        if self.server.is_some() {
            files.extend(files_below(&self.kept()));
        }
        files
    }

    pub async fn try_open(&self) -> Result<Store, ClinicError> {
        Store::open(self.path(), &self.records).await
    }

    pub async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }
}

/// Runs a test in a database that is made for it and removed after it; says so loudly where there is no server.
pub async fn on_postgres<F: Future<Output = ()> + Send + 'static>(test: impl FnOnce(Home) -> F) {
    let Ok(server) = std::env::var(POSTGRES) else {
        eprintln!("NOT TESTED on PostgreSQL: {POSTGRES} does not name a server");
        return;
    };
    let administrator = Database::connect(&server).await.unwrap();
    let name = create(&administrator).await;
    let (before, _) = server.rsplit_once('/').unwrap();
    let home = Home {
        records: Records {
            rows: Rows::Postgres(format!("{before}/{name}")),
            ..Records::default()
        },
        ..Home::sqlite()
    };
    let outcome = tokio::spawn(test(home)).await;
    remove(&administrator, &name).await;
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
}

/// Runs a check in an empty database of the same kind as another.
pub async fn on_postgres_or_sqlite(like: &Home, check: impl AsyncFnOnce(Home)) {
    let Rows::Postgres(address) = &like.records.rows else {
        return check(like.like(Rows::Sqlite)).await;
    };
    let (server, _) = address.rsplit_once('/').unwrap();
    let administrator = Database::connect(std::env::var(POSTGRES).unwrap())
        .await
        .unwrap();
    let name = create(&administrator).await;
    let home = like.like(Rows::Postgres(format!("{server}/{name}")));
    check(home).await;
    remove(&administrator, &name).await;
}

async fn create(administrator: &DatabaseConnection) -> String {
    let name = format!("fundoscope_test_{}", Uuid::new_v4().simple());
    administrator
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    name
}

async fn remove(administrator: &DatabaseConnection, name: &str) {
    administrator
        .execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await
        .unwrap();
}

/// Makes of each function a test on SQLite and one on PostgreSQL; of those that are named in braces first, one with the
/// photographs in a bucket too.
macro_rules! on_each_database {
    (in_a_bucket_too { $($both:ident),* $(,)? } $(, $name:ident)* $(,)?) => {
        crate::support::on_each_database!($($both,)* $($name,)*);
        crate::support::in_a_bucket!($($both,)*);
    };
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(crate::support::Home::sqlite()).await;
                }
            )*
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::support::on_postgres(super::$name).await;
                }
            )*
        }
    };
}
pub(crate) use on_each_database;

/// Makes of each function a test with the photographs in a bucket.
macro_rules! in_a_bucket {
    ($($name:ident),* $(,)?) => {
        mod in_a_bucket {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(crate::support::Home::in_bucket()).await;
                }
            )*
        }
    };
}
pub(crate) use in_a_bucket;

pub fn facts() -> PhotographFacts {
    PhotographFacts {
        width: 4000,
        height: 3000,
        media_type: "image/jpeg".into(),
        field_of_view: FieldOfView {
            center: [2000.25, 1500.5],
            radius: 1410.125,
        },
        quality: Quality {
            gradable: true,
            score: 0.83,
            reasons: vec!["slightly dark".into()],
        },
        laterality: Some(Laterality::Left),
        recorded_laterality: None,
        seen_laterality: None,
        laterality_checked: false,
    }
}

pub fn accepted(store: &Store, name: &str, bytes: &[u8]) -> NewPhotograph {
    NewPhotograph {
        file_name: name.into(),
        submission: Ok(Acceptance {
            original: store.stage_bytes(bytes).unwrap(),
            cropped: store.stage_bytes(&[bytes, b" cropped"].concat()).unwrap(),
            standardized: store
                .stage_bytes(&[bytes, b" standardized"].concat())
                .unwrap(),
            facts: facts(),
        }),
    }
}

pub fn rejected(name: &str) -> NewPhotograph {
    NewPhotograph {
        file_name: name.into(),
        submission: Err("this is not a picture".into()),
    }
}

pub fn screening_of(photographs: Vec<NewPhotograph>) -> NewScreening {
    NewScreening {
        patient: Some("A. Patient".into()),
        laterality: Some(Laterality::Right),
        photographs,
        ..NewScreening::default()
    }
}

pub fn finding() -> Finding {
    let passes = [
        Logits([0.1, 0.2, 1.7, 0.3, 0.1]),
        Logits([0.0, 0.4, 1.2, 0.5, 0.2]),
    ];
    let assessment = Assessment::from_passes(&passes, &Calibration::Identity).unwrap();
    Finding {
        grade: assessment.grade,
        probabilities: assessment.probabilities,
        uncertainty: assessment.uncertainty,
        prediction_set: Some(PredictionSet::new(Grade::Mild, Grade::Severe).unwrap()),
        prediction_words: Some("between mild and severe, 90 %".into()),
        unfamiliarity: Some(1.125),
        decision: Decision::Refer,
        rule: Some(Rule::Referable),
        reason: "the probability of referable retinopathy is high".into(),
        bundle: "0123456789ab".into(),
        passes: 2,
    }
}

pub fn requests() -> Vec<ExplanationRequest> {
    ["grad-cam", "integrated-gradients"]
        .map(|method| ExplanationRequest {
            method: method.into(),
            target: "2".into(),
        })
        .into()
}

/// Answers the photograph of these bytes, which waits, and explains it in one of two ways; the other fails.
pub async fn answer_and_explain(store: &Store, bytes: &[u8]) {
    let job = store.claim_photograph().await.unwrap().unwrap();
    let (finding, requests) = (finding(), requests());
    let finished = store.finish_grading(job.photograph, &finding, &requests);
    finished.await.unwrap();
    let explaining = store.claim_explanation().await.unwrap().unwrap();
    let map = NewMap {
        map: store.stage_bytes(&[bytes, b" map"].concat()).unwrap(),
        sides: [2, 3],
        completeness: None,
        empty: false,
        scale: Some(0.125),
        examination: Some(NewExamination {
            regions: vec![region()],
            counterfactual: Some((counterfactual(), store.stage_bytes(b"without").unwrap())),
        }),
    };
    let finished = store.finish_explanation(explaining.explanation, map);
    finished.await.unwrap();
    let second = store.claim_explanation().await.unwrap().unwrap();
    let failed = store.fail_explanation(second.explanation, "not finite");
    failed.await.unwrap();
}

pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // A bucket has no folders without files.
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

pub fn region() -> Region {
    Region {
        peak: [0.25, 0.75],
        outline: vec![[0.2, 0.7], [0.3, 0.7], [0.25, 0.8]],
        share_of_evidence: 0.375,
        diameter: 0.0625,
        disc_diameters: Some(0.5),
        speaks_for: Some(Grade::Moderate),
    }
}

pub fn counterfactual() -> Counterfactual {
    Counterfactual {
        removed: vec![0],
        grade: Grade::Mild,
    }
}
