//! Drawn pictures of something else than a retina, to test and to train what tells the two apart.
//!
//! Pictures of the real world may not be shipped with a program whose licence they do not share, and a thousand that do
//! would not hold what deceives a gate: warm, round, on black, with lines like vessels. So they are drawn. About three
//! in four are seen through a round opening or are round themselves; a third has the colours of a retina whatever it
//! shows; some are crossed by lines like vessels, and some are grey.
//!
//! `scene.rs` is what all share, `framing.rs` how a scene becomes a picture, and the other files draw the categories.

mod astronomy;
mod balls;
mod clinic;
mod food;
mod framing;
mod materials;
mod microscopy;
mod paper;
mod people;
mod scene;
mod screens;
mod symbols;
mod veins;

use std::fmt;
use std::str::FromStr;

use image::RgbImage;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::UnknownName;
use framing::Framing;
use scene::Scene;

/// What a picture shows that is no retina.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// Marble, wood, leather, cloth, cracked earth, clouds.
    Texture,
    /// Pages of print and of handwriting, with headings and stamps.
    Document,
    /// Faces on a plain background, as in passports and profiles.
    Face,
    /// Moons with craters, banded and rusty planets, the sun with its spots.
    Planet,
    /// Oranges, tomatoes, apples and peaches, whole and cut, and dishes seen from above.
    Fruit,
    /// Balls, beads, buttons, coins and lamps.
    Ball,
    /// Pie, bar and line charts, heat maps, contour lines.
    Chart,
    /// Icons, logos, signs and flags.
    Symbol,
    /// Noise of any coarseness and colour, and smooth blends.
    Noise,
    /// Windows, buttons, lists and maps of a screen.
    Screenshot,
    /// An iris that fills the picture, coloured or in infrared.
    Iris,
    /// An eye from outside: lids, lashes, white and iris.
    OuterEye,
    /// An X-ray of the chest.
    ChestRadiograph,
    /// A sector of ultrasound, with or without colour.
    Ultrasound,
    /// Stained tissue under a microscope.
    Histology,
    /// A mole through a dermatoscope, with hairs.
    SkinLesion,
    /// Layers of a retina in cross-section, by optical coherence tomography.
    CoherenceTomogram,
    /// The inside of a bowel or an airway, or an eardrum, through an endoscope.
    Endoscopy,
    /// Leaves with their veins, bare branches, rivers from above.
    Leaf,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 19] = [
        Self::Texture,
        Self::Document,
        Self::Face,
        Self::Planet,
        Self::Fruit,
        Self::Ball,
        Self::Chart,
        Self::Symbol,
        Self::Noise,
        Self::Screenshot,
        Self::Iris,
        Self::OuterEye,
        Self::ChestRadiograph,
        Self::Ultrasound,
        Self::Histology,
        Self::SkinLesion,
        Self::CoherenceTomogram,
        Self::Endoscopy,
        Self::Leaf,
    ];

    /// The name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Texture => "texture",
            Self::Document => "document",
            Self::Face => "face",
            Self::Planet => "planet",
            Self::Fruit => "fruit",
            Self::Ball => "ball",
            Self::Chart => "chart",
            Self::Symbol => "symbol",
            Self::Noise => "noise",
            Self::Screenshot => "screenshot",
            Self::Iris => "iris",
            Self::OuterEye => "outer-eye",
            Self::ChestRadiograph => "chest-radiograph",
            Self::Ultrasound => "ultrasound",
            Self::Histology => "histology",
            Self::SkinLesion => "skin-lesion",
            Self::CoherenceTomogram => "coherence-tomogram",
            Self::Endoscopy => "endoscopy",
            Self::Leaf => "leaf",
        }
    }

    fn scene(self, rng: &mut ChaCha8Rng) -> Scene {
        match self {
            Self::Texture => materials::texture(rng),
            Self::Document => paper::document(rng),
            Self::Face => people::face(rng),
            Self::Planet => astronomy::planet(rng),
            Self::Fruit => food::fruit(rng),
            Self::Ball => balls::ball(rng),
            Self::Chart => paper::chart(rng),
            Self::Symbol => symbols::symbol(rng),
            Self::Noise => materials::noise(rng),
            Self::Screenshot => screens::screenshot(rng),
            Self::Iris => people::iris(rng),
            Self::OuterEye => people::outer_eye(rng),
            Self::ChestRadiograph => clinic::chest_radiograph(rng),
            Self::Ultrasound => clinic::ultrasound(rng),
            Self::Histology => microscopy::histology(rng),
            Self::SkinLesion => microscopy::skin_lesion(rng),
            Self::CoherenceTomogram => clinic::coherence_tomogram(rng),
            Self::Endoscopy => microscopy::endoscopy(rng),
            Self::Leaf => materials::leaf(rng),
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Category {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|of| of.name() == name);
        found.ok_or_else(|| UnknownName::new("category", name, &Self::ALL.map(Self::name)))
    }
}

/// Draws a picture of a category; equal arguments give equal pictures.
///
/// A width or height of zero counts as one pixel. Memory and time grow with the number of pixels; the caller chooses
/// the size.
pub fn draw(category: Category, seed: u64, width: u32, height: u32) -> RgbImage {
    // Far from each other, so that no two categories share a stream of random numbers.
    let stream = seed ^ (category as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut rng = ChaCha8Rng::seed_from_u64(stream);
    let scene = category.scene(&mut rng);
    let framing = Framing::random(&scene, &mut rng);
    framing.picture(&scene, width.max(1), height.max(1), &mut rng)
}
