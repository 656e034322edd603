//! Columns: their names and types in Rust and SQL, and what happens to them.

use model::sections::{Column, ColumnKind, SetBy, Table, is_sql_name};

use crate::composer::{
    blueprint::ascii_words,
    code::names::{self, Given, comment, pascal, quoted, variants},
};

/// No table has more columns than anybody could fill in.
const MOST_COLUMNS: usize = 80;
const MOST_WORDS: usize = 60;

/// Columns that every table has.
const OWN: [&str; 3] = ["id", "created_at", "updated_at"];

/// A column.
#[derive(Debug, Clone)]
pub struct Col {
    /// Its name in SQL and JSON.
    pub name: String,
    /// Its name in Rust.
    pub field: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be empty.
    pub nullable: bool,
    /// The words it is limited to.
    pub words: Vec<Word>,
    /// The enum of those words.
    pub enum_name: String,
    /// The table whose key it holds, in SQL.
    pub references: Option<String>,
    /// What it keeps, in words.
    pub about: String,
    /// Who fills it.
    pub set_by: Setter,
}

/// A word that a column may hold.
#[derive(Debug, Clone)]
pub struct Word {
    /// As it is kept.
    pub text: String,
    /// Its name in Rust.
    pub variant: String,
}

/// Who fills a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setter {
    /// The database, by a default.
    Service,
    /// Whoever makes the row; fixed from then on.
    Creator,
    /// Whoever calls, at any time.
    Caller,
    /// A step.
    Step,
}

/// The columns of a table: the key first, the moments of the service last, no name twice.
pub fn columns(table: &Table, type_name: &str, is_table: impl Fn(&str) -> bool) -> Vec<Col> {
    let (mut given, mut fields, mut enums) =
        (Given::with(&OWN), Given::with(&OWN), Given::with(&taken_types(type_name)));
    let mut columns = vec![own_column("id", ColumnKind::Id)];
    for column in table.columns.iter().filter(|column| !OWN.contains(&column.name.as_str())).take(MOST_COLUMNS) {
        let known = column.references.as_deref().filter(|name| is_table(name));
        columns.push(one(column, known, type_name, [&mut given, &mut fields, &mut enums]));
    }
    columns.push(own_column("created_at", ColumnKind::Time));
    columns.push(own_column("updated_at", ColumnKind::Time));
    columns
}

/// Names of types that the file of a table has beside its enums.
fn taken_types(type_name: &str) -> Vec<String> {
    [type_name.to_owned(), format!("New{type_name}"), format!("{type_name}Changes")].into()
}

fn own_column(name: &str, kind: ColumnKind) -> Col {
    Col {
        name: name.to_owned(),
        field: name.to_owned(),
        kind,
        nullable: false,
        words: vec![],
        enum_name: String::new(),
        references: None,
        about: String::new(),
        set_by: Setter::Service,
    }
}

fn one(column: &Column, references: Option<&str>, type_name: &str, [given, fields, enums]: [&mut Given; 3]) -> Col {
    let plain =
        if is_sql_name(&column.name) { column.name.clone() } else { names::snake(&ascii_words(&column.name), "field") };
    let name = given.give(&plain[..plain.len().min(names::LONGEST)], "_");
    let words = words(&column.one_of);
    let kind = match column.kind {
        _ if references.is_some() => ColumnKind::Id,
        ColumnKind::Text if !words.is_empty() => ColumnKind::Choice,
        ColumnKind::Choice if words.is_empty() => ColumnKind::Text,
        kind => kind,
    };
    let about = about(column);
    let mut col = Col {
        field: fields.give(&names::field(&name), "_"),
        kind,
        nullable: column.nullable,
        words: vec![],
        enum_name: String::new(),
        references: references.map(str::to_owned),
        about,
        set_by: setter(column.set_by),
        name,
    };
    if matches!(kind, ColumnKind::Choice | ColumnKind::State) {
        let part = pascal(&ascii_words(&col.name));
        col.enum_name = enums.give(&format!("{type_name}{part}"), "No");
        col.limit_to(words);
    }
    // What nobody fills and nothing begins with has to be allowed to be empty.
    if matches!(col.set_by, Setter::Service | Setter::Step) && col.default().is_none() {
        col.nullable = true;
    }
    col
}

fn setter(set_by: SetBy) -> Setter {
    match set_by {
        SetBy::Service => Setter::Service,
        SetBy::Creator => Setter::Creator,
        SetBy::Caller => Setter::Caller,
        SetBy::Transition => Setter::Step,
    }
}

fn words(given: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in given.iter().map(|word| word.replace('\0', "").trim().to_owned()) {
        if !word.is_empty() && !words.contains(&word) && words.len() < MOST_WORDS {
            words.push(word);
        }
    }
    words
}

/// What a column keeps as a sentence: "The listing it belongs to."
fn about(column: &Column) -> String {
    let about = comment(&column.about);
    let about = if about.is_empty() { column.name.replace('_', " ") } else { about };
    let about = crate::composer::inflect::capitalised(about.trim_end_matches('.'));
    let says_more = about.to_lowercase() != column.name.replace('_', " ");
    match column.kind {
        ColumnKind::Money if says_more => format!("{about}, in the smallest unit of its currency."),
        ColumnKind::Money => "In the smallest unit of its currency.".to_owned(),
        ColumnKind::Duration if says_more => format!("{about}, in seconds."),
        ColumnKind::Duration => "In seconds.".to_owned(),
        _ => format!("{about}."),
    }
}

impl Col {
    /// Limits it to words, in order.
    pub fn limit_to(&mut self, words: Vec<String>) {
        let names = variants(words.iter().map(String::as_str));
        self.words = words.into_iter().zip(names).map(|(text, variant)| Word { text, variant }).collect();
    }

    /// Whether what is said about it is more than its name.
    pub fn says_more(&self) -> bool {
        !OWN.contains(&self.name.as_str())
            && self.about.trim_end_matches('.').to_lowercase() != self.name.replace('_', " ")
    }

    /// Whether it is one of a few words.
    pub fn is_enum(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether whoever makes a row says it.
    pub fn is_given(&self) -> bool {
        matches!(self.set_by, Setter::Creator | Setter::Caller)
    }

    /// Whether whoever changes a row may say it.
    pub fn is_changeable(&self) -> bool {
        self.set_by == Setter::Caller
    }

    /// Whether a row cannot be made without it.
    pub fn is_required(&self) -> bool {
        self.is_given() && !self.nullable
    }

    /// Its type in Rust, without the `Option` of a column that may be empty.
    pub fn rust_type(&self) -> &str {
        if self.is_enum() {
            return &self.enum_name;
        }
        match self.kind {
            ColumnKind::Id => "Uuid",
            ColumnKind::Integer | ColumnKind::Money | ColumnKind::Duration => "i64",
            ColumnKind::Decimal => "f64",
            ColumnKind::Date => "Date",
            ColumnKind::Time => "OffsetDateTime",
            ColumnKind::Boolean => "bool",
            ColumnKind::TextList => "Vec<String>",
            ColumnKind::Text
            | ColumnKind::LongText
            | ColumnKind::Email
            | ColumnKind::Url
            | ColumnKind::Choice
            | ColumnKind::State => "String",
        }
    }

    /// Its type in SQL.
    pub fn sql_type(&self) -> &'static str {
        match self.kind {
            ColumnKind::Id => "uuid",
            ColumnKind::Integer | ColumnKind::Money | ColumnKind::Duration => "bigint",
            ColumnKind::Decimal => "double precision",
            ColumnKind::Date => "date",
            ColumnKind::Time => "timestamptz",
            ColumnKind::Boolean => "boolean",
            ColumnKind::TextList => "text[]",
            _ => "text",
        }
    }

    /// The function of the generated `value` module that reads it.
    pub fn reader(&self) -> &'static str {
        match self.kind {
            _ if self.is_enum() => "one_of",
            ColumnKind::Id => "id",
            ColumnKind::LongText => "long_text",
            ColumnKind::Integer => "integer",
            ColumnKind::Decimal => "decimal",
            ColumnKind::Money => "money",
            ColumnKind::Date => "day",
            ColumnKind::Time => "moment",
            ColumnKind::Duration => "seconds",
            ColumnKind::Boolean => "boolean",
            ColumnKind::Email => "email",
            ColumnKind::Url => "link",
            ColumnKind::TextList => "texts",
            ColumnKind::Text | ColumnKind::Choice | ColumnKind::State => "line",
        }
    }

    /// What a column begins with that no caller fills.
    pub fn default(&self) -> Option<String> {
        if self.is_given() || self.references.is_some() {
            return None;
        }
        match self.kind {
            _ if self.name == "created_at" || self.name == "updated_at" => Some("now()".to_owned()),
            _ if self.nullable => None,
            _ if self.is_enum() => self.words.first().map(|word| quoted(&word.text)),
            ColumnKind::Integer | ColumnKind::Money | ColumnKind::Duration | ColumnKind::Decimal => {
                Some("0".to_owned())
            }
            ColumnKind::Boolean => Some("false".to_owned()),
            ColumnKind::TextList => Some("'{}'".to_owned()),
            _ => None,
        }
    }
}
