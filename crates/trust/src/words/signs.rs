//! What a human should look for where the system cannot tell.

use language::Language;

use crate::{Grade, PredictionSet, Probabilities, Rule};

/// A grade with at least this probability is in question where no set of grades says so.
const IN_QUESTION: f32 = 0.1;

/// For the decision [`crate::Decision::Unsure`]: what made the system hesitate, then the signs between the grades in
/// question.
pub fn signs_to_look_for(
    language: Language,
    probabilities: &Probabilities,
    set: Option<PredictionSet>,
    rule: Option<Rule>,
) -> Vec<&'static str> {
    let unusual = (rule == Some(Rule::Unfamiliar)).then_some(language.text("signs-unusual"));
    let boundaries = boundaries(probabilities, set, rule);
    unusual
        .into_iter()
        .chain((boundaries.into_iter()).map(|grade| sign_beyond(language, grade)))
        .collect()
}

/// The milder grade of each pair of neighbours that are both in question. Where one grade alone is, it is compared with
/// its neighbours; where the thresholds left open whether to refer, mild with moderate too.
fn boundaries(
    probabilities: &Probabilities,
    set: Option<PredictionSet>,
    rule: Option<Rule>,
) -> Vec<Grade> {
    let is_in_question = |grade: &Grade| match set {
        Some(set) => set.contains(*grade),
        None => probabilities.get(*grade) >= IN_QUESTION,
    };
    let mut in_question = Grade::ALL.into_iter().filter(is_in_question);
    let lowest = in_question.next().unwrap_or(probabilities.grade()).index();
    let highest = in_question.next_back().map_or(lowest, Grade::index);
    let milder = if lowest == highest {
        lowest.saturating_sub(1)..lowest + 1
    } else {
        lowest..highest
    };
    let is_asked = |grade: &Grade| {
        let is_whether_to_refer = rule == Some(Rule::BetweenThresholds) && *grade == Grade::Mild;
        milder.contains(&grade.index()) || is_whether_to_refer
    };
    let has_worse = |grade: &Grade| *grade < Grade::Proliferative;
    let all = Grade::ALL.into_iter().filter(has_worse);
    all.filter(is_asked).collect()
}

/// What makes a photograph worse than this grade, by the International Clinical Diabetic Retinopathy scale (Wilkinson et
/// al. 2003).
fn sign_beyond(language: Language, grade: Grade) -> &'static str {
    match grade {
        Grade::NoDr => language.text("signs-beyond-none"),
        Grade::Mild => language.text("signs-beyond-mild"),
        Grade::Moderate => language.text("signs-beyond-moderate"),
        Grade::Severe | Grade::Proliferative => language.text("signs-beyond-severe"),
    }
}
