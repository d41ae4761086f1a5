//! The confusion matrix: what was graded as what.

use language::{Language, text_with};
use plotters::prelude::{BLACK, DrawingBackend, RGBColor, WHITE};
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{BLUE, Canvas, DrawingResult, FAINT_INK, INK, Lettering};
use super::{Chart, Drawing};
use crate::Grade;
use crate::metrics::{ConfusionMatrix, accuracy, quadratic_weighted_kappa};

/// Photographs by true and predicted grade; the darker a field, the larger its share of the true grade's photographs.
pub fn confusion_chart(matrix: &ConfusionMatrix) -> Chart {
    let photographs: usize = matrix.iter().flatten().sum();
    let figure = |name: &str, value: Option<f64>| {
        value.map_or_else(String::new, |value| format!("; {name} {value:.3}"))
    };
    Chart {
        title: "What was graded as what".to_owned(),
        subtitle: format!(
            "{photographs} photographs{}{}",
            figure("accuracy", accuracy(matrix)),
            figure("quadratic weighted kappa", quadratic_weighted_kappa(matrix))
        ),
        drawing: Drawing::Confusion {
            language: Language::English,
            matrix: *matrix,
            axes: ["true grade", "predicted grade"],
        },
    }
}

/// Eyes by the grades that two gave them, of whom neither need be right: `names` are those of the rows and of the columns.
pub fn agreement_chart(
    language: Language,
    title: &str,
    names: [&'static str; 2],
    matrix: &ConfusionMatrix,
) -> Chart {
    let eyes: usize = matrix.iter().flatten().sum();
    let equal: usize = (0..5).map(|grade| matrix[grade][grade]).sum();
    Chart {
        title: title.to_owned(),
        subtitle: text_with!(language, "chart-pairs", pairs = eyes, equal = equal),
        drawing: Drawing::Confusion {
            language,
            matrix: *matrix,
            axes: names,
        },
    }
}

/// Upper left corner of the fields, and their size, in pixels of the drawing.
const CORNER: (i32, i32) = (150, 84);
const FIELD: (i32, i32) = (86, 47);

pub(super) fn draw<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    language: Language,
    matrix: &ConfusionMatrix,
    [rows, columns]: [&str; 2],
) -> DrawingResult<Backend> {
    let axis = Lettering::centered(11.0, FAINT_INK);
    let middle_column = CORNER.0 + FIELD.0 * 5 / 2;
    canvas.text(
        rows,
        Lettering {
            horizontal: HPos::Left,
            ..axis
        },
        canvas.at((16, CORNER.1 - 12)),
    )?;
    canvas.text(
        columns,
        axis,
        canvas.at((middle_column, CORNER.1 + 5 * FIELD.1 + 36)),
    )?;
    for (index, grade) in (0..).zip(Grade::ALL) {
        let middle = (
            CORNER.0 + FIELD.0 * index + FIELD.0 / 2,
            CORNER.1 + FIELD.1 * index + FIELD.1 / 2,
        );
        let word = Lettering::centered(11.0, INK);
        let below = CORNER.1 + 5 * FIELD.1 + 14;
        canvas.text(grade.words_in(language), word, canvas.at((middle.0, below)))?;
        let row_total: usize = matrix[grade.index()].iter().sum();
        let label = format!("{} ({row_total})", grade.words_in(language));
        canvas.text(
            &label,
            Lettering {
                horizontal: HPos::Right,
                ..word
            },
            canvas.at((CORNER.0 - 10, middle.1)),
        )?;
        for (column, count) in (0..).zip(matrix[grade.index()]) {
            let share = count as f64 / row_total.max(1) as f64;
            draw_field(canvas, (column, index), count, share)?;
        }
    }
    Ok(())
}

fn draw_field<Backend: DrawingBackend>(
    canvas: &Canvas<Backend>,
    (column, row): (i32, i32),
    count: usize,
    share: f64,
) -> DrawingResult<Backend> {
    let corner = (CORNER.0 + FIELD.0 * column, CORNER.1 + FIELD.1 * row);
    let (from, to) = (
        canvas.at((corner.0 + 1, corner.1 + 1)),
        canvas.at((corner.0 + FIELD.0 - 1, corner.1 + FIELD.1 - 1)),
    );
    canvas.filled_rectangle(from, to, shade(share))?;
    let ink = readable_on(shade(share));
    let middle = (corner.0 + FIELD.0 / 2, corner.1 + FIELD.1 / 2);
    canvas.text(
        &count.to_string(),
        Lettering::centered(13.0, ink),
        canvas.at((middle.0, middle.1 - 8)),
    )?;
    let percent = Lettering {
        vertical: VPos::Center,
        ..Lettering::centered(10.0, ink)
    };
    canvas.text(
        &format!("{:.0} %", 100.0 * share),
        percent,
        canvas.at((middle.0, middle.1 + 11)),
    )
}

/// From nearly white at 0 to the full blue at 1.
fn shade(share: f64) -> RGBColor {
    let pale = RGBColor(0xf1, 0xf5, 0xf9);
    let mix = |from: u8, to: u8| {
        (f64::from(from) + (f64::from(to) - f64::from(from)) * share).round() as u8
    };
    RGBColor(
        mix(pale.0, BLUE.0),
        mix(pale.1, BLUE.1),
        mix(pale.2, BLUE.2),
    )
}

/// Black or white, whichever has the higher contrast: at least 4.5 to 1 on any colour (WCAG 2.2, relative luminance).
fn readable_on(color: RGBColor) -> RGBColor {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = 0.2126 * linear(color.0) + 0.7152 * linear(color.1) + 0.0722 * linear(color.2);
    if luminance > 0.179 { BLACK } else { WHITE }
}
