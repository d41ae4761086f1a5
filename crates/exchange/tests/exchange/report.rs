//! What a report says, and what kind of document it is.

use std::time::Instant;

use crate::support::{Taken, report, review, usual};
use clinic::{Circumstances, Laterality, PhotographState, SeenLaterality, Stage, Verdict};
use exchange::{Paper, Report, ReportError};
use lopdf::{Document, Object};
use time::macros::date;
use trust::{DISCLAIMER, Decision, Grade};

fn document(report: &Report) -> Document {
    Document::load_mem(&report.pdf().unwrap()).unwrap()
}

/// The words of each page, with spaces where lines and columns end.
fn pages(document: &Document) -> Vec<String> {
    let numbers: Vec<u32> = document.get_pages().into_keys().collect();
    let words = |number: &u32| {
        let text = document.extract_text(&[*number]).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    numbers.iter().map(words).collect()
}

fn words(report: &Report) -> String {
    pages(&document(report)).join(" ")
}

/// Without anything that depends on where a line ends.
fn run_together(text: &str) -> String {
    text.split_whitespace().collect()
}

#[track_caller]
fn says(text: &str, expected: &[&str]) {
    let together = run_together(text);
    for each in expected {
        assert!(
            together.contains(&run_together(each)),
            "`{each}` is not said in: {text}"
        );
    }
}

#[track_caller]
fn never_says(text: &str, unexpected: &[&str]) {
    let together = run_together(text);
    for each in unexpected {
        assert!(
            !together.contains(&run_together(each)),
            "`{each}` is said in: {text}"
        );
    }
}

#[test]
fn four_photographs_of_two_eyes_are_one_page_that_says_everything() {
    let begun = Instant::now();
    let document = document(&usual());
    eprintln!("typeset and read again in {:?}", begun.elapsed());
    let pages = pages(&document);
    assert_eq!(pages.len(), 1);
    says(
        &pages[0],
        &[
            "P-2041-77",
            "1961",
            "4, received 2026-03-02 09:30 UTC",
            "0d9e5f8a-6c1b-4d7e-9a43-2f1c0b8e7d65",
            "2026-03-02 10:15 UTC, by A. Screener",
            "Refer",
            "At least one eye shows signs that need an ophthalmologist.",
            "Right eye (OD), photograph 2. Decided by: high probability. The probability of referable retinopathy, 0.812, is at or \
             above the threshold 0.400.",
            "Right eye (OD)",
            "Left eye (OS)",
            "Severe grade 3 of 0 to 4 · Refer The worst of 2 photographs: photograph 2.",
            "90 % Moderate or worse, grades 2 to 4 together. Macular oedema: not assessed.",
            "Severe only, nine in ten: nine in ten photographs’ true grades lie in such a set.",
            "Fairly sure: about two grades are in question.",
            "Like the photographs the system learned from.",
            "0.83 of 1. Good enough to grade. No fault of focus, light or framing was found.",
            "Places to look at",
            "Without places 1 and 3 the grade would be Moderate.",
            "Places that spoke against “No DR”",
            "od_macula.jpg",
            "os_disc.jpg",
            "starter a1b2c3d4",
            "0.83 (95 % interval 0.79 to 0.86)",
            "120 validation photographs",
            DISCLAIMER,
        ],
    );
}

#[test]
fn identifiers_are_printed_and_never_understood() {
    let wicked = [
        "#read(\"/etc/passwd\")",
        "*x* _y_ $z$ @nobody <label> `raw` // gone",
        "#panic() [#sys.version] \\u{41} #import \"@preview/x:0.1.0\"",
        "= Heading - list + list / term: x",
        "\"}, {\"patient\": \"other\"",
    ];
    for identifier in wicked {
        let mut report = usual();
        report.screening.patient = Some(identifier.to_owned());
        report.screening.photographs[0].file_name = format!("{identifier}.jpg");
        report.made_by = Some(format!("by {identifier}"));
        report.model.licence = format!("licence {identifier}");
        let verdict = Verdict::Overrule {
            grade: Grade::Severe,
            reason: format!("because {identifier}"),
        };
        report
            .screening
            .reviews
            .push(review(Laterality::Left, verdict, identifier));
        let expected =
            ["", "by ", "licence ", "because "].map(|before| format!("{before}{identifier}"));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        says(&words(&report), &expected);
    }
}

#[test]
fn a_grade_that_is_withheld_is_nowhere() {
    let mut right = Taken::new(Laterality::Right, Grade::Proliferative, Decision::Retake);
    right.faults = vec!["too dark: open the diaphragm".into()];
    let left = Taken::new(Laterality::Left, Grade::Mild, Decision::Rescreen);
    let text = words(&report("P-1", &[right, left]));
    says(
        &text,
        &[
            "No all-clear",
            "No photograph shows the right eye well enough to be graded.",
            "Not gradable",
            "No photograph of this eye can be graded.",
            "Not gradable does not mean healthy",
            "Quality 0.07 of 1. Too poor to grade.",
            "Too dark: open the diaphragm.",
        ],
    );
    never_says(&text, &["Proliferative", "grade 4", "85 %"]);
}

#[test]
fn a_reader_stands_above_the_system() {
    let mut report = usual();
    let overruled = Verdict::Overrule {
        grade: Grade::Severe,
        reason: "venous beading\nin two quadrants".into(),
    };
    let reviews = [
        review(Laterality::Left, Verdict::Agree, "Dr. B"),
        review(Laterality::Left, overruled, "Dr. B"),
        review(Laterality::Right, Verdict::Ungradable, "Dr. B"),
    ];
    report.screening.reviews = reviews.into();
    let text = words(&report);
    says(
        &text,
        &[
            "Reader’s review: Overruled: Severe – venous beading in two quadrants",
            "2026-03-02 10:02 UTC · Dr. B",
            "Other review: Agreed with Mild",
            "Reader’s review: Ungradable",
            "Left eye (OS): decided by the reader’s review.",
        ],
    );
    let place = |words: &str| run_together(&text).find(&run_together(words)).unwrap();
    assert!(place("Overruled: Severe") < place("No DR, grade 0"));
    // What the system would have decided is not what decided.
    never_says(&text, &["Right eye (OD), photograph"]);
}

#[test]
fn an_eye_without_photographs_is_said_to_have_none() {
    let left = Taken::new(Laterality::Left, Grade::NoDr, Decision::Rescreen);
    let text = words(&report("P-1", &[left]));
    says(
        &text,
        &[
            "Right eye (OD)",
            "No photograph is known to show this eye.",
            "No all-clear",
        ],
    );
}

#[test]
fn photographs_of_which_nobody_said_the_eye_are_reported_together() {
    let taken = Taken {
        laterality: None,
        ..Taken::new(Laterality::Right, Grade::Moderate, Decision::Refer)
    };
    let text = words(&report("P-1", &[taken.clone(), taken]));
    says(
        &text,
        &[
            "Eye not stated",
            "It is not stated which eye every photograph shows",
        ],
    );
    never_says(&text, &["Right eye", "Left eye"]);
}

#[test]
fn what_an_unsure_system_hesitates_between_is_said() {
    let unsure = Taken::new(Laterality::Right, Grade::Mild, Decision::Unsure);
    says(
        &words(&report("P-1", &[unsure])),
        &[
            "Unsure",
            "The system is unsure of at least one eye: a reader decides.",
            "A human should look for:",
            "Microaneurysms: any at all make it mild.",
        ],
    );
}

#[test]
fn refused_and_failed_photographs_are_named() {
    let mut report = usual();
    report.screening.photographs[3].state = PhotographState::Rejected {
        error: "no circular field of view was found".into(),
    };
    report.pictures[3] = None;
    if let PhotographState::Accepted(accepted) = &mut report.screening.photographs[2].state {
        accepted.stage = Stage::Failed {
            error: "the network stopped".into(),
        };
    }
    says(
        &words(&report),
        &[
            "Photographs that were not usable",
            "os_disc.jpg No circular field of view was found.",
            "Not graded The network stopped.",
        ],
    );
}

#[test]
fn a_finding_of_another_model_does_not_borrow_the_figures_of_this_one() {
    let mut report = usual();
    report.model.fingerprint = "ffffffffffffffff".into();
    let text = words(&report);
    says(
        &text,
        &[
            "Photograph 1 was graded by another model, version a1b2c3d4: the figures above are not its own.",
            "so said the model that graded the photograph; it is not the one loaded now.",
            "was measured, but not judged",
        ],
    );
    never_says(&text, &["Of the 20 validation photographs"]);
}

#[test]
fn twelve_photographs_go_on_over_pages_that_name_the_patient() {
    let sides = [Laterality::Right, Laterality::Left];
    let photographs: Vec<Taken> = (0..12)
        .map(|index| {
            let grade = Grade::ALL[index % 5];
            let decision = match grade.is_referable() {
                true => Decision::Refer,
                false => Decision::Rescreen,
            };
            Taken::new(sides[index % 2], grade, decision)
        })
        .collect();
    let report = report("P-12", &photographs);
    let bytes = report.pdf().unwrap().len();
    let pages = pages(&document(&report));
    assert!((2..=4).contains(&pages.len()), "{} pages", pages.len());
    assert!(bytes < 1_500_000, "{bytes} bytes");
    for (index, page) in pages.iter().enumerate() {
        says(
            page,
            &[
                "P-12",
                DISCLAIMER,
                &format!("Page {} of {}", index + 1, pages.len()),
            ],
        );
    }
    let all = pages.join(" ");
    for number in 1..=12 {
        says(&all, &[&format!("Photograph {number} o")]);
    }
}

#[test]
fn identifiers_of_every_script_and_length_are_printed() {
    let long = "X".repeat(200);
    let identifiers = [
        long.as_str(),
        "שלום-12345 כהן",
        "مريض رقم ١٢٣",
        "患者番号　漢字かなカナ",
        "환자 번호 42",
        "रोगी संख्या ७",
        "ผู้ป่วยหมายเลข 9",
        "Ελένη Ž. Ångström-Đặng",
        "😀\u{202E}\u{0}\u{FFFF}\u{E000}",
    ];
    for identifier in identifiers {
        let mut report = usual();
        report.screening.patient = Some(identifier.to_owned());
        report.screening.photographs[1].file_name = format!("{identifier}.jpg");
        let text = words(&report);
        assert!(text.contains("Page 1 of"), "{identifier}");
    }
    // What our fonts hold stands there as it was typed.
    for identifier in [
        &long,
        "患者番号かな",
        "환자 번호 42",
        "Ελένη Ž. Ångström-Đặng",
        "Иван",
    ] {
        let mut report = usual();
        report.screening.patient = Some(identifier.to_owned());
        says(&words(&report), &[identifier]);
    }
    let mut report = usual();
    report.screening.patient = Some("\u{202E}gpj.1 😀 漢字".into());
    says(&words(&report), &["[U+202E]gpj.1 [U+1F600] 漢字"]);
}

/// Whatever is typed, there is a document, and it keeps to its standards, which the writer checks letter by letter.
#[test]
fn letters_of_all_unicode_keep_the_standards() {
    let letters: Vec<char> = (0..0x32000_u32)
        .step_by(7)
        .filter_map(char::from_u32)
        .collect();
    for some in letters.chunks(3000) {
        let mut report = usual();
        report.screening.photographs.truncate(1);
        report.pictures.truncate(1);
        let verdict = Verdict::Overrule {
            grade: Grade::Severe,
            reason: some.iter().collect(),
        };
        report.screening.reviews = vec![review(Laterality::Right, verdict, "Dr. B")];
        report.pdf().unwrap();
    }
}

#[test]
fn there_is_no_report_before_everything_is_done() {
    let mut report = usual();
    if let PhotographState::Accepted(accepted) = &mut report.screening.photographs[1].state {
        accepted.stage = Stage::Grading;
    }
    assert!(matches!(report.pdf(), Err(ReportError::Unfinished)));
    assert!(Report::check(&report.screening).is_err());
    assert!(Report::check(&usual().screening).is_ok());
}

#[test]
fn a_picture_that_cannot_be_read_is_an_error() {
    let mut report = usual();
    report.pictures[0] = Some(b"no picture".to_vec());
    assert!(matches!(report.pdf(), Err(ReportError::Typesetting(_))));
}

#[test]
fn the_document_is_an_archive_that_needs_nothing_else() {
    let bytes = usual().pdf().unwrap();
    assert!(bytes.len() < 600_000, "{} bytes", bytes.len());
    let document = Document::load_mem(&bytes).unwrap();
    let catalog = document.catalog().unwrap();
    let follow = |object: &Object| document.dereference(object).unwrap().1.clone();

    let metadata = follow(catalog.get(b"Metadata").unwrap());
    let stream = metadata.as_stream().unwrap();
    let metadata = String::from_utf8(stream.get_plain_content().unwrap()).unwrap();
    for claim in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ] {
        assert!(metadata.contains(claim), "{claim} is not in {metadata}");
    }
    // What a list of files would show of it is nobody's name.
    assert!(!metadata.contains("P-2041"));

    let language = catalog.get(b"Lang").unwrap().as_str().unwrap();
    assert_eq!(language, b"en");
    assert!(catalog.has(b"StructTreeRoot") && catalog.has(b"OutputIntents"));
    assert!(!document.trailer.has(b"Encrypt"));
    let mut fonts = 0;
    for object in document.objects.values() {
        let dictionary = match object {
            Object::Dictionary(dictionary) => dictionary,
            Object::Stream(stream) => &stream.dict,
            _ => continue,
        };
        for forbidden in [
            b"JS".as_slice(),
            b"JavaScript",
            b"Launch",
            b"EmbeddedFile",
            b"URI",
        ] {
            assert!(!dictionary.has(forbidden));
        }
        if dictionary.has_type(b"FontDescriptor") {
            fonts += 1;
            let embedded = [b"FontFile2".as_slice(), b"FontFile3"];
            assert!(embedded.iter().any(|file| dictionary.has(file)));
        }
    }
    assert!(fonts >= 2, "{fonts} fonts");
}

#[test]
fn pages_have_the_size_of_the_paper() {
    let mut report = usual();
    for (paper, expected) in [
        (Paper::A4, [595.28, 841.89]),
        (Paper::UsLetter, [612.0, 792.0]),
    ] {
        report.paper = paper;
        let document = document(&report);
        for page in document.get_pages().values() {
            let page = document.get_dictionary(*page).unwrap();
            let sides = page.get(b"MediaBox").unwrap().as_array().unwrap();
            let side = |index: usize| sides[index].as_float().unwrap();
            assert!((side(2) - expected[0]).abs() < 0.5 && (side(3) - expected[1]).abs() < 0.5);
        }
    }
}

#[test]
fn an_optic_disc_that_tells_another_eye_is_a_warning_beside_its_photograph() {
    let mut report = usual();
    for photograph in &mut report.screening.photographs[..3] {
        if let PhotographState::Accepted(accepted) = &mut photograph.state {
            accepted.facts.seen_laterality = Some(SeenLaterality {
                eye: Laterality::Left,
                confidence: 0.97,
            });
        }
    }
    if let PhotographState::Accepted(accepted) = &mut report.screening.photographs[1].state {
        accepted.facts.laterality_checked = true;
    }
    let warning = "The optic disc lies where a left eye has it, but the photograph is called a right eye: check before acting.";
    let text = words(&report);
    says(&text, &[warning]);
    assert_eq!(
        run_together(&text).matches(&run_together(warning)).count(),
        1
    );

    if let PhotographState::Accepted(accepted) = &mut report.screening.photographs[0].state {
        accepted.facts.laterality = None;
    }
    let unstated = "The optic disc lies where a left eye has it; nobody stated the eye.";
    let text = words(&report);
    says(&text, &[unstated]);
    never_says(&text, &[warning]);
}

#[test]
fn circumstances_are_reported_as_far_as_they_are_stated() {
    never_says(&words(&usual()), &["Examined", "Camera", "Photographed by"]);
    let mut report = usual();
    report.screening.circumstances = Circumstances {
        examined: Some(date!(2026 - 02 - 27)),
        device: Some("Topcon #NW400 *n*".into()),
        operator: Some("B. Operator".into()),
    };
    let document = document(&report);
    assert_eq!(document.get_pages().len(), 1);
    says(
        &pages(&document).join(" "),
        &[
            "Examined 2026-02-27",
            "Camera Topcon #NW400 *n*",
            "Photographed by B. Operator",
        ],
    );
}
