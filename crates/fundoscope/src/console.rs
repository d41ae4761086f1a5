//! What is said while work goes on: a bar on a terminal, plain lines otherwise, with `--json` one object a line.
//!
//! Failing inputs are named on standard error in every case. A reader that went away (`| head`) stops no work.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use crate::Outcome;
use crate::inputs::Failure;
use crate::settings::Settings;

/// Plain lines say how far the work is this many times.
const PLAIN_LINES: usize = 20;

/// Prints a line on standard output.
pub(crate) fn line(text: &str) {
    // Whoever does not listen any more has all that matters in the files.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a line on standard error.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A bar on a terminal, hidden elsewhere.
pub(crate) fn bar(settings: &Settings, done_word: &'static str, total: usize) -> ProgressBar {
    if settings.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total as u64)
        .with_style(style)
        .with_message(done_word);
    bar.tick();
    bar
}

/// Says how far a command has come, and counts what failed.
pub(crate) struct Console {
    json: bool,
    bar: ProgressBar,
    /// What has been done to each photograph, in one word.
    done_word: &'static str,
    total: usize,
    /// Finished, well or not.
    done: usize,
    /// Arguments that led to no photograph.
    lost: usize,
    failed: usize,
}

impl Console {
    /// For a command that does something (`done_word`: "graded") to `total` photographs.
    pub(crate) fn new(settings: &Settings, done_word: &'static str, total: usize) -> Self {
        Self {
            json: settings.json,
            bar: bar(settings, done_word, total),
            done_word,
            total,
            done: 0,
            lost: 0,
            failed: 0,
        }
    }

    /// One photograph more is finished, well or not.
    pub(crate) fn advance(&mut self) {
        self.done += 1;
        self.bar.inc(1);
        let (done, total) = (self.done, self.total);
        let is_due = done == total || done % total.div_ceil(PLAIN_LINES).max(1) == 0;
        if is_due && !self.json && self.bar.is_hidden() {
            let failed = self.failed - self.lost;
            let remark = match failed {
                0 => String::new(),
                _ => format!(", {failed} failed"),
            };
            line(&format!(
                "{} {} of {total} photographs{remark}",
                self.done_word,
                done - failed
            ));
        }
    }

    /// Says something: `text` to people, `document` to programs.
    pub(crate) fn say(&self, text: &str, document: &impl Serialize) {
        if !self.json {
            self.bar.suspend(|| line(text));
        } else if let Ok(document) = serde_json::to_string(document) {
            line(&document);
        }
    }

    /// Says that an earlier run had answered so many photographs; nothing where it had none.
    pub(crate) fn goes_on(&self, before: usize) {
        if before > 0 {
            self.say(
                &format!("going on: {before} photographs were answered before"),
                &json!({ "answered_before": before }),
            );
        }
    }

    /// Says something to programs only.
    pub(crate) fn document(&self, document: &impl Serialize) {
        if self.json {
            self.say("", document);
        }
    }

    /// Names an input that failed, with the reason in a sentence.
    pub(crate) fn failure(&mut self, file: &str, reason: &dyn Display) {
        self.failed += 1;
        let reason = reason.to_string();
        self.bar.suspend(|| warn(&format!("{file}: {reason}")));
        self.document(&json!({ "file": file, "error": reason }));
    }

    /// Names the inputs that failed before the work began.
    pub(crate) fn failures(&mut self, failures: &[Failure]) {
        for Failure { input, reason } in failures {
            self.failure(input, reason);
            self.lost += 1;
        }
    }

    /// Says that the work was interrupted; `written` says what became of it.
    pub(crate) fn interrupted(&self, written: &str) -> Outcome {
        self.bar.abandon();
        warn(&format!(
            "interrupted: {written}; run the same command again"
        ));
        Outcome::SomeFailed
    }

    /// The number of inputs that failed.
    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// Takes the bar away and says how the command ended.
    pub(crate) fn finish(&self) -> Outcome {
        self.bar.finish_and_clear();
        match self.failed {
            0 => Outcome::AllDone,
            _ => Outcome::SomeFailed,
        }
    }
}
