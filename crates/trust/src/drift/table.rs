//! How often each of a few classes occurs in two lists of photographs.

use statrs::function::factorial::ln_binomial;
use statrs::function::gamma::checked_gamma_ur;

use super::{DriftTest, Outcome};

/// Expected number of photographs of a class that the chi-squared test needs in each list.
const LEAST_EXPECTED: f64 = 5.0;

/// Counts of each class, (recent, reference), in an order in which neighbours are alike.
pub(super) struct Table {
    classes: Vec<[usize; 2]>,
}

impl Table {
    /// Counts neighbouring classes together until enough of each are expected in either list, or two are left. The rarest
    /// class joins the rarer of its neighbours, of equally rare ones the later; what is expected depends on the two lists
    /// together, so that a difference between them cannot choose the classes by which it is judged.
    pub(super) fn pooled(mut classes: Vec<[usize; 2]>) -> Self {
        while classes.len() > 2 && least_expected(&classes) < LEAST_EXPECTED {
            let rarest = rarest_of(&classes, 0..classes.len());
            let neighbours = rarest.saturating_sub(1)..=(rarest + 1).min(classes.len() - 1);
            let neighbour = rarest_of(&classes, neighbours.rev().filter(|index| *index != rarest));
            let [recent, reference] = classes.remove(rarest.max(neighbour));
            let joined = &mut classes[rarest.min(neighbour)];
            *joined = [joined[0] + recent, joined[1] + reference];
        }
        Self { classes }
    }

    /// Pearson's chi-squared test, or Fisher's exact test of two classes that are too rare for it.
    pub(super) fn test(&self) -> Outcome {
        match self.classes[..] {
            [first, second] if least_expected(&self.classes) < LEAST_EXPECTED => {
                let (statistic, p_value) = fisher(first, second);
                self.outcome(DriftTest::FisherExact, statistic, p_value)
            }
            _ => {
                let (statistic, p_value) = self.chi_squared();
                self.outcome(DriftTest::ChiSquared, statistic, p_value)
            }
        }
    }

    fn outcome(&self, test: DriftTest, statistic: f64, p_value: f64) -> Outcome {
        Outcome {
            test,
            statistic,
            effect: self.total_variation(),
            p_value,
        }
    }

    /// Half the sum of the distances between the classes' shares in the two lists, in [0, 1].
    fn total_variation(&self) -> f64 {
        let [recent, reference] = totals(&self.classes);
        let distance = |class: &[usize; 2]| {
            (class[0] as f64 / recent as f64 - class[1] as f64 / reference as f64).abs()
        };
        self.classes.iter().map(distance).sum::<f64>() / 2.0
    }

    /// The statistic and its p-value, with one degree of freedom fewer than there are classes.
    fn chi_squared(&self) -> (f64, f64) {
        let lists = totals(&self.classes);
        let all = (lists[0] + lists[1]) as f64;
        let of_class = |class: &[usize; 2]| -> f64 {
            let share = (class[0] + class[1]) as f64 / all;
            let of_list = |list: usize| {
                let expected = share * lists[list] as f64;
                (class[list] as f64 - expected).powi(2) / expected
            };
            of_list(0) + of_list(1)
        };
        let statistic: f64 = self.classes.iter().map(of_class).sum();
        let degrees_of_freedom = (self.classes.len() - 1) as f64;
        // Refused is a statistic of 0 alone, than which none is less extreme.
        let p_value = checked_gamma_ur(degrees_of_freedom / 2.0, statistic / 2.0).unwrap_or(1.0);
        (statistic, p_value.clamp(0.0, 1.0))
    }
}

/// Number of photographs in each list.
fn totals(classes: &[[usize; 2]]) -> [usize; 2] {
    [0, 1].map(|list| classes.iter().map(|class| class[list]).sum())
}

/// The smallest number of photographs that is expected of a class in a list if both lists are alike.
fn least_expected(classes: &[[usize; 2]]) -> f64 {
    let [recent, reference] = totals(classes);
    let shorter = recent.min(reference) as f64 / (recent + reference) as f64;
    let rarest = classes.iter().map(|class| class[0] + class[1]).min();
    rarest.unwrap_or(0) as f64 * shorter
}

/// The first of these classes with the fewest photographs in both lists together; 0 where there is none.
fn rarest_of(classes: &[[usize; 2]], indices: impl Iterator<Item = usize>) -> usize {
    indices
        .min_by_key(|index| classes[*index][0] + classes[*index][1])
        .unwrap_or(0)
}

/// The probability of this table among those with the same sums, and the p-value.
fn fisher(first: [usize; 2], second: [usize; 2]) -> (f64, f64) {
    let (of_first, of_second) = ((first[0] + first[1]) as u64, (second[0] + second[1]) as u64);
    let drawn = (first[0] + second[0]) as u64;
    let all_ways = ln_binomial(of_first + of_second, drawn);
    let probability = |drawn_of_first: u64| {
        let ways =
            ln_binomial(of_first, drawn_of_first) + ln_binomial(of_second, drawn - drawn_of_first);
        (ways - all_ways).exp()
    };
    let observed = probability(first[0] as u64);
    // Tables as probable as this one count, whatever the rounding of their probabilities.
    let limit = observed * (1.0 + 1e-7);
    let p_value: f64 = (drawn.saturating_sub(of_second)..=drawn.min(of_first))
        .map(probability)
        .filter(|probability| *probability <= limit)
        .sum();
    (observed, p_value.min(1.0))
}
