//! A working day: screenings of patients, their answers, and readers.

use clinic::{Laterality, NewPhotograph, NewReview, NewScreening, ScreeningId, Store, Verdict};
use trust::{Decision, Grade};

use super::{accepted, finding, rejected};

pub const RIGHT: Option<Laterality> = Some(Laterality::Right);
pub const LEFT: Option<Laterality> = Some(Laterality::Left);

pub type Answer = (Grade, Decision);
pub const HEALTHY: Answer = (Grade::NoDr, Decision::Rescreen);
pub const UNSURE: Answer = (Grade::Mild, Decision::Unsure);
pub const MODERATE: Answer = (Grade::Moderate, Decision::Refer);
pub const PROLIFERATIVE: Answer = (Grade::Proliferative, Decision::Refer);

/// Hands in photographs of eyes, and files that cannot be read.
pub async fn submit(
    store: &Store,
    patient: Option<&str>,
    eyes: &[Option<Laterality>],
    unread: &[&str],
) -> ScreeningId {
    let new = |(place, laterality): (usize, &Option<Laterality>)| {
        let bytes = format!("{patient:?} {place}");
        let mut photograph = accepted(store, "eye.jpg", bytes.as_bytes());
        if let NewPhotograph {
            submission: Ok(acceptance),
            ..
        } = &mut photograph
        {
            acceptance.facts.laterality = *laterality;
        }
        photograph
    };
    let photographs = eyes.iter().enumerate().map(new);
    let screening = NewScreening {
        patient: patient.map(str::to_owned),
        laterality: None,
        photographs: photographs
            .chain(unread.iter().map(|name| rejected(name)))
            .collect(),
        ..NewScreening::default()
    };
    store.submit(clinic::Actor::Local, screening).await.unwrap()
}

/// Answers the oldest photographs that wait.
pub async fn answer(store: &Store, answers: &[Answer]) {
    for (grade, decision) in answers {
        let job = store.claim_photograph().await.unwrap().unwrap();
        let mut found = finding();
        (found.grade, found.decision) = (*grade, *decision);
        let finished = store.finish_grading(job.photograph, &found, &[]);
        finished.await.unwrap();
    }
}

/// A screening of both eyes with the same answer.
pub async fn screened(store: &Store, patient: &str, answered: Answer) -> ScreeningId {
    let id = submit(store, Some(patient), &[RIGHT, LEFT], &[]).await;
    answer(store, &[answered, answered]).await;
    id
}

pub async fn read(store: &Store, id: ScreeningId, reader: &str, verdict: &Verdict) {
    for laterality in [RIGHT, LEFT] {
        let new = NewReview {
            laterality,
            reader: Some(reader.to_owned()),
            verdict: verdict.clone(),
        };
        store.review(clinic::Actor::Local, id, new).await.unwrap();
    }
}

pub fn overrule(grade: Grade) -> Verdict {
    Verdict::Overrule {
        grade,
        reason: "seen".into(),
    }
}
