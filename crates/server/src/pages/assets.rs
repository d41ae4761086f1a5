//! The files beside the pages, kept in the program itself.

/// One embedded file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its media type, with the character set where it is text.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The file that is served as `/assets/{name}`, if there is one.
pub fn asset(name: &str) -> Option<Asset> {
    let (content_type, bytes): (&'static str, &'static [u8]) = match name {
        "style.css" => (
            "text/css; charset=utf-8",
            include_bytes!("../../assets/style.css"),
        ),
        "viewer.css" => (
            "text/css; charset=utf-8",
            include_bytes!("../../assets/viewer.css"),
        ),
        "worklist.css" => (
            "text/css; charset=utf-8",
            include_bytes!("../../assets/worklist.css"),
        ),
        "print.css" => (
            "text/css; charset=utf-8",
            include_bytes!("../../assets/print.css"),
        ),
        "home.js" => (SCRIPT, include_bytes!("../../assets/home.js")),
        "screening.js" => (SCRIPT, include_bytes!("../../assets/screening.js")),
        "viewer.js" => (SCRIPT, include_bytes!("../../assets/viewer.js")),
        "stages.js" => (SCRIPT, include_bytes!("../../assets/stages.js")),
        "outlines.js" => (SCRIPT, include_bytes!("../../assets/outlines.js")),
        "tone.js" => (SCRIPT, include_bytes!("../../assets/tone.js")),
        "ruler.js" => (SCRIPT, include_bytes!("../../assets/ruler.js")),
        "comparison.js" => (SCRIPT, include_bytes!("../../assets/comparison.js")),
        "keys.js" => (SCRIPT, include_bytes!("../../assets/keys.js")),
        "review.js" => (SCRIPT, include_bytes!("../../assets/review.js")),
        "progress.js" => (SCRIPT, include_bytes!("../../assets/progress.js")),
        "worklist.js" => (SCRIPT, include_bytes!("../../assets/worklist.js")),
        "dated.js" => (SCRIPT, include_bytes!("../../assets/dated.js")),
        "times.js" => (SCRIPT, include_bytes!("../../assets/times.js")),
        "icon.svg" => ("image/svg+xml", include_bytes!("../../assets/icon.svg")),
        _ => return None,
    };
    Some(Asset {
        content_type,
        bytes,
    })
}
