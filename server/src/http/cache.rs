//! How long an answer may be kept. A route says so with a [`CachePolicy`] in its response's extensions; this middleware alone writes the
//! header.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::ready::Keeping;

/// `CDN-Cache-Control` (RFC 9213, section 3.1).
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// Who may keep a response, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CachePolicy {
    /// Nobody: the answer is for this caller, now.
    #[default]
    Private,
    /// Nobody, and not even for the way back: it shows what must not stand on the screen of the next who sits there.
    Never,
    /// Everybody, who asks each time whether it is still so.
    Revalidate,
    /// Shared caches, for an hour, since they are told when it changes; browsers ask each time whether it is still so.
    Shared,
    /// Shared caches, for five minutes, and for five more while they ask: a list for programs that may be a little old.
    Listed,
    /// Everybody, for an hour: a file whose name does not change with its content.
    Hour,
    /// Everybody, for a year: a file whose name changes with its content.
    Immutable,
    /// Likewise, the browser of whoever asked alone.
    PrivateImmutable,
}

impl CachePolicy {
    /// Says so in the headers of an answer. What a shared cache may send while it asks for a newer one stands in a header for shared caches alone (RFC 9213):
    /// a browser that did the same would show people what was there before their own change.
    pub(super) fn write(self, headers: &mut HeaderMap) {
        headers.insert(header::CACHE_CONTROL, self.header());
        let outside = match self {
            Self::Shared => "max-age=3600, stale-while-revalidate=60",
            Self::Listed => "max-age=300, stale-while-revalidate=300",
            _ => return,
        };
        headers.insert(CDN_CACHE_CONTROL, HeaderValue::from_static(outside));
    }

    /// As it stands in `Cache-Control`.
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Shared => "public, max-age=0, s-maxage=3600, must-revalidate",
            Self::Listed => "public, max-age=0, s-maxage=300, must-revalidate",
            Self::Private => "private, no-cache",
            Self::Never => "no-store",
            Self::Revalidate => "public, no-cache",
            Self::Hour => "public, max-age=3600",
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::PrivateImmutable => "private, max-age=31536000, immutable",
        })
    }
}

/// Writes `Cache-Control` on every response that has none. A page that said it is for everybody is.
pub async fn write_cache_headers(mut request: Request, next: Next) -> Response {
    let keeping = request.extensions_mut().get_or_insert_default::<Keeping>().clone();
    let mut response = next.run(request).await;
    if keeping.tags().is_some() && response.extensions().get::<CachePolicy>().is_none() {
        response.extensions_mut().insert(CachePolicy::Revalidate);
    }
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        let policy = response.extensions().get::<CachePolicy>().copied().unwrap_or_default();
        // An error must not be kept where the file would be.
        let policy = if response.status().is_success() || response.status().as_u16() == 304 {
            policy
        } else {
            CachePolicy::Private
        };
        policy.write(response.headers_mut());
    }
    response
}
