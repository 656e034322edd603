//! What keeps the product's entities: a table each, with columns for its fields, its relations and its state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::sections::{Column, ColumnKind, Entity, Field, Index, Product, SYSTEM, SetBy, Table, Transition};

use super::{
    acts_of, is_person,
    names::{Given, ascii_words, hyphened, is_foreign, is_reserved, singular_and_plural, snake},
};
use crate::composer::lexicon::Lexicon;

/// Tables the service needs for itself, and what its paths begin with.
const OWN_TABLES: [&str; 3] = ["api_callers", "idempotency_keys", "health"];

/// One of an entity and many of it, as names in SQL.
pub(super) struct Named {
    pub(super) one: String,
    pub(super) many: String,
}

/// The tables in the order of the product's entities.
pub(super) fn tables(product: &Product, lexicon: &Lexicon) -> Vec<Table> {
    let names = names(product, lexicon);
    let owners = owners(product);
    let links = links(product, &names, &owners);
    product
        .entities
        .iter()
        .filter_map(|entity| {
            let named = names.get(entity.id.as_str())?;
            Some(table(product, entity, named, links.get(entity.id.as_str()).map_or(&[][..], Vec::as_slice)))
        })
        .collect()
}

fn names<'p>(product: &'p Product, lexicon: &Lexicon) -> HashMap<&'p str, Named> {
    let mut given = Given::with(&OWN_TABLES);
    let named = product.entities.iter().map(|entity| {
        let (one, many) = singular_and_plural(&entity.name, lexicon, !is_foreign(product, &entity.name));
        let many = if is_reserved(&many) { format!("{many}_items") } else { many };
        (entity.id.as_str(), Named { one, many: given.give(&many) })
    });
    named.collect()
}

/// Who makes what: the entities of people that stand behind the actors who create an entity.
fn owners(product: &Product) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut owners: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for feature in &product.features {
        let creates = acts_of(feature).into_iter().filter(|(verb, _)| *verb == "create").map(|(_, entity)| entity);
        let person = person_behind(product, &feature.actor);
        for (entity, person) in creates.zip(std::iter::repeat(person)) {
            owners.entry(entity).or_default().extend(person);
        }
    }
    owners
}

/// "collector" of "collector-who-sells".
fn person_behind<'p>(product: &'p Product, actor: &str) -> Option<&'p str> {
    let people = product.entities.iter().filter(|entity| is_person(entity));
    let behind = people.filter(|person| actor.strip_prefix(person.id.as_str()).is_some_and(starts_anew));
    behind.max_by_key(|person| person.id.len()).map(|person| person.id.as_str())
}

fn starts_anew(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('-')
}

/// A column that refers to another table.
struct Link {
    column: Column,
}

/// The references of each entity. What belongs to something holds its key; so does what something has, unless it says so itself.
fn links<'p>(
    product: &'p Product,
    names: &HashMap<&'p str, Named>,
    owners: &BTreeMap<&str, BTreeSet<&str>>,
) -> HashMap<&'p str, Vec<Link>> {
    let mut links: HashMap<&str, Vec<Link>> = HashMap::new();
    let mut required = Required::default();
    let belongs = |entity: &Entity, to: &str| entity.relations.iter().any(|r| r.kind == "belongs to" && r.to == to);
    for entity in &product.entities {
        for relation in entity.relations.iter().filter(|relation| relation.kind == "belongs to") {
            let (Some(target), Some(named)) = (product.entity(&relation.to), names.get(relation.to.as_str())) else {
                continue;
            };
            let part = relation.role.as_ref().map_or_else(|| named.one.clone(), |role| snake(&ascii_words(role)));
            // A person is set from the start only where that person makes the thing; others come to it later.
            let from_the_start = if is_person(target) {
                owners.get(entity.id.as_str()).is_some_and(|makers| makers.contains(target.id.as_str()))
                    && !entity.relations.iter().any(|other| {
                        other.to == relation.to
                            && other != relation
                            && other.kind == "belongs to"
                            && before(entity, other, relation)
                    })
            } else {
                true
            };
            let nullable = !(from_the_start && required.allows(&entity.id, &target.id));
            let about = relation.role.as_ref().map_or_else(
                || format!("the {} it belongs to", spaced(&named.one)),
                |role| format!("the {} as {role}", spaced(&named.one)),
            );
            links.entry(&entity.id).or_default().push(Link { column: reference(&part, &named.many, nullable, about) });
        }
    }
    for entity in &product.entities {
        for relation in entity.relations.iter().filter(|relation| relation.kind != "belongs to") {
            let (Some(target), Some(owner)) = (product.entity(&relation.to), names.get(entity.id.as_str())) else {
                continue;
            };
            if !belongs(target, &entity.id) {
                let about = format!("the {} that has it", spaced(&owner.one));
                links
                    .entry(&target.id)
                    .or_default()
                    .push(Link { column: reference(&owner.one, &owner.many, true, about) });
            }
        }
    }
    links
}

fn before(entity: &Entity, one: &model::sections::Relation, other: &model::sections::Relation) -> bool {
    let at = |wanted| entity.relations.iter().position(|relation| relation == wanted);
    at(one) < at(other)
}

fn reference(part: &str, table: &str, nullable: bool, about: String) -> Column {
    let set_by = if nullable { SetBy::Caller } else { SetBy::Creator };
    let name = format!("{part}_id");
    Column { name, kind: ColumnKind::Id, nullable, one_of: vec![], references: Some(table.to_owned()), about, set_by }
}

/// References that must be there from the start. A circle of them could never be entered, so that the one that would close it is left open.
#[derive(Default)]
struct Required(BTreeMap<String, BTreeSet<String>>);

impl Required {
    fn allows(&mut self, from: &str, to: &str) -> bool {
        if self.reaches(to, from, 0) {
            return false;
        }
        self.0.entry(from.to_owned()).or_default().insert(to.to_owned());
        true
    }

    fn reaches(&self, from: &str, to: &str, depth: usize) -> bool {
        from == to
            || depth < 32
                && self.0.get(from).is_some_and(|next| next.iter().any(|next| self.reaches(next, to, depth + 1)))
    }
}

fn table(product: &Product, entity: &Entity, named: &Named, links: &[Link]) -> Table {
    let mut given = Given::default();
    let mut columns = vec![service_column(&mut given, "id", ColumnKind::Id, "its key")];
    for Link { column } in links {
        let name = given.give(&column.name);
        columns.push(Column { name, ..column.clone() });
    }
    if let Some(first) = entity.states.first() {
        columns.push(Column {
            name: given.give("state"),
            kind: ColumnKind::State,
            nullable: false,
            one_of: entity.states.clone(),
            references: None,
            about: format!("where it is in its life, at first {first}"),
            set_by: SetBy::Transition,
        });
    }
    for field in &entity.fields {
        columns.push(field_column(entity, field, named, &mut given));
    }
    columns.push(service_column(&mut given, "created_at", ColumnKind::Time, "when it was made"));
    columns.push(service_column(&mut given, "updated_at", ColumnKind::Time, "when it was last changed"));
    let touched = product.features.iter().filter(|feature| feature.entities.contains(&entity.id));
    Table {
        id: hyphened(&named.many),
        name: named.many.clone(),
        entity: entity.id.clone(),
        purpose: entity.purpose.clone(),
        indexes: indexes(entity, &columns, &named.many),
        columns,
        features: touched.map(|feature| feature.id.clone()).collect(),
    }
}

fn service_column(given: &mut Given, name: &str, kind: ColumnKind, about: &str) -> Column {
    Column {
        name: given.give(name),
        kind,
        nullable: false,
        one_of: vec![],
        references: None,
        about: about.to_owned(),
        set_by: SetBy::Service,
    }
}

fn field_column(entity: &Entity, field: &Field, named: &Named, given: &mut Given) -> Column {
    let words = ascii_words(&field.name);
    let name = snake(&words);
    let name = if is_reserved(&name) { format!("{}_{name}", named.one) } else { name };
    let (kind, one_of) = column_kind(&field.kind, &words);
    let by_step = !field.required && kind == ColumnKind::Time && !steps_that_set(entity, &field.name).is_empty();
    Column {
        name: given.give(&name),
        kind,
        nullable: !field.required,
        one_of,
        references: None,
        about: field.name.clone(),
        set_by: if by_step { SetBy::Transition } else { SetBy::Caller },
    }
}

/// The verbs that fill a moment such as "cancelled at": the one that leads to, or sounds like, what the moment is named after. What is named
/// after no step ("answered at") is filled by whatever somebody does first.
pub(super) fn steps_that_set<'e>(entity: &'e Entity, field: &str) -> Vec<&'e str> {
    let Some((deed, _)) = field.split_once(" at") else { return Vec::new() };
    let stem: String = deed.chars().take(4).collect();
    let fits = |text: &str| stem.chars().count() == 4 && text.starts_with(&stem);
    let by_state = entity.transitions.iter().find(|step| step.to == deed);
    if let Some(step) = by_state.or_else(|| entity.transitions.iter().find(|step| fits(&step.verb))) {
        return vec![step.verb.as_str()];
    }
    let Some(first) = entity.states.first().filter(|_| SETTLED.contains(&deed)) else { return Vec::new() };
    let by_somebody = |step: &&Transition| step.by.iter().any(|actor| actor != SYSTEM);
    let leads_away = |step: &&Transition| step.from.contains(first) && step.to != *first;
    entity.transitions.iter().filter(leads_away).filter(by_somebody).map(|step| step.verb.as_str()).collect()
}

/// Moments that come with the first thing somebody does about something.
const SETTLED: [&str; 6] = ["answered", "decided", "handled", "resolved", "settled", "judged"];

/// What a field of the product holds, as a column.
fn column_kind(field: &str, name: &[String]) -> (ColumnKind, Vec<String>) {
    let is_measured = || {
        const MEASURED: [&str; 20] = [
            "dose", "amount", "rate", "level", "share", "average", "size", "length", "quantity", "depth", "width",
            "height", "draught", "weight", "volume", "limit", "speed", "area", "value", "score",
        ];
        const UNITS: [&str; 13] = [
            "metres",
            "centimetres",
            "millimetres",
            "kilometres",
            "kilos",
            "kilograms",
            "grams",
            "litres",
            "hours",
            "hectares",
            "degrees",
            "newton",
            "volts",
        ];
        name.iter().any(|word| MEASURED.contains(&word.as_str()) || UNITS.contains(&word.as_str()))
    };
    if let Some(choices) = field.strip_prefix("choice of ") {
        let choices = choices.split(',').map(|choice| choice.trim().to_owned()).filter(|choice| !choice.is_empty());
        return (ColumnKind::Choice, choices.collect());
    }
    let kind = match field {
        "long text" | "address" => ColumnKind::LongText,
        "number" if is_measured() => ColumnKind::Decimal,
        "number" | "year" => ColumnKind::Integer,
        "money" => ColumnKind::Money,
        "date" => ColumnKind::Date,
        "time" => ColumnKind::Time,
        "duration" => ColumnKind::Duration,
        "yes/no" => ColumnKind::Boolean,
        "image list" => ColumnKind::TextList,
        "email" => ColumnKind::Email,
        "percentage" | "rating" | "temperature" | "weight" | "distance" => ColumnKind::Decimal,
        "url" => ColumnKind::Url,
        _ => ColumnKind::Text,
    };
    (kind, Vec::new())
}

fn indexes(entity: &Entity, columns: &[Column], many: &str) -> Vec<Index> {
    let many = spaced(many);
    let mut indexes: Vec<Index> = Vec::new();
    for column in columns.iter().filter(|column| column.references.is_some()) {
        let part = spaced(column.name.trim_end_matches("_id"));
        indexes.push(Index {
            columns: vec![column.name.clone(), "created_at".to_owned(), "id".to_owned()],
            unique: false,
            why: format!("the {many} of one {part}, newest first"),
        });
    }
    if columns.iter().any(|column| column.kind == ColumnKind::State) {
        indexes.push(Index {
            columns: ["state", "created_at", "id"].map(str::to_owned).to_vec(),
            unique: false,
            why: format!("{many} in one state, newest first"),
        });
    }
    // What the service does by itself it looks for again and again.
    let is_timed =
        entity.transitions.iter().any(|step| step.by.iter().all(|actor| actor == SYSTEM) && !step.by.is_empty());
    let has_state = columns.iter().any(|column| column.kind == ColumnKind::State);
    if let Some(deadline) = columns.iter().find(|column| is_timed && has_state && is_deadline(column)) {
        indexes.push(Index {
            columns: vec!["state".to_owned(), deadline.name.clone()],
            unique: false,
            why: format!("{many} whose {} has come", spaced(&deadline.name)),
        });
    }
    indexes.push(Index {
        columns: vec!["created_at".to_owned(), "id".to_owned()],
        unique: false,
        why: format!("all {many}, newest first"),
    });
    if is_person(entity)
        && let Some(email) = columns.iter().find(|column| column.kind == ColumnKind::Email)
    {
        let why = "nobody is there twice".to_owned();
        indexes.push(Index { columns: vec![email.name.clone()], unique: true, why });
    }
    indexes
}

/// Whether a column says when something has to happen: "valid until", "reply due".
pub fn is_deadline(column: &Column) -> bool {
    const TELLING: [&str; 12] =
        ["until", "due", "by", "expires", "ends", "end", "deadline", "lapses", "closes", "expiry", "closing", "next"];
    matches!(column.kind, ColumnKind::Time | ColumnKind::Date)
        && column.set_by != SetBy::Service
        && column.name.split('_').any(|word| TELLING.contains(&word))
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}
