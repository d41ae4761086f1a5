//! The exported graph, carried out operation by operation with loops of its own, against PyTorch's logits.

use std::collections::HashMap;

use burn::tensor::Device;
use grader::onnx::messages::{AttributeProto, GraphProto, ModelProto, NodeProto};
use grader::{onnx, seeded};
use prost::Message;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    frozen: Vec<Frozen>,
}

#[derive(Deserialize)]
struct Frozen {
    seed: u64,
    side: usize,
    float64: [f64; 5],
}

/// A tensor without its batch dimension.
#[derive(Clone)]
struct Value {
    shape: Vec<usize>,
    numbers: Vec<f32>,
}

impl Value {
    fn planes(&self) -> [usize; 3] {
        self.shape.clone().try_into().unwrap()
    }
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> &'a AttributeProto {
    let named = |attribute: &&AttributeProto| attribute.name.as_deref() == Some(name);
    node.attribute.iter().find(named).unwrap()
}

fn lengths(node: &NodeProto, name: &str) -> Vec<usize> {
    let values = attribute(node, name).ints.iter();
    values.map(|&value| value as usize).collect()
}

/// Side, stride and padding of a square window.
fn window(node: &NodeProto) -> [usize; 3] {
    let [side, stride, padding] =
        ["kernel_shape", "strides", "pads"].map(|name| lengths(node, name));
    assert!(side[0] == side[1] && stride[0] == stride[1]);
    assert_eq!(padding, [padding[0]; 4]);
    [side[0], stride[0], padding[0]]
}

/// Where a window's place lies in the input, for every place of the output at which it lies inside.
fn places(
    length: usize,
    offset: usize,
    [side, stride, padding]: [usize; 3],
) -> Vec<(usize, usize)> {
    let outputs = (length + 2 * padding - side) / stride + 1;
    (0..outputs)
        .filter_map(|output| Some((output, (output * stride + offset).checked_sub(padding)?)))
        .filter(|(_, input)| *input < length)
        .collect()
}

/// Calls `visit` with channel, place in the window, and the places in output and input of every pair that meets.
fn slide(
    [channels, height, width]: [usize; 3],
    window: [usize; 3],
    mut visit: impl FnMut(usize, usize, usize, usize),
) -> [usize; 2] {
    let [side, stride, padding] = window;
    let outputs = [height, width].map(|length| (length + 2 * padding - side) / stride + 1);
    for channel in 0..channels {
        for place in 0..side * side {
            let columns = places(width, place % side, window);
            for (row, input_row) in places(height, place / side, window) {
                for (column, input_column) in &columns {
                    let input = (channel * height + input_row) * width + input_column;
                    visit(channel, place, row * outputs[1] + column, input);
                }
            }
        }
    }
    outputs
}

fn convolution(node: &NodeProto, input: &Value, kernel: &Value) -> Value {
    let [outputs, inputs, side, _] = kernel.shape.clone().try_into().unwrap();
    let window = window(node);
    let size = [1, 2].map(|axis| (input.shape[axis] + 2 * window[2] - side) / window[1] + 1);
    let area = size[0] * size[1];
    let mut sums = vec![0.0_f64; outputs * area];
    for (output, plane) in sums.chunks_exact_mut(area).enumerate() {
        let weights = &kernel.numbers[output * inputs * side * side..];
        slide(input.planes(), window, |channel, place, to, from| {
            let weight = weights[channel * side * side + place];
            plane[to] += f64::from(weight) * f64::from(input.numbers[from]);
        });
    }
    Value {
        shape: vec![outputs, size[0], size[1]],
        numbers: sums.into_iter().map(|sum| sum as f32).collect(),
    }
}

fn max_pool(node: &NodeProto, input: &Value) -> Value {
    let window = window(node);
    let [channels, height, width] = input.planes();
    let [rows, columns] =
        [height, width].map(|length| (length + 2 * window[2] - window[0]) / window[1] + 1);
    let mut numbers = vec![f32::NEG_INFINITY; channels * rows * columns];
    slide(input.planes(), window, |channel, _, to, from| {
        let place = &mut numbers[channel * rows * columns + to];
        *place = place.max(input.numbers[from]);
    });
    Value {
        shape: vec![channels, rows, columns],
        numbers,
    }
}

fn batch_norm(node: &NodeProto, [input, scale, shift, mean, variance]: [&Value; 5]) -> Value {
    let epsilon = f64::from(attribute(node, "epsilon").f.unwrap());
    let area = input.shape[1] * input.shape[2];
    let normalized = input.numbers.iter().enumerate().map(|(index, &number)| {
        let [scale, shift, mean, variance] =
            [scale, shift, mean, variance].map(|value| f64::from(value.numbers[index / area]));
        ((f64::from(number) - mean) / (variance + epsilon).sqrt() * scale + shift) as f32
    });
    Value {
        shape: input.shape.clone(),
        numbers: normalized.collect(),
    }
}

fn linear(input: &Value, weight: &Value, bias: &Value) -> Value {
    let rows = weight.numbers.chunks_exact(weight.shape[1]);
    let numbers = rows.zip(&bias.numbers).map(|(row, &bias)| {
        let products = row.iter().zip(&input.numbers);
        let sum: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        (sum + f64::from(bias)) as f32
    });
    Value {
        shape: bias.shape.clone(),
        numbers: numbers.collect(),
    }
}

fn carry_out(node: &NodeProto, inputs: &[&Value]) -> Value {
    let map = |input: &Value, change: fn(f32) -> f32| Value {
        shape: input.shape.clone(),
        numbers: input.numbers.iter().map(|&number| change(number)).collect(),
    };
    match (node.op_type.as_deref().unwrap(), inputs) {
        ("Conv", [input, kernel]) => convolution(node, input, kernel),
        ("BatchNormalization", inputs) => batch_norm(node, inputs.try_into().unwrap()),
        ("Relu", [input]) => map(input, |number| number.max(0.0)),
        ("MaxPool", [input]) => max_pool(node, input),
        ("Add", [one, other]) => {
            assert_eq!(one.shape, other.shape);
            let sums = one.numbers.iter().zip(&other.numbers);
            Value {
                shape: one.shape.clone(),
                numbers: sums.map(|(a, b)| a + b).collect(),
            }
        }
        ("GlobalAveragePool", [input]) => {
            let area = input.shape[1] * input.shape[2];
            let means = input.numbers.chunks_exact(area);
            Value {
                shape: vec![input.shape[0], 1, 1],
                numbers: means
                    .map(|plane| plane.iter().sum::<f32>() / area as f32)
                    .collect(),
            }
        }
        ("Flatten", [input]) => {
            assert_eq!(attribute(node, "axis").i, Some(1));
            map(input, |number| number)
        }
        ("Gemm", [input, weight, bias]) => {
            assert_eq!(attribute(node, "transB").i, Some(1));
            linear(input, weight, bias)
        }
        (other, inputs) => panic!("{other} of {} values", inputs.len()),
    }
}

fn run(graph: &GraphProto, picture: Value) -> Vec<f32> {
    let mut values: HashMap<String, Value> = graph
        .initializer
        .iter()
        .map(|tensor| {
            let bytes = tensor.raw_data.as_ref().unwrap().chunks_exact(4);
            let value = Value {
                shape: tensor.dims.iter().map(|&length| length as usize).collect(),
                numbers: bytes
                    .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                    .collect(),
            };
            (tensor.name.clone().unwrap(), value)
        })
        .collect();
    values.insert(graph.input[0].name.clone().unwrap(), picture);
    for node in &graph.node {
        let inputs: Vec<&Value> = node.input.iter().map(|name| &values[name]).collect();
        let output = carry_out(node, &inputs);
        assert!(values.insert(node.output[0].clone(), output).is_none());
    }
    values[graph.output[0].name.as_ref().unwrap()]
        .numbers
        .clone()
}

#[test]
fn the_graph_computes_pytorchs_logits() {
    let golden: Golden = serde_json::from_str(include_str!("resnet18.json")).unwrap();
    let smallest = golden.frozen.into_iter().min_by_key(|frozen| frozen.side);
    let Frozen {
        seed,
        side,
        float64,
    } = smallest.unwrap();
    let bytes = onnx::encode(&seeded::network(seed, &Device::flex()), &[]);
    let model = ModelProto::decode(bytes.as_slice()).unwrap();
    let picture = Value {
        shape: vec![3, side, side],
        numbers: seeded::input(seed, side).values,
    };
    let logits = run(&model.graph.unwrap(), picture);
    assert_eq!(logits.len(), 5);
    for (found, expected) in logits.into_iter().zip(float64) {
        let error = (f64::from(found) - expected).abs();
        assert!(error < 1e-4, "{found} is not {expected}");
    }
}

#[test]
fn the_model_says_what_it_is() {
    let notes = [("licence", "research use only".to_owned())];
    let bytes = onnx::encode(&seeded::network(1, &Device::flex()), &notes);
    let model = ModelProto::decode(bytes.as_slice()).unwrap();
    assert_eq!(model.opset_import[0].version, Some(onnx::OPERATOR_SET));
    assert_eq!(model.doc_string.as_deref(), Some(trust::DISCLAIMER));
    let note = &model.metadata_props[0];
    assert_eq!(note.key.as_deref(), Some("licence"));
    assert_eq!(note.value.as_deref(), Some("research use only"));
}
