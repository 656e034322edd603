//! What a file of a resource uses, sorted as rustfmt sorts it.

use std::collections::BTreeSet;

use model::sections::ColumnKind;

use super::paths;
use crate::composer::code::{
    layout::{Expr, Source},
    service::{Col, Deed, Resource},
};

pub fn write(out: &mut Source, resource: &Resource<'_>) {
    let does = Does::of(resource);
    let axum = [
        does.answers().then(|| "Json".to_owned()),
        Some("Router".to_owned()),
        Some("extract::State".to_owned()),
        does.removes.then(|| "http::StatusCode".to_owned()),
        Some(format!("routing::{}", braced(routing(resource)))),
    ];
    out.line(Expr::list("use axum::{", axum.into_iter().flatten(), ";").import());
    serde(out, &does);
    out.line(format!("use sqlx::{};", braced(sqlx(&does))));
    times(out, resource);
    out.line("use uuid::Uuid;").gap();
    own(out, resource, &does);
    out.gap();
}

/// What the handlers of a resource do, all in all.
struct Does {
    lists: bool,
    creates: bool,
    reads: bool,
    changes: bool,
    removes: bool,
    steps: bool,
}

impl Does {
    fn of(resource: &Resource<'_>) -> Self {
        let any = |wanted: fn(&Deed) -> bool| resource.call(wanted).is_some();
        Self {
            lists: any(|deed| matches!(deed, Deed::List(_))),
            creates: any(|deed| *deed == Deed::Create),
            reads: any(|deed| *deed == Deed::Read),
            changes: any(|deed| *deed == Deed::Change),
            removes: any(|deed| *deed == Deed::Remove),
            steps: any(|deed| matches!(deed, Deed::Step { .. })),
        }
    }

    fn answers(&self) -> bool {
        self.lists || self.reads || self.changes || self.steps
    }

    fn finds(&self) -> bool {
        self.creates || self.reads || self.steps
    }
}

fn routing(resource: &Resource<'_>) -> BTreeSet<String> {
    let first = paths(resource).into_iter().filter_map(|(_, calls)| calls.first().map(|call| call.operation.method));
    first.map(|method| method.as_str().to_lowercase()).collect()
}

fn serde(out: &mut Source, does: &Does) {
    out.line(if does.lists { "use serde::{Deserialize, Serialize};" } else { "use serde::Serialize;" });
}

fn sqlx(does: &Does) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["FromRow", "PgPool"]);
    if does.creates {
        names.insert("PgConnection");
    }
    if does.finds() {
        names.insert("PgExecutor");
    }
    names.into_iter().map(str::to_owned).collect()
}

fn times(out: &mut Source, resource: &Resource<'_>) {
    let date = resource.columns.iter().any(|column| column.kind == ColumnKind::Date);
    out.line(if date { "use time::{Date, OffsetDateTime};" } else { "use time::OffsetDateTime;" });
}

fn own(out: &mut Source, resource: &Resource<'_>, does: &Does) {
    let mut answer = BTreeSet::new();
    let mut add = |wanted: bool, name: &str| {
        if wanted {
            answer.insert(name.to_owned());
        }
    };
    add(does.answers(), "Answer");
    add(does.creates, "Created");
    add(resource.calls.iter().any(|call| call.operation.path.contains("{id}")), "Id");
    let limited = resource.calls.iter().any(|call| !call.roles.is_empty());
    let words = resource.columns.iter().any(Col::is_enum);
    let reads_fields =
        does.creates && resource.given().next().is_some() || does.changes && resource.changeable().next().is_some();
    let lines = [
        (true, format!("answer::{}", braced(answer))),
        (true, if limited { "auth::{Caller, Role}" } else { "auth::Caller" }.to_owned()),
        (does.creates || does.changes, "body::Body".to_owned()),
        (does.creates, "idempotency::{Claim, Key}".to_owned()),
        (does.steps, "life::Step".to_owned()),
        (does.lists, "page::{Cursor, Limit, Page, Query}".to_owned()),
        (does.finds() || does.changes || does.removes, "problem::Problem".to_owned()),
        (reads_fields, "value".to_owned()),
        (words, "words::words".to_owned()),
    ];
    let lines = lines.into_iter().filter(|(wanted, line)| *wanted && !line.ends_with("{}")).map(|(_, line)| line);
    out.line(Expr::list("use crate::{", lines, ";").import());
}

fn braced(names: BTreeSet<String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    match names.as_slice() {
        [one] => one.clone(),
        many => format!("{{{}}}", many.join(", ")),
    }
}
