//! Every form of a source, and every way it can be wrong.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use training::source::{Skipped, Source, Split, with_lesion_masks};
use trust::Grade;

/// A folder with empty files of these names; sources do not open photographs.
fn folder(files: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }
    folder
}

fn table(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// File name, grade, patient and split of every photograph.
fn listed(source: &Source) -> Vec<(String, usize, &str, Option<Split>)> {
    let row = |p: &'_ training::source::GradedPhotograph| {
        Path::new(&p.file)
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    source
        .photographs
        .iter()
        .map(|p| (row(p), p.grade.index(), p.patient.as_str(), p.split))
        .collect()
}

fn refused(path: &Path) -> String {
    Source::open(path).unwrap_err().to_string()
}

#[test]
fn a_folder_for_each_grade_by_number_or_name() {
    let by_number = folder(&["0/a.jpg", "3/b.PNG", "4/deep/c.tiff", "4/notes.txt"]);
    let source = Source::open(by_number.path()).unwrap();
    assert_eq!(
        listed(&source),
        [
            ("a.jpg".into(), 0, "a", None),
            ("b.PNG".into(), 3, "b", None),
            ("c.tiff".into(), 4, "c", None)
        ]
    );
    assert_eq!(
        source.skipped,
        Skipped {
            other_files: 1,
            ..Skipped::default()
        }
    );

    let by_name = folder(&[
        "No_DR/a.jpg",
        "Mild/b.jpg",
        "Moderate/c.jpg",
        "Severe/d.jpg",
        "Proliferate_DR/e.jpg",
    ]);
    let grades: Vec<Grade> = Source::open(by_name.path())
        .unwrap()
        .photographs
        .iter()
        .map(|p| p.grade)
        .collect();
    let mut sorted = grades.clone();
    sorted.sort();
    assert_eq!(sorted, Grade::ALL);
}

#[test]
fn folders_of_splits_hold_folders_of_grades() {
    let source = folder(&[
        "train/0/1_left.jpg",
        "train/2/1_right.jpg",
        "val/4/2_left.jpg",
        "test/1/3.jpg",
    ]);
    assert_eq!(
        listed(&Source::open(source.path()).unwrap()),
        [
            ("3.jpg".into(), 1, "3", Some(Split::Test)),
            ("1_left.jpg".into(), 0, "1", Some(Split::Train)),
            ("1_right.jpg".into(), 2, "1", Some(Split::Train)),
            ("2_left.jpg".into(), 4, "2", Some(Split::Val)),
        ]
    );
}

#[test]
fn a_photograph_is_called_by_the_argument_and_the_path_below_it() {
    let source = folder(&["train/0/a.jpg"]);
    let photographs = Source::open(source.path()).unwrap().photographs;
    assert_eq!(
        photographs[0].file,
        format!("{}/train/0/a.jpg", source.path().display())
    );
    assert_eq!(
        photographs[0].source,
        source.path().file_name().unwrap().to_str().unwrap()
    );
}

#[test]
fn the_manifest_of_our_own_form() {
    let source = folder(&["x/a.jpg", "x/b.jpg", "c.jpg", "d.jpg"]);
    table(
        &source,
        "manifest.csv",
        "file,set,grade,patient,split,quality,dme\nx/a.jpg,one,0,p1,train,good,\nx/b.jpg,two,2,p2,val,,1\n\
         c.jpg,one,,p3,train,,\nd.jpg,one,1,p4,other_condition:cataract,,\n\"c.jpg\",one,4,p5,test,,\n",
    );
    let opened = Source::open(source.path()).unwrap();
    assert_eq!(
        listed(&opened),
        [
            ("a.jpg".into(), 0, "p1", Some(Split::Train)),
            ("b.jpg".into(), 2, "p2", Some(Split::Val)),
            ("c.jpg".into(), 4, "p5", Some(Split::Test)),
        ]
    );
    assert_eq!(opened.photographs[1].source, "two");
    let oedema: Vec<Option<bool>> = opened
        .photographs
        .iter()
        .map(|photograph| photograph.macular_oedema)
        .collect();
    assert_eq!(oedema, [None, Some(true), None]);
    assert_eq!(
        opened.skipped,
        Skipped {
            without_grade: 1,
            unknown_split: 1,
            other_files: 0
        }
    );
}

#[test]
fn the_tables_of_the_public_data_sets() {
    let cases = [
        (
            "trainLabels.csv",
            "image,level\n10_left,0\n10_right,4\n",
            vec!["train/10_left.jpeg", "train/10_right.jpeg"],
        ),
        (
            "aptos.csv",
            "id_code,diagnosis\n000c1434d8d7,2\n001639a390f0,4\n",
            vec!["000c1434d8d7.png", "001639a390f0.png"],
        ),
        (
            "messidor_data.csv",
            "image_id,adjudicated_dr_grade,adjudicated_dme\n20051020_1.jpg,1,0\n20051020_2.jpg,3.0,1\n20051020_3.jpg,,\n",
            vec!["images/20051020_1.jpg", "images/20051020_2.jpg"],
        ),
        (
            "idrid.csv",
            "Image name,Retinopathy grade,Risk of macular edema ,,,\nIDRiD_001,3,2,,,\nIDRiD_002,0,0,,,\n",
            vec!["Training Set/IDRiD_001.jpg", "Training Set/IDRiD_002.jpg"],
        ),
        (
            "ours.csv",
            "\u{feff}file;grade\na.jpg;Severe\nb.jpg;no dr\n",
            vec!["a.jpg", "b.jpg"],
        ),
    ];
    for (name, text, files) in cases {
        let beside = folder(&files);
        let source = Source::open(&table(&beside, name, text))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(source.photographs.len(), 2, "{name}");
        for photograph in &source.photographs {
            assert!(photograph.path.is_file(), "{name}: {}", photograph.file);
            assert!(photograph.split.is_none());
        }
    }
}

#[test]
fn both_eyes_named_as_in_eyepacs_are_one_patient() {
    let beside = folder(&["10_left.jpeg", "10_right.jpeg"]);
    let source = Source::open(&table(
        &beside,
        "t.csv",
        "image,level\n10_left,0\n10_right,4\n",
    ))
    .unwrap();
    assert_eq!(
        listed(&source).iter().map(|row| row.2).collect::<Vec<_>>(),
        ["10", "10"]
    );
}

#[test]
fn a_last_word_for_the_eye_is_no_part_of_the_patient() {
    let cases = [
        ("17_OD", "17"),
        ("17_OS", "17"),
        ("17-re", "17"),
        ("17.L", "17"),
        ("17_LEFT", "17"),
        ("A B left", "A B"),
        // Nothing would be left to tell strangers apart by.
        ("left", "left"),
        ("_left", "_left"),
        ("flower", "flower"),
        ("girl", "girl"),
        ("17_girl", "17_girl"),
    ];
    for (stem, patient) in cases {
        let source = folder(&[format!("0/{stem}.jpg").as_str()]);
        let opened = Source::open(source.path()).unwrap();
        assert_eq!(listed(&opened)[0].2, patient, "{stem}");
    }
}

#[test]
fn a_patient_that_is_named_is_called_just_so() {
    let beside = folder(&["17_OD.jpg", "17_OS.jpg"]);
    let text = "file,grade,patient\n17_OD.jpg,0,ward_OD\n17_OS.jpg,4,\n";
    let source = Source::open(&table(&beside, "t.csv", text)).unwrap();
    assert_eq!(
        listed(&source).iter().map(|row| row.2).collect::<Vec<_>>(),
        ["ward_OD", "17"]
    );
}

#[test]
fn messidor_one_is_refused_and_its_scale_explained() {
    let beside = folder(&["a.tif"]);
    let text = "Image name,Ophthalmologic department,Retinopathy grade,Risk of macular edema\na.tif,Lariboisiere,3,1\n";
    let message = refused(&table(&beside, "annotation.csv", text));
    assert!(
        message.contains("annotation.csv") && message.contains("2 and 3: referable"),
        "{message}"
    );
}

#[test]
fn what_does_not_fit_is_named_with_its_row() {
    let cases = [
        (
            "file,grade\na.jpg,0\na.jpg,7\n",
            &["row 3", "`7`", "0 to 4"][..],
        ),
        (
            "file,grade\na.jpg,0\nb.jpg,1\n",
            &["row 3", "b.jpg", "missing"],
        ),
        (
            "file,grade\na.jpg,0\na.jpg,1\n",
            &["row 3", "a.jpg", "row 2"],
        ),
        ("file,grade\n,0\n", &["row 2", "no name"]),
        ("file,grade,Grade\na.jpg,0,1\n", &["`Grade`", "twice"]),
        ("photo,score\na.jpg,0\n", &["photo,score", "`file,grade`"]),
        ("file,grade\na.jpg,0,extra\n", &["table.csv"]),
        (
            "file,grade\na.jpg,\n",
            &["no graded photograph", "1 rows without grade"],
        ),
        ("file,grade\na.jpg,-1\n", &["row 2", "`-1`"]),
        (
            "file,grade,dme\na.jpg,1,2\n",
            &["row 2", "macular oedema", "`2`"],
        ),
        ("", &["table.csv", "has the columns"]),
    ];
    for (text, expected) in cases {
        let beside = folder(&["a.jpg"]);
        let message = refused(&table(&beside, "table.csv", text));
        for part in expected.iter().chain(&["table.csv"]) {
            assert!(
                message.contains(part),
                "{text:?} gives {message:?}, which lacks {part:?}"
            );
        }
    }
}

#[test]
fn a_name_that_two_photographs_have_is_refused() {
    let beside = folder(&["one/a.jpg", "two/a.jpg"]);
    let message = refused(&table(&beside, "table.csv", "image,level\na,1\n"));
    assert!(
        message.contains("one/a.jpg") && message.contains("two/a.jpg"),
        "{message}"
    );
}

#[test]
fn folders_that_are_no_source_are_named() {
    let nothing = folder(&["a.jpg"]);
    assert!(refused(nothing.path()).contains("is no source"));
    let stray = folder(&["0/a.jpg", "masks/a.png"]);
    assert!(refused(stray.path()).contains("masks names no grade"));
    let missing = nothing.path().join("missing");
    assert!(refused(&missing).contains("cannot read"));
    let empty = folder(&["0/readme.txt"]);
    assert!(refused(empty.path()).contains("1 other files"));
}

#[test]
fn the_real_manifest_is_read_whole() {
    let Some(path) = std::env::var_os("FUNDOSCOPE_PHOTOGRAPHS") else {
        println!("skipped: FUNDOSCOPE_PHOTOGRAPHS names no folder of photographs");
        return;
    };
    let source = Source::open(Path::new(&path)).unwrap();
    let count = |split| {
        source
            .photographs
            .iter()
            .filter(|p| p.split == Some(split))
            .count()
    };
    assert!(count(Split::Train) > 0 && count(Split::Val) > 0);
    assert!(
        source
            .photographs
            .iter()
            .all(|photograph| photograph.path.is_file())
    );
}

#[test]
fn lesion_masks_are_found_beside_their_photographs_and_in_folders_of_their_own() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(path("masks/exudates")).unwrap();
    for name in [
        "eye_1.jpg",
        "eye_1_MA.png",
        "masks/exudates/eye_1_EX.tif",
        "eye_1_OD.png",
        "eye_2.jpg",
        "notes.txt",
    ] {
        std::fs::write(path(name), b"").unwrap();
    }
    let listed = with_lesion_masks(folder.path()).unwrap();
    assert_eq!(listed.len(), 1, "eye_2 has no mask");
    assert_eq!(listed[0].path, path("eye_1.jpg"));
    let expected = [
        Some(path("eye_1_MA.png")),
        None,
        Some(path("masks/exudates/eye_1_EX.tif")),
        None,
        None,
    ];
    assert_eq!(listed[0].masks, expected);

    std::fs::write(path("masks/eye_1.png"), b"").unwrap();
    let twice = with_lesion_masks(folder.path()).unwrap_err().to_string();
    assert!(twice.contains("the same name"), "{twice}");
    let nothing = TempDir::new().unwrap();
    let none = with_lesion_masks(nothing.path()).unwrap_err().to_string();
    assert!(
        none.contains("holds no photograph with lesion masks"),
        "{none}"
    );
}
