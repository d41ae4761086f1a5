//! Texts of which some words are marked: `Open <link>the worklist</link>.`
//!
//! A mark says only that words are special; what it looks like, and where a link leads, is said by whoever shows them.

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The name of its mark; `None` for plain words.
    pub mark: Option<&'a str>,
    /// The words.
    pub words: &'a str,
}

/// The pieces of a text, in their order; marks do not stand within one another. What looks like a mark and is not closed is
/// words like others.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, mark, words, after)) = first_mark(rest) {
        if !before.is_empty() {
            let words = before;
            pieces.push(Piece { mark: None, words });
        }
        let mark = Some(mark);
        pieces.push(Piece { mark, words });
        rest = after;
    }
    if !rest.is_empty() {
        let words = rest;
        pieces.push(Piece { mark: None, words });
    }
    pieces
}

/// A text without its marks.
pub fn unmarked(text: &str) -> String {
    pieces(text).into_iter().map(|piece| piece.words).collect()
}

/// What stands before the first mark, its name, the words in it, and what follows.
fn first_mark(text: &str) -> Option<(&str, &str, &str, &str)> {
    text.match_indices('<').find_map(|(place, _)| {
        let (name, inside) = text[place + 1..].split_once('>')?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
        let (words, after) = inside.split_once(&format!("</{name}>"))?;
        is_name.then_some((&text[..place], name, words, after))
    })
}
