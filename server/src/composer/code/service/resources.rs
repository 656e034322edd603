//! Resources: a table each, with its names and what can be done with it.

use model::{
    article,
    sections::{Architecture, ColumnKind, Index, Product, Table, is_sql_name},
};

use super::{
    Call, Deed,
    columns::{self, Col, Setter},
};
use crate::composer::{
    blueprint::ascii_words,
    code::names::{self, Given, comment},
    inflect::Inflector,
};

/// A program of more than this nobody would read.
const MOST_TABLES: usize = 60;

/// Names of files beside those of the tables, and of devices on some systems.
const TAKEN_FILES: [&str; 9] = ["mod", "main", "rights", "support", "service", "con", "prn", "aux", "nul"];

/// A table with everything that is done to it.
#[derive(Debug)]
pub struct Resource<'a> {
    /// The table as the architecture has it.
    pub origin: &'a Table,
    /// Its name in SQL.
    pub table: String,
    /// Its file and module: `condition_reports`.
    pub module: String,
    /// The type of a row: `ConditionReport`.
    pub type_name: String,
    /// One of them, in words: "condition report".
    pub noun: String,
    /// Many of them: "condition reports".
    pub nouns: String,
    /// What one row is, as a sentence.
    pub purpose: String,
    /// Its columns, the key first.
    pub columns: Vec<Col>,
    /// Its indexes, on columns that are there.
    pub indexes: Vec<Index>,
    /// What can be done with it.
    pub calls: Vec<Call<'a>>,
}

/// The tables in their order, with references that can be filled in one after another.
pub fn resources<'a>(product: &'a Product, architecture: &'a Architecture, inflect: &Inflector) -> Vec<Resource<'a>> {
    let mut tables = Given::with(&["api_callers", "idempotency_keys"]);
    let mut modules = Given::with(&TAKEN_FILES);
    let known: Vec<&str> = architecture.tables.iter().take(MOST_TABLES).map(|table| table.name.as_str()).collect();
    let mut resources: Vec<Resource<'a>> = Vec::new();
    for table in architecture.tables.iter().take(MOST_TABLES) {
        let name = if is_sql_name(&table.name) {
            table.name.clone()
        } else {
            names::snake(&ascii_words(&table.name), "items")
        };
        let name = tables.give(&name[..name.len().min(names::LONGEST)], "_");
        let module = modules.give(&names::field(&name), "_");
        // A table that keeps no entity of the product is named after many of something.
        let entity = product.entity(&table.entity).map(|entity| entity.name.clone());
        let one = entity.unwrap_or_else(|| inflect.singular(&name.replace('_', " ")));
        resources.push(resource(table, &one, name, module, &known));
    }
    refer_by_given_names(&mut resources);
    open_circles(&mut resources);
    resources
}

/// A table whose name was taken has another one here.
fn refer_by_given_names(resources: &mut [Resource<'_>]) {
    let renamed: Vec<(&str, String)> = resources
        .iter()
        .filter(|resource| resource.origin.name != resource.table)
        .map(|resource| (resource.origin.name.as_str(), resource.table.clone()))
        .collect();
    for reference in resources.iter_mut().flat_map(|r| &mut r.columns).filter_map(|c| c.references.as_mut()) {
        if let Some((_, table)) = renamed.iter().find(|(origin, _)| origin == reference) {
            reference.clone_from(table);
        }
    }
}

fn resource<'a>(origin: &'a Table, name: &str, table: String, module: String, known: &[&str]) -> Resource<'a> {
    let type_name = names::type_name(&ascii_words(name));
    let columns = columns::columns(origin, &type_name, |name| known.contains(&name));
    let noun = noun(name);
    // A language whose plural nobody here knows has one word for both; the table's name is only its letters.
    let is_both = ascii_words(&noun).join("_") == table;
    let nouns = if is_both { noun.clone() } else { table.replace('_', " ") };
    Resource {
        indexes: indexes(origin, &columns),
        purpose: sentence(&origin.purpose, &noun),
        noun,
        nouns,
        table,
        module,
        type_name,
        columns,
        calls: Vec::new(),
        origin,
    }
}

/// "condition report" of `ConditionReport`, in the script it is written in.
fn noun(name: &str) -> String {
    let mut spaced = String::new();
    let mut before_is_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && before_is_lower {
            spaced.push(' ');
        }
        before_is_lower = c.is_lowercase();
        spaced.push(if c == '_' { ' ' } else { c });
    }
    let noun = comment(&spaced.to_lowercase()).replace(['"', '\\', '{', '}', '\'', '`'], "");
    if noun.is_empty() { "row".to_owned() } else { noun.chars().take(60).collect() }
}

fn sentence(purpose: &str, noun: &str) -> String {
    let purpose = comment(purpose);
    match purpose.chars().last() {
        None => format!("One {noun}."),
        Some('.' | '!' | '?' | '…' | '。') => purpose,
        Some(_) => format!("{purpose}."),
    }
}

fn indexes(table: &Table, columns: &[Col]) -> Vec<Index> {
    let known = |name: &String| columns.iter().any(|column| column.name == *name);
    let sound = table.indexes.iter().filter(|index| !index.columns.is_empty() && index.columns.iter().all(known));
    let mut indexes: Vec<Index> = Vec::new();
    for index in sound {
        if indexes.iter().all(|other| other.columns != index.columns) {
            indexes.push(index.clone());
        }
    }
    indexes
}

/// Rows that need each other from the start could never be entered: the reference that closes a circle may be empty.
fn open_circles(resources: &mut [Resource<'_>]) {
    let mut needs: Vec<(String, String)> = Vec::new();
    for resource in resources {
        for column in &mut resource.columns {
            let Some(target) = column.references.clone().filter(|_| !column.nullable) else { continue };
            if reaches(&needs, &target, &resource.table) {
                column.nullable = true;
            } else {
                needs.push((resource.table.clone(), target));
            }
        }
    }
}

fn reaches(needs: &[(String, String)], from: &str, to: &str) -> bool {
    let (mut seen, mut open) = (vec![from], vec![from]);
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        for (_, next) in needs.iter().filter(|(of, _)| of == at) {
            if !seen.contains(&next.as_str()) {
                seen.push(next);
                open.push(next);
            }
        }
    }
    false
}

impl<'a> Resource<'a> {
    /// "an offer".
    pub fn a_noun(&self) -> String {
        format!("{} {}", article(&self.noun), self.noun)
    }

    /// Where it is in its life, if it has one.
    pub fn state(&self) -> Option<&Col> {
        self.columns.iter().find(|column| column.kind == ColumnKind::State && column.is_enum())
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Col> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The first call of a kind.
    pub fn call(&self, wanted: impl Fn(&Deed) -> bool) -> Option<&Call<'a>> {
        self.calls.iter().find(|call| wanted(&call.deed))
    }

    /// The call that makes one.
    pub fn creates(&self) -> Option<&Call<'a>> {
        self.call(|deed| *deed == Deed::Create)
    }

    /// The steps in its life.
    pub fn steps(&self) -> impl Iterator<Item = (&Call<'a>, &[String], &str)> {
        self.calls.iter().filter_map(|call| match &call.deed {
            Deed::Step { from, to, .. } => Some((call, from.as_slice(), to.as_str())),
            _ => None,
        })
    }

    /// Columns that whoever makes one gives.
    pub fn given(&self) -> impl Iterator<Item = &Col> {
        self.columns.iter().filter(|column| column.is_given())
    }

    /// Columns that can be changed.
    pub fn changeable(&self) -> impl Iterator<Item = &Col> {
        self.columns.iter().filter(|column| column.is_changeable())
    }

    /// Columns that a list can be narrowed down by.
    pub fn filters(&self) -> impl Iterator<Item = &Col> {
        self.columns.iter().filter(|column| {
            let by_it = |call: &Call<'_>| matches!(&call.deed, Deed::List(names) if names.contains(&column.name));
            self.calls.iter().any(by_it)
        })
    }

    /// Makes sure that there is a state for every step, and every state that a step names.
    pub fn mend_life(&mut self) {
        let mut named: Vec<String> = Vec::new();
        for (_, from, to) in self.steps() {
            named.extend(from.iter().cloned());
            named.push(to.to_owned());
        }
        let at = self.columns.iter().position(|column| column.kind == ColumnKind::State);
        match at {
            Some(at) => self.columns[at].learn(named),
            None if !named.is_empty() => self.add_state(named),
            None => {}
        }
        self.let_open_steps_begin_anywhere();
    }

    /// A step that does not say where it begins can be taken from everywhere else.
    fn let_open_steps_begin_anywhere(&mut self) {
        let Some(state) = self.state() else { return };
        let all: Vec<String> = state.words.iter().map(|word| word.text.clone()).collect();
        for call in &mut self.calls {
            if let Deed::Step { from, to, .. } = &mut call.deed
                && from.is_empty()
            {
                from.extend(all.iter().filter(|word| *word != to).cloned());
            }
        }
    }

    fn add_state(&mut self, named: Vec<String>) {
        let Some(id) = self.columns.first().cloned() else { return };
        let taken = self.column("state").is_some();
        let name = if taken { "life_state" } else { "state" };
        let mut column = Col {
            name: name.to_owned(),
            field: name.to_owned(),
            kind: ColumnKind::State,
            enum_name: format!("{}LifeState", self.type_name),
            about: "Where it is in its life.".to_owned(),
            set_by: Setter::Step,
            ..id
        };
        column.learn(named);
        self.columns.insert(1, column);
    }
}

impl Col {
    /// Adds words that it did not have yet. A state without any word is a line of text.
    fn learn(&mut self, named: Vec<String>) {
        let mut words: Vec<String> = self.words.iter().map(|word| word.text.clone()).collect();
        for word in named {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if words.is_empty() {
            self.kind = ColumnKind::Text;
            self.nullable = true;
            return;
        }
        self.limit_to(words);
        // Rows are in some state from the start.
        self.nullable = false;
        self.set_by = Setter::Step;
    }
}
