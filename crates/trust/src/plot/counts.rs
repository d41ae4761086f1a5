//! How many there are of each of several kinds, or on each of several days.

use language::{Language, text_with};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{
    BLUE, Canvas, DrawingResult, FAINT_INK, GRID, INK, Lettering, Stroke, printable,
};
use super::{Chart, Drawing};

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountBar {
    /// What stands below it; signs that the font lacks become question marks.
    pub name: String,
    /// How many.
    pub count: usize,
}

/// The area of the bars, in pixels of the drawing.
const LEFT: i32 = 62;
const RIGHT: i32 = 584;
const TOP: i32 = 74;
const BOTTOM: i32 = 330;
/// Pixels that a bar is wide at most.
const WIDEST: f64 = 64.0;
/// With more bars than these, not every one has its name or its number.
const MOST_NAMES: usize = 9;
const MOST_NUMBERS: usize = 24;

/// Bars side by side, in the order given; `label` says what is counted.
pub fn count_chart(
    language: Language,
    title: &str,
    label: &'static str,
    bars: &[CountBar],
) -> Chart {
    let bars = bars.iter().map(|bar| CountBar {
        name: bar.name.chars().map(printable).collect(),
        count: bar.count,
    });
    let bars: Vec<CountBar> = bars.collect();
    let total: usize = bars.iter().map(|bar| bar.count).sum();
    Chart {
        title: title.to_owned(),
        subtitle: text_with!(language, "chart-in-all", label = label, total = total),
        drawing: Drawing::Counts { label, bars },
    }
}

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    label: &str,
    bars: &[CountBar],
) -> DrawingResult<Backend> {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    let step = step(most);
    let top = most.div_ceil(step).max(1) * step;
    let height = |count: usize| {
        let share = count as f64 / top as f64;
        BOTTOM - (share * f64::from(BOTTOM - TOP)).round() as i32
    };
    let beside = Lettering {
        horizontal: HPos::Right,
        vertical: VPos::Center,
        ..Lettering::new(11.0, INK)
    };
    for count in (0..=top).step_by(step) {
        let y = height(count);
        let line = vec![canvas.at((LEFT, y)), canvas.at((RIGHT, y))];
        canvas.path(line, Stroke::solid(GRID, 1.0))?;
        canvas.text(&count.to_string(), beside, canvas.at((LEFT - 8, y)))?;
    }
    canvas.text(
        label,
        Lettering::new(11.0, FAINT_INK),
        canvas.at((LEFT, TOP - 18)),
    )?;
    let width = f64::from(RIGHT - LEFT) / bars.len().max(1) as f64;
    let every_name = bars.len().div_ceil(MOST_NAMES).max(1);
    for (place, bar) in bars.iter().enumerate() {
        let from = f64::from(LEFT) + width * place as f64;
        // A bar alone is not as wide as the chart.
        let gap = f64::max((width * 0.15).min(12.0), (width - WIDEST) / 2.0);
        let [start, middle, end] = [from + gap, from + width / 2.0, from + width - gap]
            .map(|pixels| pixels.round() as i32);
        let corner = canvas.at((start, height(bar.count)));
        let opposite = canvas.at((end.max(start + 1), BOTTOM));
        canvas.filled_rectangle(corner, opposite, BLUE)?;
        if bars.len() <= MOST_NUMBERS {
            let above = (middle, height(bar.count) - 9);
            let number = Lettering::centered(10.5, INK);
            canvas.text(&bar.count.to_string(), number, canvas.at(above))?;
        }
        if place % every_name == 0 {
            let below = (middle, BOTTOM + 14);
            canvas.text(&bar.name, Lettering::centered(10.5, INK), canvas.at(below))?;
        }
    }
    let ground = vec![canvas.at((LEFT, BOTTOM)), canvas.at((RIGHT, BOTTOM))];
    canvas.path(ground, Stroke::solid(FAINT_INK, 1.0))
}

/// The distance of the lines behind the bars: a round number of which at most six fit.
fn step(most: usize) -> usize {
    let mut ten = 1;
    loop {
        for round in [1, 2, 5] {
            if most <= 6 * round * ten {
                return round * ten;
            }
        }
        ten *= 10;
    }
}
