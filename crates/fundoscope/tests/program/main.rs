//! The program as its users meet it: the real binary on drawn retinas, with a small untrained bundle.

mod bad_input;
mod bench;
mod evaluate;
mod explain;
mod predict;
mod preprocess;
mod serve;
mod uncertainty;
