//! One member at the orders of a script that compares it with other programs: `benches/peers/compare.py`.
//!
//!     engine MEMBER.safetensors SIDE PICTURES.f32 [DEVICE]
//!
//! The device is `cpu`, or what else the example was built with. `PICTURES.f32` holds planar pictures `[picture][3][side][side]` as little-endian floats. Orders come line by line on
//! standard input, and each is answered with a line on standard output: `forward` and `gradient` with the milliseconds
//! that one run took, `write LOGITS.f32 GRADIENTS.f32` with `written`. The gradient is that of the first logit.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use grader::{Member, ReluRule, weights};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (member, side, pictures, device) = match arguments.as_slice() {
        [member, side, pictures] => (member, side, pictures, "cpu"),
        [member, side, pictures, device] => (member, side, pictures, device.as_str()),
        _ => bail!(
            "give a member's file, the side of the pictures, their file, and perhaps a device"
        ),
    };
    let side: usize = side.parse().context("the side is no number")?;
    let bytes = std::fs::read(member).with_context(|| format!("cannot read {member}"))?;
    let device = grader::device(device)?;
    let member = Member::new(
        &weights::decode(&bytes, Path::new(member), &device)?,
        &device,
    );
    let pictures: Vec<f32> = std::fs::read(pictures)
        .with_context(|| format!("cannot read {pictures}"))?
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect();

    println!("{}", member.computes_with());
    for order in std::io::stdin().lines() {
        let order = order?;
        let started = Instant::now();
        match order.split(' ').collect::<Vec<_>>().as_slice() {
            ["forward"] => {
                member.classify(&member.averages(&pictures, side, None));
                println!("{}", started.elapsed().as_secs_f64() * 1e3);
            }
            ["gradient"] => {
                gradient(&member, &pictures, side);
                println!("{}", started.elapsed().as_secs_f64() * 1e3);
            }
            ["write", logits, gradients] => {
                let answers = member.classify(&member.averages(&pictures, side, None));
                write(logits, answers.iter().flat_map(|logits| logits.0))?;
                write(gradients, gradient(&member, &pictures, side).into_iter())?;
                println!("written");
            }
            _ => bail!("`{order}` is no order: give forward, gradient or write"),
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn gradient(member: &Member, pictures: &[f32], side: usize) -> Vec<f32> {
    let trace = member.trace(pictures, side);
    let slopes = vec![[1.0, 0.0, 0.0, 0.0, 0.0]; trace.logits().len()];
    trace.picture_gradient(&slopes, ReluRule::Gradient)
}

fn write(path: &str, values: impl Iterator<Item = f32>) -> anyhow::Result<()> {
    let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
    std::fs::write(path, bytes).with_context(|| format!("cannot write {path}"))
}
