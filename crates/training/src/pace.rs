//! How fast photographs are learned from, and how much of the time the learner waits for them.

use std::ops::AddAssign;
use std::time::Duration;

/// What a stretch of training took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    pub(crate) photographs: usize,
    pub(crate) time: Duration,
    /// The part of the time in which no batch was ready.
    pub(crate) waited: Duration,
}

impl Pace {
    pub(crate) fn photographs_per_second(&self) -> f64 {
        share(self.photographs as f64, self.time)
    }

    /// Share of the time that was spent waiting for batches, in [0, 1].
    pub(crate) fn waiting(&self) -> f64 {
        share(self.waited.as_secs_f64(), self.time)
    }
}

/// 0 where no time has passed.
fn share(part: f64, time: Duration) -> f64 {
    match time.is_zero() {
        true => 0.0,
        false => part / time.as_secs_f64(),
    }
}

impl AddAssign for Pace {
    fn add_assign(&mut self, other: Self) {
        self.photographs += other.photographs;
        self.time += other.time;
        self.waited += other.waited;
    }
}
