//! The output folder: made if need be, tried before the work, every file written whole or not at all.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use serde::Serialize;
use trust::plot::{self, Chart};

/// High enough that vessels and microaneurysms keep their edges.
const JPEG_QUALITY: u8 = 95;

/// A folder that can be written to.
pub(crate) struct OutputFolder {
    path: PathBuf,
}

impl OutputFolder {
    /// Makes the folder and tries it, so that hours of work do not end in front of a closed door.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let sentence = || format!("cannot write to the output folder {}", path.display());
        fs::create_dir_all(path).with_context(sentence)?;
        let trial = path.join(format!(".trial.{}.part", std::process::id()));
        fs::File::create(&trial)
            .and_then(|_| fs::remove_file(&trial))
            .with_context(sentence)?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file whose name may begin with sub-folders. It is written beside its place and moved there: whoever
    /// looks finds the old file or the new one.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let target = self.path.join(name);
        write_whole(&target, bytes).with_context(|| format!("cannot write {}", target.display()))
    }

    /// Writes a picture as JPEG.
    pub(crate) fn write_jpeg(&self, name: &str, picture: &RgbImage) -> anyhow::Result<()> {
        let mut bytes = Cursor::new(Vec::new());
        JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
            .encode_image(picture)
            .with_context(|| format!("cannot encode {name}"))?;
        self.write(name, bytes.get_ref())
    }

    /// Writes a document as indented JSON.
    pub(crate) fn write_json(&self, name: &str, document: &impl Serialize) -> anyhow::Result<()> {
        let mut bytes =
            serde_json::to_vec_pretty(document).with_context(|| format!("cannot encode {name}"))?;
        bytes.push(b'\n');
        self.write(name, &bytes)
    }

    /// Writes a chart as SVG, and as PNG twice as large, for slides.
    pub(crate) fn write_chart(&self, name: &str, chart: &Chart) -> anyhow::Result<()> {
        self.write(&format!("{name}.svg"), chart.svg()?.as_bytes())?;
        let png = chart.png(2 * plot::WIDTH, 2 * plot::HEIGHT)?;
        self.write(&format!("{name}.png"), &png)
    }

    /// Writes rows as CSV after RFC 4180, with the fields' names as header.
    pub(crate) fn write_csv(&self, name: &str, rows: &[impl Serialize]) -> anyhow::Result<()> {
        let sentence = || format!("cannot encode {name}");
        let mut writer = csv_writer(true);
        for row in rows {
            writer.serialize(row).with_context(sentence)?;
        }
        let bytes = writer.into_inner().map_err(|error| error.into_error());
        self.write(name, &bytes.with_context(sentence)?)
    }
}

/// A writer of CSV after RFC 4180, whose lines end in CR LF.
pub(crate) fn csv_writer(has_headers: bool) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new()
        .has_headers(has_headers)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new())
}

/// Writes a file whole or not at all, and the folders that it lies in.
pub(crate) fn write_whole(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write_with(target, bytes, &mut fs::OpenOptions::new())
}

/// Writes a file about a patient: whole or not at all, and for this user alone.
pub(crate) fn write_private(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    write_with(target, bytes, &mut options)
}

fn write_with(target: &Path, bytes: &[u8], options: &mut fs::OpenOptions) -> std::io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let partial = folder.join(format!(".{name}.{}.part", std::process::id()));
    let written = options
        .write(true)
        .create(true)
        .truncate(true)
        .open(&partial)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&partial, target));
    if written.is_err() {
        // What cannot be removed either is hidden, and its name says that it is a part.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Makes a folder that this user alone can read, with the folders above it.
pub(crate) fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
