//! Gauss-Legendre quadrature on `[0, 1]`: the points of the path of Integrated Gradients.

/// A point of the path from baseline (0) to picture (1) and its weight; the weights sum to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) position: f64,
    pub(crate) weight: f64,
}

/// The `count` nodes of the rule that integrates polynomials up to degree `2 * count - 1` exactly, in ascending order.
/// They are the roots of the Legendre polynomial, found by Newton's method from Tricomi's approximation.
pub(crate) fn gauss_legendre(count: usize) -> Vec<Node> {
    let order = count as f64;
    let mut nodes: Vec<Node> = (0..count)
        .map(|index| {
            let mut root = (std::f64::consts::PI * (index as f64 + 0.75) / (order + 0.5)).cos();
            // Newton's method converges quadratically from here: four rounds reach the last bit, ten are safe.
            for _ in 0..10 {
                let (value, slope) = legendre(count, root);
                root -= value / slope;
            }
            let (_, slope) = legendre(count, root);
            // On [-1, 1] the weight is 2 / ((1 - x²) P'(x)²); the interval here is half as long.
            Node {
                position: 0.5 * (1.0 + root),
                weight: 1.0 / ((1.0 - root * root) * slope * slope),
            }
        })
        .collect();
    nodes.reverse();
    nodes
}

/// The Legendre polynomial of degree `count` and its derivative at `x` in (-1, 1), by the three-term recurrence.
fn legendre(count: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    for degree in 1..=count {
        let degree = degree as f64;
        let next = ((2.0 * degree - 1.0) * x * value - (degree - 1.0) * before) / degree;
        (before, value) = (value, next);
    }
    (value, count as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_polynomials_exactly() {
        for count in [1, 2, 5, 50, 51, 200] {
            let nodes = gauss_legendre(count);
            let largest_degree = (2 * count - 1).min(60) as i32;
            for degree in 0..=largest_degree {
                let integral: f64 = nodes
                    .iter()
                    .map(|node| node.weight * node.position.powi(degree))
                    .sum();
                assert!(
                    (integral * f64::from(degree + 1) - 1.0).abs() < 1e-12,
                    "{count} nodes, degree {degree}"
                );
            }
        }
    }

    /// `0.5 * (1 + numpy.polynomial.legendre.leggauss(3)[0])` and half its weights.
    #[test]
    fn three_nodes_are_the_known_ones() {
        let nodes = gauss_legendre(3);
        let known = [
            (0.1127016653792583, 5.0 / 18.0),
            (0.5, 4.0 / 9.0),
            (0.8872983346207417, 5.0 / 18.0),
        ];
        for (node, (position, weight)) in nodes.iter().zip(known) {
            assert!(
                (node.position - position).abs() < 1e-15 && (node.weight - weight).abs() < 1e-15
            );
        }
    }
}
