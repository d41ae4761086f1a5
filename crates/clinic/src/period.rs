//! A span of time that screenings are chosen by.

use time::OffsetDateTime;

/// Which screenings, with all that belongs to them, by when they were received; an end that is `None` is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// Not before this instant.
    pub since: Option<OffsetDateTime>,
    /// Before this instant.
    pub before: Option<OffsetDateTime>,
}
