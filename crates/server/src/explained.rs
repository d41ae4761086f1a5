//! An explanation on its way into the records.

use attribution::render::{self, Rendering};
use attribution::{Attribution, Examination};
use clinic::{ClinicError, Completeness, Counterfactual, NewExamination, NewMap, Region, Store};

use crate::upload::png;

/// A computed explanation and what its regions mean, as they are stored.
pub(crate) struct Explained {
    attribution: Attribution,
    examination: Option<Examined>,
}

struct Examined {
    regions: Vec<Region>,
    /// With the picture without the regions, PNG.
    counterfactual: Option<(Counterfactual, Vec<u8>)>,
}

impl Explained {
    /// # Errors
    /// A sentence, when the picture cannot be encoded.
    pub(crate) fn of(
        attribution: Attribution,
        examination: Option<Examination>,
    ) -> Result<Self, String> {
        Ok(Self {
            attribution,
            examination: examination.map(Examined::of).transpose()?,
        })
    }

    /// Its files staged, ready to be put on record.
    pub(crate) fn staged(self, store: &Store) -> Result<NewMap, ClinicError> {
        let map = &self.attribution.map;
        let values: Vec<u8> = map
            .values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let completeness = self.attribution.completeness;
        Ok(NewMap {
            map: store.stage_bytes(&values)?,
            sides: [map.height as u32, map.width as u32],
            completeness: completeness.map(|completeness| Completeness {
                relative_error: completeness.relative_error,
                steps: completeness.steps as u64,
                reached: completeness.reached,
            }),
            empty: self.attribution.empty,
            scale: render::scale(map, Rendering::default().percentile),
            examination: self
                .examination
                .map(|examined| examined.staged(store))
                .transpose()?,
        })
    }
}

impl Examined {
    fn of(examination: Examination) -> Result<Self, String> {
        let counterfactual = examination.counterfactual.map(|found| {
            let known = Counterfactual {
                removed: found.removed,
                grade: found.grade,
            };
            let picture = png(&found.picture).map_err(|problem| problem.detail)?;
            Ok::<_, String>((known, picture))
        });
        Ok(Self {
            regions: examination.regions.into_iter().map(region).collect(),
            counterfactual: counterfactual.transpose()?,
        })
    }

    fn staged(self, store: &Store) -> Result<NewExamination, ClinicError> {
        let counterfactual = self
            .counterfactual
            .map(|(known, picture)| Ok::<_, ClinicError>((known, store.stage_bytes(&picture)?)));
        Ok(NewExamination {
            regions: self.regions,
            counterfactual: counterfactual.transpose()?,
        })
    }
}

fn region(region: attribution::Region) -> Region {
    let candidate = region.candidate;
    Region {
        peak: candidate.peak,
        share_of_evidence: candidate.share,
        diameter: candidate.diameter(),
        outline: candidate.outline,
        disc_diameters: region.disc_diameters,
        speaks_for: region.speaks_for,
    }
}
