//! Whose word stands where an eye is read by more than one.

use clinic::{Reading, ReadingState, Review, Verdict, reader_key};
use proptest::prelude::*;
use time::{Duration, OffsetDateTime};
use trust::Grade;

/// A grade, or ungradable.
type Opinion = Option<Grade>;

fn review(place: usize, reader: &str, opinion: Opinion) -> Review {
    let verdict = match opinion {
        Some(grade) => Verdict::Overrule {
            grade,
            reason: "seen".into(),
        },
        None => Verdict::Ungradable,
    };
    Review {
        id: format!("6f2c7a52-3c36-4a0a-9d8e-{place:012x}")
            .parse()
            .unwrap(),
        laterality: None,
        reader: Some(reader.to_owned()),
        verdict,
        system_grade: None,
        created: OffsetDateTime::UNIX_EPOCH + Duration::minutes(place as i64),
    }
}

fn reviews(words: &[(&str, Opinion)]) -> Vec<Review> {
    let each =
        |(place, (reader, opinion)): (usize, &(&str, Opinion))| review(place, reader, *opinion);
    words.iter().enumerate().map(each).collect()
}

/// How far the reading is, and the opinion that stands.
fn outcome(words: &[(&str, Opinion)]) -> (ReadingState, Option<Opinion>) {
    let reviews = reviews(words);
    let reading = Reading::of(&reviews);
    (reading.state, reading.standing.map(Review::grade))
}

const MILD: Opinion = Some(Grade::Mild);
const SEVERE: Opinion = Some(Grade::Severe);
const MODERATE: Opinion = Some(Grade::Moderate);

#[test]
fn a_third_reader_settles_what_two_differ_about() {
    use ReadingState::{Differ, NotRead, ReadOnce, Settled};
    for (words, expected) in [
        (&[][..], (NotRead, None)),
        (&[("A", MILD)], (ReadOnce, Some(MILD))),
        (&[("A", MILD), ("B", MILD)], (Settled, Some(MILD))),
        (&[("A", MILD), ("B", SEVERE)], (Differ, None)),
        (&[("A", MILD), ("B", None)], (Differ, None)),
        (&[("A", None), ("B", None)], (Settled, Some(None))),
        (
            &[("A", MILD), ("B", SEVERE), ("C", SEVERE)],
            (Settled, Some(SEVERE)),
        ),
        (
            &[("A", MILD), ("B", SEVERE), ("C", MODERATE)],
            (Settled, Some(MODERATE)),
        ),
        // Two who agree are not overruled by a third.
        (
            &[("A", MILD), ("B", MILD), ("C", SEVERE)],
            (Settled, Some(MILD)),
        ),
        // Who changes an opinion agrees, or differs, from then on.
        (
            &[("A", MILD), ("B", SEVERE), ("A", SEVERE)],
            (Settled, Some(SEVERE)),
        ),
        (&[("A", MILD), ("B", MILD), ("B", SEVERE)], (Differ, None)),
        // A reader alone never settles anything, whatever the spelling of the name.
        (
            &[("Dr. B", MILD), (" dr.  b ", SEVERE)],
            (ReadOnce, Some(SEVERE)),
        ),
        // Four of two opinions: the arbiters' newest word.
        (
            &[("A", MILD), ("B", SEVERE), ("C", MODERATE), ("D", None)],
            (Settled, Some(None)),
        ),
        (
            &[("A", MILD), ("B", SEVERE), ("C", MODERATE), ("A", None)],
            (Settled, Some(MODERATE)),
        ),
    ] {
        assert_eq!(outcome(words), expected, "{words:?}");
    }
}

#[test]
fn words_given_first_are_kept_beside_opinions() {
    let reviews = reviews(&[("A", MILD), ("B", SEVERE), ("A", SEVERE)]);
    let reading = Reading::of(&reviews);
    let first: Vec<Opinion> = reading
        .first_words
        .iter()
        .map(|word| word.grade())
        .collect();
    let now: Vec<Opinion> = reading.opinions.iter().map(|word| word.grade()).collect();
    assert_eq!((first, now), (vec![MILD, SEVERE], vec![SEVERE, SEVERE]));
    assert_eq!(reading.standing, Some(&reviews[2]));
}

#[test]
fn reviews_without_a_name_are_one_readers() {
    assert_eq!(reader_key(None), reader_key(Some("  ")));
    let mut unnamed = reviews(&[("", MILD), ("", SEVERE)]);
    for review in &mut unnamed {
        review.reader = None;
    }
    assert_eq!(Reading::of(&unnamed).state, ReadingState::ReadOnce);
}

fn opinion() -> impl Strategy<Value = Opinion> {
    (0_usize..6).prop_map(Grade::from_index)
}

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

proptest! {
    /// Where more than half hold one opinion, it stands in whatever order they came.
    #[test]
    fn a_majority_does_not_depend_on_the_order(
        opinions in proptest::collection::vec(opinion(), 1..5),
        order in Just((0..4).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let words: Vec<_> = NAMES.into_iter().zip(opinions).collect();
        let other: Vec<_> = order.iter().filter_map(|place| words.get(*place).copied()).collect();
        let held = |opinion: Opinion| words.iter().filter(|(_, held)| *held == opinion).count();
        if words.iter().any(|(_, opinion)| 2 * held(*opinion) > words.len()) {
            prop_assert_eq!(outcome(&words), outcome(&other));
        } else {
            // What stands without a majority is the word of a third reader, or nothing.
            prop_assert_eq!(outcome(&words).0, outcome(&other).0);
        }
    }

    /// What somebody said before counts for nothing once the same reader speaks again.
    #[test]
    fn an_earlier_opinion_is_forgotten(
        words in proptest::collection::vec((0_usize..4, opinion()), 1..8),
        spoken_again in any::<proptest::sample::Index>(),
        before in opinion(),
    ) {
        let words: Vec<(&str, Opinion)> = words.iter().map(|(name, opinion)| (NAMES[*name], *opinion)).collect();
        let place = spoken_again.index(words.len());
        let mut with_an_earlier_word = words.clone();
        with_an_earlier_word.insert(place, (words[place].0, before));
        prop_assert_eq!(outcome(&with_an_earlier_word), outcome(&words));
    }

    /// Nobody's word stands that he or she did not say last, and two who differ settle nothing.
    #[test]
    fn what_stands_was_said(words in proptest::collection::vec((0_usize..4, opinion()), 0..8)) {
        let words: Vec<(&str, Opinion)> = words.iter().map(|(name, opinion)| (NAMES[*name], *opinion)).collect();
        let reviews = reviews(&words);
        let reading = Reading::of(&reviews);
        let readers = reading.opinions.len();
        let opinions: Vec<Opinion> = reading.opinions.iter().map(|word| word.grade()).collect();
        match reading.standing {
            Some(review) => {
                prop_assert!(opinions.contains(&review.grade()));
                prop_assert_eq!(reading.state == ReadingState::ReadOnce, readers == 1);
            }
            None => prop_assert!(readers == 0 || (readers == 2 && opinions[0] != opinions[1])),
        }
    }
}
