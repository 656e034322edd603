//! The entries of a generation's append-only log.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{Engine, PiecePath, Receipt, Stage};

/// The place of an event in its log: 1, 2, 3 … without gaps. 0 means "before the first".
pub type Seq = i64;

/// One check of a section: what was looked at, whether it passed, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Its stable name.
    pub id: String,
    /// What it looks at, in words.
    pub name: String,
    /// Whether the section passes.
    pub passed: bool,
    /// The reason, for people.
    pub reason: String,
}

/// Something that happened in a generation.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What a stage is doing now.
    Status {
        /// Which stage.
        stage: Stage,
        /// In words.
        message: String,
    },
    /// A part of a section was made.
    Piece {
        /// Of which stage.
        stage: Stage,
        /// Its address.
        path: PiecePath,
        /// What it is.
        value: Value,
    },
    /// More text for a piece that is being written.
    Delta {
        /// Of which stage.
        stage: Stage,
        /// Its address.
        path: PiecePath,
        /// What to append.
        text: String,
    },
    /// A section was checked.
    Checks {
        /// Which stage.
        stage: Stage,
        /// One entry a check.
        results: Vec<CheckResult>,
    },
    /// One engine gave up and another took over.
    Fallback {
        /// In which stage.
        stage: Stage,
        /// Who gave up.
        from: Engine,
        /// Who took over.
        to: Engine,
        /// Why.
        reason: String,
    },
    /// A stage begins again: readers drop its pieces so far.
    Restart {
        /// Which stage.
        stage: Stage,
        /// The attempt that begins now, counted from 1.
        attempt: u32,
    },
    /// What the generation cost.
    Receipt(Receipt),
    /// A section is complete and stored.
    StageDone {
        /// Which stage.
        stage: Stage,
        /// The number of its revision within the project.
        revision: u32,
    },
    /// Last event: everything was made.
    Done {
        /// The stages that were made, in order.
        stages: Vec<Stage>,
    },
    /// Last event: the generation gave up.
    Failed {
        /// A stable name for the reason.
        code: String,
        /// The reason for people, with what to do.
        message: String,
        /// Whether trying again may help.
        retryable: bool,
    },
    /// Last event: somebody stopped it.
    Cancelled,
}

/// A log entry that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("event of kind \"{kind}\" cannot be read: {reason}")]
pub struct BadEvent {
    /// Its kind as stored.
    pub kind: String,
    /// What is wrong.
    pub reason: String,
}

#[derive(Serialize, Deserialize)]
struct StageMessage {
    stage: Stage,
    message: String,
}
#[derive(Serialize, Deserialize)]
struct PieceData {
    stage: Stage,
    path: PiecePath,
    value: Value,
}
#[derive(Serialize, Deserialize)]
struct DeltaData {
    stage: Stage,
    path: PiecePath,
    text: String,
}
#[derive(Serialize, Deserialize)]
struct ChecksData {
    stage: Stage,
    results: Vec<CheckResult>,
}
#[derive(Serialize, Deserialize)]
struct FallbackData {
    stage: Stage,
    from: Engine,
    to: Engine,
    reason: String,
}
#[derive(Serialize, Deserialize)]
struct RestartData {
    stage: Stage,
    attempt: u32,
}
#[derive(Serialize, Deserialize)]
struct StageDoneData {
    stage: Stage,
    revision: u32,
}
#[derive(Serialize, Deserialize)]
struct DoneData {
    stages: Vec<Stage>,
}
#[derive(Serialize, Deserialize)]
struct FailedData {
    code: String,
    message: String,
    retryable: bool,
}

impl Event {
    /// The SSE `event:` name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Piece { .. } => "piece",
            Self::Delta { .. } => "delta",
            Self::Checks { .. } => "checks",
            Self::Fallback { .. } => "fallback",
            Self::Restart { .. } => "restart",
            Self::Receipt(_) => "receipt",
            Self::StageDone { .. } => "stage_done",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether no event can follow this one.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. } | Self::Cancelled)
    }

    /// The SSE `data:`: one JSON object on one line. Line breaks inside strings are escaped by JSON.
    pub fn data(&self) -> String {
        match self.clone() {
            Self::Status { stage, message } => json!(StageMessage { stage, message }),
            Self::Piece { stage, path, value } => json!(PieceData { stage, path, value }),
            Self::Delta { stage, path, text } => json!(DeltaData { stage, path, text }),
            Self::Checks { stage, results } => json!(ChecksData { stage, results }),
            Self::Fallback { stage, from, to, reason } => json!(FallbackData { stage, from, to, reason }),
            Self::Restart { stage, attempt } => json!(RestartData { stage, attempt }),
            Self::Receipt(receipt) => json!(receipt),
            Self::StageDone { stage, revision } => json!(StageDoneData { stage, revision }),
            Self::Done { stages } => json!(DoneData { stages }),
            Self::Failed { code, message, retryable } => json!(FailedData { code, message, retryable }),
            Self::Cancelled => json!({}),
        }
        .to_string()
    }

    /// Reads an event back from its kind and data.
    pub fn read(kind: &str, data: &str) -> Result<Self, BadEvent> {
        fn parse<T: DeserializeOwned>(kind: &str, data: &str) -> Result<T, BadEvent> {
            serde_json::from_str(data).map_err(|e| BadEvent { kind: kind.to_owned(), reason: e.to_string() })
        }
        Ok(match kind {
            "status" => parse(kind, data).map(|StageMessage { stage, message }| Self::Status { stage, message })?,
            "piece" => parse(kind, data).map(|PieceData { stage, path, value }| Self::Piece { stage, path, value })?,
            "delta" => parse(kind, data).map(|DeltaData { stage, path, text }| Self::Delta { stage, path, text })?,
            "checks" => parse(kind, data).map(|ChecksData { stage, results }| Self::Checks { stage, results })?,
            "fallback" => parse(kind, data).map(|FallbackData { stage, from, to, reason }| Self::Fallback {
                stage,
                from,
                to,
                reason,
            })?,
            "restart" => parse(kind, data).map(|RestartData { stage, attempt }| Self::Restart { stage, attempt })?,
            "receipt" => parse(kind, data).map(Self::Receipt)?,
            "stage_done" => {
                parse(kind, data).map(|StageDoneData { stage, revision }| Self::StageDone { stage, revision })?
            }
            "done" => parse(kind, data).map(|DoneData { stages }| Self::Done { stages })?,
            "failed" => parse(kind, data).map(|FailedData { code, message, retryable }| Self::Failed {
                code,
                message,
                retryable,
            })?,
            "cancelled" => Self::Cancelled,
            _ => return Err(BadEvent { kind: kind.to_owned(), reason: "unknown kind".to_owned() }),
        })
    }
}

/// An event with its place in the log. `data` is kept as the bytes that were stored, so that the same log read twice gives the
/// same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// Its place.
    pub seq: Seq,
    /// Its kind.
    pub kind: String,
    /// Its JSON.
    pub data: String,
}

impl Logged {
    /// Whether the log ends here.
    pub fn is_last(&self) -> bool {
        matches!(self.kind.as_str(), "done" | "failed" | "cancelled")
    }

    /// The event itself.
    pub fn event(&self) -> Result<Event, BadEvent> {
        Event::read(&self.kind, &self.data)
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn every_event_reads_back_as_it_was_written_on_one_line() {
        let stage = Stage::Product;
        let path = PiecePath::parse("features/a").unwrap();
        let receipt = Receipt { stages: vec![], total_ms: 1.5, queued_ms: 0.25, attempts: 1, pace_ms: 0 };
        let events = [
            Event::Status { stage, message: "two\nlines".into() },
            Event::Piece { stage, path: path.clone(), value: json!({"z": 1, "a": "<script>"}) },
            Event::Delta { stage, path, text: "…".into() },
            Event::Checks { stage, results: vec![] },
            Event::Fallback { stage, from: Engine::Provider("x".into()), to: Engine::Composer, reason: "429".into() },
            Event::Restart { stage, attempt: 2 },
            Event::Receipt(receipt),
            Event::StageDone { stage, revision: 3 },
            Event::Done { stages: vec![stage] },
            Event::Failed { code: "x".into(), message: "y".into(), retryable: true },
            Event::Cancelled,
        ];
        for event in events {
            assert!(!event.data().contains('\n'));
            assert_eq!(Event::read(event.kind(), &event.data()).unwrap(), event);
        }
    }

    #[test]
    fn an_unreadable_entry_is_an_error_not_a_panic() {
        assert!(Event::read("piece", "{}").is_err());
        assert!(Event::read("nonsense", "{}").is_err());
    }
}
