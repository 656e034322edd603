//! What makes a section: the composer, or later a model provider, behind one trait.

use futures::stream::BoxStream;
use model::{Directive, Engine, Piece, Stage, sections::Sections};

/// Pieces in the order in which they are made.
pub type PieceStream = BoxStream<'static, Result<Piece, EngineError>>;

/// What an engine is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// What the user typed: data, never an instruction to us.
    pub directive: Directive,
    /// What to do differently this time.
    pub note: Option<String>,
    /// Which section.
    pub stage: Stage,
    /// The sections it is made from, as they are now.
    pub made: Sections,
}

/// Why an engine gave up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    /// For people.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
}

/// Makes sections piece by piece. Dropping the stream stops the work.
pub trait StageEngine: Send + Sync {
    /// What the receipt calls it.
    fn name(&self) -> Engine;
    /// The model and version it works with.
    fn model(&self) -> String;
    /// Begins to make a section.
    fn make(&self, brief: Brief) -> PieceStream;
    /// The pause it was told to make between pieces, in milliseconds; for the receipt.
    fn pace_ms(&self) -> u64 {
        0
    }
}
