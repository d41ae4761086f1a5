//! What measures maps: each maker's map of a photograph, against its lesions, the network's answers and random weights.

use std::path::Path;
use std::time::Instant;

use anyhow::bail;
use attribution::scorecard::{
    Faithfulness, Localization, Prior, Subject, WindowLosses, localization,
};
use attribution::{Map, Method, Options, Target, similarity};
use grader::{Bundle, Grader, Member, ResNet18};
use serde::{Deserialize, Serialize};

use super::exhibits::Exhibit;
use crate::bundle;
use crate::settings::Settings;

/// What makes a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
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

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Tested {
    pub(super) faithfulness: Faithfulness,
    pub(super) infidelity: f64,
    /// Nothing for priors, which do not look at the picture.
    pub(super) sensitivity: Option<f64>,
}

/// Steps of the cascade of random weights: the head, then the groups of blocks, then the stem.
pub(super) const CASCADE: [&str; 6] = ["head", "layer4", "layer3", "layer2", "layer1", "stem"];

/// What measures.
pub(super) struct Judge {
    pub(super) grader: Grader,
    /// The members with random weights, one ensemble for each step of the cascade.
    pub(super) cascade: Vec<Vec<Member>>,
    /// The model that learned from shuffled grades.
    pub(super) shuffled: Option<Grader>,
    pub(super) options: Options,
    pub(super) target: Target,
    pub(super) makers: Vec<Maker>,
}

/// The bundle's members with more and more of their weights random, an ensemble for each step.
pub(super) fn cascade(bundle: &Bundle, settings: &Settings) -> anyhow::Result<Vec<Vec<Member>>> {
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

/// Opens the model that learned from shuffled grades; it has to see photographs as the explained one does.
pub(super) fn shuffled(folder: &Path, explained: &Bundle) -> anyhow::Result<Bundle> {
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
    Ok(opened)
}

impl Judge {
    /// Every maker's map of an exhibit, measured.
    pub(super) fn found(
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
        let losses = is_tested.then(|| subject.window_losses());
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
            if let Some(losses) = &losses {
                faithfulness = Some(tested(&subject, losses, exhibit, maker, &map)?);
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
    losses: &WindowLosses,
    exhibit: &Exhibit,
    maker: Maker,
    map: &Map,
) -> anyhow::Result<Tested> {
    Ok(Tested {
        faithfulness: subject.faithfulness(map, exhibit.retina()),
        infidelity: losses.infidelity(map),
        sensitivity: match maker {
            Maker::Method(method) => Some(subject.sensitivity(method, map)?),
            Maker::Prior(_) => None,
        },
    })
}
