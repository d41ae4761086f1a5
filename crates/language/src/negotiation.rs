//! Which language a browser asks for.

use crate::Language;

impl Language {
    /// The language that a browser would rather have than the others, by its header `Accept-Language` (RFC 9110, 12.5.4);
    /// `None` where it asks for none of ours.
    pub fn asked_for(accept_language: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in accept_language.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
            let primary = tag.split('-').next().unwrap_or_default();
            let known = Self::of_tag(&primary.to_ascii_lowercase());
            let is_better = |best: &Option<(f32, Self)>| best.is_none_or(|(most, _)| weight > most);
            if let Some(language) = known.filter(|_| weight > 0.0 && is_better(&best)) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}
