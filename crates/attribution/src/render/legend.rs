//! The strip under an explanation that says what its colours mean.

use image::{Rgb, RgbImage};

use super::lettering::Lettering;
use super::{Rendering, Style, mix, opacity};
use crate::explain::Attribution;
use crate::map::Evidence;

const PAPER: Rgb<u8> = Rgb([255, 255, 255]);
const INK: [u8; 3] = [25, 25, 25];

/// Grey under the colour scale: about that of the background of a retina.
const GREY: Rgb<u8> = Rgb([110; 3]);

const DISCLAIMER: &str = "Research software, not a medical device";

/// Heights of the strip's parts, in pixels.
struct Layout {
    margin: f32,
    title: f32,
    text: f32,
    bar: f32,
}

impl Layout {
    fn of(width: u32) -> Self {
        let unit = width as f32 / 100.0;
        Self {
            margin: 2.0 * unit,
            title: 4.6 * unit,
            text: 3.6 * unit,
            bar: 3.0 * unit,
        }
    }

    fn height(&self) -> u32 {
        (3.0 * self.margin + self.title + self.bar + 3.0 * self.text).ceil() as u32
    }
}

/// The legend of an explanation, `width` pixels wide.
pub(super) fn draw(width: u32, attribution: &Attribution, rendering: &Rendering) -> RgbImage {
    let layout = Layout::of(width);
    let mut strip = RgbImage::from_pixel(width, layout.height(), PAPER);
    let room = width as f32 - 2.0 * layout.margin;

    let title = format!(
        "{}: what speaks for {}",
        attribution.method.words(),
        attribution.target.words()
    );
    let mut top = layout.margin;
    Lettering::new(layout.title).fitting(&title, room).write(
        &mut strip,
        [layout.margin, top],
        &title,
        INK,
    );
    top += layout.title + 0.5 * layout.margin;

    match (rendering.style, rendering.full(&attribution.map)) {
        (_, None) => {}
        (Style::Areas, Some(scale)) => {
            draw_bar(&mut strip, &layout, top, rendering);
            write_ends(&mut strip, &layout, top + layout.bar, scale, rendering);
        }
        (Style::Contours, Some(_)) => {
            let [colour_for, colour_against] = rendering.palette.words();
            let lines = format!(
                "Lines at 25, 50 and 75 % of the greatest evidence: {colour_for} for, {colour_against} against"
            );
            let lettering = Lettering::new(layout.text).fitting(&lines, room);
            lettering.write(&mut strip, [layout.margin, top], &lines, INK);
        }
    }
    top += layout.bar + layout.text + 0.5 * layout.margin;

    let remark = remark(attribution, rendering.style);
    Lettering::new(layout.text).fitting(&remark, room).write(
        &mut strip,
        [layout.margin, top],
        &remark,
        INK,
    );
    top += layout.text;
    Lettering::new(layout.text).fitting(DISCLAIMER, room).write(
        &mut strip,
        [layout.margin, top],
        DISCLAIMER,
        INK,
    );
    strip
}

/// What the reader must know beside the colours.
fn remark(attribution: &Attribution, style: Style) -> String {
    let incomplete = attribution
        .completeness
        .filter(|completeness| !completeness.reached);
    match (attribution.map.evidence(), incomplete) {
        (Evidence::Empty, _) => "The map is empty: no evidence found".to_owned(),
        (Evidence::OnlyAgainst, _) => "Nothing in the picture speaks for it".to_owned(),
        (Evidence::For, Some(completeness)) => {
            format!(
                "Approximate: {:.0} % of the answer is not accounted for",
                100.0 * completeness.relative_error
            )
        }
        (Evidence::For, None) => match style {
            Style::Areas => "Grey: no influence on the answer".to_owned(),
            Style::Contours => "Outside of lines: less than a quarter of the greatest".to_owned(),
        },
    }
}

/// The scale from full evidence against, over none, to full evidence for.
fn draw_bar(strip: &mut RgbImage, layout: &Layout, top: f32, rendering: &Rendering) {
    let (left, right) = (layout.margin as u32, strip.width() - layout.margin as u32);
    let rows = top as u32..(top + layout.bar) as u32;
    for x in left..right {
        let share = 2.0 * (x - left) as f32 / (right - left).max(2) as f32 - 1.0;
        let colour = mix(
            GREY,
            rendering.palette.colour(share),
            share.abs() * opacity(rendering),
        );
        for y in rows.clone() {
            strip.put_pixel(x, y, colour);
        }
    }
}

/// The ends and the middle of the scale in words and in the target's unit.
fn write_ends(strip: &mut RgbImage, layout: &Layout, top: f32, scale: f32, rendering: &Rendering) {
    let lettering = Lettering::new(layout.text);
    let [colour_for, colour_against] = rendering.palette.words();
    let magnitude = short(scale);
    let against = format!("−{magnitude} against ({colour_against})");
    let favour = format!("for ({colour_for}) +{magnitude}");
    let (width, margin) = (strip.width() as f32, layout.margin);
    lettering.write(strip, [margin, top], &against, INK);
    lettering.write(strip, [0.5 * (width - lettering.width("0")), top], "0", INK);
    lettering.write(
        strip,
        [width - margin - lettering.width(&favour), top],
        &favour,
        INK,
    );
}

/// Two significant digits, as a reader of a scale wants them.
fn short(value: f32) -> String {
    if (0.01..1000.0).contains(&value) {
        let decimals = (1 - value.log10().floor() as i32).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.1e}")
    }
}
