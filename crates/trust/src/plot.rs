//! Charts, as SVG for pages and PNG for files, from one drawing.
//!
//! A [`Chart`] is made by one of the functions here and knows its size-independent drawing: 600 x 380 pixels, scaled as
//! a whole for larger pictures. The SVG holds no script and no style, only presentation attributes, so that a strict
//! Content-Security-Policy shows it inline. Colours are those of Okabe and Ito, which colour-blind readers can tell
//! apart; no line is told from another by colour alone where it matters.

mod canvas;
mod confusion;
mod counts;
mod course;
mod explanations;
mod place;
mod referral;
mod reliability;
mod trade;

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use language::Language;
use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea, SVGBackend};

use self::canvas::{Canvas, DrawingResult, FAINT_INK, INK, Lettering, register_embedded_font};

use crate::metrics::{ConfusionMatrix, ReliabilityBin};
use crate::place::ValidationPoint;
use crate::referral::{Referral, ReferralFigure};
use crate::{Measure, TrustError};

pub use self::canvas::FONT_FILE;
pub use self::confusion::{agreement_chart, confusion_chart};
pub use self::counts::{CountBar, count_chart};
pub use self::course::{CourseLine, CoursePoint, course_chart};
pub use self::explanations::{ExplanationLine, explanation_chart};
pub use self::place::place_chart;
pub use self::referral::{highlighted_referral_chart, referral_chart};
pub use self::reliability::{referable_reliability_diagram, reliability_diagram};
pub use self::trade::{TradeLine, TradePoint, trade_chart};

/// Width of the drawing in pixels, before scaling.
pub const WIDTH: u32 = 600;
/// Height of the drawing in pixels, before scaling.
pub const HEIGHT: u32 = 380;

/// Everything is drawn in thirds of a pixel, because the drawing library has whole coordinates only.
const OVERSAMPLING: u32 = 3;

/// A drawing that can be written as SVG or PNG.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    title: String,
    subtitle: String,
    drawing: Drawing,
}

#[derive(Debug, Clone, PartialEq)]
enum Drawing {
    Referral {
        referral: Referral,
        figure: ReferralFigure,
        highlighted: Option<Measure>,
    },
    /// The validation photographs by rising entropy, and the entropy of the photograph to be marked.
    Place {
        language: Language,
        rising: Vec<ValidationPoint>,
        entropy: Option<f32>,
    },
    Reliability {
        subject: reliability::Subject,
        bins: Vec<ReliabilityBin>,
    },
    Confusion {
        language: Language,
        matrix: ConfusionMatrix,
        axes: [&'static str; 2],
    },
    Counts {
        label: &'static str,
        bars: Vec<CountBar>,
    },
    Course {
        label: &'static str,
        lines: Vec<CourseLine>,
    },
    Trade {
        label: &'static str,
        lines: Vec<TradeLine>,
    },
    Explanations {
        label: &'static str,
        maps: Vec<ExplanationLine>,
    },
}

impl Chart {
    /// What the chart shows, in a few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the chart says, in a sentence; fit for an alternative text.
    pub fn subtitle(&self) -> &str {
        &self.subtitle
    }

    /// The chart as a standalone SVG document of 600 x 380 pixels, which can also stand inside a page.
    ///
    /// # Errors
    /// [`TrustError::Drawing`] when the drawing library refuses.
    pub fn svg(&self) -> Result<String, TrustError> {
        register_embedded_font()?;
        let size = (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING);
        let mut document = String::new();
        self.draw_on(&Canvas::new(
            SVGBackend::with_string(&mut document, size).into_drawing_area(),
            size,
        ))?;
        let (_, shapes) = document
            .split_once('>')
            .ok_or_else(|| TrustError::Drawing("the SVG has no root element".to_owned()))?;
        // The root element is written anew: shown at its own size, and named for readers who listen.
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             viewBox=\"0 0 {} {}\" role=\"img\">\n<title>{}. {}</title>{shapes}",
            size.0,
            size.1,
            escape(&self.title),
            escape(&self.subtitle),
        ))
    }

    /// The chart as a PNG file of this size in pixels, from 100 to 2400 a side (others are brought into that range).
    ///
    /// It is drawn three times as large and averaged, which smooths lines and sets letters more exactly.
    ///
    /// # Errors
    /// [`TrustError::Drawing`] when the drawing library or the encoder refuses.
    pub fn png(&self, width: u32, height: u32) -> Result<Vec<u8>, TrustError> {
        register_embedded_font()?;
        let (width, height) = (width.clamp(100, 2400), height.clamp(100, 2400));
        let size = (width * OVERSAMPLING, height * OVERSAMPLING);
        let mut large = RgbImage::new(size.0, size.1);
        self.draw_on(&Canvas::new(
            BitMapBackend::with_buffer(&mut large, size).into_drawing_area(),
            size,
        ))?;
        let picture = image::imageops::thumbnail(&large, width, height);
        let mut file = Cursor::new(Vec::new());
        picture
            .write_to(&mut file, ImageFormat::Png)
            .map_err(|error| TrustError::Drawing(error.to_string()))?;
        Ok(file.into_inner())
    }

    fn draw_on<Backend: DrawingBackend>(&self, canvas: &Canvas<Backend>) -> Result<(), TrustError> {
        self.draw(canvas)
            .map_err(|error| TrustError::Drawing(error.to_string()))
    }

    fn draw<Backend: DrawingBackend>(&self, canvas: &Canvas<Backend>) -> DrawingResult<Backend> {
        canvas.clear()?;
        canvas.text(&self.title, Lettering::new(15.0, INK), canvas.at((16, 12)))?;
        canvas.text(
            &self.subtitle,
            Lettering::new(11.0, FAINT_INK),
            canvas.at((16, 36)),
        )?;
        match &self.drawing {
            Drawing::Referral {
                referral,
                figure,
                highlighted,
            } => referral::draw(canvas, referral, *figure, *highlighted)?,
            Drawing::Place {
                language,
                rising,
                entropy,
            } => place::draw(canvas, *language, rising, *entropy)?,
            Drawing::Reliability { subject, bins } => reliability::draw(canvas, *subject, bins)?,
            Drawing::Confusion {
                language,
                matrix,
                axes,
            } => confusion::draw(canvas, *language, matrix, *axes)?,
            Drawing::Counts { label, bars } => counts::draw(canvas, label, bars)?,
            Drawing::Course { label, lines } => course::draw(canvas, label, lines)?,
            Drawing::Trade { label, lines } => trade::draw(canvas, label, lines)?,
            Drawing::Explanations { label, maps } => explanations::draw(canvas, label, maps)?,
        }
        canvas.present()
    }
}

/// Text as it may stand in XML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
