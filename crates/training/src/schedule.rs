//! The learning rate of every step: a linear warm-up, then half a cosine down to nothing.

/// Learning rate as a function of the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Highest learning rate, reached at the end of the warm-up.
    pub peak: f64,
    /// Steps of the warm-up.
    pub warm_up: usize,
    /// Steps in all.
    pub steps: usize,
}

impl Schedule {
    /// The learning rate of a step, counted from 0: `peak (step + 1) / warm_up` during the warm-up, then
    /// `peak (1 + cos(π t)) / 2` where `t` runs from 0 to 1 over the remaining steps.
    pub fn learning_rate(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return self.peak * (step + 1) as f64 / self.warm_up as f64;
        }
        let remaining = self.steps.saturating_sub(self.warm_up).max(1);
        let share = ((step - self.warm_up) as f64 / remaining as f64).min(1.0);
        self.peak * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
    }
}
