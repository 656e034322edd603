//! The event log as server-sent events (WHATWG HTML, section 9.2).

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use model::{GenerationId, Logged, Seq};
use serde::Deserialize;

use super::{extract::Caller, problem::ApiError};
use crate::{metrics::Metrics, services::Services, studio::Follower};

/// The content type of an event stream.
pub const EVENT_STREAM: &str = "text/event-stream";

/// A comment this often keeps proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a browser waits before it reconnects.
const RETRY: &str = "retry: 1000\n\n";

#[derive(Deserialize)]
pub(super) struct EventsQuery {
    after: Option<String>,
}

/// `GET /api/generations/{id}/events`: everything after `Last-Event-ID` (or `?after=`), then live to the last event.
pub(super) async fn generation_events(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<EventsQuery>,
) -> Result<Response, ApiError> {
    let id: GenerationId = id.parse()?;
    let after = last_event_id(&headers, query.after.as_deref())?;
    let generation = services.studio.generation(caller.user(), id).await?;
    if generation.status.is_final() && after >= generation.last_seq {
        // 204 is how an EventSource is told not to come back.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let follower = services.studio.follow(caller.user(), id, after).await?;
    let frames = event_frames(follower, services.metrics.clone(), event_frame);
    let mut response = Body::from_stream(frames.map(Ok::<_, Infallible>)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// Where a reader is: the `Last-Event-ID` header that a reconnecting browser sends, else `?after=`, else the start.
///
/// # Errors
/// 400 when it is not the number of an event.
pub fn last_event_id(headers: &HeaderMap, after: Option<&str>) -> Result<Seq, ApiError> {
    let bad = || ApiError::bad_request("`Last-Event-ID` and `after` take the number of an event: 0 or more.");
    let header = headers.get("last-event-id").map(|value| value.to_str().map_err(|_| bad())).transpose()?;
    match header.or(after).filter(|text| !text.is_empty()) {
        None => Ok(0),
        Some(text) => text.parse::<Seq>().ok().filter(|seq| *seq >= 0).ok_or_else(bad),
    }
}

/// One event as it goes over the wire.
pub fn event_frame(event: &Logged) -> String {
    format!("id: {}\nevent: {}\ndata: {}\n\n", event.seq, event.kind, event.data)
}

/// The frames of a generation as they come, with a sign of life when nothing comes. Ends after the last event.
pub fn event_frames(
    follower: Follower,
    metrics: Metrics,
    frame: impl FnMut(&Logged) -> String + Send + 'static,
) -> impl Stream<Item = Bytes> + Send + 'static {
    let open = OpenStream::new(metrics);
    let frames = stream::unfold((follower, frame, open), |(mut follower, mut frame, open)| async move {
        match tokio::time::timeout(KEEP_ALIVE, follower.next()).await {
            Err(_) => Some((Bytes::from_static(b": still here\n\n"), (follower, frame, open))),
            Ok(None) => None,
            Ok(Some(events)) => {
                let text: String = events.iter().map(&mut frame).collect();
                Some((Bytes::from(text), (follower, frame, open)))
            }
        }
    });
    stream::once(async { Bytes::from_static(RETRY.as_bytes()) }).chain(frames)
}

/// Counts a stream for as long as it is open.
struct OpenStream(Metrics);

impl OpenStream {
    fn new(metrics: Metrics) -> Self {
        metrics.followers.inc();
        Self(metrics)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.followers.dec();
    }
}
