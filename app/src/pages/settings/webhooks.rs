//! Where a person's own programs are told of what happens.

use leptos::{either::Either, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};
use server::{
    events::{
        EventName,
        webhooks::{Disabled, ENDPOINTS_MAX, Endpoint},
    },
    http::ApiError,
};

use super::Section;
use crate::{
    components::{
        form::{Field, FormError, Notice, state_of},
        title::PageTitle,
    },
    context::{caller, services},
    pages::error::error_view,
};

/// `/settings/webhooks`. Whoever has no session is sent to sign in.
#[component]
pub(crate) fn Webhooks() -> impl IntoView {
    let removed = use_query_map().read_untracked().get("done").is_some_and(|word| word == "removed");
    let page = Suspend::new(async move {
        match load().await {
            Ok(Some((true, endpoints))) => Either::Left(Either::Left(view! { <Shown endpoints removed /> })),
            Ok(Some((false, _))) => Either::Left(Either::Right(view! { <Guest /> })),
            Ok(None) => Either::Right(Either::Left(view! { <Redirect path="/login?next=/settings/webhooks" /> })),
            Err(error) => Either::Right(Either::Right(error_view(&error))),
        }
    });
    view! {
        <PageTitle text="Webhooks" />
        <Suspense>{page}</Suspense>
    }
}

/// Whether the caller is a member, and their endpoints.
async fn load() -> Result<Option<(bool, Vec<Endpoint>)>, ApiError> {
    let Some(visitor) = caller().await?.visitor().cloned() else { return Ok(None) };
    Ok(Some((visitor.is_member(), services().webhooks.list(&visitor).await?)))
}

#[component]
fn Guest() -> impl IntoView {
    view! {
        <div class="narrow">
            <h1>"Webhooks"</h1>
            <p class="lede">"They tell your own programs what happens to your projects. They need an account."</p>
            <p class="row"><a class="button primary" href="/signup">"Sign up"</a> <a href="/login?next=/settings/webhooks">"Sign in"</a></p>
        </div>
    }
}

#[component]
fn Shown(endpoints: Vec<Endpoint>, removed: bool) -> impl IntoView {
    let is_full = i64::try_from(endpoints.len()).is_ok_and(|count| count >= ENDPOINTS_MAX);
    let none = endpoints.is_empty().then(|| {
        view! { <p class="quiet">"No endpoint yet. Add one below, and it is told of what happens to your projects from then on."</p> }
    });
    let rows = endpoints.iter().map(row).collect_view();
    let add = if is_full {
        Either::Left(
            view! { <p class="quiet">{format!("{ENDPOINTS_MAX} endpoints are the most. Remove one you do not use.")}</p> },
        )
    } else {
        Either::Right(view! {
            <form method="post" action="/fn/add_webhook" class="fields">
                <EndpointFields form="add_webhook" />
                <button type="submit">"Add the endpoint"</button>
            </form>
        })
    };
    view! {
        {removed.then(|| view! { <Notice text="The endpoint and its log are removed." /> })}
        <div class="settings">
            <p class="label"><a href="/settings">"Settings"</a></p>
            <h1>"Webhooks"</h1>
            <Section id="endpoints" title="Endpoints">
                {none}
                <ul class="lines">{rows}</ul>
            </Section>
            <Section id="add" title="Add one">{add}</Section>
        </div>
    }
}

fn row(endpoint: &Endpoint) -> AnyView {
    let href = format!("/settings/webhooks/{}", endpoint.id);
    let events = match endpoint.events.len() {
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    };
    let about = [endpoint.description.clone(), events, state(endpoint).to_owned()];
    let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    view! {
        <li>
            <div>
                <a href=href class="address"><strong dir="ltr">{endpoint.url.clone()}</strong></a>
                <p class="quiet" dir="auto">{about}</p>
            </div>
        </li>
    }
    .into_any()
}

/// How an endpoint is doing, in words.
pub(super) fn state(endpoint: &Endpoint) -> &'static str {
    match (&endpoint.disabled, endpoint.failing_since) {
        (Some((_, Disabled::ByOwner)), _) => "switched off",
        (Some((_, Disabled::Gone)), _) => "switched off: it answered that it is gone",
        (Some((_, Disabled::Failing)), _) => "switched off: nothing arrived for three days",
        (None, Some(_)) => "failing",
        (None, None) => "on",
    }
}

/// The fields of an endpoint: as it was typed, else as it is, else empty with everything ticked.
#[component]
pub(super) fn EndpointFields(form: &'static str, #[prop(optional)] endpoint: Option<Endpoint>) -> impl IntoView {
    let state = state_of(form);
    let was_typed = !state.typed.is_empty();
    let events_error = state.error.clone().filter(|_| state.field == Some("events"));
    let description_error = state.error.clone().filter(|_| state.field == Some("description"));
    let choices = EventName::FOR_WEBHOOKS.map(|name| {
        let (field, id) = (format!("events[{name}]"), format!("{form}-{name}"));
        let as_it_is = endpoint.as_ref().is_none_or(|endpoint| endpoint.events.contains(&name));
        let checked = if was_typed { state.typed_in(&field).is_some() } else { as_it_is };
        view! {
            <div class="choice">
                <input type="checkbox" id=id.clone() name=field value="on" checked=checked />
                <label for=id><code>{name.as_str()}</code> " " <span class="help">{name.words()}</span></label>
            </div>
        }
    });
    let stored = endpoint.as_ref().map(|endpoint| endpoint.description.clone()).unwrap_or_default();
    let description = state.typed_in("description").unwrap_or(stored);
    let (id, error_id) = (format!("{form}-description"), format!("{form}-description-error"));
    let described = description_error.as_ref().map(|_| error_id.clone());
    view! {
        <FormError form=form />
        <Field
            form=form
            name="url"
            label="Address"
            kind="url"
            help="Where we send an HTTP POST, such as https://example.com/hooks"
            value=endpoint.map(|endpoint| endpoint.url).unwrap_or_default()
        />
        <fieldset>
            <legend>"What is it told?"</legend>
            {events_error.map(|error| view! { <p class="error" role="alert">{error}</p> })}
            {choices.into_iter().collect_view()}
        </fieldset>
        <div class="field">
            <label for=id.clone()>"Description, if you like"</label>
            {description_error.map(|error| view! { <p class="error" id=error_id role="alert">{error}</p> })}
            <input
                id=id
                name="description"
                type="text"
                value=description
                autocomplete="off"
                dir="auto"
                aria-invalid=described.as_ref().map(|_| "true")
                aria-describedby=described.clone()
            />
        </div>
    }
    .into_any()
}
