//! What has been screened lately beside the validation photographs of the bundle.

use clinic::ScreenedPhotograph;
use grader::BundleManifest;
use trust::drift::Screened;

/// The validation photographs of a bundle, as far as it notes what is compared.
pub fn reference(manifest: &BundleManifest) -> Vec<Screened> {
    let photographs = manifest.validation.iter();
    photographs
        .filter_map(|photograph| {
            let evidence = photograph.evidence?;
            Some(Screened {
                grade: photograph.grade?,
                entropy: photograph.uncertainty.entropy,
                quality: evidence.quality,
                is_gradable: evidence.quality >= manifest.policy.minimum_quality,
                unfamiliarity: evidence.unfamiliarity,
            })
        })
        .collect()
}

/// A photograph that was screened, as it is compared.
pub fn screened(photograph: &ScreenedPhotograph) -> Screened {
    let ScreenedPhotograph { facts, finding, .. } = photograph;
    Screened {
        grade: finding.grade,
        entropy: finding.uncertainty.entropy,
        quality: facts.quality.score,
        is_gradable: facts.quality.gradable,
        unfamiliarity: finding.unfamiliarity,
    }
}
