//! Screenings of drawn retinas, and what a report of them needs beside.

use std::sync::Mutex;

use clinic::{
    AcceptedPhotograph, Circumstances, ContentHash, Counterfactual, Examination, Explanation,
    ExplanationState, FieldOfView, Finding, Laterality, MapRecord, Photograph, PhotographFacts,
    PhotographState, Quality, Region, Review, Screening, Stage, Verdict,
};
use exchange::{Method, Model, Paper, Report};
use fundus::drawn::{DrawnRetina, LesionLoad};
use image::codecs::jpeg::JpegEncoder;
use time::macros::datetime;
use trust::bootstrap::Interval;
use trust::conformal::Promise;
use trust::place::ValidationPoint;
use trust::{Decision, Grade, PredictionSet, Probabilities, Rule, Uncertainty};

pub const FINGERPRINT: &str = "a1b2c3d4e5f60718";

/// A photograph to be reported, with a picture of its own.
#[derive(Clone)]
pub struct Taken {
    pub file: String,
    pub laterality: Option<Laterality>,
    pub grade: Grade,
    pub decision: Decision,
    pub places: usize,
    pub faults: Vec<String>,
}

impl Taken {
    pub fn new(laterality: Laterality, grade: Grade, decision: Decision) -> Self {
        let side = match laterality {
            Laterality::Right => "od",
            Laterality::Left => "os",
        };
        Self {
            file: format!("{side}_macula.jpg"),
            laterality: Some(laterality),
            grade,
            decision,
            places: if grade == Grade::NoDr { 1 } else { 4 },
            faults: Vec::new(),
        }
    }
}

/// A finished report of these photographs.
pub fn report(patient: &str, photographs: &[Taken]) -> Report {
    let taken = photographs.iter().enumerate();
    Report {
        pictures: taken
            .clone()
            .map(|(place, each)| {
                let alone = photographs
                    .iter()
                    .filter(|other| other.laterality == each.laterality)
                    .count()
                    < 2;
                Some(picture(place as u64, each, if alone { 600 } else { 500 }))
            })
            .collect(),
        screening: Screening {
            id: "0d9e5f8a-6c1b-4d7e-9a43-2f1c0b8e7d65".parse().unwrap(),
            created: datetime!(2026-03-02 09:30 UTC),
            patient_id: None,
            patient: Some(patient.to_owned()),
            year_of_birth: Some(1961),
            circumstances: Circumstances::default(),
            laterality: None,
            photographs: taken.map(|(place, each)| photograph(place, each)).collect(),
            reviews: Vec::new(),
        },
        places: Method {
            name: "combined".into(),
            title: "Combined evidence".into(),
        },
        model: model(),
        made_by: Some("A. Screener".into()),
        language: language::Language::English,
        made: datetime!(2026-03-02 10:15 UTC),
        paper: Paper::A4,
    }
}

/// A right and a left eye of two photographs each.
pub fn usual() -> Report {
    let right = Taken::new(Laterality::Right, Grade::Moderate, Decision::Refer);
    let left = Taken::new(Laterality::Left, Grade::NoDr, Decision::Rescreen);
    let other = |taken: &Taken, grade| Taken {
        file: taken.file.replace("macula", "disc"),
        grade,
        ..taken.clone()
    };
    let photographs = [
        right.clone(),
        other(&right, Grade::Severe),
        left.clone(),
        other(&left, Grade::NoDr),
    ];
    report("P-2041-77", &photographs)
}

pub fn review(laterality: Laterality, verdict: Verdict, reader: &str) -> Review {
    Review {
        id: "5b7c1d2e-3f40-4a5b-8c6d-7e8f90a1b2c3".parse().unwrap(),
        laterality: Some(laterality),
        reader: Some(reader.to_owned()),
        verdict,
        system_grade: Some(Grade::Mild),
        created: datetime!(2026-03-02 10:02 UTC),
    }
}

fn picture(seed: u64, taken: &Taken, side: u32) -> Vec<u8> {
    type Kept = ((u64, Option<Laterality>, Grade, u32), Vec<u8>);
    static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());
    let key = (seed, taken.laterality, taken.grade, side);
    let mut kept = KEPT.lock().unwrap();
    if let Some((_, bytes)) = kept.iter().find(|(known, _)| *known == key) {
        return bytes.clone();
    }
    let drawing = DrawnRetina {
        seed,
        width: 1000,
        height: 800,
        laterality: match taken.laterality {
            Some(Laterality::Left) => fundus::Laterality::Left,
            _ => fundus::Laterality::Right,
        },
        lesions: LesionLoad::from_name(
            ["none", "mild", "moderate", "severe", "proliferative"][taken.grade.index()],
        )
        .unwrap(),
        ..DrawnRetina::default()
    }
    .draw();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 85)
        .encode_image(&drawing.field_of_view.crop(&drawing.picture, side))
        .unwrap();
    kept.push((key, bytes.clone()));
    bytes
}

fn photograph(place: usize, taken: &Taken) -> Photograph {
    // Not read by a report.
    let hash = ContentHash::of(format!("photograph {place}").as_bytes());
    let is_gradable = taken.decision != Decision::Retake;
    Photograph {
        id: format!("7f000000-0000-4000-8000-{place:012}")
            .parse()
            .unwrap(),
        file_name: taken.file.clone(),
        state: PhotographState::Accepted(Box::new(AcceptedPhotograph {
            original: hash.clone(),
            cropped: hash.clone(),
            standardized: hash.clone(),
            facts: PhotographFacts {
                width: 1000,
                height: 800,
                media_type: "image/jpeg".into(),
                field_of_view: FieldOfView {
                    center: [500.0, 400.0],
                    radius: 390.0,
                },
                quality: Quality {
                    gradable: is_gradable,
                    score: if is_gradable { 0.83 } else { 0.07 },
                    reasons: taken.faults.clone(),
                },
                laterality: taken.laterality,
                recorded_laterality: None,
                seen_laterality: None,
                laterality_checked: false,
            },
            stage: Stage::Graded {
                finding: finding(taken),
                explanations: vec![Explanation {
                    id: "11111111-1111-4111-8111-111111111111".parse().unwrap(),
                    method: "combined".into(),
                    target: taken.grade.index().to_string(),
                    state: ExplanationState::Ready {
                        map: MapRecord {
                            height: 1,
                            width: 1,
                            content: hash,
                        },
                        completeness: None,
                        empty: false,
                        scale: Some(1.0),
                        examination: Some(Box::new(examination(taken))),
                    },
                }],
            },
        })),
    }
}

fn finding(taken: &Taken) -> Finding {
    let (rule, reason) = match taken.decision {
        Decision::Refer => (
            Rule::Referable,
            "The probability of referable retinopathy, 0.812, is at or above the threshold 0.400.",
        ),
        Decision::Rescreen => (
            Rule::Negative,
            "The probability of referable retinopathy, 0.031, is below 0.100, and the entropy, 0.412, is at most 1.100.",
        ),
        Decision::Unsure => (
            Rule::BetweenThresholds,
            "The probability of referable retinopathy, 0.231, lies between 0.100, below which it is safely negative, and 0.400, \
             from which it is referred.",
        ),
        Decision::Retake => (Rule::PoorQuality, "The quality 0.07 is below 0.20."),
    };
    let mut probabilities = [0.05; 5];
    probabilities[taken.grade.index()] = 0.8;
    Finding {
        grade: taken.grade,
        probabilities: Probabilities::new(probabilities).unwrap(),
        uncertainty: Uncertainty {
            std: [0.02; 5],
            entropy: 0.78,
            expected_entropy: 0.7,
            mutual_information: 0.08,
            entropy_of_entropies: 0.0,
            variation_ratio: 0.0,
        },
        prediction_set: Some(PredictionSet::single(taken.grade)),
        prediction_words: Some(format!("{} only, nine in ten", taken.grade.words())),
        unfamiliarity: Some(1.04),
        decision: taken.decision,
        rule: Some(rule),
        reason: reason.into(),
        bundle: FINGERPRINT.into(),
        passes: 12,
    }
}

fn examination(taken: &Taken) -> Examination {
    let places = [
        [0.35, 0.4],
        [0.6, 0.3],
        [0.55, 0.7],
        [0.3, 0.65],
        [0.75, 0.5],
    ];
    let regions = places.into_iter().cycle().take(taken.places).enumerate();
    let regions: Vec<Region> = regions
        .map(|(index, center)| region(center, 0.03 + 0.012 * index as f64, taken.grade))
        .collect();
    let changed = Grade::from_index(taken.grade.index().wrapping_sub(1));
    Examination {
        counterfactual: changed.map(|grade| {
            let known = Counterfactual {
                removed: vec![0, 2],
                grade,
            };
            (known, ContentHash::of(b"not read by a report"))
        }),
        regions,
    }
}

fn region([x, y]: [f64; 2], radius: f64, grade: Grade) -> Region {
    let corner = |step: usize| {
        let angle = step as f64 / 14.0 * std::f64::consts::TAU;
        let radius = radius * (1.0 + 0.25 * (3.0 * angle).sin());
        [x + radius * angle.cos(), y + radius * angle.sin()]
    };
    Region {
        peak: [x, y],
        outline: (0..14).map(corner).collect(),
        share_of_evidence: radius * 4.0,
        diameter: 2.0 * radius,
        disc_diameters: Some(2.0 * radius / 0.17),
        speaks_for: (radius > 0.04).then_some(grade),
    }
}

fn model() -> Model {
    let interval = |value: f64| {
        Some(Interval {
            value,
            lower: value - 0.04,
            upper: value + 0.03,
            skipped_resamples: 0,
        })
    };
    let validation = (0..120).map(|index| ValidationPoint {
        entropy: index as f32 / 80.0,
        correct: index % 5 != 4,
    });
    Model {
        name: "starter".into(),
        fingerprint: FINGERPRINT.into(),
        members: 3,
        input_side: 512,
        validation: validation.collect(),
        kappa: interval(0.83),
        referable_auc: interval(0.94),
        promise: Some(Promise::Split { coverage: 0.9 }),
        unfamiliar_above: Some(1.6),
        licence: "research use only; trained on public photographs".into(),
    }
}
