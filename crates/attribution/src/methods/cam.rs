//! Class activation maps: a layer's channels, weighted by how much the answer depends on them.

use grader::{Layer, Trace};

use crate::target::Target;

/// How the gradient `g` with respect to a channel `a` becomes its weight at each place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weighting {
    /// The mean of `g` over all places: Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).
    Mean,
    /// The sum over all places of `max(g, 0) · g² / (2 g² + g³ Σa + 1e-6)`: Grad-CAM++ (Chattopadhay et al. 2018,
    /// arXiv:1710.11063), with higher derivatives for a network that ends in an exponential.
    PlusPlus,
    /// `g` itself: HiResCAM (Draelos and Carin 2020, arXiv:2011.08891), true to the network where Grad-CAM is not.
    HighResolution,
    /// `max(g, 0)`: LayerCAM (Jiang et al. 2021), for layers of finer resolution.
    Positive,
}

/// The coarse map of one member for the first picture of the trace, signed, `[height, width]` of the layer.
pub(crate) fn coarse(
    trace: Trace<'_>,
    target: Target,
    layer: Layer,
    weighting: Weighting,
) -> (Vec<f64>, [usize; 2]) {
    let activation = trace.layer(layer);
    let slopes = target.gradients(trace.logits());
    let gradient = trace.layer_gradient(&slopes, layer);
    let places = activation.size[0] * activation.size[1];
    let channels = activation.values.chunks_exact(places);
    let gradients = gradient.values.chunks_exact(places);

    let mut map = vec![0.0; places];
    for (channel, gradient) in channels.zip(gradients).take(activation.channels) {
        let whole = weight_of_channel(channel, gradient, weighting);
        for ((value, &activation), &gradient) in map.iter_mut().zip(channel).zip(gradient) {
            let weight = match weighting {
                Weighting::Mean | Weighting::PlusPlus => whole,
                Weighting::HighResolution => f64::from(gradient),
                Weighting::Positive => f64::from(gradient.max(0.0)),
            };
            *value += weight * f64::from(activation);
        }
    }
    (map, activation.size)
}

/// The weight that is the same at every place of a channel, where there is one.
fn weight_of_channel(channel: &[f32], gradient: &[f32], weighting: Weighting) -> f64 {
    let gradients = || gradient.iter().map(|&slope| f64::from(slope));
    match weighting {
        Weighting::Mean => gradients().sum::<f64>() / gradient.len() as f64,
        Weighting::PlusPlus => {
            let total: f64 = channel.iter().map(|&value| f64::from(value)).sum();
            let of_place = |slope: f64| {
                let (square, cube) = (slope.powi(2), slope.powi(3));
                slope.max(0.0) * square / (2.0 * square + total * cube + 1e-6)
            };
            gradients().map(of_place).sum()
        }
        Weighting::HighResolution | Weighting::Positive => 0.0,
    }
}
