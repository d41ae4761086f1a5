//! The report of one screening: what it says, and the document that is made of it.
//!
//! `shown` turns records into the words that the pages use too, `world` lets the typesetter see these words, the pictures,
//! the fonts and the template, and nothing else. Words reach the template as values and never as markup, so that whatever a
//! patient, a file or a reader is called is only ever printed.

mod deciding;
mod photograph;
mod shown;
mod text;
mod world;

use clinic::{Screening, ScreeningState};
use language::Language;
use thiserror::Error;
use time::OffsetDateTime;
use trust::bootstrap::Interval;
use trust::conformal::Promise;
use trust::place::ValidationPoint;
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use shown::Shown;
use world::ReportWorld;

/// What a report says.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The examination: its photographs with what was found in them, and what readers said.
    pub screening: Screening,
    /// The squares of the fields of view, JPEG or PNG, in the order of the screening's photographs and as large as
    /// [`Report::printed_side`] says; `None` for a photograph that was refused.
    pub pictures: Vec<Option<Vec<u8>>>,
    /// The explanation that the places to look at come from.
    pub places: Method,
    /// The model that is loaded.
    pub model: Model,
    /// Who asked for the report, where that is known.
    pub made_by: Option<String>,
    /// When.
    pub made: OffsetDateTime,
    /// What it is printed on.
    pub paper: Paper,
    /// In which language.
    pub language: Language,
}

/// A method of explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// As records name it.
    pub name: String,
    /// As people do.
    pub title: String,
}

/// A model bundle, and what it was measured to be worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Name of its folder.
    pub name: String,
    /// Its fingerprint, by which findings name the model that they come from.
    pub fingerprint: String,
    /// Members of the ensemble.
    pub members: usize,
    /// Side of the network's input in pixels.
    pub input_side: u32,
    /// The validation photographs that the figures below were measured on.
    pub validation: Vec<ValidationPoint>,
    /// Quadratic weighted kappa.
    pub kappa: Option<Interval>,
    /// Area under the curve for referable retinopathy.
    pub referable_auc: Option<Interval>,
    /// What its prediction sets promise.
    pub promise: Option<Promise>,
    /// The unfamiliarity above which a photograph is unlike those that it learned from.
    pub unfamiliar_above: Option<f32>,
    /// Terms of use of the weights, in a few words.
    pub licence: String,
}

/// The size of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 inches.
    UsLetter,
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// Something would be missing from it.
    #[error(
        "the screening is not finished: a report can be made when every photograph is graded and explained"
    )]
    Unfinished,
    /// The document could not be made, which no input should bring about.
    #[error("the report could not be typeset: {0}")]
    Typesetting(String),
}

/// Pixels of a photograph that is alone in its eye: 300 an inch.
const SIDE_ALONE: u32 = 600;
/// Pixels of one of several photographs of an eye.
const SIDE_OF_SEVERAL: u32 = 500;

impl Report {
    /// Whether a screening is finished, so that a report can be made of it.
    ///
    /// # Errors
    /// [`ReportError::Unfinished`] where it is not.
    pub fn check(screening: &Screening) -> Result<(), ReportError> {
        match screening.state() {
            ScreeningState::Done | ScreeningState::Failed => Ok(()),
            _ => Err(ReportError::Unfinished),
        }
    }

    /// The pixels along each side that the picture of one of the screening's photographs is printed with.
    pub fn printed_side(screening: &Screening, photograph: usize) -> u32 {
        let eyes = screening.eyes();
        let eye = eyes
            .iter()
            .find(|eye| eye.photographs.contains(&photograph));
        match eye {
            Some(eye) if eye.photographs.len() == 1 => SIDE_ALONE,
            _ => SIDE_OF_SEVERAL,
        }
    }

    /// The document: PDF/A-2a, tagged as PDF/UA-1 asks for. It takes a good part of a second, and a few hundred kilobytes for
    /// four photographs.
    ///
    /// # Errors
    /// [`ReportError::Unfinished`], and [`ReportError::Typesetting`] where a picture cannot be read.
    pub fn pdf(&self) -> Result<Vec<u8>, ReportError> {
        Self::check(&self.screening)?;
        let words = serde_json::to_value(Shown::of(self)).map_err(failed)?;
        let words = text::all_printable(words).to_string().into_bytes();
        let pictures = self.pictures.clone();
        let document = typst::compile::<PagedDocument>(&ReportWorld::new(words, pictures)).output;
        let bytes = document
            .and_then(|document| typst_pdf::pdf(&document, &self.options()))
            .map_err(|errors| failed(said(&errors)));
        // What was remembered of this patient's document is of no use to the next one.
        comemo::evict(0);
        bytes
    }

    fn options(&self) -> PdfOptions {
        let made = self.made.to_offset(time::UtcOffset::UTC);
        let (hour, minute, second) = made.to_hms();
        let moment = Datetime::from_ymd_hms(
            made.year(),
            made.month().into(),
            made.day(),
            hour,
            minute,
            second,
        );
        // A standard alone and these two together contradict nothing.
        let standards =
            PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]).unwrap_or_default();
        PdfOptions {
            ident: Smart::Custom(self.screening.id.to_string()),
            creator: Smart::Custom(Some(program())),
            timestamp: moment.map(Timestamp::new_utc),
            standards,
            ..PdfOptions::default()
        }
    }
}

/// The program and its version.
fn program() -> String {
    format!("Fundoscope {}", env!("CARGO_PKG_VERSION"))
}

fn failed(why: impl ToString) -> ReportError {
    ReportError::Typesetting(why.to_string())
}

fn said(errors: &[SourceDiagnostic]) -> String {
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    messages.join("; ")
}
