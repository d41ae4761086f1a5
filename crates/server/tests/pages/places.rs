//! The places to look at, and what would have changed the answer.

use clinic::{Counterfactual, Region};
use server::pages::view::{Outcome, Places};
use trust::{Decision, Grade};

use crate::{READY, graded, page};

fn region(share_of_evidence: f64, speaks_for: Option<Grade>) -> Region {
    Region {
        peak: [0.25, 0.5],
        outline: vec![[0.25, 0.5], [0.5, 0.5], [0.5, 0.75]],
        share_of_evidence,
        diameter: 0.05,
        disc_diameters: speaks_for.map(|_| 0.375),
        speaks_for,
    }
}

fn page_with(grade: Grade, places: Places) -> String {
    let mut graded = graded(Decision::Refer, READY);
    (graded.grade, graded.places) = (grade, places);
    page(Outcome::Graded(Box::new(graded)))
}

#[test]
fn places_to_look_at_are_outlined_on_the_colour_photograph_and_listed_in_words() {
    let html = page_with(
        Grade::Moderate,
        Places::Found {
            regions: vec![region(0.34, Some(Grade::Severe)), region(0.12, None)],
            counterfactual: Some(Counterfactual {
                removed: vec![0, 1],
                grade: Grade::Mild,
            }),
        },
    );
    for expected in [
        "Places to look at",
        "34 % of the evidence</strong> 0.38 disc diameters across",
        ", by itself speaks for Severe",
        "12 % of the evidence</strong> 5.0 % of the field across",
        ", by itself matters little",
        "data-bounds=\"0.2500 0.5000 0.5000 0.7500\"",
        "Without places 1 and 2 the grade would be Mild.",
        "/explanations/combined/counterfactual",
        // (0.25, 0.5) of the square: half a radius to the left of the centre of the field of view.
        "points=\"1444.0,1424.0 2144.0,1424.0 2144.0,2124.0\"",
        "points=\"250.0,500.0 500.0,500.0 500.0,750.0\"",
    ] {
        assert!(html.contains(expected), "{expected} is missing");
    }
}

#[test]
fn a_ruler_knows_the_disc_where_a_place_was_measured_in_it() {
    let found = |regions: Vec<Region>| Places::Found {
        regions,
        counterfactual: None,
    };
    // 0.05 of the field are 0.375 disc diameters.
    let regions = vec![region(0.12, None), region(0.34, Some(Grade::Severe))];
    let measured = page_with(Grade::Moderate, found(regions));
    assert!(measured.contains("data-disc=\"0.13333\"") && measured.contains("data-ruler"));
    let unmeasured = page_with(Grade::Moderate, found(vec![region(0.12, None)]));
    assert!(!unmeasured.contains("data-disc=") && unmeasured.contains("data-ruler"));
    assert!(!page_with(Grade::Moderate, Places::Pending).contains("data-disc="));
}

#[test]
fn where_no_place_stands_out_or_none_matters_it_is_said() {
    let found = |regions: &[Region]| Places::Found {
        regions: regions.to_vec(),
        counterfactual: None,
    };
    let none = page_with(Grade::Moderate, found(&[]));
    assert!(none.contains("No place stands out") && !none.contains("data-region"));
    let one = [region(0.5, None)];
    let unmoved = page_with(Grade::Moderate, found(&one));
    assert!(unmoved.contains("Without this place the grade would still be Moderate or worse."));
    assert!(!unmoved.contains("What would change it"));

    let healthy = page_with(Grade::NoDr, found(&one));
    assert!(healthy.contains("spoke against “No DR”") && healthy.contains("data-region"));
    assert!(!healthy.contains("What would change it"));
    assert!(page_with(Grade::Moderate, Places::Pending).contains("Places to look at"));
    let absent = page_with(Grade::Moderate, Places::Absent);
    assert!(!absent.contains("Places to look at") && !absent.contains("data-outlines"));
}
