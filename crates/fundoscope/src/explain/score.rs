//! `fundoscope explain --score`: what each explanation is worth, on photographs whose lesions are known.

use std::path::Path;
use std::time::Instant;

use anyhow::bail;
use attribution::scorecard::{Faithfulness, Localization, Prior, Subject, localization};
use attribution::{Map, Method, Options, Target, similarity};
use grader::{Bundle, Grader, Member, ResNet18};
use trust::DISCLAIMER;

use super::Arguments;
use super::exhibits::{Collection, Exhibit};
use super::score_table::{Score, Scorecard};
use crate::console::Console;
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle, evaluate, interrupt};

/// What makes a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Maker {
    Method(Method),
    Prior(Prior),
}

impl Maker {
    pub(super) fn name(self) -> &'static str {
        match self {
            Maker::Method(method) => method.name(),
            Maker::Prior(prior) => prior.name(),
        }
    }
}

/// What was found on one photograph for one map.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// By kind of lesion, all of them first.
    pub(super) localization: Vec<(String, Localization)>,
    /// Of the first photographs only.
    pub(super) faithfulness: Option<Tested>,
    /// Rank correlation with the map of a network whose last groups of weights are random, from the head alone to all; of
    /// the first photographs only.
    pub(super) randomized: Vec<f64>,
    /// Rank correlation with the map of a model that learned from shuffled grades; of the first photographs only.
    pub(super) shuffled: Option<f64>,
    pub(super) seconds: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Tested {
    pub(super) faithfulness: Faithfulness,
    pub(super) infidelity: f64,
    /// Nothing for priors, which do not look at the picture.
    pub(super) sensitivity: Option<f64>,
}

/// Steps of the cascade of random weights: the head, then the groups of blocks, then the stem.
pub(super) const CASCADE: [&str; 6] = ["head", "layer4", "layer3", "layer2", "layer1", "stem"];

/// What measures.
struct Judge {
    grader: Grader,
    /// The members with random weights, one ensemble for each step of the cascade.
    cascade: Vec<Vec<Member>>,
    /// The model that learned from shuffled grades.
    shuffled: Option<Grader>,
    options: Options,
    target: Target,
    makers: Vec<Maker>,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let question = super::question(arguments, settings)?;
    let graded = match arguments.score.data.is_empty() {
        true => Vec::new(),
        false => evaluate::graded_photographs(&arguments.score.data, None, &[])?,
    };
    let masks = arguments.score.masks.as_deref();
    let painted = match graded.is_empty() {
        true => 0,
        false => arguments.score.painted,
    };
    let collection = Collection::of(graded, masks, painted, settings.seed)?;
    let target = match question.target {
        super::TargetChoice::Fixed(target) => target,
        super::TargetChoice::Predicted => Target::Referable,
    };
    let makers = Prior::ALL
        .into_iter()
        .map(Maker::Prior)
        .chain(question.methods.iter().copied().map(Maker::Method))
        .collect();
    let opened = bundle::open(settings)?;
    let judge = Judge {
        grader: bundle::on_device(&opened, settings)?,
        cascade: match arguments.score.tested {
            0 => Vec::new(),
            _ => cascade(&opened, settings)?,
        },
        shuffled: arguments
            .score
            .shuffled
            .as_deref()
            .map(|folder| shuffled(folder, &opened, settings))
            .transpose()?,
        options: question.options,
        target,
        makers,
    };
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;

    let mut console = Console::new(settings, "scored", collection.len());
    let mut scores: Vec<Score> = Vec::new();
    for index in 0..collection.len() {
        if interrupt::is_asked() {
            return Ok(console.interrupted("nothing was written"));
        }
        let exhibit = collection.exhibit(index, judge.grader.preparation(), &mut console);
        if let Some(exhibit) = exhibit {
            let seen = scores
                .iter()
                .filter(|score| score.known == exhibit.known)
                .count();
            let is_tested = seen < arguments.score.tested;
            scores.push(Score {
                known: exhibit.known,
                patient: exhibit.patient.clone(),
                found: judge.found(&exhibit, index as u64, is_tested)?,
            });
        }
        console.advance();
    }
    let members = judge.grader.manifest().members.iter();
    let members = members.map(|member| member.sha256.clone()).collect();
    let resamples = arguments.score.resamples;
    let scorecard = Scorecard::of(&scores, members, target, settings.seed, resamples);
    scorecard.write(&out)?;
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

/// The bundle's members with more and more of their weights random, an ensemble for each step.
fn cascade(bundle: &Bundle, settings: &Settings) -> anyhow::Result<Vec<Vec<Member>>> {
    let device = grader::device(&settings.device)?;
    let mut cascade: Vec<Vec<Member>> = CASCADE.map(|_| Vec::new()).into();
    for (network, seed) in bundle.networks().zip(1..) {
        let network = network?;
        let random = ResNet18::initial(seed, &device);
        for (groups, ensemble) in cascade.iter_mut().enumerate() {
            ensemble.push(Member::new(&network.ending_as(&random, groups), &device));
        }
    }
    Ok(cascade)
}

/// The model that learned from shuffled grades; it has to see photographs as the explained one does.
fn shuffled(folder: &Path, explained: &Bundle, settings: &Settings) -> anyhow::Result<Grader> {
    let opened = bundle::open_folder(folder)?;
    if opened.manifest.training["configuration"]["shuffle_grades"] != true {
        bail!("{} was not trained with --shuffle-grades", folder.display());
    }
    if opened.manifest.preparation != explained.manifest.preparation {
        bail!(
            "{} sees photographs otherwise than the explained model: train it from the same photographs, with the same \
             --image-size and --oversampling",
            folder.display()
        );
    }
    bundle::on_device(&opened, settings)
}

impl Judge {
    /// Every maker's map of an exhibit, measured.
    fn found(
        &self,
        exhibit: &Exhibit,
        index: u64,
        is_tested: bool,
    ) -> anyhow::Result<Vec<(Maker, Found)>> {
        let subject = Subject {
            members: self.grader.members(),
            preparation: self.grader.preparation(),
            input: &exhibit.input,
            target: self.target,
            options: &self.options,
        };
        let mut found = Vec::with_capacity(self.makers.len());
        for &maker in &self.makers {
            let start = Instant::now();
            let map = match maker {
                Maker::Method(method) => subject.explain(method)?.map,
                Maker::Prior(prior) => prior.map(&exhibit.landmarks, exhibit.input.side, index),
            };
            let seconds = start.elapsed().as_secs_f64();
            let masks = exhibit.masks.iter();
            let localization = masks
                .filter_map(|(kind, mask)| Some((kind.clone(), localization(&map, mask)?)))
                .collect();
            let (mut faithfulness, mut randomized, mut shuffled) = (None, Vec::new(), None);
            if is_tested {
                faithfulness = Some(tested(&subject, exhibit, maker, &map)?);
                if let Maker::Method(method) = maker {
                    randomized = self.randomized(&subject, method, &map)?;
                    shuffled = self.like_shuffled(&subject, method, &map)?;
                }
            }
            found.push((
                maker,
                Found {
                    localization,
                    faithfulness,
                    randomized,
                    shuffled,
                    seconds,
                },
            ));
        }
        Ok(found)
    }

    fn randomized(
        &self,
        subject: &Subject<'_>,
        method: Method,
        map: &Map,
    ) -> anyhow::Result<Vec<f64>> {
        self.cascade
            .iter()
            .map(|members| alike(subject, members, method, map))
            .collect()
    }

    fn like_shuffled(
        &self,
        subject: &Subject<'_>,
        method: Method,
        map: &Map,
    ) -> anyhow::Result<Option<f64>> {
        let shuffled = self.shuffled.as_ref();
        shuffled
            .map(|grader| alike(subject, grader.members(), method, map))
            .transpose()
    }
}

/// Rank correlation of a map with that of the same method for other members, which see what the subject's see.
fn alike(
    subject: &Subject<'_>,
    members: &[Member],
    method: Method,
    map: &Map,
) -> anyhow::Result<f64> {
    let other = Subject {
        members,
        ..*subject
    };
    Ok(similarity(map, &other.explain(method)?.map))
}

fn tested(
    subject: &Subject<'_>,
    exhibit: &Exhibit,
    maker: Maker,
    map: &Map,
) -> anyhow::Result<Tested> {
    Ok(Tested {
        faithfulness: subject.faithfulness(map, exhibit.retina()),
        infidelity: subject.infidelity(map),
        sensitivity: match maker {
            Maker::Method(method) => Some(subject.sensitivity(method, map)?),
            Maker::Prior(_) => None,
        },
    })
}
