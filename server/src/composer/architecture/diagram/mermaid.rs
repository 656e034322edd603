//! The same as text that Mermaid draws.

use std::fmt::Write as _;

use model::sections::{ColumnKind, Table};

/// How a node looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A part of the product.
    Part,
    /// The product itself.
    Chief,
    /// What keeps everything.
    Store,
    /// A person.
    Person,
    /// Something outside.
    Outside,
}

/// A flowchart under way.
#[derive(Debug)]
pub struct Chart {
    text: String,
    nodes: usize,
}

impl Chart {
    /// Begins a chart that runs in a direction.
    pub fn new(direction: &str) -> Self {
        Self { text: format!("flowchart {direction}\n"), nodes: 0 }
    }

    /// Adds a node.
    pub fn node(&mut self, words: &str, shape: Shape) -> usize {
        self.nodes += 1;
        let (open, close) = match shape {
            Shape::Part => ("[", "]"),
            Shape::Chief => ("[[", "]]"),
            Shape::Store => ("[(", ")]"),
            Shape::Person => ("([", "])"),
            Shape::Outside => ("{{", "}}"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "  n{}{open}\"{}\"{close}", self.nodes, quoted(words));
        self.nodes
    }

    /// Adds an edge with words, in both directions when what is called calls back.
    pub fn edge(&mut self, from: usize, to: usize, words: &str, both: bool) {
        let arrow = if both { "<-->" } else { "-->" };
        let _ = writeln!(self.text, "  n{from} {arrow}|\"{}\"| n{to}", quoted(words));
    }

    /// The finished chart.
    pub fn done(self) -> String {
        self.text
    }
}

/// Tables as an entity relationship diagram.
pub fn entities(tables: &[&Table]) -> String {
    let mut text = "erDiagram\n".to_owned();
    for table in tables {
        let _ = writeln!(text, "  \"{}\" {{", table.name);
        for column in &table.columns {
            let key = match (column.name.as_str(), &column.references) {
                ("id", _) => " PK",
                (_, Some(_)) => " FK",
                _ => "",
            };
            let _ = writeln!(text, "    {} {}{key}", kind(column.kind), column.name);
        }
        text.push_str("  }\n");
    }
    for table in tables {
        for column in &table.columns {
            let target = column.references.as_ref().filter(|name| tables.iter().any(|table| table.name == **name));
            if let Some(target) = target {
                let one = if column.nullable { "|o" } else { "||" };
                let _ = writeln!(text, "  \"{target}\" {one}--o{{ \"{}\" : \"{}\"", table.name, column.name);
            }
        }
    }
    text
}

fn kind(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Id => "uuid",
        ColumnKind::Text | ColumnKind::LongText | ColumnKind::Email | ColumnKind::Url => "text",
        ColumnKind::Choice | ColumnKind::State => "text",
        ColumnKind::Integer | ColumnKind::Money | ColumnKind::Duration => "bigint",
        ColumnKind::Decimal => "double",
        ColumnKind::Date => "date",
        ColumnKind::Time => "timestamptz",
        ColumnKind::Boolean => "boolean",
        ColumnKind::TextList => "text_array",
    }
}

/// Words that may stand between quotes.
fn quoted(words: &str) -> String {
    let plain: String = words.chars().filter(|c| !c.is_control()).collect();
    plain.replace('"', "'").replace(['`', '\\', '#', ';', '<', '>'], " ")
}
