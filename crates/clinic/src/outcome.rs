//! From photographs to eyes, and from eyes to the patient.
//!
//! An eye is worth what the worst of its gradable photographs shows, and a patient what the worse eye shows. Where an eye has
//! no gradable photograph nothing is said of it, and no all-clear of the patient; so it is where nobody said which eye a
//! photograph shows, where it is in doubt whether it shows the eye that was said (`laterality.rs`), and where a file that came
//! with them could not be read, until readers have spoken for every eye. Readers' words take the place of the system's as far as
//! they stand (`reading.rs`).

use trust::{Decision, Grade};

use crate::reading::ReadingState;
use crate::record::{Finding, Laterality, Screening, Stage};
use crate::review::{Review, Verdict};

/// One eye of a screening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eye {
    /// Which; `None` holds together all photographs of which nobody said it.
    pub laterality: Option<Laterality>,
    /// Its photographs, by their places in the screening.
    pub photographs: Vec<usize>,
    /// Those of them whose header or optic disc tells the other eye, or whose very file was handed in as the other eye too, by
    /// the same places.
    pub disputed: Vec<usize>,
    /// What they come to.
    pub answer: EyeAnswer,
}

/// A photograph that no record holds.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinedPhotograph {
    /// The eye that it is said to show.
    pub laterality: Option<Laterality>,
    /// Whether its file's header or its optic disc tells another eye, or the same file is said to show the other eye too.
    pub is_disputed: bool,
    /// What became of it.
    pub stage: Stage,
}

/// A photograph of an eye.
struct Own<'a> {
    place: usize,
    stage: &'a Stage,
    is_disputed: bool,
}

/// What the photographs of an eye come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EyeAnswer {
    /// Not all of them are graded.
    Pending,
    /// None of them is gradable.
    Withheld,
    /// Some of them are gradable.
    Graded {
        /// The place in the screening of the photograph with the worst grade.
        photograph: usize,
        /// That grade.
        grade: Grade,
        /// The most pressing decision of any of them; never [`Decision::Retake`].
        decision: Decision,
    },
}

/// What both eyes come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientOutcome {
    /// The most pressing decision of any eye; [`Decision::Rescreen`] only where it is known that both eyes are graded, no
    /// photograph's eye is in doubt and no file is unread, and never [`Decision::Retake`]. `None` where nothing is to be done at
    /// once and there is no all-clear either.
    pub decision: Option<Decision>,
    /// Whether some photograph is still to be graded.
    pub is_pending: bool,
    /// The eyes that no photograph is known to show well enough to be graded, right first.
    pub unanswered: Vec<Laterality>,
    /// Whether a file that was handed in could not be read, and may have shown what the others do not: no reader has spoken for
    /// every eye meanwhile.
    pub is_unread: bool,
}

impl Screening {
    /// The eyes that were photographed: right, left, and those of which nobody said which.
    pub fn eyes(&self) -> Vec<Eye> {
        [Some(Laterality::Right), Some(Laterality::Left), None]
            .into_iter()
            .filter_map(|laterality| self.eye(laterality))
            .collect()
    }

    /// One eye; `None` where no photograph of it was taken.
    pub fn eye(&self, laterality: Option<Laterality>) -> Option<Eye> {
        let photographs = self.photographs.iter().enumerate();
        let own: Vec<Own<'_>> = photographs
            .filter_map(|(place, photograph)| Some((place, photograph.accepted()?)))
            .filter(|(_, accepted)| accepted.facts.laterality == laterality)
            .map(|(place, accepted)| Own {
                place,
                stage: &accepted.stage,
                is_disputed: self.is_disputed(accepted),
            })
            .collect();
        eye(laterality, &own)
    }

    /// What both eyes come to, with readers' words in the place of the system's.
    pub fn patient_outcome(&self) -> PatientOutcome {
        self.joined(|_| true)
    }

    /// What both eyes come to for one who is to read them without knowing what others said: of an eye that one reader alone has
    /// read, the system's word counts.
    pub fn blind_outcome(&self) -> PatientOutcome {
        self.joined(|eye| !self.is_read_once(eye))
    }

    fn is_read_once(&self, eye: &Eye) -> bool {
        self.reading(eye.laterality).state == ReadingState::ReadOnce
    }

    /// What both eyes come to; of eyes whose readers are not counted, by the system's word.
    fn joined(&self, counts_readers: impl Fn(&Eye) -> bool) -> PatientOutcome {
        let eyes = self.eyes();
        let is_settled =
            |eye: &Eye| counts_readers(eye) && self.reading(eye.laterality).standing.is_some();
        let is_unread = self.has_rejected() && !eyes.iter().all(is_settled);
        patient_outcome(&eyes, is_unread, |eye| match counts_readers(eye) {
            true => self.eye_decision(eye),
            false => eye.answer.decision(),
        })
    }

    fn has_rejected(&self) -> bool {
        let mut photographs = self.photographs.iter();
        photographs.any(|photograph| photograph.accepted().is_none())
    }

    /// The worst grade of any eye, with readers' words in the place of the system's; of readers who differ the worse.
    pub fn worst_grade(&self) -> Option<Grade> {
        let eyes = self.eyes();
        eyes.iter().filter_map(|eye| self.eye_grade(eye)).max()
    }

    /// The same without the word of one who alone has read an eye.
    pub fn worst_blind_grade(&self) -> Option<Grade> {
        let grade = |eye: &Eye| match self.is_read_once(eye) {
            true => eye.answer.grade(),
            false => self.eye_grade(eye),
        };
        self.eyes().iter().filter_map(grade).max()
    }

    fn eye_grade(&self, eye: &Eye) -> Option<Grade> {
        let reading = self.reading(eye.laterality);
        match reading.standing {
            Some(review) => review.grade(),
            None if reading.opinions.is_empty() => eye.answer.grade(),
            None => (reading.opinions.iter())
                .filter_map(|review| review.grade())
                .max(),
        }
    }

    /// The system's answer to the photograph that speaks for an eye; `None` where the eye has no grade.
    pub fn finding_of(&self, eye: &Eye) -> Option<&Finding> {
        let EyeAnswer::Graded { photograph, .. } = eye.answer else {
            return None;
        };
        match self.photographs.get(photograph)?.stage()? {
            Stage::Graded { finding, .. } => Some(finding),
            _ => None,
        }
    }

    /// What to do about an eye: as the reader says whose word stands, else as the system does. `None` where it is not
    /// graded, or cannot be.
    pub fn eye_decision(&self, eye: &Eye) -> Option<Decision> {
        let of_system = eye.answer.decision();
        let reading = self.reading(eye.laterality);
        match (reading.state, reading.standing) {
            (_, Some(review)) => decision_by(review, of_system),
            // Nobody is cleared while readers differ.
            (ReadingState::Differ, None) => {
                let refers =
                    |review: &&Review| decision_by(review, of_system) == Some(Decision::Refer);
                match reading.opinions.iter().any(refers) {
                    true => Some(Decision::Refer),
                    false => Some(Decision::Unsure),
                }
            }
            (_, None) => of_system,
        }
    }
}

/// What to do as a reader says; `None` where the eye is ungradable.
fn decision_by(review: &Review, of_system: Option<Decision>) -> Option<Decision> {
    // Who agrees with a grade does not take a referral back.
    if review.verdict == Verdict::Agree && of_system == Some(Decision::Refer) {
        return of_system;
    }
    review.grade().map(|grade| match grade.is_referable() {
        true => Decision::Refer,
        false => Decision::Rescreen,
    })
}

impl EyeAnswer {
    /// What to do, where the eye is gradable.
    pub fn decision(self) -> Option<Decision> {
        match self {
            EyeAnswer::Graded { decision, .. } => Some(decision),
            EyeAnswer::Pending | EyeAnswer::Withheld => None,
        }
    }

    /// The grade, where the eye is gradable.
    pub fn grade(self) -> Option<Grade> {
        match self {
            EyeAnswer::Graded { grade, .. } => Some(grade),
            EyeAnswer::Pending | EyeAnswer::Withheld => None,
        }
    }
}

/// What the photographs of one patient come to that no record holds: the eyes that were photographed, and what both come to
/// by the system's word alone. A photograph that could not be read is not among them; `is_unread` says that there was one.
pub fn joined(photographs: &[JoinedPhotograph], is_unread: bool) -> (Vec<Eye>, PatientOutcome) {
    let eyes: Vec<Eye> = [Some(Laterality::Right), Some(Laterality::Left), None]
        .into_iter()
        .filter_map(|laterality| {
            let numbered = photographs.iter().enumerate();
            let own: Vec<Own<'_>> = numbered
                .filter(|(_, one)| one.laterality == laterality)
                .map(|(place, one)| Own {
                    place,
                    stage: &one.stage,
                    is_disputed: one.is_disputed,
                })
                .collect();
            eye(laterality, &own)
        })
        .collect();
    let outcome = patient_outcome(&eyes, is_unread, |eye| eye.answer.decision());
    (eyes, outcome)
}

/// The eye that these photographs show; `None` where there are none.
fn eye(laterality: Option<Laterality>, photographs: &[Own<'_>]) -> Option<Eye> {
    let disputed = photographs.iter().filter(|own| own.is_disputed);
    (!photographs.is_empty()).then(|| Eye {
        laterality,
        photographs: photographs.iter().map(|own| own.place).collect(),
        disputed: disputed.map(|own| own.place).collect(),
        answer: answer(photographs),
    })
}

/// What both eyes come to, by what is to be done about each.
fn patient_outcome(
    eyes: &[Eye],
    is_unread: bool,
    decision_of: impl Fn(&Eye) -> Option<Decision>,
) -> PatientOutcome {
    let is_pending = eyes.iter().any(|eye| eye.answer == EyeAnswer::Pending);
    let is_answered = |laterality: &Laterality| {
        let eye = eyes.iter().find(|eye| eye.laterality == Some(*laterality));
        eye.is_some_and(|eye| decision_of(eye).is_some())
    };
    let unanswered: Vec<Laterality> = [Laterality::Right, Laterality::Left]
        .into_iter()
        .filter(|laterality| !is_answered(laterality))
        .collect();
    // A photograph of an eye that nobody named, or a file that could not be read, may show what the others do not, and one of
    // which the eye is disputed may leave an eye unseen.
    let is_certain = |eye: &Eye| decision_of(eye).is_some() && eye.disputed.is_empty();
    let is_whole =
        !is_pending && !is_unread && unanswered.is_empty() && eyes.iter().all(is_certain);
    let most_pressing = (eyes.iter())
        .filter_map(decision_of)
        .max_by_key(|decision| urgency(*decision));
    PatientOutcome {
        decision: most_pressing.filter(|decision| is_whole || *decision != Decision::Rescreen),
        is_pending,
        unanswered,
        is_unread,
    }
}

fn answer(photographs: &[Own<'_>]) -> EyeAnswer {
    let is_open = |stage: &Stage| matches!(stage, Stage::Queued | Stage::Grading);
    if photographs.iter().any(|own| is_open(own.stage)) {
        return EyeAnswer::Pending;
    }
    let gradable = || {
        photographs.iter().filter_map(|own| match own.stage {
            Stage::Graded { finding, .. } if finding.decision != Decision::Retake => {
                Some((own.place, finding))
            }
            _ => None,
        })
    };
    // A photograph that the system failed at is for a reader, whatever the others show, and so is one that is too poor to be
    // graded but speaks for referral.
    let is_for_a_reader = |own: &Own<'_>| match own.stage {
        Stage::Failed { .. } => true,
        Stage::Graded { finding, .. } => {
            finding.decision == Decision::Retake && finding.grade.is_referable()
        }
        Stage::Queued | Stage::Grading => false,
    };
    let unsure = (photographs.iter())
        .any(is_for_a_reader)
        .then_some(Decision::Unsure);
    // Of equally bad photographs the first.
    let worst = gradable().rev().max_by_key(|(_, finding)| finding.grade);
    let decisions = gradable().map(|(_, finding)| finding.decision);
    match (
        worst,
        decisions
            .chain(unsure)
            .max_by_key(|decision| urgency(*decision)),
    ) {
        (Some((photograph, finding)), Some(decision)) => EyeAnswer::Graded {
            photograph,
            grade: finding.grade,
            decision,
        },
        _ => EyeAnswer::Withheld,
    }
}

fn urgency(decision: Decision) -> u8 {
    match decision {
        Decision::Refer => 3,
        Decision::Unsure => 2,
        Decision::Retake => 1,
        Decision::Rescreen => 0,
    }
}
