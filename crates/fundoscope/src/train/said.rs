//! What a training run tells, as lines of text or as JSON.

use training::Progress;

use crate::console::{line, warn};

pub(crate) fn print_json(progress: &Progress) {
    if let Ok(document) = serde_json::to_string(progress) {
        line(&document);
    }
}

pub(crate) fn print_line(progress: &Progress) {
    match progress {
        Progress::Sources {
            train,
            val,
            skipped,
        } => line(&format!(
            "{} photographs to learn from (by grade {train:?}), {} for validation ({val:?}); skipped {} rows without grade, \
             {} of another split, {} other files",
            train.iter().sum::<usize>(),
            val.iter().sum::<usize>(),
            skipped.without_grade,
            skipped.unknown_split,
            skipped.other_files
        )),
        Progress::Reading { done, total } => line(&format!("read {done} of {total} photographs")),
        // Named on standard error already.
        Progress::Unreadable { .. } => {}
        Progress::EmptyGrade { grade } => {
            warn(&format!(
                "no photograph to learn from has grade {grade}: the network will hardly ever give it"
            ));
        }
        Progress::Lesions {
            step,
            steps,
            loss,
            pictures_per_second,
        } => {
            line(&format!(
                "lesions step {step}/{steps}: loss {loss:.4}, {pictures_per_second:.1} pictures/s"
            ));
        }
        Progress::Features { done, total } => {
            if done % 160 == 0 || done == total {
                line(&format!("features of {done} of {total} photographs"));
            }
        }
        Progress::Head {
            pooling,
            answer,
            kappa,
            referable_auc,
        } => line(&format!(
            "{pooling} pooling, {answer}: kappa {}, referable AUC {}",
            figure(*kappa),
            figure(*referable_auc)
        )),
        Progress::Member {
            member,
            members,
            first_epoch,
            epochs,
            steps,
        } => {
            line(&format!(
                "member {member} of {members}: epochs {first_epoch} to {epochs}, {steps} steps each"
            ));
        }
        Progress::Step {
            member,
            epoch,
            step,
            steps,
            loss,
            gradient_norm,
            learning_rate,
            photographs_per_second,
            waiting,
            ..
        } => {
            // A line for every twentieth of an epoch.
            if step % (steps / 20).max(1) == 0 || step == steps {
                line(&format!(
                    "member {member} epoch {epoch} step {step}/{steps}: loss {loss:.4}, gradient {gradient_norm:.2}, \
                     learning rate {learning_rate:.2e}, {photographs_per_second:.1} photographs/s, {:.0} % waiting for data",
                    waiting * 100.0
                ));
            }
        }
        Progress::Epoch {
            member,
            epoch,
            epochs,
            train_loss,
            val_loss,
            kappa,
            referable_auc,
            accuracy,
            best,
            photographs_per_second,
            waiting,
            seconds,
        } => {
            line(&format!(
                "member {member} epoch {epoch}/{epochs}: training loss {train_loss:.4}, validation loss {val_loss:.4}, \
                 kappa {kappa:.3}, referable AUC {referable_auc:.3}, accuracy {accuracy:.3}; \
                 {photographs_per_second:.1} photographs/s, {:.0} % waiting for data, {seconds:.0} s{}",
                waiting * 100.0,
                if *best { ", best so far" } else { "" }
            ));
        }
        Progress::MemberFinished {
            member,
            best_epoch,
            kappa,
            referable_auc,
        } => {
            line(&format!(
                "member {member} done: epoch {best_epoch} kept, kappa {kappa:.3}, referable AUC {referable_auc:.3}"
            ));
        }
        Progress::Finished {
            photographs,
            photographs_per_second,
            waiting,
            seconds,
        } => {
            line(&format!(
                "done in {seconds:.0} s: learned from {photographs} photographs, {photographs_per_second:.1} a second, \
                 {:.0} % of the time waiting for data",
                waiting * 100.0
            ));
        }
        Progress::Bundle {
            members,
            kappa,
            referable_auc,
        } => {
            line(&format!(
                "bundle written with {members} members: kappa {}, referable AUC {} on the validation photographs",
                figure(*kappa),
                figure(*referable_auc)
            ));
        }
    }
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.3}"))
}
