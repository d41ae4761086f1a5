//! Whole training runs on drawn retinas: tiny, but with every part of a real one.

mod bench;
mod consistency;
mod experience;
mod first_head;
mod learning;
mod lesions;
mod members;
mod refusals;
mod resume;
mod start;
