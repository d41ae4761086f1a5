//! The report in Spanish.

use crate::support::usual;
use language::Language;
use lopdf::Document;
use trust::DISCLAIMER;

#[test]
fn a_report_speaks_the_language_that_is_asked_for() {
    let mut report = usual();
    report.language = Language::Spanish;
    let document = Document::load_mem(&report.pdf().unwrap()).unwrap();
    let catalog = document.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"es");
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let together = |text: &str| -> String { text.split_whitespace().collect() };
    let said = together(&document.extract_text(&pages).unwrap());
    for expected in [
        "Cribado de retinopatía diabética",
        "4, recibidas 2026-03-02 09:30 UTC",
        "2026-03-02 10:15 UTC, por A. Screener",
        "Derivar",
        "Al menos un ojo muestra signos que requieren un oftalmólogo.",
        "Ojo derecho (OD), fotografía 2. Decidido por: probabilidad alta. La probabilidad de retinopatía derivable, 0,812, alcanza \
         o supera el umbral 0,400.",
        "Ojo izquierdo (OI)",
        "Grave grado 3 de 0 a 4 · Derivar",
        "Edema macular: no se evalúa.",
        "0,83 sobre 1. Suficiente para clasificarla.",
        "Sin los lugares 1 y 3, el grado sería Moderada.",
        "0,83 (intervalo del 95 %: 0,79 a 0,86)",
        "no es un producto sanitario",
        "Página 1 de",
    ] {
        assert!(
            said.contains(&together(expected)),
            "`{expected}` is not said in {said}"
        );
    }
    for english in [
        DISCLAIMER,
        "Decided by",
        "Reader’s review",
        "By itself",
        "Quality",
    ] {
        assert!(
            !said.contains(&together(english)),
            "`{english}` is said in {said}"
        );
    }
}
