//! What the command answers: on stdout, and in files.

use std::{
    fs,
    io::{self, Write},
    path::{Component, Path, PathBuf},
};

use anyhow::Context;
use server::{archive, markdown};

use super::Made;

/// The answer of a command, on stdout. Whoever stops reading (`| head`) has read enough.
pub(super) fn say(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The sections as text or JSON, with one trailing newline. One section stands alone, several by their names.
pub(super) fn render(made: &Made, json: bool) -> anyhow::Result<String> {
    if !json {
        let texts = made.stages.iter().filter_map(|stage| markdown::section(*stage, &made.directive, &made.sections));
        return Ok(texts.collect::<Vec<_>>().join("\n"));
    }
    let value = |stage: &model::Stage| -> anyhow::Result<serde_json::Value> {
        Ok(serde_json::from_str(&made.sections.content(*stage)?)?)
    };
    let json = match made.stages.as_slice() {
        [only] => value(only)?,
        several => several.iter().map(|stage| Ok((stage.to_string(), value(stage)?))).collect::<anyhow::Result<_>>()?,
    };
    Ok(serde_json::to_string_pretty(&json)? + "\n")
}

/// Everything an export of the same sections would hold, as files. All of them or none: they are written beside the folder's own place and
/// then moved there. Returns how many there are.
pub(super) fn write_files(folder: &Path, made: &Made) -> anyhow::Result<usize> {
    let files = archive::bundle(&made.directive, &made.sections, &made.stages);
    let beside = beside(folder);
    let written = files.iter().try_for_each(|(path, bytes)| {
        let target = beside.join(path);
        target.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(target, bytes)
    });
    let moved = written.and_then(|()| move_over(&beside, folder, &files));
    // What is left there was not moved.
    let _ = fs::remove_dir_all(&beside);
    moved.with_context(|| format!("{} cannot be written", folder.display()))?;
    Ok(files.len())
}

fn beside(folder: &Path) -> PathBuf {
    let name = folder.file_name().map_or_else(|| "out".to_owned(), |name| name.to_string_lossy().into_owned());
    folder.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

/// Into a new folder in one step; into one that is there, file by file, so that nothing else in it is touched.
fn move_over(from: &Path, to: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    if !to.exists() {
        to.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), fs::create_dir_all)?;
        return fs::rename(from, to);
    }
    let before = written_before(to);
    files.iter().try_for_each(|(path, _)| {
        let target = to.join(path);
        target.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::rename(from.join(path), target)
    })?;
    let is_left = |path: &&String| files.iter().all(|(file, _)| file != *path);
    before.iter().filter(is_left).try_for_each(|path| match fs::remove_file(to.join(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    })
}

/// The files that a manifest in the folder says were written there before. What leads out of the folder is none of them.
fn written_before(folder: &Path) -> Vec<String> {
    let manifest = fs::read(folder.join("manifest.json")).ok();
    let manifest: Option<serde_json::Value> = manifest.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let files = manifest.as_ref().and_then(|manifest| manifest.get("files")?.as_array());
    let paths = files.into_iter().flatten().filter_map(|file| file.get("path")?.as_str());
    let is_inside = |path: &&str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    paths.filter(is_inside).map(str::to_owned).collect()
}
