//! Reading records back.

use std::collections::HashMap;
use std::hash::Hash;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::circumstances::Circumstances;
use crate::entity::{explanation, patient, photograph, result, review, screening};
use crate::error::ClinicError;
use crate::identifier::{PhotographId, ResultId, ScreeningId};
use crate::record::{
    AcceptedPhotograph, Examination, Explanation, ExplanationState, MapRecord, Photograph,
    PhotographState, Screening, Stage,
};
use crate::review::Review;
use crate::store::Store;

impl Store {
    /// One screening with all that belongs to it.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] when there is none with this identifier.
    pub async fn screening(&self, id: ScreeningId) -> Result<Screening, ClinicError> {
        screening(self.database(), id).await
    }

    /// The latest screenings, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recent(&self, most: u32) -> Result<Vec<Screening>, ClinicError> {
        let latest = screening::Entity::find()
            .order_by_desc(screening::Column::Sequence)
            .limit(u64::from(most))
            .find_also_related(patient::Entity)
            .all(self.database())
            .await?;
        whole(self.database(), latest, Explanations::Read).await
    }
}

/// One screening with all that belongs to it.
pub(crate) async fn screening(
    database: &impl ConnectionTrait,
    id: ScreeningId,
) -> Result<Screening, ClinicError> {
    let found = screening::Entity::find()
        .filter(screening::Column::Id.eq(id))
        .find_also_related(patient::Entity)
        .all(database)
        .await?;
    let whole = whole(database, found, Explanations::Read).await?;
    let whole = whole.into_iter().next();
    whole.ok_or(ClinicError::Unknown { what: "screening" })
}

/// Whether the explanations of answers are wanted, which are most of what is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Explanations {
    Read,
    LeftOut,
}

/// The screenings with all that belongs to them, in the same order, by one question a table.
pub(crate) async fn whole(
    database: &impl ConnectionTrait,
    screenings: Vec<(screening::Model, Option<patient::Model>)>,
    explanations: Explanations,
) -> Result<Vec<Screening>, ClinicError> {
    let ids: Vec<ScreeningId> = screenings
        .iter()
        .map(|(screening, _)| screening.id)
        .collect();
    let mut photographs = photographs_of(database, &ids, explanations).await?;
    let mut reviews = reviews_of(database, &ids).await?;
    Ok(screenings
        .into_iter()
        .map(|(screening, patient)| Screening {
            photographs: photographs.remove(&screening.id).unwrap_or_default(),
            id: screening.id,
            created: screening.created,
            patient_id: screening.patient,
            year_of_birth: patient.as_ref().and_then(|patient| patient.year_of_birth),
            patient: patient.map(|patient| patient.identifier),
            circumstances: Circumstances {
                examined: screening.examined,
                device: screening.device,
                operator: screening.operator,
            },
            laterality: screening.laterality,
            reviews: reviews.remove(&screening.id).unwrap_or_default(),
        })
        .collect())
}

async fn photographs_of(
    database: &impl ConnectionTrait,
    screenings: &[ScreeningId],
    explanations: Explanations,
) -> Result<HashMap<ScreeningId, Vec<Photograph>>, ClinicError> {
    let rows = photograph::Entity::find()
        .filter(photograph::Column::Screening.is_in(screenings.iter().copied()))
        .order_by_asc(photograph::Column::Sequence)
        .all(database)
        .await?;
    let graded = rows
        .iter()
        .filter(|row| row.state == photograph::State::Graded)
        .map(|row| row.id)
        .collect();
    let mut answers = answers_of(database, graded, explanations).await?;
    let mut photographs = Vec::with_capacity(rows.len());
    for row in rows {
        let answer = answers.remove(&row.id);
        photographs.push((row.screening, photograph_of(row, answer)?));
    }
    Ok(grouped(photographs))
}

async fn reviews_of(
    database: &impl ConnectionTrait,
    screenings: &[ScreeningId],
) -> Result<HashMap<ScreeningId, Vec<Review>>, ClinicError> {
    let rows = review::Entity::find()
        .filter(review::Column::Screening.is_in(screenings.iter().copied()))
        .order_by_asc(review::Column::Sequence)
        .all(database)
        .await?;
    let reviews = rows
        .into_iter()
        .map(|row| Ok((row.screening, crate::review::of_row(row)?)))
        .collect::<Result<Vec<_>, ClinicError>>()?;
    Ok(grouped(reviews))
}

/// What was answered last to each photograph.
async fn answers_of(
    database: &impl ConnectionTrait,
    photographs: Vec<PhotographId>,
    explanations: Explanations,
) -> Result<HashMap<PhotographId, Stage>, ClinicError> {
    let results = result::Entity::find()
        .filter(result::Column::Photograph.is_in(photographs))
        .order_by_asc(result::Column::Sequence)
        .all(database)
        .await?;
    let latest: HashMap<PhotographId, result::Model> = results
        .into_iter()
        .map(|result| (result.photograph, result))
        .collect();
    let mut explanations = match explanations {
        Explanations::Read => {
            let ids = latest.values().map(|result| result.id).collect();
            explanations_of(database, ids).await?
        }
        Explanations::LeftOut => HashMap::new(),
    };
    let mut answer = |result: result::Model| Stage::Graded {
        explanations: explanations.remove(&result.id).unwrap_or_default(),
        finding: result.finding,
    };
    Ok(latest
        .into_iter()
        .map(|(photograph, result)| (photograph, answer(result)))
        .collect())
}

async fn explanations_of(
    database: &impl ConnectionTrait,
    results: Vec<ResultId>,
) -> Result<HashMap<ResultId, Vec<Explanation>>, ClinicError> {
    let rows = explanation::Entity::find()
        .filter(explanation::Column::Result.is_in(results))
        .order_by_asc(explanation::Column::Sequence)
        .all(database)
        .await?;
    let explanations = rows
        .into_iter()
        .map(|row| Ok((row.result, explanation_of(row)?)))
        .collect::<Result<Vec<_>, ClinicError>>()?;
    Ok(grouped(explanations))
}

fn grouped<K: Eq + Hash, V>(pairs: Vec<(K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

fn photograph_of(row: photograph::Model, answer: Option<Stage>) -> Result<Photograph, ClinicError> {
    use photograph::State;
    let error = row.error.unwrap_or_default();
    let stage = match row.state {
        State::Rejected => {
            return Ok(Photograph {
                id: row.id,
                file_name: row.file_name,
                state: PhotographState::Rejected { error },
            });
        }
        State::Queued => Stage::Queued,
        State::Grading => Stage::Grading,
        State::Graded => answer.ok_or_else(|| lacking("photograph", "its answer"))?,
        State::Failed => Stage::Failed { error },
    };
    let file = || lacking("photograph", "one of its files");
    Ok(Photograph {
        id: row.id,
        file_name: row.file_name,
        state: PhotographState::Accepted(Box::new(AcceptedPhotograph {
            original: row.original.ok_or_else(file)?,
            cropped: row.cropped.ok_or_else(file)?,
            standardized: row.standardized.ok_or_else(file)?,
            facts: row
                .facts
                .ok_or_else(|| lacking("photograph", "what is known of it"))?,
            stage,
        })),
    })
}

pub(crate) fn explanation_of(row: explanation::Model) -> Result<Explanation, ClinicError> {
    use explanation::State;
    let map = || lacking("explanation", "its map");
    let side = |side: Option<i32>| {
        side.and_then(|side| u32::try_from(side).ok())
            .ok_or_else(map)
    };
    let examination = row.regions.map(|regions| {
        Box::new(Examination {
            regions: regions.0,
            counterfactual: row.counterfactual.zip(row.counterfactual_picture),
        })
    });
    let state = match row.state {
        State::Pending => ExplanationState::Pending,
        State::Explaining => ExplanationState::Explaining,
        State::Ready => ExplanationState::Ready {
            map: MapRecord {
                height: side(row.height)?,
                width: side(row.width)?,
                content: row.map.ok_or_else(map)?,
            },
            completeness: row.completeness,
            empty: row.empty.ok_or_else(map)?,
            scale: row.scale,
            examination,
        },
        State::Failed => ExplanationState::Failed {
            error: row.error.unwrap_or_default(),
        },
    };
    Ok(Explanation {
        id: row.id,
        method: row.method,
        target: row.target,
        state,
    })
}

pub(crate) fn lacking(what: &'static str, part: &str) -> ClinicError {
    ClinicError::UnreadableRow {
        what,
        detail: format!("it lacks {part}"),
    }
}
