//! What the typesetter can see: the template, the words and pictures of one report, and the embedded fonts.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

const TEMPLATE: &str = include_str!("report.typ");
/// The name by which the template reads its words.
const WORDS: &str = "report.json";

macro_rules! font {
    ($name:literal) => {
        include_bytes!(concat!("../../assets/fonts/", $name)).as_slice()
    };
}

/// Noto Sans for the scripts in daily use, and Droid Sans Fallback for Chinese and Japanese. The order is that in
/// which a letter is looked for.
static FILES: [&[u8]; 24] = [
    font!("NotoSans-Regular.ttf"),
    font!("NotoSans-Bold.ttf"),
    font!("NotoSansArabic-Regular.ttf"),
    font!("NotoSansArmenian-Regular.ttf"),
    font!("NotoSansBengali-Regular.ttf"),
    font!("NotoSansDevanagari-Regular.ttf"),
    font!("NotoSansEthiopic-Regular.ttf"),
    font!("NotoSansGeorgian-Regular.ttf"),
    font!("NotoSansGujarati-Regular.ttf"),
    font!("NotoSansGurmukhi-Regular.ttf"),
    font!("NotoSansHebrew-Regular.ttf"),
    font!("NotoSansKannada-Regular.ttf"),
    font!("NotoSansKhmer-Regular.ttf"),
    font!("NotoSansLao-Regular.ttf"),
    font!("NotoSansMalayalam-Regular.ttf"),
    font!("NotoSansMyanmar-Regular.ttf"),
    font!("NotoSansOriya-Regular.ttf"),
    font!("NotoSansSinhala-Regular.ttf"),
    font!("NotoSansTamil-Regular.ttf"),
    font!("NotoSansTelugu-Regular.ttf"),
    font!("NotoSansThaana-Regular.ttf"),
    font!("NotoSansThai-Regular.ttf"),
    font!("NotoSansKR-Hangul.otf"),
    font!("DroidSansFallback.ttf"),
];

/// What is the same for every report.
struct Common {
    library: LazyHash<Library>,
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
    template: Source,
}

static COMMON: LazyLock<Common> = LazyLock::new(|| {
    let fonts: Vec<Font> = FILES
        .iter()
        .flat_map(|file| Font::iter(Bytes::new(*file)))
        .collect();
    Common {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        template: Source::new(id("report.typ"), TEMPLATE.to_owned()),
    }
});

/// Whether some font has a shape for a letter.
pub(super) fn has_glyph(letter: char) -> bool {
    let holds = |font: &Font| font.info().coverage.contains(u32::from(letter));
    COMMON.fonts.iter().any(holds)
}

/// The families of the fonts, in the order in which a letter is looked for.
pub(super) fn families() -> Vec<&'static str> {
    let mut families: Vec<&str> = COMMON
        .fonts
        .iter()
        .map(|font| font.info().family.as_str())
        .collect();
    families.dedup();
    families
}

/// The name by which the template finds the picture of one of the screening's photographs.
pub(super) fn picture_name(photograph: usize) -> String {
    format!("picture-{photograph}")
}

/// One report as the typesetter sees it.
pub(super) struct ReportWorld {
    words: (FileId, Bytes),
    pictures: Vec<(FileId, Bytes)>,
}

impl ReportWorld {
    pub(super) fn new(words: Vec<u8>, pictures: Vec<Option<Vec<u8>>>) -> Self {
        let picture = |(index, bytes): (usize, Option<Vec<u8>>)| {
            Some((id(&picture_name(index)), Bytes::new(bytes?)))
        };
        Self {
            words: (id(WORDS), Bytes::new(words)),
            pictures: pictures
                .into_iter()
                .enumerate()
                .filter_map(picture)
                .collect(),
        }
    }
}

/// The file of this name. Names are few and the same for every report, so that remembering them for ever costs nothing.
fn id(name: &str) -> FileId {
    // A name of letters, digits, dots and hyphens is a path.
    let path = VirtualPath::new(name).unwrap_or_else(|_| unreachable!("the names are ours"));
    RootedPath::new(VirtualRoot::Project, path).intern()
}

impl World for ReportWorld {
    fn library(&self) -> &LazyHash<Library> {
        &COMMON.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &COMMON.book
    }

    fn main(&self) -> FileId {
        COMMON.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        match id == COMMON.template.id() {
            true => Ok(COMMON.template.clone()),
            false => Err(FileError::AccessDenied),
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let mut files = std::iter::once(&self.words).chain(&self.pictures);
        let found = files.find(|(name, _)| *name == id);
        found
            .map(|(_, bytes)| bytes.clone())
            .ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        COMMON.fonts.get(index).cloned()
    }

    /// Reports say when they were made in their words.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
