//! The component inventory: what the wireframes were really drawn with, in the product's nouns.

use std::collections::BTreeMap;

use model::sections::{Component, Entity, SYSTEM, Screen};

use crate::composer::inflect::joined;

use super::{
    Subject,
    knowledge::ComponentEntry,
    subject::{About, label, steps},
};

/// More than this nobody keeps apart.
const MOST: usize = 16;

/// The components the screens use, in the order in which a reader should meet them. Screens keep the ids of those that are left.
pub fn components(subject: &Subject<'_>, screens: &mut [Screen]) -> Vec<Component> {
    for screen in screens.iter_mut() {
        let mut add = |id: &str, wanted: bool| {
            if wanted {
                screen.components.push(id.to_owned());
            }
        };
        let has = |name: &str| screen.states.iter().any(|state| state.name == name);
        let (empty, error) = (has("empty"), has("error"));
        let final_step = screen.entities.first().and_then(|id| subject.product.entity(id));
        add("empty", empty);
        add("notice", error);
        add("dialog", final_step.is_some_and(|entity| !finals(entity, &screen.actors.clone()).is_empty()));
    }
    let kept = most_used(subject, screens);
    for screen in screens.iter_mut() {
        screen.components.retain(|id| kept.iter().any(|entry| entry.id == *id));
    }
    kept.into_iter().map(|entry| component(subject, entry, screens)).collect()
}

/// The entries that most screens use, in the order of the knowledge.
fn most_used<'k>(subject: &Subject<'k>, screens: &[Screen]) -> Vec<&'k ComponentEntry> {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for id in screens.iter().flat_map(|screen| &screen.components) {
        *uses.entry(id).or_default() += 1;
    }
    let entries = subject.knowledge.components.iter();
    let mut used: Vec<&ComponentEntry> = entries.filter(|entry| uses.contains_key(entry.id.as_str())).collect();
    while used.len() > MOST {
        // What only one screen uses tells more of this product than what every product has.
        let count = |entry: &ComponentEntry| uses.get(entry.id.as_str()).copied().unwrap_or(0);
        let Some(at) = used.iter().rposition(|entry| used.iter().all(|other| count(entry) <= count(other))) else {
            break;
        };
        used.remove(at);
    }
    used
}

fn component(subject: &Subject<'_>, entry: &ComponentEntry, screens: &[Screen]) -> Component {
    let home = screens.iter().find(|screen| screen.components.contains(&entry.id));
    let entity = home.and_then(|screen| subject.product.entity(screen.entities.first()?)).or_else(|| subject.kept());
    let pictured = |entity: &Entity| entity.fields.iter().any(|field| field.kind.starts_with("image"));
    // A card, and what finds it, show the thing itself where only that can be looked at.
    let looks = ["picture", "card", "search-field", "filters"].contains(&entry.id.as_str());
    let shown = entity.filter(|entity| looks && !pictured(entity));
    let entity = shown.and_then(|entity| subject.parent(entity)).filter(|parent| pictured(parent)).or(entity);
    let actors = home.map(|screen| screen.actors.clone()).unwrap_or_default();
    let about = match entity {
        Some(entity) => told_of(subject, entity, &actors, screens),
        None => subject.about(),
    };
    Component {
        id: entry.id.clone(),
        name: about.tell(&entry.name, &format!("component/{}/name", entry.id)),
        purpose: about.tell(&entry.purpose, &format!("component/{}/purpose", entry.id)),
        states: entry.states.clone(),
        access: entry.access.clone(),
        tokens: entry.tokens.clone(),
    }
}

fn told_of<'s, 'a>(
    subject: &'s Subject<'a>,
    entity: &'s Entity,
    actors: &'s [String],
    screens: &[Screen],
) -> About<'s, 'a> {
    let reachable = screens.iter().filter(|screen| !screen.route.contains("{id}"));
    let mut reachable: Vec<&Screen> = reachable.collect();
    reachable.sort_by_key(|screen| screen.route.contains("/new"));
    let titles: Vec<String> = reachable.iter().map(|screen| format!("“{}”", screen.title)).take(3).collect();
    let deeds: Vec<String> = steps(entity, actors).iter().map(|step| label(&step.verb)).take(3).collect();
    let measures: Vec<String> = subject.product.metrics.iter().map(|metric| metric.name.clone()).take(2).collect();
    let people: Vec<String> = subject.product.personas.iter().map(|persona| persona.name.clone()).take(3).collect();
    let about = subject.about_entity(entity, actors);
    about
        .with("places", joined(&titles))
        .with("deeds", joined(&deeds))
        .with("measures", joined(&measures))
        .with("people", joined(&people))
        .with("finals", joined(&finals(entity, actors)))
}

/// Steps that people take and that nothing leads back from.
fn finals(entity: &Entity, actors: &[String]) -> Vec<String> {
    let ends = |state: &str| entity.transitions.iter().all(|step| step.from.iter().all(|from| from != state));
    let theirs = steps(entity, actors).into_iter();
    let last = theirs.filter(|step| ends(&step.to) && step.by.iter().any(|by| by != SYSTEM));
    last.map(|step| step.verb.clone()).take(3).collect()
}
