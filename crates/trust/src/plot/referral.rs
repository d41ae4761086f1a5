//! Referral curves: a figure against the share of photographs kept, one line a measure.

use plotters::prelude::{BLACK, DrawingBackend, RGBColor};
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{
    Axis, BLUE, Canvas, DrawingResult, FAINT_INK, GREEN, INK, Lettering, Margins, ORANGE, PURPLE,
    SKY, Stroke, VERMILION,
};
use super::{Chart, Drawing, WIDTH};
use crate::referral::{Referral, ReferralCurve, ReferralFigure};

/// Below this many photographs kept, a curve shows the luck of single photographs; the table has those points too.
const FEWEST_PHOTOGRAPHS: usize = 10;

/// The referral curves of all measures for one figure, between their random and oracle lines, and in the legend the
/// mean height of each.
pub fn referral_chart(referral: &Referral, figure: ReferralFigure) -> Chart {
    let photographs = referral
        .random
        .points
        .last()
        .map_or(0, |point| point.photographs);
    Chart {
        title: format!(
            "{} against the share of photographs kept",
            capitalized(label(figure))
        ),
        subtitle: format!(
            "{photographs} photographs, the most unsure handed over first; a higher line is a better measure"
        ),
        drawing: Drawing::Referral {
            referral: referral.clone(),
            figure,
        },
    }
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

/// The name in the legend and the line; pairs of similar colours differ in their dashes.
fn appearance(name: &str) -> (&'static str, Stroke) {
    let solid = |color: RGBColor| Stroke::solid(color, 2.0);
    let dashed = |color: RGBColor| Stroke::dashed(color, 2.0, 7.0, 3.0);
    match name {
        "std" => ("std. deviation", solid(ORANGE)),
        "entropy" => ("entropy", solid(BLUE)),
        "expected_entropy" => ("expected entropy", dashed(SKY)),
        "mutual_information" => ("mutual information", solid(PURPLE)),
        "threshold_distance" => ("threshold distance", solid(GREEN)),
        "margin" => ("margin", dashed(VERMILION)),
        "max_probability" => ("max. probability", dashed(BLACK)),
        "oracle" => ("oracle", Stroke::dashed(FAINT_INK, 1.5, 2.0, 2.0)),
        _ => ("random", Stroke::dashed(FAINT_INK, 1.5, 5.0, 5.0)),
    }
}

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    referral: &Referral,
    figure: ReferralFigure,
) -> DrawingResult<Backend> {
    // Drawn in this order, so that the measures lie above the two lines between which they are read.
    let lines: Vec<(&ReferralCurve, Vec<(f64, f64)>)> = [&referral.random, &referral.oracle]
        .into_iter()
        .chain(&referral.measures)
        .map(|curve| (curve, shown_points(curve, figure)))
        .collect();
    let heights = || {
        lines
            .iter()
            .flat_map(|(_, points)| points.iter().map(|(_, height)| *height))
    };
    let lowest = heights().fold(1.0, f64::min);
    let x = Axis {
        label: "photographs kept (%)",
        range: (0.0, 100.0),
        format: |value| format!("{value:.0}"),
    };
    let range = ((lowest * 10.0 - 1e-9).floor() / 10.0, 1.0);
    let y = Axis {
        label: label(figure),
        range,
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
    for (curve, points) in &lines {
        let pixels = points
            .iter()
            .map(|point| axes.backend_coord(point))
            .collect();
        canvas.path(pixels, appearance(curve.name).1)?;
    }
    draw_legend(canvas, referral, figure)
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

/// Lists the lines from the highest mean to the lowest.
fn draw_legend<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    referral: &Referral,
    figure: ReferralFigure,
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

    let (left, right) = (WIDTH as i32 - 200, WIDTH as i32 - 14);
    let number = |color| Lettering {
        horizontal: HPos::Right,
        vertical: VPos::Center,
        ..Lettering::new(11.0, color)
    };
    canvas.text("mean height", number(FAINT_INK), canvas.at((right, 70)))?;
    for (row, (name, area)) in (0..).zip(entries) {
        let middle = 92 + 22 * row;
        let (words, stroke) = appearance(name);
        canvas.path(
            vec![canvas.at((left, middle)), canvas.at((left + 22, middle))],
            stroke,
        )?;
        let word = Lettering {
            vertical: VPos::Center,
            ..Lettering::new(11.0, INK)
        };
        canvas.text(words, word, canvas.at((left + 28, middle)))?;
        let height = area.map_or_else(|| "-".to_owned(), |area| format!("{area:.3}"));
        canvas.text(&height, number(INK), canvas.at((right, middle)))?;
    }
    Ok(())
}
