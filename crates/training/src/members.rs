//! The members of the ensemble: one after the other, or as many at a time as there are devices.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;

use crate::TrainingError;
use crate::checkpoint::History;
use crate::finish::Finish;
use crate::member::Lesson;
use crate::pace::Pace;
use crate::progress::Progress;

/// What has been trained so far.
#[derive(Default)]
struct Trained {
    /// By member, counted from 0.
    histories: BTreeMap<usize, History>,
    pace: Pace,
}

/// Trains the members that are asked for and writes the bundle after each. Device `i` of `n` trains members `i`, `i + n`,
/// ... of them: members do not know of each other, so nothing has to be exchanged between devices, and where a member is
/// trained does not change it.
pub(crate) fn train_members(
    lesson: Lesson<'_>,
    devices: &[Device],
    finish: &Finish<'_>,
) -> Result<Pace, TrainingError> {
    let members = lesson.configuration.members_to_train();
    lesson.learn_lesions_once(&members)?;
    lesson.fit_head_once(&members)?;
    let trained = Mutex::new(Trained::default());
    let train_on = |place: usize| -> Result<(), TrainingError> {
        let lesson = Lesson {
            device: &devices[place],
            ..lesson
        };
        for &member in members.iter().skip(place).step_by(devices.len()) {
            let (history, pace) = match lesson.checkpoints.finished(member)? {
                Some(history) => (history, Pace::default()),
                None => lesson.train(member, || lesson.first_weights(member))?,
            };
            report(&lesson, member, &history);
            // Held while the bundle is written, so that two members do not write it at once.
            let mut trained = trained.lock().unwrap_or_else(PoisonError::into_inner);
            trained.histories.insert(member, history);
            trained.pace += pace;
            finish.write_bundle(lesson.checkpoints, &trained.histories, lesson.observer)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let train_on = &train_on;
        let threads: Vec<_> = (0..devices.len())
            .map(|place| scope.spawn(move || train_on(place)))
            .collect();
        // Where one device fails the others finish what they have, so that nothing trained is lost.
        let results: Vec<_> = threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect();
        results.into_iter().collect::<Result<(), _>>()
    })?;
    Ok(trained
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .pace)
}

fn report(lesson: &Lesson<'_>, member: usize, history: &History) {
    if let Some(best) = history.best() {
        let record = history.0[best];
        (lesson.observer)(Progress::MemberFinished {
            member: member + 1,
            best_epoch: best + 1,
            kappa: record.kappa,
            referable_auc: record.referable_auc,
        });
    }
}
