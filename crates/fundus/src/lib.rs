//! A photograph of the retina: decoding, field of view, standardisation, landmarks, quality, augmentation, and drawn retinas.
//!
//! The way of one photograph: [`decode`] turns untrusted bytes into an upright 8-bit RGB picture,
//! [`FieldOfView::find`] locates the circle that the camera saw, [`FieldOfView::crop`] cuts its square out,
//! [`Retina::measure`] says whether what it shows is a retina at all,
//! [`Quality::measure`] says whether the picture can be graded, [`Landmarks::find`] where disc, fovea and vessels lie, and [`Preparation::input`] makes of the square what
//! the network sees. [`Preparation::prepare`] does all of it. Training and prediction call the same
//! [`Preparation::input`], so that they cannot drift apart.
//!
//! There is no neural network here.

mod augmentation;
mod decode;
pub mod drawn;
mod field_of_view;
mod gate;
mod landmarks;
mod laterality;
mod painted;
mod preparation;
mod quality;
mod standardization;

pub use augmentation::{Augmentation, CameraShift};
pub use decode::{DecodeError, Header, Limits, decode, media_type};
pub use field_of_view::{FieldOfView, NoFieldOfView};
pub use gate::{NotARetina, Retina};
pub use landmarks::{
    Fovea, Landmarks, OpticDisc, PhotographDisc, PhotographFovea, PhotographLandmarks,
    SeenLaterality, SquarePosition,
};
pub use laterality::Laterality;
pub use painted::{PAINTED_KINDS, Painted, PaintedShares, paint_lesions};
pub use preparation::{
    FundusError, NetworkInput, Normalization, OutOfRange, Preparation, Prepared, Reduction,
};
pub use quality::{Quality, QualityReason};
pub use standardization::Standardization;
