//! Photographs with the grade that readers gave their eye, as something to learn from.
//!
//! Only eyes count on which a reader's word stands: read by one and undisputed, or settled. All gradable photographs of such
//! an eye bear its grade, but for those that may show the other eye. The same photograph handed in twice counts once, with the
//! grade of its newest screening.

use std::collections::HashMap;
use std::path::Path;

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use trust::{Decision, Grade};

use crate::database::{self, Records};
use crate::entity::{patient, review, screening};
use crate::error::ClinicError;
use crate::files::{ContentHash, Files};
use crate::identifier::{PatientId, PhotographId, ScreeningId};
use crate::identity;
use crate::outcome::Eye;
use crate::read::{Explanations, whole};
use crate::reading::ReadingState;
use crate::record::{Laterality, Screening, Stage};

/// Screenings that are read at once.
const BATCH: u64 = 200;

/// A photograph with its eye's grade, without anything that says whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledPhotograph {
    /// Its opaque name.
    pub photograph: PhotographId,
    /// The screening it belongs to.
    pub screening: ScreeningId,
    /// The patient's opaque name, where one was named.
    pub patient: Option<PatientId>,
    /// Which eye.
    pub laterality: Option<Laterality>,
    /// The grade that readers gave the eye.
    pub grade: Grade,
    /// The grade that the system gave the photograph.
    pub system_grade: Grade,
    /// How many readers read the eye.
    pub readers: usize,
    /// Whether it was read by one, or settled.
    pub reading: ReadingState,
    /// The bytes as submitted.
    pub original: ContentHash,
    /// Their media type.
    pub media_type: String,
}

/// What readers have settled, and what not.
#[derive(Debug)]
pub struct SettledReviews {
    /// In the order of submission.
    pub photographs: Vec<SettledPhotograph>,
    /// Eyes that readers differ about.
    pub disputed_eyes: usize,
    /// Eyes that readers call ungradable.
    pub ungradable_eyes: usize,
    /// Gradable photographs of settled eyes whose header or optic disc tells the other eye.
    pub disputed_photographs: usize,
    /// Photographs that were handed in before, and count once.
    pub copies: usize,
    files: Files,
}

impl SettledReviews {
    /// The bytes of a photograph, checked against their hash.
    ///
    /// # Errors
    /// When they cannot be read or were altered.
    pub async fn read(&self, content: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        self.files.read(content).await
    }
}

/// Reads what readers have settled from records that another process may have open; nothing is changed.
///
/// # Errors
/// When there are no records, the database fails, or a record cannot be read.
pub async fn settled_reviews(
    data_folder: &Path,
    records: &Records,
) -> Result<SettledReviews, ClinicError> {
    let database = database::read_only(data_folder, records).await?;
    let files = Files::open(data_folder, &records.photographs)?;
    identity::require(&database, &files).await?;
    let mut settled = SettledReviews {
        photographs: Vec::new(),
        disputed_eyes: 0,
        ungradable_eyes: 0,
        disputed_photographs: 0,
        copies: 0,
        files,
    };
    let mut last = 0;
    loop {
        let batch = reviewed_after(&database, last).await?;
        let Some((newest, _)) = batch.last() else {
            break;
        };
        last = newest.sequence;
        for screening in whole(&database, batch, Explanations::LeftOut).await? {
            settled.add(&screening);
        }
    }
    database.close().await?;
    settled.leave_out_copies();
    Ok(settled)
}

/// The next screenings with a review.
async fn reviewed_after(
    database: &DatabaseConnection,
    sequence: i64,
) -> Result<Vec<(screening::Model, Option<patient::Model>)>, ClinicError> {
    let reviewed = Query::select()
        .column(review::Column::Screening)
        .from(review::Entity)
        .to_owned();
    let rows = screening::Entity::find()
        .filter(screening::Column::Sequence.gt(sequence))
        .filter(screening::Column::Id.in_subquery(reviewed))
        .order_by_asc(screening::Column::Sequence)
        .limit(BATCH)
        .find_also_related(patient::Entity)
        .all(database)
        .await?;
    Ok(rows)
}

impl SettledReviews {
    fn add(&mut self, screening: &Screening) {
        for eye in screening.eyes() {
            let reading = screening.reading(eye.laterality);
            match (reading.state, reading.standing.map(|review| review.grade())) {
                (ReadingState::Differ, _) => self.disputed_eyes += 1,
                (_, Some(None)) => self.ungradable_eyes += 1,
                (state, Some(Some(grade))) => {
                    let readers = reading.opinions.len();
                    let (photographs, disputed) = gradable(screening, &eye, grade, state, readers);
                    self.photographs.extend(photographs);
                    self.disputed_photographs += disputed;
                }
                (_, None) => {}
            }
        }
    }

    fn leave_out_copies(&mut self) {
        let newest: HashMap<ContentHash, PhotographId> = (self.photographs.iter())
            .map(|each| (each.original.clone(), each.photograph))
            .collect();
        let all = self.photographs.len();
        (self.photographs).retain(|each| newest.get(&each.original) == Some(&each.photograph));
        self.copies = all - self.photographs.len();
    }
}

/// The photographs that bear the grade, and how many do not because they may show the other eye.
fn gradable(
    screening: &Screening,
    eye: &Eye,
    grade: Grade,
    reading: ReadingState,
    readers: usize,
) -> (Vec<SettledPhotograph>, usize) {
    let settled = eye.photographs.iter().filter_map(|place| {
        let photograph = screening.photographs.get(*place)?;
        let accepted = photograph.accepted()?;
        let is_disputed = eye.disputed.contains(place);
        match &accepted.stage {
            Stage::Graded { finding, .. } if finding.decision != Decision::Retake => {
                let settled = SettledPhotograph {
                    photograph: photograph.id,
                    screening: screening.id,
                    patient: screening.patient_id,
                    laterality: eye.laterality,
                    grade,
                    system_grade: finding.grade,
                    readers,
                    reading,
                    original: accepted.original.clone(),
                    media_type: accepted.facts.media_type.clone(),
                };
                Some((settled, is_disputed))
            }
            _ => None,
        }
    });
    let (disputed, settled): (Vec<_>, Vec<_>) = settled.partition(|(_, is_disputed)| *is_disputed);
    let photographs = settled.into_iter().map(|(photograph, _)| photograph);
    (photographs.collect(), disputed.len())
}
