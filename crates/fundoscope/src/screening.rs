//! Many photographs through the grader, a chunk at a time.

use fundus::Prepared;
use grader::{Grader, PassPlan, Screening};

use crate::console::Console;
use crate::inputs::Photograph;
use crate::{interrupt, photograph};

/// Whether all photographs had their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Reached,
    Interrupted,
}

/// Prepares and grades the photographs and hands each answer to `answered` with the photograph's index, in order.
/// Photographs that cannot be prepared are named on the console and left out.
pub(crate) fn screen(
    grader: &Grader,
    plan: &PassPlan,
    photographs: &[Photograph],
    console: &mut Console,
    mut answered: impl FnMut(usize, &Prepared, Screening, &Console),
) -> anyhow::Result<End> {
    let mut first = 0;
    for chunk in photographs.chunks(photograph::CHUNK) {
        if interrupt::is_asked() {
            return Ok(End::Interrupted);
        }
        let results = photograph::prepare_all(chunk, grader.preparation());
        let prepared: Vec<&Prepared> = results.iter().flatten().collect();
        let mut screenings = grader.screen(&prepared, plan)?.into_iter();
        for (index, result) in (first..).zip(&results) {
            match result {
                // There is one screening for each photograph that was prepared.
                Ok(prepared) => screenings
                    .by_ref()
                    .take(1)
                    .for_each(|screening| answered(index, prepared, screening, console)),
                Err(reason) => console.failure(&photographs[index].file, reason),
            }
            console.advance();
        }
        first += chunk.len();
    }
    Ok(End::Reached)
}
