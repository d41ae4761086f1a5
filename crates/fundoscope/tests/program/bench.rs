//! What the tests work with: a bundle, drawn photographs, and the program.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use clinic::{Acceptance, FieldOfView, NewPhotograph, PhotographFacts, Quality, Store};
use fundus::drawn::{DrawnRetina, LesionLoad};
use fundus::{Normalization, Preparation};
use grader::weights::Storage;
use grader::{Bundle, BundleManifest, ResNet18};
use tempfile::TempDir;
use trust::{Calibration, DecisionPolicy, Measure};

/// Side of the bundle's network input.
pub const SIDE: usize = 64;
/// Members of the bundle.
pub const MEMBERS: usize = 2;

/// A folder of a test's own, removed after it.
pub fn folder() -> TempDir {
    TempDir::new().unwrap()
}

/// The folder of a bundle of two untrained members, written once.
pub fn bundle() -> &'static Path {
    static BUNDLE: OnceLock<PathBuf> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundle");
        let preparation = Preparation {
            input_side: SIDE as u32,
            oversampling: 2,
            normalization: Normalization {
                mean: [0.0; 3],
                std: [0.5; 3],
            },
            ..Preparation::default()
        };
        let policy = DecisionPolicy {
            refer_at: 0.5,
            rescreen_below: 0.3,
            unsure_measure: Measure::Entropy,
            unsure_above: 1.2,
            unfamiliar_above: None,
            minimum_quality: 0.2,
        };
        let mut manifest = BundleManifest::new(preparation, Calibration::Identity, policy);
        manifest.dropout = 0.3;
        manifest.licence = "research use only".to_owned();
        let device = grader::device("cpu").unwrap();
        let members = [1, 2].map(|seed| (ResNet18::initial(seed, &device), seed));
        let members: Vec<(&ResNet18, u64)> = members
            .iter()
            .map(|(network, seed)| (network, *seed))
            .collect();
        Bundle::write(&folder, manifest, &members, None, Storage::F16).unwrap();
        folder
    })
}

/// Draws a retina and writes it, as JPEG or PNG after the name; folders are made.
pub fn draw(path: &Path, seed: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lesions = match seed % 3 {
        0 => LesionLoad::NONE,
        1 => LesionLoad::MILD,
        _ => LesionLoad::SEVERE,
    };
    let retina = DrawnRetina {
        seed,
        width: 360,
        height: 300,
        lesions,
        ..DrawnRetina::default()
    };
    retina.draw().picture.save(path).unwrap();
}

/// A drawn retina as the bytes of a JPEG, healthy.
pub fn drawn(seed: u64) -> Vec<u8> {
    let retina = DrawnRetina {
        seed,
        width: 360,
        height: 300,
        ..DrawnRetina::default()
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = retina.draw().picture;
    picture
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

/// Makes `to` what `from` is, which may be nothing.
pub fn copy_folder(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    if !from.exists() {
        return;
    }
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// How the program ended and what it said.
pub struct Ended {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the status, and shows what was said where it is another.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(
            self.status, status,
            "standard output:\n{}\nstandard error:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// The only line on standard error that speaks of `input`.
    #[track_caller]
    pub fn sentence_about(&self, input: &str) -> &str {
        let lines: Vec<&str> = self
            .stderr
            .lines()
            .filter(|line| line.contains(input))
            .collect();
        assert_eq!(lines.len(), 1, "about {input}:\n{}", self.stderr);
        lines[0]
    }
}

/// The program in a working folder, untouched by the settings of whoever runs the tests.
pub fn command(working_folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fundoscope"));
    command.current_dir(working_folder);
    for name in [
        "BUNDLE",
        "DEVICE",
        "THREADS",
        "SEED",
        "LISTEN",
        "DATA_DIR",
        "DATABASE",
        "TLS_CERTIFICATE",
        "TLS_KEY",
        "BEHIND_PROXY",
        "LOG",
        "INSTRUCTIONS",
        "BUCKET",
        "EXPLANATIONS",
        "WITHOUT_WORKER",
    ] {
        command.env_remove(format!("FUNDOSCOPE_{name}"));
    }
    command
}

/// Runs the program with the test bundle.
pub fn run(working_folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = command(working_folder);
    command.arg("--bundle").arg(bundle()).args(arguments);
    Ended::of(command.output().unwrap())
}

/// Every file below a folder by its path from there, hidden ones too, sorted.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        let Ok(entries) = fs::read_dir(next) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => waiting.push(path),
                false => found.push(path.strip_prefix(folder).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}

/// The rows of a CSV file without its header.
pub fn rows(table: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(table)
        .unwrap()
        .records()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The number of lines in a file that may not be there.
pub fn lines(path: &Path) -> usize {
    fs::read(path).map_or(0, |bytes| {
        bytes.iter().filter(|byte| **byte == b'\n').count()
    })
}

/// Who may read, write and enter a file or folder, as in `chmod`.
#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}

/// A program that runs beside a test, and is ended with it, also where the test fails.
pub struct Running(Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }
    /// Starts a program of which nobody hears.
    pub fn silent(command: &mut Command) -> Self {
        Self::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
    }

    /// Kills a program when a journal that it writes has more lines; how it ended, which it may have by itself.
    pub fn kill_after(command: &mut Command, journal: &Path, than: usize) -> ExitStatus {
        let mut child = Self::silent(command);
        child.wait_for_more(journal, than);
        child.kill().unwrap();
        child.wait().unwrap()
    }

    /// Waits until a journal that it writes has more lines, or it has ended.
    fn wait_for_more(&mut self, journal: &Path, than: usize) {
        let since = Instant::now();
        while lines(journal) <= than && self.try_wait().unwrap().is_none() {
            assert!(since.elapsed() < Duration::from_secs(300), "{than} lines");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What may be known of a photograph of an eye that nobody named.
pub(crate) fn facts() -> PhotographFacts {
    PhotographFacts {
        width: 360,
        height: 300,
        media_type: "image/png".to_owned(),
        field_of_view: FieldOfView {
            center: [180.0, 150.0],
            radius: 140.0,
        },
        quality: Quality {
            gradable: true,
            score: 0.9,
            reasons: Vec::new(),
        },
        laterality: None,
        recorded_laterality: None,
        seen_laterality: None,
        laterality_checked: false,
    }
}

/// A photograph of these bytes, to be put on record.
pub(crate) fn accepted(
    store: &Store,
    file_name: &str,
    bytes: &[u8],
    facts: PhotographFacts,
) -> NewPhotograph {
    let staged = || store.stage_bytes(bytes).unwrap();
    NewPhotograph {
        file_name: file_name.to_owned(),
        submission: Ok(Acceptance {
            original: staged(),
            cropped: staged(),
            standardized: staged(),
            facts,
        }),
    }
}
