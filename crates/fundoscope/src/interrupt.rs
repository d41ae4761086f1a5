//! Ctrl-C and termination: the first one asks the work to stop where everything is whole, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

/// What a shell reports for a program that Ctrl-C ended.
const ENDED_BY_CTRL_C: i32 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub(crate) fn listen() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(ENDED_BY_CTRL_C);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// What becomes true when the work shall stop, for work that looks by itself.
pub(crate) fn asked() -> &'static AtomicBool {
    &ASKED
}

/// Whether the work shall stop.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
