//! How many are stopped, by models that have not seen them.

use fundus::drawn::other_pictures::Category;

use crate::fit::Model;
use crate::intervals::share;
use crate::pictures::{Photograph, Sample, Shown};

/// Parts of the patients; each is scored by a model fitted to the others.
const FOLDS: u64 = 4;

/// The share of gradable photographs below the threshold, by models that have not seen the patient.
const STOPPED_SHARE: f64 = 0.002;

/// The part a patient, or a drawn picture, belongs to: FNV-1a of the name.
pub fn fold(name: &str, folds: u64) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 29)) % folds
}

fn fold_of(index: usize, sample: &Sample) -> u64 {
    match &sample.shown {
        Shown::Photograph(photograph) => fold(&photograph.patient, FOLDS),
        Shown::LikePhotograph(patient) => fold(patient, FOLDS),
        Shown::Other(_) => index as u64 % FOLDS,
    }
}

/// The score of each sample by a model that has not seen its patient, nor any picture of the category left out.
pub fn cross_fitted(samples: &[Sample], left_out: Option<Category>) -> Vec<f64> {
    let folds: Vec<u64> = (samples.iter().enumerate())
        .map(|(index, sample)| fold_of(index, sample))
        .collect();
    let models: Vec<Model> = (0..FOLDS)
        .map(|fold| {
            let seen = samples.iter().zip(&folds).filter(|(sample, of)| {
                **of != fold && (left_out.is_none() || sample.category() != left_out)
            });
            Model::fit(&seen.map(|(sample, _)| sample).collect::<Vec<_>>())
        })
        .collect();
    (samples.iter().zip(&folds))
        .map(|(sample, fold)| models[*fold as usize].score(&sample.retina.measures))
        .collect()
}

/// The score below which [`STOPPED_SHARE`] of the gradable photographs lie.
pub fn threshold(samples: &[Sample], scores: &[f64]) -> f64 {
    let mut gradable: Vec<f64> = (samples.iter().zip(scores))
        .filter(|(sample, _)| {
            sample.has_field_of_view && sample.photograph().is_some_and(Photograph::is_gradable)
        })
        .map(|(_, score)| *score)
        .collect();
    gradable.sort_by(f64::total_cmp);
    gradable[(gradable.len() as f64 * STOPPED_SHARE) as usize]
}

/// How many pictures of something else are stopped, each category by models that know only the others.
pub fn report_categories(samples: &[Sample]) {
    println!(
        "\ncategory (left out of the fit)   pictures  no field of view  stopped by the gate  stopped"
    );
    let (mut all, mut all_stopped, mut all_seen, mut all_gated) = (0, 0, 0, 0);
    for category in Category::ALL {
        let scores = cross_fitted(samples, Some(category));
        let least = threshold(samples, &scores);
        let of: Vec<(&Sample, f64)> = samples
            .iter()
            .zip(scores)
            .filter(|(sample, _)| sample.category() == Some(category))
            .collect();
        let seen = of.iter().filter(|(sample, _)| sample.has_field_of_view);
        let gated = seen.clone().filter(|(_, score)| *score < least).count();
        let seen = seen.count();
        let stopped = of.len() - seen + gated;
        println!(
            "{:<30} {:>10} {:>17} {:>20}  {}",
            category.name(),
            of.len(),
            of.len() - seen,
            gated,
            share(stopped, of.len())
        );
        all += of.len();
        all_stopped += stopped;
        all_seen += seen;
        all_gated += gated;
    }
    println!("all together: stopped {}", share(all_stopped, all));
    println!(
        "of those with a field of view, the gate stopped {}",
        share(all_gated, all_seen)
    );
}

/// How many photographs are stopped, by models that have not seen the patient.
pub fn report_photographs(samples: &[Sample], scores: &[f64], least: f64, list: bool) {
    let others = || {
        samples
            .iter()
            .zip(scores)
            .filter(|(of, _)| of.category().is_some())
    };
    let stopped = others().filter(|(of, score)| !is_passed(of, **score, least));
    println!(
        "\nunseen pictures of categories that were fitted to: stopped {}",
        share(stopped.count(), others().count())
    );
    println!(
        "\nphotographs                     count, without a field of view, stopped by the gate, both; passed but not gradable"
    );
    let photographs: Vec<(&Sample, &Photograph, f64)> = (samples.iter().zip(scores))
        .filter_map(|(sample, score)| Some((sample, sample.photograph()?, *score)))
        .collect();
    let mut groups: Vec<String> = photographs.iter().map(|(_, of, _)| group(of)).collect();
    groups.sort();
    groups.dedup();
    let print = |name: &str, holds: &dyn Fn(&Photograph) -> bool| {
        let of = photographs
            .iter()
            .filter(|(_, photograph, _)| holds(photograph));
        let (mut count, mut unseen, mut gated, mut bad) = (0, 0, 0, 0);
        for (sample, _, score) in of {
            count += 1;
            unseen += usize::from(!sample.has_field_of_view);
            gated += usize::from(sample.has_field_of_view && *score < least);
            bad += usize::from(is_passed(sample, *score, least) && !sample.quality.gradable);
        }
        println!(
            "{name:<30} {count:>6} {unseen:>4} {gated:>4}  {}; {}",
            share(unseen + gated, count),
            share(bad, count)
        );
    };
    for name in &groups {
        print(name, &|photograph| group(photograph) == *name);
    }
    print("all but rejected and cataract", &|photograph| {
        photograph.is_gradable()
    });
    print("with retinopathy, of these", &|photograph| {
        photograph.is_gradable() && photograph.is_diseased
    });
    let (mut like, mut like_stopped) = (0, 0);
    for (sample, score) in samples.iter().zip(scores) {
        if matches!(sample.shown, Shown::LikePhotograph(_)) && sample.has_field_of_view {
            like += 1;
            like_stopped += usize::from(*score < least);
        }
    }
    println!(
        "drawn retinas, and retinas in grey, in green alone, blurred, dark, bright, with a cast or compressed: stopped {}",
        share(like_stopped, like)
    );
    if list {
        for (sample, photograph, score) in &photographs {
            let why = if !sample.has_field_of_view {
                "no field of view"
            } else if *score < least {
                "gate"
            } else if !sample.quality.gradable {
                "quality"
            } else {
                continue;
            };
            println!(
                "stopped: {} ({}) {why}, {score:.2}, quality {:.2} {:?}",
                photograph.file,
                group(photograph),
                sample.quality.score,
                sample.quality.reasons
            );
        }
    }
}

fn is_passed(sample: &Sample, score: f64, least: f64) -> bool {
    sample.has_field_of_view && score >= least
}

fn group(photograph: &Photograph) -> String {
    if photograph.quality == "reject" {
        format!("{} rejected", photograph.set)
    } else {
        photograph.set.clone()
    }
}
