//! Memory that is used again: what a layer needs, the one before it has just given back.

use std::cell::RefCell;

use crate::lanes::Sixteen;

/// Pieces kept for the next taker of the same thread; more are freed.
const KEPT: usize = 40;

thread_local! {
    static PIECES: RefCell<Vec<Vec<Sixteen>>> = const { RefCell::new(Vec::new()) };
}

/// A piece of memory that goes back to its thread's stock when it is dropped. What is in it at first is left over from
/// its last use.
#[derive(Debug)]
pub(crate) struct Scratch(Vec<Sixteen>);

impl Scratch {
    /// `length` sixteens of anything: the smallest piece in stock that is large enough, or a new one.
    pub(crate) fn new(length: usize) -> Self {
        let stocked = PIECES.with_borrow_mut(|pieces| {
            let large_enough = pieces
                .iter()
                .enumerate()
                .filter(|(_, piece)| piece.capacity() >= length);
            let best = large_enough.min_by_key(|(_, piece)| piece.capacity());
            best.map(|(place, _)| place)
                .map(|place| pieces.swap_remove(place))
        });
        let mut piece = stocked.unwrap_or_default();
        piece.resize(length, Sixteen::default());
        Self(piece)
    }
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
        let piece = std::mem::take(&mut self.0);
        // A thread that ends has no stock any more; then the piece is freed.
        let _ = PIECES.try_with(|pieces| {
            let mut pieces = pieces.borrow_mut();
            pieces.push(piece);
            if pieces.len() > KEPT {
                let smallest = (0..pieces.len()).min_by_key(|&place| pieces[place].capacity());
                if let Some(smallest) = smallest {
                    pieces.swap_remove(smallest);
                }
            }
        });
    }
}
