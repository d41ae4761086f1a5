//! Writes a drawn retina, for demonstrations and for trying the program without a patient's photograph.
//!
//! ```text
//! cargo run -p fundus --example draw_retina -- --out retina.jpg --seed 7 --lesions severe
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use fundus::Laterality;
use fundus::drawn::{Border, Camera, DrawnRetina, LesionLoad};
use image::codecs::jpeg::JpegEncoder;

const USAGE: &str = "usage: draw_retina --out FILE.jpg|FILE.png [--seed N] [--width W] [--height H] \
                     [--camera full-circle|cut-off|square-crop|handheld] \
                     [--border black|noisy-black|white|grey|magenta] \
                     [--eye left|right] [--lesions none|mild|moderate|severe|proliferative]";

fn main() -> ExitCode {
    match draw(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("draw_retina: {error}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn draw(mut arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn std::error::Error>> {
    let mut retina = DrawnRetina {
        width: 1800,
        height: 1200,
        ..DrawnRetina::default()
    };
    let mut out = None;
    while let Some(option) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--out" => out = Some(PathBuf::from(value)),
            "--seed" => retina.seed = number(&option, &value)?,
            "--width" => retina.width = side(&option, &value)?,
            "--height" => retina.height = side(&option, &value)?,
            "--camera" => retina.camera = Camera::from_str(&value)?,
            "--border" => retina.border = Border::from_str(&value)?,
            "--eye" => retina.laterality = eye(&value)?,
            "--lesions" => {
                retina.lesions = LesionLoad::from_name(&value)
                    .ok_or_else(|| format!("unknown lesions `{value}`"))?;
            }
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let out = out.ok_or("--out is missing")?;
    let picture = retina.draw().picture;
    let is_jpeg = out
        .extension()
        .is_some_and(|extension| extension == "jpg" || extension == "jpeg");
    if is_jpeg {
        let mut bytes = Vec::new();
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 92))?;
        std::fs::write(&out, bytes)?;
    } else {
        picture.save(&out)?;
    }
    Ok(())
}

fn number<T: FromStr>(option: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{option} wants a number, not `{value}`"))
}

fn side(option: &str, value: &str) -> Result<u32, String> {
    let side = number(option, value)?;
    let allowed = DrawnRetina::MINIMUM_SIDE..=16_384;
    if allowed.contains(&side) {
        Ok(side)
    } else {
        Err(format!("{option} wants {allowed:?} pixels, not {side}"))
    }
}

fn eye(value: &str) -> Result<Laterality, String> {
    match value {
        "left" => Ok(Laterality::Left),
        "right" => Ok(Laterality::Right),
        _ => Err(format!("--eye is left or right, not `{value}`")),
    }
}
