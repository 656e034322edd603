//! Pictures, each drawn, as Mermaid, and in words.

mod components;
mod context;
mod data;
mod layout;
mod mermaid;
mod pen;

use model::sections::Diagram;

use super::{subject::Subject, systems::System};

/// The pictures, from far to near.
pub fn diagrams(subject: &Subject<'_>, systems: &[System]) -> Vec<Diagram> {
    let mut diagrams = vec![context::diagram(subject, systems), components::diagram(subject, systems)];
    if !subject.tables.is_empty() {
        diagrams.push(data::diagram(subject));
    }
    diagrams
}
