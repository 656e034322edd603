//! Screens: what each is called, what people come for, how it can look, and its wireframe.

use std::collections::BTreeSet;

use model::sections::{Entity, Product, Screen, ScreenKind};

use crate::composer::{blueprint::ScreenPlan, inflect::joined};

use super::{
    Subject,
    knowledge::KindEntry,
    plans,
    states::States,
    subject::{facts, label},
    tokens::Identity,
    wireframe::{self, Place},
};

/// A feature's title is a screen's title up to this length.
const TITLE_MAX_CHARS: usize = 36;
/// What fits beside other entries of a navigation.
const NAV_MAX_CHARS: usize = 15;

/// The screens in the order of the blueprint, with wireframes.
pub fn screens(subject: &Subject<'_>, identity: &Identity) -> Vec<Screen> {
    let plans = plans::plans(subject);
    let titles = titles(subject, &plans);
    let places = places(subject, &plans, &titles);
    let mut states = States::new(subject);
    let mut screens = Vec::new();
    for (plan, title) in plans.iter().zip(&titles) {
        let Some((entity, entry)) = parts(subject, plan) else { continue };
        let mut about = subject.about_entity(entity, &plan.actors);
        if plan.kind == ScreenKind::Form {
            about = about.with("facts", wireframe::entered(subject, plan, entity));
        }
        if plan.kind == ScreenKind::Search {
            about = about.with("facts", facts_of_both(subject, entity));
        }
        let drawn = wireframe::draw(subject, identity, plan, entity, title, &places);
        screens.push(Screen {
            id: plan.id.clone(),
            title: title.clone(),
            route: plan.route.clone(),
            kind: plan.kind,
            purpose: about.tell(&entry.purpose, &format!("screen/{}/purpose", plan.id)),
            actors: plan.actors.clone(),
            states: states.of(plan, entity, entry),
            features: plan.features.clone(),
            entities: plan.entities.clone(),
            operations: plan.operations.clone(),
            leads_to: plan.leads_to.clone(),
            components: drawn.components.iter().map(|id| (*id).to_owned()).collect(),
            wireframe: drawn.svg,
        });
    }
    screens
}

fn parts<'s>(subject: &'s Subject<'_>, plan: &ScreenPlan) -> Option<(&'s Entity, &'s KindEntry)> {
    Some((subject.product.entity(&plan.of)?, subject.knowledge.screens.kind(plan.kind)?))
}

/// A title each, none twice: a feature's own where the screen is there for that feature alone, else one for its kind.
fn titles(subject: &Subject<'_>, plans: &[ScreenPlan]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let titles = plans.iter().map(|plan| {
        let mut wanted = vec![of_feature(subject.product, plan).unwrap_or_default()];
        if let Some((entity, entry)) = parts(subject, plan) {
            let about = subject.about_entity(found_by(subject, plans, plan, entity), &plan.actors);
            let node = |way: &str| format!("screen/{}/{way}", plan.id);
            if !subject.is_foreign(&entity.name) {
                wanted.push(about.tell(&entry.title, &node("title")));
            }
            wanted.push(about.tell(&entry.plain, &node("plain")));
        }
        wanted.extend(subject.features(&plan.features).first().map(|feature| feature.title.clone()));
        wanted.push(plan.id.replace('-', " "));
        let mut wanted = wanted.into_iter().map(|title| label(&title)).filter(|title| !title.is_empty());
        let title = wanted.find(|title| !taken.contains(&title.to_lowercase())).unwrap_or_else(|| plan.id.clone());
        taken.insert(title.to_lowercase());
        title
    });
    titles.collect()
}

/// What one looks for something by: first the thing itself, then the terms on which it is there.
fn facts_of_both(subject: &Subject<'_>, entity: &Entity) -> String {
    let pictured = |entity: &&Entity| entity.fields.iter().any(|field| field.kind.starts_with("image"));
    let parent = subject.parent(entity).filter(pictured).filter(|_| !pictured(&entity));
    let of = |entity: &Entity, most: usize| {
        let plain = ["title", "name", "description"];
        let names = facts(entity).into_iter().map(|field| field.name.clone());
        names.filter(|name| !plain.contains(&name.as_str())).take(most).collect::<Vec<_>>()
    };
    let mut names = parent.map(|parent| of(parent, 2)).unwrap_or_default();
    names.extend(of(entity, 3 - names.len()));
    joined(&names)
}

/// What one looks for: what is offered rather than the offer, where the thing itself cannot be searched for.
fn found_by<'s>(subject: &'s Subject<'_>, plans: &[ScreenPlan], plan: &ScreenPlan, entity: &'s Entity) -> &'s Entity {
    let pictured = |entity: &Entity| entity.fields.iter().any(|field| field.kind.starts_with("image"));
    let other = |parent: &Entity| plans.iter().any(|other| other.kind == plan.kind && other.of == parent.id);
    let parent = subject.parent(entity).filter(|_| plan.kind == ScreenKind::Search && !pictured(entity));
    parent.filter(|parent| pictured(parent) && !other(parent)).unwrap_or(entity)
}

/// The title of a screen's only feature, where the screen is for doing that and nothing else.
fn of_feature(product: &Product, plan: &ScreenPlan) -> Option<String> {
    use ScreenKind as K;
    let doing = matches!(
        plan.kind,
        K::Form | K::Steps | K::Checkout | K::Scan | K::Compare | K::Checklist | K::Settings | K::Queue | K::Report
    );
    let [id] = plan.features.as_slice() else { return None };
    let feature = product.features.iter().find(|feature| feature.id == *id)?;
    let fits = feature.title.chars().count() <= TITLE_MAX_CHARS;
    (doing && fits && feature.screen.is_some()).then(|| feature.title.clone())
}

/// Where one can go from anywhere: screens without a thing in their address, with a short name each.
fn places(subject: &Subject<'_>, plans: &[ScreenPlan], titles: &[String]) -> Vec<Place> {
    let mut taken = BTreeSet::new();
    let mut places = Vec::new();
    let mut order: Vec<(&ScreenPlan, &String)> = plans.iter().zip(titles).collect();
    order.sort_by_key(|(plan, _)| standing(plan));
    for (plan, title) in order {
        let Some((entity, entry)) = parts(subject, plan) else { continue };
        let about = subject.about_entity(entity, &plan.actors);
        let short = entry.nav.lines().iter().map(|line| label(&line.tell(&about)));
        let ways = short.chain([title.clone()]).filter(|way| way.chars().count() <= NAV_MAX_CHARS);
        let free = ways.into_iter().find(|way| !taken.contains(&way.to_lowercase()));
        if let Some(name) = free.filter(|_| !plan.route.contains("{id}")) {
            taken.insert(name.to_lowercase());
            places.push(Place {
                screen: plan.id.clone(),
                name,
                actors: plan.actors.clone(),
                is_overview: standing(plan) == 0,
            });
        }
    }
    places
}

/// Overviews before single tasks.
fn standing(plan: &ScreenPlan) -> u8 {
    use ScreenKind as K;
    match plan.kind {
        K::Search | K::List | K::Board | K::Queue | K::Calendar | K::Map | K::Dashboard => 0,
        K::Scan | K::Compare | K::Timeline | K::Checklist | K::Player | K::Detail | K::Thread => 1,
        K::Form | K::Steps | K::Checkout | K::Report => 2,
        K::Settings => 3,
    }
}
