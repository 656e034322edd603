//! One endpoint: its secret, what it is told, and what was tried.

use leptos::{either::Either, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};
use model::{EndpointId, Page, PageLimit};
use server::{
    events::webhooks::{ATTEMPTS, Delivery, Endpoint},
    http::ApiError,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Section,
    webhooks::{EndpointFields, state},
};
use crate::{
    components::{
        form::{FormError, Notice, state_of},
        title::PageTitle,
    },
    context::{caller, services},
    pages::{id_of_address, page_of},
};

/// What the page says about what was just done, by the word in its query.
const DONE: [(&str, &str); 5] = [
    ("added", "The endpoint is added. Give the other side its secret, then send a test."),
    ("changed", "The endpoint is changed."),
    ("on", "The endpoint is switched on. What happened meanwhile is not told."),
    ("off", "The endpoint is switched off."),
    ("sent", "It is on its way. Load the page again in a moment to see how it went."),
];

/// `/settings/webhooks/{id}`.
#[component]
pub(crate) fn Webhook() -> impl IntoView {
    let (id, query) = (id_of_address(), use_query_map().get_untracked());
    let done = query.get("done").and_then(|word| DONE.iter().find(|(known, _)| *known == word)).map(|(_, text)| *text);
    let cursor = query.get("cursor").filter(|cursor| !cursor.is_empty());
    let is_first = cursor.is_none();
    let page = page_of(load(id.clone(), cursor), move |found| match found {
        Some((endpoint, log)) => view! { <Shown endpoint log done is_first /> }.into_any(),
        None => view! { <Redirect path=format!("/login?next=/settings/webhooks/{id}") /> }.into_any(),
    });
    view! {
        <PageTitle text="A webhook" />
        {page}
    }
}

/// Nothing for somebody without a session.
async fn load(id: String, cursor: Option<String>) -> Result<Option<(Endpoint, Page<Delivery>)>, ApiError> {
    let id: EndpointId = id.parse()?;
    let Some(visitor) = caller().await?.visitor().cloned() else { return Ok(None) };
    let services = services();
    let webhooks = &services.webhooks;
    let endpoint = webhooks.get(&visitor, id).await?;
    let log = webhooks.deliveries(&visitor, id, cursor.as_deref(), PageLimit::DEFAULT).await?;
    Ok(Some((endpoint, log)))
}

#[component]
fn Shown(endpoint: Endpoint, log: Page<Delivery>, done: Option<&'static str>, is_first: bool) -> impl IntoView {
    let (id, is_on) = (endpoint.id, endpoint.disabled.is_none());
    view! {
        {done.map(|text| view! { <Notice text /> })}
        <div class="settings">
            <p class="label"><a href="/settings/webhooks">"Webhooks"</a></p>
            <h1 dir="auto">{name(&endpoint)}</h1>
            <p class="lede address" dir="ltr">{endpoint.url.clone()}</p>
            <State endpoint=endpoint.clone() />
            <Secret endpoint=endpoint.clone() />
            <Section id="change" title="What it is told">
                <form method="post" action="/fn/change_webhook" class="fields">
                    <input type="hidden" name="endpoint" value=id.to_string() />
                    <EndpointFields form="change_webhook" endpoint />
                    <button type="submit">"Save"</button>
                </form>
            </Section>
            <Log endpoint=id is_on log is_first />
            <Removal endpoint=id />
        </div>
    }
}

#[component]
fn State(endpoint: Endpoint) -> impl IntoView {
    let id = endpoint.id.to_string();
    let since = endpoint.disabled.map(|(at, _)| at).or(endpoint.failing_since);
    let since = since.map(|at| view! { ", since " {moment(at)} });
    let switch = if endpoint.disabled.is_some() {
        Either::Left(view! {
            <input type="hidden" name="on" value="yes" />
            <button type="submit">"Switch on"</button>
        })
    } else {
        Either::Right(view! { <button type="submit">"Switch off"</button> })
    };
    let test = endpoint.disabled.is_none().then(|| {
        view! {
            <form method="post" action="/fn/test_webhook">
                <input type="hidden" name="endpoint" value=id.clone() />
                <button type="submit">"Send a test"</button>
            </form>
        }
    });
    view! {
        <Section id="state" title="State">
            <FormError form="test_webhook" />
            <p>"It is " <strong>{state(&endpoint)}</strong> {since} "."</p>
            <div class="row">
                {test}
                <form method="post" action="/fn/switch_webhook">
                    <input type="hidden" name="endpoint" value=id.clone() />
                    {switch}
                </form>
            </div>
        </Section>
    }
}

#[component]
fn Secret(endpoint: Endpoint) -> impl IntoView {
    let id = endpoint.id.to_string();
    let words = state_of("reveal_webhook").secret.map(|words| {
        view! {
            <div class="notice secret" role="status">
                <p><strong>"The secret"</strong> " of this endpoint, for the program that receives."</p>
                <p><code>{words}</code></p>
            </div>
        }
    });
    let previous = endpoint.previous_until.filter(|until| *until > services().clock.now());
    let previous = previous.map(
        |until| view! { <p class="quiet">"The secret before this one signs as well until " {moment(until)} "."</p> },
    );
    view! {
        <Section id="secret" title="Secret">
            {words}
            <p>"Every request is signed with it, so that the other side knows that it comes from here."</p>
            {previous}
            <div class="row">
                <form method="post" action="/fn/reveal_webhook">
                    <input type="hidden" name="endpoint" value=id.clone() />
                    <button type="submit">"Show it"</button>
                </form>
                <form method="post" action="/fn/rotate_webhook">
                    <input type="hidden" name="endpoint" value=id />
                    <input type="hidden" name="seen" value=endpoint.previous_until.map(rfc3339_exact) />
                    <button type="submit">"Replace it"</button>
                </form>
            </div>
            <p class="help">"When it is replaced, the old one signs as well for a day."</p>
        </Section>
    }
}

#[component]
fn Log(endpoint: EndpointId, is_on: bool, log: Page<Delivery>, is_first: bool) -> impl IntoView {
    let none = log.items.is_empty().then(|| view! { <p class="quiet">"Nothing was sent yet."</p> });
    let rows = log.items.into_iter().map(|delivery| view! { <Row endpoint is_on delivery /> }).collect_view();
    let page = format!("/settings/webhooks/{endpoint}");
    let older = log.next_cursor.map(|cursor| {
        view! { <a rel="next" href=format!("{page}?cursor={cursor}#log")>"Older deliveries"</a> }
    });
    let newest = (!is_first).then(|| view! { <a rel="first" href=format!("{page}#log")>"Newest deliveries"</a> });
    view! {
        <Section id="log" title="Deliveries">
            {none}
            <ul class="lines deliveries">{rows}</ul>
            <p class="row">{newest} {older}</p>
        </Section>
    }
}

#[component]
fn Row(endpoint: EndpointId, is_on: bool, delivery: Delivery) -> impl IntoView {
    let went = match (delivery.is_ok, delivery.status) {
        (true, Some(status)) => format!("arrived, {status}"),
        (false, Some(status)) => format!("answered {status}"),
        (_, None) => delivery.error.unwrap_or_else(|| "no answer".to_owned()),
    };
    let about = format!("attempt {} of {ATTEMPTS}, {} ms, ", delivery.attempt, delivery.milliseconds);
    let next = match delivery.next_at {
        Some(at) if is_on => Some(Either::Left(view! { ", tried again at " {moment(at)} })),
        None if !delivery.is_ok => Some(Either::Right(", not tried again")),
        _ => None,
    };
    let label = format!("Send again: {}, {}", delivery.name, shown(delivery.at));
    let answer = delivery.response_headers.map(|headers| {
        let body = delivery.response_body.unwrap_or_default();
        view! { <p class="quiet">"Answer"</p> <pre><code>{format!("{headers}\n{body}")}</code></pre> }
    });
    let again = (is_on && delivery.can_repeat).then(|| {
        view! {
            <form method="post" action="/fn/redeliver_webhook">
                <input type="hidden" name="endpoint" value=endpoint.to_string() />
                <input type="hidden" name="delivery" value=delivery.id.to_string() />
                <button type="submit" class="quiet" aria-label=label>"Send again"</button>
            </form>
        }
    });
    view! {
        <li>
            <div>
                <strong><code>{delivery.name}</code></strong> " " <span class="tag">{went}</span>
                <p class="quiet">{about} {moment(delivery.at)} {next}</p>
                <details>
                    <summary>"Request and answer"</summary>
                    <p class="quiet">"Request"</p>
                    <pre><code>{format!("{}\n{}", delivery.request_headers, delivery.request_body)}</code></pre>
                    {answer}
                </details>
            </div>
            {again}
        </li>
    }
    .into_any()
}

#[component]
fn Removal(endpoint: EndpointId) -> impl IntoView {
    view! {
        <Section id="removal" title="Removal">
            <details class="danger">
                <summary>"Remove this endpoint"</summary>
                <form method="post" action="/fn/remove_webhook" class="fields">
                    <input type="hidden" name="endpoint" value=endpoint.to_string() />
                    <p>"It is told nothing more, and its secret and its log go with it."</p>
                    <button class="danger" type="submit">"Remove it"</button>
                </form>
            </details>
        </Section>
    }
}

/// What its owner calls it, else where it is.
fn name(endpoint: &Endpoint) -> String {
    let host = || endpoint.url.split('/').nth(2).unwrap_or_default().to_owned();
    if endpoint.description.is_empty() { host() } else { endpoint.description.clone() }
}

/// To the microsecond, as the form gives it back.
fn rfc3339_exact(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

fn moment(at: OffsetDateTime) -> impl IntoView {
    view! { <time datetime=rfc3339(at)>{shown(at)}</time> " UTC" }
}

fn shown(at: OffsetDateTime) -> String {
    rfc3339(at).replace('T', " ").trim_end_matches('Z').to_owned()
}

fn rfc3339(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}
