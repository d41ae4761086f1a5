//! One photograph's place on the graph of accuracy against uncertainty of the validation photographs.

use language::{Language, text_with};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::VPos;

use super::canvas::{
    Axes, Axis, BLUE, Canvas, DrawingResult, INK, Lettering, Margins, ORANGE, PALE_BLUE, Stroke,
    VERMILION,
};
use super::{Chart, Drawing};
use crate::place::{Place, ValidationPoint, place_in_sorted};

/// Number of places along the entropy axis at which the accuracy of similar photographs is drawn.
const STEPS: usize = 120;

/// How often the grade was right among the validation photographs about as unsure, over the whole range of entropy,
/// with the photograph of this entropy (nats) marked.
///
/// Ticks at the upper edge are validation photographs graded right, at the lower edge those graded wrong.
pub fn place_chart(
    language: Language,
    validation: &[ValidationPoint],
    entropy: Option<f32>,
) -> Chart {
    let mut rising = validation.to_vec();
    rising.sort_by(|left, right| left.entropy.total_cmp(&right.entropy));
    let place = entropy.and_then(|entropy| Some((entropy, place_in_sorted(&rising, entropy)?)));
    let subtitle = match place {
        Some((entropy, place)) => text_with!(
            language,
            "certainty-chart-marked",
            entropy = language.decimal(f64::from(entropy), 2),
            similar = place.similar,
            correct = place.correct,
        ),
        None => text_with!(
            language,
            "certainty-chart-unmarked",
            photographs = rising.len(),
        ),
    };
    Chart {
        title: language.text("certainty-chart-title").to_owned(),
        subtitle,
        drawing: Drawing::Place {
            language,
            rising,
            entropy,
        },
    }
}

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    language: Language,
    rising: &[ValidationPoint],
    entropy: Option<f32>,
) -> DrawingResult<Backend> {
    let largest_entropy = 5.0_f64.ln();
    let x = Axis {
        label: language.text("certainty-chart-entropy"),
        range: (0.0, largest_entropy),
        format: |value| format!("{value:.1}"),
    };
    let y = Axis {
        label: language.text("certainty-chart-right"),
        range: (0.0, 100.0),
        format: |value| format!("{value:.0}"),
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
    draw_accuracy(canvas, &axes, rising)?;
    draw_ticks(canvas, &axes, rising)?;
    draw_legend(canvas, language)?;
    match entropy.and_then(|entropy| Some((entropy, place_in_sorted(rising, entropy)?))) {
        Some((entropy, place)) => draw_marker(canvas, &axes, entropy, &place),
        None => Ok(()),
    }
}

/// The line and its 95 % band, over the range of entropy that the validation photographs cover.
fn draw_accuracy<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    axes: &Axes<'_, Backend>,
    rising: &[ValidationPoint],
) -> DrawingResult<Backend> {
    let (Some(first), Some(last)) = (rising.first(), rising.last()) else {
        return Ok(());
    };
    let entropy_at =
        |step: usize| first.entropy + (last.entropy - first.entropy) * step as f32 / STEPS as f32;
    let places: Vec<(f64, Place)> = (0..=STEPS)
        .map(entropy_at)
        .filter_map(|entropy| Some((f64::from(entropy), place_in_sorted(rising, entropy)?)))
        .collect();
    let pixel = |entropy: f64, share: f64| axes.backend_coord(&(entropy, 100.0 * share));
    let upper = places
        .iter()
        .map(|(entropy, place)| pixel(*entropy, place.upper));
    let lower = places
        .iter()
        .rev()
        .map(|(entropy, place)| pixel(*entropy, place.lower));
    canvas.filled_polygon(upper.chain(lower).collect(), PALE_BLUE)?;
    let line = places
        .iter()
        .map(|(entropy, place)| pixel(*entropy, place.accuracy()))
        .collect();
    canvas.path(line, Stroke::solid(BLUE, 2.0))
}

fn draw_ticks<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    axes: &Axes<'_, Backend>,
    rising: &[ValidationPoint],
) -> DrawingResult<Backend> {
    let length = canvas.length(7.0) as i32;
    for point in rising {
        let (edge, inwards, color) = if point.correct {
            (100.0, length, BLUE)
        } else {
            (0.0, -length, ORANGE)
        };
        let (x, y) = axes.backend_coord(&(f64::from(point.entropy), edge));
        canvas.path(vec![(x, y), (x, y + inwards)], Stroke::solid(color, 1.0))?;
    }
    Ok(())
}

fn draw_legend<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    language: Language,
) -> DrawingResult<Backend> {
    let middle = 70;
    let word = Lettering {
        vertical: VPos::Center,
        ..Lettering::new(10.5, INK)
    };
    let tick = |x: i32, color| {
        canvas.path(
            vec![canvas.at((x, middle - 4)), canvas.at((x, middle + 4))],
            Stroke::solid(color, 1.5),
        )
    };
    canvas.filled_rectangle(
        canvas.at((62, middle - 6)),
        canvas.at((84, middle + 6)),
        PALE_BLUE,
    )?;
    canvas.path(
        vec![canvas.at((62, middle)), canvas.at((84, middle))],
        Stroke::solid(BLUE, 2.0),
    )?;
    canvas.text(
        language.text("certainty-chart-share"),
        word,
        canvas.at((90, middle)),
    )?;
    tick(304, BLUE)?;
    canvas.text(
        language.text("certainty-chart-right-top"),
        word,
        canvas.at((310, middle)),
    )?;
    tick(436, ORANGE)?;
    canvas.text(
        language.text("certainty-chart-wrong-bottom"),
        word,
        canvas.at((442, middle)),
    )
}

fn draw_marker<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    axes: &Axes<'_, Backend>,
    entropy: f32,
    place: &Place,
) -> DrawingResult<Backend> {
    let pixel = |share: f64| axes.backend_coord(&(f64::from(entropy), 100.0 * share));
    canvas.path(
        vec![pixel(0.0), pixel(1.0)],
        Stroke::dashed(VERMILION, 1.5, 4.0, 3.0),
    )?;
    canvas.dot(pixel(place.accuracy()), 5.0, VERMILION)
}
