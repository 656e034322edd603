//! The design section: screens as plates with what is to be known of each beside them, then what they are built from.

mod scales;
mod tokens;

use leptos::prelude::*;
use model::{
    sections::{Component, Design, Product, Screen, Sections},
    svg,
};

use super::{
    links::{
        anchor, components, entities, facts, features, in_words, linked, operations, screens, tokens as token_links,
        told,
    },
    running_text,
};

/// The pieces of a part as views.
pub(super) fn pieces(design: &Design, among: &Sections, slot: &str) -> Vec<AnyView> {
    match slot {
        "approach" => running_text("approach", &design.approach),
        "screens" => design.screens.iter().map(|screen| screen_view(screen, &among.product)).collect(),
        "components" => design.components.iter().map(component_view).collect(),
        "type_scale" => design.type_scale.iter().map(|step| scales::type_view(step, &among.product)).collect(),
        "space_scale" => design.space_scale.iter().map(scales::space_view).collect(),
        "tokens" => design.tokens.iter().map(|token| tokens::view(token, &among.design.tokens)).collect(),
        _ => Vec::new(),
    }
}

fn screen_view(screen: &Screen, product: &Product) -> AnyView {
    let about = facts([
        told("Used by", &words_of(&screen.actors)),
        linked("Serves", features(product, &screen.features)),
        linked("Shows", entities(product, &screen.entities)),
        linked("Leads to", screens(&screen.leads_to)),
        linked("Calls", operations(&screen.operations)),
        linked("Built from", components(&screen.components)),
    ]);
    let states = facts(screen.states.iter().map(|state| told(&state.name, &state.shows)));
    view! {
        <article class="screen" id=anchor("screens", &screen.id) data-piece=format!("screens/{}", screen.id)>
            <header>
                <h4 dir="auto">{screen.title.clone()}</h4>
                <p class="route"><code>{screen.route.clone()}</code> " " <span class="quiet">{screen.kind.as_str()}</span></p>
                <p dir="auto">{screen.purpose.clone()}</p>
            </header>
            <figure>
                {wireframe(screen)}
                {states.map(|states| view! { <figcaption class="looks"><p class="label">"Also"</p> {states}</figcaption> })}
            </figure>
            {about}
        </article>
    }
    .into_any()
}

/// The drawing, which those who do not see it hear of by its title only: all it says stands beside it.
fn wireframe(screen: &Screen) -> Option<AnyView> {
    // Whoever stored it has checked it; this is where it would do harm.
    svg::check(&screen.wireframe).ok()?;
    let label = format!("Wireframe: {}", screen.title);
    Some(view! { <div class="drawn" role="img" aria-label=label inner_html=screen.wireframe.clone()></div> }.into_any())
}

fn component_view(component: &Component) -> AnyView {
    let about = facts([
        told("Looks", &component.states.join(", ")),
        told("Access", &component.access),
        linked("Values", token_links(&component.tokens)),
    ]);
    view! {
        <article class="component" id=anchor("components", &component.id) data-piece=format!("components/{}", component.id)>
            <h4 dir="auto">{component.name.clone()}</h4>
            <p dir="auto">{component.purpose.clone()}</p>
            {about}
        </article>
    }
    .into_any()
}

fn words_of(ids: &[String]) -> String {
    if ids.is_empty() {
        return "everybody".to_owned();
    }
    ids.iter().map(|id| in_words(id)).collect::<Vec<String>>().join(", ")
}
