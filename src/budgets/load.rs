//! What a route makes a browser load: asked for through the real router, with every file that the document refers to.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    ops::Add,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use flate2::{Compression, write::GzEncoder};
use tower::ServiceExt;

const LARGEST_FILE: usize = 16 * 1_024 * 1_024;

/// What a kind of file weighs, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) raw: usize,
    pub(super) gzip: usize,
    pub(super) brotli: usize,
}

/// What a route makes a browser load.
#[derive(Debug, Default)]
pub(super) struct Load {
    by_kind: BTreeMap<&'static str, Weight>,
    pub(super) requests: usize,
    /// Bytes as they were sent to a browser that takes every encoding.
    pub(super) transfer: usize,
}

/// What was asked for and came.
struct Answer {
    content_type: String,
    bytes: Vec<u8>,
    /// How many bytes it takes on the wire, with its headers.
    transfer: usize,
}

impl Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

/// Somebody with a session.
pub(super) struct Browser {
    pub(super) router: Router,
    pub(super) cookie: String,
}

impl Browser {
    /// Loads a page and everything it refers to.
    pub(super) async fn load(&self, path: &str) -> anyhow::Result<Load> {
        let document = self.get(path).await?;
        let mut load = Load::default();
        load.add("html", &document);
        let html = String::from_utf8_lossy(&document.bytes);
        // What a style sheet in the document refers to, too.
        let mut waiting: Vec<String> = [references(&html), urls(&html)].concat();
        let mut seen = BTreeSet::new();
        while let Some(address) = waiting.pop() {
            if !seen.insert(address.clone()) {
                continue;
            }
            let answer = self.get(&address).await?;
            let kind = kind_of(&answer.content_type, &address);
            if kind == "css" {
                // What a style sheet refers to is loaded too, as far as the page uses it; counting all of it is the upper bound.
                waiting.extend(urls(&String::from_utf8_lossy(&answer.bytes)));
            }
            load.add(kind, &answer);
        }
        Ok(load)
    }

    /// Asks twice: for the bytes themselves, and as a browser does, for what comes over the wire.
    async fn get(&self, address: &str) -> anyhow::Result<Answer> {
        let (headers, bytes) = self.ask(address, None).await?;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (sent_headers, sent) = self.ask(address, Some("br, gzip")).await?;
        // "name: value", and the end of the line.
        let of_headers: usize = sent_headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let transfer = of_headers + sent.len();
        Ok(Answer { content_type: content_type.to_owned(), bytes, transfer })
    }

    async fn ask(&self, address: &str, encodings: Option<&str>) -> anyhow::Result<(HeaderMap, Vec<u8>)> {
        let mut request =
            Request::get(address).header(header::COOKIE, &self.cookie).header(header::ACCEPT, "text/html,*/*");
        if let Some(encodings) = encodings {
            request = request.header(header::ACCEPT_ENCODING, encodings);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty())?).await?;
        let status = response.status();
        anyhow::ensure!(
            status.is_success() || status == StatusCode::NOT_FOUND && address == "/nowhere",
            "{address} answered {status}"
        );
        let (parts, body) = response.into_parts();
        Ok((parts.headers, to_bytes(body, LARGEST_FILE).await?.to_vec()))
    }
}

impl Load {
    fn add(&mut self, kind: &'static str, answer: &Answer) {
        let weight = self.by_kind.entry(kind).or_default();
        weight.raw += answer.bytes.len();
        weight.gzip += gzip(&answer.bytes);
        weight.brotli += brotli(&answer.bytes);
        self.requests += 1;
        self.transfer += answer.transfer;
    }

    /// Of each kind the heavier.
    pub(super) fn heaviest(&mut self, other: &Self) {
        for (kind, weight) in &other.by_kind {
            let known = self.by_kind.entry(kind).or_default();
            if weight.gzip > known.gzip {
                *known = *weight;
            }
        }
        self.requests = self.requests.max(other.requests);
        self.transfer = self.transfer.max(other.transfer);
    }

    /// What all files of a kind weigh.
    pub(super) fn weight(&self, kind: &str) -> Weight {
        self.by_kind.get(kind).copied().unwrap_or_default()
    }
}

/// Addresses a document makes a browser load: style sheets, icons, preloads and what is fetched ahead, scripts (and what a loader is told to load), images.
fn references(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (tag, attribute) in [("<link ", "href=\""), ("<script ", "src=\""), ("<img ", "src=\"")] {
        for rest in html.split(tag).skip(1) {
            let element = rest.split('>').next().unwrap_or_default();
            let loads = tag != "<link "
                || ["stylesheet", "icon", "preload", "modulepreload", "prefetch"]
                    .iter()
                    .any(|rel| element.contains(&format!("rel=\"{rel}\"")));
            let address = element.split(attribute).nth(1).and_then(|rest| rest.split('"').next());
            found.extend(address.filter(|_| loads).map(|address| address.replace("&amp;", "&")));
        }
    }
    let told: Vec<String> = found
        .iter()
        .filter_map(|address| address.split_once('?'))
        .flat_map(|(_, query)| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .filter(|(_, value)| value.starts_with('/'))
                .map(|(_, value)| value.to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    found.extend(told);
    found.retain(|address| address.starts_with('/'));
    found
}

/// Addresses in a style sheet.
fn urls(css: &str) -> Vec<String> {
    let inner = css.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    inner
        .map(|address| address.trim_matches(['"', '\'']).to_owned())
        .filter(|address| address.starts_with('/'))
        .collect()
}

fn kind_of(content_type: &str, address: &str) -> &'static str {
    match content_type.split(';').next().unwrap_or_default() {
        "text/css" => "css",
        "text/javascript" | "application/javascript" => "js",
        "application/wasm" => "wasm",
        kind if kind.starts_with("font/") || address.ends_with(".woff2") => "fonts",
        kind if kind.starts_with("image/") => "images",
        _ => "other",
    }
}

fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_or(bytes.len(), |compressed| compressed.len())
}

fn brotli(bytes: &[u8]) -> usize {
    let mut compressed = Vec::new();
    let written =
        brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &brotli::enc::BrotliEncoderParams::default());
    if written.is_ok() { compressed.len() } else { bytes.len() }
}
