//! Reading an archive back. What it says is believed as far as it can be checked, and every piece is put in its place as if an engine had made
//! it, so that nothing gets in here that would not get in there.

use std::collections::BTreeMap;

use model::{
    Directive, ProjectTitle, Stage,
    sections::{BadContent, BadPiece, Sections},
};

use super::{
    manifest::{FORMAT, MANIFEST, Manifest, VERSION, section_file},
    zip::{self, BadZip},
};
use crate::{blobs::Digest, studio::Incoming};

/// How deep JSON may be nested. Sections are five deep.
const DEPTH_MAX: u32 = 32;

/// Why an archive is not brought back.
#[derive(Debug, thiserror::Error)]
pub enum BadArchive {
    /// It is no archive that can be read.
    #[error(transparent)]
    Zip(#[from] BadZip),
    /// It is a zip file of something else.
    #[error("there is no {MANIFEST} in it, so that it is no archive of a project")]
    NoManifest,
    /// What it says of itself cannot be read.
    #[error("{MANIFEST} cannot be read: {0}")]
    Manifest(String),
    /// It was made by a later version of this program.
    #[error("the archive is in version {0} of its format; this program reads version {VERSION}")]
    Newer(u32),
    /// A file is not what the manifest says.
    #[error("\"{0}\" is not what the manifest says: it was changed after the archive was made")]
    Changed(String),
    /// A file the manifest speaks of is not there.
    #[error("\"{0}\" is missing, though the manifest names it")]
    Lost(String),
    /// There is a file that the manifest does not speak of.
    #[error("there is a file \"{0}\" that the manifest does not name")]
    Unlisted(String),
    /// A section this program does not know, or one that comes twice.
    #[error("the manifest names a section \"{0}\" that this program does not know, or names it twice")]
    Section(String),
    /// There is nothing in it.
    #[error("there is no section in it")]
    Empty,
    /// JSON in JSON in JSON.
    #[error("\"{0}\" is nested more than {DEPTH_MAX} deep")]
    TooDeep(String),
    /// A section does not have its shape.
    #[error(transparent)]
    Content(#[from] BadContent),
    /// A piece would not be taken from an engine either.
    #[error(transparent)]
    Piece(#[from] BadPiece),
    /// A section with pieces that have no address, or share one.
    #[error("the {0} section holds two pieces of one id, or one whose id is none")]
    Ids(Stage),
    /// The directive.
    #[error("the directive cannot be used: {0}")]
    Directive(String),
    /// The title.
    #[error("the title cannot be used: {0}")]
    Title(String),
}

/// What an archive holds. Takes up to some hundred milliseconds of one core.
///
/// # Errors
/// [`BadArchive`] with the first reason found; nothing was stored anywhere.
pub(super) fn bring(archive: &[u8]) -> Result<Incoming, BadArchive> {
    let mut files: BTreeMap<String, Vec<u8>> =
        zip::read(archive)?.into_iter().map(|entry| (entry.name, entry.bytes)).collect();
    let manifest = manifest(&files.remove(MANIFEST).ok_or(BadArchive::NoManifest)?)?;
    compare(&manifest, &files)?;
    let (sections, stages) = sections(&manifest, &files)?;
    let directive = Directive::parse(&manifest.directive).map_err(|e| BadArchive::Directive(e.to_string()))?;
    let title = manifest.title.as_deref().map(ProjectTitle::parse).transpose().map_err(BadArchive::Title)?.flatten();
    Ok(Incoming { directive, title, sections, stages })
}

fn manifest(bytes: &[u8]) -> Result<Manifest, BadArchive> {
    /// What all versions have.
    #[derive(serde::Deserialize)]
    struct Any {
        format: String,
        version: u32,
    }
    bounded(MANIFEST, bytes)?;
    let unreadable = |e: serde_json::Error| BadArchive::Manifest(e.to_string());
    let any: Any = serde_json::from_slice(bytes).map_err(unreadable)?;
    if any.format != FORMAT {
        return Err(BadArchive::NoManifest);
    }
    if any.version != VERSION {
        return Err(BadArchive::Newer(any.version));
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

/// The files are those of the manifest, all of them and no others, byte by byte.
fn compare(manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>) -> Result<(), BadArchive> {
    let listed: BTreeMap<&str, _> = manifest.files.iter().map(|file| (file.path.as_str(), file)).collect();
    if let Some(file) = files.keys().find(|name| !listed.contains_key(name.as_str())) {
        return Err(BadArchive::Unlisted(short(file)));
    }
    for file in &manifest.files {
        let bytes = files.get(&file.path).ok_or_else(|| BadArchive::Lost(short(&file.path)))?;
        if bytes.len() != file.bytes || Digest::of(bytes).as_str() != file.sha256 {
            return Err(BadArchive::Changed(short(&file.path)));
        }
    }
    Ok(())
}

fn sections(manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>) -> Result<(Sections, Vec<Stage>), BadArchive> {
    let (mut sections, mut stages) = (Sections::default(), Vec::new());
    for named in &manifest.sections {
        let unknown = || BadArchive::Section(short(&named.stage));
        let stage: Stage = named.stage.parse().map_err(|_| unknown())?;
        if named.file != section_file(stage) || stages.contains(&stage) {
            return Err(unknown());
        }
        let bytes = files.get(&named.file).ok_or_else(|| BadArchive::Lost(short(&named.file)))?;
        if Digest::of(bytes).as_str() != named.sha256 {
            return Err(BadArchive::Changed(short(&named.file)));
        }
        section(&mut sections, stage, &named.file, bytes)?;
        stages.push(stage);
    }
    stages.sort_unstable();
    if stages.is_empty() { Err(BadArchive::Empty) } else { Ok((sections, stages)) }
}

/// Takes a section over piece by piece.
fn section(into: &mut Sections, stage: Stage, name: &str, bytes: &[u8]) -> Result<(), BadArchive> {
    bounded(name, bytes)?;
    let text = String::from_utf8_lossy(bytes);
    let mut read = Sections::default();
    read.restore(stage, &text)?;
    for piece in read.pieces(stage) {
        into.apply(stage, &piece)?;
    }
    // What has no address of its own is no piece, and would be lost without a word.
    let mut taken = Sections::default();
    taken.take(stage, into);
    if taken == read { Ok(()) } else { Err(BadArchive::Ids(stage)) }
}

/// JSON that a parser may be let loose on.
fn bounded(name: &str, bytes: &[u8]) -> Result<(), BadArchive> {
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(BadArchive::TooDeep(short(name)));
        }
    }
    Ok(())
}

fn short(name: &str) -> String {
    name.chars().take(80).flat_map(char::escape_debug).collect()
}
