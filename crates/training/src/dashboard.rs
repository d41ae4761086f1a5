//! Burn's terminal dashboard, driven by what this crate's own loop reports.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use burn::train::Interrupter;
use burn::train::logger::TrainingProgressLogger;
use burn::train::metric::{
    MetricAttributes, MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry,
    SerializedEntry,
};
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::renderer::{MetricState, MetricsRenderer, MetricsRendererTraining};

use crate::progress::Progress;

/// The curves of the dashboard: name, unit, and whether more is better.
const METRICS: [(&str, Option<&str>, bool); 7] = [
    ("Loss", None, false),
    ("Kappa", None, true),
    ("Referable AUC", None, true),
    ("Accuracy", None, true),
    ("Speed", Some("photographs/s"), true),
    ("Waiting for data", Some("%"), false),
    ("Learning rate", None, true),
];

/// Shows a run on the terminal: curves, progress and time left. The key `q` asks the run to stop.
pub struct Dashboard {
    renderer: Mutex<TuiMetricsRendererWrapper>,
    interrupter: Interrupter,
}

impl Dashboard {
    /// Takes over the terminal, until it is dropped.
    pub fn open() -> Self {
        let interrupter = Interrupter::new();
        let mut renderer = TuiMetricsRendererWrapper::new(interrupter.clone(), None);
        for (name, unit, higher_is_better) in METRICS {
            let attributes = NumericAttributes {
                unit: unit.map(str::to_owned),
                higher_is_better,
            };
            renderer.register_metric(MetricDefinition {
                metric_id: identifier(name),
                name: Arc::new(name.to_owned()),
                description: None,
                attributes: MetricAttributes::Numeric(attributes),
            });
        }
        Self {
            renderer: Mutex::new(renderer),
            interrupter,
        }
    }

    /// Shows what happened; sets `stop` when the user asked for it.
    pub fn show(&self, progress: &Progress, stop: &AtomicBool) {
        let mut renderer = self.renderer.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Reading { done, total } => {
                renderer.start(
                    1,
                    1,
                    None,
                    Some(&format!("{done} of {total} photographs read")),
                );
            }
            Progress::Lesions {
                step,
                steps,
                loss,
                pictures_per_second,
            } => {
                let label = format!("painted lesions, step {step} of {steps}");
                renderer.start(1, 1, None, Some(&label));
                renderer.update_train(point("Loss", *loss));
                renderer.update_train(point("Speed", *pictures_per_second));
            }
            // One bar for all members: Burn's estimate of the time left must never go backwards. Burn counts epochs
            // from 1 and means the one that is running.
            Progress::Member {
                member,
                members,
                first_epoch,
                epochs,
                steps,
            } => {
                let label = format!("member {member} of {members}");
                let running = (member - 1) * epochs + first_epoch;
                renderer.start(members * epochs, running, None, Some(&label));
                renderer.start_split("train", *steps);
            }
            Progress::Step {
                step,
                loss,
                learning_rate,
                photographs_per_second,
                waiting,
                ..
            } => {
                let values = [
                    ("Loss", *loss),
                    ("Speed", *photographs_per_second),
                    ("Waiting for data", waiting * 100.0),
                    ("Learning rate", *learning_rate),
                ];
                for (name, value) in values {
                    renderer.update_train(point(name, value));
                }
                renderer.update_split(*step);
            }
            Progress::Epoch {
                member,
                epochs,
                epoch,
                val_loss,
                kappa,
                referable_auc,
                accuracy,
                ..
            } => {
                let values = [
                    ("Loss", *val_loss),
                    ("Kappa", *kappa),
                    ("Referable AUC", *referable_auc),
                    ("Accuracy", *accuracy),
                ];
                for (name, value) in values {
                    renderer.update_valid(point(name, value));
                }
                renderer.update_epoch((member - 1) * epochs + epoch);
            }
            // Said on the terminal after the dashboard is gone, or not worth a place on it.
            _ => {}
        }
        if self.interrupter.should_stop() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

fn identifier(name: &str) -> MetricId {
    MetricId::new(Arc::new(name.to_owned()))
}

fn point(name: &str, value: f64) -> MetricState {
    let entry = SerializedEntry::new(format!("{value:.4}"), value.to_string());
    MetricState::Numeric(
        MetricEntry::new(identifier(name), entry),
        Some(NumericEntry::Value(value)),
    )
}
