//! What is wrong with graded photographs before anything is learned from them: files that cannot be read, photographs
//! that occur twice, patients torn between splits.
//!
//! A photograph that lies in training and validation makes every figure look better than it is, and the same photograph
//! with two grades teaches nothing. Copies are found whatever was done to the file: each photograph is cut to its field
//! of view, its illumination is standardised, and what remains, above all the vessels, is hashed and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fundus::{Limits, NetworkInput, Preparation};
use image::RgbImage;
use image::imageops::{self, FilterType};
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};
use trust::Grade;

use crate::TrainingError;
use crate::source::{GradedPhotograph, Split};

/// Photographs whose hashes differ in at most this many bits are looked at again.
const CANDIDATE_DISTANCE: u32 = 48;

/// Two photographs are copies when their standardised pictures correlate at least this much. Of 2265 photographs of
/// Messidor-2 and EyePACS, 22 pairs do; all of the five weakest pairs (0.757 to 0.773) show one eye twice.
const COPY_CORRELATION: f32 = 0.75;

/// Largest shift at which two pictures are compared along each axis, in pixels of [`SIDE`].
const LARGEST_SHIFT: i32 = 4;

/// Side of the standardised picture that is hashed and compared, in pixels.
const SIDE: u32 = 128;

/// What was found in a set of graded photographs.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// Photographs of each source and split, by grade.
    pub counts: Vec<Count>,
    /// Files that cannot be used.
    pub unreadable: Vec<Unreadable>,
    /// Pairs of photographs that show the same, the closest first.
    pub copies: Vec<Copies>,
    /// Patients with photographs in more than one split.
    pub torn_patients: Vec<TornPatient>,
}

/// Photographs of one source and one split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Name of the data set.
    pub source: String,
    /// `None` where the source gives none.
    pub split: Option<Split>,
    /// Photographs of each grade, readable or not.
    pub grades: [usize; 5],
    /// Smallest and largest width and height among the readable ones, in pixels: `[[width, height]; 2]`.
    pub sizes: Option<[[u32; 2]; 2]>,
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its name.
    pub file: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// One of two photographs that show the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Occurrence {
    /// Its name.
    pub file: String,
    /// Name of the data set.
    pub source: String,
    /// Group key within the data set.
    pub patient: String,
    /// The grade it was given.
    pub grade: Grade,
    /// `None` where the source gives none.
    pub split: Option<Split>,
}

/// Two photographs that show the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Copies {
    /// The two, in the order of the sources.
    pub photographs: [Occurrence; 2],
    /// Whether the files are the same to the byte.
    pub identical: bool,
    /// Bits in which the perceptual hashes differ, of 256.
    pub distance: u32,
    /// Correlation of the green channels of the standardised pictures, at the best shift; 1 is the same.
    pub correlation: f32,
    /// They lie in different splits: what is measured on one was learned from the other.
    pub across_splits: bool,
    /// They stand under different patients, so that a split by patient may part them.
    pub different_patients: bool,
    /// They were graded differently.
    pub conflicting_grades: bool,
}

/// A patient with photographs in more than one split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TornPatient {
    /// Name of the data set.
    pub source: String,
    /// Group key.
    pub patient: String,
    /// A photograph in each of the splits.
    pub files: Vec<(Split, String)>,
}

impl Inspection {
    /// Whether something measured on one split was learned from another.
    pub fn leaks(&self) -> bool {
        !self.torn_patients.is_empty() || self.copies.iter().any(|copies| copies.across_splits)
    }
}

/// What was taken from a readable photograph.
struct Print {
    sha256: [u8; 32],
    /// Four words of 64 bits.
    hash: [u64; 4],
    size: [u32; 2],
}

/// Opens and compares all photographs. `progress` is told how many of how many are done, from several threads.
///
/// # Errors
/// [`TrainingError::Interrupted`] when `stop` became true.
pub fn inspect(
    photographs: &[GradedPhotograph],
    stop: &AtomicBool,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Inspection, TrainingError> {
    let done = AtomicUsize::new(0);
    let prints: Vec<Option<Result<Print, String>>> = photographs
        .par_iter()
        .map(|photograph| {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let print = open(photograph).map(|(print, _)| print);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, photographs.len());
            Some(print)
        })
        .collect();
    let prints: Vec<Result<Print, String>> = prints
        .into_iter()
        .collect::<Option<_>>()
        .ok_or(TrainingError::Interrupted)?;
    Ok(Inspection {
        counts: counts(photographs, &prints),
        unreadable: unreadable(photographs, &prints),
        copies: copies(photographs, &prints),
        torn_patients: torn_patients(photographs),
    })
}

/// Opens a photograph for comparison; the error is a sentence.
fn open(photograph: &GradedPhotograph) -> Result<(Print, Vessels), String> {
    let bytes = std::fs::read(&photograph.path).map_err(|error| error.to_string())?;
    let preparation = Preparation {
        input_side: SIDE,
        ..Preparation::default()
    };
    let prepared = preparation
        .prepare(&bytes, &Limits::default())
        .map_err(|error| error.to_string())?;
    let print = Print {
        sha256: Sha256::digest(&bytes).into(),
        hash: difference_hash(&preparation.visible(&prepared.input)),
        size: [prepared.width, prepared.height],
    };
    Ok((print, Vessels::of(&prepared.input)))
}

impl Print {
    fn distance(&self, other: &Self) -> u32 {
        let words = self.hash.iter().zip(&other.hash);
        words.map(|(one, other)| (one ^ other).count_ones()).sum()
    }
}

/// The difference hash: the picture shrunk to 17 x 16 grey pixels, and for each pixel and its right neighbour one bit,
/// which of them is brighter. Libraries that have it bring a Fourier transform along for hashes of other kinds.
fn difference_hash(picture: &RgbImage) -> [u64; 4] {
    let grey = imageops::grayscale(picture);
    let small = imageops::resize(&grey, 17, 16, FilterType::Triangle);
    std::array::from_fn(|word| {
        (0..64).fold(0, |bits, bit| {
            let index = (word * 64 + bit) as u32;
            let (x, y) = (index % 16, index / 16);
            let is_brighter = small.get_pixel(x, y).0 < small.get_pixel(x + 1, y).0;
            (bits << 1) | u64::from(is_brighter)
        })
    })
}

/// The green channel of a standardised picture, in eighths of its standard deviation, 0 near and beyond the rim:
/// `[SIDE * SIDE]`.
struct Vessels(Vec<i8>);

impl Vessels {
    fn of(input: &NetworkInput) -> Self {
        let pixels = input.side * input.side;
        let green = &input.values[pixels..2 * pixels];
        let middle = input.side as f32 / 2.0;
        let inside = |place: usize| {
            let [x, y] =
                [place % input.side, place / input.side].map(|at| at as f32 + 0.5 - middle);
            x.hypot(y) < 0.88 * middle
        };
        let squares: Vec<f32> = (0..pixels)
            .filter(|place| inside(*place))
            .map(|place| green[place] * green[place])
            .collect();
        let deviation = (squares.iter().sum::<f32>() / squares.len().max(1) as f32).sqrt();
        let scale = 8.0 / deviation.max(1e-6);
        Self(
            (0..pixels)
                .map(|place| match inside(place) {
                    // The conversion saturates, which cuts reflections and the disc down to size.
                    true => (green[place] * scale).clamp(-24.0, 24.0) as i8,
                    false => 0,
                })
                .collect(),
        )
    }

    /// Pearson's correlation about 0, at the best shift of up to [`LARGEST_SHIFT`] along each axis.
    fn correlation(&self, other: &Self) -> f32 {
        let shifts = -LARGEST_SHIFT..=LARGEST_SHIFT;
        shifts
            .clone()
            .flat_map(|x| shifts.clone().map(move |y| [x, y]))
            .map(|shift| self.shifted_correlation(other, shift))
            .fold(-1.0, f32::max)
    }

    fn shifted_correlation(&self, other: &Self, [x, y]: [i32; 2]) -> f32 {
        let side = SIDE as i32;
        let overlap = |shift: i32| (-shift).max(0)..side.min(side - shift);
        let (mut product, mut squares) = (0_i32, [0_i32; 2]);
        for row in overlap(y) {
            for column in overlap(x) {
                let one = i32::from(self.0[(row * side + column) as usize]);
                let other = i32::from(other.0[((row + y) * side + column + x) as usize]);
                product += one * other;
                squares[0] += one * one;
                squares[1] += other * other;
            }
        }
        let norm = (squares[0] as f32 * squares[1] as f32).sqrt();
        if norm > 0.0 {
            product as f32 / norm
        } else {
            0.0
        }
    }
}

fn counts(photographs: &[GradedPhotograph], prints: &[Result<Print, String>]) -> Vec<Count> {
    let mut counts: BTreeMap<(&str, Option<Split>), Count> = BTreeMap::new();
    for (photograph, print) in photographs.iter().zip(prints) {
        let count = counts
            .entry((&photograph.source, photograph.split))
            .or_insert_with(|| Count {
                source: photograph.source.clone(),
                split: photograph.split,
                grades: [0; 5],
                sizes: None,
            });
        count.grades[photograph.grade.index()] += 1;
        if let Ok(Print { size, .. }) = print {
            let [smallest, largest] = count.sizes.unwrap_or([*size, *size]);
            count.sizes = Some([
                [0, 1].map(|axis| smallest[axis].min(size[axis])),
                [0, 1].map(|axis| largest[axis].max(size[axis])),
            ]);
        }
    }
    counts.into_values().collect()
}

fn unreadable(
    photographs: &[GradedPhotograph],
    prints: &[Result<Print, String>],
) -> Vec<Unreadable> {
    photographs
        .iter()
        .zip(prints)
        .filter_map(|(photograph, print)| {
            Some(Unreadable {
                file: photograph.file.clone(),
                reason: print.as_ref().err()?.clone(),
            })
        })
        .collect()
}

/// Two readable photographs whose hashes are close.
struct Candidates {
    /// Places in the list of photographs.
    places: [usize; 2],
    distance: u32,
    identical: bool,
}

/// All pairs are compared by their hashes: a hundred thousand photographs take seconds. Close ones are opened again and
/// compared pixel by pixel, because hashes of two retinas may agree by chance.
fn copies(photographs: &[GradedPhotograph], prints: &[Result<Print, String>]) -> Vec<Copies> {
    let candidates = candidates(prints);
    let places: BTreeSet<usize> = candidates.iter().flat_map(|pair| pair.places).collect();
    let vessels: BTreeMap<usize, Vessels> = places
        .into_par_iter()
        .filter_map(|place| Some((place, open(&photographs[place]).ok()?.1)))
        .collect();
    let mut copies: Vec<Copies> = candidates
        .par_iter()
        .filter_map(|pair| {
            let [one, other] = pair.places.map(|place| vessels.get(&place));
            let correlation = one?.correlation(other?);
            let are_copies = pair.identical || correlation >= COPY_CORRELATION;
            are_copies.then(|| Copies::of(photographs, pair, correlation))
        })
        .collect();
    copies.sort_by(|one, other| {
        let closest = |copies: &Copies| (copies.identical, copies.correlation);
        closest(other)
            .partial_cmp(&closest(one))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    copies
}

fn candidates(prints: &[Result<Print, String>]) -> Vec<Candidates> {
    let readable: Vec<(usize, &Print)> = prints
        .iter()
        .enumerate()
        .filter_map(|(place, print)| Some((place, print.as_ref().ok()?)))
        .collect();
    (0..readable.len())
        .into_par_iter()
        .flat_map_iter(|index| {
            let (place, print) = readable[index];
            readable[index + 1..]
                .iter()
                .map(move |(later, other)| Candidates {
                    places: [place, *later],
                    distance: print.distance(other),
                    identical: print.sha256 == other.sha256,
                })
                .filter(|pair| pair.identical || pair.distance <= CANDIDATE_DISTANCE)
        })
        .collect()
}

impl Copies {
    fn of(photographs: &[GradedPhotograph], pair: &Candidates, correlation: f32) -> Self {
        let [one, other] = pair.places.map(|place| &photographs[place]);
        let occurrence = |photograph: &GradedPhotograph| Occurrence {
            file: photograph.file.clone(),
            source: photograph.source.clone(),
            patient: photograph.patient.clone(),
            grade: photograph.grade,
            split: photograph.split,
        };
        Self {
            photographs: [occurrence(one), occurrence(other)],
            identical: pair.identical,
            distance: pair.distance,
            correlation,
            across_splits: one.split != other.split,
            different_patients: (&one.source, &one.patient) != (&other.source, &other.patient),
            conflicting_grades: one.grade != other.grade,
        }
    }
}

fn torn_patients(photographs: &[GradedPhotograph]) -> Vec<TornPatient> {
    // The first photograph of each split stands for the others.
    let mut patients: BTreeMap<(&str, &str), BTreeMap<Split, &str>> = BTreeMap::new();
    for photograph in photographs {
        if let Some(split) = photograph.split {
            let key = (photograph.source.as_str(), photograph.patient.as_str());
            let files = patients.entry(key).or_default();
            files.entry(split).or_insert(&photograph.file);
        }
    }
    patients
        .into_iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|((source, patient), files)| TornPatient {
            source: source.to_owned(),
            patient: patient.to_owned(),
            files: files
                .into_iter()
                .map(|(split, file)| (split, file.to_owned()))
                .collect(),
        })
        .collect()
}
