//! The product section.

use leptos::prelude::*;
use model::{
    article,
    sections::{
        Basis, Effort, Entity, Exclusion, Feature, Field, Journey, Metric, Persona, Priority, Product, Relation, Risk,
        Severity,
    },
};

use super::{
    links::{anchor, entity},
    running_text, words,
};

/// The pieces of a part as views.
pub(super) fn pieces(product: &Product, slot: &str) -> Vec<AnyView> {
    match slot {
        "basis" => product.basis.iter().map(|basis| basis_view(basis).into_any()).collect(),
        "summary" => running_text("summary", &product.summary),
        "problem" => running_text("problem", &product.problem),
        "personas" => product.personas.iter().map(|persona| persona_view(persona).into_any()).collect(),
        "features" => product.features.iter().map(|feature| feature_view(feature).into_any()).collect(),
        "entities" => product.entities.iter().map(|entity| entity_view(entity).into_any()).collect(),
        "journeys" => product.journeys.iter().map(|journey| journey_view(journey).into_any()).collect(),
        "metrics" => product.metrics.iter().map(|metric| metric_view(metric).into_any()).collect(),
        "risks" => product.risks.iter().map(|risk| risk_view(risk).into_any()).collect(),
        "out_of_scope" => product.out_of_scope.iter().map(|exclusion| exclusion_view(exclusion).into_any()).collect(),
        _ => Vec::new(),
    }
}

/// How the directive was read: which words called for what, and what to know about the limits of that.
fn basis_view(basis: &Basis) -> impl IntoView + use<> {
    let called = basis.called.clone().into_iter().map(|called| {
        view! { <li><span class="module">{called.module}</span> " ← " {words(called.words)}</li> }
    });
    let caveats = basis.caveats.clone().into_iter().map(|caveat| view! { <p class="caveat">{caveat}</p> });
    let none = basis.called.is_empty();
    view! {
        <div class="basis-card" data-piece="basis">
            <p class="label">"Read as " <strong>{basis.kind.clone()}</strong></p>
            {(!none).then(|| view! { <ul class="called">{called.collect_view()}</ul> })}
            {caveats.collect_view()}
        </div>
    }
}

fn persona_view(persona: &Persona) -> impl IntoView + use<> {
    view! {
        <article class="persona" id=anchor("personas", &persona.id) data-piece=format!("personas/{}", persona.id)>
            <h4 dir="auto">{persona.name.clone()}</h4>
            <p><span class="lead-in">"Wants to "</span> <bdi>{persona.goal.clone()}</bdi> "."</p>
            <p class="quiet"><span class="lead-in">"Today "</span> <bdi>{persona.pain.clone()}</bdi> "."</p>
        </article>
    }
}

fn feature_view(feature: &Feature) -> impl IntoView + use<> {
    let criteria = feature.criteria.clone().into_iter().map(|line| view! { <li dir="auto">{line}</li> });
    let story = &feature.story;
    let (labelled, heading) = (format!("feature-{}", feature.id), format!("feature-{}", feature.id));
    view! {
        <article class="feature" id=anchor("features", &feature.id) data-piece=format!("features/{}", feature.id) aria-labelledby=labelled>
            <header>
                <h4 id=heading dir="auto">{feature.title.clone()}</h4>
                <p class="tags">
                    <span class=format!("priority {}", priority(feature.priority))>{priority(feature.priority)}</span>
                    <span class="effort" title=effort(feature.effort)>{format!("{:?}", feature.effort)}</span>
                </p>
            </header>
            <p class="story" dir="auto">
                {format!("As {} {}, I want to {} so that {}.", article(&story.who), story.who, story.want, story.so)}
            </p>
            <details open>
                <summary>"Accepted when"</summary>
                <ul class="criteria">{criteria.collect_view()}</ul>
            </details>
            <p class="answers"><span class="label">"answers"</span> " " {words(feature.answers.clone())}</p>
        </article>
    }
}

fn entity_view(entity: &Entity) -> impl IntoView + use<> {
    let fields = entity.fields.iter().map(field_view).collect_view();
    let relations = entity.relations.iter().map(relation_view).collect_view();
    let states = entity.states.clone();
    let life = (!states.is_empty()).then(|| {
        let states = states.into_iter().map(|state| view! { <li>{state}</li> });
        view! { <ol class="states" aria-label="Life cycle">{states.collect_view()}</ol> }
    });
    let related =
        (!entity.relations.is_empty()).then(|| view! { <ul class="relations" aria-label="Relations">{relations}</ul> });
    view! {
        <article class="entity" id=anchor("entities", &entity.id) data-piece=format!("entities/{}", entity.id)>
            <h4><code>{entity.name.clone()}</code></h4>
            <p class="quiet" dir="auto">{entity.purpose.clone()}</p>
            <dl class="fields">{fields}</dl>
            {life}
            {related}
        </article>
    }
}

fn field_view(field: &Field) -> impl IntoView + use<> {
    let optional = (!field.required).then_some(" (optional)");
    view! {
        <div>
            <dt>{field.name.clone()}</dt>
            <dd>{field.kind.clone()} <span class="quiet">{optional}</span></dd>
        </div>
    }
}

fn relation_view(relation: &Relation) -> impl IntoView + use<> {
    let role = relation.role.clone().map(|role| format!(" as {role}"));
    view! { <li>{relation.kind.clone()} " " {entity(&relation.to)} {role}</li> }
}

fn journey_view(journey: &Journey) -> impl IntoView + use<> {
    let steps = journey.steps.clone().into_iter().map(|step| view! { <li dir="auto">{step}</li> });
    view! {
        <article class="journey" id=anchor("journeys", &journey.id) data-piece=format!("journeys/{}", journey.id)>
            <h4 dir="auto">{journey.title.clone()}</h4>
            <p class="quiet">{journey.actor.clone()}</p>
            <ol>{steps.collect_view()}</ol>
        </article>
    }
}

fn metric_view(metric: &Metric) -> impl IntoView + use<> {
    view! {
        <article class="metric" id=anchor("metrics", &metric.id) data-piece=format!("metrics/{}", metric.id)>
            <h4 dir="auto">{metric.name.clone()}</h4>
            <p class="target">{metric.target.clone()}</p>
            <p class="quiet" dir="auto">{metric.measure.clone()}</p>
        </article>
    }
}

fn risk_view(risk: &Risk) -> impl IntoView + use<> {
    let severity = severity(risk.severity);
    view! {
        <article class="risk" id=anchor("risks", &risk.id) data-piece=format!("risks/{}", risk.id)>
            <p class=format!("severity {severity}")>{severity}</p>
            <div>
                <p dir="auto">{risk.text.clone()}</p>
                <p class="quiet" dir="auto"><span class="lead-in">"Therefore: "</span> {risk.mitigation.clone()}</p>
            </div>
        </article>
    }
}

fn exclusion_view(exclusion: &Exclusion) -> impl IntoView + use<> {
    view! {
        <article class="exclusion" id=anchor("out_of_scope", &exclusion.id) data-piece=format!("out_of_scope/{}", exclusion.id)>
            <h4 dir="auto">{exclusion.what.clone()}</h4>
            <p class="quiet" dir="auto">{exclusion.why.clone()}</p>
        </article>
    }
}

fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Must => "must",
        Priority::Should => "should",
        Priority::Could => "could",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    }
}

fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::S => "Days of work",
        Effort::M => "A week or two of work",
        Effort::L => "About a month of work",
    }
}
