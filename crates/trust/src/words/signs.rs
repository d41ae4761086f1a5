//! What a human should look for where the system cannot tell.

use crate::{Grade, PredictionSet, Probabilities, Rule};

/// A grade with at least this probability is in question where no set of grades says so.
const IN_QUESTION: f32 = 0.1;

/// For the decision [`crate::Decision::Unsure`]: what made the system hesitate, then the signs between the grades in
/// question.
pub fn signs_to_look_for(
    probabilities: &Probabilities,
    set: Option<PredictionSet>,
    rule: Option<Rule>,
) -> Vec<&'static str> {
    let unusual = (rule == Some(Rule::Unfamiliar)).then_some(
        "What is unusual here: another camera or field, traces of treatment such as laser scars, or another disease.",
    );
    let boundaries = boundaries(probabilities, set, rule);
    unusual
        .into_iter()
        .chain(boundaries.into_iter().map(sign_beyond))
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
fn sign_beyond(grade: Grade) -> &'static str {
    match grade {
        Grade::NoDr => "Microaneurysms: any at all make it mild.",
        Grade::Mild => {
            "More than microaneurysms: haemorrhages, hard exudates or cotton-wool spots make it moderate."
        }
        Grade::Moderate => {
            "More than 20 haemorrhages in each of four quadrants, venous beading in two, or prominent intraretinal \
             microvascular abnormalities in one: any of these makes it severe."
        }
        Grade::Severe | Grade::Proliferative => {
            "New vessels, vitreous or preretinal haemorrhage: any of these makes it proliferative."
        }
    }
}
