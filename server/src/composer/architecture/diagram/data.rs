//! The tables and how they refer to each other, each below what it belongs to.

use std::collections::BTreeMap;

use model::sections::{Column, ColumnKind, Diagram, Table};

use super::{
    layout::{Net, Rect, Sheet, Side, lay_out},
    mermaid,
    pen::{self, Kind, LINE, Pen, SMALL, TITLE},
};
use crate::composer::architecture::{slots::some_of, subject::Subject};

const WIDTH: i32 = 680;
const NARROWEST: i32 = 96;
const WIDEST: i32 = 158;
/// Tables side by side.
const A_ROW: usize = 4;
/// A product has at most a dozen; what a model makes may have more, and then the picture shows the first.
const MOST: usize = 24;
const MOST_LINES: usize = 9;
/// The height of a name with the rule below it.
const HEAD: i32 = 24;

/// A reference from one table to another.
struct Reference<'a> {
    from: usize,
    to: usize,
    column: &'a Column,
}

/// The diagram.
pub fn diagram(subject: &Subject<'_>) -> Diagram {
    let tables: Vec<&Table> = subject.tables.iter().take(MOST).collect();
    let references = references(&tables);
    let title = format!("The data model: {} tables", subject.tables.len());
    Diagram {
        id: "data".to_owned(),
        about: about(&tables, &references, subject.tables.len()),
        svg: drawn(&title, &tables, &references),
        mermaid: mermaid::entities(&tables),
        title,
    }
}

fn references<'a>(tables: &[&'a Table]) -> Vec<Reference<'a>> {
    let at = |name: &str| tables.iter().position(|table| table.name == name);
    let columns = tables.iter().enumerate().flat_map(|(from, table)| table.columns.iter().map(move |c| (from, c)));
    columns
        .filter_map(|(from, column)| Some(Reference { from, to: at(column.references.as_deref()?)?, column }))
        .collect()
}

/// The row of each table: below everything it refers to, as far as references make no circle.
fn layers(count: usize, references: &[Reference<'_>]) -> Vec<usize> {
    let mut layers = vec![0_usize; count];
    let mut kept: Vec<(usize, usize)> = Vec::new();
    // What must be there first comes first, so that only what may be empty closes a circle.
    let (open, needed): (Vec<_>, Vec<_>) = references.iter().partition(|reference| reference.column.nullable);
    for Reference { from, to, .. } in needed.into_iter().chain(open) {
        if !reaches(&kept, *to, *from) {
            kept.push((*from, *to));
        }
    }
    for _ in 0..count {
        for (from, to) in &kept {
            layers[*from] = layers[*from].max(layers[*to] + 1);
        }
    }
    layers
}

/// Whether one gets from one table to another by references.
fn reaches(edges: &[(usize, usize)], from: usize, to: usize) -> bool {
    let mut open = vec![from];
    let mut seen = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        for (_, next) in edges.iter().filter(|(start, _)| *start == at) {
            if !seen.contains(next) {
                seen.push(*next);
                open.push(*next);
            }
        }
    }
    false
}

/// Tables by layer, at most so many side by side; layers that have room left take up what follows where nothing hangs between.
fn rows(layers: &[usize]) -> Vec<Vec<usize>> {
    let deepest = layers.iter().copied().max().unwrap_or(0);
    let mut rows = Vec::new();
    for layer in 0..=deepest {
        let tables: Vec<usize> = (0..layers.len()).filter(|at| layers[*at] == layer).collect();
        let count = tables.len().div_ceil(A_ROW).max(1);
        rows.extend(tables.chunks(tables.len().div_ceil(count).max(1)).map(<[usize]>::to_vec));
    }
    rows
}

/// One net for everything that refers to a table from below it, one for what does from above or beside.
fn nets(rows: &[Vec<usize>], references: &[Reference<'_>]) -> Vec<Net> {
    let row_of = |table: usize| rows.iter().position(|row| row.contains(&table)).unwrap_or(0);
    let mut ends: BTreeMap<(usize, bool), Vec<usize>> = BTreeMap::new();
    for reference in references.iter().filter(|reference| reference.from != reference.to) {
        let below = row_of(reference.from) > row_of(reference.to);
        let from = ends.entry((reference.to, below)).or_default();
        if !from.contains(&reference.from) {
            from.push(reference.from);
        }
    }
    let net = |((to, below), from): ((usize, bool), Vec<usize>)| {
        let side = |table: usize| if row_of(table) < row_of(to) { Side::Bottom } else { Side::Top };
        let other = if below { Side::Bottom } else { Side::Top };
        let from = from.into_iter().map(|table| (table, if below { Side::Top } else { side(table) }));
        Net { ends: std::iter::once((to, other)).chain(from).collect(), words: None }
    };
    ends.into_iter().map(net).collect()
}

/// The lines of a table: its key, what it refers to, its state.
fn lines(table: &Table) -> Vec<String> {
    let unique =
        |column: &Column| table.indexes.iter().any(|index| index.unique && index.columns == [column.name.clone()]);
    let is_key = |column: &&Column| {
        column.name == "id" || column.references.is_some() || column.kind == ColumnKind::State || unique(column)
    };
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .filter(is_key)
        .map(|column| {
            let itself = if column.references.as_ref() == Some(&table.name) { " (of its own)" } else { "" };
            format!("{}{}{itself}", column.name, if column.nullable { "?" } else { "" })
        })
        .collect();
    let others = table.columns.len() - lines.len();
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
    }
    if others > 0 {
        lines.push(format!("+ {others} more"));
    }
    lines
}

fn size(table: &Table) -> (i32, i32) {
    let lines = lines(table);
    let widest = lines.iter().map(|line| pen::width(line, SMALL)).max().unwrap_or(0);
    let w = widest.max(pen::headed_width(&table.name)) + 2 * pen::INSIDE;
    (w.clamp(NARROWEST, WIDEST), HEAD + i32::try_from(lines.len()).unwrap_or(0) * LINE + 6)
}

fn drawn(title: &str, tables: &[&Table], references: &[Reference<'_>]) -> String {
    let rows = rows(&layers(tables.len(), references));
    let sheet = Sheet {
        boxes: tables.iter().map(|table| size(table)).collect(),
        nets: nets(&rows, references),
        rows,
        least_width: WIDTH,
    };
    let layout = lay_out(&sheet);
    let mut pen = Pen::new(layout.width, layout.height, title);
    layout.wires.iter().for_each(|wires| pen.wires(wires));
    for (net, ports) in sheet.nets.iter().zip(&layout.ports) {
        let mut feet = String::new();
        for ((nth, (_, side)), (x, y)) in net.ends.iter().enumerate().zip(ports) {
            let out = if *side == Side::Top { -1 } else { 1 };
            if nth == 0 {
                // One: a bar across the wire.
                feet.push_str(&format!("M{} {}H{}", x - 4, y + out * 5, x + 4));
            } else {
                // Many: the foot of a crow.
                feet.push_str(&format!("M{} {y}L{x} {}L{} {y}", x - 5, y + out * 8, x + 5));
            }
        }
        pen.stroke(&feet);
    }
    for (table, rect) in tables.iter().zip(&layout.boxes) {
        draw_table(&mut pen, table, *rect);
    }
    pen.done()
}

fn draw_table(pen: &mut Pen, table: &Table, rect: Rect) {
    pen.frame(rect, Kind::Part);
    let room = rect.w - 2 * pen::INSIDE;
    let name = pen::fitted(&table.name, TITLE, room * 9 / 10 + 1);
    let x = rect.x + pen::INSIDE;
    pen.text((x, rect.y + 16), &name, "start", &format!(" font-size=\"{TITLE}\" font-weight=\"600\""));
    pen.wires(&[[(rect.x, rect.y + HEAD - 2), (rect.x + rect.w, rect.y + HEAD - 2)]]);
    for (line, nth) in lines(table).iter().zip(1..) {
        let more = if line.starts_with('+') { " fill=\"var(--wire-quiet, currentColor)\"" } else { "" };
        pen.text((x, rect.y + HEAD + nth * LINE - 3), &pen::fitted(line, SMALL, room), "start", more);
    }
}

fn about(tables: &[&Table], references: &[Reference<'_>], all: usize) -> String {
    let mut said: Vec<String> = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let own: Vec<String> = references
            .iter()
            .filter(|reference| reference.from == at)
            .map(|reference| {
                let count = if reference.column.nullable { "at most one row" } else { "exactly one row" };
                let to = tables.get(reference.to).map_or("", |table| &table.name);
                format!("{count} of {to} ({})", reference.column.name)
            })
            .collect();
        said.push(match own.as_slice() {
            [] => format!("{} refers to no other table.", table.name),
            own => format!("Each row of {} refers to {}.", table.name, crate::composer::inflect::joined(own)),
        });
    }
    if all > tables.len() {
        said.push(format!("{} more tables are not shown.", all - tables.len()));
    }
    let parents: Vec<String> = tables
        .iter()
        .enumerate()
        .filter_map(|(at, table)| {
            let count = references.iter().filter(|reference| reference.to == at).count();
            (count > 2).then(|| format!("{} ({count} times)", table.name))
        })
        .collect();
    said.extend(some_of(&parents).map(|parents| format!("Most referred to: {parents}.")));
    said.join(" ")
}
