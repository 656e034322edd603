//! What the API can do: a route for every deed that a feature needs, and for every step in the life of a thing.

use std::collections::BTreeMap;

use model::{
    article,
    sections::{ApiRole, ColumnKind, Deed, Entity, Feature, Method, Operation, Product, SYSTEM, SetBy, Table},
};

use super::{
    acts_of, is_person, is_system,
    names::{Given, ascii_words, hyphened, snake},
    phrases,
    roles::role_id,
    tables::step_that_sets,
};
use crate::composer::{inflect::Inflector, lexicon::Lexicon};

/// Who does something, and for which features.
#[derive(Default)]
struct Called<'p> {
    roles: Vec<&'p str>,
    features: Vec<&'p str>,
}

impl<'p> Called<'p> {
    fn note(&mut self, feature: &'p Feature) {
        if !feature.actor.is_empty() && !self.roles.contains(&feature.actor.as_str()) {
            self.roles.push(&feature.actor);
        }
        if !self.features.contains(&feature.id.as_str()) {
            self.features.push(&feature.id);
        }
    }

    fn join(&mut self, other: &Self) {
        for role in &other.roles {
            if !self.roles.contains(role) {
                self.roles.push(role);
            }
        }
        for feature in &other.features {
            if !self.features.contains(feature) {
                self.features.push(feature);
            }
        }
    }
}

/// The operations, table by table.
pub(super) fn operations(product: &Product, tables: &[Table], roles: &[ApiRole], lexicon: &Lexicon) -> Vec<Operation> {
    let known: Vec<&str> = roles.iter().map(|role| role.id.as_str()).filter(|id| !is_system(id)).collect();
    let (mut all, mut ids) = (Vec::new(), Given::default());
    for (entity, table) in tables.iter().filter_map(|table| Some((product.entity(&table.entity)?, table))) {
        let inflect = &lexicon.inflect;
        let resource = Resource { entity, table, calls: calls(product, &entity.id), known: &known, inflect };
        resource.operations(&mut all);
    }
    // Two things may have one name in ASCII.
    all.iter_mut().for_each(|operation| operation.id = ids.give(&operation.id).replace('_', "-"));
    all
}

/// Which verbs are done to an entity, and by whom.
fn calls<'p>(product: &'p Product, entity: &str) -> BTreeMap<&'p str, Called<'p>> {
    let mut calls: BTreeMap<&str, Called<'p>> = BTreeMap::new();
    for feature in &product.features {
        for (verb, _) in acts_of(feature).into_iter().filter(|(_, of)| *of == entity) {
            calls.entry(verb).or_default().note(feature);
        }
    }
    calls
}

struct Resource<'p> {
    entity: &'p Entity,
    table: &'p Table,
    calls: BTreeMap<&'p str, Called<'p>>,
    known: &'p [&'p str],
    inflect: &'p Inflector,
}

impl<'p> Resource<'p> {
    fn operations(&self, all: &mut Vec<Operation>) {
        let one = snake(&ascii_words(&self.entity.name));
        let (path, noun) = (format!("/{}", hyphened(&self.table.name)), one.replace('_', " "));
        let (item, an) = (format!("{path}/{{id}}"), format!("{} {noun}", article(&noun)));
        let many = self.table.name.replace('_', " ");
        let readers = self.readers();
        // Whoever makes something has to be able to look at it.
        all.push(self.operation(
            "list",
            Method::Get,
            &path,
            &format!("Lists {many}, newest first."),
            self.list(),
            &readers,
        ));
        let makes = if is_person(self.entity) { format!("Adds {an}.") } else { format!("Creates {an}.") };
        all.push(self.operation("create", Method::Post, &path, &makes, Deed::Create, &self.makers()));
        all.push(self.operation("read", Method::Get, &item, &format!("Reads {an}."), Deed::Read, &readers));
        for (verb, method, words, deed) in [
            ("change", Method::Patch, format!("Changes {an}."), Deed::Change),
            ("remove", Method::Delete, format!("Deletes {an}."), Deed::Remove),
        ] {
            if let Some(called) = self.calls.get(verb) {
                all.push(self.operation(verb, method, &item, &words, deed, called));
            }
        }
        // Two verbs may have one name in ASCII.
        let mut slugs = Given::default();
        for step in &self.entity.transitions {
            let mut called = Called::default();
            match self.calls.get(step.verb.as_str()) {
                Some(by_features) => called.join(by_features),
                None => called.features.extend(self.touching()),
            }
            if !step.by.is_empty() {
                called.roles = step.by.iter().map(String::as_str).collect();
            }
            let slug = hyphened(&slugs.give(&snake(&ascii_words(&step.verb))));
            let words = phrases::step(step, &an, self.inflect);
            let deed = Deed::Step { from: step.from.clone(), to: step.to.clone(), sets: self.sets(&step.verb) };
            all.push(self.operation(&slug, Method::Post, &format!("{item}/{slug}"), &words, deed, &called));
        }
    }

    fn operation(
        &self,
        verb: &str,
        method: Method,
        path: &str,
        words: &str,
        deed: Deed,
        called: &Called<'_>,
    ) -> Operation {
        let mut roles: Vec<String> = Vec::new();
        for id in called.roles.iter().map(|role| role_id(role)) {
            if !roles.contains(&id) {
                roles.push(id);
            }
        }
        let everybody = self.known.iter().all(|role| roles.iter().any(|id| id == role));
        let noun = if verb == "list" { self.table.name.clone() } else { snake(&ascii_words(&self.entity.name)) };
        let noun = hyphened(&noun);
        if everybody && !called.roles.contains(&SYSTEM) {
            roles.clear();
        } else if roles.is_empty() {
            roles.push(SYSTEM.to_owned());
        }
        Operation {
            id: format!("{verb}-{noun}"),
            method,
            path: path.to_owned(),
            summary: words.to_owned(),
            table: self.table.id.clone(),
            deed,
            roles,
            features: called.features.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    /// Everybody who does anything with it may look at it.
    fn readers(&self) -> Called<'p> {
        let mut readers = Called::default();
        self.calls.values().for_each(|called| readers.join(called));
        for step in &self.entity.transitions {
            for role in step.by.iter().map(String::as_str).filter(|role| !is_system(role)) {
                if !readers.roles.contains(&role) {
                    readers.roles.push(role);
                }
            }
        }
        readers
    }

    /// Who makes one. What no feature makes is entered by the service: people who join, what another step brings about.
    fn makers(&self) -> Called<'p> {
        let mut called = Called::default();
        match self.calls.get("create") {
            Some(makers) => called.join(makers),
            None => called.features.extend(self.touching()),
        }
        called
    }

    fn touching(&self) -> Vec<&'p str> {
        let mut features = Vec::new();
        for feature in self.calls.values().flat_map(|called| &called.features) {
            if !features.contains(feature) {
                features.push(feature);
            }
        }
        features
    }

    /// Lists can be narrowed down by what has an index or few values.
    fn list(&self) -> Deed {
        let narrow = |kind: ColumnKind| matches!(kind, ColumnKind::State | ColumnKind::Choice | ColumnKind::Boolean);
        let filters = self.table.columns.iter().filter(|column| column.references.is_some() || narrow(column.kind));
        Deed::List { filters: filters.map(|column| column.name.clone()).collect() }
    }

    /// Columns that a step fills.
    fn sets(&self, verb: &str) -> Vec<String> {
        let by_step = self.table.columns.iter().filter(|column| column.set_by == SetBy::Transition && column.nullable);
        by_step
            .filter(|column| step_that_sets(self.entity, &column.about) == Some(verb))
            .map(|column| column.name.clone())
            .collect()
    }
}
