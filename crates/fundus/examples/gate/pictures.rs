//! What the gate is fitted to and tested on: photographs, drawn retinas, both made worse, and pictures of something else.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use fundus::drawn::other_pictures::{Category, draw};
use fundus::drawn::{Border, Camera, DrawnRetina, LesionLoad};
use fundus::{FieldOfView, Laterality, Limits, Quality, Retina, decode};
use image::RgbImage;

use crate::degradations::mildly_changed;

/// Side of the crops, in pixels: the program's default.
pub const SIDE: u32 = 384;

/// Drawn retinas that are fitted to.
const DRAWN: u64 = 300;

/// A sick retina is a retina.
const LOADS: [LesionLoad; 4] = [
    LesionLoad::NONE,
    LesionLoad::MODERATE,
    LesionLoad::SEVERE,
    LesionLoad::PROLIFERATIVE,
];

/// A line of the manifest.
#[derive(Clone)]
pub struct Photograph {
    pub file: String,
    pub path: PathBuf,
    pub set: String,
    pub patient: String,
    /// `good`, `usable`, `reject`, or empty where nobody said.
    pub quality: String,
    pub is_cataract: bool,
    /// Whether its readers found more than the mildest retinopathy.
    pub is_diseased: bool,
}

impl Photograph {
    /// Whether a reader may be expected to grade it.
    pub fn is_gradable(&self) -> bool {
        self.quality != "reject" && !self.is_cataract
    }
}

/// What a sample shows.
#[derive(Clone)]
pub enum Shown {
    Photograph(Photograph),
    /// A photograph or drawn retina with mild damage, or a drawn one; the patient.
    LikePhotograph(String),
    Other(Category),
}

pub struct Sample {
    pub shown: Shown,
    /// Whether a field of view was found; if not, the largest circle of the frame was measured.
    pub has_field_of_view: bool,
    pub retina: Retina,
    pub quality: Quality,
}

impl Sample {
    fn of(shown: Shown, has_field_of_view: bool, cropped: &RgbImage) -> Self {
        Self {
            shown,
            has_field_of_view,
            retina: Retina::measure(cropped),
            quality: Quality::measure(cropped),
        }
    }

    pub fn photograph(&self) -> Option<&Photograph> {
        match &self.shown {
            Shown::Photograph(photograph) => Some(photograph),
            _ => None,
        }
    }

    pub fn category(&self) -> Option<Category> {
        match &self.shown {
            Shown::Other(category) => Some(*category),
            _ => None,
        }
    }
}

/// The photographs of a folder's manifest.
pub fn listed(folder: &Path) -> Result<Vec<Photograph>, Box<dyn Error>> {
    let manifest = std::fs::read_to_string(folder.join("manifest.csv"))?;
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let [file, set, grade, patient, split, quality, ..] = fields[..] else {
            return Err(format!("a line of manifest.csv has too few fields: {line}").into());
        };
        Ok(Photograph {
            file: file.to_owned(),
            path: folder.join(file),
            set: if set == "odir" {
                format!("odir {}", split.rsplit(':').next().unwrap_or(split))
            } else {
                set.to_owned()
            },
            patient: patient.to_owned(),
            quality: quality.to_owned(),
            is_cataract: split.ends_with(":cataract"),
            is_diseased: ["2", "3", "4"].contains(&grade),
        })
    };
    manifest.lines().skip(1).map(line).collect()
}

/// Decoded, its field of view found, and cropped as the program does it; without one, the frame's largest circle.
pub fn cropped(photograph: &RgbImage) -> (bool, RgbImage) {
    let found = FieldOfView::find(photograph);
    let (width, height) = photograph.dimensions();
    let circle = found.unwrap_or(FieldOfView {
        center: [f64::from(width) / 2.0, f64::from(height) / 2.0],
        radius: f64::from(width.min(height)) / 2.0,
    });
    (found.is_ok(), circle.crop(photograph, SIDE))
}

/// What is to be measured: a photograph, a drawn retina, a drawn picture of something else.
enum Work<'a> {
    Photograph(&'a Photograph, usize),
    Drawn(u64),
    Other(Category, u64),
}

/// Measures everything on all cores; the order does not depend on which is done first.
pub fn measure_all(
    photographs: &[Photograph],
    of_each_category: u64,
) -> Result<Vec<Sample>, Box<dyn Error>> {
    let others = Category::ALL
        .into_iter()
        .flat_map(|category| (0..of_each_category).map(move |seed| Work::Other(category, seed)));
    let works: Vec<Work> = (photographs.iter().enumerate())
        .map(|(index, photograph)| Work::Photograph(photograph, index))
        .chain((0..DRAWN).map(Work::Drawn))
        .chain(others)
        .collect();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, works) = (sender.clone(), &next, &works);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(work) = works.get(index) else { break };
                    // The receiver outlives the scope.
                    let _ = sender.send((index, measure(work)));
                }
            });
        }
    });
    drop(sender);
    let mut measured: Vec<_> = receiver.into_iter().collect();
    measured.sort_by_key(|(index, _)| *index);
    let mut samples = Vec::new();
    for (_, result) in measured {
        samples.extend(result?);
    }
    Ok(samples)
}

fn measure(work: &Work) -> Result<Vec<Sample>, String> {
    match *work {
        Work::Photograph(photograph, index) => {
            let bytes = std::fs::read(&photograph.path).map_err(|error| error.to_string())?;
            let picture = decode(&bytes, &Limits::default()).map_err(|error| error.to_string())?;
            let (found, square) = cropped(&picture);
            let shown = Shown::Photograph(photograph.clone());
            let mut samples = vec![Sample::of(shown, found, &square)];
            if found {
                let like = Shown::LikePhotograph(photograph.patient.clone());
                samples.push(Sample::of(like, true, &mildly_changed(&square, index)));
            }
            Ok(samples)
        }
        Work::Drawn(seed) => {
            let index = seed as usize;
            let drawing = DrawnRetina {
                seed,
                width: 600,
                height: 500,
                camera: Camera::ALL[index % Camera::ALL.len()],
                border: Border::ALL[index / 4 % Border::ALL.len()],
                laterality: if seed % 2 == 0 {
                    Laterality::Left
                } else {
                    Laterality::Right
                },
                lesions: LOADS[index / 20 % LOADS.len()],
            }
            .draw();
            let (found, square) = cropped(&drawing.picture);
            let like = Shown::LikePhotograph(format!("drawn {seed}"));
            let changed = mildly_changed(&square, index);
            Ok(vec![
                Sample::of(like.clone(), found, &square),
                Sample::of(like, found, &changed),
            ])
        }
        Work::Other(category, seed) => {
            let side = 240 + (seed * 37 % 240) as u32;
            let (found, square) = cropped(&draw(category, seed, side * 5 / 4, side));
            Ok(vec![Sample::of(Shown::Other(category), found, &square)])
        }
    }
}
