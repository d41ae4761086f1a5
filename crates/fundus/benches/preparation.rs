//! From a 12-megapixel file to the network's input, step by step: `cargo bench -p fundus`.
//!
//! The photograph is drawn; `PHOTOGRAPH=file cargo bench -p fundus` takes another.

use criterion::{Criterion, criterion_group, criterion_main};
use fundus::drawn::{DrawnRetina, LesionLoad};
use fundus::{FieldOfView, Limits, Preparation, Quality, Reduction, decode};
use image::codecs::jpeg::JpegEncoder;

/// A drawn retina as a camera would write it.
fn drawn() -> Vec<u8> {
    let retina = DrawnRetina {
        seed: 7,
        width: 4288,
        height: 2848,
        lesions: LesionLoad::from_name("severe").expect("the name of a lesion load"),
        ..DrawnRetina::default()
    };
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 92);
    let picture = retina.draw().picture;
    picture
        .write_with_encoder(encoder)
        .expect("a picture of this size can be encoded");
    bytes
}

fn steps(criterion: &mut Criterion) {
    let bytes = match std::env::var_os("PHOTOGRAPH") {
        Some(path) => std::fs::read(path).expect("the photograph can be read"),
        None => drawn(),
    };
    let limits = Limits::default();
    let preparation = Preparation {
        input_side: 320,
        oversampling: 2,
        reduction: Reduction::Extreme,
        ..Preparation::default()
    };
    let photograph = decode(&bytes, &limits).expect("the photograph can be decoded");
    let field = FieldOfView::find(&photograph).expect("the photograph shows a field of view");
    let cropped = field.crop(&photograph, preparation.working_side());

    let mut group = criterion.benchmark_group("preparation");
    group.sample_size(10);
    group.bench_function("whole", |bencher| {
        bencher.iter(|| preparation.prepare(&bytes, &limits));
    });
    group.bench_function("decode", |bencher| {
        bencher.iter(|| decode(&bytes, &limits));
    });
    group.bench_function("find the field of view", |bencher| {
        bencher.iter(|| FieldOfView::find(&photograph));
    });
    group.bench_function("crop", |bencher| {
        bencher.iter(|| field.crop(&photograph, preparation.working_side()));
    });
    group.bench_function("quality", |bencher| {
        bencher.iter(|| Quality::measure(&cropped));
    });
    group.bench_function("input", |bencher| {
        bencher.iter(|| preparation.input(&cropped));
    });
    group.finish();
}

criterion_group!(preparation, steps);
criterion_main!(preparation);
