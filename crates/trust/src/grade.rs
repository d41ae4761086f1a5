//! The five grades of the International Clinical Diabetic Retinopathy (ICDR) scale.

use std::fmt;
use std::str::FromStr;

use language::Language;
use serde::{Deserialize, Serialize};

use crate::TrustError;

/// A grade of the International Clinical Diabetic Retinopathy scale; in JSON the integer 0 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Grade {
    /// 0: no diabetic retinopathy.
    NoDr,
    /// 1: microaneurysms only.
    Mild,
    /// 2: more than microaneurysms, less than severe.
    Moderate,
    /// 3: severe non-proliferative retinopathy (the 4-2-1 rule).
    Severe,
    /// 4: new vessels, vitreous or preretinal haemorrhage.
    Proliferative,
}

impl Grade {
    /// All grades, from 0 to 4.
    pub const ALL: [Grade; 5] = [
        Grade::NoDr,
        Grade::Mild,
        Grade::Moderate,
        Grade::Severe,
        Grade::Proliferative,
    ];

    /// The grade with this number, if it is one of 0 to 4.
    pub fn from_index(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }

    /// The number of the grade, 0 to 4.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The grade in words, as tables and documents name it.
    pub fn words(self) -> &'static str {
        self.words_in(Language::English)
    }

    /// The grade in words of a language.
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            Grade::NoDr => language.text("grade-none"),
            Grade::Mild => language.text("grade-mild"),
            Grade::Moderate => language.text("grade-moderate"),
            Grade::Severe => language.text("grade-severe"),
            Grade::Proliferative => language.text("grade-proliferative"),
        }
    }

    /// The same as they stand inside a sentence: `no DR`, `mild`.
    pub fn words_inside(self, language: Language) -> &'static str {
        match self {
            Grade::NoDr => language.text("grade-inside-none"),
            Grade::Mild => language.text("grade-inside-mild"),
            Grade::Moderate => language.text("grade-inside-moderate"),
            Grade::Severe => language.text("grade-inside-severe"),
            Grade::Proliferative => language.text("grade-inside-proliferative"),
        }
    }

    /// Whether the grade alone calls for referral: moderate or worse (more than mild, "mtmDR").
    pub fn is_referable(self) -> bool {
        self >= Grade::Moderate
    }

    /// Whether the grade threatens vision: severe or proliferative.
    pub fn is_vision_threatening(self) -> bool {
        self >= Grade::Severe
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.words())
    }
}

impl FromStr for Grade {
    type Err = TrustError;

    /// Reads a number (`3`) or a name (`Severe`, `No DR`, `no_dr`, `Proliferate_DR`), whatever its case and separators.
    fn from_str(text: &str) -> Result<Self, TrustError> {
        let trimmed = text.trim().to_ascii_lowercase();
        let unknown = || TrustError::UnknownGrade(text.to_owned());
        if trimmed.contains(|letter: char| letter.is_ascii_digit()) {
            let number: usize = trimmed.parse().map_err(|_| unknown())?;
            return Self::from_index(number).ok_or_else(unknown);
        }
        let name = trimmed.replace([' ', '_', '-'], "");
        match name
            .strip_suffix("npdr")
            .or(name.strip_suffix("dr"))
            .unwrap_or(&name)
        {
            "no" | "none" | "normal" => Ok(Grade::NoDr),
            "mild" => Ok(Grade::Mild),
            "moderate" => Ok(Grade::Moderate),
            "severe" => Ok(Grade::Severe),
            "p" | "proliferative" | "proliferate" => Ok(Grade::Proliferative),
            _ => Err(unknown()),
        }
    }
}

impl TryFrom<u8> for Grade {
    type Error = TrustError;

    fn try_from(number: u8) -> Result<Self, TrustError> {
        Self::from_index(usize::from(number))
            .ok_or_else(|| TrustError::UnknownGrade(number.to_string()))
    }
}

impl From<Grade> for u8 {
    fn from(grade: Grade) -> u8 {
        grade as u8
    }
}
