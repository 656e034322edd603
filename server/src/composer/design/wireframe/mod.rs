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

use crate::composer::{blueprint::ScreenPlan, choice::choice};

use super::{
    Subject, scales,
    subject::label,
    tokens::{self, Identity},
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

fn scene<'t>(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity, title: &'t str) -> Scene<'t> {
    let (control, card) = tokens::corners(subject.mood(), &subject.wishes);
    let verbs = scene::verbs(subject, plan, entity);
    Scene {
        thing: scene::thing(subject, entity),
        parent: subject.parent(entity).map(|parent| scene::thing(subject, parent)),
        child: subject.child(entity).map(|child| scene::thing(subject, child)),
        main: main_action(subject, plan, entity, &verbs),
        course: scene::course(subject, entity),
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
    // A form that enters something is left by the step with which its life begins.
    let begins = |verb: &&String| {
        plan.kind != K::Form
            || entity.transitions.iter().any(|step| step.verb == **verb && step.from.first() == entity.states.first())
    };
    match verbs.iter().find(begins).filter(|_| stepwise) {
        Some(verb) => label(verb),
        None => usual(),
    }
}
