//! Which measure is the best over several data sets.

use serde::{Deserialize, Serialize};

use super::table::MeasureRow;
use crate::Measure;

/// The mistake by which measures are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The grade is wrong.
    WrongGrade,
    /// The patient is referred and should not be, or should be and is not.
    WrongReferral,
}

impl Loss {
    /// Both, that of the grades first.
    pub const ALL: [Loss; 2] = [Loss::WrongGrade, Loss::WrongReferral];

    /// The mistake in words: `wrong grades`.
    pub fn words(self) -> &'static str {
        match self {
            Loss::WrongGrade => "wrong grades",
            Loss::WrongReferral => "wrong referrals",
        }
    }

    fn area(self, row: &MeasureRow) -> Option<f64> {
        let area = match self {
            Loss::WrongGrade => row.grade_risk_coverage_area,
            Loss::WrongReferral => row.referral_risk_coverage_area,
        };
        Some(area?.value)
    }
}

/// A measure with how well it does over data sets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RankedMeasure {
    /// The measure.
    pub measure: Measure,
    /// Mean of the area under the risk-coverage curve for the loss asked about, in [0, 1]; lower is better.
    pub mean_area: f64,
    /// Mean of its rank among the measures, from 1, the best; equal areas share the mean of their ranks.
    pub mean_rank: f64,
}

/// The measures over the rows of the data sets with these names, from the least mean area to the largest; of equal ones
/// that which is first in [`Measure::ALL`].
///
/// Each pair of a source of uncertainty and a data set counts alike: give the rows of one source alone to ask about that.
/// The rows `random` and `oracle` are no measures and take no part. Empty where no row has such a data set.
pub fn rank_measures(
    rows: &[MeasureRow],
    data: &[impl AsRef<str>],
    loss: Loss,
) -> Vec<RankedMeasure> {
    let chosen: Vec<(Measure, f64, &MeasureRow)> = rows
        .iter()
        .filter(|row| data.iter().any(|name| name.as_ref() == row.data))
        .filter_map(|row| {
            let measure = Measure::ALL
                .into_iter()
                .find(|measure| measure.name() == row.measure)?;
            Some((measure, loss.area(row)?, row))
        })
        .collect();
    let rank = |area: f64, row: &MeasureRow| {
        let rivals = chosen
            .iter()
            .filter(|(_, _, other)| other.source == row.source && other.data == row.data);
        // The measure is among its own equals, so one of those has rank 1/2 + 1/2.
        rivals.fold(0.5, |rank, (_, rival, _)| {
            rank + f64::from(u8::from(*rival < area)) + f64::from(u8::from(*rival == area)) / 2.0
        })
    };
    let ranked = |measure: Measure| {
        let own = || chosen.iter().filter(move |(other, _, _)| *other == measure);
        let count = own().count() as f64;
        (count > 0.0).then(|| RankedMeasure {
            measure,
            mean_area: own().map(|(_, area, _)| area).sum::<f64>() / count,
            mean_rank: own().map(|(_, area, row)| rank(*area, row)).sum::<f64>() / count,
        })
    };
    let mut ranking: Vec<RankedMeasure> = Measure::ALL.into_iter().filter_map(ranked).collect();
    ranking.sort_by(|left, right| left.mean_area.total_cmp(&right.mean_area));
    ranking
}
