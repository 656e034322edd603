//! An architecture as people leave it who edit by hand: names that Rust or SQL keep to themselves, circles, and things that are gone.

use model::sections::*;

fn column(name: &str, kind: ColumnKind, nullable: bool, set_by: SetBy) -> Column {
    Column {
        name: name.to_owned(),
        kind,
        nullable,
        one_of: vec![],
        references: None,
        about: name.replace('_', " "),
        set_by,
    }
}

fn reference(name: &str, table: &str, nullable: bool) -> Column {
    let references = Some(table.to_owned());
    Column { references, ..column(name, ColumnKind::Id, nullable, SetBy::Creator) }
}

fn words(name: &str, kind: ColumnKind, words: &[&str], set_by: SetBy) -> Column {
    Column { one_of: words.iter().map(|word| (*word).to_owned()).collect(), ..column(name, kind, false, set_by) }
}

fn table(name: &str, columns: Vec<Column>, unique: &[&str]) -> Table {
    let indexes = if unique.is_empty() {
        vec![]
    } else {
        vec![Index {
            columns: unique.iter().map(|name| (*name).to_owned()).collect(),
            unique: true,
            why: String::new(),
        }]
    };
    Table {
        id: name.replace('_', "-"),
        name: name.to_owned(),
        entity: String::new(),
        purpose: format!("What is kept of {name}\nand nothing else"),
        columns,
        indexes,
        features: vec![],
    }
}

fn operation(id: &str, method: Method, path: &str, table: &str, deed: Deed, roles: &[&str]) -> Operation {
    Operation {
        id: id.to_owned(),
        method,
        path: path.to_owned(),
        summary: format!("Does what {id} says"),
        table: table.to_owned(),
        deed,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        features: vec![],
    }
}

fn step(from: &[&str], to: &str, sets: &[&str]) -> Deed {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Deed::Step { from: owned(from), to: to.to_owned(), sets: owned(sets) }
}

/// The architecture, with a product that knows nothing of it.
pub fn architecture() -> (Product, Architecture) {
    let role = |id: &str| ApiRole { id: id.to_owned(), name: id.to_owned(), may: String::new() };
    let roles = vec![role("self"), role("見る人"), role("self")];
    let architecture = Architecture { roles, tables: tables(), operations: operations(), ..Architecture::default() };
    (Product { summary: "Things \u{202e}that are odd.".to_owned(), ..Product::default() }, architecture)
}

fn tables() -> Vec<Table> {
    use ColumnKind::{
        Boolean, Choice, Date, Decimal, Duration, Email, Integer, LongText, Money, State, Text, TextList, Time, Url,
    };
    use SetBy::{Caller, Creator, Service, Transition};
    let long = "a_column_whose_name_is_about_as_long_as_postgresql_lets_it_be";
    vec![
        table(
            "match",
            vec![
                column("type", Text, true, Caller),
                column("self", Text, false, Caller),
                column("fields", Integer, false, Caller),
                column("a__b", Integer, true, Caller),
                column("a_b", Integer, true, Caller),
                column("body", LongText, true, Creator),
                words("state", State, &["it's \"on\"", "終わり", "off"], Transition),
                column("over_at", Time, true, Transition),
                column("day", Date, true, Transition),
                reference("order_id", "order", false),
                column("type", Text, false, Caller),
            ],
            &[],
        ),
        table(
            "order",
            vec![
                column("user", Email, false, Caller),
                column("limit", Url, true, Caller),
                column("cursor", Boolean, false, Caller),
                column("times_seen", Integer, false, Service),
                words("changes", Choice, &["a", "A", "b c", "b-c", ""], Caller),
                reference("match_id", "match", false),
                reference("gone_id", "gone", false),
            ],
            &["user"],
        ),
        table("results", vec![column(long, Money, false, Caller), column("wait", Duration, true, Caller)], &[]),
        table("tower", vec![column("share", Decimal, false, Caller), column("photos", TextList, false, Caller)], &[]),
        table("unmade", vec![column("photos", TextList, false, Caller), column("at", Time, false, Caller)], &[]),
        table("needy", vec![reference("unmade_id", "unmade", false), reference("results_id", "results", true)], &[]),
        table("empty", vec![], &[]),
    ]
}

fn operations() -> Vec<Operation> {
    use Method::{Delete, Get, Patch, Post};
    let list = |filters: &[&str]| Deed::List { filters: filters.iter().map(|name| (*name).to_owned()).collect() };
    let all = &["type", "self", "fields", "state", "cursor", "limit", "nothing", "over_at", "day", "order_id"];
    vec![
        operation("list-match", Get, "/match", "match", list(all), &[]),
        operation("make-match", Post, "/match", "match", Deed::Create, &["self"]),
        operation("read-match", Get, "/match/{id}", "match", Deed::Read, &["gone"]),
        operation("change-match", Patch, "/match/{id}", "match", Deed::Change, &["self", "見る人"]),
        operation(
            "end",
            Post,
            "/match/{id}/end",
            "match",
            step(&["it's \"on\""], "終わり", &["over_at", "day", "type"]),
            &[],
        ),
        operation("loop", Post, "/match/{id}/loop", "match", step(&["終わり", "off"], "off", &[]), &["system"]),
        operation("anew", Post, "/match/{id}/2", "match", step(&[], "unheard of", &["over_at"]), &["self"]),
        operation("twice", Post, "/match", "match", Deed::Create, &["self"]),
        operation("nested", Get, "/order/{id}/match", "match", list(&[]), &[]),
        operation("list-order", Get, "/order", "order", list(&["user", "limit", "cursor", "changes"]), &["self"]),
        operation("make-order", Post, "/order", "order", Deed::Create, &["self"]),
        operation("remove-order", Delete, "/order/{id}", "order", Deed::Remove, &["self"]),
        operation("change-order", Patch, "/order/{id}", "order", Deed::Change, &["self"]),
        operation("make-result", Post, "/results", "results", Deed::Create, &[]),
        operation("step-result", Post, "/results/{id}/publish", "results", step(&["draft"], "public", &[]), &[]),
        operation("make-tower", Post, "/tower", "tower", Deed::Create, &[]),
        operation("list-tower", Get, "/tower", "tower", list(&["share", "photos"]), &[]),
        operation("make-needy", Post, "/needy", "needy", Deed::Create, &[]),
        operation("remove-needy", Delete, "/needy/{id}", "needy", Deed::Remove, &[]),
        operation("make-empty", Post, "/empty", "empty", Deed::Create, &[]),
        operation("change-empty", Patch, "/empty/{id}", "empty", Deed::Change, &[]),
        operation("health", Get, "/health", "empty", list(&[]), &[]),
        operation("gone", Get, "/gone", "gone", list(&[]), &[]),
    ]
}

/// Puts other names and words in the places of some.
pub fn rename(architecture: &mut Architecture, names: &[String]) {
    let mut names = names.iter().cycle().cloned();
    let mut next = || names.next().unwrap_or_default();
    for table in &mut architecture.tables {
        table.name = next();
        table.purpose = next();
        for column in &mut table.columns {
            column.name = next();
            column.about = next();
            column.one_of.iter_mut().for_each(|word| *word = next());
        }
    }
    architecture.operations.iter_mut().for_each(|operation| operation.summary = next());
    architecture.roles.iter_mut().for_each(|role| role.id = next());
}
