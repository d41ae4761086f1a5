//! Grad-CAM on the last feature map (Selvaraju et al. 2017, arXiv:1610.02391), kept before its ReLU.

use crate::map::resize;
use crate::target::Target;
use crate::trace::{Trace, host_values};

/// The coarse map of one member for the first picture of the trace, `[height, width]` of the last feature map: the
/// sum over channels of the feature times its gradient averaged over the places.
pub(crate) fn coarse(trace: &Trace<'_>, target: Target) -> (Vec<f64>, [usize; 2]) {
    let (features, gradient) = trace.features_and_gradient(target);
    let [_, channels, height, width] = features.dims();
    let places = height * width;
    let (features, gradient) = (host_values(features), host_values(gradient));

    let mut map = vec![0.0; places];
    let planes = features
        .chunks_exact(places)
        .zip(gradient.chunks_exact(places))
        .take(channels);
    for (feature, slopes) in planes {
        let weight = slopes.iter().copied().map(f64::from).sum::<f64>() / places as f64;
        map.iter_mut()
            .zip(feature)
            .for_each(|(value, &feature)| *value += weight * f64::from(feature));
    }
    (map, [height, width])
}

/// The map of one member over the network's input, `[side, side]`, signed.
pub(crate) fn signed(trace: &Trace<'_>, target: Target, side: usize) -> Vec<f64> {
    let (map, size) = coarse(trace, target);
    resize(&map, size, [side, side])
}
