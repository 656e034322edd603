//! The architecture section: how the product is put together, from the pictures to what each column is for.

mod api;
mod tables;

use leptos::prelude::*;
use model::{
    sections::{ApiRole, Architecture, Decision, Diagram, Load, Product, Sections, Threat, Unit},
    svg,
};

use super::{
    links::{anchor, facts, features, linked, operations, source, told},
    product::severity,
    running_text,
};

/// The pieces of a part as views.
pub(super) fn pieces(architecture: &Architecture, among: &Sections, slot: &str) -> Vec<AnyView> {
    let product = &among.product;
    match slot {
        "overview" => running_text("overview", &architecture.overview),
        "diagrams" => architecture.diagrams.iter().map(diagram_view).collect(),
        "roles" => architecture.roles.iter().map(role_view).collect(),
        "tables" => architecture.tables.iter().map(|table| tables::view(table, product)).collect(),
        "operations" => {
            let among = &among.architecture.operations;
            architecture.operations.iter().map(|operation| api::view(operation, among, product)).collect()
        }
        "decisions" => architecture.decisions.iter().map(|decision| decision_view(decision, product)).collect(),
        "deployment" => architecture.deployment.iter().map(unit_view).collect(),
        "capacity" => architecture.capacity.iter().map(load_view).collect(),
        "threats" => architecture.threats.iter().map(|threat| threat_view(threat, product)).collect(),
        _ => Vec::new(),
    }
}

/// A picture in its own size, which scrolls where there is less room, and the same in words.
fn diagram_view(diagram: &Diagram) -> AnyView {
    // Whoever stored it has checked it; this is where it would do harm.
    let drawing = svg::check(&diagram.svg).is_ok().then(|| in_its_size(&diagram.svg));
    let drawing = drawing.map(|drawing| {
        let (region, label) = (format!("Picture: {}", diagram.title), diagram.title.clone());
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label=region>
                <div class="drawn" role="img" aria-label=label inner_html=drawing></div>
            </div>
        }
    });
    let mermaid = (!diagram.mermaid.is_empty()).then(|| {
        let label = format!("Mermaid source: {}", diagram.title);
        view! { <details class="mermaid"><summary>"As Mermaid"</summary>{source(label, diagram.mermaid.clone())}</details> }
    });
    view! {
        <article class="diagram" id=anchor("diagrams", &diagram.id) data-piece=format!("diagrams/{}", diagram.id)>
            <h4 dir="auto">{diagram.title.clone()}</h4>
            {drawing}
            <details><summary>"In words"</summary><p dir="auto">{diagram.about.clone()}</p></details>
            {mermaid}
        </article>
    }
    .into_any()
}

/// A drawing that says how large it is, where it only says what it shows.
fn in_its_size(svg: &str) -> String {
    let tag = svg.split('>').next().unwrap_or_default();
    let shows = tag.split_once("viewBox=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
    let numbers: Vec<f64> = shows.split([' ', ',']).filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [_, _, width, height] if !tag.contains(" width=") && width.is_finite() && height.is_finite() => {
            svg.replacen("<svg ", &format!("<svg width=\"{width}\" height=\"{height}\" "), 1)
        }
        _ => svg.to_owned(),
    }
}

fn role_view(role: &ApiRole) -> AnyView {
    view! {
        <article class="role" id=anchor("roles", &role.id) data-piece=format!("roles/{}", role.id)>
            <h4 dir="auto">{role.name.clone()}</h4>
            <p class="quiet" dir="auto">{role.may.clone()}</p>
        </article>
    }
    .into_any()
}

/// What was decided can be read at once; what led there is folded.
fn decision_view(decision: &Decision, product: &Product) -> AnyView {
    let others =
        decision.alternatives.iter().cloned().map(|other| view! { <li dir="auto">{other}</li> }).collect_view();
    let others = (!decision.alternatives.is_empty())
        .then(|| view! { <div><dt>"Instead of"</dt><dd><ul>{others}</ul></dd></div> }.into_any());
    let record = facts([
        told("Called for by", &decision.context),
        others,
        told("What follows", &decision.consequences),
        linked("Serves", features(product, &decision.features)),
    ]);
    view! {
        <article class="decision" id=anchor("decisions", &decision.id) data-piece=format!("decisions/{}", decision.id)>
            <h4 dir="auto">{decision.title.clone()}</h4>
            <p dir="auto">{decision.choice.clone()}</p>
            <details><summary>"Why"</summary>{record}</details>
        </article>
    }
    .into_any()
}

fn unit_view(unit: &Unit) -> AnyView {
    view! {
        <article class="unit" id=anchor("deployment", &unit.id) data-piece=format!("deployment/{}", unit.id)>
            <h4 dir="auto">{unit.name.clone()}</h4>
            <p dir="auto">{unit.does.clone()}</p>
            {facts([told("How many", &unit.scaling), told("Without it", &unit.failure)])}
        </article>
    }
    .into_any()
}

fn load_view(load: &Load) -> AnyView {
    view! {
        <article class="load" id=anchor("capacity", &load.id) data-piece=format!("capacity/{}", load.id)>
            <h4 dir="auto">{load.what.clone()}</h4>
            <p class="figure" dir="auto">{load.figure.clone()}</p>
            <p class="quiet" dir="auto">{load.assumption.clone()}</p>
            <p dir="auto">{load.consequence.clone()}</p>
        </article>
    }
    .into_any()
}

fn threat_view(threat: &Threat, product: &Product) -> AnyView {
    let about = facts([
        linked("Through", operations(&threat.operations)),
        linked("About", features(product, &threat.features)),
    ]);
    let severity = severity(threat.severity);
    view! {
        <article class="risk threat" id=anchor("threats", &threat.id) data-piece=format!("threats/{}", threat.id)>
            <div class="grade">
                <p class=format!("severity {severity}")>{severity}</p>
                <p class="quiet">{threat.kind.clone()}</p>
            </div>
            <div>
                <p dir="auto">{threat.text.clone()}</p>
                <p class="quiet" dir="auto"><span class="lead-in">"Therefore: "</span> {threat.mitigation.clone()}</p>
                {about}
            </div>
        </article>
    }
    .into_any()
}
