//! The figures of an evaluation as rows of a table, for the terminal and for the report.

use trust::bootstrap::Interval;
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

/// The table as plain text.
pub(crate) fn text(evaluation: &Evaluation) -> String {
    const NAME: usize = 42;
    const VALUE: usize = 26;
    let columns = columns(evaluation);
    let mut text = format!("{:NAME$}", "");
    for (name, figures) in &columns {
        let heading = format!("{name} (n = {})", figures.photographs);
        text += &format!("{heading:VALUE$}");
    }
    for FigureRow { name, values } in rows(evaluation) {
        text = format!("{}\n{name:NAME$}", text.trim_end());
        for value in values {
            text += &format!("{:VALUE$}", words(value));
        }
    }
    text.trim_end().to_owned()
}
