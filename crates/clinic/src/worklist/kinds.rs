//! The small numbers of a summary, with their names and words, in the order in which they sort.

use language::{Language, key};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use trust::Decision;

use crate::outcome::PatientOutcome;
use crate::record::{Screening, Stage};

/// Makes of an enumeration a small number in the database that sorts as the variants stand, with a name and words.
macro_rules! kinds {
    ($(#[$meta:meta])* $name:ident { $($(#[$of_variant:meta])* $variant:ident = $number:literal, $text:literal, $words:expr;)* }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum,
        )]
        #[serde(rename_all = "kebab-case")]
        #[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
        pub enum $name {
            $($(#[$of_variant])* #[sea_orm(num_value = $number)] $variant,)*
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word of addresses and documents.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// In words, as a page shows it.
            pub fn words_in(self, language: Language) -> &'static str {
                language.text(match self { $(Self::$variant => $words),* })
            }
        }
    };
}

kinds! {
    /// How far the grading of a screening is.
    WorkState {
        /// No photograph has been begun.
        Waiting = 0, "waiting", key!("state-waiting");
        /// Some photograph has been begun, and not all have their answer.
        Working = 1, "working", key!("state-working");
        /// No photograph could be graded.
        Failed = 2, "failed", key!("state-failed");
        /// All have their answer, or failed.
        Done = 3, "done", key!("state-done");
    }
}

kinds! {
    /// What is to be done about a patient, the most pressing first.
    PatientDecision {
        /// At least one eye needs an ophthalmologist.
        Refer = 0, "refer", key!("patient-decision-refer");
        /// A reader has to decide.
        Unsure = 1, "unsure", key!("patient-decision-unsure");
        /// Nothing is to be done at once, and not both eyes are known to be graded.
        NoAllClear = 2, "no-all-clear", key!("patient-decision-no-all-clear");
        /// Not everything is graded, and nothing so far is pressing.
        Pending = 3, "pending", key!("patient-decision-pending");
        /// Neither eye needs an ophthalmologist.
        Rescreen = 4, "rescreen", key!("patient-decision-rescreen");
    }
}

kinds! {
    /// How much a screening needs a reader, most first.
    Priority {
        /// Readers differ, or nobody has read it and the system is unsure or sees what threatens vision.
        First = 0, "first", key!("priority-first");
        /// Nobody has read it, and it is to be referred.
        Referable = 1, "referable", key!("priority-referable");
        /// Nobody has read it.
        Unread = 2, "unread", key!("priority-unread");
        /// It was read by one, and may be read by a second.
        ReadOnce = 3, "read-once", key!("priority-read-once");
        /// It is not graded yet.
        NotYet = 4, "not-yet", key!("priority-not-yet");
        /// Nothing is left to read.
        Settled = 5, "settled", key!("priority-settled");
    }
}

kinds! {
    /// By what the worklist is sorted; equal ones by when they were received.
    SortKey {
        /// What needs a reader most first, then the oldest.
        Priority = 0, "priority", key!("sort-priority");
        /// When the photographs were received.
        Received = 1, "received", key!("sort-received");
        /// The patient's identifier.
        Patient = 2, "patient", key!("sort-patient");
        /// How many photographs there are.
        Photographs = 3, "photographs", key!("sort-photographs");
        /// How far the grading is.
        State = 4, "state", key!("sort-state");
        /// What is to be done.
        Decision = 5, "decision", key!("sort-decision");
        /// The worst grade; without one comes first.
        Grade = 6, "grade", key!("sort-grade");
        /// How far the reading is.
        Reading = 7, "reading", key!("sort-reading");
    }
}

impl WorkState {
    /// That of a screening.
    pub fn of(screening: &Screening) -> Self {
        let all = |is: fn(&Stage) -> bool| {
            let mut stages = screening.photographs.iter().filter_map(|each| each.stage());
            stages.all(is)
        };
        if all(|stage| matches!(stage, Stage::Failed { .. })) {
            Self::Failed
        } else if screening.is_graded() {
            Self::Done
        } else if all(|stage| *stage == Stage::Queued) {
            Self::Waiting
        } else {
            Self::Working
        }
    }
}

impl PatientDecision {
    /// That of what both eyes come to.
    pub fn of(outcome: &PatientOutcome) -> Self {
        match outcome.decision {
            Some(Decision::Refer) => Self::Refer,
            Some(Decision::Unsure | Decision::Retake) => Self::Unsure,
            Some(Decision::Rescreen) => Self::Rescreen,
            None if outcome.is_pending => Self::Pending,
            None => Self::NoAllClear,
        }
    }

    /// The decision, where it is one.
    pub fn decision(self) -> Option<Decision> {
        match self {
            Self::Refer => Some(Decision::Refer),
            Self::Unsure => Some(Decision::Unsure),
            Self::Rescreen => Some(Decision::Rescreen),
            Self::NoAllClear | Self::Pending => None,
        }
    }
}
