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
#[error("unknown device `{name}`; this build knows {}", DEVICES.join(", "))]
pub struct UnknownDevice {
    /// The name as given.
    pub name: String,
}

/// The device of a name: `cpu` is pure Rust and always there; `cuda` and `libtorch` are there when the program was
/// built with the features `cuda` and `tch`.
pub fn device(name: &str) -> Result<Device, UnknownDevice> {
    match name {
        "cpu" => Ok(Device::flex()),
        #[cfg(feature = "cuda")]
        "cuda" => Ok(Device::cuda(0)),
        #[cfg(feature = "tch")]
        #[allow(deprecated)]
        // Burn means to drop it one day; until then it is the fastest on CPUs.
        "libtorch" => Ok(Device::libtorch()),
        _ => Err(UnknownDevice {
            name: name.to_owned(),
        }),
    }
}
