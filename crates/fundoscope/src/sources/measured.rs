//! What a bundle answers to the photographs that it is measured on, by every source of uncertainty that it has.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;
use clinic::ContentHash;
use fundus::{Limits, Preparation, Prepared};
use grader::{Grader, PassPlan, Stochastic};
use rayon::prelude::*;
use training::source::{GradedPhotograph, Split};
use trust::Assessment;
use trust::referral::SourceOfUncertainty;

use crate::console::Console;
use crate::journal::{Journal, Place};
use crate::settings::Settings;
use crate::{bundle, interrupt, photograph};

/// A bundle, and what it is measured on.
pub(super) struct Measured {
    grader: Grader,
    pub(super) wanted: Wanted,
    /// Every source of uncertainty, by name.
    plans: Vec<(String, PassPlan)>,
    /// The assessments of each photograph, one for each source.
    pub(super) journal: Journal<Vec<Assessment>>,
}

impl Measured {
    pub(super) fn open(
        folder: &Path,
        graded: &[GradedPhotograph],
        samples: u32,
        journal: &Path,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let bundle = bundle::open_in(folder, settings)?;
        let wanted = wanted(&bundle.manifest.training, graded);
        if wanted.photographs.is_empty() {
            bail!(
                "there is no photograph to measure {} on: those of the data sets that it was trained without, else the \
                 validation photographs",
                folder.display()
            );
        }
        let grader = bundle::on_device(&bundle, settings)?;
        let plans = plans(&grader, samples);
        let names: Vec<&str> = plans.iter().map(|(name, _)| name.as_str()).collect();
        let options = vec![
            ("bundle or operating point", server::fingerprint(&bundle)),
            ("list of sources", names.join("; ")),
            ("--device", settings.device.clone()),
            ("--samples", samples.to_string()),
        ];
        Ok(Self {
            journal: Journal::open(journal, options)?,
            grader,
            wanted,
            plans,
        })
    }

    /// Grades the photographs in every way; nothing when the user stopped it.
    pub(super) fn sources(
        &mut self,
        console: &mut Console,
    ) -> anyhow::Result<Option<Vec<SourceOfUncertainty>>> {
        let mut answered: Vec<(&GradedPhotograph, Vec<Assessment>)> = Vec::new();
        for chunk in self.wanted.photographs.chunks(photograph::CHUNK) {
            if interrupt::is_asked() {
                return Ok(None);
            }
            let seen: Vec<Result<Seen, String>> = (chunk.par_iter())
                .map(|graded| see(&graded.path, &self.journal, self.grader.preparation()))
                .collect();
            for (graded, seen) in chunk.iter().zip(seen) {
                match seen {
                    Ok(Seen::Before(place)) => answered.push((graded, self.journal.answer(place)?)),
                    Ok(Seen::Now(hash, prepared)) => {
                        let assessments = assessments(&self.grader, &self.plans, &prepared)?;
                        self.journal.note(&hash, assessments.clone())?;
                        answered.push((graded, assessments));
                    }
                    Err(reason) => console.failure(&graded.file, &reason),
                }
                console.advance();
            }
            self.journal.keep()?;
        }
        Ok(Some(self.by_data(&answered)))
    }

    /// The sources of uncertainty on each data set, and on all together where there are several.
    fn by_data(
        &self,
        answered: &[(&GradedPhotograph, Vec<Assessment>)],
    ) -> Vec<SourceOfUncertainty> {
        let sources = self.wanted.sources();
        let mut groups: Vec<&[&str]> = sources.chunks(1).collect();
        if sources.len() > 1 {
            groups.push(&sources);
        }
        let of_group = |group: &&[&str]| {
            let own: Vec<&(&GradedPhotograph, Vec<Assessment>)> = (answered.iter())
                .filter(|(graded, _)| group.contains(&graded.source.as_str()))
                .collect();
            let of_plan = |(place, (name, _)): (usize, &(String, PassPlan))| SourceOfUncertainty {
                name: name.clone(),
                data: self.wanted.name(group),
                photographs: (own.iter())
                    .map(|(graded, assessments)| (assessments[place], graded.grade))
                    .collect(),
                patients: (own.iter())
                    .map(|(graded, _)| format!("{}/{}", graded.source, graded.patient))
                    .collect(),
                refer_at: self.grader.policy().refer_at,
            };
            self.plans
                .iter()
                .enumerate()
                .map(of_plan)
                .collect::<Vec<_>>()
        };
        groups.iter().flat_map(of_group).collect()
    }
}

/// A photograph whose bytes were read.
enum Seen {
    /// An earlier run has its answer.
    Before(Place),
    Now(ContentHash, Box<Prepared>),
}

/// Reads a photograph, and prepares it where its bytes have no answer yet; a sentence where it cannot be read.
fn see(
    path: &Path,
    journal: &Journal<Vec<Assessment>>,
    preparation: &Preparation,
) -> Result<Seen, String> {
    let limits = Limits::default();
    let bytes = photograph::read(path, &limits)?;
    let hash = ContentHash::of(&bytes);
    if let Some(place) = journal.place(&hash) {
        return Ok(Seen::Before(place));
    }
    let prepared = preparation.prepare(&bytes, &limits);
    let prepared = prepared.map_err(|error| error.to_string())?;
    Ok(Seen::Now(hash, Box::new(prepared)))
}

/// What each source of uncertainty says of a photograph.
fn assessments(
    grader: &Grader,
    plans: &[(String, PassPlan)],
    prepared: &Prepared,
) -> anyhow::Result<Vec<Assessment>> {
    // What needs no chance is among the passes of all members and all views, which are computed once.
    let widest = PassPlan {
        mirrors: true,
        ..PassPlan::default()
    };
    let members = grader.members().len();
    let inputs = [&prepared.input];
    let seen = grader.logits(&inputs, &widest)?.concat();
    let of_plan = |(_, plan): &(String, PassPlan)| {
        let logits = match plan.places_in(&widest, members) {
            Some(places) => places.into_iter().map(|place| seen[place]).collect(),
            None => grader.logits(&inputs, plan)?.concat(),
        };
        Ok(Assessment::from_passes(&logits, grader.calibration())?)
    };
    plans.iter().map(of_plan).collect()
}

/// The photographs that a bundle is measured on.
pub(super) struct Wanted {
    pub(super) photographs: Vec<GradedPhotograph>,
    /// What training left out, added to the names of the data sets.
    left_out: String,
}

impl Wanted {
    /// The data sets, in alphabetical order.
    fn sources(&self) -> Vec<&str> {
        let sources = (self.photographs.iter()).map(|graded| graded.source.as_str());
        sources.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What some of the data sets are called together in the table.
    fn name(&self, sources: &[&str]) -> String {
        format!("{}{}", sources.join(" and "), self.left_out)
    }

    /// What each data set is called in the table.
    pub(super) fn data(&self) -> impl Iterator<Item = String> {
        (self.sources().into_iter()).map(|source| self.name(&[source]))
    }
}

/// The photographs of the data sets that training left out, else the validation photographs.
fn wanted(training: &serde_json::Value, graded: &[GradedPhotograph]) -> Wanted {
    let left_out: Vec<&str> = training["configuration"]["leave_out"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect();
    let is_wanted = |photograph: &&GradedPhotograph| match left_out.is_empty() {
        true => photograph.split != Some(Split::Train),
        false => left_out.contains(&photograph.source.as_str()),
    };
    let grades: Vec<String> = training["configuration"]["leave_out_grades"]
        .as_array()
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    let name = match (left_out.is_empty(), grades.is_empty()) {
        (false, _) => ", not learned from".to_owned(),
        (true, false) => format!(", grades {} not learned from", grades.join(" and ")),
        (true, true) => String::new(),
    };
    Wanted {
        photographs: graded.iter().filter(is_wanted).cloned().collect(),
        left_out: name,
    }
}

/// Every source of uncertainty that a bundle has, by name.
fn plans(grader: &Grader, samples: u32) -> Vec<(String, PassPlan)> {
    let all = grader.members().len();
    let upright = PassPlan {
        rotations: 1,
        ..PassPlan::default()
    };
    let one = PassPlan {
        members: Some(1),
        ..upright
    };
    let turned = PassPlan::default();
    let mirrored = PassPlan {
        mirrors: true,
        ..turned
    };
    let stochastic = |stochastic| PassPlan {
        stochastic,
        samples,
        ..one
    };
    let together = PassPlan {
        stochastic: Stochastic {
            dropout: true,
            batch_norm: true,
            training_batches: false,
        },
        samples: 2,
        ..turned
    };
    let members = |count: usize| match count {
        1 => "1 member".to_owned(),
        count => format!("{count} members"),
    };
    let draws_batch_norm = grader
        .members()
        .iter()
        .all(|member| member.sample_statistics(0, 0, 0).is_ok());
    let has_dropout = grader.manifest().dropout > 0.0;
    let mut plans = vec![
        (members(1), one),
        (
            format!("{}, 4 rotations", members(1)),
            PassPlan {
                members: Some(1),
                ..turned
            },
        ),
    ];
    let sources_of_chance = [
        (has_dropout, "dropout", Stochastic::DROPOUT),
        (draws_batch_norm, "batch norm drawn", Stochastic::BATCH_NORM),
        (
            grader.training_batches() >= samples as usize,
            "batch norm of training batches",
            Stochastic::TRAINING_BATCHES,
        ),
    ];
    for (_, name, source) in sources_of_chance.into_iter().filter(|(known, ..)| *known) {
        plans.push((format!("{}, {name}", members(1)), stochastic(source)));
    }
    if all > 1 {
        plans.push((members(all), upright));
        plans.push((format!("{}, 4 rotations", members(all)), turned));
    }
    plans.push((format!("{}, 4 rotations, mirrored", members(all)), mirrored));
    if has_dropout && draws_batch_norm {
        plans.push((
            format!("{}, 4 rotations, dropout, batch norm drawn", members(all)),
            together,
        ));
    }
    plans
}
