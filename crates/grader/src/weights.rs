//! Weights on disk: safetensors with torchvision's names and shapes.
//!
//! A `state_dict` of torchvision's `resnet18(num_classes=5)` saved as safetensors loads here, and what is written here
//! loads there (PyTorch fills in `num_batches_tracked` itself; it is accepted and not written). [`import`](crate::import)
//! reads what is wrapped, prefixed or written by `torch.save`; [`export`](crate::export) writes for other programs. Beside torchvision's
//! tensors a batch norm may have the moments of stochastic batch normalisation: `mean_mean`, `mean_variance`,
//! `log_variance_mean` and `log_variance_variance`, for all layers or for none.
//!
//! Reading checks every name and shape and that every number is finite, and names all that is wrong at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Param;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor, TensorData};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::batch_norm::{BatchNorm, Moments};
use crate::network::{BasicBlock, CLASSES, Downsample, FEATURES, Head, ResNet18};

/// Why a weights file could not be used or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file could not be read.
    #[error("cannot read weights file {}: {source}", path.display())]
    Read {
        /// The weights file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("cannot write weights file {}: {source}", path.display())]
    Write {
        /// The weights file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is no safetensors file, or only a part of one.
    #[error("weights file {} is not a whole safetensors file ({reason}); copy it again", path.display())]
    NotSafetensors {
        /// The weights file.
        path: PathBuf,
        /// What the safetensors reader said.
        reason: String,
    },
    /// A file far larger than any of these networks, whatever else it holds.
    #[error("weights file {} has {bytes} bytes, more than the {} that are read", path.display(), crate::import::LARGEST_FILE)]
    TooLarge {
        /// The weights file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// The file is neither safetensors nor a checkpoint of PyTorch that can be read.
    #[error(
        "weights file {} is neither a safetensors file nor a whole checkpoint as `torch.save` writes it ({reason})",
        path.display()
    )]
    NotCheckpoint {
        /// The weights file.
        path: PathBuf,
        /// What the reader of checkpoints said.
        reason: String,
    },
    /// The checkpoint asks for a Python object that is neither a tensor nor plain data.
    #[error(
        "weights file {} asks for the Python object `{object}` at `{place}`, and only tensors and plain data are read; \
         nothing in it was run. Save the weights alone: torch.save(model.state_dict(), FILE)",
        path.display()
    )]
    PythonObject {
        /// The weights file.
        path: PathBuf,
        /// The object's name in Python, such as `posix.system`.
        object: String,
        /// Where it was found: the keys that lead to it.
        place: String,
    },
    /// The tensors do not fit the network.
    #[error("weights file {} does not fit ResNet-18 with {CLASSES} classes: {}", path.display(), first_of(problems))]
    Tensors {
        /// The weights file.
        path: PathBuf,
        /// One sentence a tensor.
        problems: Vec<String>,
    },
}

/// Problems that fit into a sentence; another architecture has hundreds.
fn first_of(problems: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown = problems[..problems.len().min(SHOWN)].join("; ");
    match problems.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

/// How large tensors are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// Everything in 32 bits: reading it back gives the same bits.
    F32,
    /// Convolution kernels and the head's matrix in 16 bits (22 MB); the small tensors of batch norm, whose range is
    /// wider than `f16`, stay in 32 bits.
    F16,
}

/// A named tensor's shape and values, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTensor {
    /// Length along each dimension.
    pub shape: Vec<usize>,
    /// The values, last dimension fastest.
    pub values: Vec<f32>,
}

/// Tensors by torchvision's names.
pub type Tensors = BTreeMap<String, StoredTensor>;

/// Reads weights from a safetensors file (`f32`, `f16` or `bf16`) onto `device`.
pub fn load(path: &Path, device: &Device) -> Result<ResNet18, WeightsError> {
    decode(&read(path)?, path, device)
}

/// Reads weights from the bytes of a safetensors file; `path` is only named in errors.
pub fn decode(bytes: &[u8], path: &Path, device: &Device) -> Result<ResNet18, WeightsError> {
    from_tensors(decode_tensors(bytes, path)?, device).map_err(|problems| WeightsError::Tensors {
        path: path.to_owned(),
        problems,
    })
}

/// Reads the tensors of a safetensors file (`f32`, `f16` or `bf16`) whatever their names and shapes; PyTorch's
/// `num_batches_tracked` are left out. For weights of another head: change what must change, then [`from_tensors`].
pub fn read_tensors(path: &Path) -> Result<Tensors, WeightsError> {
    decode_tensors(&read(path)?, path)
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, WeightsError> {
    std::fs::read(path).map_err(|source| WeightsError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The header of a safetensors file, checked against its length.
pub(crate) fn deserialize<'a>(
    bytes: &'a [u8],
    path: &Path,
) -> Result<SafeTensors<'a>, WeightsError> {
    SafeTensors::deserialize(bytes).map_err(|error| WeightsError::NotSafetensors {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

pub(crate) fn decode_tensors(bytes: &[u8], path: &Path) -> Result<Tensors, WeightsError> {
    let file = deserialize(bytes, path)?;
    let mut tensors = Tensors::new();
    let mut problems = Vec::new();
    for (name, view) in file.tensors() {
        if name.ends_with(".num_batches_tracked") {
            continue;
        }
        match values(&name, &view) {
            Ok(values) => {
                let shape = view.shape().to_vec();
                tensors.insert(name, StoredTensor { shape, values });
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        return Ok(tensors);
    }
    problems.sort();
    Err(WeightsError::Tensors {
        path: path.to_owned(),
        problems,
    })
}

/// The numbers of a tensor, or a sentence about a type that is not read.
pub(crate) fn values(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, String> {
    match view.dtype() {
        Dtype::F32 => Ok(from_f32(view.data())),
        Dtype::F16 => Ok(from_f16(view.data())),
        Dtype::BF16 => Ok(from_bf16(view.data())),
        other => Err(unexpected_type(name, &other)),
    }
}

/// The sentence about a tensor whose numbers are of a type that is not read.
pub(crate) fn unexpected_type(name: &str, found: &dyn std::fmt::Debug) -> String {
    format!("tensor `{name}` is stored as {found:?}, expected F32, F16 or BF16")
}

/// Numbers from their bytes, lowest first.
pub(crate) fn from_f32(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

/// As [`from_f32`], from half precision.
pub(crate) fn from_f16(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks();
    let halves: Vec<f16> = numbers.iter().map(|&b| f16::from_le_bytes(b)).collect();
    halves.to_f32_vec()
}

/// As [`from_f32`], from bfloat16.
pub(crate) fn from_bf16(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks();
    let widened = numbers.iter().map(|&b| bf16::from_le_bytes(b).to_f32());
    widened.collect()
}

/// Writes weights as safetensors. The file appears whole or not at all.
pub fn save(network: &ResNet18, path: &Path, storage: Storage) -> Result<(), WeightsError> {
    save_tensors(&to_tensors(network), path, storage)
}

/// Writes tensors as safetensors, a whole network's or a part of them. The file appears whole or not at all.
pub fn save_tensors(tensors: &Tensors, path: &Path, storage: Storage) -> Result<(), WeightsError> {
    let bytes = encode_tensors(tensors, storage);
    let failed = |source| WeightsError::Write {
        path: path.to_owned(),
        source,
    };
    let temporary = path.with_extension("safetensors.partial");
    std::fs::write(&temporary, bytes).map_err(failed)?;
    std::fs::rename(&temporary, path).map_err(failed)
}

/// The bytes of a safetensors file.
pub fn encode(network: &ResNet18, storage: Storage) -> Vec<u8> {
    encode_tensors(&to_tensors(network), storage)
}

pub(crate) fn encode_tensors(tensors: &Tensors, storage: Storage) -> Vec<u8> {
    let stored: Vec<(&String, Dtype, &[usize], Vec<u8>)> = tensors
        .iter()
        .map(|(name, StoredTensor { shape, values })| {
            let small = shape.len() == 1;
            let (dtype, bytes) = match storage {
                Storage::F16 if !small => (
                    Dtype::F16,
                    values
                        .iter()
                        .flat_map(|&value| f16::from_f32(value).to_le_bytes())
                        .collect(),
                ),
                _ => (
                    Dtype::F32,
                    values
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                ),
            };
            (name, dtype, shape.as_slice(), bytes)
        })
        .collect();
    let views = stored.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.to_vec(), bytes)
            .expect("the bytes were made from the shape");
        (name.as_str(), view)
    });
    safetensors::serialize(views, None).expect("names are unique and every view is valid")
}

/// Builds the network from tensors, or says everything that does not fit, one sentence a tensor.
pub fn from_tensors(tensors: Tensors, device: &Device) -> Result<ResNet18, Vec<String>> {
    let with_moments = tensors.keys().any(|name| name.ends_with(".mean_mean"));
    let mut reader = Reader {
        tensors,
        device,
        problems: Vec::new(),
        layer: 0,
        with_moments,
    };

    let conv1 = reader.convolution("conv1", [3, 64], 7, 2);
    let bn1 = reader.batch_norm("bn1", 64);
    let mut blocks = Vec::new();
    for index in 0..8 {
        blocks.push(reader.block(index));
    }
    let fc = reader.head("fc");

    let extra = reader
        .tensors
        .keys()
        .map(|name| format!("tensor `{name}` is not part of the network"));
    reader.problems.extend(extra);
    if reader.problems.is_empty() {
        Ok(ResNet18::assemble(conv1, bn1, blocks, fc))
    } else {
        Err(reader.problems)
    }
}

/// Name of a block as torchvision counts, and its channels before and after.
pub(crate) fn block_layout(index: usize) -> (String, usize, usize) {
    let stage = index / 2;
    let outputs = 64 << stage;
    let inputs = if index.is_multiple_of(2) && stage > 0 {
        outputs / 2
    } else {
        outputs
    };
    (format!("layer{}.{}", stage + 1, index % 2), inputs, outputs)
}

/// Name and shape of every tensor of torchvision's `resnet18(num_classes=5)` except `num_batches_tracked`, in its order.
pub fn layout() -> Vec<(String, Vec<usize>)> {
    let mut layout = Vec::new();
    let mut layer = |convolution: &str, norm: &str, [inputs, outputs]: [usize; 2], side: usize| {
        layout.push((
            format!("{convolution}.weight"),
            vec![outputs, inputs, side, side],
        ));
        let parts = ["weight", "bias", "running_mean", "running_var"];
        layout.extend(parts.map(|part| (format!("{norm}.{part}"), vec![outputs])));
    };
    layer("conv1", "bn1", [3, 64], 7);
    for (name, inputs, outputs) in (0..8).map(block_layout) {
        layer(
            &format!("{name}.conv1"),
            &format!("{name}.bn1"),
            [inputs, outputs],
            3,
        );
        layer(
            &format!("{name}.conv2"),
            &format!("{name}.bn2"),
            [outputs, outputs],
            3,
        );
        if inputs != outputs {
            layer(
                &format!("{name}.downsample.0"),
                &format!("{name}.downsample.1"),
                [inputs, outputs],
                1,
            );
        }
    }
    layout.push(("fc.weight".to_owned(), vec![CLASSES, FEATURES]));
    layout.push(("fc.bias".to_owned(), vec![CLASSES]));
    layout
}

struct Reader<'a> {
    /// Tensors not yet used.
    tensors: Tensors,
    device: &'a Device,
    problems: Vec<String>,
    /// Batch norms read so far.
    layer: usize,
    with_moments: bool,
}

impl Reader<'_> {
    fn block(&mut self, index: usize) -> BasicBlock {
        let (name, inputs, outputs) = block_layout(index);
        let stride = outputs / inputs;
        BasicBlock {
            conv1: self.convolution(&format!("{name}.conv1"), [inputs, outputs], 3, stride),
            bn1: self.batch_norm(&format!("{name}.bn1"), outputs),
            conv2: self.convolution(&format!("{name}.conv2"), [outputs, outputs], 3, 1),
            bn2: self.batch_norm(&format!("{name}.bn2"), outputs),
            downsample: (inputs != outputs).then(|| Downsample {
                conv: self.convolution(
                    &format!("{name}.downsample.0"),
                    [inputs, outputs],
                    1,
                    stride,
                ),
                bn: self.batch_norm(&format!("{name}.downsample.1"), outputs),
            }),
        }
    }

    fn convolution(
        &mut self,
        name: &str,
        [inputs, outputs]: [usize; 2],
        side: usize,
        stride: usize,
    ) -> Conv2d {
        let padding = side / 2;
        let weight = self.tensor(format!("{name}.weight"), [outputs, inputs, side, side]);
        let mut convolution = Conv2dConfig::new([inputs, outputs], [side, side])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(
                padding, padding, padding, padding,
            ))
            .with_bias(false)
            .init(self.device);
        convolution.weight = Param::from_tensor(weight);
        convolution
    }

    fn batch_norm(&mut self, name: &str, channels: usize) -> BatchNorm {
        let own = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| self.tensor(format!("{name}.{part}"), [channels]));
        let moments = self.with_moments.then(|| {
            Moments::new(
                [
                    "mean_mean",
                    "mean_variance",
                    "log_variance_mean",
                    "log_variance_variance",
                ]
                .map(|part| self.tensor(format!("{name}.{part}"), [channels])),
            )
        });
        let layer = self.layer;
        self.layer += 1;
        BatchNorm::new(layer, own, moments)
    }

    fn head(&mut self, name: &str) -> Head {
        Head {
            weight: Param::from_tensor(self.tensor(format!("{name}.weight"), [CLASSES, FEATURES])),
            bias: Param::from_tensor(self.tensor(format!("{name}.bias"), [CLASSES])),
        }
    }

    /// Takes a tensor out of the file's; what does not fit is noted and replaced by zeros, so that reading goes on to
    /// the next problem.
    fn tensor<const D: usize>(&mut self, name: String, shape: [usize; D]) -> Tensor<D> {
        let problem = match self.tensors.remove(&name) {
            None => format!("tensor `{name}` is missing"),
            Some(stored) if stored.shape != shape => {
                format!(
                    "tensor `{name}` has shape {:?}, expected {shape:?}",
                    stored.shape
                )
            }
            Some(stored) if stored.values.iter().any(|value| !value.is_finite()) => {
                format!("tensor `{name}` holds a number that is not finite")
            }
            Some(stored)
                if is_variance(&name) && stored.values.iter().any(|&value| value < 0.0) =>
            {
                format!("tensor `{name}` holds a negative variance")
            }
            Some(stored) => {
                return Tensor::from_data(TensorData::new(stored.values, shape), self.device);
            }
        };
        self.problems.push(problem);
        Tensor::zeros(shape, self.device)
    }
}

fn is_variance(name: &str) -> bool {
    [".running_var", ".mean_variance", ".log_variance_variance"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Every tensor of the network by torchvision's name.
pub fn to_tensors(network: &ResNet18) -> Tensors {
    let mut tensors = Tensors::new();
    write_convolution(&mut tensors, "conv1", &network.conv1);
    write_batch_norm(&mut tensors, "bn1", &network.bn1);
    for (index, block) in network.blocks.iter().enumerate() {
        let (name, _, _) = block_layout(index);
        write_convolution(&mut tensors, &format!("{name}.conv1"), &block.conv1);
        write_batch_norm(&mut tensors, &format!("{name}.bn1"), &block.bn1);
        write_convolution(&mut tensors, &format!("{name}.conv2"), &block.conv2);
        write_batch_norm(&mut tensors, &format!("{name}.bn2"), &block.bn2);
        if let Some(downsample) = &block.downsample {
            write_convolution(
                &mut tensors,
                &format!("{name}.downsample.0"),
                &downsample.conv,
            );
            write_batch_norm(
                &mut tensors,
                &format!("{name}.downsample.1"),
                &downsample.bn,
            );
        }
    }
    insert(&mut tensors, "fc", "weight", network.fc.weight.val());
    insert(&mut tensors, "fc", "bias", network.fc.bias.val());
    tensors
}

fn write_convolution(tensors: &mut Tensors, name: &str, convolution: &Conv2d) {
    insert(tensors, name, "weight", convolution.weight.val());
}

fn write_batch_norm(tensors: &mut Tensors, name: &str, norm: &BatchNorm) {
    insert(tensors, name, "weight", norm.gamma.val());
    insert(tensors, name, "bias", norm.beta.val());
    insert(tensors, name, "running_mean", norm.running_mean.val());
    insert(tensors, name, "running_var", norm.running_variance.val());
    let Some(moments) = &norm.moments else { return };
    insert(tensors, name, "mean_mean", moments.mean_mean.val());
    insert(tensors, name, "mean_variance", moments.mean_variance.val());
    insert(
        tensors,
        name,
        "log_variance_mean",
        moments.log_variance_mean.val(),
    );
    insert(
        tensors,
        name,
        "log_variance_variance",
        moments.log_variance_variance.val(),
    );
}

fn insert<const D: usize>(tensors: &mut Tensors, name: &str, part: &str, tensor: Tensor<D>) {
    let shape = tensor.dims().to_vec();
    let values = tensor
        .into_data_as::<f32>()
        .try_to_vec()
        .expect("the data were just converted to f32");
    tensors.insert(format!("{name}.{part}"), StoredTensor { shape, values });
}
