//! `fundoscope explain`: where in a photograph the answer comes from, as arrays and as pictures.

mod exhibits;
mod judge;
mod score;
mod score_table;

pub(crate) use exhibits::ALL_LESIONS;
pub(crate) use score_table::{Pivot, Row, chart, charted};

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;
use attribution::render::{self, Palette, Rendering, Style};
use attribution::{
    Attribution, Baseline, Candidate, Examination, Method, Options, Region, Smoothing, Target,
    UnknownName,
};
use clap::{Args, ValueEnum};
use fundus::Prepared;
use grader::{Grader, Layer, PassPlan};
use serde_json::json;
use trust::{DISCLAIMER, Grade};

use crate::console::Console;
use crate::inputs::{Inputs, Photograph};
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle, interrupt, numpy, photograph};

#[derive(Args)]
#[command(
    after_help = "A scorecard that was stopped goes on when the same command is called again."
)]
pub(crate) struct Arguments {
    /// Photographs, or folders of photographs
    #[arg(required_unless_present = "score", value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Folder for the arrays and pictures, or for the scorecard
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Methods, separated by commas; `all` for all
    #[arg(
        long = "method",
        value_delimiter = ',',
        value_name = "NAME",
        default_values = ["combined", "grad-cam", "integrated-gradients", "guided-grad-cam"],
        value_parser = methods
    )]
    methods: Vec<Methods>,
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
    /// Where doubling the steps ends, complete or not
    #[arg(long, default_value_t = Options::default().max_steps, value_name = "N")]
    max_steps: usize,
    /// What Integrated Gradients start from, and what covers the picture in Occlusion and RISE: black, mean-colour or blurred
    #[arg(long, default_value = Baseline::Black.name())]
    baseline: Baseline,
    /// Layer of the class activation maps: layer1 (finest) to layer4 (coarsest)
    #[arg(long, default_value = "layer4", value_parser = attribution::layer)]
    layer: Layer,
    /// Average every method over noisy copies of the photograph, as SmoothGrad does the gradient; or their squares
    #[arg(long, value_enum, value_name = "mean|squares")]
    smooth: Option<SmoothingName>,
    /// Noisy copies
    #[arg(long, default_value_t = Options::default().samples, value_name = "N")]
    samples: usize,
    /// Standard deviation of the noise, as a share of the range of the network's input
    #[arg(long, default_value_t = Options::default().noise, value_name = "SHARE")]
    noise: f32,
    /// Side of the windows of Occlusion, in pixels of the network's input [default: a sixteenth of it]
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u16).range(2..))]
    window: Option<u16>,
    /// Masks of RISE
    #[arg(long, default_value_t = Options::default().masks, value_name = "N")]
    masks_of_rise: usize,
    /// Pictures that go through the network together: bounds the memory, whatever the steps, and changes nothing else
    #[arg(long, default_value_t = Options::default().batch_size, value_name = "N")]
    batch_size: usize,
    /// Colours of the pictures
    #[arg(long, value_enum, default_value_t = PaletteName::BlueRed)]
    palette: PaletteName,
    /// Lines at 25, 50 and 75 % of the greatest evidence over the photograph in colour, instead of colours over it in grey
    #[arg(long)]
    contours: bool,
    #[command(flatten)]
    score: ScoreArguments,
}

/// The scorecard of explanations.
#[derive(Args)]
struct ScoreArguments {
    /// Measure what explanations are worth on photographs whose lesions are known, instead of explaining photographs
    #[arg(long, conflicts_with = "images")]
    score: bool,
    /// Sources of photographs: lesions are painted on those of grade 0 outside the training split
    #[arg(long, num_args = 1.., value_name = "SOURCE", requires = "score")]
    data: Vec<PathBuf>,
    /// Photographs with painted lesions
    #[arg(long, default_value_t = 300, value_name = "N")]
    painted: usize,
    /// Folder of photographs with masks of their lesions beside them (NAME.jpg with NAME_MA.png and so on, as in IDRiD)
    #[arg(long, value_name = "FOLDER", requires = "score")]
    masks: Option<PathBuf>,
    /// Photographs of each set on which faithfulness and random weights are tried too, which takes long
    #[arg(long, default_value_t = 12, value_name = "N")]
    tested: usize,
    /// Bundle of the same input that was trained with --shuffle-grades: how alike its explanations are, on as many photographs
    #[arg(long, value_name = "BUNDLE_DIR", requires = "score")]
    shuffled: Option<PathBuf>,
    /// Resamples of the bootstrap behind every interval
    #[arg(long, default_value_t = 2000, value_name = "N")]
    resamples: usize,
}

/// A method, or all of them.
#[derive(Clone, Copy)]
enum Methods {
    All,
    One(Method),
}

fn methods(text: &str) -> Result<Methods, UnknownName> {
    match text {
        "all" => Ok(Methods::All),
        _ => text.parse().map(Methods::One),
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum SmoothingName {
    /// Their mean
    Mean,
    /// The mean of their squares
    Squares,
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
    if arguments.score.score {
        return score::run(arguments, settings);
    }
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
    let least = [
        (arguments.steps, "steps"),
        (arguments.samples, "samples"),
        (arguments.masks_of_rise, "masks"),
        (arguments.batch_size, "pictures at a time"),
    ];
    if let Some((_, what)) = least.iter().find(|(count, _)| *count == 0) {
        anyhow::bail!("0 {what} explain nothing: give at least 1");
    }
    if !(0.0..=1.0).contains(&arguments.noise) {
        anyhow::bail!("the noise is a share of the input's range: give a number from 0 to 1");
    }
    let chosen = arguments.methods.iter();
    let mut methods: Vec<Method> = chosen
        .flat_map(|methods| match methods {
            Methods::All => Method::ALL.to_vec(),
            Methods::One(method) => vec![*method],
        })
        .collect();
    methods.sort_unstable();
    methods.dedup();
    Ok(Question {
        methods,
        target: arguments.target,
        options: Options {
            steps: arguments.steps,
            max_steps: arguments.max_steps.max(arguments.steps),
            baseline: arguments.baseline,
            batch_size: arguments.batch_size,
            layer: arguments.layer,
            smoothing: arguments.smooth.map(|name| match name {
                SmoothingName::Mean => Smoothing::Mean,
                SmoothingName::Squares => Smoothing::Squares,
            }),
            samples: arguments.samples,
            noise: arguments.noise,
            window: arguments.window.map(usize::from),
            masks: arguments.masks_of_rise,
            seed: settings.seed,
        },
        rendering: Rendering {
            palette: match arguments.palette {
                PaletteName::BlueRed => Palette::BlueRed,
                PaletteName::BlueYellow => Palette::BlueYellow,
            },
            style: match arguments.contours {
                true => Style::Contours,
                false => Style::Areas,
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
            if *method == Method::Combined {
                let plan = &question.plan;
                // The grade that was given, whatever is explained.
                let grade = match (question.target, target) {
                    (TargetChoice::Predicted, Target::Grade(grade)) => grade,
                    _ => self.grade(question, grader)?,
                };
                let examination =
                    attribution::examine(grader, self.prepared, &attribution, grade, plan)?;
                self.write_regions(target, &examination, out)?;
            }
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
            TargetChoice::Predicted => Ok(Target::Grade(self.grade(question, grader)?)),
        }
    }

    fn grade(&self, question: &Question, grader: &Grader) -> anyhow::Result<Grade> {
        let screenings = grader.screen(&[self.prepared], &question.plan)?;
        let screening = screenings
            .first()
            .context("the grader gave no answer for a photograph")?;
        Ok(screening.assessment.grade)
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

    /// The places to look at: in shares of the square of the field of view, the one with most evidence first, as outlines over
    /// the photograph, and the photograph without those that the grade depends on.
    fn write_regions(
        &self,
        target: Target,
        examination: &Examination,
        out: &OutputFolder,
    ) -> anyhow::Result<()> {
        let name = format!("{}.{}", self.name, Method::Combined);
        let region = |region: &Region| {
            json!({
                "peak": region.candidate.peak,
                "outline": region.candidate.outline,
                "share_of_evidence": region.candidate.share,
                "diameter": region.candidate.diameter(),
                "disc_diameters": region.disc_diameters,
                "speaks_for": region.speaks_for,
            })
        };
        let counterfactual = examination.counterfactual.as_ref();
        let picture = format!("{name}.counterfactual.jpg");
        let described = json!({
            "disclaimer": DISCLAIMER,
            "file": self.photograph.file,
            "target": target.to_string(),
            "regions": examination.regions.iter().map(region).collect::<Vec<_>>(),
            "counterfactual": counterfactual.map(|found| {
                json!({ "removed": found.removed, "grade": found.grade, "picture": picture })
            }),
        });
        out.write_json(&format!("{name}.json"), &described)?;
        let regions = examination.regions.iter();
        let candidates: Vec<Candidate> = regions.map(|region| region.candidate.clone()).collect();
        let outlined = render::outlined(&self.prepared.cropped, &candidates);
        out.write_jpeg(&format!("{name}.regions.jpg"), &outlined)?;
        match counterfactual {
            Some(found) => out.write_jpeg(&picture, &found.picture),
            None => Ok(()),
        }
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
                    ", not below 1 %: read it with care"
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
