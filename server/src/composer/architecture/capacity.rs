//! The capacity table: what was assumed, what follows, and where that leads.

use model::sections::{Load, Table};

use super::{
    entries::LoadEntry,
    scale::{bytes, figure, index_bytes, row_bytes},
    signs::Focus,
    slots::some_of,
    subject::Subject,
};

/// Figures that the program knows how to compute.
pub const FIGURES: [&str; 8] = ["people", "requests", "writes", "rows", "database", "files", "connections", "timed"];

/// The lines that tell something about this product.
pub fn capacity(subject: &Subject<'_>) -> Vec<Load> {
    subject.knowledge.capacity.loads.iter().filter_map(|entry| load(subject, entry)).collect()
}

fn load(subject: &Subject<'_>, entry: &LoadEntry) -> Option<Load> {
    let value = value(subject, &entry.id)?;
    let focus = Focus::default();
    let tell = |text, part: &str| subject.tell(text, &focus, &format!("capacity/{}/{part}", entry.id));
    let reached = entry.consequences.iter().filter(|consequence| value >= consequence.from);
    let leads = reached.max_by(|one, other| one.from.total_cmp(&other.from))?;
    Some(Load {
        id: entry.id.clone(),
        what: tell(&entry.what, "what")?,
        assumption: tell(&entry.assumption, "assumption")?,
        figure: tell(&entry.figure, "figure")?,
        consequence: tell(&leads.says, "consequence")?,
    })
}

/// What a line is about, as a number; nothing where the product has none of it.
fn value(subject: &Subject<'_>, id: &str) -> Option<f64> {
    let scale = &subject.scale;
    let value = match id {
        "people" => scale.people,
        "requests" => scale.peak,
        "writes" => scale.writes,
        "rows" => scale.all_rows(),
        "database" => scale.bytes,
        "files" => scale.file_bytes,
        "connections" => f64::from(scale.connections),
        "timed" => scale.timed,
        _ => 0.0,
    };
    (value > 0.0).then_some(value)
}

/// The tables with most rows: "readings (2,100,000), alerts (40,000)".
pub fn largest(subject: &Subject<'_>) -> Option<String> {
    let named = |(id, rows): &(String, f64)| {
        let table = subject.tables.iter().find(|table| table.id == *id)?;
        Some(format!("{} {}", figure(*rows), table.name.replace('_', " ")))
    };
    let first: Vec<String> = subject.scale.rows.iter().take(3).filter_map(named).collect();
    some_of(&first)
}

/// The table that takes most room, with the bytes of a row and of its entries in indexes.
pub fn heaviest(subject: &Subject<'_>) -> Option<String> {
    let weight = |table: &Table| {
        let rows = subject.scale.rows.iter().find(|(id, _)| *id == table.id).map_or(0.0, |(_, rows)| *rows);
        rows * (row_bytes(table) + index_bytes(table))
    };
    let table = subject.tables.iter().max_by(|one, other| weight(one).total_cmp(&weight(other)))?;
    Some(format!(
        "the table {} takes most: its {} columns come to {} a row, {} indexes and the key to {} more",
        table.name,
        table.columns.len(),
        bytes_exact(row_bytes(table)),
        table.indexes.len(),
        bytes_exact(index_bytes(table))
    ))
}

fn bytes_exact(value: f64) -> String {
    if value < 1000.0 { format!("{value:.0} bytes") } else { bytes(value) }
}
