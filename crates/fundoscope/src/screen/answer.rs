//! What became of a photograph, as the journal keeps it.

use clinic::{Finding, PhotographFacts};
use serde::{Deserialize, Serialize};

/// What became of a photograph.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    /// It cannot be read as a photograph of a retina.
    Rejected { error: String },
    /// It could not be graded.
    Failed {
        facts: PhotographFacts,
        error: String,
    },
    /// It was graded.
    Graded {
        facts: PhotographFacts,
        finding: Finding,
    },
}
