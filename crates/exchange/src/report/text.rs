//! Texts that people typed, so that all of them can be printed.
//!
//! A letter that no font holds would be left out of the document or forbid it to be PDF/A, and two identifiers could look the
//! same. So could they by marks that turn the direction of writing. Both are printed as their number, `[U+1F600]`.

use serde_json::Value;

use super::world::has_glyph;

/// A document whose texts can all be printed.
pub(super) fn all_printable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(printable(&text)),
        Value::Array(values) => values.into_iter().map(all_printable).collect(),
        Value::Object(fields) => {
            let printable = |(name, value)| (name, all_printable(value));
            Value::Object(fields.into_iter().map(printable).collect())
        }
        other => other,
    }
}

/// Ends of lines stay; everything else that has no shape of its own, or none in our fonts, becomes its number.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\n' || (has_glyph(letter) && !is_deceptive(letter)) {
            printable.push(letter);
        } else {
            printable.push_str(&format!("[U+{:04X}]", u32::from(letter)));
        }
    }
    printable
}

/// What controls a device, turns the direction of writing, or is a space or nothing to look at. Joiners are not among them:
/// Persian and the scripts of India need them.
fn is_deceptive(letter: char) -> bool {
    let is_joiner = matches!(letter, '\u{200C}' | '\u{200D}');
    let is_invisible = matches!(letter,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}');
    !is_joiner && (letter.is_control() || is_invisible)
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_cannot_be_seen_is_printed_as_its_number() {
        assert_eq!(printable("Zoë-17 Ω ж"), "Zoë-17 Ω ж");
        assert_eq!(printable("a\u{202E}b"), "a[U+202E]b");
        assert_eq!(printable("a\u{0}b\tc"), "a[U+0000]b[U+0009]c");
        assert_eq!(printable("😀"), "[U+1F600]");
        assert_eq!(printable("漢字 かな 한글"), "漢字 かな 한글");
        assert_eq!(printable("שלום مرحبا"), "שלום مرحبا");
        assert_eq!(printable("two\nlines"), "two\nlines");
    }
}
