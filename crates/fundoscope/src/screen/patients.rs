//! The table of the patients: what the photographs of both eyes come to.
//!
//! Photographs are joined as the records join them ([`clinic::joined`]): the worse eye decides, and nobody is cleared unless
//! both eyes are known to be graded. A picture that stands under two patients or as both eyes is wrong in one of the places,
//! and nobody knows in which; it counts as a photograph of which nobody said the eye, so that it clears no one.

use std::collections::{HashMap, HashSet};

use clinic::{JoinedPhotograph, Laterality, Stage, joined};

use crate::columns::{self, Joined};
use crate::journal::{Journal, Place};
use crate::screen::answer::Answer;
use crate::screen::cases::Case;
use crate::table::{Column, Table};

/// One patient.
pub(crate) struct PatientRow {
    patient: String,
    joined: Joined,
    photographs: i64,
    /// Photographs that could not be read or graded.
    failed: i64,
    /// Photographs that stand under another patient or as the other eye, too.
    contradictory: i64,
}

/// The columns, in order.
pub(crate) fn columns() -> Vec<Column<PatientRow>> {
    type Of = Column<PatientRow>;
    let mut columns = vec![Of::text("patient", |row| Some(row.patient.clone())).always()];
    columns.extend(columns::joined(|row: &PatientRow| &row.joined));
    columns.extend([
        Of::integer("photographs", |row| Some(row.photographs)).always(),
        Of::integer("failed", |row| Some(row.failed)).always(),
        Of::integer("contradictory", |row| Some(row.contradictory)).always(),
    ]);
    columns
}

/// Writes a row for each patient, in the order in which they are first named; `places` says where the answer to each case
/// stands.
pub(crate) fn write(
    table: &mut Table<PatientRow>,
    cases: &[Case],
    places: &[Option<Place>],
    journal: &Journal<Answer>,
) -> anyhow::Result<()> {
    let contradictory = contradictory(cases, places);
    for (patient, own) in by_patient(cases) {
        let (mut failed, mut contradictions) = (0, 0);
        let (mut photographs, mut files) = (Vec::new(), Vec::new());
        for &index in &own {
            let case = &cases[index];
            let answer = places[index].map(|place| journal.answer(place));
            let (facts, stage) = match answer.transpose()? {
                None | Some(Answer::Rejected { .. }) => {
                    failed += 1;
                    continue;
                }
                Some(Answer::Failed { facts, error }) => {
                    failed += 1;
                    (facts, Stage::Failed { error })
                }
                Some(Answer::Graded { facts, finding }) => {
                    let explanations = Vec::new();
                    let stage = Stage::Graded {
                        finding,
                        explanations,
                    };
                    (facts, stage)
                }
            };
            let is_contradictory =
                places[index].is_some_and(|place| contradictory.contains(&place));
            contradictions += i64::from(is_contradictory);
            let laterality = case.laterality.or(facts.laterality);
            let laterality = laterality.filter(|_| !is_contradictory);
            photographs.push(JoinedPhotograph {
                laterality,
                is_disputed: facts.speaks_against(laterality),
                stage,
            });
            files.push(case.photograph.file.clone());
        }
        let (eyes, outcome) = joined(&photographs, failed > 0);
        table.push(&PatientRow {
            patient: patient.to_owned(),
            joined: Joined {
                eyes,
                outcome,
                files,
            },
            photographs: own.len() as i64,
            failed,
            contradictory: contradictions,
        })?;
    }
    Ok(())
}

/// The cases of each patient, in the order in which patients are first named.
fn by_patient(cases: &[Case]) -> Vec<(&str, Vec<usize>)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut patients: Vec<(&str, Vec<usize>)> = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let Some(patient) = case.patient.as_deref() else {
            continue;
        };
        let place = *places.entry(patient).or_insert_with(|| {
            patients.push((patient, Vec::new()));
            patients.len() - 1
        });
        patients[place].1.push(index);
    }
    patients
}

/// Pictures that stand under two patients, or as both eyes.
fn contradictory(cases: &[Case], places: &[Option<Place>]) -> HashSet<Place> {
    let mut said: HashMap<Place, (Option<&str>, Option<Laterality>)> = HashMap::new();
    let mut contradictory = HashSet::new();
    for (case, place) in cases.iter().zip(places) {
        let Some(place) = *place else { continue };
        let (patient, eye) = said.entry(place).or_default();
        let is_other_patient = case
            .patient
            .as_deref()
            .is_some_and(|own| *patient.get_or_insert(own) != own);
        let is_other_eye = case
            .laterality
            .is_some_and(|own| *eye.get_or_insert(own) != own);
        if is_other_patient || is_other_eye {
            contradictory.insert(place);
        }
    }
    contradictory
}
