//! The tests of a resource: it is made, listed, changed and walked through its life as its callers would.

mod calls;
mod making;
mod samples;

use std::collections::BTreeSet;

use super::{
    layout::{Expr, Source},
    names::literal,
    service::{Call, Deed, Resource, Service},
};
use crate::composer::inflect::capitalised;

/// What the shared part of the tests has to hold, by the names of its sections.
pub type Needs = BTreeSet<&'static str>;

/// A file of tests that is being written.
struct Story<'s, 'a> {
    service: &'s Service<'a>,
    resource: &'s Resource<'a>,
    out: Source,
    /// What it takes from the shared part.
    uses: BTreeSet<&'static str>,
    needs: Needs,
    /// Whether rows are made beside the test that makes one.
    makes: bool,
}

/// The file, as text, and what it needs of the shared part. Nothing when there is nothing to call and nobody needs such a row.
pub fn file(service: &Service<'_>, resource: &Resource<'_>) -> Option<(String, Needs)> {
    let is_needed = is_needed(service, resource);
    if resource.calls.is_empty() && !is_needed {
        return None;
    }
    let mut story = Story {
        service,
        resource,
        out: Source::default(),
        uses: BTreeSet::new(),
        needs: Needs::new(),
        makes: is_needed,
    };
    story.tests();
    let tests = std::mem::take(&mut story.out).finish();
    story.makers();
    let makers = std::mem::take(&mut story.out).finish();
    story.head(&makers, &tests);
    let head = std::mem::take(&mut story.out).finish();
    let text = format!("{head}{makers}{tests}");
    Some((format!("{}\n", text.trim_end()), story.needs))
}

/// Whether rows of another table cannot be made, or changed in every way, without one of these.
fn is_needed(service: &Service<'_>, resource: &Resource<'_>) -> bool {
    let refers = |other: &Resource<'_>| {
        let changes = other.call(|deed| *deed == Deed::Change).is_some();
        other.columns.iter().any(|column| {
            let of_it = column.references.as_deref() == Some(resource.table.as_str());
            of_it && (column.is_required() || changes && column.is_changeable())
        })
    };
    service.resources.iter().any(refers)
}

impl Story<'_, '_> {
    /// Says that something of the shared part is used, and which of its sections hold it.
    fn using(&mut self, names: &[&'static str], sections: &[&'static str]) {
        self.uses.extend(names);
        self.needs.extend(sections);
    }

    fn tests(&mut self) {
        self.made();
        self.faulty();
        self.listed();
        self.changed();
        self.removed();
        self.steps();
    }

    /// Opens a test.
    fn test(&mut self, name: &str) {
        self.out.line("#[sqlx::test]").line(format!("async fn {name}(db: PgPool) {{"));
        self.out.line("    let api = Api::new(db).await;");
    }

    /// A row to try something on.
    fn with_a_row(&mut self) {
        self.makes = true;
        self.out.line("    let row = row(&api).await;");
    }

    fn end(&mut self) {
        self.out.line("}").gap();
    }

    /// What is said first: what the file is about, what it uses, and the addresses and roles that the tests share.
    fn head(&mut self, makers: &str, tests: &str) {
        let body = [makers, tests].concat();
        let has = |word: &str| body.contains(word);
        let nouns = capitalised(&self.resource.nouns);
        self.out.line(format!("//! {nouns}. {}", self.resource.purpose)).gap();
        let json: Vec<&str> = [("Value", has("Value")), ("json", has("json!("))]
            .iter()
            .filter(|(_, used)| *used)
            .map(|(name, _)| *name)
            .collect();
        match json.as_slice() {
            [] => {}
            [one] => drop(self.out.line(format!("use serde_json::{one};"))),
            _ => drop(self.out.line("use serde_json::{Value, json};")),
        }
        if has("PgPool") {
            self.out.line("use sqlx::PgPool;");
        }
        if has(", Uuid>") {
            self.out.line("use uuid::Uuid;");
        }
        self.own_imports(&body);
        self.constants(&body);
    }

    fn own_imports(&mut self, body: &str) {
        let parents: BTreeSet<&str> = self
            .service
            .resources
            .iter()
            .filter(|other| body.contains(&format!(" {}::row(", other.module)))
            .map(|other| other.module.as_str())
            .collect();
        let support: Vec<&str> =
            std::iter::once("Api").chain(self.uses.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect();
        let mut lines: Vec<String> = parents.iter().map(|name| (*name).to_owned()).collect();
        lines.push(format!("support::{}", sorted(&support)));
        lines.sort();
        self.out.gap().line(Expr::list("use crate::{", lines, ";").import());
        let library = self.service.library();
        let role = "auth::Role".to_owned();
        let state = self.resource.state().filter(|state| body.contains(&format!("{}::", state.enum_name)));
        let state = state.map(|state| format!("resources::{}::{}", self.resource.module, state.enum_name));
        if body.contains("Role") || body.contains("_BY") {
            let names = std::iter::once(role).chain(state);
            self.out.line(Expr::list(&format!("use {library}::{{"), names, ";").import());
        }
        self.out.gap();
    }

    /// The first call of a kind as constants: its path and a role that may.
    fn constants(&mut self, body: &str) {
        let mut any = false;
        for (name, wanted) in KINDS {
            let Some(call) = self.resource.call(wanted) else { continue };
            any |= body.contains(name);
            if body.contains(name) {
                self.out.line(format!("const {name}: &str = {};", literal(&call.operation.path)));
            }
            let role = format!("{name}_BY");
            if body.contains(&role) {
                self.out.line(format!("const {role}: Role = Role::{};", self.a_role(call)));
            }
        }
        if any {
            self.out.gap();
        }
    }

    /// A role that may call something.
    fn a_role(&self, call: &Call<'_>) -> String {
        call.roles
            .first()
            .cloned()
            .unwrap_or_else(|| self.service.roles.first().map_or("System".to_owned(), |role| role.variant.clone()))
    }
}

pub use calls::rights;

type Wanted = fn(&Deed) -> bool;

/// The calls that tests name by constants.
const KINDS: [(&str, Wanted); 5] = [
    ("MAKE", |deed| *deed == Deed::Create),
    ("LIST", |deed| matches!(deed, Deed::List(_))),
    ("READ", |deed| *deed == Deed::Read),
    ("CHANGE", |deed| *deed == Deed::Change),
    ("REMOVE", |deed| *deed == Deed::Remove),
];

/// Names to import from one module: types before functions, as rustfmt sorts them.
fn sorted(names: &[&str]) -> String {
    match names {
        [one] => (*one).to_owned(),
        many => format!("{{{}}}", many.join(", ")),
    }
}

fn uses_json(needs: &Needs) -> bool {
    ["change", "finds_none", "keep"].iter().any(|name| needs.contains(name))
}

/// What the shared part needs by a library's name and the roles it speaks of.
pub fn support(service: &Service<'_>, needs: &Needs) -> String {
    let text = super::template::sections(include_str!("../templates/tests/support.rs"), |name| match name {
        "lib" => {
            let library = service.library();
            let names = ["auth::{self, Role}", "router", "words::Words"].map(str::to_owned);
            Some(format!("{}\n", Expr::list(&format!("use {library}::{{"), names, ";").import()))
        }
        "json_less" => (!uses_json(needs)).then(String::new),
        "json" => uses_json(needs).then(String::new),
        "id" => ["at", "create", "pages"].iter().any(|name| needs.contains(name)).then(String::new),
        "always" | "end" => Some(String::new()),
        name => needs.contains(name).then(String::new),
    });
    super::template::fill(&text, &[("system", service.system())])
}
