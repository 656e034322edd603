//! Strong entity tags (RFC 9110, section 8.8.3) for answers that are made on request: whoever has the same bytes already is told so, and sent none.
//!
//! A tag is of the bytes as they are made ([`tag_answers`], inside of the compression). Compressed they are other bytes, whose tag says how
//! ([`tell_encodings`], outside of it): that is added on the way out, and taken off on the way in.

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use xxhash_rust::xxh3::xxh3_128;

use super::CachePolicy;

/// Larger answers have none.
const TAGGED_MAX_BYTES: usize = 1 << 20;
/// How a tag ends, by how its bytes are compressed.
const ENDINGS: [(&str, &str); 2] = [("br", "-br\""), ("gzip", "-gz\"")];

/// Gives an answer that comes as a whole the tag of its bytes, unless it has one, and leaves the bytes out for whoever has them.
pub async fn tag_answers(request: Request, next: Next) -> Response {
    let is_asked_for = *request.method() == Method::GET;
    let sent: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let response = next.run(request).await;
    if !is_asked_for || !gets_tag(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // It is in memory as a whole: nothing is waited for, and nothing can fail.
    let bytes = to_bytes(body, TAGGED_MAX_BYTES).await.unwrap_or_default();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(xxh3_128(&bytes).to_be_bytes()));
    let is_known = sent.iter().any(|sent| names(sent, &tag));
    parts.headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    if !is_known {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    for of_bytes in [header::CONTENT_LENGTH, header::CONTENT_TYPE] {
        parts.headers.remove(of_bytes);
    }
    Response::from_parts(parts, Body::empty())
}

fn gets_tag(response: &Response) -> bool {
    let headers = response.headers();
    let size = response.body().size_hint().exact();
    response.status() == StatusCode::OK
        && size.is_some_and(|size| size <= TAGGED_MAX_BYTES as u64)
        && response.extensions().get::<CachePolicy>() != Some(&CachePolicy::Never)
        && ![header::ETAG, header::SET_COOKIE].iter().any(|name| headers.contains_key(name))
}

/// Tells the tags of what was compressed from those of what was not.
pub async fn tell_encodings(mut request: Request, next: Next) -> Response {
    let sent = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let taken = ENDINGS.into_iter().filter(|(coding, _)| takes(request.headers(), coding)).collect::<Vec<_>>();
    if !sent.is_empty() {
        plain(request.headers_mut(), &sent, &taken);
    }
    let is_head = *request.method() == Method::HEAD;
    let mut response = next.run(request).await;
    let Some(tag) = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return response };
    let Some(stem) = tag.strip_suffix('"').filter(|_| tag.starts_with('"')) else { return response };
    let is_known = response.status() == StatusCode::NOT_MODIFIED;
    let ending = ENDINGS.iter().find(|(coding, ending)| {
        if is_known {
            // Whichever it has is the one that is meant.
            return sent.iter().any(|sent| names(sent, &format!("{stem}{ending}")));
        }
        response.headers().get(header::CONTENT_ENCODING).is_some_and(|with| with.as_bytes() == coding.as_bytes())
    });
    let tag = ending.and_then(|(_, ending)| HeaderValue::try_from(format!("{stem}{ending}")).ok());
    let headers = response.headers_mut();
    if is_known {
        // As the answer that it stands for would have said.
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag);
    } else if is_head && !taken.is_empty() {
        // What has no body is not compressed: which tag the body would have had cannot be told.
        headers.remove(header::ETAG);
    }
    response
}

/// Whether whoever asks takes this coding.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|accepted| accepted.to_str().ok());
    accepted.flat_map(|accepted| accepted.split(',')).any(|one| {
        let (name, quality) = one.split_once(';').unwrap_or((one, ""));
        let is_refused = quality.trim().strip_prefix("q=").is_some_and(|q| q.parse().is_ok_and(|q: f32| q <= 0.0));
        name.trim().eq_ignore_ascii_case(coding) && !is_refused
    })
}

/// As if whoever asks had all of it uncompressed. Nothing is said of what is compressed in a way that they do not take now: a cache may ask for others.
fn plain(headers: &mut HeaderMap, sent: &[HeaderValue], taken: &[(&str, &str)]) {
    headers.remove(header::IF_NONE_MATCH);
    let tags = sent.iter().filter_map(|tags| tags.to_str().ok()).flat_map(|tags| tags.split(','));
    let tags = tags.filter_map(|tag| {
        let tag = tag.trim();
        match ENDINGS.iter().find(|(_, ending)| tag.ends_with(ending)) {
            None => Some(tag.to_owned()),
            Some(known) => taken.contains(known).then(|| format!("{}\"", &tag[..tag.len() - known.1.len()])),
        }
    });
    let tags = tags.collect::<Vec<_>>().join(", ");
    if !tags.is_empty() {
        headers.extend(HeaderValue::try_from(tags).ok().map(|tags| (header::IF_NONE_MATCH, tags)));
    }
}

/// Whether a browser has this version already (RFC 9110, section 13.1.2).
pub(super) fn names(sent: &HeaderValue, tag: &str) -> bool {
    let sent = sent.to_str().unwrap_or_default();
    sent.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn, routing::get};
    use tower::{ServiceBuilder, ServiceExt};

    use super::*;
    use crate::http::compression_layer;

    fn router() -> Router {
        let layers = ServiceBuilder::new().layer(from_fn(tell_encodings)).layer(compression_layer());
        let streamed = || async {
            let parts = futures::stream::iter(["a", "b"].map(|part| Ok::<_, std::io::Error>(part.repeat(200))));
            Body::from_stream(parts)
        };
        Router::new()
            .route("/", get(|| async { "knobs and trust ".repeat(50) }))
            .route("/streamed", get(streamed))
            .route("/gone", get(|| async { (StatusCode::GONE, "x".repeat(100)) }))
            .layer(layers.layer(from_fn(tag_answers)))
    }

    async fn ask(path: &str, headers: &[(&str, &str)]) -> (StatusCode, String, Vec<u8>) {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let tag = response.headers().get(header::ETAG).map_or("", |tag| tag.to_str().unwrap()).to_owned();
        let status = response.status();
        (status, tag, to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn other_bytes_have_another_tag_and_whoever_has_them_is_sent_none() {
        let mut tags = Vec::new();
        for accepted in ["identity", "gzip", "br"] {
            let (status, tag, bytes) = ask("/", &[("accept-encoding", accepted)]).await;
            assert_eq!((status, bytes.is_empty()), (StatusCode::OK, false));
            assert!(tag.starts_with('"') && !tags.contains(&tag), "strong, and of these bytes alone: {tag}");
            for sent in [tag.clone(), format!("\"x\", {tag}"), format!("W/{tag}")] {
                let again = ask("/", &[("accept-encoding", accepted), ("if-none-match", &sent)]).await;
                assert_eq!(again, (StatusCode::NOT_MODIFIED, tag.clone(), Vec::new()), "{sent}");
            }
            tags.push(tag);
        }
        let (status, ..) = ask("/", &[("if-none-match", "\"another\"")]).await;
        assert_eq!(status, StatusCode::OK);
        // A cache that has it as brotli asks for somebody who does not take that.
        for accepted in ["gzip", "br;q=0, gzip", "identity"] {
            let (status, ..) = ask("/", &[("accept-encoding", accepted), ("if-none-match", &tags[2])]).await;
            assert_eq!(status, StatusCode::OK, "{accepted}");
        }
    }

    #[tokio::test]
    async fn what_streams_or_failed_has_no_tag() {
        for (path, expected) in [("/streamed", StatusCode::OK), ("/gone", StatusCode::GONE)] {
            let (status, tag, bytes) = ask(path, &[("if-none-match", "*")]).await;
            assert_eq!((status, &*tag), (expected, ""));
            assert!(!bytes.is_empty());
        }
    }
}
