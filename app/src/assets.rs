//! Names of the built files. The build hashes them into its file names and writes the hashes down beside the program.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The built files that pages refer to, as addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The islands' JavaScript.
    pub js: String,
    /// The islands' WASM.
    pub wasm: String,
    /// The module that loads the two where a page has islands.
    pub loader: String,
    /// The module that measures pages where they are read, when it is built: nothing depends on it.
    pub reporter: Option<String>,
}

/// The site folder has no style sheet, so it is not a built site.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no built site in {folder} ({reason}). Build it with `cargo leptos build`, or say where it is with ATLAS9_SITE."
)]
pub struct NoSite {
    /// Where it was looked for.
    pub folder: PathBuf,
    /// What is missing.
    pub reason: String,
}

const NAME: &str = "atlas9";
/// What the reporter's file is called, and its line among the hashes.
const REPORTER: &str = "vitals";

impl Assets {
    /// Finds the files in `<site>/pkg`, by the hashes in `hash_file` where there is one.
    ///
    /// # Errors
    /// [`NoSite`] when a file is missing.
    pub fn find(site: &Path, hash_file: Option<&Path>) -> Result<Self, NoSite> {
        let no = |reason: String| NoSite { folder: site.to_owned(), reason };
        let hashes = hash_file.map(read_hashes).transpose().map_err(|e| no(e.to_string()))?.unwrap_or_default();
        let find = |stem: &str, hash: Option<&String>, extension: &str| {
            let name = match hash {
                Some(hash) => format!("{stem}.{hash}.{extension}"),
                None => format!("{stem}.{extension}"),
            };
            let there = site.join("pkg").join(&name).is_file();
            if there { Ok(format!("/pkg/{name}")) } else { Err(no(format!("pkg/{name} is missing"))) }
        };
        let file = |kind: &str| find(NAME, hashes.get(kind), kind);
        let reporter = find(REPORTER, hashes.get(REPORTER), "js").ok();
        let js = file("js")?;
        let version = hashes.get("js").cloned().unwrap_or_else(|| "dev".to_owned());
        Ok(Self { css: file("css")?, wasm: file("wasm")?, loader: format!("/islands.js?v={version}"), js, reporter })
    }
}

fn read_hashes(path: &Path) -> io::Result<HashMap<String, String>> {
    let text = match fs::read_to_string(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    Ok(pairs.map(|(kind, hash)| (kind.trim().to_owned(), hash.trim().to_owned())).collect())
}
