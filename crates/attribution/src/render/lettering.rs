//! Words in a picture, in the font that the charts use.

use ab_glyph::{Font, FontRef, Glyph, ScaleFont, point};
use image::{Rgb, RgbImage};

/// A font at a height in pixels.
pub(crate) struct Lettering {
    font: FontRef<'static>,
    height: f32,
}

impl Lettering {
    /// The embedded font at `height` pixels from ascender to descender.
    pub(crate) fn new(height: f32) -> Self {
        let font = FontRef::try_from_slice(trust::plot::FONT_FILE)
            .expect("the embedded font is a whole TrueType file");
        Self { font, height }
    }

    /// The same font, as much smaller as the text needs to fit into `width` pixels.
    pub(crate) fn fitting(self, text: &str, width: f32) -> Self {
        let needed = self.width(text);
        let height = if needed > width {
            self.height * width / needed
        } else {
            self.height
        };
        Self { height, ..self }
    }

    /// Width of the text in pixels.
    pub(crate) fn width(&self, text: &str) -> f32 {
        self.glyphs(text).1
    }

    /// Writes the text with its upper left corner at `[x, y]`; what lies beyond the picture is left out.
    pub(crate) fn write(&self, picture: &mut RgbImage, [x, y]: [f32; 2], text: &str, ink: [u8; 3]) {
        let ascent = self.font.as_scaled(self.height).ascent();
        for mut glyph in self.glyphs(text).0 {
            glyph.position += point(x, y + ascent);
            let Some(outline) = self.font.outline_glyph(glyph) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, coverage| {
                let (column, row) = (
                    corner.x as i64 + i64::from(dx),
                    corner.y as i64 + i64::from(dy),
                );
                let (Ok(column), Ok(row)) = (u32::try_from(column), u32::try_from(row)) else {
                    return;
                };
                if let Some(pixel) = picture.get_pixel_mut_checked(column, row) {
                    *pixel = blend(*pixel, ink, coverage.clamp(0.0, 1.0));
                }
            });
        }
    }

    /// The glyphs along a line that begins at the origin, and where it ends.
    fn glyphs(&self, text: &str) -> (Vec<Glyph>, f32) {
        let scaled = self.font.as_scaled(self.height);
        let mut at = 0.0;
        let mut glyphs = Vec::with_capacity(text.len());
        for character in text.chars() {
            let id = scaled.glyph_id(character);
            glyphs.push(id.with_scale_and_position(self.height, point(at, 0.0)));
            at += scaled.h_advance(id);
        }
        (glyphs, at)
    }
}

fn blend(Rgb(paper): Rgb<u8>, ink: [u8; 3], coverage: f32) -> Rgb<u8> {
    let channel = |index: usize| {
        let mixed = f32::from(paper[index]) * (1.0 - coverage) + f32::from(ink[index]) * coverage;
        mixed.round() as u8
    };
    Rgb([channel(0), channel(1), channel(2)])
}
