//! Drawn retinas: reproducible, true to what they say about themselves, and free of panics at any size.

use fundus::Laterality;
use fundus::drawn::{Border, Camera, Circle, Drawing, DrawnRetina, LesionKind, LesionLoad};
use image::RgbImage;

fn small(seed: u64) -> DrawnRetina {
    DrawnRetina {
        seed,
        width: 420,
        height: 300,
        ..DrawnRetina::default()
    }
}

/// Mean of one channel over a disc.
fn mean(picture: &RgbImage, circle: Circle, channel: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (x, y, pixel) in picture.enumerate_pixels() {
        let (dx, dy) = (
            f64::from(x) + 0.5 - circle.center[0],
            f64::from(y) + 0.5 - circle.center[1],
        );
        if dx.hypot(dy) < circle.radius {
            sum += f64::from(pixel[channel]);
            count += 1.0;
        }
    }
    assert!(count > 0.0, "no pixel lies in {circle:?}");
    sum / count
}

fn scaled(circle: Circle, factor: f64) -> Circle {
    Circle {
        radius: circle.radius * factor,
        ..circle
    }
}

#[test]
fn the_seed_decides_the_picture() {
    let first = small(11).draw();
    let again = small(11).draw();
    let other = small(12).draw();
    assert_eq!(first.picture, again.picture);
    assert_eq!(first.lesions, again.lesions);
    assert_ne!(first.picture, other.picture);
    assert_ne!(first.optic_disc, other.optic_disc);
}

#[test]
fn the_disc_lies_on_the_nasal_side_and_is_brighter_than_the_fovea() {
    for seed in 0..6 {
        for (laterality, nasal) in [(Laterality::Left, -1.0), (Laterality::Right, 1.0)] {
            let Drawing {
                picture,
                optic_disc,
                fovea,
                field_of_view,
                ..
            } = DrawnRetina {
                laterality,
                ..small(seed)
            }
            .draw();
            let separation = (optic_disc.center[0] - fovea[0]) / field_of_view.radius;
            assert!(separation * nasal > 0.5, "{laterality:?} {separation}");

            let macula = Circle {
                center: fovea,
                radius: 0.05 * field_of_view.radius,
            };
            assert!(mean(&picture, optic_disc, 1) > 1.5 * mean(&picture, macula, 1));
        }
    }
}

#[test]
fn a_left_eye_is_the_mirror_image_of_a_right_one() {
    let left = DrawnRetina {
        laterality: Laterality::Left,
        ..small(5)
    }
    .draw();
    let right = small(5).draw();
    // The camera is not mirrored: only what lies in the eye is.
    let mirrored = 2.0 * right.field_of_view.center[0] - right.optic_disc.center[0];
    assert!((left.optic_disc.center[0] - mirrored).abs() < 0.01);
    assert_eq!(left.field_of_view, right.field_of_view);
}

#[test]
fn lesions_are_painted_where_the_truth_says() {
    let healthy = DrawnRetina {
        width: 1000,
        height: 720,
        ..small(3)
    };
    let ill = DrawnRetina {
        lesions: LesionLoad::SEVERE,
        ..healthy
    };
    let (before, after) = (healthy.draw(), ill.draw());
    assert!(before.lesions.is_empty());
    assert_eq!(before.optic_disc, after.optic_disc);
    let proliferative = DrawnRetina {
        lesions: LesionLoad::PROLIFERATIVE,
        ..healthy
    }
    .draw();

    for (drawing, kind, wanted, change_of_green) in [
        (
            &after,
            LesionKind::Microaneurysm,
            LesionLoad::SEVERE.microaneurysms,
            -8.0,
        ),
        (
            &after,
            LesionKind::Haemorrhage,
            LesionLoad::SEVERE.haemorrhages,
            -12.0,
        ),
        (
            &after,
            LesionKind::HardExudate,
            LesionLoad::SEVERE.hard_exudates,
            15.0,
        ),
        (
            &after,
            LesionKind::CottonWoolSpot,
            LesionLoad::SEVERE.cotton_wool_spots,
            15.0,
        ),
        (
            &proliferative,
            LesionKind::NewVessels,
            LesionLoad::PROLIFERATIVE.new_vessels,
            -3.0,
        ),
        (
            &proliferative,
            LesionKind::PreretinalHaemorrhage,
            LesionLoad::PROLIFERATIVE.preretinal_haemorrhages,
            -20.0,
        ),
    ] {
        let lesions: Vec<_> = drawing
            .lesions
            .iter()
            .filter(|lesion| lesion.kind == kind)
            .collect();
        assert_eq!(lesions.len(), wanted as usize, "{kind:?}");
        let changes = lesions.iter().map(|lesion| {
            let spot = Circle {
                center: lesion.center,
                radius: lesion.radius.max(1.0),
            };
            mean(&drawing.picture, scaled(spot, 0.8), 1)
                - mean(&before.picture, scaled(spot, 0.8), 1)
        });
        let mean_change = changes.sum::<f64>() / f64::from(wanted);
        assert!(
            mean_change / change_of_green > 1.0,
            "{kind:?} changes green by {mean_change}"
        );
    }
}

#[test]
fn lesions_lie_in_the_field_of_view_and_in_the_frame() {
    for camera in Camera::ALL {
        let retina = DrawnRetina {
            camera,
            lesions: LesionLoad::SEVERE,
            ..small(8)
        };
        let drawing = retina.draw();
        assert!(drawing.lesions.len() > 60, "{camera:?}");
        for lesion in &drawing.lesions {
            let [x, y] = lesion.center;
            let [dx, dy] = [
                x - drawing.field_of_view.center[0],
                y - drawing.field_of_view.center[1],
            ];
            assert!(dx.hypot(dy) + lesion.radius < drawing.field_of_view.radius);
            assert!(x - lesion.radius > 0.0 && x + lesion.radius < f64::from(retina.width));
            assert!(y - lesion.radius > 0.0 && y + lesion.radius < f64::from(retina.height));
        }
    }
}

#[test]
fn borders_have_their_colour() {
    for border in Border::ALL {
        let picture = DrawnRetina { border, ..small(1) }.draw().picture;
        let corner = Circle {
            center: [15.0, 15.0],
            radius: 12.0,
        };
        let color = [0, 1, 2].map(|channel| mean(&picture, corner, channel));
        let wanted = match border {
            Border::Black => [0.0, 0.0, 0.0],
            Border::NoisyBlack => [9.0, 8.0, 10.0],
            Border::White => [255.0, 255.0, 255.0],
            Border::Grey => [128.0, 128.0, 128.0],
            Border::Magenta => [255.0, 0.0, 255.0],
        };
        for channel in 0..3 {
            assert!(
                (color[channel] - wanted[channel]).abs() < 1.5,
                "{border:?} {color:?}"
            );
        }
    }
}

#[test]
fn names_are_read_back_and_others_refused() {
    for camera in Camera::ALL {
        assert_eq!(camera.name().parse(), Ok(camera));
    }
    for border in Border::ALL {
        assert_eq!(border.name().parse(), Ok(border));
    }
    let error = "periscope".parse::<Camera>().unwrap_err().to_string();
    assert!(
        error.contains("periscope") && error.contains("handheld"),
        "{error}"
    );
}

#[test]
fn any_size_is_drawn() {
    for (width, height) in [(0, 0), (1, 500), (32, 32), (33, 700), (900, 40)] {
        for camera in Camera::ALL {
            let retina = DrawnRetina {
                width,
                height,
                camera,
                lesions: LesionLoad::SEVERE,
                ..small(2)
            };
            let (drawn_width, drawn_height) = retina.draw().picture.dimensions();
            assert_eq!(drawn_width, width.max(DrawnRetina::MINIMUM_SIDE));
            assert_eq!(drawn_height, height.max(DrawnRetina::MINIMUM_SIDE));
        }
    }
}
