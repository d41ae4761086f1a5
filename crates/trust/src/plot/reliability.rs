//! The reliability diagram: how often the system is right when it says how sure it is.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::VPos;

use super::canvas::{
    Axis, BLUE, Canvas, DrawingResult, FAINT_INK, INK, Lettering, Margins, SKY, Stroke,
};
use super::{Chart, Drawing};
use crate::metrics::{ReliabilityBin, expected_calibration_error, reliability_bins};
use crate::{Grade, Probabilities};

/// Share of right grades in each bin of the most probable grade's probability; on the diagonal the system is exactly
/// as often right as it says.
pub fn reliability_diagram(predictions: &[(Probabilities, Grade)]) -> Chart {
    let error = expected_calibration_error(predictions).map_or_else(String::new, |error| {
        format!("; expected calibration error {error:.3}")
    });
    Chart {
        title: "Reliability: how often is the grade right when it is called this probable?"
            .to_owned(),
        subtitle: format!("{} photographs{error}", predictions.len()),
        drawing: Drawing::Reliability {
            bins: reliability_bins(predictions).to_vec(),
        },
    }
}

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    bins: &[ReliabilityBin],
) -> DrawingResult<Backend> {
    let percent = |value: f64| format!("{value:.0}");
    let x = Axis {
        label: "probability of the most probable grade (%)",
        range: (0.0, 100.0),
        format: percent,
    };
    let y = Axis {
        label: "graded right (%)",
        range: (0.0, 100.0),
        format: percent,
    };
    let axes = canvas.axes(
        &x,
        &y,
        &Margins {
            left: 62,
            top: 88,
            right: 20,
            bottom: 52,
        },
    )?;
    let pixel = |x: f64, y: f64| axes.backend_coord(&(100.0 * x, 100.0 * y));
    let gap = canvas.length(1.0) as i32;
    let filled: Vec<&ReliabilityBin> = bins.iter().filter(|bin| bin.photographs > 0).collect();
    for bin in &filled {
        let (left, top) = pixel(bin.lower, bin.accuracy);
        let (right, bottom) = pixel(bin.upper, 0.0);
        canvas.filled_rectangle((left + gap, top), (right - gap, bottom), SKY)?;
    }
    canvas.path(
        vec![pixel(0.0, 0.0), pixel(1.0, 1.0)],
        Stroke::dashed(FAINT_INK, 1.5, 5.0, 4.0),
    )?;
    for bin in &filled {
        canvas.dot(pixel(bin.confidence, bin.accuracy), 3.5, BLUE)?;
        // At the foot of the bar, out of the way of dots and diagonal; above the dot of a bar too low for that.
        let foot = if bin.accuracy < 0.12 {
            bin.accuracy + 0.03
        } else {
            0.0
        };
        let (x, y) = pixel((bin.lower + bin.upper) / 2.0, foot);
        let number = Lettering {
            vertical: VPos::Bottom,
            ..Lettering::centered(10.0, INK)
        };
        canvas.text(
            &bin.photographs.to_string(),
            number,
            (x, y - canvas.length(4.0) as i32),
        )?;
    }
    draw_legend(canvas)
}

fn draw_legend<Backend: DrawingBackend>(canvas: &Canvas<Backend>) -> DrawingResult<Backend> {
    let middle = 70;
    let word = Lettering {
        vertical: VPos::Center,
        ..Lettering::new(10.5, INK)
    };
    canvas.filled_rectangle(
        canvas.at((62, middle - 6)),
        canvas.at((80, middle + 6)),
        SKY,
    )?;
    canvas.text(
        "graded right, with the number of photographs",
        word,
        canvas.at((86, middle)),
    )?;
    canvas.dot(canvas.at((368, middle)), 3.5, BLUE)?;
    canvas.text("mean probability", word, canvas.at((378, middle)))?;
    canvas.path(
        vec![canvas.at((486, middle)), canvas.at((508, middle))],
        Stroke::dashed(FAINT_INK, 1.5, 5.0, 4.0),
    )?;
    canvas.text("ideal", word, canvas.at((514, middle)))
}
