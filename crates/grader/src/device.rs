//! Where the network runs.

use burn::tensor::Device;

/// The names that [`device`] knows in this build.
pub const DEVICES: &[&str] = &[
    "cpu",
    #[cfg(feature = "cuda")]
    "cuda",
    #[cfg(feature = "tch")]
    "libtorch",
    #[cfg(feature = "tch")]
    "libtorch:cuda",
];

/// Why a device cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The name means nothing in this build.
    #[error("unknown device `{name}`; this build knows {}{}", DEVICES.join(", "), remedy(name))]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// The machine lacks it.
    #[error(
        "there is no device `{name}` on this machine: libtorch finds {found} GPUs that it can use; give --device libtorch or \
         cpu"
    )]
    Absent {
        /// The name as given.
        name: String,
        /// The GPUs that there are.
        found: usize,
    },
}

/// The device of a name: `cpu` is pure Rust and always there; `cuda` (or `cuda:1` for the second GPU) is there when the
/// program was built with the feature `cuda`; `libtorch` (on the processor) and `libtorch:cuda` (or `libtorch:cuda:1`) with
/// the feature `tch`.
///
/// # Errors
/// [`DeviceError`]: this build or this machine does not have it.
pub fn device(name: &str) -> Result<Device, DeviceError> {
    match name {
        "cpu" => Ok(Device::flex()),
        #[cfg(feature = "cuda")]
        _ if gpu(name).is_some() => Ok(Device::cuda(gpu(name).unwrap_or(0))),
        #[cfg(feature = "tch")]
        _ if is_libtorch(name) => libtorch(name),
        _ => Err(DeviceError::Unknown {
            name: name.to_owned(),
        }),
    }
}

/// Whether a name is that of a device of libtorch's, whether this build knows it or not.
pub fn is_libtorch(name: &str) -> bool {
    name == "libtorch" || gpu_of_libtorch(name).is_some()
}

/// Burn means to drop libtorch one day; until then it is the fastest to train on.
#[cfg(feature = "tch")]
#[allow(deprecated)]
fn libtorch(name: &str) -> Result<Device, DeviceError> {
    let Some(number) = gpu_of_libtorch(name) else {
        return Ok(Device::libtorch());
    };
    // Libtorch would panic at the first tensor.
    let found = usize::try_from(tch::Cuda::device_count()).unwrap_or(0);
    if number >= found {
        return Err(DeviceError::Absent {
            name: name.to_owned(),
            found,
        });
    }
    Ok(Device::libtorch_cuda(number))
}

fn gpu_of_libtorch(name: &str) -> Option<usize> {
    gpu(name.strip_prefix("libtorch:")?)
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
        _ if is_libtorch(name) => {
            ": for libtorch build it with `cargo build --release --features tch`, as the README says"
        }
        _ => "",
    }
}
