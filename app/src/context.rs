//! What pages and server functions find in their context: the services, the request, and a place to leave a problem.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use server::{
    http::{ApiError, Caller, ProblemParts},
    services::Services,
};

use crate::assets::Assets;

/// The services of this process.
pub(crate) fn services() -> Services {
    expect_context()
}

/// The built files.
pub(crate) fn assets() -> Assets {
    expect_context()
}

/// The request's headers; none while routes are listed at start.
pub(crate) fn headers() -> HeaderMap {
    use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default()
}

/// Who asks.
pub(crate) async fn caller() -> Result<Caller, ApiError> {
    Caller::of(&headers(), &services()).await
}

/// Sets the answer's status.
pub(crate) fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// What a person typed and what is wrong with it, so that a form comes back with both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) directive: String,
    pub(crate) reason: String,
}

/// Where a server function leaves what went wrong: a status and a body for programs, a page for people. Server functions themselves
/// know only one kind of failure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<Left>>>);

/// A problem, and what a person typed when it came of that.
type Left = (ProblemParts, Option<Rejected>);

impl Failure {
    /// Leaves a problem.
    pub(crate) fn leave(&self, error: ApiError, rejected: Option<Rejected>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((*error.0, rejected));
    }

    /// Takes what was left.
    pub(crate) fn take(&self) -> Option<Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
