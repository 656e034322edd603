//! What can be chosen to be shown, as links and a plain form.

use leptos::{either::Either, prelude::*};
use model::vitals::Vital;
use server::vitals::{Part, Summary};

use super::{
    asked::{Asked, DAYS, HERE},
    words::{CONNECTIONS, DEVICES, UNKNOWN, any, called, heading, short},
};

/// How many days are looked back on.
pub(super) fn days(asked: &Asked) -> AnyView {
    let links = DAYS.map(|days| {
        let asked_for = asked.of_days(days);
        let current = (days == asked.days).then_some("true");
        view! { <li><a href=asked_for.address() aria-current=current>{days} " days"</a></li> }
    });
    view! { <nav class="shelves" aria-label="Days"><ul>{links.into_iter().collect_view()}</ul></nav> }.into_any()
}

/// Which vital is shown in full.
pub(super) fn vitals(asked: &Asked) -> AnyView {
    let links = Vital::ALL.map(|vital| {
        let current = (vital == asked.vital).then_some("true");
        let href = format!("{}#trend", asked.of_vital(vital).address());
        view! { <li><a href=href aria-current=current>{short(vital)}</a></li> }
    });
    view! { <nav class="shelves" aria-label="Vitals"><ul>{links.into_iter().collect_view()}</ul></nav> }.into_any()
}

/// Which visits are counted.
pub(super) fn visits(asked: &Asked, summary: &Summary, routes: &[&str]) -> AnyView {
    let kept = [
        (asked.days != Asked::default().days).then(|| ("days", asked.days.to_string())),
        (asked.vital != Asked::default().vital).then(|| ("vital", asked.vital.to_string())),
    ];
    let kept = kept.into_iter().flatten().map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let choices = Part::ALL.map(|part| choice(part, asked.filter.of(part), &values(part, summary, routes)));
    let clear = if asked.is_of_all() {
        Either::Left(())
    } else {
        Either::Right(view! { <a class="button" href=asked.of_all().address()>"Clear"</a> })
    };
    view! {
        <form class="search" method="get" action=HERE aria-label="Visits">
            {kept.collect_view()}
            {choices.into_iter().collect_view()}
            <button type="submit">"Show"</button>
            {clear}
        </form>
    }
    .into_any()
}

fn choice(part: Part, chosen: Option<&str>, values: &[String]) -> AnyView {
    let chosen_too = chosen.filter(|chosen| !values.iter().any(|value| value == chosen));
    let values = values.iter().map(String::as_str).chain(chosen_too);
    let options = values.map(|value| {
        view! { <option value=value.to_owned() selected=chosen == Some(value)>{called(part, value)}</option> }
    });
    view! {
        <label class="visually-hidden" for=part.as_str()>{heading(part)}</label>
        <select id=part.as_str() name=part.as_str()>
            <option value="">{any(part)}</option>
            {options.collect_view()}
        </select>
    }
    .into_any()
}

/// The values that were measured, those with the most samples first; of a part that is fixed, or when there are none, all that there can be.
fn values(part: Part, summary: &Summary, routes: &[&str]) -> Vec<String> {
    let measured = summary.detail.as_ref().and_then(|detail| detail.by.get(&part));
    if let Some(measured) = measured {
        return measured.iter().map(|value| value.value.clone()).collect();
    }
    let known = |known: &[(&str, &str)]| known.iter().map(|(value, _)| (*value).to_owned()).collect();
    match part {
        Part::Route => routes.iter().copied().chain([UNKNOWN]).map(str::to_owned).collect(),
        Part::Device => known(&DEVICES),
        Part::Connection => known(&CONNECTIONS),
        Part::Release => summary.releases.iter().map(|release| release.name.clone()).collect(),
    }
}
