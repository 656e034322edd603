//! The architecture section: how the product is put together.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BadPiece, Severity, bad, put, shaped};
use crate::{Piece, PiecePath, person::words, svg};

const SECTION: &str = "architecture";

/// How the product is put together. Every list is in the order in which a reader should meet it; ids are unique within their list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Architecture {
    /// The whole in two or three sentences.
    pub overview: String,
    /// Who calls the API, and what for.
    pub roles: Vec<ApiRole>,
    /// Pictures: `context`, `components`, `data`.
    pub diagrams: Vec<Diagram>,
    /// The data model.
    pub tables: Vec<Table>,
    /// The HTTP API.
    pub operations: Vec<Operation>,
    /// What was decided, and why.
    pub decisions: Vec<Decision>,
    /// What runs where.
    pub deployment: Vec<Unit>,
    /// How much it has to carry.
    pub capacity: Vec<Load>,
    /// Who might attack it, and how that is met.
    pub threats: Vec<Threat>,
}

/// Somebody who calls the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiRole {
    /// The actor's id, as features and transitions name it.
    pub id: String,
    /// In words.
    pub name: String,
    /// What they may do, in a sentence.
    pub may: String,
}

/// A picture, drawn and as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagram {
    /// Unique among diagrams.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// The same for those who do not see it: who talks to whom.
    pub about: String,
    /// The drawing: one `<svg>` element that [`svg::check`] finds harmless, in `currentColor` and the custom properties of wireframes.
    pub svg: String,
    /// The same in Mermaid.
    pub mermaid: String,
}

/// A table of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name in words joined by hyphens; unique among tables.
    pub id: String,
    /// Its name in SQL: `condition_reports`.
    pub name: String,
    /// The id of the entity it keeps.
    pub entity: String,
    /// What one row is.
    pub purpose: String,
    /// Its columns, the key first.
    pub columns: Vec<Column>,
    /// Its indexes beside the key.
    pub indexes: Vec<Index>,
    /// Ids of the features that read or write it.
    pub features: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name in SQL.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ColumnKind,
    /// Whether it may be empty.
    pub nullable: bool,
    /// The values it is limited to: the choices of a field, the states of a life cycle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
    /// The name in SQL of the table whose key it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<String>,
    /// What it keeps, in words: the name of the entity's field, or what the column is there for.
    pub about: String,
    /// Who sets it.
    pub set_by: SetBy,
}

words! {
    /// What a column holds. The type in SQL and in JSON follows from it.
    ColumnKind {
        /// A UUID.
        Id = "id",
        /// A line of text.
        Text = "text",
        /// Text of any length.
        LongText = "long text",
        /// A whole number.
        Integer = "integer",
        /// A number.
        Decimal = "decimal",
        /// Money in the smallest unit of its currency.
        Money = "money",
        /// A day.
        Date = "date",
        /// A moment.
        Time = "time",
        /// Seconds.
        Duration = "duration",
        /// Yes or no.
        Boolean = "boolean",
        /// A mail address.
        Email = "email",
        /// An address on the web.
        Url = "url",
        /// Several texts: pictures, files.
        TextList = "text list",
        /// One of a few words.
        Choice = "choice",
        /// Where something is in its life.
        State = "state",
    }
}

words! {
    /// Who sets a column.
    SetBy {
        /// The service.
        Service = "service",
        /// Whoever calls, when something is made; fixed from then on.
        Creator = "creator",
        /// Whoever calls, at any time.
        Caller = "caller",
        /// A step in the life of the row.
        Transition = "transition",
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Whether a combination may stand there once only.
    pub unique: bool,
    /// Which question it answers.
    pub why: String,
}

/// A route of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its `operationId` with hyphens: `create-listing`; unique among operations.
    pub id: String,
    /// GET, POST, PATCH or DELETE.
    pub method: Method,
    /// Its path: `/listings/{id}`.
    pub path: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// The id of the table it is about.
    pub table: String,
    /// What it does to that table.
    pub deed: Deed,
    /// Ids of the roles that may call it; any caller who is known when empty.
    pub roles: Vec<String>,
    /// Ids of the features it serves.
    pub features: Vec<String>,
}

words! {
    /// What a request asks for.
    Method {
        /// To read.
        Get = "GET",
        /// To make or to do something.
        Post = "POST",
        /// To change.
        Patch = "PATCH",
        /// To take away.
        Delete = "DELETE",
    }
}

/// What an operation does to its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "lowercase")]
pub enum Deed {
    /// Reads many, newest first, page by page.
    List {
        /// Columns that one can filter by.
        filters: Vec<String>,
    },
    /// Makes one.
    Create,
    /// Reads one.
    Read,
    /// Changes what callers may change.
    Change,
    /// Takes one away.
    Remove,
    /// A step in its life.
    Step {
        /// The states it can be done in.
        from: Vec<String>,
        /// The state it leads to.
        to: String,
        /// Columns that are set on the way, by the service or by the caller.
        sets: Vec<String>,
    },
}

/// What was decided, in the form of an architecture decision record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Unique among decisions.
    pub id: String,
    /// What was decided.
    pub title: String,
    /// What called for a decision.
    pub context: String,
    /// What was chosen.
    pub choice: String,
    /// What else there was, and why not.
    pub alternatives: Vec<String>,
    /// What follows, good and bad.
    pub consequences: String,
    /// Ids of the features it is there for.
    #[serde(default)]
    pub features: Vec<String>,
}

/// Something that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Unique among units.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub does: String,
    /// How many there are, and how that grows.
    pub scaling: String,
    /// What is lost when it stops.
    pub failure: String,
}

/// One line of the capacity table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Unique among loads.
    pub id: String,
    /// What is counted.
    pub what: String,
    /// What was assumed.
    pub assumption: String,
    /// What follows: requests a second, gigabytes a year.
    pub figure: String,
    /// Where that leads.
    pub consequence: String,
}

/// A way it may be attacked or abused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threat {
    /// Unique among threats.
    pub id: String,
    /// Its kind, as STRIDE names it: spoofing, tampering, repudiation, information disclosure, denial of service, elevation of privilege.
    pub kind: String,
    /// What may happen.
    pub text: String,
    /// What meets it.
    pub mitigation: String,
    /// How bad it would be.
    pub severity: Severity,
    /// Ids of the operations it comes through.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Ids of the features it is about.
    #[serde(default)]
    pub features: Vec<String>,
}

super::identified!(ApiRole, Diagram, Table, Operation, Decision, Unit, Load, Threat);

impl Architecture {
    /// The table called `id`.
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.id == id)
    }

    /// The operation called `id`.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// The section as the pieces it streams as, in reading order. [`Architecture::apply`] puts them together again.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut one = |path: &str, value| {
            if let Ok(path) = PiecePath::parse(path) {
                pieces.push(Piece { path, value });
            }
        };
        if !self.overview.is_empty() {
            one("overview", json!(self.overview));
        }
        self.diagrams.iter().for_each(|d| one(&format!("diagrams/{}", d.id), json!(d)));
        self.roles.iter().for_each(|r| one(&format!("roles/{}", r.id), json!(r)));
        self.tables.iter().for_each(|t| one(&format!("tables/{}", t.id), json!(t)));
        self.operations.iter().for_each(|o| one(&format!("operations/{}", o.id), json!(o)));
        self.decisions.iter().for_each(|d| one(&format!("decisions/{}", d.id), json!(d)));
        self.deployment.iter().for_each(|u| one(&format!("deployment/{}", u.id), json!(u)));
        self.capacity.iter().for_each(|l| one(&format!("capacity/{}", l.id), json!(l)));
        self.threats.iter().for_each(|t| one(&format!("threats/{}", t.id), json!(t)));
        pieces
    }

    /// Puts one piece in its place; a path that is taken is replaced, so that applying a piece twice changes nothing.
    ///
    /// # Errors
    /// [`BadPiece`] when the section has no such part, the value does not have its shape, a name could not stand in SQL, or a drawing could do
    /// anything but be looked at. The section is left as it was.
    pub fn apply(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        match piece.path.part() {
            "overview" => self.overview = shaped(SECTION, piece)?,
            "roles" => put(SECTION, &mut self.roles, piece)?,
            "diagrams" => {
                let diagram: Diagram = shaped(SECTION, piece)?;
                svg::check(&diagram.svg).map_err(|e| bad(SECTION, piece, &e.to_string()))?;
                put(SECTION, &mut self.diagrams, piece)?;
            }
            "tables" => self.put_table(piece)?,
            "operations" => self.put_operation(piece)?,
            "decisions" => put(SECTION, &mut self.decisions, piece)?,
            "deployment" => put(SECTION, &mut self.deployment, piece)?,
            "capacity" => put(SECTION, &mut self.capacity, piece)?,
            "threats" => put(SECTION, &mut self.threats, piece)?,
            _ => return Err(bad(SECTION, piece, "there is no such part")),
        }
        Ok(())
    }

    /// Names end up in SQL and in programs, so that they must be names and nothing else.
    fn put_table(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        let table: Table = shaped(SECTION, piece)?;
        let indexed = table.indexes.iter().flat_map(|index| &index.columns);
        let columns = table.columns.iter().map(|column| &column.name).chain(indexed);
        let referred = table.columns.iter().filter_map(|column| column.references.as_ref());
        if let Some(name) = [&table.name].into_iter().chain(columns).chain(referred).find(|name| !is_sql_name(name)) {
            return Err(bad(SECTION, piece, &format!("\"{name:.40}\" is no name in SQL: a-z, 0-9 and _, at most 63")));
        }
        put(SECTION, &mut self.tables, piece)
    }

    /// A path is of plain segments and `{id}`.
    fn put_operation(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        let operation: Operation = shaped(SECTION, piece)?;
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let segment = |part: &str| part == "{id}" || (!part.is_empty() && plain(part));
        let is_path = operation.path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment));
        if !is_path || operation.path.len() > 200 {
            return Err(bad(SECTION, piece, "its path must be of a-z, 0-9 and -, or {id}, between slashes"));
        }
        put(SECTION, &mut self.operations, piece)
    }
}

/// Whether PostgreSQL takes it as a name without quotes, reserved words aside.
pub fn is_sql_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
