//! What is done to a convolution's sums on their way to memory.

use crate::feature_map::FeatureMap;
use crate::lanes::{Lanes, Sixteen};

/// Batch norm as one multiplication and one addition a channel: `scale × value + shift`, in blocks of sixteen channels.
#[derive(Clone, Debug)]
pub(crate) struct Normalization {
    pub(crate) scale: Vec<Sixteen>,
    pub(crate) shift: Vec<Sixteen>,
}

/// The rectification at the end.
#[derive(Clone, Copy)]
pub(crate) enum Rectify<'a> {
    /// None.
    Never,
    /// Negative values become zero.
    Relu,
    /// For gradients: zero where this activation, after its ReLU, is not above zero.
    Where(&'a FeatureMap),
    /// As [`Rectify::Where`], and negative gradients become zero too (Guided Backpropagation, Springenberg et al. 2015,
    /// arXiv:1412.6806).
    Guided(&'a FeatureMap),
}

/// Batch norm, then what is added, then rectification.
#[derive(Clone, Copy)]
pub(crate) struct Finish<'a> {
    pub(crate) normalization: Option<&'a Normalization>,
    pub(crate) added: Option<&'a FeatureMap>,
    pub(crate) rectify: Rectify<'a>,
}

impl Finish<'_> {
    /// Nothing at all.
    pub(crate) const NOTHING: Finish<'static> = Finish {
        normalization: None,
        added: None,
        rectify: Rectify::Never,
    };

    /// Finishes sixteen sums of one place.
    #[inline(always)]
    pub(crate) fn of<L: Lanes>(
        &self,
        sums: L,
        picture: usize,
        block: usize,
        row: usize,
        column: usize,
    ) -> L {
        let mut value = sums;
        if let Some(normalization) = self.normalization {
            let shift = L::load(&normalization.shift[block]);
            value = value.mul_add(L::load(&normalization.scale[block]), shift);
        }
        if let Some(added) = self.added {
            value = value.add(L::load(added.at(picture, block, row, column)));
        }
        match self.rectify {
            Rectify::Never => value,
            Rectify::Relu => L::splat(0.0).max(value),
            Rectify::Where(activation) => {
                value.where_positive(L::load(activation.at(picture, block, row, column)))
            }
            Rectify::Guided(activation) => L::splat(0.0)
                .max(value)
                .where_positive(L::load(activation.at(picture, block, row, column))),
        }
    }
}
