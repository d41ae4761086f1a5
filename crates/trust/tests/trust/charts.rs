//! Charts: the same drawing as SVG and PNG, fit for a strict page. The pictures stay in the target folder's `tmp`, to
//! be looked at.

use std::path::Path;

use language::Language;
use trust::bootstrap::Interval;
use trust::metrics::confusion_matrix;
use trust::place::ValidationPoint;
use trust::plot::{
    Chart, CountBar, CourseLine, CoursePoint, ExplanationLine, TradeLine, TradePoint,
    agreement_chart, confusion_chart, count_chart, course_chart, explanation_chart,
    highlighted_referral_chart, place_chart, referable_reliability_diagram, referral_chart,
    reliability_diagram, trade_chart,
};
use trust::referral::{Referral, ReferralFigure};
use trust::{Assessment, Grade, Measure};

fn photographs() -> Vec<(Assessment, Grade)> {
    crate::common::cases(290, 0.9, 7)
        .into_iter()
        .map(|case| (case.assessment, case.grade))
        .collect()
}

/// So many maps, three of them of no network, some below 0, one with a name that the font cannot write.
fn explanation_lines(count: usize) -> Vec<ExplanationLine> {
    (0..count)
        .map(|line| {
            let value = 0.04 * line as f64 - 0.1;
            ExplanationLine {
                name: if line == 5 {
                    "最大 <map>".to_owned()
                } else {
                    format!("method-number-{line}")
                },
                figure: Interval {
                    value,
                    lower: value - 0.05,
                    upper: value + 0.08,
                    skipped_resamples: 0,
                },
                is_prior: line < 3,
            }
        })
        .collect()
}

/// Bundles of three sizes, one with a name that the font cannot write and one worse than chance.
fn trade_lines() -> Vec<TradeLine> {
    let names = ["224 px", "320 px, 大", "448 px <b>"];
    (names.iter().zip([0.1, 0.25, 0.5]))
        .map(|(name, seconds)| TradeLine {
            name: (*name).to_owned(),
            points: (1..=5)
                .map(|members| {
                    let value = 0.5 + 0.4 * seconds - 0.3 / members as f64;
                    TradePoint {
                        members,
                        seconds: seconds * members as f64,
                        figure: Interval {
                            value,
                            lower: value - 0.25,
                            upper: value + 0.15,
                            skipped_resamples: 0,
                        },
                    }
                })
                .collect(),
        })
        .collect()
}

/// So many days, on which ever more is counted.
fn bars(count: usize) -> Vec<CountBar> {
    let bar = |day: usize| CountBar {
        name: format!("{day} Nö<v>"),
        count: day * day,
    };
    (0..count).map(bar).collect()
}

/// Two eyes at so many examinations.
fn courses(count: usize) -> Vec<CourseLine> {
    let line = |name: &str, share: f64| CourseLine {
        name: name.to_owned(),
        points: (0..count)
            .map(|point| CoursePoint {
                position: (90 * point + point % 3) as f64,
                name: format!("2026-{:02}-01", point + 1),
                share: (share + 0.1 * point as f64).min(1.0),
            })
            .collect(),
    };
    vec![line("right eye", 0.1), line("left <eye>", 0.3)]
}

/// With a band, and without where none was asked for.
fn highlighted_charts(photographs: &[(Assessment, Grade)]) -> Vec<(String, Chart)> {
    let patients: Vec<String> = (0..photographs.len())
        .map(|index| (index / 2).to_string())
        .collect();
    let with_bands = Referral::with_bands(photographs, &patients, 0.4, 1, 100).unwrap();
    let without = Referral::of(photographs, 0.4).unwrap();
    let chart = |referral, figure| {
        highlighted_referral_chart(referral, figure, Some(Measure::ExpectedClinicalCost))
    };
    let mut charts: Vec<(String, Chart)> = ReferralFigure::ALL
        .into_iter()
        .map(|figure| {
            let name = format!("referral-band-{}", figure.name());
            (name, chart(&with_bands, figure))
        })
        .collect();
    charts.push((
        "referral-without-band".to_owned(),
        chart(&without, ReferralFigure::Accuracy),
    ));
    charts
}

fn charts() -> Vec<(String, Chart)> {
    let photographs = photographs();
    let referral = Referral::of(&photographs, 0.4).unwrap();
    let validation: Vec<ValidationPoint> = photographs
        .iter()
        .map(|(assessment, grade)| ValidationPoint {
            entropy: assessment.uncertainty.entropy,
            correct: assessment.grade == *grade,
        })
        .collect();
    let probabilities: Vec<_> = photographs
        .iter()
        .map(|(assessment, grade)| (assessment.probabilities, *grade))
        .collect();
    let grades = photographs
        .iter()
        .map(|(assessment, grade)| (*grade, assessment.grade));
    let referral_charts = ReferralFigure::ALL.map(|figure| {
        (
            format!("referral-{}", figure.name()),
            referral_chart(&referral, figure),
        )
    });
    let mut charts = Vec::from(referral_charts);
    charts.extend(highlighted_charts(&photographs));
    charts.extend([
        (
            "trade".to_owned(),
            trade_chart("quadratic weighted kappa", &trade_lines()),
        ),
        (
            "trade-without-bundles".to_owned(),
            trade_chart("referable AUC", &[]),
        ),
        (
            "explanations".to_owned(),
            explanation_chart("mass accuracy", &explanation_lines(17)),
        ),
        (
            "more-explanations-than-are-drawn".to_owned(),
            explanation_chart("mass accuracy", &explanation_lines(40)),
        ),
        (
            "explanations-of-none".to_owned(),
            explanation_chart("pointing game", &[]),
        ),
        (
            "place".to_owned(),
            place_chart(Language::English, &validation, Some(0.83)),
        ),
        (
            "place-at-the-edge".to_owned(),
            place_chart(Language::English, &validation, Some(1.6)),
        ),
        (
            "place-of-none".to_owned(),
            place_chart(Language::English, &validation, None),
        ),
        (
            "reliability".to_owned(),
            reliability_diagram(&probabilities),
        ),
        (
            "referable-reliability".to_owned(),
            referable_reliability_diagram(&probabilities),
        ),
        (
            "confusion".to_owned(),
            confusion_chart(&confusion_matrix(grades)),
        ),
        (
            "place-without-validation".to_owned(),
            place_chart(Language::English, &[], Some(0.5)),
        ),
        (
            "reliability-without-photographs".to_owned(),
            reliability_diagram(&[]),
        ),
        (
            "referable-reliability-without-photographs".to_owned(),
            referable_reliability_diagram(&[]),
        ),
        (
            "agreement".to_owned(),
            agreement_chart(
                Language::English,
                "Readers and system",
                ["system", "reader"],
                &[[7, 1, 0, 0, 0], [2, 5, 1, 0, 0], [0; 5], [0; 5], [0; 5]],
            ),
        ),
        (
            "counts".to_owned(),
            count_chart(Language::English, "By grade", "screenings", &bars(6)),
        ),
        (
            "counts-of-many-days".to_owned(),
            count_chart(Language::English, "By day", "screenings", &bars(60)),
        ),
        (
            "counts-of-nothing".to_owned(),
            count_chart(Language::English, "By day", "screenings", &[]),
        ),
        (
            "course".to_owned(),
            course_chart(Language::English, "Over time", "referable (%)", &courses(9)),
        ),
        (
            "course-of-one-moment".to_owned(),
            course_chart(Language::English, "Over time", "referable (%)", &courses(1)),
        ),
        (
            "course-of-nothing".to_owned(),
            course_chart(Language::English, "Over time", "referable (%)", &[]),
        ),
        (
            "confusion-without-photographs".to_owned(),
            confusion_chart(&[[0; 5]; 5]),
        ),
    ]);
    charts
}

#[test]
fn every_chart_becomes_a_png_of_the_asked_size() {
    for (name, chart) in charts() {
        for (width, height, suffix) in [(600, 380, ""), (1200, 760, "@2x")] {
            let file = chart.png(width, height).unwrap();
            let picture = image::load_from_memory(&file).unwrap().to_rgb8();
            assert_eq!(picture.dimensions(), (width, height), "{name}");
            let ink = picture
                .pixels()
                .filter(|pixel| pixel.0 != [255, 255, 255])
                .count();
            assert!(ink > 1000, "{name} is empty: {ink} pixels are not white");
            std::fs::write(
                Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}{suffix}.png")),
                file,
            )
            .unwrap();
        }
    }
}

#[test]
fn every_svg_is_fit_for_a_strict_content_security_policy() {
    for (name, chart) in charts() {
        let svg = chart.svg().unwrap();
        std::fs::write(
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.svg")),
            &svg,
        )
        .unwrap();
        assert!(
            svg.starts_with(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"600\" height=\"380\""
            ),
            "{name}"
        );
        assert!(svg.trim_end().ends_with("</svg>"), "{name}");
        for forbidden in ["style=", "<style", "<script", "href", "onload", "data:"] {
            assert!(!svg.contains(forbidden), "{name} contains {forbidden}");
        }
        assert!(
            svg.contains(&format!("<title>{}", chart.title())),
            "{name} names itself"
        );
        assert_tags_balance(&name, &svg);
    }
}

/// The drawing library writes one tag after another; each must be closed, in order.
fn assert_tags_balance(name: &str, svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (inside, text) = tag
            .split_once('>')
            .unwrap_or_else(|| panic!("{name}: unfinished tag {tag}"));
        assert!(
            !text.contains('&')
                || text.contains("&amp;")
                || text.contains("&lt;")
                || text.contains("&gt;")
        );
        if let Some(closed) = inside.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}");
        } else if !inside.ends_with('/') {
            open.push(inside.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} stay open");
}

#[test]
fn the_place_of_a_photograph_is_said_in_words() {
    let validation: Vec<ValidationPoint> = (0..120)
        .map(|index| ValidationPoint {
            entropy: index as f32 / 100.0,
            correct: index < 60,
        })
        .collect();
    assert_eq!(
        place_chart(Language::English, &validation, Some(0.1)).subtitle(),
        "This photograph: 0.10 nats. Of the 20 validation photographs closest to it, 20 were graded right."
    );
    assert_eq!(
        place_chart(Language::English, &validation, Some(1.1)).subtitle(),
        "This photograph: 1.10 nats. Of the 20 validation photographs closest to it, 0 were graded right."
    );
}

#[test]
fn a_referral_chart_says_its_figure_and_whose_band_it_shows() {
    let charts = highlighted_charts(&photographs());
    let (_, auc) = &charts[1];
    assert!(auc.title().starts_with("Referable AUC against"));
    assert!(
        auc.subtitle()
            .ends_with("band: 95 % interval of expected clinical cost")
    );
    let (_, without) = charts.last().unwrap();
    assert!(
        without
            .subtitle()
            .ends_with("a higher line is a better measure")
    );
    assert!(auc.svg().unwrap().contains("opacity=\"0.2\""));
}
