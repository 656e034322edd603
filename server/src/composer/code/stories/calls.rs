//! What is tried on rows that are there.

use super::{Story, samples};
use crate::composer::{
    blueprint::ascii_words,
    code::{
        layout::{Expr, Source},
        names::{literal, sql},
        service::{Call, Col, Deed, Service},
    },
};
use model::article;

impl Story<'_, '_> {
    /// "an_offer", as part of a function's name.
    pub(super) fn a_name(&self) -> String {
        let noun = ascii_words(&self.resource.noun).join("_");
        let noun = if noun.is_empty() { "row".to_owned() } else { noun };
        format!("{}_{noun}", article(&noun))
    }

    /// The name of a test, of bounded length.
    pub(super) fn named(&self, name: &str) -> String {
        name.chars().take(90).collect::<String>().trim_end_matches('_').to_owned()
    }

    pub(super) fn listed(&mut self) {
        let Some(call) = self.resource.call(|deed| matches!(deed, Deed::List(_))) else { return };
        let Deed::List(_) = &call.deed else { return };
        self.using(&[], &["get", "pages"]);
        self.makes = true;
        let nouns = ascii_words(&self.resource.nouns).join("_");
        let name = self.named(&format!("{nouns}_are_listed_newest_first"));
        self.test(&name);
        self.out.line("    let made = [row(&api).await, row(&api).await, row(&api).await];");
        self.out.line("    api.pages(LIST_BY, LIST, &made).await;");
        let filters: Vec<&Col> = self.resource.filters().collect();
        for column in filters {
            // What a row is not made with, nothing is found by.
            let is_empty = column.references.is_some() && !column.is_required();
            let (check, row) = if is_empty { ("finds_none", "") } else { ("narrows", ", &made[0]") };
            self.using(&[], &[check]);
            self.out.line(format!("    api.{check}(LIST_BY, LIST{row}, \"{}\").await;", column.name));
        }
        self.end();
    }

    pub(super) fn changed(&mut self) {
        if self.resource.call(|deed| *deed == Deed::Change).is_none() {
            return;
        }
        self.using(&["at"], &["at", "patch"]);
        let name = self.named(&format!("{}_can_be_changed", self.a_name()));
        self.test(&name);
        self.with_a_row();
        self.out.line("    let path = at(CHANGE, &row);");
        let columns: Vec<&Col> = self.resource.changeable().collect();
        columns.iter().for_each(|column| self.change_of(column));
        if let Some(column) = self.resource.columns.iter().find(|column| !column.is_changeable()) {
            self.using(&[], &["faults"]);
            let name = &column.name;
            self.out
                .line(format!("    api.patch(CHANGE_BY, &path, &json!({{ \"{name}\": 1 }})).await.names(\"{name}\");"));
        }
        self.out.line("    api.patch(CHANGE_BY, &path, &json!({})).await.is(422);");
        self.end();
    }

    fn change_of(&mut self, column: &Col) {
        let name = &column.name;
        let parent = column.references.as_deref().and_then(|table| self.service.resource(table));
        let value = match parent {
            Some(parent) if parent.table == self.resource.table => "row[\"id\"].clone()".to_owned(),
            Some(parent) => format!("{}::row(&api).await[\"id\"].clone()", parent.module),
            None => match samples::good(column, 1).or_else(|| samples::good(column, 0)) {
                Some(value) => format!("json!({value})"),
                None => return,
            },
        };
        self.using(&[], &["change"]);
        self.out.line(format!("    api.changes(CHANGE_BY, &path, \"{name}\", {value}).await;"));
        if column.nullable {
            self.using(&[], &["clear"]);
            self.out.line(format!("    api.clears(CHANGE_BY, &path, \"{name}\").await;"));
        } else {
            self.using(&[], &["keep", "faults"]);
            self.out.line(format!("    api.keeps(CHANGE_BY, &path, \"{name}\").await;"));
        }
    }

    pub(super) fn removed(&mut self) {
        if self.resource.call(|deed| *deed == Deed::Remove).is_none() {
            return;
        }
        self.using(&["at"], &["at", "delete"]);
        let name = self.named(&format!("{}_can_be_taken_away", self.a_name()));
        self.test(&name);
        self.with_a_row();
        self.out.line("    let path = at(REMOVE, &row);");
        self.out.line("    api.delete(REMOVE_BY, &path).await.is(204);");
        self.out.line("    api.delete(REMOVE_BY, &path).await.is(404);");
        self.end();
        self.referred_to();
    }

    /// A row that another one needs stays.
    fn referred_to(&mut self) {
        let child =
            self.service.resources.iter().filter(|other| other.table != self.resource.table).find_map(|other| {
                let made = other.creates().is_some();
                let column = other.columns.iter().find(|column| {
                    made && column.is_required() && column.references.as_deref() == Some(self.resource.table.as_str())
                })?;
                Some((other.module.clone(), column.name.clone()))
            });
        let Some((module, column)) = child else { return };
        let name = self.named(&format!("{}_that_others_need_stays", self.a_name()));
        self.test(&name);
        self.out.line(format!("    let needs = {module}::row(&api).await;"));
        self.out.line(format!("    let path = at(REMOVE, &json!({{ \"id\": needs[\"{column}\"] }}));"));
        self.out.line("    api.delete(REMOVE_BY, &path).await.is(409);");
        self.end();
    }

    /// The life cycle as a table, every step of which is tried in every state.
    pub(super) fn steps(&mut self) {
        let Some(state) = self.resource.state() else { return };
        let steps: Vec<String> = self.resource.calls.iter().filter_map(|call| self.step(state, call)).collect();
        if steps.is_empty() {
            return;
        }
        self.using(&["Step"], &["walks", "at"]);
        self.out.line(format!("/// The life of {}: every step, with its states.", self.resource.a_noun()));
        let left = format!("const STEPS: [Step<{}>; {}] =", state.enum_name, steps.len());
        self.out.line(Expr::list("[", steps, ";").after(0, &left)).gap();
        let name = self.named(&format!("{}_takes_its_steps_and_no_others", self.a_name()));
        self.test(&name);
        self.with_a_row();
        let (table, column) = (literal(&sql(&self.resource.table)), literal(&sql(&state.name)));
        self.out.line("    for step in STEPS {");
        self.out.line(format!("        api.walks({table}, {column}, &row, &step).await;")).line("    }");
        self.end();
    }

    fn step(&self, state: &Col, call: &Call<'_>) -> Option<String> {
        let Deed::Step { from, to, sets, .. } = &call.deed else { return None };
        let from = Expr::list("&[", from.iter().map(|text| variant(state, text)), "");
        let sets = Expr::list("&[", sets.iter().map(|column| literal(column)), "");
        let fields = [
            format!("path: {}", literal(&call.operation.path)),
            format!("by: Role::{}", self.a_role(call)),
            from.item(8, "from:"),
            format!("to: {}", variant(state, to)),
            sets.item(8, "sets:"),
        ];
        Some(Expr::list("Step {", fields, "").item(4, ""))
    }
}

/// `tests/api/rights.rs`: who may do what, as one table.
pub fn rights(service: &Service<'_>) -> String {
    let library = service.library();
    let mut out = Source::default();
    out.line("//! Who may do what, all of it in one table.").gap();
    out.line("use sqlx::PgPool;").gap().line("use crate::support::Api;").line(format!("use {library}::auth::Role;"));
    out.gap()
        .line("/// The roles that may call something, beside the service itself; an empty list lets in every caller.");
    let rows: Vec<String> = service.calls().map(|(_, call)| right(call)).collect();
    let left = format!("const RIGHTS: [(&str, &str, &[Role]); {}] =", rows.len());
    out.line(Expr::list("[", rows, ";").after(0, &left)).gap();
    out.line("#[sqlx::test]").line("async fn only_those_who_may_are_let_in(db: PgPool) {");
    out.line("    let api = Api::new(db).await;").line("    for (method, path, roles) in RIGHTS {");
    out.line("        api.admits(method, path, roles).await;").line("    }").line("}");
    out.finish()
}

fn right(call: &Call<'_>) -> String {
    let roles = Expr::list("&[", call.roles.iter().map(|role| format!("Role::{role}")), "").item(8, "");
    let parts = [literal(call.operation.method.as_str()), literal(&call.operation.path), roles];
    Expr::list("(", parts, "").item(4, "")
}

fn variant(state: &Col, text: &str) -> String {
    let word = state.words.iter().find(|word| word.text == text).or(state.words.first());
    format!("{}::{}", state.enum_name, word.map_or("", |word| &word.variant))
}
