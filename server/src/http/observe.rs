//! Every request gets an id, a span, a log line and its place in the metrics.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{clock::milliseconds, metrics::UNMATCHED, services::Services};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const ID_MAX_CHARS: usize = 64;

/// Under which name the log knows a request.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Gives a request its id (the proxy's, if it sent a sound one), runs it in a span, and tells how it went.
pub async fn observe(State(services): State<Services>, mut request: Request, next: Next) -> Response {
    let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_sound(id));
    let id = sent.map_or_else(|| services.clock.new_id().simple().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id, %method, path);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (took, status) = (began.elapsed(), response.status());
    let matched = response.extensions_mut().remove::<MatchedPath>();
    let route = matched.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
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

fn is_sound(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID_MAX_CHARS && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
