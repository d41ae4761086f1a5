//! Every format, pixel type and orientation is read alike; what cannot be read is told in one sentence of its own.

use fundus::{DecodeError, FundusError, Limits, Preparation, decode};

use super::{BLUE, GREEN, GREY, RED, assert_quarters, bytes, refusal};

#[test]
fn formats_and_pixel_types() {
    let names = [
        "rgb.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "ycck.jpg",
        "rgb.png",
        "palette.png",
        "rgb.tiff",
        "cmyk.tiff",
        "palette.tiff",
        "rgb.bmp",
        "palette.bmp",
        "lossless.webp",
        "lossy.webp",
        "rgb16.png",
        "rgb16.tiff",
    ];
    for name in names {
        assert_quarters(name, [RED, GREEN, BLUE, GREY]);
    }
}

#[test]
fn grey_pictures_become_grey_colours() {
    for name in ["grey.jpg", "grey.png", "grey.tiff", "grey16.png"] {
        assert_quarters(name, [88, 124, 69, 128].map(|value| [value; 3]));
    }
}

#[test]
fn transparent_parts_lie_over_black() {
    let half =
        |colour: [u8; 3]| colour.map(|value| (f32::from(value) * 128.0 / 255.0).round() as u8);
    for name in ["rgba.png", "rgba16.png", "rgba.webp"] {
        assert_quarters(name, [half(RED), GREEN, half(BLUE), GREY]);
    }
}

#[test]
fn pictures_are_upright_whatever_their_orientation() {
    for orientation in 1..=8 {
        assert_quarters(
            &format!("orientation{orientation}.jpg"),
            [RED, GREEN, BLUE, GREY],
        );
    }
    for extension in ["png", "webp", "tiff"] {
        assert_quarters(
            &format!("orientation6.{extension}"),
            [RED, GREEN, BLUE, GREY],
        );
    }
}

#[test]
fn an_empty_file() {
    assert!(matches!(refusal(&[]), DecodeError::Empty));
}

#[test]
fn text_is_no_picture_whatever_it_is_called() {
    assert!(matches!(
        refusal(b"dear colleague, please find enclosed"),
        DecodeError::UnknownFormat
    ));
    assert!(matches!(
        refusal(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        DecodeError::UnknownFormat
    ));
    assert!(matches!(
        refusal(b"GIF89a\x01\x00\x01\x00"),
        DecodeError::UnknownFormat
    ));
}

#[test]
fn too_many_bytes() {
    let limits = Limits {
        max_bytes: 100,
        ..Limits::default()
    };
    let refused = decode(&bytes("rgb.jpg"), &limits).expect_err("above the limit");
    assert!(matches!(
        refused,
        DecodeError::TooManyBytes { limit: 100, .. }
    ));
}

/// A cut-off JPEG decodes to a picture that is grey from there on; a lesion there would be missed in silence.
#[test]
fn truncated_files_are_refused_in_every_format() {
    for name in [
        "rgb.jpg",
        "progressive.jpg",
        "orientation6.jpg",
        "rgb.png",
        "rgb.tiff",
        "rgb.bmp",
        "lossless.webp",
    ] {
        let whole = bytes(name);
        for percent in [30, 60, 95] {
            let refused = refusal(&whole[..whole.len() * percent / 100]);
            let told = matches!(
                refused,
                DecodeError::Truncated { .. } | DecodeError::Damaged { .. }
            );
            assert!(told, "{name} cut at {percent} %: {refused}");
        }
    }
    let jpeg = bytes("rgb.jpg");
    assert!(matches!(
        refusal(&jpeg[..jpeg.len() - 2]),
        DecodeError::Truncated { format: "JPEG" }
    ));
}

#[test]
fn an_end_marker_inside_the_camera_s_data_does_not_hide_a_cut() {
    let whole = bytes("rgb.jpg");
    let thumbnail = [
        &[0xFF, 0xE1, 0x00, 0x08][..],
        &[0xFF, 0xDA, 0x00, 0x02, 0xFF, 0xD9],
    ]
    .concat();
    let with_thumbnail = [&whole[..2], &thumbnail, &whole[2..]].concat();
    assert!(decode(&with_thumbnail, &Limits::default()).is_ok());
    let cut = &with_thumbnail[..with_thumbnail.len() - 40];
    assert!(matches!(refusal(cut), DecodeError::Truncated { .. }));
}

#[test]
fn one_pixel_is_too_few() {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(1, 1)
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("writing to memory");
    assert!(matches!(
        refusal(png.get_ref()),
        DecodeError::TooSmall {
            width: 1,
            height: 1
        }
    ));
}

/// The header of a PNG that promises 60000 x 60000 pixels, with its checksum, and no picture: 10 GB if believed.
#[test]
fn a_huge_header_is_refused_before_anything_is_allocated() {
    let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    header.extend(60_000_u32.to_be_bytes().repeat(2));
    header.extend([8, 2, 0, 0, 0]);
    let checksum = crc32(&header[12..]);
    header.extend(checksum.to_be_bytes());
    header.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    let refused = refusal(&header);
    assert!(
        matches!(
            refused,
            DecodeError::TooLarge {
                width: 60_000,
                height: 60_000,
                ..
            }
        ),
        "{refused}"
    );
}

#[test]
fn too_many_pixels_are_refused_though_each_side_is_allowed() {
    let limits = Limits {
        max_pixels: 3000,
        ..Limits::default()
    };
    let refused = decode(&bytes("rgb.png"), &limits).expect_err("above the limit");
    assert!(matches!(
        refused,
        DecodeError::TooLarge {
            width: 64,
            height: 48,
            ..
        }
    ));
}

/// Each way to fail has a sentence of its own, without line breaks.
#[test]
fn sentences_differ() {
    let jpeg = bytes("rgb.jpg");
    let refusals = [
        refusal(&[]),
        refusal(b"text"),
        refusal(&jpeg[..jpeg.len() / 2]),
        DecodeError::TooSmall {
            width: 1,
            height: 1,
        },
    ];
    let sentences: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    for (index, sentence) in sentences.iter().enumerate() {
        assert!(
            !sentence.contains('\n') && !sentences[..index].contains(sentence),
            "{sentence}"
        );
    }
}

/// A picture of something else is told so, through the same call as every photograph.
#[test]
fn a_picture_of_something_else_has_no_field_of_view() {
    let refused = Preparation::default().prepare(&bytes("rgb.png"), &Limits::default());
    assert!(matches!(refused, Err(FundusError::NoFieldOfView(_))));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Whatever is changed in a file, decoding ends without a panic.
    #[test]
    fn damaged_files_never_panic(
        which in 0_usize..6,
        damage in proptest::collection::vec((0.0_f64..1.0, proptest::prelude::any::<u8>()), 1..12),
    ) {
        let names = ["rgb.jpg", "progressive.jpg", "palette.png", "rgb.tiff", "palette.bmp", "lossy.webp"];
        let mut file = bytes(names[which]);
        for (place, value) in damage {
            let index = (place * file.len() as f64) as usize;
            file[index] = value;
        }
        let limits = Limits { max_pixels: 4_000_000, ..Limits::default() };
        if let Err(refused) = decode(&file, &limits) {
            proptest::prop_assert!(!refused.to_string().is_empty());
        }
    }
}

/// The checksum of a PNG chunk (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let fold = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                0xEDB8_8320 ^ (sum >> 1)
            } else {
                sum >> 1
            }
        })
    };
    !bytes.iter().fold(u32::MAX, fold)
}
