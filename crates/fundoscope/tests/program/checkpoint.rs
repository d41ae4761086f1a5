//! A checkpoint of PyTorch as `torch.save` writes it: a ZIP file with a pickle, and the numbers of each tensor beside it.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use grader::weights::Tensors;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Writes `{"epoch": 3, "state_dict": {"module.NAME": tensor, ...}}`.
pub fn write(path: &Path, tensors: &Tensors) {
    let mut pickle = b"\x80\x02}(".to_vec();
    text(&mut pickle, "epoch");
    pickle.extend(b"K\x03");
    text(&mut pickle, "state_dict");
    pickle.extend(b"}(");
    for (index, (name, tensor)) in tensors.iter().enumerate() {
        text(&mut pickle, &format!("module.{name}"));
        rebuilt(&mut pickle, index, &tensor.shape);
    }
    pickle.extend(b"uu.");

    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut archive = ZipWriter::new(File::create(path).unwrap());
    let mut entry = |name: String, bytes: &[u8]| {
        archive
            .start_file(format!("archive/{name}"), options)
            .unwrap();
        archive.write_all(bytes).unwrap();
    };
    entry("data.pkl".to_owned(), &pickle);
    for (index, tensor) in tensors.values().enumerate() {
        let numbers = tensor.values.iter().flat_map(|value| value.to_le_bytes());
        entry(format!("data/{index}"), &numbers.collect::<Vec<u8>>());
    }
    entry("version".to_owned(), b"3\n");
    archive.finish().unwrap();
}

/// `torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`
fn rebuilt(pickle: &mut Vec<u8>, storage: usize, shape: &[usize]) {
    pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
    text(pickle, "storage");
    pickle.extend(b"ctorch\nFloatStorage\n");
    text(pickle, &storage.to_string());
    text(pickle, "cpu");
    integer(pickle, shape.iter().product());
    pickle.extend(b"tQK\x00");
    let strides = (1..=shape.len()).map(|axis| shape[axis..].iter().product());
    tuple(pickle, shape.iter().copied());
    tuple(pickle, strides);
    pickle.extend(b"\x89ccollections\nOrderedDict\n)RtR");
}

fn tuple(pickle: &mut Vec<u8>, numbers: impl Iterator<Item = usize>) {
    pickle.push(b'(');
    numbers.for_each(|number| integer(pickle, number));
    pickle.push(b't');
}

fn integer(pickle: &mut Vec<u8>, number: usize) {
    pickle.push(b'J');
    pickle.extend((number as i32).to_le_bytes());
}

fn text(pickle: &mut Vec<u8>, text: &str) {
    pickle.push(b'X');
    pickle.extend((text.len() as u32).to_le_bytes());
    pickle.extend(text.as_bytes());
}
