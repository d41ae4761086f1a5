//! Reliability diagrams: how often something happens when the system says how probable it is.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::VPos;

use super::canvas::{
    Axes, Axis, BLUE, Canvas, DrawingResult, FAINT_INK, INK, Lettering, Margins, Pixel, SKY, Stroke,
};
use super::{Chart, Drawing};
use crate::metrics::{
    Binning, ReliabilityBin, adaptive_calibration_error, binary_reliability_bins,
    expected_calibration_error, referable_outcomes, reliability_bins,
};
use crate::{Grade, Probabilities};

/// What the probabilities are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// That the most probable grade is right.
    TopGrade,
    /// That the grade is 2 or more.
    Referable,
}

/// Share of right grades, with its 95 % interval, in each equal-width bin of the most probable grade's probability; on
/// the diagonal the system is exactly as often right as it says. The number of photographs stands above each bin.
pub fn reliability_diagram(predictions: &[(Probabilities, Grade)]) -> Chart {
    let error = expected_calibration_error(predictions).map_or_else(String::new, |error| {
        format!("; expected calibration error {error:.3}")
    });
    Chart {
        title: "Reliability: how often is the grade right when it is called this probable?"
            .to_owned(),
        subtitle: format!("{} photographs{error}", predictions.len()),
        drawing: Drawing::Reliability {
            subject: Subject::TopGrade,
            bins: reliability_bins(predictions).to_vec(),
        },
    }
}

/// Share of referable photographs (grade 2 or more), with its 95 % interval, in each of up to 15 bins of equal mass of
/// the referable probability. The number of photographs stands above each bin.
pub fn referable_reliability_diagram(predictions: &[(Probabilities, Grade)]) -> Chart {
    let outcomes = referable_outcomes(predictions);
    let error = adaptive_calibration_error(&outcomes).map_or_else(String::new, |error| {
        format!("; adaptive calibration error {error:.3}")
    });
    Chart {
        title: "Reliability: how often is it referable when that is called this probable?"
            .to_owned(),
        subtitle: format!("{} photographs{error}", predictions.len()),
        drawing: Drawing::Reliability {
            subject: Subject::Referable,
            bins: binary_reliability_bins(&outcomes, Binning::EqualMass),
        },
    }
}

/// Upper end of the area between the axes in the drawing; the numbers of photographs stand above it.
const TOP: i32 = 116;
/// Distance in the drawing between the middles of two numbers of photographs, at least.
const NUMBER_WIDTH: f64 = 27.0;

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    subject: Subject,
    bins: &[ReliabilityBin],
) -> DrawingResult<Backend> {
    let percent = |value: f64| format!("{value:.0}");
    let (x_label, y_label) = match subject {
        Subject::TopGrade => (
            "probability of the most probable grade (%)",
            "graded right (%)",
        ),
        Subject::Referable => ("referable probability (%)", "referable (%)"),
    };
    let axis = |label| Axis {
        label,
        range: (0.0, 100.0),
        format: percent,
    };
    let axes = canvas.axes(
        &axis(x_label),
        &axis(y_label),
        &Margins {
            left: 62,
            top: TOP,
            right: 20,
            bottom: 52,
        },
    )?;
    let filled: Vec<&ReliabilityBin> = bins.iter().filter(|bin| bin.photographs > 0).collect();
    if subject == Subject::TopGrade {
        draw_bars(canvas, &axes, &filled)?;
    }
    canvas.path(
        vec![pixel(&axes, 0.0, 0.0), pixel(&axes, 1.0, 1.0)],
        Stroke::dashed(FAINT_INK, 1.5, 5.0, 4.0),
    )?;
    draw_shares(canvas, &axes, &filled)?;
    draw_numbers(canvas, &axes, &filled)?;
    draw_legend(canvas, subject)
}

fn pixel<Backend: DrawingBackend>(axes: &Axes<'_, Backend>, probability: f64, share: f64) -> Pixel {
    axes.backend_coord(&(100.0 * probability, 100.0 * share))
}

/// Equal widths show as bars; bins of equal mass may be too narrow for that.
fn draw_bars<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    axes: &Axes<'_, Backend>,
    filled: &[&ReliabilityBin],
) -> DrawingResult<Backend> {
    let gap = canvas.length(1.0) as i32;
    for bin in filled {
        let (left, top) = pixel(axes, bin.lower, bin.accuracy);
        let (right, bottom) = pixel(axes, bin.upper, 0.0);
        canvas.filled_rectangle((left + gap, top), (right - gap, bottom), SKY)?;
    }
    Ok(())
}

/// What happened in each bin, and between what it may lie.
fn draw_shares<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    axes: &Axes<'_, Backend>,
    filled: &[&ReliabilityBin],
) -> DrawingResult<Backend> {
    for bin in filled {
        if let Some((lower, upper)) = bin.accuracy_interval() {
            let at = |share| pixel(axes, bin.confidence, share);
            draw_interval(canvas, at(lower), at(upper))?;
        }
    }
    for bin in filled {
        canvas.dot(pixel(axes, bin.confidence, bin.accuracy), 3.5, BLUE)?;
    }
    Ok(())
}

/// A line with a short bar at each end.
fn draw_interval<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    from: Pixel,
    to: Pixel,
) -> DrawingResult<Backend> {
    let half = canvas.length(3.0) as i32;
    let stroke = Stroke::solid(BLUE, 1.2);
    canvas.path(vec![from, to], stroke)?;
    for (x, y) in [from, to] {
        canvas.path(vec![(x - half, y), (x + half, y)], stroke)?;
    }
    Ok(())
}

/// The number of photographs of each bin in a row above the axes; where bins are close, a line leads from the number to
/// the bin.
fn draw_numbers<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    axes: &Axes<'_, Backend>,
    filled: &[&ReliabilityBin],
) -> DrawingResult<Backend> {
    let width = f64::from(canvas.at((1000, 0)).0) / 1000.0 * NUMBER_WIDTH;
    let wanted: Vec<f64> = filled
        .iter()
        .map(|bin| f64::from(pixel(axes, bin.confidence, 1.0).0))
        .collect();
    let right_end = f64::from(pixel(axes, 1.0, 1.0).0);
    let top = canvas.at((0, TOP)).1;
    let lead = canvas.length(14.0) as i32;
    for ((bin, wanted), x) in (filled.iter().zip(&wanted)).zip(spread(&wanted, width, right_end)) {
        let foot = (x.round() as i32, top - lead);
        canvas.path(
            vec![(wanted.round() as i32, top), foot],
            Stroke::solid(FAINT_INK, 0.8),
        )?;
        let number = Lettering {
            vertical: VPos::Bottom,
            ..Lettering::centered(10.0, INK)
        };
        canvas.text(&bin.photographs.to_string(), number, foot)?;
    }
    Ok(())
}

/// Rising places, moved as little to the right as keeps them `width` apart, then back to the left of `right_end`.
fn spread(wanted: &[f64], width: f64, right_end: f64) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::with_capacity(wanted.len());
    for place in wanted {
        let earliest = places.last().map_or(*place, |before| before + width);
        places.push(place.max(earliest));
    }
    let mut latest = right_end;
    for place in places.iter_mut().rev() {
        *place = place.min(latest);
        latest = *place - width;
    }
    places
}

fn draw_legend<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    subject: Subject,
) -> DrawingResult<Backend> {
    let middle = 66;
    let word = Lettering {
        vertical: VPos::Center,
        ..Lettering::new(10.5, INK)
    };
    let share = match subject {
        Subject::TopGrade => "graded right, 95 % interval",
        Subject::Referable => "referable, 95 % interval",
    };
    draw_interval(
        canvas,
        canvas.at((70, middle - 8)),
        canvas.at((70, middle + 8)),
    )?;
    canvas.dot(canvas.at((70, middle)), 3.5, BLUE)?;
    canvas.text(share, word, canvas.at((80, middle)))?;
    canvas.text(
        "12",
        Lettering::centered(10.0, INK),
        canvas.at((276, middle)),
    )?;
    canvas.text("number of photographs", word, canvas.at((290, middle)))?;
    canvas.path(
        vec![canvas.at((460, middle)), canvas.at((482, middle))],
        Stroke::dashed(FAINT_INK, 1.5, 5.0, 4.0),
    )?;
    canvas.text("ideal", word, canvas.at((488, middle)))
}
