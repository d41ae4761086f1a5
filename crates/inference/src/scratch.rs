//! Memory that is used again: what a layer needs, the one before it has just given back.

use std::sync::{Mutex, PoisonError};

use crate::lanes::Sixteen;

/// Pieces kept for the next taker; more are freed.
const KEPT: usize = 64;

/// For all threads together: whichever of a pool computes takes what another left.
static PIECES: Mutex<Vec<Vec<Sixteen>>> = Mutex::new(Vec::new());

/// A piece of memory that goes back to the stock when it is dropped. What is in it at first is left over from its last
/// use.
#[derive(Debug)]
pub(crate) struct Scratch(Vec<Sixteen>);

impl Scratch {
    /// `length` sixteens of anything: the smallest piece in stock that is large enough, or a new one.
    pub(crate) fn new(length: usize) -> Self {
        let mut piece = stocked(length).unwrap_or_default();
        piece.resize(length, Sixteen::default());
        Self(piece)
    }
}

/// The smallest piece in stock that holds `length` sixteens.
fn stocked(length: usize) -> Option<Vec<Sixteen>> {
    let mut pieces = PIECES.lock().unwrap_or_else(PoisonError::into_inner);
    let large_enough = pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| piece.capacity() >= length);
    let (place, _) = large_enough.min_by_key(|(_, piece)| piece.capacity())?;
    Some(pieces.swap_remove(place))
}

impl std::ops::Deref for Scratch {
    type Target = [Sixteen];

    fn deref(&self) -> &[Sixteen] {
        &self.0
    }
}

impl std::ops::DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [Sixteen] {
        &mut self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut pieces = PIECES.lock().unwrap_or_else(PoisonError::into_inner);
        pieces.push(std::mem::take(&mut self.0));
        if pieces.len() > KEPT {
            let smallest = (0..pieces.len()).min_by_key(|&place| pieces[place].capacity());
            if let Some(smallest) = smallest {
                pieces.swap_remove(smallest);
            }
        }
    }
}
