//! Whether the engine that grades on the CPU says what Burn says, on given photographs:
//!
//!     cut -d, -f1,5 PHOTOGRAPHS/manifest.csv | sed -n 's/,val$//p' | cargo run --release -p grader --example burn_parity -- models PHOTOGRAPHS
//!
//! Reads the photographs' names below the folder from standard input. Prints each photograph whose grade or decision differs,
//! with the two highest probabilities by each, and at the end how many differ and the greatest difference of a probability.

use std::path::Path;

use anyhow::{Context, bail};
use fundus::Limits;
use grader::{Bundle, Grader, Member, PassPlan, Screening};
use trust::{DISCLAIMER, Grade};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, folder] = arguments.as_slice() else {
        bail!(
            "give a bundle and the folder of the photographs, whose names come on standard input"
        );
    };
    let device = grader::device("cpu")?;
    let bundle = Bundle::open(Path::new(bundle))?;
    let engine = Grader::open(&bundle, &device)?;
    let in_burn: Vec<Member> = bundle
        .networks()
        .map(|network| Ok(Member::in_burn(&network?, &device)))
        .collect::<anyhow::Result<_>>()?;
    let burn =
        Grader::of(bundle.manifest.clone(), in_burn)?.with_experience(bundle.experience.clone());

    let (mut graded, mut differing, mut greatest) = (0, 0, 0.0_f32);
    for name in std::io::stdin().lines() {
        let name = name?;
        let path = Path::new(folder).join(&name);
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let prepared = match engine.preparation().prepare(&bytes, &Limits::default()) {
            Ok(prepared) => prepared,
            Err(error) => {
                println!("{name}: not graded by either: {error}");
                continue;
            }
        };
        let screen = |grader: &Grader| {
            let screenings = grader.screen(&[&prepared], &PassPlan::default())?;
            screenings
                .into_iter()
                .next()
                .context("one photograph has one answer")
        };
        let (ours, theirs) = (screen(&engine)?, screen(&burn)?);
        graded += 1;
        let probability =
            |screening: &Screening, grade| screening.assessment.probabilities.get(grade);
        for grade in Grade::ALL {
            greatest =
                greatest.max((probability(&ours, grade) - probability(&theirs, grade)).abs());
        }
        if ours.assessment.grade != theirs.assessment.grade || ours.decision != theirs.decision {
            differing += 1;
            println!(
                "{name}: {} by the engine, {} by Burn",
                said(&ours),
                said(&theirs)
            );
        }
    }
    println!(
        "{graded} photographs graded by the engine ({}) and by Burn",
        engine.computes_with().unwrap_or("no member")
    );
    println!(
        "{differing} with another grade or decision; greatest difference of a probability {greatest:.1e}"
    );
    println!("{DISCLAIMER}");
    Ok(())
}

/// Grade, decision, and the two highest probabilities.
fn said(screening: &Screening) -> String {
    let mut probabilities = *screening.assessment.probabilities.as_array();
    probabilities.sort_by(|left, right| right.total_cmp(left));
    format!(
        "{} and {} ({:.6}, {:.6})",
        screening.assessment.grade, screening.decision, probabilities[0], probabilities[1]
    )
}
