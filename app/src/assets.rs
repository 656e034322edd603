//! Names of the built files. The build hashes them into its file names and writes the hashes down beside the program.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use server::http::policy_with_style;

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
    /// The module that rooms talk through, when it is built: without it they are pages and forms.
    pub room: Option<String>,
    /// The module that asks a browser whether it may show notices, when it is built: without it there is mail.
    pub push: Option<String>,
    /// What the landing page needs of the style sheet, when it is built: without it that page waits for the whole one.
    pub landing: Option<Arc<InlineStyle>>,
}

/// A style sheet that stands in the page itself.
#[derive(Debug, PartialEq, Eq)]
pub struct InlineStyle {
    /// Its text.
    pub css: String,
    /// The content security policy that lets browsers take it.
    pub policy: String,
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
/// The same of what rooms talk through.
const ROOM: &str = "room";
/// The same of what asks whether notices may be shown.
const PUSH: &str = "push";
/// The same of the landing page's style sheet.
const LANDING: &str = "landing";

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
        let room = find(ROOM, hashes.get(ROOM), "js").ok();
        let push = find(PUSH, hashes.get(PUSH), "js").ok();
        let landing = find(LANDING, hashes.get(LANDING), "css").ok().map(|path| inline(site, &path)).transpose();
        let landing = landing.map_err(|e| no(e.to_string()))?;
        let js = file("js")?;
        let version = hashes.get("js").cloned().unwrap_or_else(|| "dev".to_owned());
        let loader = format!("/islands.js?v={version}");
        Ok(Self { css: file("css")?, wasm: file("wasm")?, loader, js, reporter, room, push, landing })
    }
}

/// Reads the style sheet at an address of the site.
fn inline(site: &Path, address: &str) -> io::Result<Arc<InlineStyle>> {
    let css = fs::read_to_string(site.join(address.trim_start_matches('/')))?;
    let policy = policy_with_style(&css);
    Ok(Arc::new(InlineStyle { css, policy }))
}

fn read_hashes(path: &Path) -> io::Result<HashMap<String, String>> {
    let text = match fs::read_to_string(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    Ok(pairs.map(|(kind, hash)| (kind.trim().to_owned(), hash.trim().to_owned())).collect())
}
