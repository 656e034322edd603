//! The API: a line for each operation, under the name of the table it is about.

use leptos::prelude::*;
use model::sections::{Deed, Operation, Product};

use super::super::links::{Link, anchor, features, roles, tables};

/// An operation; the first of its table opens that table's group.
pub(super) fn view(operation: &Operation, among: &[Operation], product: &Product) -> AnyView {
    let first = among.iter().find(|other| other.table == operation.table);
    let opens = first.is_some_and(|first| first.id == operation.id);
    let group = opens.then(|| {
        let table = tables(std::slice::from_ref(&operation.table)).into_iter().map(Link::view).collect_view();
        view! { <h4>{table}</h4> }
    });
    let features = features(product, &operation.features).into_iter();
    let features = features.map(|link| view! { <li>{link.view()}</li> }).collect_view();
    let features = (!operation.features.is_empty()).then(|| view! { <ul class="refs" role="list">{features}</ul> });
    let method = operation.method.as_str();
    view! {
        <article class="operation" id=anchor("operations", &operation.id) data-piece=format!("operations/{}", operation.id)>
            {group}
            <p class="call"><code><b>{method}</b> " " {operation.path.clone()}</code></p>
            <div>
                <p dir="auto">{operation.summary.clone()} {deed_view(&operation.deed)}</p>
                {features}
            </div>
            {callers_view(&operation.roles)}
        </article>
    }
    .into_any()
}

/// What is to be known of a deed beside its sentence: how far a step leads, what a list can be narrowed by.
fn deed_view(deed: &Deed) -> Option<AnyView> {
    match deed {
        Deed::Step { from, to, sets } => {
            let (from, to) = (from.join(" or "), to.clone());
            let sets = (!sets.is_empty()).then(|| view! { ", sets " <code>{sets.join(", ")}</code> });
            Some(view! { " " <span class="life">{from} " → " {to} {sets}</span> }.into_any())
        }
        Deed::List { filters } if !filters.is_empty() => {
            Some(view! { " " <span class="life">"By " <code>{filters.join(", ")}</code></span> }.into_any())
        }
        Deed::List { .. } | Deed::Create | Deed::Read | Deed::Change | Deed::Remove => None,
    }
}

fn callers_view(ids: &[String]) -> AnyView {
    if ids.is_empty() {
        return view! { <p class="quiet callers">"anyone who is known"</p> }.into_any();
    }
    let links = roles(ids).into_iter().map(|link| view! { <li>{link.view()}</li> }).collect_view();
    view! { <ul class="refs callers" role="list">{links}</ul> }.into_any()
}
