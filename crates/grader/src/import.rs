//! Weights of a ResNet-18 from elsewhere: safetensors files and checkpoints of PyTorch, wrapped and prefixed as training
//! programs leave them.
//!
//! A network is found by its tensors, not by the names of the wrappers: wherever `conv1.weight` stands beside
//! `layer1.0.conv1.weight`, what comes before both (`state_dict.`, `model.module.`, `backbone.`, ...) is taken away. What
//! lies elsewhere in the file, such as the state of an optimiser, is left out.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use burn::tensor::Device;

use crate::network::{CLASSES, FEATURES};
use crate::pytorch::Checkpoint;
use crate::weights::{self, StoredTensor, Tensors, WeightsError};

/// Name and shape of tensors.
type Shapes = BTreeMap<String, Vec<usize>>;

/// The tensors of the head.
pub const HEAD: [&str; 2] = ["fc.weight", "fc.bias"];

/// Length in bytes of the largest file that is read: a checkpoint with the state of its optimiser has a tenth of it.
pub const LARGEST_FILE: u64 = 1 << 31;

/// First parts of names that other heads have.
const HEAD_NAMES: [&str; 4] = ["fc", "classifier", "head", "last_linear"];

/// What a batch norm may hold beside torchvision's tensors, all with the shape of its `running_mean`.
const MOMENTS: [&str; 4] = [
    "mean_mean",
    "mean_variance",
    "log_variance_mean",
    "log_variance_variance",
];

/// Weights that were read from a file, checked like those of a bundle.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Tensors with torchvision's names; without [`HEAD`] where the file's head is not one for five grades.
    pub tensors: Tensors,
    /// What stood before the names, with its last dot; empty where nothing did.
    pub prefix: String,
    /// What was found in the place of the head.
    pub head: FoundHead,
    /// Tensors of the file that are neither the network's nor its head's, such as the state of an optimiser.
    pub left_out: usize,
}

/// What a file holds in the place of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundHead {
    /// A head for five grades; it was kept.
    Fits,
    /// A head for so many classes; it was left out.
    Outputs(usize),
    /// No head, or one of another form.
    Absent,
}

/// Reads a ResNet-18 from a safetensors file or a checkpoint of PyTorch, told apart by their first bytes.
///
/// # Errors
/// [`WeightsError`]; where tensors do not fit, each is named with the shape that was expected and the one found.
pub fn read(path: &Path) -> Result<Imported, WeightsError> {
    if is_safetensors(path)? {
        let bytes = weights::read(path)?;
        let file = weights::deserialize(&bytes, path)?;
        let shapes = file
            .tensors()
            .into_iter()
            .map(|(name, view)| (name, view.shape().to_vec()))
            .collect();
        pick(path, &shapes, |name| {
            let view = file.tensor(name).map_err(|error| error.to_string())?;
            weights::values(name, &view)
        })
    } else {
        let checkpoint = Checkpoint::open(path)?;
        pick(path, &checkpoint.shapes(), |name| checkpoint.values(name))
    }
}

/// A safetensors file begins with the length of its header, whose first character is a brace.
fn is_safetensors(path: &Path) -> Result<bool, WeightsError> {
    let failed = |source| WeightsError::Read {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > LARGEST_FILE {
        return Err(WeightsError::TooLarge {
            path: path.to_owned(),
            bytes,
        });
    }
    let mut start = Vec::new();
    file.take(9).read_to_end(&mut start).map_err(failed)?;
    // No pickle and no ZIP file has a zero in its eighth byte and a brace behind it.
    Ok(start.get(7..9) == Some(b"\0{"))
}

/// Takes the network out of a file whose tensors have these shapes; `numbers` gives those of one.
fn pick(
    path: &Path,
    shapes: &Shapes,
    numbers: impl Fn(&str) -> Result<Vec<f32>, String>,
) -> Result<Imported, WeightsError> {
    let refuse = |problems: Vec<String>| WeightsError::Tensors {
        path: path.to_owned(),
        problems,
    };
    let prefix = find_prefix(shapes).map_err(|problem| refuse(vec![problem]))?;
    let own: Shapes = shapes
        .iter()
        .filter_map(|(name, shape)| Some((name.strip_prefix(prefix)?.to_owned(), shape.clone())))
        .filter(|(name, _)| !name.ends_with("num_batches_tracked"))
        .collect();
    let head = find_head(&own);
    let expected = expected_shapes(head);

    let mut tensors = Tensors::new();
    let mut problems = missing(&expected, &own);
    for (name, shape) in own.iter().filter(|(name, _)| !is_other_head(name, head)) {
        match expected.get(name) {
            None => problems.push(format!("tensor `{name}` is not part of the network")),
            Some(expected) if expected != shape => problems.push(format!(
                "tensor `{name}` has shape {shape:?}, expected {expected:?}"
            )),
            Some(_) => match numbers(&format!("{prefix}{name}")) {
                Ok(values) => {
                    let shape = shape.clone();
                    tensors.insert(name.clone(), StoredTensor { shape, values });
                }
                Err(problem) => problems.push(problem),
            },
        }
    }
    if problems.is_empty() {
        problems = broken_numbers(&tensors);
    }
    if !problems.is_empty() {
        return Err(refuse(problems));
    }
    let others = shapes.keys().filter(|name| {
        let is_counter = name.ends_with("num_batches_tracked");
        !is_counter
            && !name
                .strip_prefix(prefix)
                .is_some_and(|name| own.contains_key(name))
    });
    Ok(Imported {
        left_out: others.count(),
        tensors,
        prefix: prefix.to_owned(),
        head,
    })
}

/// What stands before the names of the file's one network.
fn find_prefix(shapes: &Shapes) -> Result<&str, String> {
    let found: Vec<&str> = shapes
        .keys()
        .filter_map(|name| name.strip_suffix("conv1.weight"))
        .filter(|prefix| shapes.contains_key(&format!("{prefix}layer1.0.conv1.weight")))
        .collect();
    // A running average of the weights may lie beside the weights themselves.
    let learned = found.iter().filter(|prefix| !is_average(prefix));
    let chosen: Vec<&str> = match learned.clone().count() {
        0 => found.clone(),
        _ => learned.copied().collect(),
    };
    match chosen.as_slice() {
        [prefix] => Ok(prefix),
        [] => {
            let some: Vec<String> = shapes
                .keys()
                .take(3)
                .map(|name| format!("`{name}`"))
                .collect();
            Err(format!(
                "there is no `conv1.weight` beside `layer1.0.conv1.weight`, as torchvision names them, among its {} \
                 tensors ({}{})",
                shapes.len(),
                some.join(", "),
                if shapes.len() > some.len() {
                    ", ..."
                } else {
                    ""
                }
            ))
        }
        several => Err(format!(
            "it holds {} networks, below `{}`: save one of them alone",
            several.len(),
            several.join("` and `")
        )),
    }
}

/// Whether a prefix names an exponential moving average of weights.
fn is_average(prefix: &str) -> bool {
    prefix.split(['.', '_']).any(|part| part == "ema")
}

fn find_head(own: &Shapes) -> FoundHead {
    let [weight, bias] = HEAD.map(|name| own.get(name).map(Vec::as_slice));
    match (weight, bias) {
        (Some([CLASSES, FEATURES]), Some([CLASSES])) => FoundHead::Fits,
        (Some([outputs, FEATURES]), Some([biases])) if outputs == biases => {
            FoundHead::Outputs(*outputs)
        }
        (None, None) => FoundHead::Absent,
        // One that fits nothing is named like every tensor that does not fit.
        _ => FoundHead::Fits,
    }
}

/// Whether a tensor belongs to a head that is not kept.
fn is_other_head(name: &str, head: FoundHead) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    head != FoundHead::Fits && HEAD_NAMES.contains(&first)
}

/// Every tensor that the network may have; the moments of its batch norms are optional.
fn expected_shapes(head: FoundHead) -> Shapes {
    let mut expected: Shapes = weights::layout().into_iter().collect();
    if head != FoundHead::Fits {
        expected.retain(|name, _| !HEAD.contains(&name.as_str()));
    }
    let moments: Vec<(String, Vec<usize>)> = expected
        .iter()
        .filter_map(|(name, shape)| Some((name.strip_suffix("running_mean")?, shape)))
        .flat_map(|(norm, shape)| MOMENTS.map(|part| (format!("{norm}{part}"), shape.clone())))
        .collect();
    expected.extend(moments);
    expected
}

/// A sentence for every tensor that is needed and not there.
fn missing(expected: &Shapes, own: &Shapes) -> Vec<String> {
    let has_moments = own.keys().any(|name| name.ends_with(MOMENTS[0]));
    let is_needed = |name: &str| has_moments || !MOMENTS.iter().any(|part| name.ends_with(part));
    expected
        .keys()
        .filter(|name| is_needed(name) && !own.contains_key(name.as_str()))
        .map(|name| format!("tensor `{name}` is missing"))
        .collect()
}

/// What [`weights::from_tensors`] has to say about numbers.
fn broken_numbers(tensors: &Tensors) -> Vec<String> {
    let mut whole = tensors.clone();
    for (name, shape) in weights::layout() {
        let values = vec![0.0; shape.iter().product()];
        whole.entry(name).or_insert(StoredTensor { shape, values });
    }
    weights::from_tensors(whole, &Device::flex())
        .err()
        .unwrap_or_default()
}
