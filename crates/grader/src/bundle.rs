//! The model bundle: a folder with `bundle.json` and one safetensors file a member.
//!
//! The manifest says everything that decides an answer: how photographs are prepared, which weights, how logits become
//! probabilities and decisions, and where all of it came from. Opening verifies the SHA-256 of every file, reading a
//! network from it the name and shape of every tensor; writing replaces an older bundle in one step.

use std::io::Write;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use sha2::{Digest, Sha256};

use crate::experience::Experience;
use crate::manifest::{BundleManifest, FORMAT_VERSION, FileRecord, MANIFEST, MemberRecord};
use crate::member::Member;
use crate::network::ResNet18;
use crate::weights::{self, Storage, WeightsError};

/// Why a bundle could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file could not be read.
    #[error("cannot read {}: {source}; is this the folder of a model bundle?", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The manifest is no JSON of the expected form.
    #[error("{} is not a manifest of a model bundle: {source}", path.display())]
    Json {
        /// The manifest.
        path: PathBuf,
        /// What the JSON reader said.
        source: serde_json::Error,
    },
    /// The manifest has another format version.
    #[error("{} has format version {found}, but this program reads version {FORMAT_VERSION}; use the program it was made with", path.display())]
    FormatVersion {
        /// The manifest.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A value in the manifest makes no sense.
    #[error("{}: {problem}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// One sentence.
        problem: String,
    },
    /// A member's file is not the file that the manifest means.
    #[error("{} has SHA-256 {found}, but the manifest says {expected}; copy the bundle again", path.display())]
    Digest {
        /// The weights file.
        path: PathBuf,
        /// SHA-256 in the manifest, in hexadecimal digits.
        expected: String,
        /// SHA-256 of the file.
        found: String,
    },
    /// A member's weights do not fit.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// A member's weights as they lie in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedMember {
    /// The whole safetensors file.
    pub bytes: Vec<u8>,
    /// The seed it was trained with.
    pub seed: u64,
}

/// An opened and verified bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Where it lies.
    pub folder: PathBuf,
    /// What `bundle.json` says.
    pub manifest: BundleManifest,
    /// The members' files, in the manifest's order. In memory, so that a bundle that is replaced meanwhile does no harm,
    /// and as they are: networks in full precision would take twice as much.
    members: Vec<EncodedMember>,
    /// What they met in training, where the bundle knows.
    pub experience: Option<Experience>,
}

impl Bundle {
    /// Opens the bundle in `folder` and verifies the manifest's values and the SHA-256 of every file. The name and shape
    /// of every tensor are verified by [`Bundle::networks`].
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let manifest = BundleManifest::read(folder)?;
        let members = manifest
            .members
            .iter()
            .map(|member| read_member(folder, member))
            .collect::<Result<_, _>>()?;
        let experience = manifest
            .experience
            .as_ref()
            .map(|record| open_experience(folder, record, manifest.members.len()))
            .transpose()?;
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
            members,
            experience,
        })
    }

    /// The members' networks on the CPU, in the manifest's order. Each is read from its file when the iterator comes to
    /// it: whoever lets one go before the next has one in memory and not all.
    ///
    /// # Errors
    /// [`BundleError::Weights`] in place of a network whose tensors do not fit.
    pub fn networks(&self) -> impl ExactSizeIterator<Item = Result<ResNet18, BundleError>> {
        let members = self.manifest.members.iter().zip(&self.members);
        members.map(|(record, member)| {
            let path = self.folder.join(&record.file);
            Ok(weights::decode(&member.bytes, &path, &Device::flex())?)
        })
    }

    /// The members on `device`, in the manifest's order.
    ///
    /// # Errors
    /// As [`Bundle::networks`].
    pub fn members(&self, device: &Device) -> Result<Vec<Member>, BundleError> {
        self.networks()
            .map(|network| Ok(Member::new(&network?, device)))
            .collect()
    }

    /// The members' files as they are, to copy them.
    pub fn encoded_members(&self) -> &[EncodedMember] {
        &self.members
    }

    /// Writes a bundle of `members` (a network and the seed it was trained with) into `folder`, see
    /// [`Bundle::write_encoded`].
    pub fn write(
        folder: &Path,
        manifest: BundleManifest,
        members: &[(&ResNet18, u64)],
        experience: Option<&Experience>,
        storage: Storage,
    ) -> Result<Self, BundleError> {
        let encoded: Vec<EncodedMember> = members
            .iter()
            .map(|(network, seed)| EncodedMember {
                bytes: weights::encode(network, storage),
                seed: *seed,
            })
            .collect();
        Self::write_encoded(folder, manifest, &encoded, experience)
    }

    /// Writes a bundle of members whose files are there already, bit by bit, into `folder`, which is made if it is
    /// missing. `manifest.members` and `manifest.experience` are filled in here.
    ///
    /// Weights files are named by their content and the manifest is replaced last and in one step: whoever opens the
    /// folder meanwhile, or after a crash, finds the old bundle or the new one, whole. Weights that the old manifest
    /// named and the new one does not are removed afterwards; other files in the folder are left alone.
    pub fn write_encoded(
        folder: &Path,
        mut manifest: BundleManifest,
        members: &[EncodedMember],
        experience: Option<&Experience>,
    ) -> Result<Self, BundleError> {
        let failed = |source| BundleError::Write {
            path: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let manifest_path = folder.join(MANIFEST);
        let replaced = BundleManifest::read(folder)
            .map(|old| old.files())
            .unwrap_or_default();

        let records = members.iter().enumerate();
        manifest.members = records
            .map(|(index, member)| member_record(index, member))
            .collect();
        let experience = experience.map(Experience::encode);
        manifest.experience = experience.as_deref().map(|bytes| {
            let sha256 = sha256(bytes);
            FileRecord {
                file: format!("experience-{}.safetensors", &sha256[..8]),
                sha256,
            }
        });
        if let Some(problem) = manifest.problems().into_iter().next() {
            return Err(BundleError::Manifest {
                path: manifest_path,
                problem,
            });
        }

        for (record, member) in manifest.members.iter().zip(members) {
            write_whole(&folder.join(&record.file), &member.bytes)?;
        }
        if let (Some(record), Some(bytes)) = (&manifest.experience, &experience) {
            write_whole(&folder.join(&record.file), bytes)?;
        }
        let json = serde_json::to_vec_pretty(&manifest).map_err(|source| BundleError::Json {
            path: manifest_path.clone(),
            source,
        })?;
        write_whole(&manifest_path, &json)?;

        let kept = manifest.files();
        for old in replaced.iter().filter(|old| !kept.contains(old)) {
            // A file that cannot be removed does no harm: nothing names it any more.
            let _ = std::fs::remove_file(folder.join(old));
        }
        Self::open(folder)
    }
}

/// Name, digest and seed of a member at its place in the ensemble.
fn member_record(index: usize, member: &EncodedMember) -> MemberRecord {
    let sha256 = sha256(&member.bytes);
    MemberRecord {
        file: format!("member-{index}-{}.safetensors", &sha256[..8]),
        sha256,
        seed: member.seed,
    }
}

/// A member's file, whole.
fn read_member(folder: &Path, member: &MemberRecord) -> Result<EncodedMember, BundleError> {
    Ok(EncodedMember {
        bytes: read_checked(&folder.join(&member.file), &member.sha256)?,
        seed: member.seed,
    })
}

/// What the members met, from the file that the manifest means.
pub(crate) fn open_experience(
    folder: &Path,
    record: &FileRecord,
    members: usize,
) -> Result<Experience, BundleError> {
    let path = folder.join(&record.file);
    let bytes = read_checked(&path, &record.sha256)?;
    Ok(Experience::decode(&bytes, members, &path)?)
}

/// A file of the bundle, whole, if it is the one that the manifest means.
fn read_checked(path: &Path, sha256: &str) -> Result<Vec<u8>, BundleError> {
    let bytes = std::fs::read(path).map_err(|source| BundleError::Read {
        path: path.to_owned(),
        source,
    })?;
    check_digest(path, &bytes, sha256)?;
    Ok(bytes)
}

/// Whether a file is the one that the manifest means.
pub(crate) fn check_digest(path: &Path, bytes: &[u8], expected: &str) -> Result<(), BundleError> {
    let found = sha256(bytes);
    if found == expected {
        return Ok(());
    }
    Err(BundleError::Digest {
        path: path.to_owned(),
        expected: expected.to_owned(),
        found,
    })
}

fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes beside the target, flushes to disk, renames: the file appears whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BundleError> {
    let failed = |source| BundleError::Write {
        path: path.to_owned(),
        source,
    };
    let partial = path.with_extension("partial");
    let mut file = std::fs::File::create(&partial).map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}
