//! What each method costs in time and memory:
//!
//!     cargo run --release -p attribution --example cost -- models
//!
//! prints a table for inputs of 224 and 512 pixels: seconds and the greatest resident memory of one explanation by all
//! members of the bundle, beyond what the members take. Memory is read where the system has `/proc`.

use std::path::Path;
use std::time::Instant;

use attribution::{Method, Options, Target, explain_members};
use fundus::Preparation;
use fundus::drawn::{DrawnRetina, LesionLoad};
use grader::{Bundle, Grader};

const SIDES: [u32; 2] = [224, 512];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "models".to_owned());
    let bundle = Bundle::open(Path::new(&folder))?;
    let grader = Grader::open(&bundle, &grader::device("cpu")?)?;
    let retina = DrawnRetina {
        seed: 7,
        width: 1200,
        height: 1000,
        lesions: LesionLoad::SEVERE,
        ..DrawnRetina::default()
    };
    let picture = retina.draw().picture;
    let field_of_view = fundus::FieldOfView::find(&picture)?;
    println!("| method | 224 px, seconds | memory (MB) | 512 px, seconds | memory (MB) |");
    println!("|---|---|---|---|---|");
    for method in Method::ALL {
        let mut line = format!("| {} ", method.words());
        for side in SIDES {
            let preparation = Preparation {
                input_side: side,
                ..grader.preparation().clone()
            };
            let cropped = field_of_view.crop(&picture, preparation.working_side());
            let input = preparation.input(&cropped);
            let before = resident("VmRSS");
            // Linux: the greatest resident memory is counted anew from here.
            let _ = std::fs::write("/proc/self/clear_refs", "5");
            let start = Instant::now();
            explain_members(
                grader.members(),
                &preparation,
                &input,
                method,
                Target::Referable,
                &Options::default(),
            )?;
            let seconds = start.elapsed().as_secs_f64();
            let memory = resident("VmHWM").zip(before);
            let memory = memory.map_or("–".to_owned(), |(most, before)| {
                (most.saturating_sub(before) / 1024).to_string()
            });
            line += &format!("| {seconds:.2} | {memory} ");
        }
        println!("{line}|");
    }
    Ok(())
}

/// A line of the process's status, in kilobytes.
fn resident(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
