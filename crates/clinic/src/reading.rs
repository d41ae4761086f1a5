//! Who has read an eye, whether they agree, and whose word stands.
//!
//! A programme may have an eye read by more than one reader. The rules, and no others, are these:
//!
//! 1. A reader is known by the name on the review, whatever its case and spaces; reviews without a name are one reader's.
//! 2. A reader has one opinion of an eye, the newest: who reads again replaces what he or she said before.
//! 3. Opinions are the same where they give the same grade, or where both call the eye ungradable.
//! 4. One reader's opinion stands until another reads the eye.
//! 5. Of several opinions that which more than half of the readers hold stands, whoever came first.
//! 6. Where two readers differ, nothing stands: a third has to read the eye.
//! 7. Where more than two have read it and no opinion has a majority, those who came third or later are arbiters, who
//!    knew that the others differ: the newest of their words stands.
//!
//! So the order of readings never matters where a majority agrees, and a difference is never settled by whoever spoke last
//! of the two that differ.

use language::Language;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::record::{Laterality, Screening};
use crate::review::Review;

/// How far the reading of an eye, or of all eyes of a screening, has come; what is furthest from an end first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    DeriveActiveEnum,
)]
#[serde(rename_all = "kebab-case")]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum ReadingState {
    /// Two readers differ, and no third has settled it.
    #[sea_orm(num_value = 0)]
    Differ,
    /// Nobody has read it.
    #[sea_orm(num_value = 1)]
    NotRead,
    /// One reader has read it.
    #[sea_orm(num_value = 2)]
    ReadOnce,
    /// Readers agree, or a third has settled it.
    #[sea_orm(num_value = 3)]
    Settled,
}

impl ReadingState {
    /// All states, in their order.
    pub const ALL: [Self; 4] = [Self::Differ, Self::NotRead, Self::ReadOnce, Self::Settled];

    /// The word of addresses and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Differ => "differ",
            Self::NotRead => "not-read",
            Self::ReadOnce => "read-once",
            Self::Settled => "settled",
        }
    }

    /// In words, as a page shows it.
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            Self::Differ => language.text("reading-differ"),
            Self::NotRead => language.text("reading-not-read"),
            Self::ReadOnce => language.text("reading-read-once"),
            Self::Settled => language.text("reading-settled"),
        }
    }
}

/// What the readers of one eye come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
    /// How far it has come.
    pub state: ReadingState,
    /// The newest review that holds the opinion that stands; `None` where nobody has read the eye or readers differ.
    pub standing: Option<&'a Review>,
    /// The opinion of each reader, in the order in which they first read the eye.
    pub opinions: Vec<&'a Review>,
    /// What each of them said first, in the same order: the words that were given without knowing the others'.
    pub first_words: Vec<&'a Review>,
}

impl<'a> Reading<'a> {
    /// Applies the rules to the reviews of one eye, oldest first.
    pub fn of(reviews: impl IntoIterator<Item = &'a Review>) -> Self {
        let mut readers: Vec<Reader<'a>> = Vec::new();
        for (place, review) in reviews.into_iter().enumerate() {
            let name = reader_key(review.reader.as_deref());
            match readers.iter_mut().find(|reader| reader.name == name) {
                Some(reader) => (reader.newest, reader.place) = (review, place),
                None => readers.push(Reader {
                    name,
                    first: review,
                    newest: review,
                    place,
                }),
            }
        }
        let (state, standing) = settle(&readers);
        Self {
            state,
            standing,
            opinions: readers.iter().map(|reader| reader.newest).collect(),
            first_words: readers.iter().map(|reader| reader.first).collect(),
        }
    }
}

/// One of those who read an eye.
struct Reader<'a> {
    name: String,
    first: &'a Review,
    newest: &'a Review,
    /// Place of the newest review among all of the eye.
    place: usize,
}

fn settle<'a>(readers: &[Reader<'a>]) -> (ReadingState, Option<&'a Review>) {
    let holders = |reader: &Reader<'_>| {
        let opinion = reader.newest.grade();
        readers
            .iter()
            .filter(move |other| other.newest.grade() == opinion)
    };
    let majority = (readers.iter())
        .find(|reader| 2 * holders(reader).count() > readers.len())
        .and_then(|reader| holders(reader).max_by_key(|holder| holder.place));
    let arbiter = || readers.iter().skip(2).max_by_key(|reader| reader.place);
    match (readers.len(), majority) {
        (0, _) => (ReadingState::NotRead, None),
        (1, only) => (ReadingState::ReadOnce, only.map(|reader| reader.newest)),
        (_, Some(holder)) => (ReadingState::Settled, Some(holder.newest)),
        (_, None) => match arbiter() {
            Some(arbiter) => (ReadingState::Settled, Some(arbiter.newest)),
            None => (ReadingState::Differ, None),
        },
    }
}

/// By what a reader is known: the name without regard to case and spaces.
pub fn reader_key(name: Option<&str>) -> String {
    let words: Vec<String> = (name.unwrap_or_default().split_whitespace())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

impl Screening {
    /// What the readers of one of its eyes come to.
    pub fn reading(&self, laterality: Option<Laterality>) -> Reading<'_> {
        let own = (self.reviews.iter()).filter(|review| review.laterality == laterality);
        Reading::of(own)
    }

    /// How far the reading of all its eyes has come: it is as far as the eye that is furthest behind.
    pub fn reading_state(&self) -> ReadingState {
        let states = (self.eyes().into_iter()).map(|eye| self.reading(eye.laterality).state);
        states.min().unwrap_or(ReadingState::NotRead)
    }
}
