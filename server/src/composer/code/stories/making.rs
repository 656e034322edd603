//! How rows are made for tests: by the API where it can, otherwise in the database.

use model::sections::ColumnKind;

use super::{Story, samples};
use crate::composer::code::{
    names::sql,
    service::{Col, Deed, Setter},
};

impl Story<'_, '_> {
    /// `body`, what makes a row; and `row`, which makes one.
    pub(super) fn makers(&mut self) {
        if self.resource.creates().is_some() {
            self.body();
            if self.makes {
                self.using(&[], &["post"]);
                self.out.line(format!(
                    "/// {}, just made.",
                    crate::composer::inflect::capitalised(&self.resource.a_noun())
                ));
                self.out.line("pub async fn row(api: &Api) -> Value {");
                self.out.line("    api.post(MAKE_BY, MAKE, &body(api).await).await.is(201)").line("}").gap();
            }
        } else if self.makes {
            self.inserted();
        }
    }

    fn body(&mut self) {
        let given: Vec<&Col> = self.resource.given().filter(|column| self.value(column).is_some()).collect();
        let asks = given.iter().any(|column| column.references.is_some());
        let (api, first) = if asks { ("api", " What it belongs to is made first.") } else { ("_", "") };
        self.out.line(format!("/// What makes {}.{first}", self.resource.a_noun()));
        self.out.line(format!("async fn body({api}: &Api) -> Value {{"));
        if given.is_empty() {
            self.out.line("    json!({})").line("}").gap();
            return;
        }
        self.out.line("    json!({");
        for column in given {
            let Some(value) = self.value(column) else { continue };
            if value.starts_with("unique(") {
                self.using(&["unique"], &["unique"]);
            }
            self.out.line(format!("        \"{}\": {value},", column.name));
        }
        self.out.line("    })").line("}").gap();
    }

    /// What stands in a body: a key where it has to be there, a sample otherwise.
    fn value(&self, column: &Col) -> Option<String> {
        if let Some(target) = &column.references {
            let parent = self.service.resource(target).filter(|_| column.is_required())?;
            return Some(format!("{}::row(api).await[\"id\"]", parent.module));
        }
        let apart = samples::tells_apart(self.resource, column).then(|| samples::unique(column)).flatten();
        apart.or_else(|| samples::good(column, 0))
    }

    /// A row that no call makes, put into its table.
    fn inserted(&mut self) {
        let given: Vec<&Col> = self.resource.given().filter(|column| column.is_required()).collect();
        let mut names = vec!["id".to_owned()];
        let (mut values, mut binds) = (vec!["gen_random_uuid()".to_owned()], Vec::new());
        for column in given {
            let Some(value) = self.value(column) else { continue };
            names.push(sql(&column.name).into_owned());
            if column.kind == ColumnKind::TextList {
                values.push("'{}'".to_owned());
                continue;
            }
            binds.push(value);
            values.push(format!("(${}::jsonb #>> '{{}}')::{}", binds.len(), column.sql_type()));
        }
        let table = sql(&self.resource.table);
        let api = "api";
        self.out.line(format!(
            "/// {}, put into its table: no call makes one.",
            crate::composer::inflect::capitalised(&self.resource.a_noun())
        ));
        self.out.line(format!("pub async fn row({api}: &Api) -> Value {{"));
        self.out.line(format!("    let insert = \"\n        insert into {table} ({})", names.join(", ")));
        self.out.line(format!("        values ({})\n        returning id\";", values.join(", ")));
        self.out.line("    let mut insert = sqlx::query_scalar::<_, Uuid>(insert);");
        for value in binds {
            if value.starts_with("unique(") {
                self.using(&["unique"], &["unique"]);
            }
            self.out.line(format!("    insert = insert.bind(json!({value}).to_string());"));
        }
        self.out.line("    json!({ \"id\": insert.fetch_one(&api.db).await.unwrap() })").line("}").gap();
    }

    /// One of these is made and can be read again.
    pub(super) fn made(&mut self) {
        if self.resource.creates().is_none() {
            return;
        }
        self.using(&["holds", "id"], &["create", "post"]);
        let name = self.named(&format!("{}_is_made_and_made_once_only", self.a_name()));
        self.test(&name);
        self.out.line("    let body = body(&api).await;").line("    let reply = api.post(MAKE_BY, MAKE, &body).await;");
        self.out.line("    let location = reply.location();").line("    let row = reply.is(201);");
        self.out.line("    holds(&row, &body);").line("    assert_eq!(location, format!(\"{MAKE}/{}\", id(&row)));");
        let state = self.resource.state().filter(|state| state.set_by == Setter::Step);
        if let Some((state, first)) = state.and_then(|state| Some((state, state.words.first()?))) {
            let first = crate::composer::code::names::literal(&first.text);
            self.out.line(format!("    assert_eq!(row[\"{}\"], {first});", state.name));
        }
        if self.resource.call(|deed| *deed == Deed::Read).is_some() {
            self.using(&["at"], &["at", "get"]);
            self.out.line("    assert_eq!(api.get(READ_BY, &at(READ, &row)).await.is(200), row);");
            self.out.line("    api.get(READ_BY, &READ.replace(\"{id}\", \"nothing\")).await.is(404);");
        }
        self.repeated();
        self.end();
    }

    /// A request that is sent twice makes one row.
    fn repeated(&mut self) {
        let other = self.resource.given().find_map(|column| {
            let other = samples::good(column, 1).filter(|_| !samples::tells_apart(self.resource, column))?;
            Some(format!("with(&body, \"{}\", json!({other}))", column.name))
        });
        let refers = self.resource.given().any(|column| column.references.is_some() && column.is_required());
        let Some(other) = other.or_else(|| refers.then(|| "self::body(&api).await".to_owned())) else { return };
        self.using(&[], &["repeats"]);
        if other.starts_with("with(") {
            self.using(&["with"], &[]);
        }
        if self.resource.given().any(|column| samples::tells_apart(self.resource, column)) {
            self.out.line("    let body = self::body(&api).await;");
        }
        self.out.line(format!("    let other = {other};"));
        self.out.line("    api.repeats(MAKE_BY, MAKE, &body, &other).await;");
    }

    /// Everything that is wrong with a body is named.
    pub(super) fn faulty(&mut self) {
        if self.resource.creates().is_none() {
            return;
        }
        self.using(&[], &["create", "faults", "post"]);
        let name = self.named(&format!("what_is_wrong_with_{}_is_named", self.a_name()));
        self.test(&name);
        self.out.line("    let body = body(&api).await;");
        let given: Vec<&Col> = self.resource.given().collect();
        for column in given.iter().filter(|column| column.is_required()) {
            self.out.line(format!("    api.needs(MAKE_BY, MAKE, &body, \"{}\").await;", column.name));
        }
        for column in &given {
            let bad = samples::bad(column);
            self.out.line(format!("    api.refuses(MAKE_BY, MAKE, &body, \"{}\", json!({bad})).await;", column.name));
        }
        self.out.line("    api.refuses(MAKE_BY, MAKE, &body, \"nobody_knows\", json!(1)).await;");
        self.end();
    }
}
