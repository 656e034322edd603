//! The typed results of the stages.

mod product;

pub use product::{
    Basis, Called, Effort, Entity, Exclusion, Feature, Field, Journey, Metric, Persona, Priority, Product, Relation,
    Risk, Severity, Story,
};

use crate::PiecePath;

/// A piece that does not fit its section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("piece {path} does not fit the {section} section: {reason}")]
pub struct BadPiece {
    /// Which section.
    pub section: &'static str,
    /// The piece's address.
    pub path: PiecePath,
    /// What is wrong with it.
    pub reason: String,
}
