//! The queue: work is claimed from the rows and its result is put back into them.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use crate::error::ClinicError;
use crate::files::ContentHash;
use crate::read::{from_json, parse_id};
use crate::record::{
    ExplanationId, ExplanationJob, ExplanationRequest, Finding, GradingJob, NewMap, PhotographId,
    ScreeningId,
};
use crate::store::{Store, to_json};

impl Store {
    /// Takes on the oldest queued photograph; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim_photograph(&self) -> Result<Option<GradingJob>, ClinicError> {
        let connection = self.connection();
        let claimed = connection
            .query_row(
                "UPDATE photograph SET state = 'grading', attempts = attempts + 1
                 WHERE sequence = (SELECT min(sequence) FROM photograph WHERE state = 'queued')
                 RETURNING id, screening, original, cropped, facts",
                [],
                columns::<5>,
            )
            .optional()?;
        let Some([id, screening, original, cropped, facts]) = claimed else {
            return Ok(None);
        };
        Ok(Some(GradingJob {
            photograph: PhotographId(parse_id(&id)?),
            screening: ScreeningId(parse_id(&screening)?),
            original: ContentHash::from_column(original)?,
            cropped: ContentHash::from_column(cropped)?,
            facts: from_json("facts", Some(facts))?,
        }))
    }

    /// Takes on the oldest pending explanation; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim_explanation(&self) -> Result<Option<ExplanationJob>, ClinicError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = transaction
            .query_row(
                "SELECT explanation.id, photograph.id, photograph.screening, method, target, original, cropped, facts
                 FROM explanation JOIN photograph ON photograph.id = explanation.photograph
                 WHERE explanation.state = 'pending' ORDER BY explanation.sequence LIMIT 1",
                [],
                columns::<8>,
            )
            .optional()?;
        let Some(
            [
                id,
                photograph,
                screening,
                method,
                target,
                original,
                cropped,
                facts,
            ],
        ) = found
        else {
            return Ok(None);
        };
        transaction.execute(
            "UPDATE explanation SET state = 'explaining', attempts = attempts + 1 WHERE id = ?1",
            [&id],
        )?;
        transaction.commit()?;
        Ok(Some(ExplanationJob {
            explanation: ExplanationId(parse_id(&id)?),
            photograph: PhotographId(parse_id(&photograph)?),
            screening: ScreeningId(parse_id(&screening)?),
            method,
            target,
            original: ContentHash::from_column(original)?,
            cropped: ContentHash::from_column(cropped)?,
            facts: from_json("facts", Some(facts))?,
        }))
    }

    /// Puts a claimed photograph's answer on record and asks for its explanations, both or neither.
    ///
    /// # Errors
    /// [`ClinicError::NotClaimed`] when the photograph is not being graded.
    pub fn finish_grading(
        &self,
        photograph: PhotographId,
        finding: &Finding,
        explanations: &[ExplanationRequest],
    ) -> Result<(), ClinicError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let changed = transaction.execute(
            "UPDATE photograph SET state = 'graded', finding = ?2
             WHERE id = ?1 AND state = 'grading'",
            params![photograph.to_string(), to_json("finding", finding)?],
        )?;
        require_claim(changed, "photograph")?;
        for request in explanations {
            transaction.execute(
                "INSERT INTO explanation (id, photograph, method, target, state)
                 VALUES (?1, ?2, ?3, ?4, 'pending')",
                params![
                    ExplanationId::random().to_string(),
                    photograph.to_string(),
                    request.method,
                    request.target
                ],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Puts on record that a claimed photograph could not be graded, and why.
    ///
    /// # Errors
    /// [`ClinicError::NotClaimed`] when the photograph is not being graded.
    pub fn fail_grading(&self, photograph: PhotographId, error: &str) -> Result<(), ClinicError> {
        let changed = self.connection().execute(
            "UPDATE photograph SET state = 'failed', error = ?2 WHERE id = ?1 AND state = 'grading'",
            params![photograph.to_string(), error],
        )?;
        require_claim(changed, "photograph")
    }

    /// Puts a claimed explanation's map on record, with what its regions mean.
    ///
    /// # Errors
    /// [`ClinicError::NotClaimed`] when the explanation is not being computed.
    pub fn finish_explanation(
        &self,
        explanation: ExplanationId,
        found: NewMap,
    ) -> Result<(), ClinicError> {
        let completeness = found.completeness.as_ref();
        let completeness = completeness
            .map(|value| to_json("completeness", value))
            .transpose()?;
        let (regions, counterfactual) = match found.examination {
            Some(examination) => (Some(examination.regions), examination.counterfactual),
            None => (None, None),
        };
        let regions = regions.map(|regions| to_json("regions", &regions));
        let (counterfactual, picture) = counterfactual.unzip();
        let counterfactual = counterfactual.map(|found| to_json("counterfactual", &found));
        let map = self.keep(found.map)?;
        let picture = picture.map(|picture| self.keep(picture)).transpose()?;
        let changed = self.connection().execute(
            "UPDATE explanation
             SET state = 'ready', map = ?2, height = ?3, width = ?4, completeness = ?5, empty = ?6,
                 regions = ?7, counterfactual = ?8, counterfactual_picture = ?9, scale = ?10
             WHERE id = ?1 AND state = 'explaining'",
            params![
                explanation.to_string(),
                map.as_str(),
                found.sides[0],
                found.sides[1],
                completeness,
                found.empty,
                regions.transpose()?,
                counterfactual.transpose()?,
                picture.as_ref().map(ContentHash::as_str),
                found.scale,
            ],
        )?;
        require_claim(changed, "explanation")
    }

    /// Puts on record that a claimed explanation could not be computed, and why.
    ///
    /// # Errors
    /// [`ClinicError::NotClaimed`] when the explanation is not being computed.
    pub fn fail_explanation(
        &self,
        explanation: ExplanationId,
        error: &str,
    ) -> Result<(), ClinicError> {
        let changed = self.connection().execute(
            "UPDATE explanation SET state = 'failed', error = ?2
             WHERE id = ?1 AND state = 'explaining'",
            params![explanation.to_string(), error],
        )?;
        require_claim(changed, "explanation")
    }

    /// Gives claimed work back to the queue as if it had never been begun; for a worker that is told to stop.
    ///
    /// # Errors
    /// When the database fails.
    pub fn release_claims(&self) -> Result<(), ClinicError> {
        self.connection().execute_batch(
            "BEGIN IMMEDIATE;
             UPDATE photograph SET state = 'queued', attempts = attempts - 1 WHERE state = 'grading';
             UPDATE explanation SET state = 'pending', attempts = attempts - 1 WHERE state = 'explaining';
             COMMIT;",
        )?;
        Ok(())
    }

    /// How many photographs and how many explanations are waiting or being worked on.
    ///
    /// # Errors
    /// When the database fails.
    pub fn waiting(&self) -> Result<(u64, u64), ClinicError> {
        let connection = self.connection();
        let photographs = count(
            &connection,
            "SELECT count(*) FROM photograph WHERE state IN ('queued', 'grading')",
        )?;
        let explanations = count(
            &connection,
            "SELECT count(*) FROM explanation WHERE state IN ('pending', 'explaining')",
        )?;
        Ok((photographs, explanations))
    }
}

fn count(connection: &Connection, query: &str) -> Result<u64, ClinicError> {
    let counted: i64 = connection.query_row(query, [], |row| row.get(0))?;
    Ok(counted.unsigned_abs())
}

fn columns<const N: usize>(row: &Row<'_>) -> rusqlite::Result<[String; N]> {
    let mut values = [const { String::new() }; N];
    for (index, value) in values.iter_mut().enumerate() {
        *value = row.get(index)?;
    }
    Ok(values)
}

fn require_claim(changed: usize, what: &'static str) -> Result<(), ClinicError> {
    if changed == 0 {
        return Err(ClinicError::NotClaimed { what });
    }
    Ok(())
}
