//! `fundoscope explain --score`: what each explanation is worth, on photographs whose lesions are known.
//!
//! It takes hours where there are many photographs; so what was found on each is noted in a journal, and a run that was
//! stopped goes on.

use attribution::Target;
use attribution::scorecard::Prior;
use grader::Bundle;
use trust::DISCLAIMER;

use super::exhibits::{Collection, Exhibit};
use super::judge::{self, Found, Judge, Maker};
use super::score_table::{Score, Scorecard};
use super::{Arguments, Question, TargetChoice};
use crate::console::Console;
use crate::journal::{self, Journal};
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle, evaluate, interrupt};

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let question = super::question(arguments, settings)?;
    let collection = collection(arguments, settings)?;
    let opened = bundle::open(settings)?;
    let shuffled = (arguments.score.shuffled.as_deref())
        .map(|folder| judge::shuffled(folder, &opened))
        .transpose()?;
    let options = answers_depend_on(arguments, settings, &question, &opened, shuffled.as_ref());
    let judge = judge(arguments, settings, question, &opened, shuffled.as_ref())?;
    let out = OutputFolder::create(&arguments.out)?;
    let path = journal::path_beside(&out.path().join("scorecard"));
    let mut journal = Journal::open(&path, options)?;
    interrupt::listen()?;

    let mut console = Console::new(settings, "scored", collection.len());
    console.goes_on(journal.answered());
    let tested = arguments.score.tested;
    let Some(scores) = scores(&collection, &judge, tested, &mut journal, &mut console)? else {
        let kept = out.path().display();
        return Ok(console.interrupted(&format!("what was scored is kept in {kept}")));
    };
    let members = judge.grader.manifest().members.iter();
    let members = members.map(|member| member.sha256.clone()).collect();
    let resamples = arguments.score.resamples;
    let scorecard = Scorecard::of(&scores, members, judge.target, settings.seed, resamples);
    scorecard.write(&out)?;
    journal.remove()?;
    let outcome = console.finish();
    console.say(
        &format!(
            "{}\nwritten to {}\n{DISCLAIMER}",
            scorecard.text(),
            out.path().display()
        ),
        &scorecard.document(),
    );
    Ok(outcome)
}

fn collection(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Collection> {
    let graded = match arguments.score.data.is_empty() {
        true => Vec::new(),
        false => evaluate::graded_photographs(&arguments.score.data, None, &[])?,
    };
    let masks = arguments.score.masks.as_deref();
    let painted = match graded.is_empty() {
        true => 0,
        false => arguments.score.painted,
    };
    Collection::of(graded, masks, painted, settings.seed)
}

fn judge(
    arguments: &Arguments,
    settings: &Settings,
    question: Question,
    opened: &Bundle,
    shuffled: Option<&Bundle>,
) -> anyhow::Result<Judge> {
    let methods = question.methods.into_iter().map(Maker::Method);
    Ok(Judge {
        grader: bundle::on_device(opened, settings)?,
        cascade: match arguments.score.tested {
            0 => Vec::new(),
            _ => judge::cascade(opened, settings)?,
        },
        shuffled: shuffled
            .map(|bundle| bundle::on_device(bundle, settings))
            .transpose()?,
        options: question.options,
        target: target(question.target),
        makers: Prior::ALL
            .into_iter()
            .map(Maker::Prior)
            .chain(methods)
            .collect(),
    })
}

/// What is explained of every photograph alike.
fn target(choice: TargetChoice) -> Target {
    match choice {
        TargetChoice::Fixed(target) => target,
        TargetChoice::Predicted => Target::Referable,
    }
}

/// What is found on a photograph depends on these, beside its picture and its masks.
fn answers_depend_on(
    arguments: &Arguments,
    settings: &Settings,
    question: &Question,
    opened: &Bundle,
    shuffled: Option<&Bundle>,
) -> journal::Options {
    let methods: Vec<&str> = question
        .methods
        .iter()
        .map(|method| method.name())
        .collect();
    let options = &question.options;
    let smoothing = options.smoothing.map(|smoothing| format!("{smoothing:?}"));
    vec![
        ("bundle", server::fingerprint(opened)),
        (
            "--shuffled",
            shuffled.map_or_else(String::new, server::fingerprint),
        ),
        ("--device", settings.device.clone()),
        ("--seed", settings.seed.to_string()),
        ("--painted", arguments.score.painted.to_string()),
        ("--tested", arguments.score.tested.to_string()),
        ("--method", methods.join(",")),
        ("--target", target(question.target).to_string()),
        ("--steps", options.steps.to_string()),
        ("--max-steps", options.max_steps.to_string()),
        ("--baseline", options.baseline.name().to_owned()),
        ("--layer", format!("layer{}", options.layer as usize + 1)),
        ("--smooth", smoothing.unwrap_or_default()),
        ("--samples", options.samples.to_string()),
        ("--noise", options.noise.to_string()),
        (
            "--window",
            options
                .window
                .map_or_else(String::new, |window| window.to_string()),
        ),
        ("--masks-of-rise", options.masks.to_string()),
    ]
}

/// What is found on every photograph that shows lesions; nothing when the user stopped it.
fn scores(
    collection: &Collection,
    judge: &Judge,
    tested: usize,
    journal: &mut Journal<Vec<(Maker, Found)>>,
    console: &mut Console,
) -> anyhow::Result<Option<Vec<Score>>> {
    let mut scores: Vec<Score> = Vec::new();
    for index in 0..collection.len() {
        if interrupt::is_asked() {
            return Ok(None);
        }
        let preparation = judge.grader.preparation();
        if let Some(exhibit) = collection.exhibit(index, preparation, console) {
            let of_set = scores.iter().filter(|score| score.known == exhibit.known);
            let is_tested = of_set.count() < tested;
            scores.push(Score {
                found: found(judge, &exhibit, index, is_tested, journal)?,
                known: exhibit.known,
                patient: exhibit.patient,
            });
        }
        console.advance();
    }
    Ok(Some(scores))
}

/// What is found on a photograph, or was by an earlier run.
fn found(
    judge: &Judge,
    exhibit: &Exhibit,
    index: usize,
    is_tested: bool,
    journal: &mut Journal<Vec<(Maker, Found)>>,
) -> anyhow::Result<Vec<(Maker, Found)>> {
    let hash = exhibit.hash();
    if let Some(place) = journal.place(&hash) {
        return journal.answer(place);
    }
    let found = judge.found(exhibit, index as u64, is_tested)?;
    journal.note(&hash, found.clone())?;
    journal.keep()?;
    Ok(found)
}
