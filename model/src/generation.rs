//! What is said about a run as a whole: its status, and its receipt.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Stage;

/// Where a generation stands. The last three are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GenerationStatus {
    /// Recorded, waiting for a worker.
    Queued,
    /// A worker holds its lease, or held it until it died.
    Running,
    /// Every stage was made.
    Done,
    /// It gave up; its last event says why.
    Failed,
    /// Somebody stopped it; what was made stays.
    Cancelled,
}

impl GenerationStatus {
    /// Its name in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen to it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl FromStr for GenerationStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| format!("no generation status is called \"{text}\""))
    }
}

/// What made a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The built-in engine.
    Composer,
    /// A model provider, by its configured name.
    Provider(String),
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Composer => f.write_str("composer"),
            Self::Provider(name) => f.write_str(name),
        }
    }
}

/// What one stage cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReceipt {
    /// Which stage.
    pub stage: Stage,
    /// Who made it in the end.
    pub engine: Engine,
    /// The model and its version; the composer's own version for the composer.
    pub model: String,
    /// Engines that were tried before, in order.
    pub fallbacks: Vec<Engine>,
    /// Tokens sent to a model.
    pub tokens_in: u64,
    /// Tokens received from a model.
    pub tokens_out: u64,
    /// Money spent, in millionths of a US dollar.
    pub cost_micros: u64,
    /// Whether the answer came from the cache.
    pub cache_hit: bool,
    /// Milliseconds from the start of the stage to its first piece, with three decimals.
    pub first_piece_ms: f64,
    /// Milliseconds from the start of the stage to its end, with three decimals.
    pub total_ms: f64,
    /// Pieces it was made of.
    pub pieces: u32,
}

/// What a generation cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// One entry a stage, in the order they ran.
    pub stages: Vec<StageReceipt>,
    /// Milliseconds from the claim of the run that finished to its end.
    pub total_ms: f64,
    /// Milliseconds the generation waited for a worker before that.
    pub queued_ms: f64,
    /// How often a worker began it; more than 1 after a crash.
    pub attempts: u32,
    /// The pause that tests put between pieces, in milliseconds; 0 otherwise.
    pub pace_ms: u64,
}
