//! How an examination came about: when, with which camera, and by whom; and what may be said of it.

use thiserror::Error;
use time::macros::format_description;
use time::{Date, Duration};

/// Nobody who is screened was born before, and no photograph is older.
const EARLIEST_YEAR: i32 = 1900;
/// Characters of a line.
const LONGEST_LINE: usize = 200;

/// When photographs were taken, with what, and by whom, as far as whoever handed them in says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The day on which they were taken.
    pub examined: Option<Date>,
    /// The camera, in the submitter's words; at most 200 characters.
    pub device: Option<String>,
    /// Who took them, in the submitter's words; at most 200 characters.
    pub operator: Option<String>,
}

/// A field that cannot be taken. The message names the field and never what stood in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnfitField {
    /// No year in which a patient can be born.
    #[error("the field year_of_birth must be a year from {EARLIEST_YEAR} to {latest}, or empty")]
    YearOfBirth {
        /// The present year.
        latest: i32,
    },
    /// No day on which photographs can have been taken.
    #[error(
        "the field examined must be a day such as 2026-03-31, from {EARLIEST_YEAR} on and not in the future, or empty"
    )]
    Examined,
    /// No line of text.
    #[error("the field {field} must be one line of text of at most {LONGEST_LINE} characters")]
    Line {
        /// Its name.
        field: &'static str,
    },
}

impl Circumstances {
    /// These, and what another says where they say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            examined: self.examined.or(other.examined),
            device: self.device.or(other.device),
            operator: self.operator.or(other.operator),
        }
    }

    /// Reads a day, written `2026-03-31`; `None` where there is nothing. `today` is in universal time: somewhere else it may be
    /// tomorrow already.
    ///
    /// # Errors
    /// [`UnfitField::Examined`] for what is no day, or one before 1900 or later than tomorrow.
    pub fn day(text: &str, today: Date) -> Result<Option<Date>, UnfitField> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let format = format_description!("[year]-[month]-[day]");
        let day = Date::parse(text, &format).map_err(|_| UnfitField::Examined)?;
        let tomorrow = today.saturating_add(Duration::days(1));
        match day.year() >= EARLIEST_YEAR && day <= tomorrow {
            true => Ok(Some(day)),
            false => Err(UnfitField::Examined),
        }
    }

    /// Reads a line of text, without the spaces around it; `None` where there is nothing.
    ///
    /// # Errors
    /// [`UnfitField::Line`] where it is longer than 200 characters or holds what cannot be shown.
    pub fn line(field: &'static str, text: &str) -> Result<Option<String>, UnfitField> {
        let text = text.trim();
        let is_unfit = text.chars().count() > LONGEST_LINE || text.chars().any(char::is_control);
        match is_unfit {
            true => Err(UnfitField::Line { field }),
            false => Ok((!text.is_empty()).then(|| text.to_owned())),
        }
    }
}

/// Reads the year in which a patient was born; `None` where there is nothing.
///
/// # Errors
/// [`UnfitField::YearOfBirth`] for what is no year from 1900 to the present one.
pub fn year_of_birth(text: &str, today: Date) -> Result<Option<i16>, UnfitField> {
    let text = text.trim();
    let latest = today.year();
    let unfit = UnfitField::YearOfBirth { latest };
    if text.is_empty() {
        return Ok(None);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let year: i16 = text.parse().map_err(|_| unfit)?;
    match is_number && (EARLIEST_YEAR..=latest).contains(&i32::from(year)) {
        true => Ok(Some(year)),
        false => Err(unfit),
    }
}
