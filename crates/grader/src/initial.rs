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

    /// This network with the head of another, and with as many of the other's groups of blocks before it as `groups` says
    /// (torchvision's `layer4` first; from 5 on the stem too). Where the other is [`initial`](Self::initial), this is the
    /// cascade of Adebayo et al. 2018 (arXiv:1810.03292): an explanation that looks as before does not depend on what was
    /// learned.
    pub fn ending_as(&self, other: &Self, groups: usize) -> Self {
        let mut network = self.clone();
        network.fc = other.fc.clone();
        let kept = 2 * 4_usize.saturating_sub(groups);
        network.blocks.truncate(kept);
        network
            .blocks
            .extend(other.blocks.iter().skip(kept).cloned());
        if groups > 4 {
            (network.conv1, network.bn1) = (other.conv1.clone(), other.bn1.clone());
        }
        network
    }
}
