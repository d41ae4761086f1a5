//! `fundoscope explain`: where in a photograph the answer comes from, as arrays and as pictures.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;
use attribution::render::{self, Palette, Rendering};
use attribution::{Attribution, Baseline, Method, Options, Target, UnknownName};
use clap::{Args, ValueEnum};
use fundus::Prepared;
use grader::{Grader, PassPlan};
use serde_json::json;
use trust::DISCLAIMER;

use crate::console::Console;
use crate::inputs::{Inputs, Photograph};
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle, interrupt, numpy, photograph};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Photographs, or folders of photographs
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Folder for the arrays and pictures
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Methods, separated by commas: grad-cam, guided-grad-cam, integrated-gradients
    #[arg(long = "method", value_delimiter = ',', value_name = "NAME", default_values_t = Method::ALL)]
    methods: Vec<Method>,
    /// What is explained: the predicted grade, referable retinopathy, the expected grade, or one grade
    #[arg(
        long,
        default_value = "predicted",
        value_name = "predicted|referable|expected|0..4"
    )]
    target: TargetChoice,
    /// Steps of Integrated Gradients to begin with; they are doubled while the completeness error is large
    #[arg(long, default_value_t = Options::default().steps, value_name = "N")]
    steps: usize,
    /// What Integrated Gradients start from: black, mean-colour or blurred
    #[arg(long, default_value = Baseline::Black.name())]
    baseline: Baseline,
    /// Colours of the pictures
    #[arg(long, value_enum, default_value_t = PaletteName::BlueRed)]
    palette: PaletteName,
}

#[derive(Clone, Copy)]
enum TargetChoice {
    Predicted,
    Fixed(Target),
}

impl FromStr for TargetChoice {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "predicted" => Ok(TargetChoice::Predicted),
            _ => text.parse().map(TargetChoice::Fixed),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum PaletteName {
    /// Blue for, red against
    BlueRed,
    /// Blue for, yellow against: told apart under every common colour blindness
    BlueYellow,
}

/// What is asked about each photograph.
struct Question {
    methods: Vec<Method>,
    target: TargetChoice,
    options: Options,
    rendering: Rendering,
    /// How the predicted grade is found.
    plan: PassPlan,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let question = question(arguments, settings)?;
    let inputs = Inputs::find(&arguments.images, None, &arguments.out)?;
    let grader = bundle::grader(settings)?;
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;

    let names = inputs.output_names();
    let mut console = Console::new(settings, "explained", names.len());
    console.failures(&inputs.failures);
    for (photograph, name) in inputs.photographs.iter().zip(&names) {
        match photograph::prepare(&photograph.path, grader.preparation()) {
            Ok(prepared) => {
                let explained = Explained {
                    photograph,
                    name,
                    prepared: &prepared,
                };
                explained.explain(&question, &grader, &out, &console)?;
            }
            Err(reason) => console.failure(&photograph.file, &reason),
        }
        if interrupt::is_asked() {
            return Ok(console.interrupted("what was finished is written"));
        }
        console.advance();
    }
    let outcome = console.finish();
    console.say(
        &format!("written to {}\n{DISCLAIMER}", out.path().display()),
        &json!({
            "failed": console.failed(),
            "skipped": inputs.skipped,
            "out": out.path(),
            "disclaimer": DISCLAIMER,
        }),
    );
    Ok(outcome)
}

fn question(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Question> {
    let defaults = Options::default();
    if arguments.steps == 0 {
        anyhow::bail!("0 steps explain nothing: give at least 1");
    }
    let mut methods = arguments.methods.clone();
    methods.sort_unstable();
    methods.dedup();
    Ok(Question {
        methods,
        target: arguments.target,
        options: Options {
            steps: arguments.steps,
            max_steps: defaults.max_steps.max(arguments.steps),
            baseline: arguments.baseline,
            ..defaults
        },
        rendering: Rendering {
            palette: match arguments.palette {
                PaletteName::BlueRed => Palette::BlueRed,
                PaletteName::BlueYellow => Palette::BlueYellow,
            },
            ..Rendering::default()
        },
        plan: PassPlan {
            seed: settings.seed,
            ..PassPlan::default()
        },
    })
}

/// A photograph that is being explained.
struct Explained<'a> {
    photograph: &'a Photograph,
    /// Name of its outputs.
    name: &'a str,
    prepared: &'a Prepared,
}

impl Explained<'_> {
    fn explain(
        &self,
        question: &Question,
        grader: &Grader,
        out: &OutputFolder,
        console: &Console,
    ) -> anyhow::Result<()> {
        let target = self.target(question, grader)?;
        for method in &question.methods {
            if interrupt::is_asked() {
                return Ok(());
            }
            let input = &self.prepared.input;
            let attribution =
                attribution::explain(grader, input, *method, target, &question.options)?;
            self.write(&attribution, &question.rendering, out)?;
            console.say(
                &self.sentence(&attribution),
                &json!({
                    "file": self.photograph.file,
                    "method": method.name(),
                    "target": target.to_string(),
                    "completeness": attribution.completeness,
                    "empty": attribution.empty,
                    "name": self.name,
                }),
            );
        }
        Ok(())
    }

    fn target(&self, question: &Question, grader: &Grader) -> anyhow::Result<Target> {
        match question.target {
            TargetChoice::Fixed(target) => Ok(target),
            TargetChoice::Predicted => {
                let screenings = grader.screen(&[self.prepared], &question.plan)?;
                let screening = screenings
                    .first()
                    .context("the grader gave no answer for a photograph")?;
                Ok(Target::Grade(screening.assessment.grade))
            }
        }
    }

    fn write(
        &self,
        attribution: &Attribution,
        rendering: &Rendering,
        out: &OutputFolder,
    ) -> anyhow::Result<()> {
        let name = format!("{}.{}", self.name, attribution.method);
        let sentence = || format!("cannot encode {name}.npy");
        let map = &attribution.map;
        let shape = [map.height, map.width];
        let array = numpy::npy(&shape, &map.values).with_context(sentence)?;
        out.write(&format!("{name}.npy"), &array)?;
        if let Some(channels) = &attribution.channels {
            let shape = [3, map.height, map.width];
            let array = numpy::npy(&shape, channels).with_context(sentence)?;
            out.write(&format!("{name}.channels.npy"), &array)?;
        }
        let figure = render::figure(&self.prepared.cropped, attribution, rendering);
        out.write_jpeg(&format!("{name}.jpg"), &figure)
    }

    fn sentence(&self, attribution: &Attribution) -> String {
        let file = &self.photograph.file;
        let (method, target) = (attribution.method.words(), attribution.target.words());
        let completeness = attribution
            .completeness
            .map_or_else(String::new, |completeness| {
                let error = 100.0 * completeness.relative_error;
                let steps = completeness.steps;
                let remark = if completeness.reached {
                    ""
                } else {
                    ", not below 5 %: read it with care"
                };
                format!("; completeness error {error:.1} % after {steps} steps{remark}")
            });
        let empty = if attribution.empty {
            "; the map is empty: no place speaks for or against it"
        } else {
            ""
        };
        format!("{file}: {method} of {target}{completeness}{empty}")
    }
}
