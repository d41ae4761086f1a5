//! The operations of ResNet-18, one node each, with torchvision's names.

use crate::batch_norm::EPSILON;
use crate::network::{CLASSES, ResNet18};
use crate::weights::{self, Tensors};

use super::messages::{
    AttributeProto, AttributeType, DataType, Dimension, DimensionValue, GraphProto, NodeProto,
    TensorProto, TensorShapeProto, TensorType, TypeProto, TypeValue, ValueInfoProto,
};

/// The names of the graph's input and output.
const INPUT: &str = "pictures";
const OUTPUT: &str = "logits";

/// A graph that grows node by node; every method returns the name of what it computes.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<NodeProto>,
}

impl Builder {
    pub(super) fn resnet18(mut self, network: &ResNet18) -> GraphProto {
        let stem = self.convolution(INPUT, "conv1", 7, 2);
        let stem = self.batch_norm(&stem, "bn1");
        let stem = self.relu(&stem, "relu");
        let mut value = self.max_pool(&stem);
        for (index, block) in network.blocks.iter().enumerate() {
            let (name, inputs, outputs) = weights::block_layout(index);
            let stride = outputs / inputs;
            value = self.block(&value, &name, stride, block.downsample.is_some());
        }
        let pooled = self.node("GlobalAveragePool", "avgpool", &[&value], vec![]);
        let flat = self.node("Flatten", "flatten", &[&pooled], vec![integer("axis", 1)]);
        let head = [&flat, "fc.weight", "fc.bias"];
        self.push("Gemm", "fc", &head, OUTPUT, vec![integer("transB", 1)]);
        let free = |name: &str| DimensionValue::Parameter(name.to_owned());
        let fixed = |length: usize| DimensionValue::Length(length as i64);
        GraphProto {
            node: self.nodes,
            name: Some("resnet18".to_owned()),
            initializer: initializers(weights::to_tensors(network)),
            input: vec![value_info(
                INPUT,
                [free("batch"), fixed(3), free("height"), free("width")],
            )],
            output: vec![value_info(OUTPUT, [free("batch"), fixed(CLASSES)])],
        }
    }

    fn block(&mut self, input: &str, name: &str, stride: usize, has_shortcut: bool) -> String {
        let inner = self.convolution(input, &format!("{name}.conv1"), 3, stride);
        let inner = self.batch_norm(&inner, &format!("{name}.bn1"));
        let inner = self.relu(&inner, &format!("{name}.relu1"));
        let outer = self.convolution(&inner, &format!("{name}.conv2"), 3, 1);
        let outer = self.batch_norm(&outer, &format!("{name}.bn2"));
        let shortcut = if has_shortcut {
            let reduced = self.convolution(input, &format!("{name}.downsample.0"), 1, stride);
            self.batch_norm(&reduced, &format!("{name}.downsample.1"))
        } else {
            input.to_owned()
        };
        let sum = self.node("Add", &format!("{name}.add"), &[&outer, &shortcut], vec![]);
        self.relu(&sum, &format!("{name}.relu2"))
    }

    fn convolution(&mut self, input: &str, name: &str, side: usize, stride: usize) -> String {
        let kernel = format!("{name}.weight");
        let attributes = window(side, stride);
        self.node("Conv", name, &[input, &kernel], attributes)
    }

    fn batch_norm(&mut self, input: &str, name: &str) -> String {
        let parts = ["weight", "bias", "running_mean", "running_var"];
        let [scale, shift, mean, variance] = parts.map(|part| format!("{name}.{part}"));
        let inputs = [input, &scale, &shift, &mean, &variance];
        let epsilon = float("epsilon", EPSILON as f32);
        self.node("BatchNormalization", name, &inputs, vec![epsilon])
    }

    fn relu(&mut self, input: &str, name: &str) -> String {
        self.node("Relu", name, &[input], vec![])
    }

    fn max_pool(&mut self, input: &str) -> String {
        self.node("MaxPool", "maxpool", &[input], window(3, 2))
    }

    fn node(
        &mut self,
        operation: &str,
        name: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = format!("{name}.output");
        self.push(operation, name, inputs, &output, attributes);
        output
    }

    fn push(
        &mut self,
        operation: &str,
        name: &str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<AttributeProto>,
    ) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.to_owned()],
            name: Some(name.to_owned()),
            op_type: Some(operation.to_owned()),
            attribute: attributes,
        });
    }
}

/// A square window with as much padding as keeps the size at stride 1.
fn window(side: usize, stride: usize) -> Vec<AttributeProto> {
    let [side, stride] = [side, stride].map(|length| length as i64);
    vec![
        integers("kernel_shape", vec![side; 2]),
        integers("strides", vec![stride; 2]),
        integers("pads", vec![side / 2; 4]),
    ]
}

fn integer(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: Some(value),
        ..attribute(name, AttributeType::Int)
    }
}

fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        f: Some(value),
        ..attribute(name, AttributeType::Float)
    }
}

fn integers(name: &str, values: Vec<i64>) -> AttributeProto {
    AttributeProto {
        ints: values,
        ..attribute(name, AttributeType::Ints)
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind.into()),
        ..AttributeProto::default()
    }
}

/// The tensors that torchvision's network has.
fn initializers(mut tensors: Tensors) -> Vec<TensorProto> {
    weights::layout()
        .into_iter()
        .filter_map(|(name, _)| {
            let tensor = tensors.remove(&name)?;
            let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes());
            Some(TensorProto {
                dims: tensor.shape.iter().map(|&length| length as i64).collect(),
                data_type: Some(DataType::Float.into()),
                name: Some(name),
                raw_data: Some(bytes.collect()),
            })
        })
        .collect()
}

fn value_info<const D: usize>(name: &str, shape: [DimensionValue; D]) -> ValueInfoProto {
    let dim = shape.map(|value| Dimension { value: Some(value) }).to_vec();
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            value: Some(TypeValue::Tensor(TensorType {
                elem_type: Some(DataType::Float.into()),
                shape: Some(TensorShapeProto { dim }),
            })),
        }),
    }
}
