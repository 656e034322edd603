//! What the command answers: on stdout, and in files.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
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
    files.iter().try_for_each(|(path, _)| {
        let target = to.join(path);
        target.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::rename(from.join(path), target)
    })
}
