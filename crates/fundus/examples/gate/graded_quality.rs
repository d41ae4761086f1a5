//! How well quality tells photographs that readers rejected from those they called good: by the score, and by a logistic
//! regression on what was measured, whose patients are scored by a model that has not seen them.

use crate::intervals::{Judged, area_in_words};
use crate::pictures::{Photograph, Sample};
use crate::validation::fold;

const FOLDS: u64 = 5;
/// Penalty on each squared weight, in photographs.
const PENALTY: f64 = 3.0;

pub fn report(samples: &[Sample]) {
    let labelled: Vec<(&Sample, &Photograph)> = samples
        .iter()
        .filter_map(|sample| Some((sample, sample.photograph()?)))
        .filter(|(_, of)| ["good", "reject"].contains(&of.quality.as_str()))
        // Photographs of the folder of originals are there once more, small.
        .filter(|(_, of)| of.set != "eyepacs_native")
        .collect();
    let judged = |badness: &[f64]| -> Vec<Judged> {
        (labelled.iter().zip(badness))
            .map(|((_, photograph), badness)| Judged {
                patient: photograph.patient.clone(),
                badness: *badness,
                is_bad: photograph.quality == "reject",
            })
            .collect()
    };
    // What has no field of view is stopped before it is measured: the worst there is.
    let scores: Vec<f64> = labelled
        .iter()
        .map(|(sample, _)| {
            if sample.has_field_of_view {
                1.0 - f64::from(sample.quality.score)
            } else {
                1.0
            }
        })
        .collect();
    println!(
        "\nquality: area under the curve, rejected against good, of {} photographs, with its interval by patient",
        labelled.len()
    );
    println!(
        "the score                              {}",
        area_in_words(&judged(&scores))
    );
    let own = |sample: &Sample| -> Vec<f64> {
        let quality = &sample.quality;
        [
            quality.focus.max(1e-4).ln(),
            quality.illumination,
            quality.evenness,
            quality.clipped,
            quality.coverage,
        ]
        .map(f64::from)
        .to_vec()
    };
    let with_gate = |sample: &Sample| {
        let mut terms = own(sample);
        terms.extend(sample.retina.measures.map(f64::from));
        terms
    };
    for (name, terms) in [
        (
            "a regression on its measures",
            &own as &dyn Fn(&Sample) -> Vec<f64>,
        ),
        ("the same with the gate's measures", &with_gate),
    ] {
        let crossed = crossed(&labelled, terms);
        println!("{name:<38} {}", area_in_words(&judged(&crossed)));
    }
}

/// The scores of a logistic regression by patients it has not seen.
fn crossed(labelled: &[(&Sample, &Photograph)], terms: &dyn Fn(&Sample) -> Vec<f64>) -> Vec<f64> {
    let rows: Vec<Vec<f64>> = labelled.iter().map(|(sample, _)| terms(sample)).collect();
    let mut scores = vec![0.0; rows.len()];
    for part in 0..FOLDS {
        let is_seen = |at: usize| fold(&labelled[at].1.patient, FOLDS) != part;
        let seen: Vec<usize> = (0..rows.len()).filter(|&at| is_seen(at)).collect();
        let count = seen.len() as f64;
        let width = rows[0].len();
        let means: Vec<f64> = (0..width)
            .map(|term| seen.iter().map(|&at| rows[at][term]).sum::<f64>() / count)
            .collect();
        let deviations: Vec<f64> = (0..width)
            .map(|term| {
                let squares = seen
                    .iter()
                    .map(|&at| (rows[at][term] - means[term]).powi(2));
                (squares.sum::<f64>() / count).sqrt() + 1e-6
            })
            .collect();
        let standard = |at: usize| -> Vec<f64> {
            (0..width)
                .map(|term| ((rows[at][term] - means[term]) / deviations[term]).clamp(-4.0, 4.0))
                .collect()
        };
        let known: Vec<(Vec<f64>, f64)> = seen
            .iter()
            .map(|&at| {
                (
                    standard(at),
                    f64::from(u8::from(labelled[at].1.quality == "reject")),
                )
            })
            .collect();
        let weights = descended(&known, width);
        for at in (0..rows.len()).filter(|&at| !is_seen(at)) {
            let values = standard(at);
            scores[at] =
                weights[width] + values.iter().zip(&weights).map(|(a, b)| a * b).sum::<f64>();
        }
    }
    scores
}

/// Logistic regression by plain gradient descent; the intercept last.
fn descended(known: &[(Vec<f64>, f64)], width: usize) -> Vec<f64> {
    let mut weights = vec![0.0; width + 1];
    let rate = 4.0 / (known.len() as f64 * (width + 1) as f64);
    for _ in 0..4000 {
        let mut slope: Vec<f64> = weights.iter().map(|weight| PENALTY * weight).collect();
        slope[width] = 0.0;
        for (values, truth) in known {
            let sum: f64 = values.iter().zip(&weights).map(|(a, b)| a * b).sum();
            let off = 1.0 / (1.0 + (-(sum + weights[width])).exp()) - truth;
            (slope.iter_mut().zip(values)).for_each(|(slope, value)| *slope += off * value);
            slope[width] += off;
        }
        (weights.iter_mut().zip(&slope)).for_each(|(weight, slope)| *weight -= rate * slope);
    }
    weights
}
