//! What the worklist shows, and the addresses of its parts.

use std::fmt;

use clinic::{Filter, Order, Page, SortKey};
use time::Date;

/// A part of the worklist with what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Worklist {
    /// What was filtered by; the patient's identifier stands on the page and in no address.
    pub filter: Filter,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// In which order.
    pub order: Order,
    /// Which part.
    pub page: Page,
    /// The opaque name of the search for a patient.
    pub search: Option<String>,
    /// Whether there is no screening at all.
    pub is_empty: bool,
    /// The lines.
    pub worklist: clinic::Worklist,
}

impl Worklist {
    /// The address of a part in this or another order.
    pub fn address(&self, order: Order, page: Page) -> WorklistAddress<'_> {
        WorklistAddress {
            filter: &self.filter,
            from: self.from,
            to: self.to,
            order,
            page,
            search: self.search.as_deref(),
        }
    }
}

/// The address of a part of the worklist. All that stands in it are names of ours, days and opaque names, so that nothing
/// has to be escaped.
#[derive(Clone, Copy, Debug)]
pub struct WorklistAddress<'a> {
    /// What is filtered by, without the patient.
    pub filter: &'a Filter,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// In which order.
    pub order: Order,
    /// Which part.
    pub page: Page,
    /// The opaque name of the search for a patient.
    pub search: Option<&'a str>,
}

impl fmt::Display for WorklistAddress<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Filter {
            state,
            decision,
            reading,
            grade,
            ..
        } = self.filter;
        let key = Some(self.order.key).filter(|key| *key != SortKey::Priority);
        let (after, before) = match self.page {
            Page::First => (None, None),
            Page::After(cursor) => (Some(cursor.to_string()), None),
            Page::Before(cursor) => (None, Some(cursor.to_string())),
        };
        let parts = [
            ("state", state.map(|state| state.name().to_owned())),
            (
                "decision",
                decision.map(|decision| decision.name().to_owned()),
            ),
            ("reading", reading.map(|reading| reading.name().to_owned())),
            ("grade", grade.map(|grade| grade.index().to_string())),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("search", self.search.map(str::to_owned)),
            ("sort", key.map(|key| key.name().to_owned())),
            (
                "order",
                self.order.descending.then(|| "descending".to_owned()),
            ),
            ("after", after),
            ("before", before),
        ];
        formatter.write_str("/worklist")?;
        let given = parts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        for (place, (name, value)) in given.enumerate() {
            let sign = if place == 0 { '?' } else { '&' };
            write!(formatter, "{sign}{name}={value}")?;
        }
        Ok(())
    }
}
