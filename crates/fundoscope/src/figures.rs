//! The figures of an evaluation, and of a comparison, as rows of a table, for the terminal and for the report.

use std::collections::BTreeMap;

use trust::bootstrap::Interval;
use trust::comparison::{Comparison, Differences};
use trust::conformal::{CoverageSpread, SplitCoverage};
use trust::evaluation::{Evaluation, Figures};
use trust::held_out::{CalibrationFigures, HeldOutFigures};
use trust::metrics::CalibrationError;
use trust::{Decision, Grade};

/// A row: what is measured, and its value in each column.
pub(crate) struct FigureRow {
    pub(crate) name: String,
    pub(crate) values: Vec<Option<Interval>>,
}

/// The column names, pooled first, and the figures of each.
pub(crate) fn columns(evaluation: &Evaluation) -> Vec<(&str, &Figures)> {
    pooled_first(Some(&evaluation.pooled), &evaluation.by_source)
}

/// The pool, then each source; a single source is the pool.
fn pooled_first<'a, T>(
    pooled: Option<&'a T>,
    by_source: &'a BTreeMap<String, T>,
) -> Vec<(&'a str, &'a T)> {
    let pooled = pooled.map(|figures| ("pooled", figures)).into_iter();
    let sources = by_source
        .iter()
        .filter(|_| by_source.len() != 1)
        .map(|(source, figures)| (source.as_str(), figures));
    pooled.chain(sources).collect()
}

/// Every figure that has an interval, in the order of the report.
pub(crate) fn rows(evaluation: &Evaluation) -> Vec<FigureRow> {
    let columns = columns(evaluation);
    let row = |name: &str, value: &dyn Fn(&Figures) -> Option<Interval>| FigureRow {
        name: name.to_owned(),
        values: columns.iter().map(|(_, figures)| value(figures)).collect(),
    };
    let mut rows = vec![
        row("quadratic weighted kappa", &|figures| {
            figures.quadratic_weighted_kappa
        }),
        row("referable AUC", &|figures| figures.referable_auc),
        row("vision-threatening AUC", &|figures| {
            figures.vision_threatening_auc
        }),
        row("referable sensitivity at 90 % specificity", &|figures| {
            figures.referable_sensitivity_at_90_specificity
        }),
        row("accuracy", &|figures| figures.accuracy),
    ];
    rows.extend(Grade::ALL.map(|grade| {
        let name = format!("recall of {grade}");
        row(&name, &|figures| figures.recall_by_grade[grade.index()])
    }));
    rows.extend([
        row("expected calibration error", &|figures| {
            figures.expected_calibration_error
        }),
        row("Brier score", &|figures| figures.brier_score),
        row("negative log-likelihood (nats)", &|figures| {
            figures.negative_log_likelihood
        }),
        row("mean quality", &|figures| figures.mean_quality),
    ]);
    rows.extend(Decision::ALL.map(|decision| {
        let name = format!("share decided {decision}");
        row(&name, &|figures| {
            figures.decisions.shares.get(&decision).copied()
        })
    }));
    rows.extend([
        row("referable among those decided rescreen", &|figures| {
            figures.decisions.referable_among_rescreen
        }),
        row("decided rescreen among the referable", &|figures| {
            figures.decisions.rescreen_among_referable
        }),
        row("referable among those decided refer", &|figures| {
            figures.decisions.referable_among_refer
        }),
    ]);
    rows
}

/// A figure with its interval, three digits; a dash where it is not defined.
pub(crate) fn words(value: Option<Interval>) -> String {
    value.map_or_else(
        || "–".to_owned(),
        |Interval {
             value,
             lower,
             upper,
             ..
         }| format!("{value:.3} ({lower:.3} to {upper:.3})"),
    )
}

/// The column names of a comparison, pooled first, and the differences of each.
pub(crate) fn comparison_columns(comparison: &Comparison) -> Vec<(&str, &Differences)> {
    pooled_first(Some(&comparison.pooled), &comparison.by_source)
}

/// Every difference, in the order of the report.
pub(crate) fn comparison_rows(comparison: &Comparison) -> Vec<FigureRow> {
    let columns = comparison_columns(comparison);
    let row = |name: &str, value: &dyn Fn(&Differences) -> Option<Interval>| FigureRow {
        name: name.to_owned(),
        values: columns
            .iter()
            .map(|(_, differences)| value(differences))
            .collect(),
    };
    let mut rows = vec![
        row("quadratic weighted kappa", &|differences| {
            differences.quadratic_weighted_kappa
        }),
        row("referable AUC", &|differences| differences.referable_auc),
        row("vision-threatening AUC", &|differences| {
            differences.vision_threatening_auc
        }),
        row(
            "referable sensitivity at 90 % specificity",
            &|differences| differences.referable_sensitivity_at_90_specificity,
        ),
        row("accuracy", &|differences| differences.accuracy),
    ];
    rows.extend(Grade::ALL.map(|grade| {
        let name = format!("recall of {grade}");
        row(&name, &|differences| {
            differences.recall_by_grade[grade.index()]
        })
    }));
    rows.extend([
        row("expected calibration error", &|differences| {
            differences.expected_calibration_error
        }),
        row("Brier score", &|differences| differences.brier_score),
        row("negative log-likelihood (nats)", &|differences| {
            differences.negative_log_likelihood
        }),
    ]);
    rows
}

/// An evaluation's table as plain text.
pub(crate) fn text(evaluation: &Evaluation) -> String {
    let headings = columns(evaluation)
        .into_iter()
        .map(|(name, figures)| (name, figures.photographs));
    table(headings, rows(evaluation))
}

/// A comparison's table as plain text.
pub(crate) fn comparison_text(comparison: &Comparison) -> String {
    let headings = comparison_columns(comparison)
        .into_iter()
        .map(|(name, differences)| (name, differences.photographs));
    table(headings, comparison_rows(comparison))
}

fn table<'a>(headings: impl Iterator<Item = (&'a str, usize)>, rows: Vec<FigureRow>) -> String {
    const NAME: usize = 42;
    const VALUE: usize = 27;
    let mut text = format!("{:NAME$}", "");
    for (name, photographs) in headings {
        let heading = format!("{name} (n = {photographs})");
        text += &format!("{heading:VALUE$}");
    }
    for FigureRow { name, values } in rows {
        text = format!("{}\n{name:NAME$}", text.trim_end());
        for value in values {
            text += &format!("{:VALUE$}", words(value));
        }
    }
    text.trim_end().to_owned()
}

/// Calibration and prediction sets on patients that they were not fitted to, as plain text.
pub(crate) fn held_out_text(held_out: &HeldOutFigures) -> String {
    let mut lines = Vec::new();
    for (name, figures) in held_out_columns(held_out) {
        lines.push(format!(
            "{name} (n = {}): calibration error of the referable probability {}; of the grade {}; negative \
             log-likelihood {}",
            figures.photographs,
            calibration_error_words(figures.referable.as_ref()),
            calibration_error_words(figures.top_grade.as_ref()),
            figures
                .negative_log_likelihood
                .map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
        ));
    }
    if let Some(sets) = &held_out.prediction_sets {
        for (name, spread) in coverage_columns(sets) {
            lines.push(format!("{name}: {}", coverage_words(spread, sets)));
        }
    }
    lines.join("\n")
}

/// The column names, pooled first, and the calibration figures of each.
pub(crate) fn held_out_columns(held_out: &HeldOutFigures) -> Vec<(&str, &CalibrationFigures)> {
    pooled_first(Some(&held_out.pooled), &held_out.by_source)
}

/// The column names, pooled first, and the coverage of each.
pub(crate) fn coverage_columns(sets: &SplitCoverage) -> Vec<(&str, &CoverageSpread)> {
    pooled_first(sets.pooled.as_ref(), &sets.by_source)
}

/// A calibration error beside what perfect probabilities would give.
pub(crate) fn calibration_error_words(error: Option<&CalibrationError>) -> String {
    error.map_or_else(
        || "–".to_owned(),
        |error| {
            format!(
                "{:.3} ({:.3} before the correction; perfect probabilities would give {:.3} to {:.3})",
                error.corrected, error.raw, error.perfect_lower, error.perfect_upper
            )
        },
    )
}

/// The coverage of prediction sets beside what was promised.
pub(crate) fn coverage_words(spread: &CoverageSpread, sets: &SplitCoverage) -> String {
    format!(
        "sets of grades hold the true one in {:.1} % of the photographs, {:.0} % promised (over {} halves of the patients \
         {:.1} to {:.1} %), {:.2} grades a set",
        100.0 * spread.mean,
        100.0 * sets.promised,
        sets.splits,
        100.0 * spread.lower,
        100.0 * spread.upper,
        spread.mean_size
    )
}
