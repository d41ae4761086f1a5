//! Counters for Prometheus. Labels are route templates, statuses, grades and decisions: nothing that names a patient,
//! a file or a screening.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use trust::{Decision, Grade};

/// Media type of the text that [`Metrics::text`] writes.
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AnswerLabels {
    grade: u32,
    decision: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MethodLabels {
    method: String,
}

/// All counters of a running server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_duration: Family<RouteLabels, Histogram>,
    photographs: Family<AnswerLabels, Counter>,
    refused: Counter,
    grading_failures: Counter,
    grading_duration: Histogram,
    explanation_duration: Family<MethodLabels, Histogram>,
    explanation_failures: Family<MethodLabels, Counter>,
    waiting_photographs: Gauge,
    waiting_explanations: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("fundoscope"),
            requests: Family::default(),
            request_duration: Family::new_with_constructor(seconds as fn() -> Histogram),
            photographs: Family::default(),
            refused: Counter::default(),
            grading_failures: Counter::default(),
            grading_duration: seconds(),
            explanation_duration: Family::new_with_constructor(seconds as fn() -> Histogram),
            explanation_failures: Family::default(),
            waiting_photographs: Gauge::default(),
            waiting_explanations: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from request to answer",
            Unit::Seconds,
            self.request_duration.clone(),
        );
        registry.register(
            "photographs",
            "Photographs graded, by grade and decision",
            self.photographs.clone(),
        );
        registry.register(
            "photographs_refused",
            "Photographs that could not be read",
            self.refused.clone(),
        );
        registry.register(
            "photographs_failed",
            "Photographs whose grading failed",
            self.grading_failures.clone(),
        );
        registry.register_with_unit(
            "grading_duration",
            "Time to grade one photograph",
            Unit::Seconds,
            self.grading_duration.clone(),
        );
        registry.register_with_unit(
            "explanation_duration",
            "Time to explain one photograph by one method",
            Unit::Seconds,
            self.explanation_duration.clone(),
        );
        registry.register(
            "explanations_failed",
            "Explanations that failed",
            self.explanation_failures.clone(),
        );
        registry.register(
            "queue_photographs",
            "Photographs that wait for a grade or are being graded",
            self.waiting_photographs.clone(),
        );
        registry.register(
            "queue_explanations",
            "Explanations that wait or are being computed",
            self.waiting_explanations.clone(),
        );
    }

    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, duration: Duration) {
        let labels = RequestLabels {
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.request_duration
            .get_or_create(&RouteLabels {
                route: route.to_owned(),
            })
            .observe(duration.as_secs_f64());
    }

    pub(crate) fn refused(&self) {
        self.refused.inc();
    }

    pub(crate) fn graded(&self, grade: Grade, decision: Decision, duration: Duration) {
        let labels = AnswerLabels {
            grade: grade.index() as u32,
            decision: decision.name(),
        };
        self.photographs.get_or_create(&labels).inc();
        self.grading_duration.observe(duration.as_secs_f64());
    }

    pub(crate) fn grading_failed(&self) {
        self.grading_failures.inc();
    }

    pub(crate) fn explained(&self, method: &str, duration: Duration) {
        self.explanation_duration
            .get_or_create(&MethodLabels {
                method: method.to_owned(),
            })
            .observe(duration.as_secs_f64());
    }

    pub(crate) fn explanation_failed(&self, method: &str) {
        self.explanation_failures
            .get_or_create(&MethodLabels {
                method: method.to_owned(),
            })
            .inc();
    }

    /// All counters as text, with the depth of the queue as it is now.
    pub(crate) fn text(
        &self,
        (photographs, explanations): (u64, u64),
    ) -> Result<String, std::fmt::Error> {
        self.waiting_photographs
            .set(i64::try_from(photographs).unwrap_or(i64::MAX));
        self.waiting_explanations
            .set(i64::try_from(explanations).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Buckets from a millisecond to nearly ten minutes.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 20))
}
