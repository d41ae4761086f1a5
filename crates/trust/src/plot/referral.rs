//! Referral curves: a figure against the share of photographs kept, one line a measure.

use plotters::prelude::{BLACK, DrawingBackend, RGBColor};
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{
    Axes, Axis, BLUE, Canvas, DrawingResult, FAINT_INK, GREEN, INK, Lettering, Margins, ORANGE,
    PURPLE, SKY, Stroke, VERMILION,
};
use super::{Chart, Drawing, WIDTH};
use crate::Measure;
use crate::referral::{Referral, ReferralCurve, ReferralFigure};

/// Below this many photographs kept, a curve shows the luck of single photographs; the table has those points too.
const FEWEST_PHOTOGRAPHS: usize = 10;
/// How much of the ground the band covers.
const BAND_OPACITY: f64 = 0.2;

/// The referral curves of all measures for one figure, between their random and oracle lines, and in the legend the
/// mean height of each.
pub fn referral_chart(referral: &Referral, figure: ReferralFigure) -> Chart {
    highlighted_referral_chart(referral, figure, None)
}

/// As [`referral_chart`], with one measure's line thicker than the others and, where the curves have bands, its 95 %
/// band around it.
pub fn highlighted_referral_chart(
    referral: &Referral,
    figure: ReferralFigure,
    highlighted: Option<Measure>,
) -> Chart {
    let photographs = referral
        .random
        .points
        .last()
        .map_or(0, |point| point.photographs);
    let meaning = match highlighted_curve(referral, highlighted) {
        Some(curve) if !curve.bands.is_empty() => {
            format!("band: 95 % interval of {}", words(curve.name))
        }
        _ => "a higher line is a better measure".to_owned(),
    };
    Chart {
        title: format!(
            "{} against the share of photographs kept",
            capitalized(label(figure))
        ),
        subtitle: format!("{photographs} photographs, most unsure handed over first; {meaning}"),
        drawing: Drawing::Referral {
            referral: referral.clone(),
            figure,
            highlighted,
        },
    }
}

fn highlighted_curve(referral: &Referral, highlighted: Option<Measure>) -> Option<&ReferralCurve> {
    let name = highlighted?.name();
    referral.measures.iter().find(|curve| curve.name == name)
}

fn label(figure: ReferralFigure) -> &'static str {
    match figure {
        ReferralFigure::Accuracy => "accuracy",
        ReferralFigure::ReferableAuc => "referable AUC",
        ReferralFigure::Sensitivity => "sensitivity (referable)",
        ReferralFigure::Specificity => "specificity (referable)",
        ReferralFigure::QuadraticWeightedKappa => "quadratic weighted kappa",
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The name in the legend.
fn words(name: &str) -> &'static str {
    match name {
        "std" => "std. deviation",
        "entropy" => "entropy",
        "expected_entropy" => "expected entropy",
        "mutual_information" => "mutual information",
        "entropy_of_entropies" => "entropy of entropies",
        "variation_ratio" => "variation ratio",
        "threshold_distance" => "threshold distance",
        "margin" => "margin",
        "max_probability" => "max. probability",
        "expected_clinical_cost" => "expected clinical cost",
        "oracle" => "oracle",
        _ => "random",
    }
}

/// The line; of measures with one colour or similar ones, one is solid and one dashed.
fn stroke(name: &str) -> Stroke {
    let solid = |color: RGBColor| Stroke::solid(color, 2.0);
    let dashed = |color: RGBColor| Stroke::dashed(color, 2.0, 7.0, 3.0);
    match name {
        "std" => solid(ORANGE),
        "entropy" => solid(BLUE),
        "expected_entropy" => dashed(SKY),
        "mutual_information" => solid(PURPLE),
        "entropy_of_entropies" => dashed(PURPLE),
        "variation_ratio" => dashed(ORANGE),
        "threshold_distance" => solid(GREEN),
        "margin" => solid(VERMILION),
        "max_probability" => dashed(BLACK),
        "expected_clinical_cost" => dashed(GREEN),
        "oracle" => Stroke::dashed(FAINT_INK, 1.5, 2.0, 2.0),
        _ => Stroke::dashed(FAINT_INK, 1.5, 5.0, 5.0),
    }
}

/// The line as it is drawn: beside a highlighted one the others are thinner.
fn weighted_stroke(name: &str, highlighted: Option<&ReferralCurve>) -> Stroke {
    let stroke = stroke(name);
    let width = match highlighted {
        None => stroke.width,
        Some(curve) if curve.name == name => 3.5,
        Some(_) => 0.6 * stroke.width,
    };
    Stroke { width, ..stroke }
}

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    referral: &Referral,
    figure: ReferralFigure,
    highlighted: Option<Measure>,
) -> DrawingResult<Backend> {
    let highlighted = highlighted_curve(referral, highlighted);
    let is_highlighted =
        |curve: &&ReferralCurve| highlighted.is_some_and(|it| it.name == curve.name);
    let others = referral
        .measures
        .iter()
        .filter(|curve| !is_highlighted(curve));
    // Drawn in this order, so that the measures lie above the two lines between which they are read, and the highlighted
    // one above all.
    let lines: Vec<(&ReferralCurve, Vec<(f64, f64)>)> = [&referral.random, &referral.oracle]
        .into_iter()
        .chain(others)
        .chain(highlighted)
        .map(|curve| (curve, shown_points(curve, figure)))
        .collect();
    let band = highlighted.map_or_else(Vec::new, |curve| shown_band(referral, curve, figure));
    let heights = lines
        .iter()
        .flat_map(|(_, points)| points.iter().map(|(_, height)| *height))
        .chain(band.iter().map(|(_, lower, _)| *lower));
    let lowest = heights.fold(1.0, f64::min);
    let x = Axis {
        label: "share of photographs kept (%)",
        range: (0.0, 100.0),
        format: |value| format!("{value:.0}"),
    };
    let y = Axis {
        label: label(figure),
        range: ((lowest * 10.0 - 1e-9).floor() / 10.0, 1.0),
        format: |value| format!("{value:.2}"),
    };
    let axes = canvas.axes(
        &x,
        &y,
        &Margins {
            left: 62,
            top: 60,
            right: 216,
            bottom: 52,
        },
    )?;
    if let Some(curve) = highlighted {
        draw_band(canvas, &axes, &band, stroke(curve.name).color)?;
    }
    for (curve, points) in &lines {
        let pixels = points
            .iter()
            .map(|point| axes.backend_coord(point))
            .collect();
        canvas.path(pixels, weighted_stroke(curve.name, highlighted))?;
    }
    draw_legend(canvas, referral, figure, highlighted)
}

fn shown_points(curve: &ReferralCurve, figure: ReferralFigure) -> Vec<(f64, f64)> {
    let shown = curve
        .points
        .iter()
        .filter(|point| point.photographs >= FEWEST_PHOTOGRAPHS);
    shown
        .filter_map(|point| Some((100.0 * point.share_kept, point.figures.get(figure)?)))
        .collect()
}

/// The percentage kept, the lower and the upper end of the band, where as many photographs are kept as for a line.
fn shown_band(
    referral: &Referral,
    curve: &ReferralCurve,
    figure: ReferralFigure,
) -> Vec<(f64, f64, f64)> {
    let all = referral.random.points.last();
    let photographs = all.map_or(0.0, |point| point.photographs as f64);
    let shown = curve
        .bands
        .iter()
        .filter(|band| photographs * band.share_kept >= FEWEST_PHOTOGRAPHS as f64);
    shown
        .filter_map(|band| {
            let (lower, upper) = (band.lower.get(figure)?, band.upper.get(figure)?);
            Some((100.0 * band.share_kept, lower, upper))
        })
        .collect()
}

fn draw_band<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    axes: &Axes<'_, Backend>,
    band: &[(f64, f64, f64)],
    color: RGBColor,
) -> DrawingResult<Backend> {
    let lower = band
        .iter()
        .map(|(kept, lower, _)| axes.backend_coord(&(*kept, *lower)));
    let upper = band
        .iter()
        .rev()
        .map(|(kept, _, upper)| axes.backend_coord(&(*kept, *upper)));
    canvas.translucent_polygon(lower.chain(upper).collect(), color, BAND_OPACITY)
}

/// Lists the lines from the highest mean to the lowest.
fn draw_legend<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    referral: &Referral,
    figure: ReferralFigure,
    highlighted: Option<&ReferralCurve>,
) -> DrawingResult<Backend> {
    let mut entries: Vec<(&str, Option<f64>)> = referral
        .curves()
        .map(|curve| (curve.name, curve.area(figure)))
        .collect();
    entries.sort_by(|left, right| {
        right
            .1
            .unwrap_or(f64::NEG_INFINITY)
            .total_cmp(&left.1.unwrap_or(f64::NEG_INFINITY))
    });

    let (left, right) = (WIDTH as i32 - 206, WIDTH as i32 - 12);
    let number = |color| Lettering {
        horizontal: HPos::Right,
        vertical: VPos::Center,
        ..Lettering::new(10.5, color)
    };
    canvas.text("mean height", number(FAINT_INK), canvas.at((right, 66)))?;
    for (row, (name, area)) in (0..).zip(entries) {
        let middle = 88 + 21 * row;
        if highlighted.is_some_and(|curve| curve.name == name && !curve.bands.is_empty()) {
            let corners = [(left, -7), (left + 22, -7), (left + 22, 7), (left, 7)];
            let sample = corners.map(|(x, above)| canvas.at((x, middle + above)));
            canvas.translucent_polygon(sample.into(), stroke(name).color, BAND_OPACITY)?;
        }
        canvas.path(
            vec![canvas.at((left, middle)), canvas.at((left + 22, middle))],
            weighted_stroke(name, highlighted),
        )?;
        let word = Lettering {
            vertical: VPos::Center,
            ..Lettering::new(10.5, INK)
        };
        canvas.text(words(name), word, canvas.at((left + 28, middle)))?;
        let height = area.map_or_else(|| "-".to_owned(), |area| format!("{area:.3}"));
        canvas.text(&height, number(INK), canvas.at((right, middle)))?;
    }
    Ok(())
}
