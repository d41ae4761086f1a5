//! How the work of one layer is shared out among threads.

use std::ops::Range;

use rayon::prelude::*;

use crate::feature_map::FeatureMap;
use crate::lanes::{InstructionSet, Sixteen, Task, execute};

/// A part of a layer's output: some bands of rows of all pictures, some blocks of channels.
pub(crate) struct Share<'a> {
    /// Numbers of the bands, counted through all pictures.
    pub(crate) bands: Range<usize>,
    /// The blocks of sixteen channels.
    pub(crate) blocks: Range<usize>,
    /// Where they are written: `[band][block]`, whole rows with margin.
    pub(crate) written: Vec<&'a mut [Sixteen]>,
}

impl Share<'_> {
    /// Which of `written` is a block's part of the share's `place`th band.
    #[inline(always)]
    pub(crate) fn target(&self, place: usize, block: usize) -> usize {
        place * self.blocks.len() + block - self.blocks.start
    }
}

/// Does work of many layers on a thread of rayon's pool: from any other thread, every layer would wake the pool and wait
/// until it sleeps again, which takes a fifth of a small picture's time.
pub(crate) fn in_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| work())
}

/// Cuts a map into shares and runs a task on each, on all threads of rayon's pool.
///
/// `most_bands` bounds the bands of a share; `together` is the number of blocks that stay together.
pub(crate) fn run<'a, T: Task + Send>(
    set: InstructionSet,
    map: &'a mut FeatureMap,
    band_height: usize,
    most_bands: usize,
    together: usize,
    task: impl Fn(Share<'a>) -> T + Sync,
) {
    let shares = shares(map, band_height, most_bands, together);
    all(set, shares.into_iter().map(task).collect());
}

/// [`run`] for two maps of the same shape that one task writes, with bands of one row and pairs of blocks.
pub(crate) fn run_with<'a, T: Task + Send>(
    set: InstructionSet,
    map: &'a mut FeatureMap,
    beside: Option<&'a mut FeatureMap>,
    most_bands: usize,
    task: impl Fn(Share<'a>, Vec<&'a mut [Sixteen]>) -> T + Sync,
) {
    let shares = |map| shares(map, 1, most_bands, 2);
    let mut beside = beside.map(shares).into_iter().flatten();
    let tasks = shares(map).into_iter().map(|share| {
        let beside = beside.next().map(|share| share.written);
        task(share, beside.unwrap_or_default())
    });
    all(set, tasks.collect());
}

fn all<T: Task + Send>(set: InstructionSet, tasks: Vec<T>) {
    match tasks.len() {
        1 => tasks.into_iter().for_each(|task| execute(set, task)),
        _ => tasks.into_par_iter().for_each(|task| execute(set, task)),
    }
}

fn shares(
    map: &mut FeatureMap,
    band_height: usize,
    most_bands: usize,
    together: usize,
) -> Vec<Share<'_>> {
    let threads = rayon::current_num_threads();
    let (pictures, blocks) = (map.pictures, map.blocks);
    let bands_of_picture = map.height.div_ceil(band_height);
    let bands = pictures * bands_of_picture;
    let groups = blocks / together;

    let by_size = bands.div_ceil(most_bands.max(1));
    // One share for everything is cut by channels, so that no thread does another's work on the weights; several become
    // as many for every thread.
    let (band_shares, group_shares) = match by_size {
        1 => (1, threads.min(groups)),
        _ => (by_size.next_multiple_of(threads).min(bands), 1),
    };
    let group_range = even(groups, group_shares);
    let mut shares: Vec<Share<'_>> = even(bands, band_shares)
        .into_iter()
        .flat_map(|bands| {
            group_range
                .iter()
                .map(move |groups| (bands.clone(), groups))
        })
        .map(|(bands, groups)| Share {
            written: Vec::with_capacity(bands.len() * groups.len() * together),
            bands,
            blocks: groups.start * together..groups.end * together,
        })
        .collect();

    let mut written: Vec<Option<&mut [Sixteen]>> =
        map.bands(band_height).into_iter().map(Some).collect();
    for share in &mut shares {
        for band in share.bands.clone() {
            let (picture, band) = (band / bands_of_picture, band % bands_of_picture);
            for block in share.blocks.clone() {
                let place = (picture * blocks + block) * bands_of_picture + band;
                share.written.extend(written[place].take());
            }
        }
    }
    shares
}

/// `0..length` in `parts` ranges whose lengths differ by one at most.
fn even(length: usize, parts: usize) -> Vec<Range<usize>> {
    (0..parts)
        .map(|part| part * length / parts..(part + 1) * length / parts)
        .collect()
}
