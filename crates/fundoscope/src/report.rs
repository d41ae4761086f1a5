//! The report of an evaluation: one HTML file that needs nothing else, on screen and on paper.

mod explanations;

use anyhow::Context;
use grader::BundleManifest;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use training::source::Split;
use trust::bootstrap::patient_group;
use trust::comparison::Comparison;
use trust::evaluation::{Case, Evaluation, Figures};
use trust::held_out::HeldOutFigures;
use trust::plot::{self, Chart};
use trust::referral::{Referral, ReferralFigure};
use trust::{Assessment, DISCLAIMER, Grade, Probabilities};

use crate::figures::{self, FigureRow};

pub(crate) use explanations::SavedScorecard;

const STYLE: &str = "\
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
.disclaimer { border-left: 4px solid #b45309; background: #fff7ed; padding: .6rem 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #ddd; white-space: nowrap; }
thead th { border-bottom: 2px solid #555; } tbody th { font-weight: normal; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; max-width: 600px; flex: 1 1 420px; border: 1px solid #ddd; } figure svg { width: 100%; height: auto; display: block; }
figcaption { padding: .4rem .8rem; font-size: .9rem; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } figure { flex: 0 0 48%; } figure, tr { break-inside: avoid; } }
";

/// Resamples behind the bands of the curves: their ends need no third digit.
const BAND_RESAMPLES: usize = 500;

/// What the report is about.
pub(crate) struct Report<'a> {
    pub(crate) evaluation: &'a Evaluation,
    /// With another model, where there is one.
    pub(crate) comparison: Option<&'a Comparison>,
    /// Calibration and prediction sets on patients they were not fitted to, where there are enough.
    pub(crate) held_out: Option<&'a HeldOutFigures>,
    /// What its explanations are worth, where that was measured.
    pub(crate) scorecard: Option<&'a SavedScorecard>,
    pub(crate) cases: &'a [Case],
    pub(crate) manifest: &'a BundleManifest,
    pub(crate) split: Option<Split>,
    /// Photographs that could not be graded.
    pub(crate) failed: usize,
    /// Which passes were behind each answer, in words.
    pub(crate) passes: String,
}

/// The whole page. It names sources and counts, never a photograph or a patient.
pub(crate) fn page(report: &Report<'_>) -> anyhow::Result<String> {
    let evaluation = report.evaluation;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Evaluation of a model for diabetic retinopathy" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "Evaluation" }
                    p { (summary(report)) }
                    p.disclaimer { (DISCLAIMER) }
                    h2 { "Figures" }
                    p {
                        "Each with its 95 % interval: bootstrap over patients, " (evaluation.resamples)
                        " resamples, seed " (evaluation.seed) ". Referable means grade 2 or more, vision-threatening \
                        grade 3 or more. A dash means that the figure is not defined on these photographs."
                    }
                    (figures_table(evaluation))
                    @if let Some(comparison) = report.comparison {
                        h2 { "Against another model" }
                        p {
                            "This model's figure less the other's, on the same photographs and the same resamples of \
                            the patients. An interval that does not hold 0 is a difference that these photographs show."
                        }
                        (comparison_table(comparison))
                    }
                    h2 { "Photographs by true grade" }
                    (grades_table(evaluation))
                    h2 { "Graded as what" }
                    div.charts { (confusion_charts(evaluation)?) }
                    h2 { "Are the probabilities right?" }
                    @if let Some(held_out) = report.held_out { (held_out_section(held_out)) }
                    div.charts { (reliability_charts(report)?) }
                    @if !report.manifest.operating_points.is_empty() {
                        h2 { "Operating points" }
                        p {
                            "Where the model may be told to stand, and what each was worth on the photographs that it was \
                            chosen on."
                        }
                        (operating_points_table(report))
                    }
                    h2 { "What handing unsure photographs to a human gains" }
                    p {
                        "Each curve hands the most unsure photographs over first, by another measure. The band is that of the \
                        measure which decides: 95 % of the resamples of the patients lie in it."
                    }
                    div.charts { (referral_charts(report)?) }
                    @if let Some(scorecard) = report.scorecard {
                        h2 { "Do explanations point at lesions?" }
                        (scorecard.section()?)
                    }
                    h2 { "The model" }
                    (model_table(report))
                }
            }
        }
    };
    Ok(page.into_string())
}

fn summary(report: &Report<'_>) -> String {
    let Figures {
        photographs,
        patients,
        ..
    } = report.evaluation.pooled;
    let sources: Vec<&str> = report
        .evaluation
        .by_source
        .keys()
        .map(String::as_str)
        .collect();
    let split = report
        .split
        .map_or_else(String::new, |split| format!(", split {}", split.name()));
    let failed = match report.failed {
        0 => String::new(),
        1 => "; 1 photograph could not be graded and is left out".to_owned(),
        failed => format!("; {failed} photographs could not be graded and are left out"),
    };
    format!(
        "{photographs} photographs of {patients} patients from {}{split}{failed}. {}.",
        sources.join(", "),
        report.passes
    )
}

fn figures_table(evaluation: &Evaluation) -> Markup {
    let columns = figures::columns(evaluation);
    let names = columns.into_iter().map(|(name, _)| name).collect();
    rows_table("figure", names, figures::rows(evaluation))
}

fn comparison_table(comparison: &Comparison) -> Markup {
    let columns = figures::comparison_columns(comparison);
    let names = columns.into_iter().map(|(name, _)| name).collect();
    rows_table("difference of", names, figures::comparison_rows(comparison))
}

fn rows_table(what: &'static str, columns: Vec<&str>, rows: Vec<FigureRow>) -> Markup {
    let headings: Vec<&str> = std::iter::once(what).chain(columns).collect();
    let body = html! {
        @for row in rows {
            tr {
                th scope="row" { (row.name) }
                @for value in row.values { td { (figures::words(value)) } }
            }
        }
    };
    table(&headings, body)
}

/// A table that scrolls by itself where it is too wide; `body` is its rows.
fn table(headings: &[&str], body: Markup) -> Markup {
    html! {
        div.wide {
            table {
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody { (body) }
            }
        }
    }
}

fn grades_table(evaluation: &Evaluation) -> Markup {
    let grades = Grade::ALL.map(Grade::words);
    let headings = [&["source", "photographs", "patients"][..], &grades].concat();
    let body = html! {
        @for (name, figures) in figures::columns(evaluation) {
            tr {
                th scope="row" { (name) }
                td { (figures.photographs) }
                td { (figures.patients) }
                @for count in figures.photographs_by_grade { td { (count) } }
            }
        }
    };
    table(&headings, body)
}

fn confusion_charts(evaluation: &Evaluation) -> anyhow::Result<Markup> {
    let charts = figures::columns(evaluation)
        .into_iter()
        .map(|(name, figures)| figure(&plot::confusion_chart(&figures.confusion_matrix), name));
    Ok(joined(charts.collect::<Result<_, _>>()?))
}

fn reliability_charts(report: &Report<'_>) -> anyhow::Result<Markup> {
    let charts = groups(report).into_iter().map(|(name, cases)| {
        let predictions: Vec<(Probabilities, Grade)> = cases
            .iter()
            .map(|case| (case.assessment.probabilities, case.grade))
            .collect();
        let grades = figure(&plot::reliability_diagram(&predictions), name)?;
        let referable = figure(&plot::referable_reliability_diagram(&predictions), name)?;
        anyhow::Ok(joined(vec![grades, referable]))
    });
    Ok(joined(charts.collect::<Result<_, _>>()?))
}

fn held_out_section(held_out: &HeldOutFigures) -> Markup {
    let headings = [
        "source",
        "photographs",
        "calibration error, referable",
        "calibration error, grade",
    ];
    let body = html! {
        @for (name, figures) in figures::held_out_columns(held_out) {
            tr {
                th scope="row" { (name) }
                td { (figures.photographs) }
                td { (figures::calibration_error_words(figures.referable.as_ref())) }
                td { (figures::calibration_error_words(figures.top_grade.as_ref())) }
            }
        }
    };
    html! {
        p {
            "Measured on patients that calibration and prediction sets were not fitted to: calibration errors with what chance \
            alone would give taken off, and in brackets as they are, with the range in which perfect probabilities would lie."
        }
        (table(&headings, body))
        @if let Some(sets) = &held_out.prediction_sets {
            ul {
                @for (name, spread) in figures::coverage_columns(sets) {
                    li { (name) ": " (figures::coverage_words(spread, sets)) "." }
                }
            }
        }
    }
}

fn operating_points_table(report: &Report<'_>) -> Markup {
    let headings = [
        "operating point",
        "refer from",
        "rescreen below",
        "sensitivity",
        "specificity",
    ];
    let body = html! {
        @for point in &report.manifest.operating_points {
            tr {
                th scope="row" {
                    (point.name.words())
                    @if point.policy == report.manifest.policy { " (decides)" }
                }
                td { (format!("{:.3}", point.policy.refer_at)) }
                td { (format!("{:.3}", point.policy.rescreen_below)) }
                td { (figures::words(Some(point.sensitivity))) }
                td { (figures::words(Some(point.specificity))) }
            }
        }
    };
    table(&headings, body)
}

fn referral_charts(report: &Report<'_>) -> anyhow::Result<Markup> {
    let photographs: Vec<(Assessment, Grade)> = report
        .cases
        .iter()
        .map(|case| (case.assessment, case.grade))
        .collect();
    let patients: Vec<String> = report
        .cases
        .iter()
        .map(|case| patient_group(&case.source, &case.patient))
        .collect();
    let policy = &report.manifest.policy;
    let (seed, resamples) = (report.evaluation.seed, report.evaluation.resamples);
    let referral = Referral::with_bands(
        &photographs,
        &patients,
        policy.refer_at,
        seed,
        resamples.min(BAND_RESAMPLES),
    )?;
    let highlighted = Some(policy.unsure_measure);
    let charts = ReferralFigure::ALL.into_iter().map(|of| {
        let chart = plot::highlighted_referral_chart(&referral, of, highlighted);
        figure(&chart, "pooled")
    });
    Ok(joined(charts.collect::<Result<_, _>>()?))
}

/// The cases of each column of the tables.
fn groups<'a>(report: &'a Report<'_>) -> Vec<(&'a str, Vec<&'a Case>)> {
    let pooled = figures::columns(report.evaluation).into_iter().enumerate();
    pooled
        .map(|(column, (name, _))| {
            let is_wanted = |case: &&Case| column == 0 || case.source == name;
            (name, report.cases.iter().filter(is_wanted).collect())
        })
        .collect()
}

fn figure(chart: &Chart, caption: &str) -> anyhow::Result<Markup> {
    let svg = chart.svg().with_context(|| chart.title().to_owned())?;
    Ok(html! { figure { (PreEscaped(svg)) figcaption { (caption) } } })
}

fn joined(parts: Vec<Markup>) -> Markup {
    html! { @for part in parts { (part) } }
}

fn model_table(report: &Report<'_>) -> Markup {
    let manifest = report.manifest;
    let side = manifest.preparation.input_side;
    let policy = manifest.policy;
    let rows = [
        ("members", manifest.members.len().to_string()),
        ("network's input", format!("{side} x {side} pixels")),
        (
            "training photographs by grade",
            format!("{:?}", manifest.grade_counts),
        ),
        (
            "fingerprint of the training data",
            manifest.data_fingerprint.clone(),
        ),
        ("revision of the code", manifest.code_revision.clone()),
        ("licence of the weights", manifest.licence.clone()),
        (
            "decision rule",
            format!(
                "retake below quality {}; refer from referable probability {}; else unsure above unfamiliarity {}; else \
                 unsure above {} for the {}; else rescreen below referable probability {}; else unsure",
                policy.minimum_quality,
                policy.refer_at,
                policy.unfamiliar_above.unwrap_or(f32::INFINITY),
                policy.unsure_above,
                policy.unsure_measure.words(),
                policy.rescreen_below
            ),
        ),
    ];
    html! {
        table {
            tbody {
                @for (name, value) in rows {
                    tr { th scope="row" { (name) } td style="white-space: normal" { (value) } }
                }
            }
        }
    }
}
