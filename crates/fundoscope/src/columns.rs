//! The columns that several tables have: what is known of a photograph, what the grader said of it, and what eyes came to.

use clinic::{Eye, EyeAnswer, Finding, Laterality, PatientOutcome, PhotographFacts};
use trust::{Grade, PredictionSet, Rule, expected_clinical_cost};

use crate::table::Column;

/// The eye in the words of the tables.
pub(crate) fn eye_name(eye: Laterality) -> String {
    match eye {
        Laterality::Left => "left".to_owned(),
        Laterality::Right => "right".to_owned(),
    }
}

/// A grade as the tables have it, 0 to 4.
pub(crate) fn grade_number(grade: Grade) -> i64 {
    grade.index() as i64
}

/// How well a photograph can be graded.
pub(crate) fn quality<R: 'static>(of: fn(&R) -> Option<&PhotographFacts>) -> Vec<Column<R>> {
    vec![
        Column::flag("gradable", move |row| Some(of(row)?.quality.gradable)),
        Column::single("quality", move |row| Some(of(row)?.quality.score)),
        Column::text("reasons", move |row| {
            Some(of(row)?.quality.reasons.join(" "))
        }),
    ]
}

/// What the grader said of a photograph.
pub(crate) fn finding<R: 'static>(of: fn(&R) -> Option<&Finding>) -> Vec<Column<R>> {
    let mut columns = vec![Column::integer("grade", move |row| {
        Some(grade_number(of(row)?.grade))
    })];
    let by_grade = |name, value: fn(&Finding, Grade) -> f32, grade| {
        Column::single(name, move |row| Some(value(of(row)?, grade)))
    };
    for (name, grade) in ["p0", "p1", "p2", "p3", "p4"].into_iter().zip(Grade::ALL) {
        columns.push(by_grade(
            name,
            |finding, grade| finding.probabilities.get(grade),
            grade,
        ));
    }
    let single =
        |name, value: fn(&Finding) -> f32| Column::single(name, move |row| Some(value(of(row)?)));
    columns.push(single("referable", |finding| {
        finding.probabilities.referable()
    }));
    columns.push(single("vision_threatening", |finding| {
        finding.probabilities.vision_threatening()
    }));
    for (name, grade) in ["std0", "std1", "std2", "std3", "std4"]
        .into_iter()
        .zip(Grade::ALL)
    {
        columns.push(by_grade(
            name,
            |finding, grade| finding.uncertainty.std[grade.index()],
            grade,
        ));
    }
    columns.extend([
        single("entropy", |finding| finding.uncertainty.entropy),
        single("expected_entropy", |finding| {
            finding.uncertainty.expected_entropy
        }),
        single("mutual_information", |finding| {
            finding.uncertainty.mutual_information
        }),
        single("entropy_of_entropies", |finding| {
            finding.uncertainty.entropy_of_entropies
        }),
        single("variation_ratio", |finding| {
            finding.uncertainty.variation_ratio
        }),
        single("expected_clinical_cost", |finding| {
            expected_clinical_cost(&finding.probabilities)
        }),
        Column::single("unfamiliarity", move |row| of(row)?.unfamiliarity),
        Column::text("decision", move |row| {
            Some(of(row)?.decision.name().to_owned())
        }),
        Column::text("rule", move |row| {
            of(row)?.rule.map(Rule::name).map(str::to_owned)
        }),
        Column::text("reason", move |row| Some(of(row)?.reason.clone())),
        Column::integer("set_lowest", move |row| {
            of(row)?
                .prediction_set
                .map(PredictionSet::lowest)
                .map(grade_number)
        }),
        Column::integer("set_highest", move |row| {
            of(row)?
                .prediction_set
                .map(PredictionSet::highest)
                .map(grade_number)
        }),
        Column::integer("passes", move |row| i64::try_from(of(row)?.passes).ok()),
        Column::text("bundle", move |row| Some(of(row)?.bundle.clone())),
    ]);
    columns
}

/// What a patient's eyes came to.
pub(crate) struct Joined {
    pub(crate) eyes: Vec<Eye>,
    pub(crate) outcome: PatientOutcome,
    /// The file of each photograph, by its place in `eyes`.
    pub(crate) files: Vec<String>,
}

impl Joined {
    fn eye(&self, laterality: Option<Laterality>) -> Option<&Eye> {
        self.eyes.iter().find(|eye| eye.laterality == laterality)
    }

    fn state(&self, laterality: Option<Laterality>) -> Option<String> {
        let state = match self.eye(laterality)?.answer {
            EyeAnswer::Graded { .. } => "graded",
            EyeAnswer::Withheld => "withheld",
            EyeAnswer::Pending => "pending",
        };
        Some(state.to_owned())
    }

    /// The worst grade of an eye, and the file of the photograph that has it.
    fn worst(&self, laterality: Option<Laterality>) -> Option<(Grade, Option<&String>)> {
        match self.eye(laterality)?.answer {
            EyeAnswer::Graded {
                grade, photograph, ..
            } => Some((grade, self.files.get(photograph))),
            EyeAnswer::Pending | EyeAnswer::Withheld => None,
        }
    }

    fn grade(&self, laterality: Option<Laterality>) -> Option<i64> {
        self.worst(laterality).map(|(grade, _)| grade_number(grade))
    }

    fn decision(&self, laterality: Option<Laterality>) -> Option<String> {
        let decision = self.eye(laterality)?.answer.decision()?;
        Some(decision.name().to_owned())
    }
}

/// What a patient's eyes came to: the decision, and each eye.
pub(crate) fn joined<R: 'static>(of: fn(&R) -> &Joined) -> Vec<Column<R>> {
    let mut columns = vec![
        Column::text("decision", move |row| {
            of(row)
                .outcome
                .decision
                .map(|decision| decision.name().to_owned())
        }),
        Column::integer("worst_grade", move |row| {
            let eyes = of(row).eyes.iter();
            eyes.filter_map(|eye| of(row).grade(eye.laterality)).max()
        }),
        Column::text("eyes_without_answer", move |row| {
            let eyes = of(row).outcome.unanswered.iter();
            let names: Vec<String> = eyes.map(|eye| eye_name(*eye)).collect();
            (!names.is_empty()).then(|| names.join(" "))
        }),
        Column::flag("laterality_disputed", move |row| {
            Some(of(row).eyes.iter().any(|eye| !eye.disputed.is_empty()))
        }),
    ];
    let eyes = [
        (
            Some(Laterality::Right),
            ["right", "right_grade", "right_decision", "right_file"],
        ),
        (
            Some(Laterality::Left),
            ["left", "left_grade", "left_decision", "left_file"],
        ),
        (
            None,
            [
                "unknown_eye",
                "unknown_eye_grade",
                "unknown_eye_decision",
                "unknown_eye_file",
            ],
        ),
    ];
    for (eye, [state, grade, decision, file]) in eyes {
        columns.extend([
            Column::text(state, move |row| of(row).state(eye)),
            Column::integer(grade, move |row| of(row).grade(eye)),
            Column::text(decision, move |row| of(row).decision(eye)),
            Column::text(file, move |row| of(row).worst(eye)?.1.cloned()),
        ]);
    }
    columns
}
