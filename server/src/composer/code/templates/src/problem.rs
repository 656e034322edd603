//! What is answered when something cannot be done: `application/problem+json`, as RFC 9457 describes it.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;
use sqlx::error::{DatabaseError, ErrorKind};

/// Why a request was not answered as asked. The text is the `detail` that the caller reads.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// 400: the request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// 401: no token, or one that is not known or was disabled.
    #[error("Send a token that is known here as \"Authorization: Bearer <token>\".")]
    Unauthorized,
    /// 403: the caller's role may not do this.
    #[error("A caller in the role \"{0}\" may not do this.")]
    Forbidden(&'static str),
    /// 404: no such address.
    #[error("There is nothing at this address.")]
    NoRoute,
    /// 404: no such row.
    #[error("There is no {0} with this id.")]
    Missing(&'static str),
    /// 405: the address takes other methods.
    #[error("This address does not take this method.")]
    NoMethod,
    /// 409: it clashes with what is there.
    #[error("{0}")]
    Conflict(String),
    /// 413: the body is too long.
    #[error("The body is longer than 64 kB.")]
    TooLarge,
    /// 415: the body is not JSON.
    #[error("Send the body as JSON, with \"Content-Type: application/json\".")]
    NotJson,
    /// 422: fields that will not do, all of them at once.
    #[error("The body has fields that will not do.")]
    Invalid(Vec<Fault>),
    /// 500: the database refused or did not answer.
    #[error("Something went wrong on our side. It is in the log.")]
    Internal(#[source] sqlx::Error),
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The field's name.
    pub field: String,
    /// Why it will not do, continuing the name: "must be a day".
    pub reason: String,
}

impl Problem {
    /// A problem with a single field.
    pub fn with_field(field: &str, reason: &str) -> Self {
        Self::Invalid(vec![Fault { field: field.to_owned(), reason: reason.to_owned() }])
    }

«of_removal»    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NoRoute | Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<sqlx::Error> for Problem {
    /// What a caller can put right says so; the rest is ours.
    fn from(error: sqlx::Error) -> Self {
        let Some(refused) = error.as_database_error() else { return Self::Internal(error) };
        match refused.kind() {
            ErrorKind::ForeignKeyViolation => {
                Self::with_field(&columns(refused, "_fkey"), "refers to nothing that is there")
            }
            ErrorKind::UniqueViolation => {
                Self::Conflict(format!("There is one with this {} already.", columns(refused, "_key")))
            }
            _ => Self::Internal(error),
        }
    }
}

/// Constraints are named `<table>_<columns>_<what>`; see `migrations/`.
fn columns(refused: &dyn DatabaseError, what: &str) -> String {
    let name = refused.constraint().unwrap_or_default();
    let table = format!("{}_", refused.table().unwrap_or_default());
    let name = name.strip_prefix(&table).unwrap_or(name);
    name.strip_suffix(what).unwrap_or(name).to_owned()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Internal(error) = &self {
            tracing::error!(%error, "the database refused");
        }
        let status = self.status();
        let mut body = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": self.to_string(),
        });
        if let Self::Invalid(faults) = &self {
            body["errors"] = json!(faults);
        }
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
