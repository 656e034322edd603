//! More at once than can be answered in time: what is too much is refused at once, so that the rest is answered.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body::{Frame, SizeHint};
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
/// Times as many as may be under way may be those whose rest is waited for.
const COMING: usize = 4;
/// What says how the program is, and is asked for most when it is not well.
const ALWAYS: [&str; 3] = ["/api/health", "/api/ready", "/metrics"];

/// Requests under way, and the most there may be.
#[derive(Clone)]
pub struct Overload {
    under_way: Arc<AtomicUsize>,
    /// Requests of which the rest is waited for, beside those.
    coming: Arc<AtomicUsize>,
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
        Self { under_way: Arc::default(), coming: Arc::default(), most, metrics }
    }

    fn begin(&self) -> Option<Arc<UnderWay>> {
        self.metrics.under_way.inc();
        let others = self.under_way.fetch_add(1, Ordering::Relaxed);
        // Given back at once where there was no place.
        let place = UnderWay { overload: self.clone(), is_lent: AtomicBool::new(false) };
        (others < self.most).then(|| Arc::new(place))
    }
}

/// One that is under way, until it is answered or whoever asked went away.
struct UnderWay {
    overload: Overload,
    /// Whether its place is lent to another.
    is_lent: AtomicBool,
}

impl UnderWay {
    /// Lets another have its place, unless many do already: all of them may want it back at once.
    fn lend(&self) {
        let Overload { under_way, coming, most, metrics } = &self.overload;
        if self.is_lent.load(Ordering::Relaxed) {
            return;
        }
        if coming.fetch_add(1, Ordering::Relaxed) >= COMING * most {
            coming.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        self.is_lent.store(true, Ordering::Relaxed);
        under_way.fetch_sub(1, Ordering::Relaxed);
        metrics.under_way.dec();
    }

    fn take_back(&self) {
        if self.is_lent.swap(false, Ordering::Relaxed) {
            self.overload.coming.fetch_sub(1, Ordering::Relaxed);
            self.overload.under_way.fetch_add(1, Ordering::Relaxed);
            self.overload.metrics.under_way.inc();
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.take_back();
        self.overload.under_way.fetch_sub(1, Ordering::Relaxed);
        self.overload.metrics.under_way.dec();
    }
}

/// What comes with a request. While it is waited for there is nothing to do, and the place is another's: else whoever sends slowly would keep everybody out.
struct Coming {
    body: Body,
    place: Arc<UnderWay>,
}

impl HttpBody for Coming {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let coming = self.get_mut();
        let polled = Pin::new(&mut coming.body).poll_frame(task);
        if polled.is_pending() {
            coming.place.lend();
        } else {
            coming.place.take_back();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Coming {
    /// Whoever reads no further works with what they have.
    fn drop(&mut self) {
        self.place.take_back();
    }
}

/// Refuses what is more than may be under way. A request is until the first byte of its answer, so that whoever follows a stream takes no place.
pub async fn refuse_excess(State(overload): State<Overload>, request: Request, next: Next) -> Response {
    let place = overload.begin();
    if place.is_none() && !ALWAYS.contains(&request.uri().path()) {
        overload.metrics.refused.inc();
        return refusal(request.headers());
    }
    let request = match &place {
        Some(place) if !request.body().is_end_stream() => {
            request.map(|body| Body::new(Coming { body, place: Arc::clone(place) }))
        }
        _ => request,
    };
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
