//! What an archive says of itself.

use model::{Directive, Stage};
use serde::{Deserialize, Serialize};

/// The name of the format, and its version. It counts up when an older program would misunderstand a newer archive.
pub(super) const FORMAT: &str = "atlas9-archive";
pub(super) const VERSION: u32 = 1;
pub(super) const MANIFEST: &str = "manifest.json";

/// `manifest.json`. Neither ids, numbers nor times are in it: the same sections give the same archive, in whichever project they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) directive: String,
    /// What its owner calls it, if they do.
    pub(super) title: Option<String>,
    /// In the order of the stages.
    pub(super) sections: Vec<Section>,
    /// Every other file of the archive, in the order of their names.
    pub(super) files: Vec<Listed>,
}

/// A section that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) stage: String,
    /// Where it is, as JSON: all that bringing it back takes.
    pub(super) file: String,
    /// The SHA-256 of that file.
    pub(super) sha256: String,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) path: String,
    pub(super) bytes: usize,
    pub(super) sha256: String,
}

impl Manifest {
    pub(super) fn new(directive: &Directive, title: Option<&str>, sections: Vec<Section>, files: Vec<Listed>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            directive: directive.as_str().to_owned(),
            title: title.map(str::to_owned),
            sections,
            files,
        }
    }
}

/// The file a section is in.
pub(super) fn section_file(stage: Stage) -> String {
    format!("{stage}.json")
}

/// Some value as the JSON of a file: for people as well, and with a newline at its end.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    // None of ours has keys that are not text, which is all that can fail.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
