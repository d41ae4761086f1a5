//! Which language is spoken, and how it says numbers and what was said in English.

use language::Language;

#[test]
fn a_browser_gets_the_language_that_it_would_rather_have() {
    use Language::{English, Spanish};
    for (accept, expected) in [
        ("es", Some(Spanish)),
        ("es-MX,es;q=0.9,en;q=0.8", Some(Spanish)),
        ("ES-419", Some(Spanish)),
        ("de, en;q=0.3, es;q=0.7", Some(Spanish)),
        ("en-GB,en;q=0.9,es;q=0.8", Some(English)),
        ("es;q=0, en;q=0.1", Some(English)),
        ("es;q=nonsense", None),
        ("de, fr;q=0.5, *;q=0.1", None),
        ("estonian", None),
        ("", None),
    ] {
        assert_eq!(Language::asked_for(accept), expected, "{accept}");
    }
}

#[test]
fn a_tag_names_its_language() {
    for language in Language::ALL {
        assert_eq!(language.to_string().parse(), Ok(language));
    }
    assert!("de".parse::<Language>().is_err());
}

#[test]
fn numbers_have_the_sign_of_their_language() {
    assert_eq!(Language::English.decimal(0.549, 2), "0.55");
    assert_eq!(Language::Spanish.decimal(0.549, 2), "0,55");
}

#[test]
fn plurals_follow_the_language() {
    let said = |language: Language, count: usize| {
        language::text_with!(language, "frame-photographs", count = count)
    };
    assert_eq!(said(Language::English, 1), "1 photograph");
    assert_eq!(said(Language::English, 3), "3 photographs");
    assert_eq!(said(Language::Spanish, 1), "1 fotografía");
    assert_eq!(said(Language::Spanish, 3), "3 fotografías");
}

#[test]
fn what_records_say_in_english_is_said_again() {
    let spanish = Language::Spanish;
    assert_eq!(
        spanish.retell("The quality 0.12 is below 0.20."),
        "La calidad, 0,12, es inferior a 0,20."
    );
    assert_eq!(
        spanish.retell("The entropy, 1.301, is above 1.200."),
        "La entropía, 1,301, es superior a 1,200."
    );
    assert_eq!(
        spanish.retell("between mild and moderate, 90 %"),
        "entre leve y moderada, 90 %"
    );
    assert_eq!(spanish.retell("nobody ever said so"), "nobody ever said so");
    let sentence = "The quality 0.12 is below 0.20.";
    assert_eq!(Language::English.retell(sentence), sentence);
}

#[test]
fn what_no_language_has_is_told_by_its_name() {
    assert_eq!(
        Language::Spanish.text("nothing-like-this"),
        "nothing-like-this"
    );
}
