//! The one thread that works with the network: grades first, then explanations, oldest first.
//!
//! What there is to do is read from the records each time, so a photograph that arrives while others are explained is
//! graded before the next explanation begins.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use attribution::{Method, Target, UnknownName};
use clinic::{
    ClinicError, ContentHash, ExplanationJob, ExplanationRequest, Finding, GradingJob,
    PhotographFacts,
};
use fundus::{FieldOfView, Header, Prepared, Quality};
use grader::{Grader, PassPlan};
use tokio::runtime::Handle;

use crate::application::{App, Shared};
use crate::explained::Explained;
use crate::noted::finding;

/// How long a worker that finds nothing to do waits to look again: other programs put photographs into the queue too.
const PAUSE: Duration = Duration::from_secs(2);
/// After a failure of the records, this long passes before they are asked again.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The network and what it is to do.
pub(crate) struct Worker {
    shared: App,
    /// Where questions to the records are answered, while this thread waits.
    runtime: Handle,
    grader: Grader,
    plan: PassPlan,
    explanation: attribution::Options,
}

impl Worker {
    pub(crate) fn new(
        shared: App,
        runtime: Handle,
        grader: Grader,
        plan: PassPlan,
        explanation: attribution::Options,
    ) -> Self {
        tracing::info!(
            members = grader.members().len(),
            engine = grader.computes_with(),
            "the model is ready"
        );
        Self {
            shared,
            runtime,
            grader,
            plan,
            explanation,
        }
    }

    /// Works until the server stops. Rests while there is nothing to do, unless `woken`.
    pub(crate) fn run(&self, woken: &Receiver<()>) {
        while !self.shared.is_stopping() {
            match self.step() {
                Ok(true) => self.shared.changed(),
                Ok(false) => match woken.recv_timeout(PAUSE) {
                    Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                },
                // It hung for longer than a claim holds.
                Err(ClinicError::NotClaimed { what }) => {
                    tracing::warn!(
                        "another worker has taken over this {what}, and its answer will stand"
                    );
                }
                Err(error) => {
                    tracing::error!(%error, "the records failed; trying again");
                    self.let_go(error.is_outage());
                }
            }
        }
    }

    /// Gives up what was claimed and could not be put on record, as soon as the records answer again: it would be claimed for
    /// ever otherwise. Where a bucket cannot be reached, that does not count as a try of each photograph.
    fn let_go(&self, is_outage: bool) {
        let store = &self.shared.store;
        while !self.shared.is_stopping() {
            std::thread::sleep(PAUSE_AFTER_FAILURE);
            let let_go = match is_outage {
                true => self.runtime.block_on(store.release_claims()),
                false => self.runtime.block_on(store.abandon_claims()),
            };
            match let_go {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(%error, "claimed work could not be given back yet");
                }
            }
        }
    }

    /// Does one piece of work; `false` when there is none.
    fn step(&self) -> Result<bool, ClinicError> {
        if let Some(job) = self
            .runtime
            .block_on(self.shared.store.claim_photograph())?
        {
            self.shared.changed();
            self.grade(&job)?;
            return Ok(true);
        }
        if let Some(job) = self
            .runtime
            .block_on(self.shared.store.claim_explanation())?
        {
            self.shared.changed();
            self.explain(&job)?;
            return Ok(true);
        }
        Ok(false)
    }

    fn grade(&self, job: &GradingJob) -> Result<(), ClinicError> {
        let Shared { store, metrics, .. } = &*self.shared;
        let started = Instant::now();
        match guarded(|| self.finding(job)) {
            Ok(finding) => {
                let requests = self.requests(&finding);
                self.runtime
                    .block_on(store.finish_grading(job.photograph, &finding, &requests))?;
                metrics.graded(finding.grade, finding.decision, started.elapsed());
                tracing::info!(
                    screening = %job.screening,
                    photograph = %job.photograph,
                    milliseconds = started.elapsed().as_millis(),
                    "graded"
                );
            }
            Err(Unable::Records(error)) => return Err(error),
            Err(Unable::Failed(sentence)) => {
                self.runtime
                    .block_on(store.fail_grading(job.photograph, &sentence))?;
                metrics.grading_failed();
                tracing::error!(screening = %job.screening, photograph = %job.photograph, "grading failed: {sentence}");
            }
        }
        Ok(())
    }

    fn finding(&self, job: &GradingJob) -> Result<Finding, Unable> {
        let prepared = self.prepared(&job.original, &job.cropped, &job.facts)?;
        let mut screenings = self
            .grader
            .screen(&[&prepared], &self.plan)
            .map_err(|error| error.to_string())?;
        let screening = screenings.pop().ok_or("the network gave no answer")?;
        let bundle = &self.shared.bundle.fingerprint;
        Ok(finding(screening, self.grader.manifest(), bundle))
    }

    /// Every method explains the grade that was given.
    fn requests(&self, finding: &Finding) -> Vec<ExplanationRequest> {
        let request = |method: &Method| ExplanationRequest {
            method: method.name().to_owned(),
            target: finding.grade.index().to_string(),
        };
        self.shared.methods.iter().map(request).collect()
    }

    fn explain(&self, job: &ExplanationJob) -> Result<(), ClinicError> {
        let Shared { store, metrics, .. } = &*self.shared;
        let started = Instant::now();
        match guarded(|| self.attribution(job)) {
            Ok(explained) => {
                let map = explained.staged(store)?;
                self.runtime
                    .block_on(store.finish_explanation(job.explanation, map))?;
                metrics.explained(&job.method, started.elapsed());
                tracing::info!(
                    screening = %job.screening,
                    photograph = %job.photograph,
                    method = job.method,
                    milliseconds = started.elapsed().as_millis(),
                    "explained"
                );
            }
            Err(Unable::Records(error)) => return Err(error),
            Err(Unable::Failed(sentence)) => {
                self.runtime
                    .block_on(store.fail_explanation(job.explanation, &sentence))?;
                metrics.explanation_failed(&job.method);
                tracing::error!(screening = %job.screening, method = job.method, "explaining failed: {sentence}");
            }
        }
        Ok(())
    }

    /// The map; of the method that the page draws regions of, with what they mean.
    fn attribution(&self, job: &ExplanationJob) -> Result<Explained, Unable> {
        let method: Method = job
            .method
            .parse()
            .map_err(|error: UnknownName| error.to_string())?;
        let target: Target = job
            .target
            .parse()
            .map_err(|error: UnknownName| error.to_string())?;
        let prepared = self.prepared(&job.original, &job.cropped, &job.facts)?;
        let attribution = attribution::explain(
            &self.grader,
            &prepared.input,
            method,
            target,
            &self.explanation,
        )
        .map_err(|error| error.to_string())?;
        let examination = match (method, target) {
            (Method::Combined, Target::Grade(grade)) => Some(
                attribution::examine(&self.grader, &prepared, &attribution, grade, &self.plan)
                    .map_err(|error| error.to_string())?,
            ),
            _ => None,
        };
        Ok(Explained::of(attribution, examination)?)
    }

    /// The network's input again, from the stored crop; from the photograph itself where the bundle has changed since
    /// and works at another size.
    fn prepared(
        &self,
        original: &ContentHash,
        cropped: &ContentHash,
        facts: &PhotographFacts,
    ) -> Result<Prepared, Unable> {
        let Shared {
            preparation,
            uploads,
            ..
        } = &*self.shared;
        let bytes = self.read(cropped)?;
        let cropped = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png)
            .map_err(|error| format!("the stored picture cannot be read: {error}"))?
            .into_rgb8();
        let side = preparation.working_side();
        if cropped.dimensions() != (side, side) {
            let photograph = self.read(original)?;
            return preparation
                .prepare(&photograph, &uploads.photograph)
                .map_err(|error| Unable::Failed(error.to_string()));
        }
        Ok(Prepared {
            // What the file says was noted when it came.
            header: Header::default(),
            width: facts.width,
            height: facts.height,
            field_of_view: FieldOfView {
                center: facts.field_of_view.center,
                radius: facts.field_of_view.radius,
            },
            quality: Quality::measure(&cropped),
            input: preparation.input(&cropped),
            cropped,
        })
    }

    fn read(&self, hash: &ContentHash) -> Result<Vec<u8>, Unable> {
        let read = self.runtime.block_on(self.shared.store.read(hash));
        read.map_err(|error| match error.is_outage() {
            true => Unable::Records(error),
            false => Unable::Failed(error.to_string()),
        })
    }
}

/// Why a piece of work has no result.
enum Unable {
    /// It would have none the next time either.
    Failed(String),
    /// The records do not answer at the moment.
    Records(ClinicError),
}

impl From<String> for Unable {
    fn from(sentence: String) -> Self {
        Self::Failed(sentence)
    }
}

impl From<&str> for Unable {
    fn from(sentence: &str) -> Self {
        Self::Failed(sentence.to_owned())
    }
}

/// A panic while computing fails this piece of work alone.
fn guarded<T>(compute: impl FnOnce() -> Result<T, Unable>) -> Result<T, Unable> {
    catch_unwind(AssertUnwindSafe(compute)).unwrap_or_else(|_| {
        Err("the program failed while computing; the reason is in its log".into())
    })
}
