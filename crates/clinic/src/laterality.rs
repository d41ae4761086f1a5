//! Which eye a photograph shows: what is stated, what its optic disc tells, and who settles it where both differ.
//!
//! What is stated (by whoever hands a photograph in, else by its file's name, else by its header) says to which eye it belongs;
//! the disc never does. A disc or a header that tells another eye, or a disc that tells one where none is stated, keeps the
//! patient from being cleared until somebody who looked at the photograph states the eye. A photograph moves from one eye to
//! another only as long as no reader has given a word on either, since a review is of the photographs that were there.

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Set};
use serde::{Deserialize, Serialize};

use crate::audit::{self, Action, Actor, Subject};
use crate::entity::{photograph, screening};
use crate::error::ClinicError;
use crate::identifier::ScreeningId;
use crate::read;
use crate::record::{AcceptedPhotograph, Laterality, PhotographFacts, Screening};
use crate::store::Store;

/// The eye that the optic disc and the fovea of a photograph speak for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeenLaterality {
    /// The eye, if the photograph is not mirrored.
    pub eye: Laterality,
    /// How sure that is, 0 to 1.
    pub confidence: f32,
}

impl SeenLaterality {
    /// From this confidence on it is acted on. Of 874 photographs of EyePACS 429 reach it; the names of 413 of these say the
    /// same eye, and some of the others are mirrored.
    pub const TOLD_FROM: f32 = 0.95;

    /// The eye, where it is sure enough to be acted on.
    pub fn told(self) -> Option<Laterality> {
        (self.confidence >= Self::TOLD_FROM).then_some(self.eye)
    }
}

/// Whether the eye that a file's header records, or the one that the optic disc speaks for, is another than the stated one.
pub fn speaks_against(
    stated: Option<Laterality>,
    recorded: Option<Laterality>,
    seen: Option<SeenLaterality>,
) -> bool {
    differs(stated, recorded) || seen.is_some_and(|seen| differs(stated, seen.told()))
}

/// Whether both are told, and not the same.
pub(crate) fn differs(one: Option<Laterality>, other: Option<Laterality>) -> bool {
    one.is_some() && other.is_some() && one != other
}

impl PhotographFacts {
    /// The eye that the optic disc tells.
    pub fn told_laterality(&self) -> Option<Laterality> {
        self.seen_laterality.and_then(SeenLaterality::told)
    }

    /// Whether the file's header or the optic disc tells another eye than this stated one.
    pub fn speaks_against(&self, stated: Option<Laterality>) -> bool {
        speaks_against(stated, self.recorded_laterality, self.seen_laterality)
    }

    /// Whether the file's header or the optic disc tells another eye than the stated one, and nobody has looked at the
    /// photograph and stated it.
    pub fn is_disputed(&self) -> bool {
        !self.laterality_checked && self.speaks_against(self.laterality)
    }
}

impl Screening {
    /// Whether it is in doubt that a photograph shows the eye that was said: its header or its optic disc tells the other, or the
    /// same file was handed in as the other eye too, of which one is wrong whoever stated it.
    pub fn is_disputed(&self, accepted: &AcceptedPhotograph) -> bool {
        let photographs = self.photographs.iter();
        let mut same = photographs
            .filter_map(|photograph| photograph.accepted())
            .filter(|other| other.original == accepted.original);
        accepted.facts.is_disputed()
            || same.any(|other| differs(other.facts.laterality, accepted.facts.laterality))
    }

    /// Whether the photograph at a place can be stated to show an eye: it stays where it is, or no reader has given a word on
    /// the eye that it leaves or the one that it joins.
    pub fn can_be_stated(&self, photograph: usize, eye: Laterality) -> bool {
        let photograph = self.photographs.get(photograph);
        let Some(accepted) = photograph.and_then(|photograph| photograph.accepted()) else {
            return false;
        };
        let (from, to) = (accepted.facts.laterality, Some(eye));
        let is_read = |laterality| {
            let mut reviews = self.reviews.iter();
            reviews.any(|review| review.laterality == laterality)
        };
        from == to || (!is_read(from) && !is_read(to))
    }
}

impl Store {
    /// States which eye the photograph at a place of a screening shows: the word of somebody who looked at it, which the
    /// optic disc no longer disputes.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] where there is no such screening, or no accepted photograph there; [`ClinicError::EyeRead`] where
    /// it would leave or join an eye that a reader has given a word on.
    pub async fn state_eye(
        &self,
        by: Actor,
        id: ScreeningId,
        photograph: u32,
        eye: Laterality,
    ) -> Result<(), ClinicError> {
        let transaction = self.begin().await?;
        let screening = held(&transaction, id).await?;
        let place = photograph as usize;
        let shown = screening.photographs.get(place);
        let unknown = || ClinicError::Unknown { what: "photograph" };
        let shown = shown.ok_or_else(unknown)?;
        let facts = &shown.accepted().ok_or_else(unknown)?.facts;
        if !screening.can_be_stated(place, eye) {
            return Err(ClinicError::EyeRead);
        }
        let stated = photograph::ActiveModel {
            facts: Set(Some(PhotographFacts {
                laterality: Some(eye),
                laterality_checked: true,
                ..facts.clone()
            })),
            ..Default::default()
        };
        photograph::Entity::update_many()
            .set(stated)
            .filter(photograph::Column::Id.eq(shown.id))
            .exec(&transaction)
            .await?;
        let subject = Subject::Photograph(id, photograph);
        audit::append(&transaction, by, Action::EyeStated, Some(subject)).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// A screening whose eyes nobody else changes or reviews before the transaction ends.
pub(crate) async fn held(
    transaction: &DatabaseTransaction,
    id: ScreeningId,
) -> Result<Screening, ClinicError> {
    screening::Entity::find()
        .filter(screening::Column::Id.eq(id))
        .lock_exclusive()
        .one(transaction)
        .await?;
    read::screening(transaction, id).await
}
