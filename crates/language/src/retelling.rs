//! Sentences that were said in English, said again in another language.
//!
//! Records keep the sentences with which a photograph was answered, and errors bear theirs. Both are recognised by the English
//! texts that they were made from, and what stood in the place of a variable is put into the other language's text.

use std::sync::LazyLock;

use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement};

use crate::{Language, Value, catalogue};

/// How deep a sentence may stand within another.
const DEEPEST: usize = 3;

/// The variable that somebody's own name of a file stands for, whatever it looks like.
const FILE: &str = "file";

/// A part of an English text.
enum Part {
    Words(String),
    Variable(String),
}

/// An English text that sentences are recognised by.
struct Template {
    key: String,
    parts: Vec<Part>,
}

/// Those with most words of their own first, since they say most surely what a sentence was made from.
static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let mut templates = Vec::new();
    for resource in catalogue::retold() {
        for (key, pattern) in catalogue::messages(&resource) {
            let key = key.to_owned();
            templates.extend(parts(pattern).map(|parts| Template { key, parts }));
        }
    }
    let words = |template: &Template| -> usize { template.parts.iter().map(Part::words).sum() };
    templates.sort_by_key(|template| std::cmp::Reverse(words(template)));
    templates
});

impl Part {
    fn words(&self) -> usize {
        match self {
            Self::Words(words) => words.len(),
            Self::Variable(_) => 0,
        }
    }
}

impl Language {
    /// What was said in English, in this language; as it was said where it is not known.
    pub fn retell(self, sentence: &str) -> String {
        match self {
            Self::English => sentence.to_owned(),
            _ => self.retold(sentence, DEEPEST),
        }
    }

    fn retold(self, sentence: &str, depth: usize) -> String {
        let known = TEMPLATES.iter().find_map(|template| {
            let mut values = Vec::new();
            matches(&template.parts, sentence, &mut values).then_some((template, values))
        });
        let Some((template, values)) = known else {
            return self.number_within(sentence);
        };
        let value = |(name, value): (&'static str, &str)| match depth {
            0 => (name, Value::from(value.to_owned())),
            _ if name == FILE => (name, Value::from(value.to_owned())),
            _ => (name, Value::from(self.retold(value, depth - 1))),
        };
        let values: Vec<(&str, Value<'_>)> = values.into_iter().map(value).collect();
        self.text_with(&template.key, &values)
    }

    /// A number as this language writes it, and everything else as it is.
    fn number_within(self, text: &str) -> String {
        let number = text.strip_suffix(" %").unwrap_or(text);
        match number.parse::<f64>() {
            Ok(_) => self.numeral(text),
            Err(_) => text.to_owned(),
        }
    }
}

/// The parts of a text; `None` for one that is said differently by its values, which nothing is recognised by.
fn parts(pattern: &Pattern<&str>) -> Option<Vec<Part>> {
    let part = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Some(Part::Words((*value).to_owned())),
        PatternElement::Placeable {
            expression: Expression::Inline(InlineExpression::VariableReference { id }),
        } => Some(Part::Variable(id.name.to_owned())),
        PatternElement::Placeable { .. } => None,
    };
    pattern.elements.iter().map(part).collect()
}

/// Whether a sentence was made from these parts; what stood for the variables is added to `values`.
fn matches<'a>(
    parts: &'static [Part],
    sentence: &'a str,
    values: &mut Vec<(&'static str, &'a str)>,
) -> bool {
    match parts {
        [] => sentence.is_empty(),
        [Part::Words(words), rest @ ..] => match sentence.strip_prefix(words.as_str()) {
            Some(after) => matches(rest, after, values),
            None => false,
        },
        [Part::Variable(name)] => {
            values.push((name, sentence));
            !sentence.is_empty()
        }
        [Part::Variable(name), rest @ ..] => {
            let known = values.len();
            let ends = sentence.char_indices().skip(1).map(|(end, _)| end);
            for end in ends {
                let (value, after) = sentence.split_at(end);
                values.push((name, value));
                if matches(rest, after, values) {
                    return true;
                }
                values.truncate(known);
            }
            false
        }
    }
}
