//! Server functions: what forms post to and islands open. Each extracts, asks who calls, calls one verb of a domain and answers.

pub(crate) mod accounts;
pub(crate) mod event_stream;
pub(crate) mod images;
pub(crate) mod jobs;
pub(crate) mod notices;
pub(crate) mod projects;
pub(crate) mod revisions;
pub(crate) mod rooms;
pub(crate) mod studio;
pub(crate) mod webhooks;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};
use server::http::ApiError;
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

use crate::context::{Failure, FormState, Left};

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
    leave(Left::Problem(*error.into().0));
    FnError
}

/// Likewise, with the form it came of, so that the form comes back with what a person typed.
pub(crate) fn fail_form(error: impl Into<ApiError>, mut form: FormState) -> FnError {
    let error = error.into();
    form.error = Some(error.0.detail.clone());
    leave(Left::Form(*error.0, Box::new(form)));
    FnError
}

/// Shows a form again with what came of it, instead of sending the browser elsewhere.
pub(crate) fn show_form(form: FormState) {
    leave(Left::Shown(Box::new(form)));
}

fn leave(left: Left) {
    if let Some(failure) = use_context::<Failure>() {
        failure.leave(left);
    }
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

/// How often a page looks again by itself for something that takes a while, and after how many seconds each time. Not without end: it would take what somebody
/// types meanwhile away from them.
const LOOKS_MAX: u32 = 8;
const LOOK_AFTER: u32 = 2;

/// How often this page has looked again. To be asked before anything is waited for.
pub(crate) fn looks_so_far() -> u32 {
    use_query_map().read_untracked().get("look").and_then(|look| look.parse().ok()).unwrap_or(0)
}

/// Has the browser open this page again, a few times; `address` is the page's own, with a query.
pub(crate) fn look_again(address: &str, anchor: &str, looks: u32) {
    if looks < LOOKS_MAX {
        let refresh = format!("{LOOK_AFTER}; url={address}&look={}#{anchor}", looks + 1);
        answer_header(header::REFRESH, &refresh);
    }
}

/// A value as part of an address (RFC 3986: everything but the unreserved characters and the slash is escaped).
pub(crate) fn url_encoded(value: &str) -> String {
    let encoded = value.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}
