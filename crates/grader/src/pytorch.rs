//! Checkpoints of PyTorch: names, shapes and numbers of the tensors in a file that `torch.save` wrote.
//!
//! Such a file is a pickle, a program for Python. Nothing of it is run here: the reader knows the opcodes that build
//! dictionaries and tensors, and a file that asks for any other Python object is refused with that object's name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pytorch_reader::{DType, PickleValue, PytorchReader, Tensor};

use crate::weights::{self, WeightsError};

/// What a checkpoint may hold beside dictionaries, lists, text and numbers. Integers too wide to be represented have the
/// type `int`.
const HARMLESS: [&str; 6] = [
    "int",
    "torch.Size",
    "torch.Tensor",
    "torch.TypedStorage",
    "torch.UntypedStorage",
    "torch.device",
];

/// Numbers of the largest tensor that is read, some thirty times those of ResNet-18's largest: a view of stride 0 may
/// claim any number of them.
const LARGEST_TENSOR: usize = 1 << 26;

/// The tensors of a checkpoint by the keys that lead to them, joined with dots; their numbers are read when asked for.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    tensors: BTreeMap<String, Tensor>,
}

impl Checkpoint {
    /// Reads the description of every tensor: of the ZIP files of PyTorch 1.6 and later, and of the older forms.
    ///
    /// # Errors
    /// [`WeightsError::Read`], [`WeightsError::NotCheckpoint`] for what is no whole checkpoint,
    /// [`WeightsError::PythonObject`] for one that asks for more than tensors and plain data.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        std::fs::File::open(path).map_err(|source| WeightsError::Read {
            path: path.to_owned(),
            source,
        })?;
        let refuse = |error: pytorch_reader::PytorchError| WeightsError::NotCheckpoint {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let content = PytorchReader::read_pickle_data(path, None).map_err(refuse)?;
        if let Some((place, object)) = foreign_object(&content) {
            return Err(WeightsError::PythonObject {
                path: path.to_owned(),
                object,
                place,
            });
        }
        let reader = PytorchReader::new(path).map_err(refuse)?;
        Ok(Self {
            path: path.to_owned(),
            tensors: reader.into_tensors().into_iter().collect(),
        })
    }

    /// Name and shape of every tensor.
    pub fn shapes(&self) -> BTreeMap<String, Vec<usize>> {
        self.tensors
            .iter()
            .map(|(name, tensor)| (name.clone(), tensor.shape().to_vec()))
            .collect()
    }

    /// The numbers of a tensor, row-major whatever its strides, or a sentence about why they cannot be had.
    ///
    /// # Errors
    /// A sentence: there is no such tensor, it does not hold floating-point numbers of 16 or 32 bits, it is larger than any
    /// of these networks, or the file ends before it.
    pub fn values(&self, name: &str) -> Result<Vec<f32>, String> {
        let tensor = self
            .tensors
            .get(name)
            .ok_or_else(|| format!("{} holds no tensor `{name}`", self.path.display()))?;
        let numbers = match tensor.dtype() {
            DType::F32 => weights::from_f32,
            DType::F16 => weights::from_f16,
            DType::BF16 => weights::from_bf16,
            other => return Err(weights::unexpected_type(name, &other)),
        };
        if tensor.num_elements() > LARGEST_TENSOR {
            return Err(format!(
                "tensor `{name}` has shape {:?}, too large for these networks",
                tensor.shape()
            ));
        }
        let bytes = tensor.read().map_err(|error| error.to_string())?;
        Ok(numbers(&bytes))
    }
}

/// The first value that is neither plain data nor a tensor: the keys that lead to it, and its name in Python.
fn foreign_object(content: &PickleValue) -> Option<(String, String)> {
    let mut waiting = vec![(String::new(), content)];
    while let Some((place, value)) = waiting.pop() {
        let below = |key: &dyn std::fmt::Display| match place.as_str() {
            "" => key.to_string(),
            _ => format!("{place}.{key}"),
        };
        match value {
            PickleValue::Unsupported(name) if !HARMLESS.contains(&name.as_str()) => {
                let place = match place.as_str() {
                    "" => "the top".to_owned(),
                    _ => place,
                };
                return Some((place, name.clone()));
            }
            PickleValue::Dict(entries) => {
                waiting.extend(entries.iter().map(|(key, value)| (below(key), value)));
            }
            PickleValue::List(items) => {
                let numbered = items.iter().enumerate();
                waiting.extend(numbered.map(|(index, item)| (below(&index), item)));
            }
            _ => {}
        }
    }
    None
}
