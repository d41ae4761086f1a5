//! What an explanation is worth: known answers, invariances, and values of scikit-learn and SciPy
//! (`tests/reference/scorecard.py`).

use attribution::scorecard::{LesionMask, Subject, localization};
use attribution::{
    Map, Method, Options, Target, candidates, counterfactual, rank_correlation, similarity,
};
use image::{Rgb, RgbImage};
use proptest::prelude::*;
use trust::Grade;

use crate::common::{SIDE, member, network, picture, preparation};

/// scikit-learn's and SciPy's values for the formulas of the first test.
const AREA_UNDER_CURVE: f64 = 0.4345331759769211;
const MASS_ACCURACY: f64 = 0.048826291079812206;
const RANK_CORRELATION: f64 = 0.0020335259954826967;

fn map(side: usize, value: impl Fn(usize) -> f32) -> Map {
    Map {
        height: side,
        width: side,
        values: (0..side * side).map(value).collect(),
    }
}

fn mask(side: usize, lesion: impl Fn(usize) -> bool, retina: impl Fn(usize) -> bool) -> LesionMask {
    LesionMask {
        side,
        lesion: (0..side * side).map(lesion).collect(),
        retina: (0..side * side).map(retina).collect(),
    }
}

#[test]
fn figures_are_those_of_scikit_learn() {
    let side = 24;
    let map = map(side, |place| ((place * 37) % 101 / 5) as f32 - 4.0);
    let mask = mask(
        side,
        |place| (place * 13) % 17 == 0,
        |place| (place * 7) % 11 != 3,
    );
    let found = localization(&map, &mask).unwrap();
    assert!(
        (found.area_under_curve - AREA_UNDER_CURVE).abs() < 1e-12,
        "{found:?}"
    );
    assert!(
        (found.mass_accuracy - MASS_ACCURACY).abs() < 1e-12,
        "{found:?}"
    );
    let other: Vec<f64> = (0..side * side)
        .map(|place| ((place * 53) % 97 / 3) as f64 - 6.0)
        .collect();
    let values: Vec<f64> = map.values.iter().map(|&value| f64::from(value)).collect();
    assert!((rank_correlation(&values, &other) - RANK_CORRELATION).abs() < 1e-12);
}

#[test]
fn a_map_that_is_the_mask_is_perfect_and_an_empty_one_says_nothing() {
    let lesion = |place: usize| place % 40 < 4 && place / 40 < 4;
    let mask = mask(40, lesion, |_| true);
    let perfect =
        localization(&map(40, |place| f32::from(u8::from(lesion(place)))), &mask).unwrap();
    assert_eq!(perfect.pointing_game, 1.0);
    assert_eq!(perfect.mass_accuracy, 1.0);
    assert_eq!(perfect.rank_accuracy, 1.0);
    assert_eq!(perfect.area_under_curve, 1.0);
    let empty = localization(&map(40, |_| 0.0), &mask).unwrap();
    assert_eq!((empty.pointing_game, empty.mass_accuracy), (0.0, 0.0));
    assert_eq!(empty.area_under_curve, 0.5);
    // What speaks against the target does not point at anything.
    let against =
        localization(&map(40, |place| -f32::from(u8::from(lesion(place)))), &mask).unwrap();
    assert_eq!(against, empty);
}

#[test]
fn without_lesions_or_without_anything_else_there_is_no_figure() {
    let map = map(8, |place| place as f32);
    assert!(localization(&map, &mask(8, |_| false, |_| true)).is_none());
    assert!(localization(&map, &mask(8, |_| true, |_| true)).is_none());
    assert!(localization(&map, &mask(9, |place| place == 3, |_| true)).is_none());
}

proptest! {
    #[test]
    fn only_the_order_of_the_evidence_counts_but_for_its_mass(
        values in proptest::collection::vec(0.0_f32..4.0, 256),
        lesions in proptest::collection::vec(any::<bool>(), 256),
    ) {
        let mask = mask(16, |place| lesions[place], |_| true);
        let found = localization(&map(16, |place| values[place]), &mask);
        let squared = localization(&map(16, |place| values[place] * values[place] * 8.0), &mask);
        prop_assume!(found.is_some());
        let (found, squared) = (found.unwrap(), squared.unwrap());
        prop_assert_eq!(found.pointing_game, squared.pointing_game);
        prop_assert!((found.rank_accuracy - squared.rank_accuracy).abs() < 1e-12);
        prop_assert!((found.area_under_curve - squared.area_under_curve).abs() < 1e-9);
        for share in [found.mass_accuracy, found.rank_accuracy, found.top_intersection, found.area_under_curve] {
            prop_assert!((0.0..=1.0).contains(&share));
        }
    }

    #[test]
    fn candidates_lie_where_the_evidence_is(row in 10_usize..86, column in 10_usize..86, radius in 2_usize..7) {
        let distance = |place: usize| (place / 96).abs_diff(row).pow(2) + (place % 96).abs_diff(column).pow(2);
        let found = candidates(&map(96, |place| if distance(place) <= radius * radius { 1.0 } else { 0.0 }));
        prop_assert_eq!(found.len(), 1);
        let [x, y] = found[0].peak;
        let reach = radius as f64 + 1.0;
        prop_assert!((x * 96.0 - column as f64 - 0.5).abs() <= reach);
        prop_assert!((y * 96.0 - row as f64 - 0.5).abs() <= reach);
        prop_assert!((found[0].share - 1.0).abs() < 0.25);
        prop_assert!((found[0].diameter() * 96.0 - 2.0 * radius as f64).abs() < 3.5);
        for point in &found[0].outline {
            let away = ((point[0] * 96.0 - column as f64 - 0.5).powi(2) + (point[1] * 96.0 - row as f64 - 0.5).powi(2)).sqrt();
            prop_assert!(away <= radius as f64 + 3.0 && away >= radius as f64 - 2.0);
        }
    }
}

#[test]
fn regions_that_are_apart_are_listed_by_their_share() {
    let blob = |place: usize, row: usize, column: usize| {
        (place / 96)
            .abs_diff(row)
            .max((place % 96).abs_diff(column))
            <= 3
    };
    let two = map(96, |place| {
        match (blob(place, 20, 30), blob(place, 70, 60)) {
            (true, _) => 2.0,
            (_, true) => 1.0,
            _ => -1.0,
        }
    });
    let found = candidates(&two);
    assert_eq!(found.len(), 2);
    assert!(found[0].share > found[1].share);
    assert!((found[0].peak[0] * 96.0 - 30.5).abs() < 4.0);
    assert!(candidates(&map(96, |_| -1.0)).is_empty());
    assert!(candidates(&map(96, |_| 0.0)).is_empty());
}

/// A network with random weights explains itself otherwise.
#[test]
fn random_weights_change_the_explanation() {
    let (preparation, input, options) = (preparation(), picture(), Options::default());
    let device = grader::device("cpu").unwrap();
    let explained = |members: &[grader::Member]| {
        let subject = Subject {
            members,
            preparation: &preparation,
            input: &input,
            target: Target::Expected,
            options: &options,
        };
        subject.explain(Method::InputXGradient).unwrap().map
    };
    let own = explained(&[member(7)]);
    let same = grader::Member::new(&network(7), &device);
    assert_eq!(explained(&[same]).values, own.values);
    let random = grader::ResNet18::initial(1, &device);
    let random = grader::Member::new(&network(7).ending_as(&random, 5), &device);
    assert!(similarity(&own, &explained(&[random])).abs() < 0.5);
    assert!((similarity(&own, &own) - 1.0).abs() < 1e-12);
}

#[test]
fn evidence_in_the_order_of_the_loss_is_more_faithful_than_in_the_opposite_order() {
    let (preparation, input) = (preparation(), picture());
    let options = Options::default();
    let members = [member(7)];
    let subject = Subject {
        members: &members,
        preparation: &preparation,
        input: &input,
        target: Target::Expected,
        options: &options,
    };
    let found = subject.explain(Method::IntegratedGradients).unwrap().map;
    let opposite = Map {
        values: found.values.iter().map(|value| -value).collect(),
        ..found.clone()
    };
    let retina = vec![true; SIDE * SIDE];
    let (good, bad) = (
        subject.faithfulness(&found, &retina),
        subject.faithfulness(&opposite, &retina),
    );
    assert!(good.insertion > bad.insertion, "{good:?} {bad:?}");
    assert!(good.deletion < bad.deletion, "{good:?} {bad:?}");
    let losses = subject.window_losses();
    assert!((0.0..=1.0).contains(&losses.infidelity(&found)));
    assert_eq!(losses.infidelity(&map(SIDE, |_| 0.0)), 1.0);
}

/// A grader that calls every picture with enough dark pixels moderate.
fn grade_by_darkness(picture: &RgbImage) -> Result<Grade, String> {
    let dark = picture.pixels().filter(|pixel| pixel[1] < 60).count();
    Ok(if dark > 60 {
        Grade::Moderate
    } else {
        Grade::Mild
    })
}

#[test]
fn the_fewest_regions_are_taken_out_that_lower_the_grade() {
    let at = |x: usize, y: usize, row: usize, column: usize| {
        y.abs_diff(row).max(x.abs_diff(column)) <= 4
    };
    // Three regions of evidence; two of them are dark, and each of those alone has 81 dark pixels.
    let spots = [(20, 24), (60, 30), (50, 76)];
    let evidence = map(96, |place| {
        let near = spots
            .iter()
            .position(|&(row, column)| at(place % 96, place / 96, row, column));
        near.map_or(0.0, |index| [3.0, 2.0, 1.0][index])
    });
    let picture = |dark: &[usize]| {
        RgbImage::from_fn(96, 96, |x, y| {
            let is_dark = dark.iter().any(|&index| {
                let (row, column) = spots[index];
                at(x as usize, y as usize, row, column)
            });
            Rgb([if is_dark { 20 } else { 150 }; 3])
        })
    };
    let regions = candidates(&evidence);
    assert_eq!(regions.len(), 3);

    // Only the second is dark: the first, which was tried before it, is put back.
    let found = counterfactual(&picture(&[1]), &regions, Grade::Moderate, grade_by_darkness);
    let found = found.unwrap().unwrap();
    assert_eq!((found.removed, found.grade), (vec![1], Grade::Mild));
    assert_eq!(found.picture.get_pixel(30, 60)[1], 150);
    // Two are dark, and either is enough for the grade: both have to go.
    let both = counterfactual(
        &picture(&[0, 1]),
        &regions,
        Grade::Moderate,
        grade_by_darkness,
    );
    assert_eq!(both.unwrap().unwrap().removed, vec![0, 1]);
    // What lies beyond the regions cannot be taken out, and nothing is below the lowest grade.
    let elsewhere = RgbImage::from_pixel(96, 96, Rgb([20; 3]));
    assert!(
        counterfactual(&elsewhere, &regions, Grade::Moderate, grade_by_darkness)
            .unwrap()
            .is_none()
    );
    assert!(
        counterfactual(&elsewhere, &regions, Grade::NoDr, grade_by_darkness)
            .unwrap()
            .is_none()
    );
    let failing = counterfactual(&elsewhere, &regions, Grade::Mild, |_| {
        Err("no grade".to_owned())
    });
    assert_eq!(failing.unwrap_err(), "no grade");
}

#[test]
fn members_that_say_the_same_agree_and_others_do_not() {
    let (preparation, input, options) = (preparation(), picture(), Options::default());
    let agreement = |seeds: &[u64]| {
        let members: Vec<_> = seeds.iter().map(|&seed| member(seed)).collect();
        let subject = Subject {
            members: &members,
            preparation: &preparation,
            input: &input,
            target: Target::Expected,
            options: &options,
        };
        subject.explain(Method::InputXGradient).unwrap().agreement
    };
    assert!(agreement(&[7]).is_none());
    let same = agreement(&[7, 7]).unwrap();
    assert!((same.rank_correlation - 1.0).abs() < 1e-12);
    assert!(same.map.iter().all(|&share| share > 0.999));
    let other = agreement(&[7, 8]).unwrap();
    assert!(other.rank_correlation < 0.9, "{}", other.rank_correlation);
    assert!(other.map.iter().any(|&share| share < 0.9));
}
