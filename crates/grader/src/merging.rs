//! One ensemble of the members of several bundles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::bundle::{Bundle, EncodedMember, hexadecimal};
use crate::experience::Experience;
use crate::manifest::BundleManifest;

/// Why bundles do not go together.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Fewer than two bundles.
    #[error("{0} bundle to merge: name at least two")]
    TooFew(usize),
    /// Two bundles whose members do not take the same input or do not mean the same by their output.
    #[error(
        "{} and {} do not go together: {}",
        first.display(), other.display(), differences.join("; ")
    )]
    Different {
        /// The first of the bundles.
        first: PathBuf,
        /// The one that does not fit it.
        other: PathBuf,
        /// One sentence a difference.
        differences: Vec<String>,
    },
    /// The same weights twice: they would only count double.
    #[error("{file} of {} is in the ensemble already: name each member once", folder.display())]
    Twice {
        /// The bundle.
        folder: PathBuf,
        /// The member's file in it.
        file: String,
    },
}

/// The ensemble before it is calibrated.
#[derive(Clone, Debug)]
pub struct Merged {
    /// As the first bundle's, with the provenance of all. Calibration, policy, metrics and validation are still the first
    /// bundle's and fit no longer.
    pub manifest: BundleManifest,
    /// The members' files, in the order of the bundles.
    pub members: Vec<EncodedMember>,
    /// What they met in training, where all bundles know.
    pub experience: Option<Experience>,
}

impl Merged {
    /// Puts the members of bundles into one ensemble.
    ///
    /// # Errors
    /// [`MergeError`]; where bundles do not go together, every difference is named.
    pub fn of(bundles: &[Bundle]) -> Result<Self, MergeError> {
        let [first, others @ ..] = bundles else {
            return Err(MergeError::TooFew(0));
        };
        if others.is_empty() {
            return Err(MergeError::TooFew(1));
        }
        for other in others {
            let differences = differences(&first.manifest, &other.manifest);
            if !differences.is_empty() {
                return Err(MergeError::Different {
                    first: first.folder.clone(),
                    other: other.folder.clone(),
                    differences,
                });
            }
        }
        refuse_doubles(bundles)?;
        let members = bundles.iter().flat_map(Bundle::encoded_members);
        Ok(Self {
            manifest: merged_manifest(first, bundles),
            members: members.cloned().collect(),
            experience: joined(bundles),
        })
    }
}

fn joined(bundles: &[Bundle]) -> Option<Experience> {
    let known = bundles.iter().map(|bundle| bundle.experience.as_ref());
    let known: Vec<&Experience> = known.collect::<Option<_>>()?;
    let members = known.into_iter().flat_map(|experience| &experience.members);
    Some(Experience {
        members: members.cloned().collect(),
    })
}

/// What decides whether the answers of two networks may be averaged, by name.
fn essentials(manifest: &BundleManifest) -> Map<String, Value> {
    let mut essentials = Map::new();
    if let Value::Object(preparation) = json!(manifest.preparation) {
        essentials.extend(preparation);
    }
    essentials.insert("architecture".to_owned(), json!(manifest.architecture));
    essentials.insert("classes".to_owned(), json!(manifest.classes));
    essentials.insert("dropout".to_owned(), json!(manifest.dropout));
    essentials
}

fn differences(first: &BundleManifest, other: &BundleManifest) -> Vec<String> {
    let other = essentials(other);
    let of_first = essentials(first).into_iter();
    of_first
        .filter_map(|(name, value)| {
            let found = other.get(&name).unwrap_or(&Value::Null);
            (*found != value)
                .then(|| format!("`{name}` is {value} in the one, {found} in the other"))
        })
        .collect()
}

fn refuse_doubles(bundles: &[Bundle]) -> Result<(), MergeError> {
    let mut seen = BTreeSet::new();
    for bundle in bundles {
        for member in &bundle.manifest.members {
            if !seen.insert(&member.sha256) {
                return Err(MergeError::Twice {
                    folder: bundle.folder.clone(),
                    file: member.file.clone(),
                });
            }
        }
    }
    Ok(())
}

fn merged_manifest(first: &Bundle, bundles: &[Bundle]) -> BundleManifest {
    let manifests = || bundles.iter().map(|bundle| &bundle.manifest);
    // Bundles trained on the same photographs count them once.
    let counts: BTreeMap<&str, [u64; 5]> = manifests()
        .map(|manifest| (manifest.data_fingerprint.as_str(), manifest.grade_counts))
        .collect();
    let data_fingerprint = match counts.len() {
        1 => first.manifest.data_fingerprint.clone(),
        _ => {
            let lines: String = counts.keys().map(|data| format!("{data}\n")).collect();
            hexadecimal(&Sha256::digest(lines))
        }
    };
    let provenance: Vec<Value> = manifests()
        .map(|manifest| {
            json!({
                "members": manifest.members.len(),
                "data_fingerprint": manifest.data_fingerprint,
                "grade_counts": manifest.grade_counts,
                "code_revision": manifest.code_revision,
                "training": manifest.training,
            })
        })
        .collect();
    BundleManifest {
        members: Vec::new(),
        data_fingerprint,
        grade_counts: std::array::from_fn(|grade| {
            counts.values().map(|counts| counts[grade]).sum()
        }),
        training: json!({ "merged": provenance }),
        code_revision: distinct(
            manifests().map(|manifest| manifest.code_revision.as_str()),
            ", ",
        ),
        licence: distinct(manifests().map(|manifest| manifest.licence.as_str()), "\n"),
        ..first.manifest.clone()
    }
}

/// The different texts, in their order.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>, between: &str) -> String {
    let mut found: Vec<&str> = Vec::new();
    for text in texts {
        if !found.contains(&text) {
            found.push(text);
        }
    }
    found.join(between)
}
