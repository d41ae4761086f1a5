//! Where the network runs.

use burn::tensor::Device;

/// The names that [`device`] knows in this build.
pub const DEVICES: &[&str] = &[
    "cpu",
    #[cfg(feature = "cuda")]
    "cuda",
    #[cfg(feature = "tch")]
    "libtorch",
];

/// A device name that means nothing in this build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown device `{name}`; this build knows {}{}", DEVICES.join(", "), remedy(name))]
pub struct UnknownDevice {
    /// The name as given.
    pub name: String,
}

/// The device of a name: `cpu` is pure Rust and always there; `cuda` (or `cuda:1` for the second GPU) and `libtorch` are
/// there when the program was built with the features `cuda` and `tch`.
pub fn device(name: &str) -> Result<Device, UnknownDevice> {
    match name {
        "cpu" => Ok(Device::flex()),
        #[cfg(feature = "cuda")]
        _ if gpu(name).is_some() => Ok(Device::cuda(gpu(name).unwrap_or(0))),
        #[cfg(feature = "tch")]
        #[allow(deprecated)]
        // Burn means to drop it one day; until then it is the fastest on CPUs.
        "libtorch" => Ok(Device::libtorch()),
        _ => Err(UnknownDevice {
            name: name.to_owned(),
        }),
    }
}

/// The number of a GPU, counted from 0: `cuda` is the first, `cuda:1` the second.
fn gpu(name: &str) -> Option<usize> {
    match name.strip_prefix("cuda")? {
        "" => Some(0),
        rest => rest.strip_prefix(':')?.parse().ok(),
    }
}

/// What to do about a name that another build knows.
fn remedy(name: &str) -> &'static str {
    match name {
        _ if gpu(name).is_some() => {
            ": for NVIDIA GPUs build it with `cargo build --release --features cuda`"
        }
        "libtorch" => {
            ": for libtorch build it with `cargo build --release --features tch`, as the README says"
        }
        _ => "",
    }
}
