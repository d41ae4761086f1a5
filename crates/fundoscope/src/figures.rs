//! The figures of an evaluation, and of a comparison, as rows of a table, for the terminal and for the report.

use trust::bootstrap::Interval;
use trust::comparison::{Comparison, Differences};
use trust::evaluation::{Evaluation, Figures};
use trust::{Decision, Grade};

/// A row: what is measured, and its value in each column.
pub(crate) struct FigureRow {
    pub(crate) name: String,
    pub(crate) values: Vec<Option<Interval>>,
}

/// The column names, pooled first, and the figures of each.
pub(crate) fn columns(evaluation: &Evaluation) -> Vec<(&str, &Figures)> {
    let by_source = evaluation
        .by_source
        .iter()
        .map(|(source, figures)| (source.as_str(), figures));
    let pooled = std::iter::once(("pooled", &evaluation.pooled));
    // A single source is the pool.
    match evaluation.by_source.len() {
        1 => pooled.collect(),
        _ => pooled.chain(by_source).collect(),
    }
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
    let by_source = comparison
        .by_source
        .iter()
        .map(|(source, differences)| (source.as_str(), differences));
    let pooled = std::iter::once(("pooled", &comparison.pooled));
    // A single source is the pool.
    match comparison.by_source.len() {
        1 => pooled.collect(),
        _ => pooled.chain(by_source).collect(),
    }
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
