//! Errors on their way out. Domains say what went wrong; here, and only here, that becomes a status and a body.

mod of_domains;

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{Problem, Scope};

/// What went wrong, ready to be put into words for a program or a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemParts {
    /// HTTP status.
    pub status: StatusCode,
    /// A stable name.
    pub name: &'static str,
    /// The kind, in words.
    pub title: &'static str,
    /// This occurrence, in words, with what to do about it.
    pub detail: String,
    /// When it is worth trying again, where that is known.
    pub retry_after: Option<Duration>,
}

/// An error of a route. It travels as an extension of the response; [`present_problem`] or a page gives it its body.
#[derive(Debug, Clone)]
pub struct ApiError(pub Box<ProblemParts>);

impl ApiError {
    /// An error with this status, stable name, title and detail.
    pub fn new(status: StatusCode, name: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemParts { status, name, title, detail: detail.into(), retry_after: None }))
    }

    /// 404, the same for what does not exist and what somebody else owns.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "There is nothing at this address, or it is not yours to see.",
        )
    }

    /// 400.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be understood", detail)
    }

    /// A status of the framework's own, for an address or query it cannot read.
    pub fn refused(status: StatusCode) -> Self {
        Self::new(status, "bad-request", "The request cannot be understood", "The address or its query cannot be read.")
    }

    /// 422.
    pub fn unprocessable(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, name, "The request cannot be carried out", detail)
    }

    /// 413, where a body may have this many bytes.
    pub fn larger_than(bytes: usize) -> Self {
        let detail = format!("The body is larger than {} kB. Send less.", bytes / 1_024);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", detail)
    }

    /// 415.
    pub fn unsupported(takes: &str) -> Self {
        let detail = format!("Send the body with Content-Type: {takes}.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-type", "The content type is not supported", detail)
    }

    /// 503.
    pub fn unavailable() -> Self {
        let detail = "The database does not answer right now. Nothing was lost; try again in a moment.";
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable", detail);
        error.0.retry_after = Some(Duration::from_secs(2));
        error
    }

    /// 503 in words of its own: everybody wants the same right now.
    fn busy(detail: String) -> Self {
        let mut busy = Self::unavailable();
        busy.0.detail = detail;
        busy
    }

    /// 429.
    pub fn limited(detail: impl Into<String>, retry_after: Duration) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", "Too many tries", detail);
        error.0.retry_after = Some(retry_after);
        error
    }

    /// 401, for an API token that is none, not ours, revoked or expired.
    pub fn bad_token() -> Self {
        let detail = "The Authorization header holds no valid API token. Make one on /settings, and send \"Bearer \" and its words.";
        Self::new(StatusCode::UNAUTHORIZED, "bad-token", "Not signed in", detail)
    }

    /// 403, for an API token that may not do this.
    pub fn out_of_scope(needed: Scope) -> Self {
        let detail = format!("This API token lacks the scope \"{}\".", needed.as_str());
        Self::new(StatusCode::FORBIDDEN, "out-of-scope", "Not allowed", detail)
    }

    /// 500. What happened goes to the log, not to the caller.
    pub fn internal() -> Self {
        let detail = "Something went wrong on our side. The request id finds it in the log.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        if let Some(wait) = self.0.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Atlas9\""));
        }
        response.extensions_mut().insert(*self.0);
        response
    }
}

/// A problem as the body of a response (RFC 9457), keeping the headers it already has.
pub fn present_problem(mut response: Response, parts: ProblemParts, request_id: &str) -> Response {
    let problem = Problem {
        kind: format!("/problems/{}", parts.name),
        title: parts.title.to_owned(),
        status: parts.status.as_u16(),
        detail: parts.detail,
        request_id: request_id.to_owned(),
    };
    *response.body_mut() = Body::from(serde_json::to_vec(&problem).unwrap_or_default());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
