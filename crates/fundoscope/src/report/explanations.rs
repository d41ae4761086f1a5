//! The section about explanations: whether they point at lesions, from a scorecard of the same model.

use std::path::Path;

use anyhow::{Context, bail};
use grader::BundleManifest;
use maud::{Markup, html};
use serde::Deserialize;

use super::{figure, joined, table};
use crate::explain::{ALL_LESIONS, Pivot, Row, chart, charted};

/// What `fundoscope explain --score` wrote.
#[derive(Deserialize)]
pub(crate) struct SavedScorecard {
    target: String,
    resamples: usize,
    members: Vec<String>,
    figures: Vec<Row>,
}

impl SavedScorecard {
    /// Reads the scorecard in a folder.
    ///
    /// # Errors
    /// There is none, or it is that of another model.
    pub(crate) fn read(folder: &Path, manifest: &BundleManifest) -> anyhow::Result<Self> {
        let path = folder.join("scorecard.json");
        let sentence = || {
            format!(
                "{} is no scorecard: name a folder that `fundoscope explain --score` wrote",
                path.display()
            )
        };
        let bytes = std::fs::read(&path).with_context(sentence)?;
        let saved: Self = serde_json::from_slice(&bytes).with_context(sentence)?;
        let members = manifest.members.iter();
        if !members.map(|member| &member.sha256).eq(&saved.members) {
            bail!(
                "the scorecard in {} is that of another model: make one of this with `fundoscope explain --score`",
                folder.display()
            );
        }
        Ok(saved)
    }

    /// Charts, and tables by how the lesions are known.
    pub(super) fn section(&self) -> anyhow::Result<Markup> {
        let mut sets: Vec<&str> = Vec::new();
        for row in &self.figures {
            if !sets.contains(&row.photographs.as_str()) {
                sets.push(&row.photographs);
            }
        }
        let mut parts = vec![html! {
            p {
                "On photographs whose lesions are known; what is explained is " (self.target) ". Means with 95 % intervals: \
                bootstrap over patients, " (self.resamples) " resamples. A map has to beat those that know nothing of the \
                network."
            }
        }];
        for set in sets {
            let charts = charted().filter_map(|name| chart(&self.figures, set, name));
            let charts = charts.map(|chart| figure(&chart, set));
            let charts = joined(charts.collect::<Result<_, _>>()?);
            parts.push(html! { h3 { (set) " lesions" } div.charts { (charts) } (self.table(set)) });
        }
        Ok(joined(parts))
    }

    /// A line for each map, a column for each figure of all lesions together.
    fn table(&self, set: &str) -> Markup {
        let rows = (self.figures.iter())
            .filter(|row| row.photographs == set && row.lesions == ALL_LESIONS);
        let pivot = Pivot::of(rows, |row| row.figure.clone());
        let columns = pivot.columns.iter().map(String::as_str);
        let headings: Vec<&str> = std::iter::once("map").chain(columns).collect();
        let body = html! {
            @for map in &pivot.maps {
                tr { th scope="row" { (map) } @for column in &pivot.columns { td { (pivot.words(map, column)) } } }
            }
        };
        table(&headings, body)
    }
}
