//! What pages ask of the webhooks domain.

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::{DeliveryId, EndpointId};
use server::{
    accounts::Visitor,
    events::webhooks::{Wanted, WebhooksError},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{FnError, fail, fail_form, see_other, show_form};
use crate::context::{FormState, caller, services};

const PAGE: &str = "/settings/webhooks";

async fn visitor() -> Result<Visitor, FnError> {
    let caller = caller().await.map_err(fail)?;
    caller.visitor().cloned().ok_or_else(|| fail(WebhooksError::NotMember))
}

fn page_of(endpoint: EndpointId) -> String {
    format!("{PAGE}/{endpoint}")
}

fn done(endpoint: EndpointId, what: &str) {
    see_other(&format!("{}?done={what}", page_of(endpoint)));
}

/// The field of a form that an error is about.
fn field(error: &WebhooksError) -> Option<&'static str> {
    match error {
        WebhooksError::Url(_) => Some("url"),
        WebhooksError::NoEvents | WebhooksError::UnknownEvent(_) => Some("events"),
        WebhooksError::Description => Some("description"),
        _ => None,
    }
}

fn again(error: WebhooksError, form: FormState) -> FnError {
    let form = FormState { field: field(&error), ..form };
    fail_form(error, form)
}

/// What was typed, and the form that holds it in case it comes back.
fn typed(form: FormState, url: String, description: String, events: BTreeMap<String, String>) -> (Wanted, FormState) {
    let form = form.with("url", &url).with("description", &description);
    let form = events.keys().fold(form, |form, name| form.with(format!("events[{name}]"), "on"));
    (Wanted { url, events: events.into_keys().collect(), description }, form)
}

/// Adds an endpoint.
#[server(prefix = "/fn", endpoint = "add_webhook")]
pub(crate) async fn add_webhook(
    #[server(default)] url: String,
    #[server(default)] description: String,
    #[server(default)] events: BTreeMap<String, String>,
) -> Result<(), FnError> {
    let (wanted, form) = typed(FormState::of("add_webhook", PAGE), url, description, events);
    let added = services().webhooks.add(&visitor().await?, &wanted).await;
    done(added.map_err(|e| again(e, form))?, "added");
    Ok(())
}

/// Changes an endpoint.
#[server(prefix = "/fn", endpoint = "change_webhook")]
pub(crate) async fn change_webhook(
    endpoint: String,
    #[server(default)] url: String,
    #[server(default)] description: String,
    #[server(default)] events: BTreeMap<String, String>,
) -> Result<(), FnError> {
    let endpoint: EndpointId = endpoint.parse().map_err(fail)?;
    let (wanted, form) = typed(FormState::of("change_webhook", page_of(endpoint)), url, description, events);
    let changed = services().webhooks.change(&visitor().await?, endpoint, &wanted).await;
    changed.map_err(|e| again(e, form))?;
    done(endpoint, "changed");
    Ok(())
}

/// Switches an endpoint on or off. May be sent twice.
#[server(prefix = "/fn", endpoint = "switch_webhook")]
pub(crate) async fn switch_webhook(endpoint: String, #[server(default)] on: Option<String>) -> Result<(), FnError> {
    let endpoint: EndpointId = endpoint.parse().map_err(fail)?;
    services().webhooks.switch(&visitor().await?, endpoint, on.is_some()).await.map_err(fail)?;
    done(endpoint, if on.is_some() { "on" } else { "off" });
    Ok(())
}

/// Removes an endpoint. May be sent twice.
#[server(prefix = "/fn", endpoint = "remove_webhook")]
pub(crate) async fn remove_webhook(endpoint: String) -> Result<(), FnError> {
    let endpoint: EndpointId = endpoint.parse().map_err(fail)?;
    services().webhooks.remove(&visitor().await?, endpoint).await.map_err(fail)?;
    see_other(&format!("{PAGE}?done=removed"));
    Ok(())
}

/// Shows an endpoint's secret.
#[server(prefix = "/fn", endpoint = "reveal_webhook")]
pub(crate) async fn reveal_webhook(endpoint: String) -> Result<(), FnError> {
    let endpoint: EndpointId = endpoint.parse().map_err(fail)?;
    let secret = services().webhooks.reveal(&visitor().await?, endpoint).await.map_err(fail)?;
    show_form(FormState { secret: Some(secret), ..FormState::of("reveal_webhook", page_of(endpoint)) });
    Ok(())
}

/// Gives an endpoint another secret, and shows it. Sent twice from one page, it gives one.
#[server(prefix = "/fn", endpoint = "rotate_webhook")]
pub(crate) async fn rotate_webhook(endpoint: String, #[server(default)] seen: String) -> Result<(), FnError> {
    let endpoint: EndpointId = endpoint.parse().map_err(fail)?;
    // What nobody's page holds is no moment of ours: nothing is replaced then.
    let seen = match seen.as_str() {
        "" => None,
        typed => Some(OffsetDateTime::parse(typed, &Rfc3339).unwrap_or(OffsetDateTime::UNIX_EPOCH)),
    };
    let secret = services().webhooks.rotate(&visitor().await?, endpoint, seen).await.map_err(fail)?;
    show_form(FormState { secret: Some(secret), ..FormState::of("reveal_webhook", page_of(endpoint)) });
    Ok(())
}

/// Tells an endpoint something that did not happen.
#[server(prefix = "/fn", endpoint = "test_webhook")]
pub(crate) async fn test_webhook(endpoint: String) -> Result<(), FnError> {
    let endpoint: EndpointId = endpoint.parse().map_err(fail)?;
    let form = FormState::of("test_webhook", page_of(endpoint));
    services().webhooks.test(&visitor().await?, endpoint).await.map_err(|e| again(e, form))?;
    done(endpoint, "sent");
    Ok(())
}

/// Tells an endpoint once more what a delivery told it.
#[server(prefix = "/fn", endpoint = "redeliver_webhook")]
pub(crate) async fn redeliver_webhook(endpoint: String, delivery: String) -> Result<(), FnError> {
    let (endpoint, delivery): (EndpointId, DeliveryId) =
        (endpoint.parse().map_err(fail)?, delivery.parse().map_err(fail)?);
    let form = FormState::of("test_webhook", page_of(endpoint));
    let told = services().webhooks.redeliver(&visitor().await?, delivery).await.map_err(|e| again(e, form))?;
    done(told, "sent");
    Ok(())
}
