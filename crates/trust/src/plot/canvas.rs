//! Where charts are drawn: colours, the font, and shapes that scale with the picture.

use std::sync::OnceLock;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{HEIGHT, WIDTH};
use crate::TrustError;

/// Names the embedded font first and, for a browser that lacks it, what is like it.
const FONT: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";
/// The embedded font: a subset of DejaVu Sans as a TrueType file, with the letters of Western Europe and a few signs.
pub const FONT_FILE: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

pub(super) const INK: RGBColor = RGBColor(0x26, 0x2b, 0x33);
pub(super) const FAINT_INK: RGBColor = RGBColor(0x5b, 0x63, 0x70);
pub(super) const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);
pub(super) const PALE_BLUE: RGBColor = RGBColor(0xcf, 0xe3, 0xf1);
pub(super) const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);
pub(super) const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
pub(super) const VERMILION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
pub(super) const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);

pub(super) type DrawingError<Backend> =
    DrawingAreaErrorKind<<Backend as DrawingBackend>::ErrorType>;
pub(super) type DrawingResult<Backend> = Result<(), DrawingError<Backend>>;

/// A place in pixels of the picture that is written.
pub(super) type Pixel = (i32, i32);

/// Makes the embedded font known to the drawing library.
pub(super) fn register_embedded_font() -> Result<(), TrustError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered =
        REGISTERED.get_or_init(|| register_font(FONT, FontStyle::Normal, FONT_FILE).is_ok());
    if *registered {
        Ok(())
    } else {
        Err(TrustError::Drawing(
            "the embedded font is damaged".to_owned(),
        ))
    }
}

/// A line: colour, width and, for a dashed one, the lengths of dash and gap, in pixels of the drawing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub color: RGBColor,
    pub width: f64,
    pub dash: Option<(f64, f64)>,
}

impl Stroke {
    pub fn solid(color: RGBColor, width: f64) -> Self {
        Self {
            color,
            width,
            dash: None,
        }
    }

    pub fn dashed(color: RGBColor, width: f64, dash: f64, gap: f64) -> Self {
        Self {
            color,
            width,
            dash: Some((dash, gap)),
        }
    }
}

/// How a text is written: its height in pixels of the drawing, and which of its points is at the given place.
#[derive(Clone, Copy)]
pub(super) struct Lettering {
    pub height: f64,
    pub color: RGBColor,
    pub horizontal: HPos,
    pub vertical: VPos,
}

impl Lettering {
    /// Written to the right and downwards of the place.
    pub fn new(height: f64, color: RGBColor) -> Self {
        Self {
            height,
            color,
            horizontal: HPos::Left,
            vertical: VPos::Top,
        }
    }

    /// Written around the place.
    pub fn centered(height: f64, color: RGBColor) -> Self {
        Self {
            height,
            color,
            horizontal: HPos::Center,
            vertical: VPos::Center,
        }
    }
}

/// One axis: what it shows with its unit, from where to where, and how its numbers are written.
pub(super) struct Axis {
    pub label: &'static str,
    pub range: (f64, f64),
    pub format: fn(f64) -> String,
}

/// Distances, in pixels of the drawing, from its edges to the area between the axes.
pub(super) struct Margins {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

/// Two axes that turn numbers into places.
pub(super) type Axes<'a, Backend> =
    ChartContext<'a, Backend, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The picture. A drawing of [`WIDTH`] x [`HEIGHT`] pixels is scaled to fill it.
pub(super) struct Canvas<Backend: DrawingBackend> {
    area: DrawingArea<Backend, Shift>,
    size: (u32, u32),
}

impl<Backend: DrawingBackend> Canvas<Backend> {
    pub fn new(area: DrawingArea<Backend, Shift>, size: (u32, u32)) -> Self {
        Self { area, size }
    }

    pub fn clear(&self) -> DrawingResult<Backend> {
        self.area.fill(&WHITE)
    }

    pub fn present(&self) -> DrawingResult<Backend> {
        self.area.present()
    }

    /// The place in the picture of a place in the drawing.
    pub fn at(&self, (x, y): (i32, i32)) -> Pixel {
        let scaled = |pixels: i32, size: u32, of: u32| {
            (f64::from(pixels) * f64::from(size) / f64::from(of)).round() as i32
        };
        (
            scaled(x, self.size.0, WIDTH),
            scaled(y, self.size.1, HEIGHT),
        )
    }

    /// A length that has no direction, such as a stroke's width, in pixels of the picture.
    pub fn length(&self, pixels: f64) -> u32 {
        (pixels * self.scale()).round().max(1.0) as u32
    }

    fn scale(&self) -> f64 {
        f64::min(
            f64::from(self.size.0) / f64::from(WIDTH),
            f64::from(self.size.1) / f64::from(HEIGHT),
        )
    }

    pub fn text(&self, text: &str, lettering: Lettering, place: Pixel) -> DrawingResult<Backend> {
        let position = Pos::new(lettering.horizontal, lettering.vertical);
        let style = self
            .text_style(lettering.height, lettering.color)
            .pos(position);
        self.area.draw(&Text::new(text.to_owned(), place, style))
    }

    fn text_style(&self, height: f64, color: RGBColor) -> TextStyle<'static> {
        // The drawing library's font size is 1.24 times the em.
        (FONT, height * 1.24 * self.scale())
            .into_font()
            .color(&color)
    }

    pub fn path(&self, points: Vec<Pixel>, stroke: Stroke) -> DrawingResult<Backend> {
        let style = stroke.color.stroke_width(self.length(stroke.width));
        match stroke.dash {
            None => self.area.draw(&PathElement::new(points, style)),
            Some((dash, gap)) => {
                let (dash, gap) = (self.length(dash), self.length(gap));
                self.area
                    .draw(&DashedPathElement::new(points, dash, gap, style))
            }
        }
    }

    pub fn filled_rectangle(
        &self,
        corner: Pixel,
        opposite: Pixel,
        color: RGBColor,
    ) -> DrawingResult<Backend> {
        self.area
            .draw(&Rectangle::new([corner, opposite], color.filled()))
    }

    pub fn filled_polygon(&self, points: Vec<Pixel>, color: RGBColor) -> DrawingResult<Backend> {
        self.area.draw(&Polygon::new(points, color.filled()))
    }

    /// A polygon through which what lies below is seen; `opacity` in [0, 1].
    pub fn translucent_polygon(
        &self,
        points: Vec<Pixel>,
        color: RGBColor,
        opacity: f64,
    ) -> DrawingResult<Backend> {
        self.area
            .draw(&Polygon::new(points, color.mix(opacity).filled()))
    }

    /// A disc with a white rim, which sets it off from what lies below.
    pub fn dot(&self, center: Pixel, radius: f64, color: RGBColor) -> DrawingResult<Backend> {
        self.area.draw(&Circle::new(
            center,
            self.length(radius + 1.5),
            WHITE.filled(),
        ))?;
        self.area
            .draw(&Circle::new(center, self.length(radius), color.filled()))
    }

    /// Draws grid, axes, their numbers and labels.
    pub fn axes(
        &self,
        x: &Axis,
        y: &Axis,
        margins: &Margins,
    ) -> Result<Axes<'_, Backend>, DrawingError<Backend>> {
        let (x_labels, y_labels) = (self.length(42.0), self.length(46.0));
        let (left, top) = self.at((margins.left, margins.top));
        let (right, bottom) = self.at((margins.right, margins.bottom));
        let mut axes = ChartBuilder::on(&self.area)
            .margin_left(left - y_labels as i32)
            .margin_top(top)
            .margin_right(right)
            .margin_bottom(bottom - x_labels as i32)
            .x_label_area_size(x_labels)
            .y_label_area_size(y_labels)
            .build_cartesian_2d(x.range.0..x.range.1, y.range.0..y.range.1)?;
        let lettering = self.text_style(11.0, INK);
        axes.configure_mesh()
            .x_desc(x.label)
            .y_desc(y.label)
            .x_label_formatter(&|value| (x.format)(*value))
            .y_label_formatter(&|value| (y.format)(*value))
            .x_labels(6)
            .y_labels(6)
            .max_light_lines(0)
            .bold_line_style(GRID.stroke_width(self.length(1.0)))
            .axis_style(FAINT_INK.stroke_width(self.length(1.0)))
            .label_style(lettering.clone())
            .axis_desc_style(lettering)
            .set_all_tick_mark_size(self.length(4.0))
            .draw()?;
        Ok(axes)
    }
}

/// What the embedded font lacks becomes a question mark.
pub(super) fn printable(sign: char) -> char {
    match sign {
        ' '..='~' | '¡'..='¬' | '®'..='ÿ' => sign,
        _ => '?',
    }
}
