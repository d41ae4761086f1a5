//! What a reader sees of a map.

use attribution::render::{self, Palette, Rendering, Style};
use attribution::{Attribution, Completeness, Map, Method, Target};
use image::{Rgb, RgbImage};
use proptest::prelude::*;

const PALETTES: [Palette; 2] = [Palette::BlueRed, Palette::BlueYellow];

fn photograph(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 7 % 256) as u8, (y * 5 % 256) as u8, 40])
    })
}

fn map(height: usize, width: usize, value: impl Fn(usize, usize) -> f32) -> Map {
    let values = (0..height * width)
        .map(|place| value(place / width, place % width))
        .collect();
    Map {
        height,
        width,
        values,
    }
}

fn attribution(map: Map) -> Attribution {
    let empty = map.evidence() == attribution::Evidence::Empty;
    let (method, target) = (Method::GradCam, Target::Referable);
    Attribution {
        method,
        target,
        map,
        channels: None,
        completeness: None,
        agreement: None,
        empty,
    }
}

fn is_grey(Rgb([red, green, blue]): &Rgb<u8>) -> bool {
    red == green && green == blue
}

#[test]
fn positive_is_blue_and_negative_is_red() {
    let halves = map(8, 8, |_, x| if x < 4 { 1.0 } else { -1.0 });
    let picture = render::overlay(&photograph(64, 64), &halves, &Rendering::default());
    let (Rgb([red, _, blue]), Rgb([other_red, _, other_blue])) =
        (*picture.get_pixel(5, 32), *picture.get_pixel(60, 32));
    assert!(blue > red && other_red > other_blue);
}

#[test]
fn the_scale_is_symmetric() {
    // The same magnitude is equally strong on both sides, even where the other side has much larger values.
    let uneven = map(1, 100, |_, x| match x {
        0 => 0.5,
        1 => -0.5,
        _ if x >= 50 => -1.0,
        _ => 0.0,
    });
    for palette in PALETTES {
        let picture = render::map_only(
            &uneven,
            100,
            1,
            &Rendering {
                palette,
                ..Rendering::default()
            },
        );
        assert_eq!(picture.get_pixel(0, 0)[3], picture.get_pixel(1, 0)[3]);
        assert!(picture.get_pixel(99, 0)[3] > picture.get_pixel(1, 0)[3]);
        assert_eq!(picture.get_pixel(30, 0)[3], 0);
        assert_eq!(picture.get_pixel(0, 0).0[..3], palette.colour_for());
        assert_eq!(picture.get_pixel(1, 0).0[..3], palette.colour_against());
    }
}

#[test]
fn one_outlier_does_not_hide_the_rest() {
    let outlier = map(20, 20, |y, x| if (y, x) == (3, 3) { 1000.0 } else { 1.0 });
    assert_eq!(render::scale(&outlier, 0.99), Some(1.0));
    let lonely = map(20, 20, |y, x| if (y, x) == (3, 3) { -2.0 } else { 0.0 });
    assert_eq!(render::scale(&lonely, 0.99), Some(2.0));
}

#[test]
fn an_empty_map_stays_grey_and_the_legend_says_so() {
    let photograph = photograph(500, 500);
    for value in [0.0, f32::NAN, f32::INFINITY, 1e-12] {
        let empty = attribution(map(4, 4, |_, _| value));
        assert!(empty.empty);
        assert_eq!(render::scale(&empty.map, 0.99), None);
        assert!(
            render::overlay(&photograph, &empty.map, &Rendering::default())
                .pixels()
                .all(is_grey)
        );
        let only = render::map_only(&empty.map, 50, 50, &Rendering::default());
        assert!(only.pixels().all(|pixel| pixel[3] == 0));
        // No colour anywhere, not even a scale in the legend.
        assert!(
            render::figure(&photograph, &empty, &Rendering::default())
                .pixels()
                .all(is_grey)
        );
    }
}

#[test]
fn a_place_that_is_not_finite_stays_grey_beside_others_that_are() {
    let broken = map(2, 2, |y, x| if (y, x) == (0, 0) { f32::NAN } else { 1.0 });
    let picture = render::overlay(&photograph(2, 2), &broken, &Rendering::default());
    assert!(is_grey(picture.get_pixel(0, 0)) && !is_grey(picture.get_pixel(1, 1)));
}

#[test]
fn the_legend_tells_maps_apart() {
    let photograph = photograph(480, 480);
    let strip = |attribution: &Attribution| {
        let figure = render::figure(&photograph, attribution, &Rendering::default());
        assert_eq!(figure.width(), 480);
        let height = figure.height() - 480;
        image::imageops::crop_imm(&figure, 0, 480, 480, height).to_image()
    };
    let some = attribution(map(4, 4, |y, _| y as f32 - 1.0));
    let against = attribution(map(4, 4, |y, _| -1.0 - y as f32));
    let unknown = Completeness {
        relative_error: 0.2,
        steps: 200,
        reached: false,
    };
    let approximate = Attribution {
        completeness: Some(unknown),
        ..some.clone()
    };
    let strips = [
        strip(&some),
        strip(&against),
        strip(&approximate),
        strip(&attribution(map(4, 4, |_, _| 0.0))),
    ];
    for (index, one) in strips.iter().enumerate() {
        assert!(strips[..index].iter().all(|other| other != one));
        let dark = one
            .pixels()
            .filter(|pixel| pixel.0.iter().all(|&channel| channel < 100))
            .count();
        assert!(dark > 500, "words are written: {dark}");
    }
}

#[test]
fn small_pictures_get_a_legend_that_can_be_read() {
    let figure = render::figure(
        &photograph(96, 96),
        &attribution(map(3, 3, |_, x| x as f32)),
        &Rendering::default(),
    );
    assert!(figure.width() >= render::SMALLEST_FIGURE && figure.width().is_multiple_of(96));
}

#[test]
fn contours_run_where_evidence_is_a_quarter_a_half_and_three_quarters_of_the_greatest() {
    // One hill for and one, less high, against; round on top, so that the smoothing hardly lowers them.
    let hill = |y: usize, x: usize, middle: f32| {
        let distance = (y as f32 - 31.5).hypot(x as f32 - middle);
        (1.0 - (distance / 16.0).powi(2)).max(0.0)
    };
    let hills = map(64, 128, |y, x| hill(y, x, 31.5) - 0.4 * hill(y, x, 95.5));
    let photograph = photograph(1280, 640);
    let rendering = Rendering {
        style: Style::Contours,
        ..Rendering::default()
    };
    let picture = render::overlay(&photograph, &hills, &rendering);
    let only = render::map_only(&hills, 1280, 640, &rendering);
    let coloured = |x: u32| {
        let alpha = only.get_pixel(x, 320)[3];
        let changed = picture.get_pixel(x, 320) != photograph.get_pixel(x, 320);
        assert_eq!(alpha > 0, changed);
        changed
    };
    // Places of lines to the right of each summit, 160 pixels of the picture high and wide.
    let lines = |summit: u32| -> Vec<u32> {
        let places = summit..summit + 200;
        let starts = places.filter(|&x| coloured(x) && !coloured(x - 1));
        starts.map(|x| x - summit).collect()
    };
    let near = |found: &[u32], expected: &[u32]| {
        let is_near = |(one, other): (&u32, &u32)| one.abs_diff(*other) <= 8;
        found.len() == expected.len() && found.iter().zip(expected).all(is_near)
    };
    let found = lines(320);
    assert!(near(&found, &[80, 113, 139]), "{found:?}");
    let found = lines(960);
    assert!(near(&found, &[98]), "{found:?}");
    assert!(!coloured(320) && !coloured(640));
    let inked = |x: u32| only.get_pixel(x, 320).0;
    let [red, _, blue, _] = inked(320 + lines(320)[1]);
    assert!(blue > red);
    let [red, _, blue, _] = inked(960 + lines(960)[0]);
    assert!(red > blue);
}

#[test]
fn an_empty_map_and_one_of_nothing_finite_have_no_contours() {
    let rendering = Rendering {
        style: Style::Contours,
        ..Rendering::default()
    };
    for value in [0.0, f32::NAN] {
        let only = render::map_only(&map(9, 9, |_, _| value), 50, 50, &rendering);
        assert!(only.pixels().all(|pixel| pixel[3] == 0));
    }
}

fn any_value() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<f32>(),
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY),
        Just(0.0),
        -1.0_f32..1.0
    ]
}

#[test]
fn maps_that_share_a_scale_can_be_compared() {
    let weak = Map {
        height: 1,
        width: 1,
        values: vec![0.5],
    };
    let opacity = |full| {
        let rendering = Rendering {
            full,
            ..Rendering::default()
        };
        render::map_only(&weak, 1, 1, &rendering).get_pixel(0, 0)[3]
    };
    let own = opacity(None);
    assert_eq!(opacity(Some(0.5)), own);
    assert!(opacity(Some(1.0)).abs_diff(own / 2) <= 1);
    // What is no scale leaves the map its own.
    assert_eq!(opacity(Some(0.0)), own);
    assert_eq!(opacity(Some(f32::NAN)), own);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_panics(
        height in 0_usize..5, width in 0_usize..5, values in prop::collection::vec(any_value(), 0..25),
        picture_width in 0_u32..20, picture_height in 0_u32..20,
        percentile in any::<f64>(), full in prop::option::of(any::<f32>()), opacity in any::<f32>(), fill in any::<bool>(),
        style in prop::sample::select(vec![Style::Areas, Style::Contours]),
    ) {
        let mut values = values;
        if fill {
            values.resize(height * width, 1.0);
        }
        let map = Map { height, width, values };
        let rendering = Rendering { palette: Palette::BlueYellow, percentile, full, opacity, style };
        let photograph = photograph(picture_width, picture_height);
        let overlay = render::overlay(&photograph, &map, &rendering);
        prop_assert_eq!(overlay.dimensions(), photograph.dimensions());
        let only = render::map_only(&map, picture_width, picture_height, &rendering);
        prop_assert_eq!(only.dimensions(), photograph.dimensions());
        render::figure(&photograph, &attribution(map), &rendering);
    }
}
