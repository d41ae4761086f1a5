//! The pages in Spanish.

use language::Language;
use server::pages::{drawn_in, view};
use trust::{DISCLAIMER, Decision};

use crate::{READY, bundle, graded, graded_page, page, rules};

#[track_caller]
fn says(page: &str, expected: &[&str], never: &[&str]) {
    for each in expected {
        assert!(page.contains(each), "`{each}` is not said in {page}");
    }
    for each in never {
        assert!(!page.contains(each), "`{each}` is said in {page}");
    }
}

#[test]
fn a_screening_is_told_in_spanish_with_what_was_recorded_in_english() {
    let page = drawn_in(Language::Spanish, || {
        let mut graded = graded(Decision::Unsure, READY);
        graded.reason = "The entropy, 1.301, is above 1.200.".into();
        graded.quality.reasons =
            vec!["The photograph is too dark: raise the flash, or dilate the pupil.".into()];
        page(view::Outcome::Graded(Box::new(graded)))
    });
    says(
        &page,
        &[
            "<html lang=\"es\">",
            "Software de investigación, no es un producto sanitario.",
            "Resultado del cribado",
            "Revisar",
            "Un lector humano debe examinar esta fotografía.",
            "Decidido por: incertidumbre.",
            "La entropía, 1,301, es superior a 1,200.",
            "La fotografía está demasiado oscura: aumente el flash o dilate la pupila.",
            "Entre leve y moderada, 90 %",
            "nueve de cada diez",
            "<strong>0,30</strong> sobre 1.",
            "English",
        ],
        &[
            DISCLAIMER,
            "Decided by",
            "The entropy",
            "too dark",
            "Probability",
            "Quality",
            "Photograph",
        ],
    );
    // A name that was given to a file is nobody's to translate.
    assert!(page.contains("eye &lt;1&gt;.jpg"));
}

#[test]
fn the_next_page_is_english_again() {
    let spanish = drawn_in(Language::Spanish, || graded_page(Decision::Refer, READY));
    let english = graded_page(Decision::Refer, READY);
    says(&spanish, &["Derivar"], &["Refer<"]);
    says(
        &english,
        &["<html lang=\"en\">", "Refer", DISCLAIMER, "Español"],
        &["Derivar"],
    );
}

#[test]
fn the_model_is_explained_in_spanish() {
    let page = drawn_in(Language::Spanish, || {
        server::pages::bundle(&bundle(), &rules()).into_string()
    });
    says(
        &page,
        &[
            "Cómo decide este modelo",
            "Modelo <strong>starter 1</strong> · 2 miembros",
            "Sensibilidad",
            "la probabilidad de retinopatía derivable es 0,400 o más.",
            "la entropía es superior a 1,200.",
            "290 fotografías de validación",
        ],
        &["How this model decides", "Sensitivity", "0.400"],
    );
}

#[test]
fn a_problem_is_told_in_spanish() {
    let page = drawn_in(Language::Spanish, || {
        let sentence = "right.jpg: the file is empty; copy or export the photograph again";
        server::pages::problem(422, "No se puede procesar", sentence).into_string()
    });
    says(
        &page,
        &[
            "Right.jpg: el archivo está vacío; copie o exporte de nuevo la fotografía.",
            "Volver al inicio",
        ],
        &["is empty"],
    );
}

#[test]
fn a_screening_without_photographs_says_how_far_it_is() {
    let page = drawn_in(Language::Spanish, || {
        let state = view::State::Explaining {
            explained: 1,
            explanations: 4,
        };
        crate::page_in(state)
    });
    says(
        &page,
        &["El grado es definitivo; explicaciones: 1 de 4."],
        &["The grade is final"],
    );
}
