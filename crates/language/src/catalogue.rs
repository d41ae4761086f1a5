//! The texts of all languages, read once.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use unic_langid::LanguageIdentifier;

use crate::{Language, Value};

/// The files of a language, in the order in which a reader of them would want them.
macro_rules! files {
    ($($language:ident $tag:literal)+; $names:tt) => {
        fn files(language: Language) -> &'static [(&'static str, &'static str)] {
            match language { $(Language::$language => files!(@of $tag $names),)+ }
        }
    };
    (@of $tag:literal [$($name:literal)+]) => {
        &[$(($name, include_str!(concat!("../texts/", $tag, "/", $name, ".ftl"))),)+]
    };
}

files! {
    English "en" Spanish "es";
    [
        "accounts" "bundle" "certainty" "decision" "errors" "eyes" "frame" "kinds" "photograph" "places" "problem" "quality"
        "report" "screening" "statistics" "system" "viewer" "worklist"
    ]
}

/// The files whose texts stand in records and errors in English, and are said again in the reader's language.
pub(crate) const RETOLD: [&str; 3] = ["decision", "errors", "quality"];

/// One language's texts.
struct Texts {
    bundle: FluentBundle<FluentResource>,
    /// Those in which nothing varies.
    fixed: HashMap<String, String>,
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| Texts::read(Language::English));
static SPANISH: LazyLock<Texts> = LazyLock::new(|| Texts::read(Language::Spanish));

/// A text as it stands in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// By what it is asked for.
    pub key: String,
    /// The file that it stands in, without its ending.
    pub file: &'static str,
    /// The values that it needs.
    pub variables: BTreeSet<String>,
}

impl Language {
    /// A text in which nothing varies; in English where this language lacks it, and the key itself where that does, too.
    pub fn text(self, key: &'static str) -> &'static str {
        let find = |language: Self| language.texts().fixed.get(key);
        let found = find(self).or_else(|| find(Self::English));
        found.map_or(key, String::as_str)
    }

    /// A text with values in it, as [`crate::text_with!`] asks for it.
    pub fn text_with(self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        self.said(key, values)
            .or_else(|| Self::English.said(key, values))
            .unwrap_or_else(|| key.to_owned())
    }

    /// The texts of this language as they stand in its files, and what is wrong with these; for tests.
    pub fn catalogue(self) -> Result<Vec<Text>, String> {
        let mut texts = Vec::new();
        for &(file, source) in files(self) {
            let resource = FluentResource::try_new(source.to_owned());
            let resource = resource.map_err(|(_, errors)| format!("{self}/{file}: {errors:?}"))?;
            texts.extend(messages(&resource).map(|(key, pattern)| Text {
                key: key.to_owned(),
                file,
                variables: variables(pattern),
            }));
        }
        Ok(texts)
    }

    /// A text with values in it, and whether anything it refers to is lacking; for tests.
    pub fn is_complete(self, key: &str, values: &[(&str, Value<'_>)]) -> bool {
        let bundle = &self.texts().bundle;
        let pattern = bundle.get_message(key).and_then(|message| message.value());
        let mut errors = Vec::new();
        pattern.is_some_and(|pattern| {
            let arguments = arguments(values);
            bundle.format_pattern(pattern, Some(&arguments), &mut errors);
            errors.is_empty()
        })
    }

    fn said(self, key: &str, values: &[(&str, Value<'_>)]) -> Option<String> {
        let bundle = &self.texts().bundle;
        let pattern = bundle.get_message(key)?.value()?;
        let arguments = arguments(values);
        // What is lacking is printed as its name; that nothing is, is tested.
        let said = bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new());
        Some(said.into_owned())
    }

    fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }

    /// By which plurals are chosen.
    fn identifier(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }
}

impl Texts {
    fn read(language: Language) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
        // All languages are written from left to right; marks around values would be copied along.
        bundle.set_use_isolating(false);
        let mut keys = Vec::new();
        for resource in resources(language) {
            let fixed = messages(&resource).filter(|(_, pattern)| variables(pattern).is_empty());
            keys.extend(fixed.map(|(key, _)| key.to_owned()));
            // The tests see to it that no key stands there twice.
            let _ = bundle.add_resource(resource);
        }
        let fixed = keys.into_iter().filter_map(|key| {
            let pattern = bundle.get_message(&key)?.value()?;
            let text = bundle.format_pattern(pattern, None, &mut Vec::new());
            let text = text.into_owned();
            Some((key, text))
        });
        let fixed = fixed.collect();
        Self { bundle, fixed }
    }
}

/// What could be read of the files; the tests see to it that all could.
fn resources(language: Language) -> impl Iterator<Item = FluentResource> {
    let sources = files(language).iter();
    sources.map(|(_, source)| read(source))
}

fn read(source: &str) -> FluentResource {
    match FluentResource::try_new(source.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    }
}

/// The English texts that records and errors hold.
pub(crate) fn retold() -> impl Iterator<Item = FluentResource> {
    let sources = files(Language::English).iter();
    let is_retold = |(file, _): &&(&str, &str)| RETOLD.contains(file);
    sources.filter(is_retold).map(|(_, source)| read(source))
}

/// The messages of a file with their keys.
pub(crate) fn messages(resource: &FluentResource) -> impl Iterator<Item = (&str, &Pattern<&str>)> {
    resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some((message.id.name, message.value.as_ref()?)),
        _ => None,
    })
}

fn arguments<'a>(values: &[(&'a str, Value<'a>)]) -> FluentArgs<'a> {
    values.iter().cloned().collect()
}

/// The values that a text needs.
fn variables(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    gather(pattern, &mut found);
    found
}

fn gather(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else {
            continue;
        };
        match expression {
            Expression::Inline(inline) => found.extend(variable(inline)),
            Expression::Select { selector, variants } => {
                found.extend(variable(selector));
                for variant in variants {
                    gather(&variant.value, found);
                }
            }
        }
    }
}

fn variable(expression: &InlineExpression<&str>) -> Option<String> {
    match expression {
        InlineExpression::VariableReference { id } => Some(id.name.to_owned()),
        _ => None,
    }
}
