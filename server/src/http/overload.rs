//! More at once than can be answered in time: what is too much is refused at once, so that the rest is answered.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// What whoever is refused is told, as a page and for programs. Nothing is rendered for it: that would be work, and there is too much of that.
const PAGE: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Busy · Atlas9</title></head>\
     <body><h1>Too many at once</h1><p>Atlas9 answers as many as it can right now. Nothing was changed or lost: try again in a moment.</p></body></html>";
const PROBLEM: &str = "{\"type\":\"/problems/overloaded\",\"title\":\"Too many requests at once\",\"status\":503,\
     \"detail\":\"Nothing was changed or lost: try again in a moment.\"}";
/// Seconds after which it is worth trying again.
const AGAIN: HeaderValue = HeaderValue::from_static("1");
/// What says how the program is, and is asked for most when it is not well.
const ALWAYS: [&str; 3] = ["/api/health", "/api/ready", "/metrics"];

/// Requests under way, and the most there may be.
#[derive(Clone)]
pub struct Overload {
    under_way: Arc<AtomicUsize>,
    most: usize,
    metrics: OverloadMetrics,
}

/// What is measured of them.
#[derive(Debug, Clone, Default)]
pub struct OverloadMetrics {
    /// Requests that wait for their answer's first byte.
    pub under_way: Gauge,
    /// Requests that were refused because too many did.
    pub refused: Counter,
}

impl OverloadMetrics {
    /// Adds them to the program's.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests_under_way", "Requests being answered", self.under_way.clone());
        registry.register(
            "http_requests_refused",
            "Requests refused because too many were under way",
            self.refused.clone(),
        );
    }
}

impl Overload {
    /// Lets so many be under way.
    pub fn new(most: usize, metrics: OverloadMetrics) -> Self {
        Self { under_way: Arc::default(), most, metrics }
    }

    fn begin(&self) -> Option<UnderWay> {
        self.metrics.under_way.inc();
        let others = self.under_way.fetch_add(1, Ordering::Relaxed);
        // Given back at once where there was no place.
        let place = UnderWay(self.clone());
        (others < self.most).then_some(place)
    }
}

/// One that is under way, until it is answered or whoever asked went away.
struct UnderWay(Overload);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
        self.0.metrics.under_way.dec();
    }
}

/// Refuses what is more than may be under way. A request is until the first byte of its answer, so that whoever follows a stream takes no place.
pub async fn refuse_excess(State(overload): State<Overload>, request: Request, next: Next) -> Response {
    let place = overload.begin();
    if place.is_none() && !ALWAYS.contains(&request.uri().path()) {
        overload.metrics.refused.inc();
        return refusal(request.headers());
    }
    next.run(request).await
}

fn refusal(asked: &HeaderMap) -> Response {
    let accepts = asked.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (kind, body) = if accepts.contains("text/html") {
        ("text/html; charset=utf-8", PAGE)
    } else {
        ("application/problem+json", PROBLEM)
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::RETRY_AFTER, AGAIN),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, Body::from(body)).into_response()
}
