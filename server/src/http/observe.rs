//! Every request gets an id, a span, a log line and its place in the metrics.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::{Instrument, field::Empty};
use uuid::Uuid;

use crate::{clock::milliseconds, metrics::UNMATCHED, services::Services};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const ID_MAX_CHARS: usize = 64;
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// Parameters of routes that stand for words of the program's own.
const WORDS: [&str; 4] = ["{*name}", "{kind}", "{stage}", "{number}"];
/// Letters that are told of an address which is none of ours.
const STRANGE_MAX_CHARS: usize = 40;

/// Under which name the log knows a request.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// What a request is counted under that no pattern matched, as whoever answers it knows: files have addresses and no patterns. A constant, so that
/// nobody outside can make labels up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteName(pub &'static str);

/// Gives a request its id (that of a proxy of ours, if it sent a sound one), runs it in a span, and tells how it went.
pub async fn observe(State(services): State<Services>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let is_ours = peer.is_none_or(|peer| services.config.http.trusts(peer));
    let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let sent = sent.filter(|id| is_ours && is_sound(id));
    let id = sent.map_or_else(|| services.clock.new_id().simple().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // A `traceparent` is not taken up, not even from a proxy, which passes on what it was sent: anybody could say whose trace a request belongs to,
    // and that it is to be sampled.
    let span = tracing::info_span!(
        "request",
        request.id = id,
        http.request.method = known(&method),
        http.route = Empty,
        url.path = Empty,
        http.response.status_code = Empty,
        error.type = Empty
    );
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (took, status) = (began.elapsed(), response.status());
    let named = response.extensions_mut().remove::<RouteName>();
    let matched = response.extensions_mut().remove::<MatchedPath>();
    let matched = matched.as_ref().map(MatchedPath::as_str);
    let route = named.map(|RouteName(name)| name).or(matched);
    tracing::record_all!(
        span,
        http.route = route,
        url.path = told(&path, matched),
        http.response.status_code = i64::from(status.as_u16()),
        error.type = status.is_server_error().then(|| status.as_str())
    );
    let route = route.unwrap_or(UNMATCHED);
    services.metrics.http.answered(route, method.as_str(), status.as_u16(), took, services.clock.now());
    span.in_scope(|| tracing::info!(status = status.as_u16(), milliseconds = milliseconds(took), "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Tells [`observe`], which is outside of all routers, where a request went. The innermost router knows best.
pub async fn tell_route(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(matched) = matched
        && response.extensions().get::<MatchedPath>().is_none()
    {
        response.extensions_mut().insert(matched);
    }
    response
}

/// A method as OpenTelemetry's conventions have it: whoever asks may make others up.
fn known(method: &Method) -> &'static str {
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

/// As much of a path as log and traces are told. What stands for a parameter may open something to whoever has it, such as the token of a letter or the
/// address of a shared project, unless it is an id or a word of ours; and of an address that is none of ours nobody knows what it holds.
fn told(path: &str, pattern: Option<&str>) -> String {
    let mut parts = path.split('/');
    let Some(pattern) = pattern else {
        let first: String = parts.nth(1).unwrap_or_default().chars().take(STRANGE_MAX_CHARS).collect();
        return if parts.next().is_some() { format!("/{first}/…") } else { format!("/{first}") };
    };
    let told = pattern.split('/').zip(parts).map(|(pattern, part)| {
        let is_plain = !pattern.starts_with('{') || WORDS.contains(&pattern) || Uuid::parse_str(part).is_ok();
        if is_plain { part } else { "…" }
    });
    told.collect::<Vec<_>>().join("/")
}

fn is_sound(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID_MAX_CHARS && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_ids_and_our_own_words_are_told_and_nothing_that_may_be_a_secret() {
        for (path, pattern, words) in [
            ("/", Some("/"), "/"),
            ("/api/health", Some("/api/health"), "/api/health"),
            ("/reset/hunter2", Some("/reset/{token}"), "/reset/…"),
            ("/p/bees-hunter2/card.png", Some("/p/{slug}/card.png"), "/p/…/card.png"),
            (
                "/projects/0190b6a0-3f0e-7000-8000-000000000000/files/src/hunter2.rs",
                Some("/projects/{id}/files/{*file}"),
                "/projects/0190b6a0-3f0e-7000-8000-000000000000/files/…",
            ),
            ("/projects/hunter2", Some("/projects/{id}"), "/projects/…"),
            ("/fn/sign_in", Some("/fn/{*name}"), "/fn/sign_in"),
            ("/wp-login.php", None, "/wp-login.php"),
            ("/reset/hunter2", None, "/reset/…"),
            ("*", None, "/"),
        ] {
            assert_eq!(told(path, pattern), words, "{path}");
        }
    }
}
