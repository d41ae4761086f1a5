//! Drawn retinas: made-up photographs of the back of the eye for tests, documentation and the demonstration.
//!
//! No photograph of a patient may be shipped, yet tests need pictures whose field of view, optic disc and lesions are
//! known exactly, and a demonstration needs something that looks like an eye. So a retina is drawn: what light meets in
//! the eye first (background, optic disc, macula, vessels, lesions), then what a [`Camera`] makes of it (frame, light,
//! colour, blur, noise, border). Everything follows from one seed.
//!
//! A drawn retina resembles a photograph; it is no substitute for one. Nothing about the accuracy of a model can be
//! learned from it.
//!
//! Inside, positions are in *retinal units*: the origin is the centre of the field of view, its radius is 1, x points
//! right and y down, and the eye is a right one; a left eye is its mirror image.

mod anatomy;
mod blood;
mod camera;
mod lesions;
pub(crate) mod noise;
pub mod other_pictures;
mod vessels;

use image::{GrayImage, RgbImage};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use camera::{Border, Camera, UnknownName};
pub use lesions::{Lesion, LesionKind, LesionLoad};

use crate::{FieldOfView, Laterality};
use anatomy::Anatomy;
use blood::BloodMap;
use vessels::VesselTree;

/// What to draw. Equal values give equal pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnRetina {
    /// Decides everything that is left to chance: the eye, its vessels, where lesions lie, the noise.
    pub seed: u64,
    /// Width of the picture, in pixels; less than [`DrawnRetina::MINIMUM_SIDE`] counts as that.
    pub width: u32,
    /// Height of the picture, in pixels; less than [`DrawnRetina::MINIMUM_SIDE`] counts as that.
    pub height: u32,
    /// The camera: how the field of view lies in the frame, and its light, colours, sharpness and noise.
    pub camera: Camera,
    /// What surrounds the field of view.
    pub border: Border,
    /// The eye: in a left eye the optic disc is left of the fovea, in a right eye right of it.
    pub laterality: Laterality,
    /// How many lesions of each kind are painted.
    pub lesions: LesionLoad,
}

impl Default for DrawnRetina {
    /// A healthy right eye in a black frame of 1200 x 1000 pixels.
    fn default() -> Self {
        Self {
            seed: 0,
            width: 1200,
            height: 1000,
            camera: Camera::FullCircle,
            border: Border::Black,
            laterality: Laterality::Right,
            lesions: LesionLoad::NONE,
        }
    }
}

/// A circle in the picture, in pixels; the centre of the top left pixel is (0.5, 0.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Centre: x to the right, y down.
    pub center: [f64; 2],
    /// Radius.
    pub radius: f64,
}

/// A drawn picture and the truth about it.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The picture, `width` x `height`.
    pub picture: RgbImage,
    /// The circle that the camera saw; it may reach beyond the frame.
    pub field_of_view: FieldOfView,
    /// The optic disc.
    pub optic_disc: Circle,
    /// Centre of the fovea, in pixels.
    pub fovea: [f64; 2],
    /// 255 where a vessel shows clearly, 0 elsewhere; as large as the picture.
    pub vessels: GrayImage,
    /// Every painted lesion, all inside the field of view and the frame.
    pub lesions: Vec<Lesion>,
}

impl DrawnRetina {
    /// The smallest width and height that are drawn, in pixels.
    pub const MINIMUM_SIDE: u32 = 32;

    /// Draws the picture.
    ///
    /// Memory and time grow with the number of pixels; the caller chooses the size.
    pub fn draw(&self) -> Drawing {
        let width = self.width.max(Self::MINIMUM_SIDE);
        let height = self.height.max(Self::MINIMUM_SIDE);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);

        let optics = self.camera.optics(&mut rng);
        let view = View::new(optics.field_of_view(width, height), self.laterality);
        let anatomy = Anatomy::random(&mut rng);
        let vessels = VesselTree::grow(&anatomy, &mut rng);
        let visible = |at: [f32; 2], margin: f32| view.sees(at, margin, width, height);
        let lesions = lesions::place(&self.lesions, &anatomy, &vessels, &visible, &mut rng);

        let mut blood = BloodMap::new(width, height);
        vessels.paint(&mut blood, &view);
        let vessel_mask = blood.mask();
        for lesion in &lesions {
            lesion.paint_blood(&mut blood, &view);
        }
        let mut retina = anatomy.paint(&blood, &view);
        for lesion in &lesions {
            lesion.paint_pale(&mut retina, &view);
        }
        let picture = optics.photograph(retina, &view, self.border, &mut rng);

        Drawing {
            picture,
            field_of_view: view.field_of_view(),
            optic_disc: view.circle(anatomy.disc.center, anatomy.disc.radius),
            fovea: view.to_pixels(anatomy.fovea).map(f64::from),
            vessels: vessel_mask,
            lesions: lesions
                .iter()
                .map(|lesion| lesion.seen_through(&view))
                .collect(),
        }
    }
}

/// Where retinal units lie in the picture.
#[derive(Clone, Copy, Debug)]
struct View {
    center: [f32; 2],
    radius: f32,
    /// -1 mirrors a right eye into a left one.
    mirror: f32,
}

impl View {
    fn new(field_of_view: FieldOfView, laterality: Laterality) -> Self {
        let mirror = match laterality {
            Laterality::Left => -1.0,
            Laterality::Right => 1.0,
        };
        Self {
            center: field_of_view.center.map(|value| value as f32),
            radius: field_of_view.radius as f32,
            mirror,
        }
    }

    fn field_of_view(&self) -> FieldOfView {
        FieldOfView {
            center: self.center.map(f64::from),
            radius: f64::from(self.radius),
        }
    }

    fn to_pixels(self, at: [f32; 2]) -> [f32; 2] {
        [
            self.center[0] + self.mirror * self.radius * at[0],
            self.center[1] + self.radius * at[1],
        ]
    }

    /// The retinal position of a pixel's centre.
    fn to_retina(self, column: u32, row: u32) -> [f32; 2] {
        let x = (column as f32 + 0.5 - self.center[0]) / self.radius;
        let y = (row as f32 + 0.5 - self.center[1]) / self.radius;
        [self.mirror * x, y]
    }

    fn circle(self, center: [f32; 2], radius: f32) -> Circle {
        Circle {
            center: self.to_pixels(center).map(f64::from),
            radius: f64::from(radius * self.radius),
        }
    }

    /// Whether a spot with this margin around it (retinal units) lies in the field of view and in the frame.
    fn sees(self, at: [f32; 2], margin: f32, width: u32, height: u32) -> bool {
        let [x, y] = self.to_pixels(at);
        let margin_pixels = margin * self.radius;
        let in_frame = x >= margin_pixels
            && y >= margin_pixels
            && x <= width as f32 - margin_pixels
            && y <= height as f32 - margin_pixels;
        in_frame && length(at) + margin < 1.0
    }

    /// The columns and rows that a disc at `at` with `radius` (retinal units) can touch.
    fn touched(
        self,
        at: [f32; 2],
        radius: f32,
        width: u32,
        height: u32,
    ) -> [std::ops::Range<u32>; 2] {
        let center = self.to_pixels(at);
        let reach = radius * self.radius + 1.5;
        let range = |middle: f32, end: u32| {
            let first = (middle - reach).floor().clamp(0.0, end as f32) as u32;
            let last = (middle + reach).ceil().clamp(0.0, end as f32) as u32;
            first..last
        };
        [range(center[0], width), range(center[1], height)]
    }
}

fn length([x, y]: [f32; 2]) -> f32 {
    x.hypot(y)
}

fn minus(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    length(minus(a, b))
}

/// 0 below `low`, 1 above `high`, smooth between.
fn smooth_step(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
