//! Augmented batches, made ahead by threads of their own.
//!
//! Thread `i` of `n` makes batches `i`, `i + n`, ... and hands them over through a bounded channel of its own; the
//! learner takes from the channels in turn. So batches come in order, memory is bounded, and what is in a batch does
//! not depend on the number of threads.

use std::ops::Range;

use crossbeam_channel::{Receiver, Sender, bounded};
use fundus::{Augmentation, Preparation};
use trust::Grade;

use crate::consistency::Views;
use crate::draws;
use crate::photographs::Photograph;

/// Photographs that go through the network together.
pub(crate) struct Batch {
    /// `[batch, 3, side, side]`, row-major.
    pub(crate) values: Vec<f32>,
    pub(crate) grades: Vec<Grade>,
    /// Of photographs without a grade, where there are some to learn from.
    pub(crate) views: Option<Views>,
}

/// Batches waiting in each thread's channel.
const AHEAD: usize = 2;

/// What batches are made of.
#[derive(Clone, Copy)]
pub(crate) struct Recipe<'a> {
    pub(crate) photographs: &'a [Photograph],
    /// Without a grade; may be none.
    pub(crate) unlabelled: &'a [Photograph],
    pub(crate) unlabelled_batch: usize,
    pub(crate) preparation: &'a Preparation,
    pub(crate) augmentation: &'a Augmentation,
    pub(crate) batch_size: usize,
    pub(crate) seed: u64,
    pub(crate) member: usize,
    pub(crate) epoch: usize,
}

/// Calls `consume` with those batches of one epoch whose places are `wanted`, in order; a last part smaller than a batch
/// is none. When `consume` stops taking them, the threads stop too.
pub(crate) fn with_batches<T>(
    recipe: Recipe<'_>,
    order: &[usize],
    wanted: Range<usize>,
    threads: usize,
    consume: impl FnOnce(&mut dyn Iterator<Item = Batch>) -> T,
) -> T {
    let chunks: Vec<(usize, &[usize])> = order
        .chunks_exact(recipe.batch_size)
        .enumerate()
        .take(wanted.end)
        .skip(wanted.start)
        .collect();
    let threads = threads.clamp(1, chunks.len().max(1));
    std::thread::scope(|scope| {
        let receivers: Vec<Receiver<Batch>> = (0..threads)
            .map(|thread| {
                let (sender, receiver) = bounded(AHEAD);
                let mine: Vec<_> = chunks
                    .iter()
                    .copied()
                    .skip(thread)
                    .step_by(threads)
                    .collect();
                scope.spawn(move || make(recipe, &mine, &sender));
                receiver
            })
            .collect();
        let mut in_order =
            (0..chunks.len()).map_while(|place| receivers[place % threads].recv().ok());
        let result = consume(&mut in_order);
        drop(receivers);
        result
    })
}

fn make(recipe: Recipe<'_>, chunks: &[(usize, &[usize])], sender: &Sender<Batch>) {
    for (step, indices) in chunks {
        // An error means that nobody takes batches any more.
        if sender.send(recipe.batch(*step, indices)).is_err() {
            return;
        }
    }
}

impl Recipe<'_> {
    /// The photographs of these places, changed at random.
    pub(crate) fn batch(&self, step: usize, indices: &[usize]) -> Batch {
        let mut values = Vec::new();
        let mut grades = Vec::with_capacity(indices.len());
        for (slot, &index) in indices.iter().enumerate() {
            let photograph = &self.photographs[index];
            let place = (step * self.batch_size + slot) as u64;
            let key = [
                self.seed,
                ((self.member as u64) << 32) | self.epoch as u64,
                place,
            ];
            let mut random = draws::generator(draws::Purpose::Augmentation, key);
            let augmented = self.augmentation.apply(&photograph.cropped, &mut random);
            values.extend(self.preparation.input(&augmented).values);
            grades.push(photograph.listed.grade);
        }
        Batch {
            values,
            grades,
            views: self.views(step),
        }
    }
}
