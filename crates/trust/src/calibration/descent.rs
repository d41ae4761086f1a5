//! The way down a smooth loss of a few parameters.

/// Steps after which the search ends in any case.
const MOST_STEPS: usize = 1000;
/// The search ends where no derivative is larger than this.
const LEVEL: f64 = 1e-10;
/// A step must lower the loss by this part of what the slope promises (Armijo 1966).
const SUFFICIENT_PART: f64 = 1e-4;
/// Times a step is halved before the search ends, because rounding hides what is left to gain.
const MOST_HALVINGS: usize = 60;

/// A local minimum of a loss, next to `start`, by the method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal and
/// Wright 2006, algorithm 6.1) with steps halved until they lower the loss enough.
///
/// `loss` gives the loss and its derivatives. Never higher than `start`; the same numbers on every machine whose
/// exponentials agree.
pub(super) fn minimum<const N: usize>(
    loss: impl Fn(&[f64; N]) -> (f64, [f64; N]),
    start: [f64; N],
) -> [f64; N] {
    let mut place = start;
    let (mut height, mut slope) = loss(&place);
    let mut curvature = InverseCurvature::default();
    for _ in 0..MOST_STEPS {
        if slope.iter().all(|derivative| derivative.abs() <= LEVEL) {
            break;
        }
        let direction = curvature.downhill(&slope);
        let Some((next, next_height, next_slope)) =
            step_down(&loss, &place, height, &direction, dot(&direction, &slope))
        else {
            break;
        };
        curvature.learn(&difference(&next, &place), &difference(&next_slope, &slope));
        (place, height, slope) = (next, next_height, next_slope);
    }
    place
}

/// The first of the halved steps that is low enough: its place, loss and derivatives.
fn step_down<const N: usize>(
    loss: impl Fn(&[f64; N]) -> (f64, [f64; N]),
    place: &[f64; N],
    height: f64,
    direction: &[f64; N],
    steepness: f64,
) -> Option<([f64; N], f64, [f64; N])> {
    (0..MOST_HALVINGS).find_map(|halvings| {
        let length = 0.5_f64.powi(halvings as i32);
        let next = std::array::from_fn(|i| place[i] + length * direction[i]);
        let (next_height, next_slope) = loss(&next);
        let low_enough = next_height < height
            && next_height <= height + SUFFICIENT_PART * length * steepness
            && next_slope.iter().all(|derivative| derivative.is_finite());
        low_enough.then_some((next, next_height, next_slope))
    })
}

/// What was learned of the inverse of the second derivatives; positive definite.
struct InverseCurvature<const N: usize> {
    /// `None` until the first step.
    matrix: Option<[[f64; N]; N]>,
}

impl<const N: usize> Default for InverseCurvature<N> {
    fn default() -> Self {
        Self { matrix: None }
    }
}

impl<const N: usize> InverseCurvature<N> {
    fn downhill(&self, slope: &[f64; N]) -> [f64; N] {
        let against = slope.map(|derivative| -derivative);
        match &self.matrix {
            Some(matrix) => product(matrix, &against),
            None => {
                // A first step of at most length 1: the loss is not known to be tame farther away.
                let shortened = 1.0 / dot(slope, slope).sqrt().max(1.0);
                against.map(|derivative| derivative * shortened)
            }
        }
    }

    /// Takes in how the slope changed over a step.
    fn learn(&mut self, step: &[f64; N], change: &[f64; N]) {
        let along = dot(step, change);
        let curved = dot(change, change);
        // Only a slope that rises along the step keeps the matrix positive definite.
        if along <= f64::EPSILON * curved || !along.is_finite() || !curved.is_finite() {
            return;
        }
        let before = self.matrix.unwrap_or_else(|| {
            // The first matrix has the scale of the first step (Nocedal and Wright 2006, equation 6.20).
            std::array::from_fn(|row| {
                std::array::from_fn(|column| f64::from(u8::from(row == column)) * along / curved)
            })
        });
        let bent = product(&before, change);
        let stretch = 1.0 + dot(change, &bent) / along;
        self.matrix = Some(std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                let cross = bent[row] * step[column] + step[row] * bent[column];
                before[row][column] + (stretch * step[row] * step[column] - cross) / along
            })
        }));
    }
}

fn dot<const N: usize>(left: &[f64; N], right: &[f64; N]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}

fn difference<const N: usize>(left: &[f64; N], right: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|i| left[i] - right[i])
}

fn product<const N: usize>(matrix: &[[f64; N]; N], vector: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|row| dot(&matrix[row], vector))
}
