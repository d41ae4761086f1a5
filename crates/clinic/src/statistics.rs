//! What a period came to: how much was screened, with which answers, how fast, and how far readers and system agree.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::sea_query::{Condition, Query};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use time::{Date, OffsetDateTime};
use trust::Grade;
use trust::bootstrap::{DEFAULT_RESAMPLES, Interval, patient_bootstrap, percentile};
use trust::metrics::{ConfusionMatrix, confusion_matrix, quadratic_weighted_kappa};

use crate::entity::{review, screening, summary};
use crate::error::ClinicError;
use crate::identifier::ScreeningId;
use crate::period::Period;
use crate::reading::{Reading, ReadingState};
use crate::record::Laterality;
use crate::review::Review;
use crate::store::Store;
use crate::summary::milliseconds;
use crate::worklist::{PatientDecision, WorkState};

/// Seed of the resamples, so that a page says the same when it is loaded again.
const SEED: u64 = 0;

/// Pairs that are drawn for an interval, in all resamples together.
const MOST_DRAWN: usize = 20_000_000;
const FEWEST_RESAMPLES: usize = 200;

/// What was received on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day (UTC).
    pub date: Date,
    /// Screenings.
    pub screenings: usize,
    /// Photographs, those that were not accepted too.
    pub photographs: usize,
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turnaround {
    /// Screenings that it is known of.
    pub screenings: usize,
    /// Median in seconds.
    pub median: f64,
    /// 90th percentile in seconds.
    pub ninetieth: f64,
}

/// How far two that graded the same eyes agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// Pairs of grades: of the system or the first reader (row), and of the reader (column).
    pub matrix: ConfusionMatrix,
    /// Eyes that only one of the two called ungradable; they are in no matrix.
    pub gradability_differs: usize,
    /// Patients behind the pairs; a screening without a patient counts as one.
    pub patients: usize,
    /// Cohen's kappa with quadratic weights and its 95 % interval by the bootstrap over patients; `None` where it is not
    /// defined.
    pub kappa: Option<Interval>,
}

/// What a period came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Screenings that were received.
    pub screenings: usize,
    /// The days on which something was received, oldest first.
    pub days: Vec<Day>,
    /// Photographs that were not accepted.
    pub rejected_photographs: usize,
    /// Photographs with an answer.
    pub graded_photographs: usize,
    /// Of those, the ones whose quality allows a grade.
    pub gradable_photographs: usize,
    /// Screenings by the worst grade of any eye, readers' words included.
    pub grades: [usize; 5],
    /// Screenings without a grade.
    pub without_grade: usize,
    /// Screenings by what is to be done, readers' words included.
    pub decisions: Vec<(PatientDecision, usize)>,
    /// Screenings by how far the grading is.
    pub states: Vec<(WorkState, usize)>,
    /// Screenings by how far the reading is.
    pub readings: Vec<(ReadingState, usize)>,
    /// From receipt until all photographs of a screening were answered.
    pub to_answer: Option<Turnaround>,
    /// From receipt until the first review of a screening.
    pub to_review: Option<Turnaround>,
    /// What each reader said first of each eye, beside the system's grade.
    pub with_system: Agreement,
    /// What the first two readers of an eye said first of it.
    pub between_readers: Agreement,
}

impl Agreement {
    /// Eyes that both graded.
    pub fn pairs(&self) -> usize {
        self.matrix.iter().flatten().sum()
    }

    /// Of those, the ones that both gave the same grade.
    pub fn equal(&self) -> usize {
        (0..5).map(|grade| self.matrix[grade][grade]).sum()
    }
}

impl Store {
    /// What a period came to.
    ///
    /// # Errors
    /// When the database fails, or a record cannot be read.
    pub async fn statistics(&self, period: Period) -> Result<Statistics, ClinicError> {
        self.refresh_summaries().await?;
        let rows = self.counted(period).await?;
        let readings = self.read_eyes(period).await?;
        Ok(tokio::task::spawn_blocking(move || Statistics::of(&rows, &readings)).await?)
    }

    async fn counted(&self, period: Period) -> Result<Vec<Row>, ClinicError> {
        use summary::Column;
        let rows = summary::Entity::find()
            .select_only()
            .columns([
                Column::Received,
                Column::RightPhotographs,
                Column::LeftPhotographs,
                Column::UnstatedPhotographs,
                Column::RejectedPhotographs,
                Column::GradedPhotographs,
                Column::GradablePhotographs,
                Column::State,
                Column::Decision,
                Column::Grade,
                Column::Reading,
                Column::AnsweredAfter,
                Column::ReadAfter,
            ])
            .filter(within(period))
            .order_by_asc(Column::Sequence)
            .into_model()
            .all(self.database())
            .await?;
        Ok(rows)
    }

    /// The reviews of each eye that was read, oldest first, with a name of the patient that says nothing.
    async fn read_eyes(&self, period: Period) -> Result<Vec<ReadEye>, ClinicError> {
        let screenings = Query::select()
            .column(summary::Column::Screening)
            .from(summary::Entity)
            .cond_where(within(period))
            .to_owned();
        let rows = review::Entity::find()
            .filter(review::Column::Screening.in_subquery(screenings))
            .order_by_asc(review::Column::Sequence)
            .find_also_related(screening::Entity)
            .all(self.database())
            .await?;
        let mut eyes: HashMap<(ScreeningId, Option<Laterality>), ReadEye> = HashMap::new();
        for (row, screening) in rows {
            let patient = (screening.and_then(|screening| screening.patient))
                .map_or_else(|| row.screening.to_string(), |patient| patient.to_string());
            let eye = (row.screening, row.laterality);
            let eye = eyes.entry(eye).or_insert(ReadEye {
                patient,
                reviews: Vec::new(),
            });
            eye.reviews.push(crate::review::of_row(row)?);
        }
        let mut eyes: Vec<ReadEye> = eyes.into_values().collect();
        // The bootstrap must not depend on the order of a hash.
        eyes.sort_by(|left, right| left.order().cmp(&right.order()));
        Ok(eyes)
    }
}

fn within(period: Period) -> Condition {
    // Those that were never filled are still being written.
    let earliest = period.since.map_or(1, milliseconds);
    let mut within = Condition::all().add(summary::Column::Received.gte(earliest));
    if let Some(before) = period.before {
        within = within.add(summary::Column::Received.lt(milliseconds(before)));
    }
    within
}

/// A screening as it is counted.
#[derive(FromQueryResult)]
struct Row {
    received: i64,
    right_photographs: i32,
    left_photographs: i32,
    unstated_photographs: i32,
    rejected_photographs: i32,
    graded_photographs: i32,
    gradable_photographs: i32,
    state: WorkState,
    decision: PatientDecision,
    grade: i16,
    reading: ReadingState,
    answered_after: Option<i64>,
    read_after: Option<i64>,
}

struct ReadEye {
    patient: String,
    reviews: Vec<Review>,
}

impl ReadEye {
    fn order(&self) -> (&str, Option<OffsetDateTime>, Option<String>) {
        let first = self.reviews.first();
        let created = first.map(|review| review.created);
        (
            &self.patient,
            created,
            first.map(|review| review.id.to_string()),
        )
    }
}

impl Row {
    fn photographs(&self) -> usize {
        let all = [
            self.right_photographs,
            self.left_photographs,
            self.unstated_photographs,
            self.rejected_photographs,
        ];
        all.into_iter().map(number).sum()
    }
}

fn number(count: i32) -> usize {
    usize::try_from(count).unwrap_or_default()
}

impl Statistics {
    fn of(rows: &[Row], eyes: &[ReadEye]) -> Self {
        let sum = |column: fn(&Row) -> i32| rows.iter().map(|row| number(column(row))).sum();
        let grade = |row: &Row| usize::try_from(row.grade).ok().and_then(Grade::from_index);
        let with_grade = |wanted: usize| {
            (rows.iter()).filter(move |row| grade(row).is_some_and(|grade| grade.index() == wanted))
        };
        let seconds = |after: fn(&Row) -> Option<i64>| turnaround(rows.iter().filter_map(after));
        let (with_system, between_readers) = agreements(eyes);
        Self {
            screenings: rows.len(),
            days: days(rows),
            rejected_photographs: sum(|row| row.rejected_photographs),
            graded_photographs: sum(|row| row.graded_photographs),
            gradable_photographs: sum(|row| row.gradable_photographs),
            grades: std::array::from_fn(|wanted| with_grade(wanted).count()),
            without_grade: rows.iter().filter(|row| grade(row).is_none()).count(),
            decisions: counts(PatientDecision::ALL, rows.iter().map(|row| row.decision)),
            states: counts(WorkState::ALL, rows.iter().map(|row| row.state)),
            readings: counts(&ReadingState::ALL, rows.iter().map(|row| row.reading)),
            to_answer: seconds(|row| row.answered_after),
            to_review: seconds(|row| row.read_after),
            with_system,
            between_readers,
        }
    }
}

fn counts<K: Copy + PartialEq>(
    kinds: &[K],
    found: impl Iterator<Item = K> + Clone,
) -> Vec<(K, usize)> {
    (kinds.iter())
        .map(|kind| (*kind, found.clone().filter(|each| each == kind).count()))
        .collect()
}

fn days(rows: &[Row]) -> Vec<Day> {
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    for row in rows {
        let nanoseconds = i128::from(row.received) * 1_000_000;
        let Ok(moment) = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds) else {
            continue; // a moment that no clock shows
        };
        let date = moment.date();
        let day = days.entry(date).or_insert(Day {
            date,
            screenings: 0,
            photographs: 0,
        });
        day.screenings += 1;
        day.photographs += row.photographs();
    }
    days.into_values().collect()
}

fn turnaround(milliseconds: impl Iterator<Item = i64>) -> Option<Turnaround> {
    let mut seconds: Vec<f64> = milliseconds.map(|after| after as f64 / 1000.0).collect();
    seconds.sort_unstable_by(f64::total_cmp);
    Some(Turnaround {
        screenings: seconds.len(),
        median: percentile(&seconds, 0.5)?,
        ninetieth: percentile(&seconds, 0.9)?,
    })
}

/// Resamples behind an interval: fewer of very many pairs, of which the figure is known so well that a page need not wait.
fn resamples(pairs: usize) -> usize {
    (MOST_DRAWN / pairs.max(1)).clamp(FEWEST_RESAMPLES, DEFAULT_RESAMPLES)
}

/// Two grades of one eye, `None` for ungradable.
type Pair = [Option<Grade>; 2];

/// Of readers with the system, and of readers with each other.
fn agreements(eyes: &[ReadEye]) -> (Agreement, Agreement) {
    let (mut with_system, mut between_readers) = (Vec::new(), Vec::new());
    for eye in eyes {
        let words = Reading::of(&eye.reviews).first_words;
        let patient = eye.patient.as_str();
        with_system.extend((words.iter()).map(|word| (patient, [word.system_grade, word.grade()])));
        if let [first, second, ..] = words.as_slice() {
            between_readers.push((patient, [first.grade(), second.grade()]));
        }
    }
    (agreement(&with_system), agreement(&between_readers))
}

fn agreement(pairs: &[(&str, Pair)]) -> Agreement {
    let graded = |(patient, pair): &(_, Pair)| Some((*patient, (pair[0]?, pair[1]?)));
    let (patients, grades): (Vec<&str>, Vec<(Grade, Grade)>) =
        pairs.iter().filter_map(graded).unzip();
    let kappa = |places: &[usize]| {
        let matrix = confusion_matrix(places.iter().map(|place| grades[*place]));
        vec![quadratic_weighted_kappa(&matrix)]
    };
    let interval = patient_bootstrap(&patients, SEED, resamples(patients.len()), kappa);
    let differs = |(_, pair): &&(&str, Pair)| pair[0].is_some() != pair[1].is_some();
    Agreement {
        matrix: confusion_matrix(grades.iter().copied()),
        gradability_differs: pairs.iter().filter(differs).count(),
        patients: patients.iter().collect::<HashSet<_>>().len(),
        kappa: interval.into_iter().next().flatten(),
    }
}
