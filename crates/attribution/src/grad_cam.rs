//! Grad-CAM on the last feature map (Selvaraju et al. 2017, arXiv:1610.02391), kept before its ReLU.

use grader::{FEATURES, Trace};

use crate::map::resize;
use crate::target::Target;

/// The coarse map of one member for the first picture of the trace, `[height, width]` of the last feature map: the
/// sum over channels of the feature times its gradient averaged over the places.
pub(crate) fn coarse(trace: &Trace<'_>, target: Target) -> (Vec<f64>, [usize; 2]) {
    let (features, [height, width]) = trace.feature_map();
    let slopes = trace.average_slopes(&target.gradients(trace.logits()));
    let places = height * width;

    let mut map = vec![0.0; places];
    for (feature, &slope) in features
        .chunks_exact(places)
        .zip(slopes.as_flattened())
        .take(FEATURES)
    {
        let weight = f64::from(slope) / places as f64;
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
