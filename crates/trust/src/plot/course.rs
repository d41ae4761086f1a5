//! How a probability went over time.

use language::{Language, text_with};
use plotters::prelude::{DrawingBackend, RGBColor};
use plotters::style::text_anchor::VPos;

use super::canvas::{
    Axis, BLUE, Canvas, DrawingResult, INK, Lettering, Margins, Stroke, VERMILION, printable,
};
use super::{Chart, Drawing, WIDTH};

/// What was measured at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct CoursePoint {
    /// When, in any unit that is the same for all.
    pub position: f64,
    /// When, as it stands below the axis.
    pub name: String,
    /// The probability, in [0, 1].
    pub share: f64,
}

/// One course.
#[derive(Debug, Clone, PartialEq)]
pub struct CourseLine {
    /// What stands in the legend; signs that the font lacks become question marks.
    pub name: String,
    /// In the order of time.
    pub points: Vec<CoursePoint>,
}

/// Pixels of the drawing that a name below the axis takes.
const NAME_WIDTH: f64 = 78.0;

/// A probability in percent (`label`) over time, one line each; every second line is dashed.
pub fn course_chart(
    language: Language,
    title: &str,
    label: &'static str,
    lines: &[CourseLine],
) -> Chart {
    let written = |text: &str| text.chars().map(printable).collect::<String>();
    let last = lines.iter().filter_map(|line| {
        let point = line.points.last()?;
        let percent = (point.share * 100.0).round();
        Some(text_with!(
            language,
            "chart-last-point",
            line = line.name.as_str(),
            percent = percent,
            day = point.name.as_str(),
        ))
    });
    let last: Vec<String> = last.collect();
    let subtitle = match last.is_empty() {
        true => language.text("chart-nothing").to_owned(),
        false => text_with!(language, "chart-last", points = last.join(", ")),
    };
    let lines = lines.iter().map(|line| CourseLine {
        name: written(&line.name),
        points: (line.points.iter())
            .map(|point| CoursePoint {
                name: written(&point.name),
                ..point.clone()
            })
            .collect(),
    });
    Chart {
        title: title.to_owned(),
        subtitle,
        drawing: Drawing::Course {
            label,
            lines: lines.collect(),
        },
    }
}

fn color(line: usize) -> RGBColor {
    [BLUE, VERMILION][line % 2]
}

fn stroke(line: usize) -> Stroke {
    match line % 2 {
        0 => Stroke::solid(color(line), 2.0),
        _ => Stroke::dashed(color(line), 2.0, 7.0, 4.0),
    }
}

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    label: &'static str,
    lines: &[CourseLine],
) -> DrawingResult<Backend> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let positions = || points().map(|point| point.position);
    let first = positions().fold(f64::INFINITY, f64::min);
    let last = positions().fold(f64::NEG_INFINITY, f64::max);
    // Where there is one moment, or none, it stands in the middle.
    let range = match last > first {
        true => (first - 0.06 * (last - first), last + 0.06 * (last - first)),
        false if first.is_finite() => (first - 1.0, first + 1.0),
        false => (0.0, 1.0),
    };
    let x = Axis {
        label: "",
        range,
        format: |_| String::new(),
    };
    let y = Axis {
        label,
        range: (0.0, 100.0),
        format: |value| format!("{value:.0}"),
    };
    let margins = Margins {
        left: 62,
        top: 60,
        right: 120,
        bottom: 52,
    };
    let axes = canvas.axes(&x, &y, &margins)?;
    for (place, line) in lines.iter().enumerate() {
        let pixels: Vec<_> = (line.points.iter())
            .map(|point| axes.backend_coord(&(point.position, 100.0 * point.share)))
            .collect();
        canvas.path(pixels.clone(), stroke(place))?;
        for pixel in pixels {
            canvas.dot(pixel, 4.0, color(place))?;
        }
    }
    let mut moments: Vec<_> = points().collect();
    moments.sort_by(|left, right| left.position.total_cmp(&right.position));
    let below = canvas.at((0, 342)).1;
    let mut free_from = i32::MIN;
    for moment in moments {
        let (at, _) = axes.backend_coord(&(moment.position, 0.0));
        let half = canvas.length(NAME_WIDTH / 2.0) as i32;
        if at - half >= free_from {
            canvas.text(&moment.name, Lettering::centered(10.5, INK), (at, below))?;
            free_from = at + half;
        }
    }
    draw_legend(canvas, lines)
}

fn draw_legend<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    lines: &[CourseLine],
) -> DrawingResult<Backend> {
    let left = WIDTH as i32 - 108;
    for (place, line) in lines.iter().enumerate() {
        let middle = 72 + 20 * place as i32;
        let ends = vec![canvas.at((left, middle)), canvas.at((left + 22, middle))];
        canvas.path(ends, stroke(place))?;
        let word = Lettering {
            vertical: VPos::Center,
            ..Lettering::new(10.5, INK)
        };
        canvas.text(&line.name, word, canvas.at((left + 30, middle)))?;
    }
    Ok(())
}
