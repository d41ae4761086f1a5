//! Pictures of something else have no field of view; they are refused, not cropped at random.

use fundus::FieldOfView;
use image::{Rgb, RgbImage, imageops};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn assert_refused(what: &str, picture: &RgbImage) {
    let found = FieldOfView::find(picture);
    assert!(found.is_err(), "{what}: {found:?}");
}

fn disc(picture: &mut RgbImage, centre: [f32; 2], radii: [f32; 2], colour: [u8; 3]) {
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let [dx, dy] = [
            (x as f32 - centre[0]) / radii[0],
            (y as f32 - centre[1]) / radii[1],
        ];
        if dx * dx + dy * dy <= 1.0 {
            pixel.0 = colour;
        }
    }
}

#[test]
fn uniform_pictures() {
    for value in [0, 12, 128, 255] {
        assert_refused(
            "a uniform picture",
            &RgbImage::from_pixel(300, 200, Rgb([value, value / 2, value / 3])),
        );
    }
}

#[test]
fn noise() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for coarseness in [1, 4, 16, 40] {
        let (width, height) = (480, 360);
        let small = RgbImage::from_fn(width / coarseness, height / coarseness, |_, _| {
            Rgb([rng.random(), rng.random(), rng.random()])
        });
        let noise = imageops::resize(&small, width, height, imageops::FilterType::CatmullRom);
        assert_refused("noise", &noise);
    }
}

#[test]
fn gradients() {
    let slope = RgbImage::from_fn(320, 240, |x, y| {
        Rgb([(x * 255 / 320) as u8, (y * 255 / 240) as u8, 90])
    });
    assert_refused("a gradient", &slope);
    let lit = RgbImage::from_fn(320, 320, |x, y| {
        let distance = (x as f32 - 160.0).hypot(y as f32 - 160.0);
        Rgb([200, 150, 100].map(|value| (value as f32 * (-distance / 150.0).exp()) as u8))
    });
    assert_refused("a lamp's glow", &lit);
}

#[test]
fn documents() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut page = RgbImage::from_pixel(420, 594, Rgb([250; 3]));
    for line in 0..28 {
        let mut x = 45;
        while x < 360 {
            let word = rng.random_range(8..40);
            let ink = RgbImage::from_pixel(word, 7, Rgb([30; 3]));
            imageops::replace(&mut page, &ink, i64::from(x), 50 + line * 18);
            x += word + 6;
        }
    }
    assert_refused("a page of text", &page);
    let mut on_table = RgbImage::from_pixel(700, 700, Rgb([60, 45, 30]));
    imageops::replace(&mut on_table, &page, 140, 53);
    assert_refused("a page on a table", &on_table);
}

#[test]
fn portraits() {
    for background in [[235, 235, 235], [40, 60, 90], [0, 0, 0]] {
        let mut portrait = RgbImage::from_pixel(360, 480, Rgb(background));
        disc(&mut portrait, [180.0, 520.0], [170.0, 180.0], [50, 60, 120]);
        disc(
            &mut portrait,
            [180.0, 200.0],
            [95.0, 130.0],
            [215, 165, 140],
        );
        disc(&mut portrait, [180.0, 110.0], [100.0, 60.0], [60, 40, 30]);
        disc(&mut portrait, [145.0, 190.0], [14.0, 8.0], [40, 30, 30]);
        disc(&mut portrait, [215.0, 190.0], [14.0, 8.0], [40, 30, 30]);
        assert_refused("a portrait", &portrait);
    }
}

#[test]
fn squares_and_slim_ellipses() {
    let mut square = RgbImage::new(400, 400);
    imageops::replace(
        &mut square,
        &RgbImage::from_pixel(260, 260, Rgb([180, 90, 50])),
        70,
        70,
    );
    assert_refused("a square on black", &square);
    let mut ellipse = RgbImage::new(400, 400);
    disc(&mut ellipse, [200.0, 200.0], [180.0, 90.0], [180, 90, 50]);
    assert_refused("a slim ellipse on black", &ellipse);
}

#[test]
fn the_smallest_and_slimmest_pictures() {
    for (width, height) in [(1, 1), (1, 500), (500, 1), (15, 15), (16, 16), (2000, 17)] {
        assert_refused(
            "a sliver",
            &RgbImage::from_pixel(width, height, Rgb([120, 80, 40])),
        );
    }
}
