//! A network before training, from a seed.

use burn::tensor::Device;

use crate::draws;
use crate::network::{CLASSES, FEATURES, ResNet18};
use crate::weights::{self, StoredTensor, Tensors};

impl ResNet18 {
    /// A network before training, as torchvision initialises it: convolutions normal with variance 2 / fan-out (He et
    /// al. 2015), batch norms scale 1 and shift 0, head uniform in ±1/√512. The same seed gives the same bits.
    pub fn initial(seed: u64, device: &Device) -> Self {
        let mut tensors = Tensors::new();
        for (index, (name, shape)) in weights::layout().into_iter().enumerate() {
            let count = shape.iter().product();
            let key = draws::Key {
                seed,
                member: 0,
                sample: 0,
                layer: index,
            };
            let values = match (shape.as_slice(), name.rsplit('.').next()) {
                ([outputs, _, height, width], _) => {
                    let deviation = (2.0 / (outputs * height * width) as f32).sqrt();
                    draws::normals(key, count)
                        .into_iter()
                        .map(|normal| normal * deviation)
                        .collect()
                }
                ([CLASSES, FEATURES], _) | ([CLASSES], _) => {
                    let bound = 1.0 / (FEATURES as f32).sqrt();
                    draws::uniforms(key, count)
                        .into_iter()
                        .map(|uniform| (2.0 * uniform - 1.0) * bound)
                        .collect()
                }
                (_, Some("weight" | "running_var")) => vec![1.0; count],
                _ => vec![0.0; count],
            };
            tensors.insert(name, StoredTensor { shape, values });
        }
        weights::from_tensors(tensors, device)
            .expect("the layout names every tensor with its shape")
    }
}
