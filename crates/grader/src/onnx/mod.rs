//! A network as an ONNX model, for the many programs that run those.
//!
//! The graph has one input `pictures`, `[batch, 3, height, width]`, normalised values as [`fundus::Preparation::input`]
//! makes them, and one output `logits`, `[batch, 5]`, before calibration. Batch, height and width are free. Batch norms
//! are frozen.

mod graph;
pub mod messages;

use prost::Message;
use trust::DISCLAIMER;

use crate::network::ResNet18;
use messages::{ModelProto, OperatorSetIdProto, StringStringEntryProto};

/// The version of ONNX's standard operators that is used.
pub const OPERATOR_SET: i64 = 17;

/// The version of the file format that came with [`OPERATOR_SET`].
const FORMAT_VERSION: i64 = 8;

/// The model of a network. `notes` are kept with it as names and texts, for people: what belongs to the weights, such as
/// calibration and licence.
pub fn model(network: &ResNet18, notes: &[(&str, String)]) -> ModelProto {
    ModelProto {
        ir_version: Some(FORMAT_VERSION),
        opset_import: vec![OperatorSetIdProto {
            domain: Some(String::new()),
            version: Some(OPERATOR_SET),
        }],
        producer_name: Some("fundoscope".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        doc_string: Some(DISCLAIMER.to_owned()),
        graph: Some(graph::Builder::default().resnet18(network)),
        metadata_props: notes
            .iter()
            .map(|(name, text)| StringStringEntryProto {
                key: Some((*name).to_owned()),
                value: Some(text.clone()),
            })
            .collect(),
        ..ModelProto::default()
    }
}

/// The bytes of an `.onnx` file.
pub fn encode(network: &ResNet18, notes: &[(&str, String)]) -> Vec<u8> {
    model(network, notes).encode_to_vec()
}
