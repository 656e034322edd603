//! What makes a section: the composer or a model provider, behind one trait.

use std::sync::Arc;

use futures::stream::BoxStream;
use model::{Directive, Engine, GenerationId, Piece, PiecePath, Stage, sections::Sections};

/// What an engine makes, in the order in which it is made.
pub type PieceStream = BoxStream<'static, Result<Made, EngineError>>;

/// What an engine is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// What it is made for, so that its cost can be bounded. None outside the server.
    pub generation: Option<GenerationId>,
    /// What the user typed: data, never an instruction to us.
    pub directive: Directive,
    /// What to do differently this time.
    pub note: Option<String>,
    /// Which section.
    pub stage: Stage,
    /// All sections as they are now: those this one is made from, and its own last version where there is one.
    pub made: Arc<Sections>,
    /// The stages that are being made together with this one; what they will be is not in `made` yet.
    pub together: Vec<Stage>,
    /// Addresses of pieces of this section, as `made` holds them, that stay whatever the engine makes.
    pub locked: Vec<PiecePath>,
    /// Whether an answer that was given to the very same question within the hour will do.
    pub reuse: bool,
}

/// Something an engine has made.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// A whole piece; one at a path that is taken replaces what was there.
    Piece(Piece),
    /// More text for a piece that was made before.
    Text {
        /// Which piece.
        path: PiecePath,
        /// What to append.
        text: String,
    },
    /// What it has cost so far, in all. May come more than once; the last one counts.
    Usage(Usage),
}

/// What an engine used up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The model that answered, where that is known better than before.
    pub model: Option<String>,
    /// Tokens sent.
    pub tokens_in: u64,
    /// Tokens received.
    pub tokens_out: u64,
    /// Money spent, in millionths of a US dollar.
    pub cost_micros: u64,
    /// Whether the answer came from the cache.
    pub cache_hit: bool,
}

/// Why an engine gave up. The next one in the chain takes over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    /// For people; never what a provider said word for word, which may hold anything.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
}

/// Makes sections piece by piece. Dropping the stream stops the work.
pub trait StageEngine: Send + Sync {
    /// What the receipt calls it.
    fn name(&self) -> Engine;
    /// The model and version it would make a stage with.
    fn model(&self, stage: Stage) -> String;
    /// Whether it makes sense to ask it now. An engine that is known to fail, or must not spend more, says so here, and at once.
    ///
    /// # Errors
    /// [`EngineError`] with the reason to pass it over.
    fn ready(&self, _stage: Stage) -> Result<(), EngineError> {
        Ok(())
    }
    /// Begins to make a section.
    fn make(&self, brief: Brief) -> PieceStream;
    /// The pause it was told to make between pieces, in milliseconds; for the receipt.
    fn pace_ms(&self) -> u64 {
        0
    }
}
