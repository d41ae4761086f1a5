//! Writes reports of drawn retinas, to look at: `cargo run -p exchange --example draw_report -- FOLDER`.

#[allow(
    clippy::unwrap_used,
    dead_code,
    reason = "the tests of the report use the rest, and may stop"
)]
#[path = "../tests/exchange/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::time::Instant;

use clinic::{Laterality, Verdict};
use exchange::{Paper, Report};
use support::{Taken, report, review, usual};
use trust::{Decision, Grade};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write to")?);
    std::fs::create_dir_all(&folder)?;
    for (name, report) in cases() {
        let begun = Instant::now();
        let bytes = report.pdf()?;
        println!(
            "{name}: {} kB in {:.2} s",
            bytes.len() / 1000,
            begun.elapsed().as_secs_f64()
        );
        std::fs::write(folder.join(format!("{name}.pdf")), bytes)?;
    }
    Ok(())
}

fn cases() -> Vec<(&'static str, Report)> {
    let right = |grade, decision| Taken::new(Laterality::Right, grade, decision);
    let left = |grade, decision| Taken::new(Laterality::Left, grade, decision);
    let mut blurred = left(Grade::Mild, Decision::Retake);
    blurred.faults = vec![
        "out of focus: focus on the vessels".into(),
        "too dark: open the diaphragm or raise the flash".into(),
    ];
    let mut overruled = report(
        "Maria-Magdalena von Hohenstein-Waldburg, 1961/4711 (second visit)",
        &[
            right(Grade::Mild, Decision::Rescreen),
            left(Grade::Mild, Decision::Unsure),
        ],
    );
    let reason = "Venous beading in the two temporal quadrants and more than twenty haemorrhages in each of four; the network \
                  took the beading for reflexes of the light. Seen together with the photographs of last year, on which it was \
                  not there yet. To be seen within two weeks.";
    let verdict = Verdict::Overrule {
        grade: Grade::Severe,
        reason: reason.into(),
    };
    overruled.screening.reviews = vec![
        review(Laterality::Right, Verdict::Agree, "Dr. A. Reader"),
        review(Laterality::Left, Verdict::Agree, "Dr. A. Reader"),
        review(Laterality::Left, verdict, "Prof. B. Second-Reader"),
    ];
    let mut letter = usual();
    letter.paper = Paper::UsLetter;
    let mut foreign = usual();
    foreign.screening.patient = Some("患者 12 / مريض ١٢ / שלום / रोगी / ผู้ป่วย".into());
    foreign.made_by = Some("דוקטור כהן".into());
    let mut long = usual();
    long.screening.patient = Some("X0".repeat(100));
    long.screening.photographs[0].file_name = format!("{}.jpg", "IMG_".repeat(50));
    let many: Vec<Taken> = (0..12)
        .map(|index| match index % 2 {
            0 => right(Grade::ALL[index % 5], Decision::Refer),
            _ => left(Grade::Moderate, Decision::Refer),
        })
        .collect();
    vec![
        ("four", usual()),
        ("four-us-letter", letter),
        (
            "two-referable",
            report(
                "P-17",
                &[
                    right(Grade::Moderate, Decision::Refer),
                    left(Grade::Proliferative, Decision::Refer),
                ],
            ),
        ),
        (
            "ungradable",
            report("P-18", &[right(Grade::NoDr, Decision::Rescreen), blurred]),
        ),
        ("overruled", overruled),
        (
            "one-eye",
            report("P-19", &[left(Grade::NoDr, Decision::Rescreen)]),
        ),
        ("foreign", foreign),
        ("long", long),
        ("twelve", report("P-20", &many)),
    ]
}
