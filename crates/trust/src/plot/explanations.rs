//! What explanations are worth, a line for each map.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{
    Axis, BLUE, Canvas, DrawingResult, FAINT_INK, INK, Lettering, Margins, Stroke, printable,
};
use super::{Chart, Drawing, HEIGHT};
use crate::bootstrap::Interval;

/// Where the names of the maps end, and the top and bottom of the lines.
const LEFT: i32 = 176;
const TOP: i32 = 64;
const BOTTOM: i32 = 52;
const RIGHT: i32 = 24;

/// A map and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplanationLine {
    /// What stands beside the line; signs that the font lacks become question marks.
    pub name: String,
    /// The figure with its interval.
    pub figure: Interval,
    /// Whether the map knows nothing of the network.
    pub is_prior: bool,
}

/// Maps at most: more lines could not be read.
const MOST: usize = 20;

/// A figure (`label`) of every map with its interval: a dot on a whisker, the first at the top; of more than 20 maps the first.
pub fn explanation_chart(label: &'static str, maps: &[ExplanationLine]) -> Chart {
    let maps = maps.iter().take(MOST).map(|map| ExplanationLine {
        name: map.name.chars().map(printable).collect(),
        ..map.clone()
    });
    Chart {
        title: format!("What explanations are worth: {label}"),
        subtitle: "grey maps know nothing of the network; whiskers are 95 % intervals".to_owned(),
        drawing: Drawing::Explanations {
            label,
            maps: maps.collect(),
        },
    }
}

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    label: &'static str,
    maps: &[ExplanationLine],
) -> DrawingResult<Backend> {
    let ends = || maps.iter().map(|map| map.figure);
    let highest = ends().map(|interval| interval.upper).fold(0.0, f64::max);
    let lowest = ends().map(|interval| interval.lower).fold(0.0, f64::min);
    let x = Axis {
        label,
        range: (lowest, (highest * 1.05).max(0.01)),
        format: |value| format!("{value:.2}"),
    };
    let lines = maps.len().max(1) as f64;
    let y = Axis {
        label: "",
        range: (0.0, lines),
        format: |_| String::new(),
    };
    let margins = Margins {
        left: LEFT,
        top: TOP,
        right: RIGHT,
        bottom: BOTTOM,
    };
    let axes = canvas.axes(&x, &y, &margins)?;
    let height = f64::from(HEIGHT as i32 - TOP - BOTTOM) / lines;
    for (line, map) in maps.iter().enumerate() {
        let interval = map.figure;
        let (ink, color) = match map.is_prior {
            true => (FAINT_INK, FAINT_INK),
            false => (INK, BLUE),
        };
        let middle = lines - 0.5 - line as f64;
        let pixel = |value: f64| axes.backend_coord(&(value, middle));
        canvas.path(
            vec![pixel(interval.lower), pixel(interval.upper)],
            Stroke::solid(color, 1.5),
        )?;
        canvas.dot(pixel(interval.value), 3.5, color)?;
        let word = Lettering {
            horizontal: HPos::Right,
            vertical: VPos::Center,
            ..Lettering::new((0.8 * height).min(11.0), ink)
        };
        let y = TOP + (height * (line as f64 + 0.5)).round() as i32;
        canvas.text(&map.name, word, canvas.at((LEFT - 10, y)))?;
    }
    Ok(())
}
