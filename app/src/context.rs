//! What pages and server functions find in their context: the services, the request, and a place to leave a problem.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, StatusCode, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use server::{
    accounts::{Client, Visitor},
    cache::Tag,
    http::{ApiError, Caller, Keeping, ProblemParts, client_of},
    services::Services,
};

use crate::assets::Assets;

/// The services of this process.
pub(crate) fn services() -> Services {
    expect_context()
}

/// The built files.
pub(crate) fn assets() -> Arc<Assets> {
    expect_context()
}

/// Something of the request, which is not copied for it; nothing while routes are listed at start.
pub(crate) fn of_request<T>(look: impl FnOnce(&Parts) -> T) -> Option<T> {
    with_context::<Parts, _>(look)
}

/// The request's headers; none while routes are listed at start.
pub(crate) fn headers() -> HeaderMap {
    of_request(|parts| parts.headers.clone()).unwrap_or_default()
}

/// Who asks, found out once for a request.
#[derive(Clone)]
pub(crate) struct Known(pub(crate) Result<Caller, ApiError>);

/// Who asks.
pub(crate) async fn caller() -> Result<Caller, ApiError> {
    match known() {
        Some(known) => known.0,
        None => Caller::of(&headers(), &services()).await,
    }
}

/// Who asks, for what goes on in a task of its own: when whoever asked goes away, that finds no context any more.
pub(crate) struct Asker {
    pub(crate) services: Services,
    known: Option<Known>,
    headers: HeaderMap,
}

impl Asker {
    /// Of this request.
    pub(crate) fn of_request() -> Self {
        Self { services: services(), known: known(), headers: headers() }
    }

    /// Who it is.
    pub(crate) async fn caller(&self) -> Result<Caller, ApiError> {
        match &self.known {
            Some(known) => known.0.clone(),
            None => Caller::of(&self.headers, &self.services).await,
        }
    }
}

/// Who asks, on pages for one reader; unknown on pages that are the same for everybody.
pub(crate) fn known() -> Option<Known> {
    of_request(|parts| parts.extensions.get::<Known>().cloned())?
}

/// Makes sure that an administrator asks. For everybody else the answer is that of an address where nothing is.
pub(crate) async fn administrator() -> Result<(), ApiError> {
    let is_admin = caller().await?.visitor().is_some_and(Visitor::is_admin);
    if is_admin { Ok(()) } else { Err(ApiError::not_found()) }
}

/// Whether an administrator reads this, on pages for one reader.
pub(crate) fn is_for_administrator() -> bool {
    let caller = known().and_then(|known| known.0.ok());
    caller.is_some_and(|caller| caller.visitor().is_some_and(Visitor::is_admin))
}

/// From where somebody asks.
pub(crate) fn client() -> Option<Client> {
    of_request(|parts| client_of(parts, &services()))
}

/// This page is the same for everybody, as long as nothing of these changes.
pub(crate) fn for_everybody(tags: impl IntoIterator<Item = Tag>) {
    if let Some(keeping) = of_request(|parts| parts.extensions.get::<Keeping>().cloned()).flatten() {
        keeping.for_everybody(tags);
    }
}

/// Sets the answer's status.
pub(crate) fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

/// A form to be shown again: what a person typed, and what is wrong with it or what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FormState {
    /// The server function it posts to, which names it.
    pub(crate) form: &'static str,
    /// The page it is on.
    pub(crate) page: String,
    /// What was typed, by field. Passwords are never among it.
    pub(crate) typed: Vec<(Cow<'static, str>, String)>,
    /// The field that is wrong; none when it is the whole.
    pub(crate) field: Option<&'static str>,
    /// What is wrong, in words.
    pub(crate) error: Option<String>,
    /// What is shown this once and never again.
    pub(crate) secret: Option<String>,
}

impl FormState {
    /// A form on a page.
    pub(crate) fn of(form: &'static str, page: impl Into<String>) -> Self {
        Self { form, page: page.into(), ..Self::default() }
    }

    /// What was typed into a field.
    pub(crate) fn typed_in(&self, field: &str) -> Option<String> {
        self.typed.iter().find(|(name, _)| name == field).map(|(_, typed)| typed.clone())
    }

    /// With something that was typed.
    pub(crate) fn with(mut self, field: impl Into<Cow<'static, str>>, typed: &str) -> Self {
        self.typed.push((field.into(), typed.to_owned()));
        self
    }
}

/// Where a server function leaves what went wrong: a status and a body for programs, a page for people. Server functions themselves
/// know only one kind of failure.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<Left>>>);

/// What a server function left for whoever asked.
#[derive(Debug)]
pub(crate) enum Left {
    /// A problem.
    Problem(ProblemParts),
    /// A problem of a form that is to be shown again.
    Form(ProblemParts, Box<FormState>),
    /// A form to be shown with what came of it.
    Shown(Box<FormState>),
}

impl Failure {
    /// Leaves something.
    pub(crate) fn leave(&self, left: Left) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }

    /// Takes what was left.
    pub(crate) fn take(&self) -> Option<Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
