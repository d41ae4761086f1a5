//! Fits and measures the gate: how many pictures of something else are stopped, how many photographs of the retina are
//! stopped with them, and how well the quality score tells photographs that readers rejected.
//!
//! ```text
//! cargo run --release -p fundus --example gate -- PHOTOGRAPHS [--pictures N] [--list] [--write] [--others FOLDER]
//! ```
//!
//! `PHOTOGRAPHS` is a folder with `manifest.csv` (`file, set, grade, patient, split, quality, dme`). `--pictures` is the
//! number of drawn pictures of each category (400), `--list` names the photographs that are stopped, `--write` writes the
//! weights into `crates/fundus/src/gate/weights.rs`, and `--others` stops the pictures of a folder, none of which shows a
//! retina, whole and as round cuts. Everything is decoded, found and cropped as the program does it; nothing is left to
//! chance, so the same photographs give the same weights.

mod degradations;
mod fit;
mod graded_quality;
mod intervals;
mod others;
mod pictures;
mod validation;
mod weights_file;

use std::error::Error;
use std::path::PathBuf;

use pictures::Sample;

const USAGE: &str = "usage: gate PHOTOGRAPHS [--pictures N] [--list] [--write] [--others FOLDER]";

struct Arguments {
    photographs: PathBuf,
    pictures: u64,
    list: bool,
    write: bool,
    others: Option<PathBuf>,
}

impl Arguments {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut given = std::env::args().skip(1);
        let mut arguments = Self {
            photographs: given.next().ok_or(USAGE)?.into(),
            pictures: 400,
            list: false,
            write: false,
            others: None,
        };
        while let Some(option) = given.next() {
            match option.as_str() {
                "--pictures" => arguments.pictures = given.next().ok_or(USAGE)?.parse()?,
                "--list" => arguments.list = true,
                "--write" => arguments.write = true,
                "--others" => arguments.others = Some(given.next().ok_or(USAGE)?.into()),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(arguments)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    let photographs = pictures::listed(&arguments.photographs)?;
    let samples = pictures::measure_all(&photographs, arguments.pictures)?;
    println!(
        "{} photographs, {} samples measured",
        photographs.len(),
        samples.len()
    );

    validation::report_categories(&samples);
    let crossed = validation::cross_fitted(&samples, None);
    let threshold = validation::threshold(&samples, &crossed);
    validation::report_photographs(&samples, &crossed, threshold, arguments.list);

    let model = fit::Model::fit(&samples.iter().collect::<Vec<_>>());
    let probability = 1.0 / (1.0 + (-threshold).exp());
    println!("\nleast probability of a retina: {probability:.4}");
    report_difference(&samples, &model);
    if arguments.write {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/gate/weights.rs");
        std::fs::write(&file, weights_file::written(&model, probability))?;
        println!("written: {}", file.display());
    }
    if let Some(folder) = &arguments.others {
        others::report(folder, &model, threshold)?;
    }
    graded_quality::report(&samples);
    degradations::report(&photographs, &model, threshold)?;
    Ok(())
}

/// Whether the program's own weights are those of this fit.
fn report_difference(samples: &[Sample], model: &fit::Model) {
    let differences = samples.iter().map(|sample| {
        let fitted = 1.0 / (1.0 + (-model.score(&sample.retina.measures)).exp());
        (fitted - f64::from(sample.retina.probability)).abs()
    });
    println!(
        "the program's probabilities differ from this fit's by {:.4} at most",
        differences.fold(0.0, f64::max)
    );
}
