//! The eye is read from whole words of a file name only.

use fundus::Laterality;

#[test]
fn whole_words_name_the_eye() {
    let cases = [
        ("15_right.jpeg", Some(Laterality::Right)),
        ("photographs/10_LEFT.png", Some(Laterality::Left)),
        ("1323_OI_f_1.jpg", Some(Laterality::Left)),
        ("patient 7 OD.tif", Some(Laterality::Right)),
        ("OS-2024.jpg", Some(Laterality::Left)),
        ("12.L.jpg", Some(Laterality::Left)),
        ("C:\\left\\scan_OD.jpg", Some(Laterality::Right)),
        ("bright.jpg", None),
        ("model.jpg", None),
        ("IDRiD_01.jpg", None),
        ("left_and_right.jpg", None),
        ("20051020_43808_0100_PP.jpg", None),
        ("", None),
    ];
    for (name, expected) in cases {
        assert_eq!(Laterality::from_file_name(name), expected, "{name}");
    }
}

#[test]
fn a_stem_is_split_before_a_last_word_for_the_eye() {
    let cases = [
        ("17_OD", Some(("17", Laterality::Right))),
        ("17_OS", Some(("17", Laterality::Left))),
        ("17_oi", Some(("17", Laterality::Left))),
        ("17-re", Some(("17", Laterality::Right))),
        ("17R", Some(("17", Laterality::Right))),
        ("A B left", Some(("A B", Laterality::Left))),
        ("M\u{fc}ller - L", Some(("M\u{fc}ller", Laterality::Left))),
        ("1323_OI_f_1", None),
        ("left", None),
        ("_left", None),
        ("flower", None),
        ("girl", None),
        ("17_girl", None),
        ("17_", None),
        ("", None),
    ];
    for (stem, expected) in cases {
        assert_eq!(Laterality::split_stem(stem), expected, "{stem}");
    }
}

#[test]
fn json_is_the_lower_case_word() {
    let json = serde_json::to_string(&[Laterality::Left, Laterality::Right]).expect("serialising");
    assert_eq!(json, r#"["left","right"]"#);
}
