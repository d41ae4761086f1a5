//! What more members and larger inputs bring, and what they cost.

use plotters::prelude::{BLACK, DrawingBackend, RGBColor};
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{
    Axis, BLUE, Canvas, DrawingResult, GREEN, INK, Lettering, Margins, ORANGE, PURPLE, Stroke,
    VERMILION, printable,
};
use super::{Chart, Drawing, WIDTH};
use crate::bootstrap::Interval;

/// An ensemble cut down to its first members.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradePoint {
    /// Members that answer.
    pub members: usize,
    /// Seconds of a photograph's passes.
    pub seconds: f64,
    /// The figure with its interval.
    pub figure: Interval,
}

/// The ensembles of one bundle, from the smallest.
#[derive(Debug, Clone, PartialEq)]
pub struct TradeLine {
    /// What stands in the legend; signs that the font lacks become question marks.
    pub name: String,
    /// In the order in which they are joined.
    pub points: Vec<TradePoint>,
}

/// Colours of the lines; a seventh begins again, dashed.
const COLORS: [RGBColor; 6] = [BLUE, VERMILION, GREEN, ORANGE, PURPLE, BLACK];

/// A figure between 0 and 1 (`label`) against the time of a photograph's passes, one line a bundle and one dot for each
/// number of members, with 95 % intervals.
pub fn trade_chart(label: &'static str, lines: &[TradeLine]) -> Chart {
    let lines = lines.iter().map(|line| TradeLine {
        name: line.name.chars().map(printable).collect(),
        points: line.points.clone(),
    });
    Chart {
        title: format!("What time buys: {label}"),
        subtitle: "a number is that of the members that answer; whiskers are 95 % intervals"
            .to_owned(),
        drawing: Drawing::Trade {
            label,
            lines: lines.collect(),
        },
    }
}

fn stroke(line: usize) -> Stroke {
    let color = COLORS[line % COLORS.len()];
    match line / COLORS.len() % 2 {
        0 => Stroke::solid(color, 1.5),
        _ => Stroke::dashed(color, 1.5, 6.0, 3.0),
    }
}

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    label: &'static str,
    lines: &[TradeLine],
) -> DrawingResult<Backend> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let longest = points().map(|point| point.seconds).fold(0.0, f64::max);
    let lowest = points().map(|point| point.figure.lower).fold(1.0, f64::min);
    let x = Axis {
        label: "seconds for the passes of one photograph",
        range: (0.0, (longest * 1.08).max(0.01)),
        format: |value| format!("{value:.2}"),
    };
    let y = Axis {
        label,
        range: (
            ((lowest * 10.0 - 1e-9).floor() / 10.0).clamp(-1.0, 0.9),
            1.0,
        ),
        format: |value| format!("{value:.1}"),
    };
    let axes = canvas.axes(
        &x,
        &y,
        &Margins {
            left: 62,
            top: 60,
            right: 196,
            bottom: 52,
        },
    )?;
    for (place, line) in lines.iter().enumerate() {
        let stroke = stroke(place);
        let pixel = |point: &TradePoint, height: f64| axes.backend_coord(&(point.seconds, height));
        for point in &line.points {
            let whisker = vec![
                pixel(point, point.figure.lower),
                pixel(point, point.figure.upper),
            ];
            canvas.path(whisker, Stroke::solid(stroke.color, 1.0))?;
        }
        let tops: Vec<_> = (line.points.iter())
            .map(|point| pixel(point, point.figure.value))
            .collect();
        canvas.path(tops.clone(), stroke)?;
        for (point, (x, y)) in line.points.iter().zip(tops) {
            canvas.dot((x, y), 3.5, stroke.color)?;
            let number = Lettering {
                horizontal: HPos::Left,
                vertical: VPos::Bottom,
                ..Lettering::new(10.0, INK)
            };
            let beside = canvas.length(5.0) as i32;
            canvas.text(
                &point.members.to_string(),
                number,
                (x + beside, y - beside / 2),
            )?;
        }
    }
    draw_legend(canvas, lines)
}

fn draw_legend<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    lines: &[TradeLine],
) -> DrawingResult<Backend> {
    let left = WIDTH as i32 - 184;
    for (place, line) in lines.iter().enumerate() {
        let middle = 72 + 20 * place as i32;
        let stroke = stroke(place);
        canvas.path(
            vec![canvas.at((left, middle)), canvas.at((left + 22, middle))],
            stroke,
        )?;
        let word = Lettering {
            vertical: VPos::Center,
            ..Lettering::new(10.5, INK)
        };
        canvas.text(&line.name, word, canvas.at((left + 30, middle)))?;
    }
    Ok(())
}
