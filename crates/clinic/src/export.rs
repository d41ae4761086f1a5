//! Everything in the records as rows that mean something to whoever reads them, a page at a time.
//!
//! An [`Export`] shows one moment of records that another process may have open, one table after the other: patients,
//! screenings with what their eyes come to, photographs, results, explanations and reviews. How rows are written down is not
//! its business. Where it is pseudonymous, no row holds what the programme calls a patient or a file, who read, or what
//! somebody wrote freely.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DatabaseTransaction, EntityTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select,
};
use sha2::Sha256;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::Access;
use crate::audit::{Action, Actor};
use crate::database::{self, Records};
use crate::entity::{explanation, patient, photograph, result, review, screening};
use crate::error::ClinicError;
use crate::files::{ContentHash, Files};
use crate::identifier::{PatientId, PhotographId, ResultId, ScreeningId};
use crate::identity;
use crate::period::Period;
use crate::read;
use crate::record::{Explanation, Finding, PhotographFacts};
use crate::review::Review;

/// Rows that are read at once; fewer where each brings others along.
const PAGE: u64 = 500;
const PAGE_OF_SCREENINGS: u64 = 50;
/// What the key of the pseudonyms is noted as beside the photographs.
pub(crate) const KEY: &str = "pseudonym-key";
/// Hexadecimal digits of a pseudonym: 128 bits.
const PSEUDONYM_LENGTH: usize = 32;

/// Names that say nothing, the same for the same name wherever the same data folder is exported.
///
/// They are the beginning of HMAC-SHA256 under a key of the data folder: without it, guessing a name proves nothing.
pub struct Pseudonyms {
    key: Hmac<Sha256>,
}

/// A patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedPatient {
    /// Its opaque name.
    pub id: PatientId,
    /// The programme's own words for the patient, or a pseudonym.
    pub identifier: String,
    /// As far as it was noted.
    pub year_of_birth: Option<i16>,
    /// When the patient was first put on record (UTC).
    pub created: OffsetDateTime,
}

/// A screening, with what it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedScreening {
    /// The patient, where there is one.
    pub patient: Option<PatientId>,
    /// The screening; names are pseudonyms where the export is pseudonymous.
    pub screening: crate::Screening,
}

/// A photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedPhotograph {
    /// Its opaque name.
    pub id: PhotographId,
    /// The screening that it belongs to.
    pub screening: ScreeningId,
    /// The submitter's name for the file, or a pseudonym.
    pub file_name: String,
    /// `rejected`, `queued`, `grading`, `graded` or `failed`.
    pub state: &'static str,
    /// Why it was rejected or could not be graded.
    pub error: Option<String>,
    /// The hash of its bytes; `None` for a rejected one.
    pub original: Option<ContentHash>,
    /// What is known of it; `None` for a rejected one.
    pub facts: Option<PhotographFacts>,
}

/// What one bundle answered to one photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedResult {
    /// Its opaque name.
    pub id: ResultId,
    /// The photograph.
    pub photograph: PhotographId,
    /// When it was answered (UTC).
    pub created: OffsetDateTime,
    /// The answer.
    pub finding: Finding,
}

/// An explanation of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedExplanation {
    /// The result.
    pub result: ResultId,
    /// The explanation.
    pub explanation: Explanation,
}

/// A reader's review of an eye.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedReview {
    /// The screening.
    pub screening: ScreeningId,
    /// The review; without its reason where the export is pseudonymous, and its reader a pseudonym.
    pub review: Review,
}

/// Rows of one table.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportPage {
    /// Patients.
    Patients(Vec<ExportedPatient>),
    /// Screenings.
    Screenings(Vec<ExportedScreening>),
    /// Photographs.
    Photographs(Vec<ExportedPhotograph>),
    /// Results.
    Results(Vec<ExportedResult>),
    /// Explanations.
    Explanations(Vec<ExportedExplanation>),
    /// Reviews.
    Reviews(Vec<ExportedReview>),
}

/// The tables in the order in which they are shown: what a row refers to stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Patients,
    Screenings,
    Photographs,
    Results,
    Explanations,
    Reviews,
    Over,
}

/// Records that are being exported.
pub struct Export {
    database: DatabaseConnection,
    /// One moment for all tables.
    moment: DatabaseTransaction,
    files: Files,
    period: Period,
    pseudonyms: Option<Pseudonyms>,
    turn: Turn,
    /// The sequence number of the last row that was shown of the table whose turn it is.
    after: i64,
}

impl Pseudonyms {
    /// Those of these records, whose key is made when it is first asked for. It lies beside the photographs as `pseudonym-key`, in
    /// the data folder or in the bucket; removing it, from backups too, cuts every link between names and pseudonyms that were
    /// given out.
    ///
    /// # Errors
    /// When the key cannot be read or written.
    pub async fn of(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        let files = Files::open(data_folder, &records.photographs)?;
        let key = match files.note(KEY).await? {
            Some(key) => key,
            None => {
                // 244 random bits.
                let key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
                files.note_once(KEY, &key).await?
            }
        };
        let unreadable = |detail: String| ClinicError::UnreadableRow {
            what: "key of the pseudonyms",
            detail,
        };
        if key.len() < PSEUDONYM_LENGTH {
            let detail = format!("{KEY} in {} has only {} bytes", files.place(), key.len());
            return Err(unreadable(detail));
        }
        // HMAC takes keys of every length.
        let key = Hmac::new_from_slice(key.as_bytes());
        let key = key.map_err(|error| unreadable(error.to_string()))?;
        Ok(Self { key })
    }

    /// The pseudonym of a name of some kind; of the same name of another kind it is another.
    fn of_name(&self, kind: &str, name: &str) -> String {
        let mut digest = self.key.clone();
        digest.update(kind.as_bytes());
        digest.update(&[0]);
        digest.update(name.as_bytes());
        let digest = digest.finalize().into_bytes();
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        digits[..PSEUDONYM_LENGTH].to_owned()
    }
}

impl Export {
    /// Opens records that another process may have open. Nothing is changed but the audit, which notes who exports.
    ///
    /// # Errors
    /// When there are no records, or they cannot be read.
    pub async fn open(
        by: Actor,
        data_folder: &Path,
        records: &Records,
        period: Period,
        pseudonyms: Option<Pseudonyms>,
    ) -> Result<Self, ClinicError> {
        let database = database::read_only(data_folder, records).await?;
        let files = Files::open(data_folder, &records.photographs)?;
        identity::require(&database, &files).await?;
        // Noted before anything is read, so that nothing is without a note.
        let access = Access::open(data_folder, records).await?;
        access.note(by, Action::Exported, None).await?;
        access.close().await?;
        let moment = database::snapshot(&database).await?;
        Ok(Self {
            database,
            moment,
            files,
            period,
            pseudonyms,
            turn: Turn::Patients,
            after: 0,
        })
    }

    /// The next rows, of one table; `None` when all tables were shown.
    ///
    /// # Errors
    /// When the database fails, or a record cannot be read.
    pub async fn next_page(&mut self) -> Result<Option<ExportPage>, ClinicError> {
        loop {
            let (page, last) = match self.turn {
                Turn::Patients => self.patients().await?,
                Turn::Screenings => self.screenings().await?,
                Turn::Photographs => self.photographs().await?,
                Turn::Results => self.results().await?,
                Turn::Explanations => self.explanations().await?,
                Turn::Reviews => self.reviews().await?,
                Turn::Over => return Ok(None),
            };
            match last {
                Some(sequence) => {
                    self.after = sequence;
                    return Ok(Some(page));
                }
                None => {
                    self.after = 0;
                    self.turn = self.turn.next();
                }
            }
        }
    }

    /// The bytes of a photograph, checked against their hash.
    ///
    /// # Errors
    /// When it is damaged or cannot be read.
    pub async fn original(&self, hash: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        self.files.read(hash).await
    }

    /// Ends the moment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(self) -> Result<(), ClinicError> {
        self.moment.commit().await?;
        Ok(self.database.close().await?)
    }

    async fn patients(&self) -> Result<(ExportPage, Option<i64>), ClinicError> {
        let mut question = patient::Entity::find();
        if self.period != Period::default() {
            let screened = Query::select()
                .column(screening::Column::Patient)
                .from(screening::Entity)
                .and_where(screening::Column::Patient.is_not_null())
                .cond_where(self.in_period())
                .to_owned();
            question = question.filter(patient::Column::Id.in_subquery(screened));
        }
        let rows = question
            .filter(patient::Column::Sequence.gt(self.after))
            .order_by_asc(patient::Column::Sequence)
            .limit(PAGE)
            .all(&self.moment)
            .await?;
        let last = rows.last().map(|row| row.sequence);
        let exported = rows.into_iter().map(|row| ExportedPatient {
            id: row.id,
            identifier: self.patient_name(row.identifier),
            year_of_birth: row.year_of_birth,
            created: row.created,
        });
        Ok((ExportPage::Patients(exported.collect()), last))
    }

    async fn screenings(&self) -> Result<(ExportPage, Option<i64>), ClinicError> {
        let rows = screening::Entity::find()
            .filter(self.in_period())
            .filter(screening::Column::Sequence.gt(self.after))
            .order_by_asc(screening::Column::Sequence)
            .limit(PAGE_OF_SCREENINGS)
            .find_also_related(patient::Entity)
            .all(&self.moment)
            .await?;
        let last = rows.last().map(|(row, _)| row.sequence);
        let patients: Vec<Option<PatientId>> = rows.iter().map(|(row, _)| row.patient).collect();
        let whole = read::whole(&self.moment, rows, read::Explanations::Read).await?;
        let exported = whole.into_iter().zip(patients);
        let exported = exported.map(|(mut screening, patient)| {
            screening.patient = screening.patient.map(|name| self.patient_name(name));
            for photograph in &mut screening.photographs {
                photograph.file_name = self.file_name(std::mem::take(&mut photograph.file_name));
            }
            if self.pseudonyms.is_some() {
                // What somebody wrote freely may name the patient.
                screening.circumstances.device = None;
            }
            let operator = screening.circumstances.operator.take();
            screening.circumstances.operator = operator.map(|name| self.name("operator", name));
            let reviews = screening.reviews.into_iter();
            screening.reviews = reviews.map(|review| self.review(review)).collect();
            ExportedScreening { patient, screening }
        });
        Ok((ExportPage::Screenings(exported.collect()), last))
    }

    async fn photographs(&self) -> Result<(ExportPage, Option<i64>), ClinicError> {
        let question = photograph::Entity::find()
            .join(JoinType::InnerJoin, photograph::Relation::Screening.def());
        let rows = self
            .page(question, photograph::Column::Sequence)
            .all(&self.moment)
            .await?;
        let last = rows.last().map(|row| row.sequence);
        let exported = rows.into_iter().map(|row| ExportedPhotograph {
            id: row.id,
            screening: row.screening,
            file_name: self.file_name(row.file_name),
            state: state_name(row.state),
            error: row.error,
            original: row.original,
            facts: row.facts,
        });
        Ok((ExportPage::Photographs(exported.collect()), last))
    }

    async fn results(&self) -> Result<(ExportPage, Option<i64>), ClinicError> {
        let question = result::Entity::find()
            .join(JoinType::InnerJoin, result::Relation::Photograph.def())
            .join(JoinType::InnerJoin, photograph::Relation::Screening.def());
        let rows = self
            .page(question, result::Column::Sequence)
            .all(&self.moment)
            .await?;
        let last = rows.last().map(|row| row.sequence);
        let exported = rows.into_iter().map(|row| ExportedResult {
            id: row.id,
            photograph: row.photograph,
            created: row.created,
            finding: row.finding,
        });
        Ok((ExportPage::Results(exported.collect()), last))
    }

    async fn explanations(&self) -> Result<(ExportPage, Option<i64>), ClinicError> {
        let question = explanation::Entity::find()
            .join(JoinType::InnerJoin, explanation::Relation::Result.def())
            .join(JoinType::InnerJoin, result::Relation::Photograph.def())
            .join(JoinType::InnerJoin, photograph::Relation::Screening.def());
        let rows = self
            .page(question, explanation::Column::Sequence)
            .all(&self.moment)
            .await?;
        let last = rows.last().map(|row| row.sequence);
        let exported = rows
            .into_iter()
            .map(|row| {
                Ok(ExportedExplanation {
                    result: row.result,
                    explanation: read::explanation_of(row)?,
                })
            })
            .collect::<Result<_, ClinicError>>()?;
        Ok((ExportPage::Explanations(exported), last))
    }

    async fn reviews(&self) -> Result<(ExportPage, Option<i64>), ClinicError> {
        let question =
            review::Entity::find().join(JoinType::InnerJoin, review::Relation::Screening.def());
        let rows = self
            .page(question, review::Column::Sequence)
            .all(&self.moment)
            .await?;
        let last = rows.last().map(|row| row.sequence);
        let exported = rows
            .into_iter()
            .map(|row| {
                Ok(ExportedReview {
                    screening: row.screening,
                    review: self.review(crate::review::of_row(row)?),
                })
            })
            .collect::<Result<_, ClinicError>>()?;
        Ok((ExportPage::Reviews(exported), last))
    }

    /// The next rows of a table that is joined with that of the screenings.
    fn page<E: EntityTrait>(&self, question: Select<E>, sequence: E::Column) -> Select<E> {
        question
            .filter(self.in_period())
            .filter(sequence.gt(self.after))
            .order_by_asc(sequence)
            .limit(PAGE)
    }

    fn in_period(&self) -> Condition {
        let Period { since, before } = self.period;
        let created = screening::Column::Created;
        Condition::all()
            .add_option(since.map(|since| created.gte(since)))
            .add_option(before.map(|before| created.lt(before)))
    }

    fn patient_name(&self, name: String) -> String {
        self.name("patient", name)
    }

    fn file_name(&self, name: String) -> String {
        self.name("file", name)
    }

    fn name(&self, kind: &str, name: String) -> String {
        match &self.pseudonyms {
            Some(pseudonyms) => pseudonyms.of_name(kind, &name),
            None => name,
        }
    }

    /// A review as it is exported.
    fn review(&self, review: Review) -> Review {
        use crate::review::Verdict;
        if self.pseudonyms.is_none() {
            return review;
        }
        let verdict = match review.verdict {
            // What somebody wrote freely may name the patient.
            Verdict::Overrule { grade, .. } => Verdict::Overrule {
                grade,
                reason: String::new(),
            },
            verdict => verdict,
        };
        Review {
            reader: review.reader.map(|reader| self.name("reader", reader)),
            verdict,
            ..review
        }
    }
}

impl Turn {
    fn next(self) -> Self {
        match self {
            Self::Patients => Self::Screenings,
            Self::Screenings => Self::Photographs,
            Self::Photographs => Self::Results,
            Self::Results => Self::Explanations,
            Self::Explanations => Self::Reviews,
            Self::Reviews | Self::Over => Self::Over,
        }
    }
}

fn state_name(state: photograph::State) -> &'static str {
    use photograph::State;
    match state {
        State::Rejected => "rejected",
        State::Queued => "queued",
        State::Grading => "grading",
        State::Graded => "graded",
        State::Failed => "failed",
    }
}
