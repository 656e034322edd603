//! Public pages as ready bytes: rendered once, compressed once, and served from memory until what they hang on changes.
//!
//! A page says that it is the same for everybody, and on what it hangs, with [`Keeping::for_everybody`]. Only pages that are listed, and those of projects that
//! are there, are kept, and without a query, so that nobody outside can make up names for things to keep.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    cache::CachePolicy,
    observe::{RequestId, RouteName},
    validators::names,
};
use crate::{
    cache::{Answer, Cache, Key, Space, Tag, Times},
    projects::is_slug,
    shown::Shown,
};

const TIMES: Times = Times {
    fresh: Duration::from_secs(5 * 60),
    stale: Duration::from_secs(10 * 60),
    spare: Duration::from_secs(60 * 60),
    absent: Duration::ZERO,
};
static PAGES: Space<ReadyPage> = Space::new("pages", 2, TIMES);
/// Pages of projects, which are counted for themselves.
static SHARED: Space<ReadyPage> = Space::new("shared-pages", 1, TIMES);
/// Below this stand pages of projects that are shown to others.
const SHARED_BELOW: &str = "/p/";
const SHARED_ROUTE: &str = "/p/{slug}";

/// The largest page, before it is compressed.
const PAGE_MAX: usize = 2 << 20;
/// A larger one is kept compressed only, and unpacked for whoever takes it in no other way, who are few.
const PLAIN_MAX: usize = 64 << 10;
/// Compressed once and sent often: more work than for an answer made on request.
const BROTLI_LEVEL: u32 = 9;
/// Bytes of the search window, as a power of two: the largest that a browser takes.
const BROTLI_WINDOW: u32 = 22;
/// Headers of the page itself; all others are written anew for every answer.
const KEPT_HEADERS: [HeaderName; 2] = [header::CONTENT_TYPE, header::CONTENT_SECURITY_POLICY];
/// On what an answer hangs, as content delivery networks read it.
pub(super) const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");

/// Whether an answer is the same for everybody. Travels with a request, for the page to fill in.
#[derive(Debug, Clone, Default)]
pub struct Keeping(Arc<Mutex<Option<Vec<Tag>>>>);

impl Keeping {
    /// It is, as long as nothing of these changes.
    pub fn for_everybody(&self, tags: impl IntoIterator<Item = Tag>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get_or_insert_default().extend(tags);
    }

    /// On what it hangs, if it is.
    pub(super) fn tags(&self) -> Option<Vec<Tag>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Pages that are kept, by their address.
#[derive(Clone)]
pub struct ReadyPages {
    cache: Cache,
    keys: Arc<BTreeMap<&'static str, Key<ReadyPage>>>,
    /// What tells this build's pages of projects from those of others; none when they are not kept.
    build: Option<Arc<str>>,
    policy: CachePolicy,
}

impl ReadyPages {
    /// Keeps the pages at these addresses, and those of projects, as this build of the program renders them. None are kept without addresses.
    pub fn new(cache: Cache, shown: &Shown, build: &str, paths: &[&'static str]) -> Self {
        cache.expect(&PAGES);
        cache.expect(&SHARED);
        let keys = paths.iter().map(|path| (*path, PAGES.key(&[&build, path])));
        let policy = if shown.is_kept_outside() { CachePolicy::Shared } else { CachePolicy::Revalidate };
        let build = (!paths.is_empty()).then(|| build.into());
        Self { cache, keys: Arc::new(keys.collect()), build, policy }
    }

    /// While this instance does not hear what others change, nobody else may keep what it sends.
    fn policy(&self) -> CachePolicy {
        if self.cache.is_shared() { self.policy } else { CachePolicy::Revalidate }
    }

    /// The page at this address, if it is one of them: its route and its key.
    fn find(&self, path: &str) -> Option<(&'static str, Key<ReadyPage>)> {
        if let Some((route, key)) = self.keys.get_key_value(path) {
            return Some((route, key.clone()));
        }
        let slug = path.strip_prefix(SHARED_BELOW).filter(|slug| is_slug(slug))?;
        let build = self.build.as_ref()?;
        Some((SHARED_ROUTE, SHARED.key(&[build, &slug])))
    }
}

/// A page in all the ways that it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadyPage {
    headers: Vec<(String, String)>,
    tags: String,
    /// The beginning of its tag as an entity; the rest tells how it is compressed.
    digest: String,
    /// None of a large page.
    plain: Option<Bytes>,
    gzip: Bytes,
    brotli: Bytes,
}

/// A page that is not to be kept: an error, or too large. Whoever waited for it gets the first, and has the second rendered for themselves.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the page is not for everybody, or an error")]
struct NotKept(Option<(StatusCode, HeaderMap, Bytes)>);

/// How an answer is compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
    Brotli,
}

/// Serves a page that is ready, or has it made ready; everything else passes.
pub async fn serve_ready(State(pages): State<ReadyPages>, request: Request, next: Next) -> Response {
    let is_asked_for = matches!(*request.method(), Method::GET | Method::HEAD) && request.uri().query().is_none();
    let Some((route, key)) = pages.find(request.uri().path()).filter(|_| is_asked_for) else {
        return next.run(request).await;
    };
    if let Some(page) = pages.cache.at_hand(&key) {
        return page.answer(&request, route, pages.policy());
    }
    let (renderer, asked) = (next.clone(), request.uri().path().to_owned());
    let id = request.extensions().get::<RequestId>().cloned();
    match pages.cache.get(&key, move || render(renderer, asked, id)).await {
        Ok(Some(page)) => page.answer(&request, route, pages.policy()),
        Ok(None) => next.run(request).await,
        Err(unmade) => match unmade.origin::<NotKept>() {
            // Rendering it once more would not be another page, only another wait.
            Some(NotKept(Some(answer))) => {
                let mut response = answer.clone().into_response();
                response.extensions_mut().insert(RouteName(route));
                response
            }
            _ => next.run(request).await,
        },
    }
}

/// The page as somebody gets it of whom nothing is known; an error names the request that met it first.
async fn render(next: Next, path: String, id: Option<RequestId>) -> Result<Answer<ReadyPage>, NotKept> {
    let keeping = Keeping::default();
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path.parse().map_err(|_| NotKept(None))?;
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    request.extensions_mut().insert(keeping.clone());
    id.map(|id| request.extensions_mut().insert(id));
    let (parts, body) = next.run(request).await.into_parts();
    let Ok(plain) = to_bytes(body, PAGE_MAX).await else { return Ok(Answer::unkept(NotKept(None))) };
    let tags = match keeping.tags() {
        Some(tags) if parts.status == StatusCode::OK && !parts.headers.contains_key(header::SET_COOKIE) => tags,
        _ => {
            let answer = NotKept(Some((parts.status, parts.headers, plain)));
            // What cannot be rendered for a while is shown as it was. What is gone, or not for everybody any more, is not.
            return if parts.status.is_server_error() { Err(answer) } else { Ok(Answer::unkept(answer)) };
        }
    };
    let written = tags.iter().map(Tag::for_others).collect::<Vec<_>>().join(",");
    let page = tokio::task::spawn_blocking(move || ReadyPage::new(&parts.headers, written, plain));
    let page = page.await.ok().and_then(Result::ok).ok_or(NotKept(None))?;
    Ok(Answer::of(page).on(tags))
}

impl ReadyPage {
    fn new(headers: &HeaderMap, tags: String, plain: Bytes) -> io::Result<Self> {
        let kept = KEPT_HEADERS.iter().filter_map(|name| Some((name, headers.get(name)?.to_str().ok()?)));
        let headers = kept.map(|(name, value)| (name.to_string(), value.to_owned())).collect();
        let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&plain)?;
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 4_096, BROTLI_LEVEL, BROTLI_WINDOW).write_all(&plain)?;
        let digest = URL_SAFE_NO_PAD.encode(&Sha256::digest(&plain)[..12]);
        let plain = (plain.len() <= PLAIN_MAX).then_some(plain);
        Ok(Self { headers, tags, digest, gzip: gzip.finish()?.into(), brotli: brotli.into(), plain })
    }

    fn plain(&self) -> Bytes {
        self.plain.clone().unwrap_or_else(|| {
            let mut plain = Vec::new();
            let read = GzDecoder::new(&*self.gzip).read_to_end(&mut plain);
            // Of what this program has packed itself, it can only fail where memory does.
            read.map(|_| plain).unwrap_or_default().into()
        })
    }

    fn answer(&self, request: &Request, route: &'static str, policy: CachePolicy) -> Response {
        let encoding = Encoding::of(request.headers());
        let (body, token, suffix) = match encoding {
            Encoding::Plain => (self.plain(), None, ""),
            Encoding::Gzip => (self.gzip.clone(), Some("gzip"), "-gz"),
            Encoding::Brotli => (self.brotli.clone(), Some("br"), "-br"),
        };
        let etag = format!("\"{}{suffix}\"", self.digest);
        let is_head = request.method() == Method::HEAD;
        let is_known = request.headers().get_all(header::IF_NONE_MATCH).iter().any(|sent| names(sent, &etag));
        let body_or_none = if is_known || is_head { Bytes::new() } else { body.clone() };
        let mut response = Body::from(body_or_none).into_response();
        *response.status_mut() = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        policy.write(headers);
        let written = [(header::ETAG, &etag), (CACHE_TAG, &self.tags)].into_iter().filter(|(_, text)| !text.is_empty());
        headers.extend(written.filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?))));
        // Of what a GET would get: an answer without content must not say 0.
        if !is_known || is_head {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        if let Some(token) = token.filter(|_| !is_known) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(token));
        }
        response.extensions_mut().insert(RouteName(route));
        response
    }
}

impl Encoding {
    /// The one that saves most of those that are taken (RFC 9110, section 12.5.3): named or by `*`, and not refused with a weight of 0.
    fn of(headers: &HeaderMap) -> Self {
        let taken = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let (mut gzip, mut brotli, mut any) = (None, None, None);
        for one in taken.flat_map(|value| value.split(',')) {
            let (name, weight) = one.split_once(';').unwrap_or((one, ""));
            let weight = weight.trim().to_ascii_lowercase();
            let weight = weight.strip_prefix("q=").map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
            let is_taken = Some(weight > 0.0);
            match name.trim().to_ascii_lowercase().as_str() {
                "br" => brotli = is_taken,
                "gzip" | "x-gzip" => gzip = is_taken,
                "*" => any = is_taken,
                _ => {}
            }
        }
        let takes = |named: Option<bool>| named.or(any).unwrap_or(false);
        if takes(brotli) {
            Self::Brotli
        } else if takes(gzip) {
            Self::Gzip
        } else {
            Self::Plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(accepts: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::try_from(accepts).unwrap());
        match Encoding::of(&headers) {
            Encoding::Plain => "plain",
            Encoding::Gzip => "gzip",
            Encoding::Brotli => "brotli",
        }
    }

    #[test]
    fn the_smallest_that_a_browser_takes_is_sent() {
        for (accepts, sent) in [
            ("gzip, deflate, br, zstd", "brotli"),
            ("gzip;q=1.0, br;q=0", "gzip"),
            ("br;q=0.1", "brotli"),
            ("*", "brotli"),
            ("*;q=0, gzip", "gzip"),
            ("br;Q=0, gzip", "gzip"),
            ("identity", "plain"),
            ("", "plain"),
            ("br;q=nonsense", "plain"),
            ("GZIP", "gzip"),
        ] {
            assert_eq!(encoding(accepts), sent, "{accepts}");
        }
    }

    #[test]
    fn a_version_that_a_browser_has_is_known_by_its_tag() {
        let known = |sent: &str| names(&HeaderValue::try_from(sent).unwrap(), "\"a-br\"");
        assert!(known("\"a-br\"") && known("\"x\", W/\"a-br\"") && known("*"));
        assert!(!known("\"a\"") && !known("a-br") && !known(""));
    }
}
