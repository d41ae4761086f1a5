//! Which eye a photograph shows that no record holds.

use clinic::{Laterality, SeenLaterality};
use fundus::{Landmarks, Prepared};

/// The eye by the file's name, by its header and by the optic disc.
pub(crate) struct Eye {
    /// The eye that the file's name states, else its header.
    pub(crate) stated: Option<Laterality>,
    /// The eye that the header names.
    pub(crate) recorded: Option<Laterality>,
    /// The eye that the optic disc speaks for.
    pub(crate) seen: Option<SeenLaterality>,
}

impl Eye {
    pub(crate) fn of(file: &str, prepared: &Prepared, landmarks: &Landmarks) -> Self {
        let recorded = prepared.header.laterality;
        let stated = fundus::Laterality::from_file_name(file).or(recorded);
        Self {
            stated: stated.map(server::laterality),
            recorded: recorded.map(server::laterality),
            seen: server::seen_laterality(landmarks),
        }
    }

    /// Whether the header or the optic disc tells another eye than the stated one.
    pub(crate) fn is_disputed(&self) -> bool {
        clinic::speaks_against(self.stated, self.recorded, self.seen)
    }
}
