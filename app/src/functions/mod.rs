//! Server functions: what forms post to and islands open. Each extracts, asks who calls, calls one verb of a domain and answers.

pub(crate) mod event_stream;
pub(crate) mod projects;
pub(crate) mod studio;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};
use server::http::ApiError;
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

use crate::context::{Failure, Rejected};

/// A server function failed. What happened was left in the request's [`Failure`].
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
#[error("the server function failed")]
pub(crate) struct FnError;

impl FromServerFnError for FnError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self
    }
}

/// Leaves a problem where the route finds it.
pub(crate) fn fail(error: impl Into<ApiError>) -> FnError {
    fail_with(error.into(), None)
}

/// Likewise, with what a person typed, so that the form comes back with it.
pub(crate) fn fail_with(error: ApiError, rejected: Option<Rejected>) -> FnError {
    if let Some(failure) = use_context::<Failure>() {
        failure.leave(error, rejected);
    }
    FnError
}

/// Sends the browser to another page, to be asked for with GET.
pub(crate) fn see_other(path: &str) {
    let (Some(response), Ok(location)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(path)) else {
        return;
    };
    response.set_status(StatusCode::SEE_OTHER);
    response.insert_header(header::LOCATION, location);
}

/// Adds a header to the answer.
pub(crate) fn answer_header(name: HeaderName, value: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        response.append_header(name, value);
    }
}
