//! The frozen network on a plain CPU.
//!
//! [`Network::compile`] takes the weights of a ResNet-18 apart once; from then on [`Network::features`] and
//! [`Network::trace`] answer without any tensor library: convolutions with stride 1 by Winograd's algorithm, the others
//! as direct products, batch norm and ReLU and shortcut on the way to memory, and the way back for explanations without
//! a tape. Batch norm comes as a scale and a shift for each channel, given with the weights or anew with each pass.
//!
//! What holds: a picture's numbers are the same bits alone or among others and with any number of threads.
//!
//! | module | |
//! |---|---|
//! | `lanes` | sixteen channels at a time in AVX-512, AVX2 or plain Rust |
//! | `product` | the product that every convolution comes down to |
//! | `winograd`, `strided`, `stem`, `pool` | the layers, each with its gradient |
//! | `feature_map`, `scratch`, `share`, `finish` | activations, their memory, the threads' shares, what follows the sums |
//! | `network`, `trace` | the layers put together, there and back |

mod feature_map;
mod finish;
mod lanes;
mod network;
mod pool;
mod product;
mod scratch;
mod share;
mod stem;
mod strided;
mod trace;
mod winograd;

pub use lanes::InstructionSet;
pub use network::{BlockWeights, ConvolutionWeights, FEATURES, Network, Statistics};
pub use trace::{Layer, LayerValues, ReluRule, Trace};
