//! Photographs whose lesions are known: painted ones, whose masks are exact, and those whose lesions readers outlined.

use std::path::Path;

use anyhow::{Context, bail};
use attribution::scorecard::LesionMask;
use clinic::ContentHash;
use fundus::drawn::LesionKind;
use fundus::{Landmarks, NetworkInput, PAINTED_KINDS, PaintedShares, Preparation, paint_lesions};
use image::GrayImage;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use training::annotated;
use training::source::{self, GradedPhotograph, MASK_SUFFIXES, Split};
use trust::Grade;
use trust::bootstrap::patient_group;

use crate::console::Console;
use crate::photograph;

/// How the lesions of a set of photographs are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// Painted on photographs without retinopathy.
    Painted,
    /// Outlined by readers.
    Outlined,
}

impl Known {
    pub(super) const ALL: [Known; 2] = [Known::Painted, Known::Outlined];

    pub(super) fn name(self) -> &'static str {
        match self {
            Known::Painted => "painted",
            Known::Outlined => "outlined",
        }
    }
}

/// A photograph to be explained, and what is known of it.
pub(super) struct Exhibit {
    pub(super) known: Known,
    /// Group key for the bootstrap.
    pub(super) patient: String,
    pub(super) input: NetworkInput,
    pub(super) landmarks: Landmarks,
    /// All lesions, then each kind that is there, by name.
    pub(super) masks: Vec<(String, LesionMask)>,
}

/// How often lesions are painted on a photograph until there is one to be seen: one painting in fourteen shows none.
const PAINTINGS: usize = 10;

/// A share of a pixel, of 255, from which on it counts as lesion.
const LESION: u8 = 128;

/// The name under which all kinds of lesions are counted together.
pub(crate) const ALL_LESIONS: &str = "all lesions";

/// What is shown, and where it comes from.
pub(super) struct Collection {
    /// Photographs without retinopathy that no model learned from, by the names of their files.
    healthy: Vec<GradedPhotograph>,
    outlined: Vec<source::AnnotatedPhotograph>,
    painted: usize,
    seed: u64,
}

impl Collection {
    pub(super) fn of(
        graded: Vec<GradedPhotograph>,
        masks: Option<&Path>,
        painted: usize,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut healthy: Vec<GradedPhotograph> = graded
            .into_iter()
            .filter(|photograph| photograph.grade == Grade::NoDr)
            .filter(|photograph| photograph.split != Some(Split::Train))
            .collect();
        if painted > 0 && healthy.is_empty() {
            bail!(
                "there is no photograph of grade 0 outside the training split to paint lesions on: give a source that has some \
                 with --data, or --painted 0"
            );
        }
        healthy.sort_by(|one, other| one.file.cmp(&other.file));
        let outlined = match masks {
            Some(folder) => source::with_lesion_masks(folder)
                .with_context(|| format!("{}", folder.display()))?,
            None => Vec::new(),
        };
        if painted + outlined.len() == 0 {
            bail!("there is nothing to score on: give --data for painted lesions, or --masks");
        }
        Ok(Self {
            healthy,
            outlined,
            painted,
            seed,
        })
    }

    /// How many exhibits there will be at most.
    pub(super) fn len(&self) -> usize {
        self.painted + self.outlined.len()
    }

    /// The exhibit at a place, or nothing where it shows no lesion that the network could see; unreadable photographs are
    /// named.
    pub(super) fn exhibit(
        &self,
        index: usize,
        preparation: &Preparation,
        console: &mut Console,
    ) -> Option<Exhibit> {
        let (file, exhibit) = match index.checked_sub(self.painted) {
            None => {
                let photograph = &self.healthy[index % self.healthy.len()];
                (&photograph.file, self.paint(index, photograph, preparation))
            }
            Some(place) => {
                let listed = &self.outlined[place];
                (&listed.file, outlined(listed, preparation))
            }
        };
        match exhibit {
            Ok(exhibit) => exhibit,
            Err(reason) => {
                console.failure(file, &reason);
                None
            }
        }
    }

    /// Paints lesions on a photograph; one that is taken again gets others.
    fn paint(
        &self,
        index: usize,
        photograph: &GradedPhotograph,
        preparation: &Preparation,
    ) -> Result<Option<Exhibit>, String> {
        let prepared = photograph::prepare(&photograph.path, preparation)?;
        let mut draws = ChaCha8Rng::seed_from_u64(self.seed);
        draws.set_stream(index as u64);
        let landmarks = Landmarks::find(&prepared.cropped);
        let patient = patient_group(&photograph.source, &photograph.patient);
        let mut paintings = (0..PAINTINGS).filter_map(|_| {
            let painted = paint_lesions(&prepared.cropped, &PaintedShares::default(), &mut draws);
            let masks = PAINTED_KINDS.into_iter().map(kind_name).zip(&painted.masks);
            let kinds = visible(masks, preparation);
            (!kinds.is_empty()).then_some((painted.picture, kinds))
        });
        Ok(paintings.next().map(|(picture, kinds)| {
            let input = preparation.input(&picture);
            Exhibit::of(Known::Painted, patient, input, landmarks, &kinds)
        }))
    }
}

fn outlined(
    listed: &source::AnnotatedPhotograph,
    preparation: &Preparation,
) -> Result<Option<Exhibit>, String> {
    let read = annotated::read_one(listed, preparation.working_side())?;
    let masks = MASK_SUFFIXES.iter().zip(&read.masks);
    let masks = masks.filter_map(|(suffix, mask)| Some((suffix_name(suffix), mask.as_ref()?)));
    let kinds = visible(masks, preparation);
    if kinds.is_empty() {
        return Ok(None);
    }
    Ok(Some(Exhibit::of(
        Known::Outlined,
        listed.file.clone(),
        preparation.input(&read.cropped),
        Landmarks::find(&read.cropped),
        &kinds,
    )))
}

/// The kinds of lesions that the network could see, by name, where they are.
fn visible<'a>(
    masks: impl Iterator<Item = (&'static str, &'a GrayImage)>,
    preparation: &Preparation,
) -> Vec<(&'static str, Vec<bool>)> {
    let side = preparation.input_side as usize;
    masks
        .map(|(name, mask)| (name, reduced(mask, side)))
        .filter(|(_, lesion)| lesion.contains(&true))
        .collect()
}

fn kind_name(kind: LesionKind) -> &'static str {
    match kind {
        LesionKind::Microaneurysm => "microaneurysms",
        LesionKind::Haemorrhage => "haemorrhages",
        LesionKind::HardExudate => "hard exudates",
        LesionKind::CottonWoolSpot => "cotton-wool spots",
        LesionKind::NewVessels => "new vessels",
        LesionKind::PreretinalHaemorrhage => "preretinal haemorrhages",
    }
}

/// The kind of a mask by the end of its file's name.
fn suffix_name(suffix: &str) -> &'static str {
    match suffix {
        "_MA" => "microaneurysms",
        "_HE" => "haemorrhages",
        "_EX" => "hard exudates",
        "_SE" => "cotton-wool spots",
        _ => "new vessels",
    }
}

impl Exhibit {
    fn of(
        known: Known,
        patient: String,
        input: NetworkInput,
        landmarks: Landmarks,
        kinds: &[(&str, Vec<bool>)],
    ) -> Self {
        let side = input.side;
        let retina = retina(side);
        let all: Vec<bool> = (0..side * side)
            .map(|place| kinds.iter().any(|(_, lesion)| lesion[place]))
            .collect();
        let of_kind = |(name, lesion): &(&str, Vec<bool>)| {
            // Lesions of another kind are neither hit nor miss.
            let counts = |place: usize| retina[place] && (lesion[place] || !all[place]);
            let mask = LesionMask {
                side,
                lesion: lesion.clone(),
                retina: (0..side * side).map(counts).collect(),
            };
            ((*name).to_owned(), mask)
        };
        let by_kind: Vec<_> = kinds.iter().map(of_kind).collect();
        let whole = LesionMask {
            side,
            lesion: all,
            retina,
        };
        let masks = std::iter::once((ALL_LESIONS.to_owned(), whole)).chain(by_kind);
        Self {
            known,
            patient,
            input,
            landmarks,
            masks: masks.collect(),
        }
    }

    /// What tells it from every other: the picture that the network sees, and where its lesions are.
    pub(super) fn hash(&self) -> ContentHash {
        let mut bytes: Vec<u8> = (self.input.values.iter())
            .flat_map(|value| value.to_le_bytes())
            .collect();
        for (kind, mask) in &self.masks {
            bytes.extend(kind.as_bytes());
            bytes.extend(mask.lesion.iter().copied().map(u8::from));
        }
        ContentHash::of(&bytes)
    }

    /// The places that show retina.
    pub(super) fn retina(&self) -> &[bool] {
        &self.masks[0].1.retina
    }
}

/// The pixels of a square within the circle of the field of view.
fn retina(side: usize) -> Vec<bool> {
    let offset = |at: usize| (at as f64 + 0.5) / side as f64 * 2.0 - 1.0;
    let is_inside = |place: usize| offset(place % side).hypot(offset(place / side)) <= 0.98;
    (0..side * side).map(is_inside).collect()
}

/// A mask at the network's resolution: a pixel is lesion where one of the pixels that it was reduced from is.
fn reduced(mask: &GrayImage, side: usize) -> Vec<bool> {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let mut lesion = vec![false; side * side];
    for (x, y, value) in mask.enumerate_pixels() {
        if value[0] >= LESION {
            lesion[(y as usize * side / height) * side + x as usize * side / width] = true;
        }
    }
    lesion
}
