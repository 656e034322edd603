//! Wireframes: a page of the product for each screen, drawn from the names of its own fields, states and verbs.
//!
//! A drawing is 640 by 420 units, takes its colours from the page around it (`currentColor`, `--wire-accent`, `--wire-quiet`, and
//! `--wire-fill` for the sheet it lies on), and says nothing that the product does not.

mod frame;
mod kinds;
mod kit;
mod letters;
mod pen;
mod scene;

use model::sections::{Entity, Metric, ScreenKind};

use crate::composer::{blueprint::ScreenPlan, choice::choice, inflect::joined};

use super::{
    Subject, scales,
    subject::label,
    tokens::{self, Identity},
    tone::Tone,
};
use kit::Kit;
use scene::Scene;

/// A screen one can go to from anywhere.
pub struct Place {
    /// Its id.
    pub screen: String,
    /// What it is called in the navigation.
    pub name: String,
    /// Who uses it; everybody when empty.
    pub actors: Vec<String>,
    /// Whether it shows many things, rather than one task.
    pub is_overview: bool,
}

/// A wireframe, and the components it shows.
pub struct Drawn {
    /// One `<svg>` element.
    pub svg: String,
    /// Ids of components.
    pub components: Vec<&'static str>,
}

/// Draws a screen.
pub fn draw(
    subject: &Subject<'_>,
    identity: &Identity,
    plan: &ScreenPlan,
    entity: &Entity,
    title: &str,
    places: &[Place],
) -> Drawn {
    let scene = scene(subject, plan, entity, title);
    let mut kit = Kit::new(identity.has_serifs(), scene.corners);
    let body = frame::frame(&mut kit, &scene, subject, plan, places);
    kinds::draw(plan.kind, &mut kit, &scene, body);
    let (pen, components) = kit.into_parts();
    Drawn { svg: pen.into_svg(title), components }
}

/// The names of the first facts that a form asks for.
pub fn entered(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity) -> String {
    let facts = scene::entered(subject, plan, entity);
    let names = facts.iter().map(|fact| fact.name.to_lowercase()).take(3);
    joined(&names.collect::<Vec<_>>())
}

fn scene<'t>(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity, title: &'t str) -> Scene<'t> {
    let (control, card) = tokens::corners(subject.mood(), &subject.wishes);
    let course = scene::course(subject, entity);
    let present = scene::present(subject, plan, entity, &course);
    let state = course.get(present).map_or("", |stop| stop.state.as_str());
    let verbs = scene::verbs(subject, plan, entity, state);
    Scene {
        thing: scene::thing(subject, entity),
        parent: subject.parent(entity).map(|parent| scene::thing(subject, parent)),
        child: subject.child(entity).map(|child| scene::thing(subject, child)),
        main: main_action(subject, plan, entity, &verbs),
        entered: scene::entered(subject, plan, entity),
        present,
        course,
        people: scene::people(subject, plan, entity),
        measures: measures(subject, plan),
        verbs,
        title,
        corners: (f64::from(control), f64::from(card)),
        row: scales::row_height(subject),
        chance: choice(&subject.seed, &format!("wireframe/{}", plan.id)),
    }
}

/// What the product is measured by: first what counts the things on this screen.
fn measures(subject: &Subject<'_>, plan: &ScreenPlan) -> Vec<(String, String)> {
    let words: Vec<String> =
        plan.entities.iter().filter_map(|id| subject.product.entity(id)).map(|e| subject.one(e)).collect();
    let is_near = |metric: &Metric| words.iter().any(|word| metric.measure.to_lowercase().contains(word.as_str()));
    let mut metrics: Vec<&Metric> = subject.product.metrics.iter().collect();
    metrics.sort_by_key(|metric| !is_near(metric));
    metrics.into_iter().take(4).map(|metric| (label(&metric.name), label(&metric.target))).collect()
}

/// What the filled button says: the step one comes here for, else what a screen of its kind is usually for.
fn main_action(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity, verbs: &[String]) -> String {
    use ScreenKind as K;
    let usual = || {
        let entry = subject.knowledge.screens.kind(plan.kind);
        let about = subject.about_entity(entity, &plan.actors);
        entry.map(|entry| label(&about.tell(&entry.button, &format!("screen/{}/button", plan.id)))).unwrap_or_default()
    };
    let stepwise = matches!(
        plan.kind,
        K::Detail | K::Thread | K::Queue | K::Checkout | K::Checklist | K::Scan | K::Player | K::Form | K::Compare
    );
    let tones = &subject.knowledge.scales.tones;
    let fits = |verb: &&String| {
        entity.transitions.iter().filter(|step| step.verb == **verb).any(|step| match plan.kind {
            // A form that enters something is left by the step with which its life begins.
            K::Form | K::Steps | K::Checkout => {
                step.from.first() == entity.states.first() && !matches!(tones.of(&step.to), Tone::Negative | Tone::Over)
            }
            // Somebody who decides may have come to end it; elsewhere that is no main action.
            K::Queue => true,
            _ => !matches!(tones.of(&step.to), Tone::Negative | Tone::Over),
        })
    };
    match verbs.iter().find(fits).filter(|_| stepwise) {
        Some(verb) => label(verb),
        None => usual(),
    }
}
