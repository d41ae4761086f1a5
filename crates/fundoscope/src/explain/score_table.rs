//! The scorecard: figures by method with intervals, differences to maps that know nothing, as files and as text.

use std::collections::BTreeMap;

use attribution::Target;
use attribution::scorecard::{Localization, Prior};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trust::DISCLAIMER;
use trust::bootstrap::{Interval, patient_bootstrap};
use trust::plot::{Chart, ExplanationLine, explanation_chart};

use super::exhibits::{ALL_LESIONS, Known};
use super::judge::{CASCADE, Found, Maker};
use crate::figures;
use crate::output::OutputFolder;

/// What every map of one photograph is worth.
pub(super) struct Score {
    pub(super) known: Known,
    pub(super) patient: String,
    pub(super) found: Vec<(Maker, Found)>,
}

/// One figure of one map on one set of photographs.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    /// How their lesions are known.
    pub(crate) photographs: String,
    pub(crate) lesions: String,
    pub(crate) count: usize,
    pub(crate) map: String,
    pub(crate) figure: String,
    pub(crate) value: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

pub(super) struct Scorecard {
    /// Hashes of the members' weights: what was scored.
    members: Vec<String>,
    target: Target,
    resamples: usize,
    rows: Vec<Row>,
    /// A map's figure less that of one that knows nothing, paired by photograph.
    differences: Vec<Row>,
}

/// A figure of where a map points, by name.
type PlaceFigure = (&'static str, fn(&Localization) -> f64);

/// The figures of where a map points.
const LOCALIZATION: [PlaceFigure; 5] = [
    ("pointing game", |found| found.pointing_game),
    ("mass accuracy", |found| found.mass_accuracy),
    ("rank accuracy", |found| found.rank_accuracy),
    ("top intersection", |found| found.top_intersection),
    ("area under the curve", |found| found.area_under_curve),
];

/// So many of them, from the first on, a method has to have more of than a map that knows nothing.
const DECISIVE: usize = 2;

/// A figure of a photograph, where it has one.
type Figure = Box<dyn Fn(&Found) -> Option<f64> + Sync>;

impl Scorecard {
    pub(super) fn of(
        scores: &[Score],
        members: Vec<String>,
        target: Target,
        seed: u64,
        resamples: usize,
    ) -> Self {
        let mut card = Self {
            members,
            target,
            resamples,
            rows: Vec::new(),
            differences: Vec::new(),
        };
        for known in Known::ALL {
            let of_set: Vec<&Score> = scores.iter().filter(|score| score.known == known).collect();
            if !of_set.is_empty() {
                card.add(known, &of_set, seed);
            }
        }
        card
    }

    fn add(&mut self, known: Known, scores: &[&Score], seed: u64) {
        let makers: Vec<Maker> = scores[0].found.iter().map(|(maker, _)| *maker).collect();
        for kind in kinds(scores) {
            let shown: Vec<&Score> = scores
                .iter()
                .copied()
                .filter(|score| score.shows(&kind))
                .collect();
            for (place, (name, value)) in LOCALIZATION.into_iter().enumerate() {
                let figure = |found: &Found| Some(value(found.of_kind(&kind)?));
                self.add_figure(known, &kind, &shown, &makers, name, &figure, seed);
                if kind == ALL_LESIONS && place < DECISIVE {
                    self.add_differences(known, &shown, &makers, name, &figure, seed);
                }
            }
        }
        for (name, figure) in tests() {
            let tested: Vec<&Score> = scores
                .iter()
                .copied()
                .filter(|score| score.found.iter().any(|(_, found)| figure(found).is_some()))
                .collect();
            self.add_figure(known, ALL_LESIONS, &tested, &makers, &name, &figure, seed);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all of them name one figure")]
    fn add_figure(
        &mut self,
        known: Known,
        kind: &str,
        scores: &[&Score],
        makers: &[Maker],
        name: &str,
        figure: &(dyn Fn(&Found) -> Option<f64> + Sync),
        seed: u64,
    ) {
        for (place, maker) in makers.iter().enumerate() {
            let values = |index: usize| figure(&scores[index].found[place].1);
            if let Some(interval) = self.mean(scores, &values, seed) {
                self.rows
                    .push(row(known, kind, scores.len(), maker.name(), name, interval));
            }
        }
    }

    fn add_differences(
        &mut self,
        known: Known,
        scores: &[&Score],
        makers: &[Maker],
        name: &str,
        figure: &(dyn Fn(&Found) -> Option<f64> + Sync),
        seed: u64,
    ) {
        let priors = (0..makers.len()).filter(|&place| matches!(makers[place], Maker::Prior(_)));
        for prior in priors {
            for (place, maker) in makers.iter().enumerate() {
                if matches!(maker, Maker::Prior(_)) {
                    continue;
                }
                let values = |index: usize| {
                    let found = &scores[index].found;
                    Some(figure(&found[place].1)? - figure(&found[prior].1)?)
                };
                if let Some(interval) = self.mean(scores, &values, seed) {
                    let name = format!("{name} less {}", makers[prior].name());
                    self.differences.push(row(
                        known,
                        ALL_LESIONS,
                        scores.len(),
                        maker.name(),
                        &name,
                        interval,
                    ));
                }
            }
        }
    }

    /// The mean over photographs, resampled by patient.
    fn mean(
        &self,
        scores: &[&Score],
        value: &(dyn Fn(usize) -> Option<f64> + Sync),
        seed: u64,
    ) -> Option<Interval> {
        let patients: Vec<&str> = scores.iter().map(|score| score.patient.as_str()).collect();
        let figures = |indices: &[usize]| {
            let values: Vec<f64> = indices.iter().filter_map(|&index| value(index)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            vec![(!values.is_empty()).then_some(mean)]
        };
        patient_bootstrap(&patients, seed, self.resamples, figures)[0]
    }

    pub(super) fn write(&self, out: &OutputFolder) -> anyhow::Result<()> {
        for known in Known::ALL {
            for figure in charted() {
                if let Some(chart) = chart(&self.rows, known.name(), figure) {
                    let name = format!("{}_{}", known.name(), figure.replace(' ', "_"));
                    out.write(&format!("{name}.svg"), chart.svg()?.as_bytes())?;
                    out.write(&format!("{name}.png"), &chart.png(1200, 760)?)?;
                }
            }
        }
        out.write_csv("scorecard.csv", &self.rows)?;
        out.write_csv("scorecard_differences.csv", &self.differences)?;
        out.write_json("scorecard.json", &self.document())
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "disclaimer": DISCLAIMER,
            "members": self.members,
            "target": self.target.to_string(),
            "resamples": self.resamples,
            "figures": self.rows,
            "differences": self.differences,
        })
    }

    /// Tables by set of photographs: where maps point, what they are worth to the network, how they fare by kind of lesion,
    /// and what they have more than maps that know nothing.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for known in Known::ALL {
            let of_set = |lesions: &'static str| {
                let rows = self.rows.iter();
                rows.filter(move |row| row.photographs == known.name() && row.lesions == lesions)
            };
            let places = of_set(ALL_LESIONS).filter(|row| is_localization(&row.figure));
            text += &table(&format!("{}, {ALL_LESIONS}", known.name()), places);
            let tests = of_set(ALL_LESIONS).filter(|row| !is_localization(&row.figure));
            text += &table(&format!("{}, faithfulness", known.name()), tests);
            let by_kind = self.rows.iter().filter(|row| {
                row.photographs == known.name()
                    && row.lesions != ALL_LESIONS
                    && row.figure == LOCALIZATION[1].0
            });
            text += &kinds_table(&format!("{}, mass accuracy by kind", known.name()), by_kind);
            let differences = self.differences.iter();
            let differences = differences.filter(|row| row.photographs == known.name());
            text += &table(&format!("{}, differences", known.name()), differences);
        }
        text + &format!(
            "\nexplained: {}; 95 % intervals: bootstrap over patients, {} resamples",
            self.target.words(),
            self.resamples
        )
    }
}

impl Row {
    fn interval(&self) -> Interval {
        Interval {
            value: self.value,
            lower: self.lower,
            upper: self.upper,
            skipped_resamples: 0,
        }
    }
}

/// The chart of a figure of all lesions; nothing where it was not measured.
pub(crate) fn chart(rows: &[Row], known: &str, figure: &'static str) -> Option<Chart> {
    let of_figure = rows.iter().filter(|row| {
        row.photographs == known && row.lesions == ALL_LESIONS && row.figure == figure
    });
    let lines: Vec<ExplanationLine> = of_figure
        .map(|row| ExplanationLine {
            name: row.map.clone(),
            figure: row.interval(),
            is_prior: Prior::ALL.iter().any(|prior| prior.name() == row.map),
        })
        .collect();
    (!lines.is_empty()).then(|| explanation_chart(figure, &lines))
}

/// The figures that [`chart`] is drawn of.
pub(crate) fn charted() -> impl Iterator<Item = &'static str> {
    LOCALIZATION
        .iter()
        .take(DECISIVE)
        .map(|(figure, _)| *figure)
}

fn is_localization(figure: &str) -> bool {
    LOCALIZATION.iter().any(|(name, _)| *name == figure)
}

fn row(known: Known, kind: &str, count: usize, map: &str, figure: &str, interval: Interval) -> Row {
    Row {
        photographs: known.name().to_owned(),
        lesions: kind.to_owned(),
        count,
        map: map.to_owned(),
        figure: figure.to_owned(),
        value: interval.value,
        lower: interval.lower,
        upper: interval.upper,
    }
}

/// The kinds of lesions that are there, all of them together first.
fn kinds(scores: &[&Score]) -> Vec<String> {
    let mut kinds = vec![ALL_LESIONS.to_owned()];
    for score in scores {
        for (_, found) in &score.found {
            for (kind, _) in &found.localization {
                if !kinds.contains(kind) {
                    kinds.push(kind.clone());
                }
            }
        }
    }
    kinds
}

/// The figures that are measured on the first photographs only.
fn tests() -> Vec<(String, Figure)> {
    let mut tests: Vec<(String, Figure)> = vec![
        (
            "insertion".to_owned(),
            Box::new(|found| Some(found.faithfulness?.faithfulness.insertion)),
        ),
        (
            "deletion".to_owned(),
            Box::new(|found| Some(found.faithfulness?.faithfulness.deletion)),
        ),
        (
            "ROAD".to_owned(),
            Box::new(|found| Some(found.faithfulness?.faithfulness.road)),
        ),
        (
            "infidelity".to_owned(),
            Box::new(|found| Some(found.faithfulness?.infidelity)),
        ),
        (
            "sensitivity".to_owned(),
            Box::new(|found| found.faithfulness?.sensitivity),
        ),
    ];
    for (step, name) in CASCADE.into_iter().enumerate() {
        let figure: Figure = Box::new(move |found| found.randomized.get(step).copied());
        tests.push((format!("random to {name}"), figure));
    }
    tests.push((
        "shuffled grades".to_owned(),
        Box::new(|found| found.shuffled),
    ));
    tests.push(("seconds".to_owned(), Box::new(|found| Some(found.seconds))));
    tests
}

impl Score {
    fn shows(&self, kind: &str) -> bool {
        self.found
            .iter()
            .any(|(_, found)| found.of_kind(kind).is_some())
    }
}

impl Found {
    fn of_kind(&self, kind: &str) -> Option<&Localization> {
        let mut kinds = self.localization.iter();
        kinds.find(|(name, _)| name == kind).map(|(_, found)| found)
    }
}

/// A line for each map, a column for each figure.
fn table<'a>(title: &str, rows: impl Iterator<Item = &'a Row>) -> String {
    by_column(title, rows, |row| row.figure.clone())
}

/// A line for each map, a column for each kind of lesion.
fn kinds_table<'a>(title: &str, rows: impl Iterator<Item = &'a Row>) -> String {
    by_column(title, rows, |row| {
        format!("{} ({})", row.lesions, row.count)
    })
}

/// Rows as a table: a line for each map and a column for each name that `column` gives, both in the order of the rows.
pub(crate) struct Pivot<'a> {
    pub(crate) columns: Vec<String>,
    pub(crate) maps: Vec<&'a str>,
    cells: BTreeMap<(&'a str, String), Interval>,
}

impl<'a> Pivot<'a> {
    pub(crate) fn of(rows: impl Iterator<Item = &'a Row>, column: impl Fn(&Row) -> String) -> Self {
        let (mut columns, mut maps): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
        let mut cells = BTreeMap::new();
        for row in rows {
            let name = column(row);
            if !columns.contains(&name) {
                columns.push(name.clone());
            }
            if !maps.contains(&row.map.as_str()) {
                maps.push(&row.map);
            }
            cells.insert((row.map.as_str(), name), row.interval());
        }
        Self {
            columns,
            maps,
            cells,
        }
    }

    /// A figure with its interval in words, a dash where there is none.
    pub(crate) fn words(&self, map: &'a str, column: &str) -> String {
        figures::words(self.cells.get(&(map, column.to_owned())).copied())
    }
}

fn by_column<'a>(
    title: &str,
    rows: impl Iterator<Item = &'a Row>,
    column: impl Fn(&Row) -> String,
) -> String {
    let mut count = 0;
    let rows = rows.inspect(|row| count = count.max(row.count));
    let pivot = Pivot::of(rows, column);
    if pivot.maps.is_empty() {
        return String::new();
    }
    let columns = &pivot.columns;
    let mut text = format!(
        "\n{title} ({count} photographs)\n| map | {} |\n",
        columns.join(" | ")
    );
    text += &format!("|---|{}\n", "---|".repeat(columns.len()));
    for &map in &pivot.maps {
        let line = columns.iter().map(|column| pivot.words(map, column));
        text += &format!("| {map} | {} |\n", line.collect::<Vec<_>>().join(" | "));
    }
    text
}
