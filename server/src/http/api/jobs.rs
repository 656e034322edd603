//! Jobs that QStash delivers.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};

use crate::{
    http::{extract::RawBody, problem::ApiError},
    jobs::{self, Delivery, Failure, Kinds, PAYLOAD_MAX, Qstash, Ran, Then},
};

/// A payload, and what is around it.
pub(in crate::http) const JOB_BODY_MAX: usize = PAYLOAD_MAX + 1_024;
/// The same in base64, with headers and with the answer that it got, which may be somebody's page on the way.
pub(in crate::http) const FAILURE_BODY_MAX: usize = 8 * PAYLOAD_MAX;
/// A delivery that meets a program that stops comes again when another has started.
const STOPPING: Duration = Duration::from_secs(30);
/// What was given up is told only some times: not all of them while the database is away for a moment, or before the job was let go here.
const TOLD_AGAIN: Duration = Duration::from_secs(120);

/// QStash is not to try again.
const NOT_RETRYABLE: u16 = 489;

/// What deliveries need.
#[derive(Clone)]
pub(in crate::http) struct Outside {
    qstash: Qstash,
    kinds: Arc<Kinds>,
}

impl Outside {
    pub(in crate::http) fn new(qstash: Qstash, kinds: Kinds) -> Self {
        Self { qstash, kinds: Arc::new(kinds) }
    }
}

/// `POST /api/jobs/{kind}`: does a job. 200 when it is done, 500 when it is to be delivered again, 489 when not.
pub(in crate::http) async fn run_job(
    State(outside): State<Outside>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    RawBody(body): RawBody<JOB_BODY_MAX>,
) -> Result<Response, ApiError> {
    let ran = outside.qstash.receive(&outside.kinds, &kind, delivery(&headers, &body)).await?;
    Ok(match ran {
        Ran::Done => StatusCode::OK.into_response(),
        Ran::Failed(failure) => failed(failure),
        Ran::Unreadable(reason) => not_retryable(jobs::UNREADABLE, "The job cannot be read", reason),
    })
}

/// `POST /api/jobs/{kind}/failure`: keeps a job that was given up.
pub(in crate::http) async fn bury_job(
    State(outside): State<Outside>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    RawBody(body): RawBody<FAILURE_BODY_MAX>,
) -> Result<StatusCode, ApiError> {
    let buried = outside.qstash.bury(&outside.kinds, &kind, delivery(&headers, &body)).await;
    buried.map(|_| StatusCode::OK).map_err(|error| {
        let mut error = ApiError::from(error);
        error.0.retry_after = error.0.retry_after.map(|pause| pause.max(TOLD_AGAIN));
        error
    })
}

fn delivery<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> Delivery<'a> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Delivery {
        signature: header("upstash-signature"),
        message: header("upstash-message-id"),
        retried: header("upstash-retried").parse().unwrap_or_default(),
        body,
    }
}

/// A failure in QStash's terms. Its reason comes back with the failure callback, and stands with the dead letter.
fn failed(failure: Failure) -> Response {
    let (status, pause) = match failure.then {
        Then::GiveUp => return not_retryable(jobs::REFUSED, "The job was given up", failure.reason),
        Then::Retry => (StatusCode::INTERNAL_SERVER_ERROR, None),
        Then::RetryAfter(pause) => (StatusCode::INTERNAL_SERVER_ERROR, Some(pause)),
        Then::GiveBack => (StatusCode::SERVICE_UNAVAILABLE, Some(STOPPING)),
        Then::PutOff(pause) => (StatusCode::SERVICE_UNAVAILABLE, Some(pause)),
    };
    let mut error = ApiError::new(status, "job-failed", "The job failed", failure.reason);
    // Whole seconds, none lost.
    error.0.retry_after = pause.map(|pause| Duration::from_secs(pause.as_secs() + u64::from(pause.subsec_nanos() > 0)));
    error.into_response()
}

fn not_retryable(name: &'static str, title: &'static str, reason: String) -> Response {
    let status = StatusCode::from_u16(NOT_RETRYABLE).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let mut response = ApiError::new(status, name, title, reason).into_response();
    response.headers_mut().insert("upstash-nonretryable-error", HeaderValue::from_static("true"));
    response
}
