//! Answers that were given before. Only pieces that were accepted are kept, and they are checked again when they come back.

use std::time::Duration;

use model::{Piece, Stage, sections::Sections};
use redis::AsyncCommands;
use sha2::{Digest, Sha256};

use super::wire::Question;
use crate::bus::Redis;
use crate::limits::hex;

const KEPT: Duration = Duration::from_secs(3_600);
const ASK_WITHIN: Duration = Duration::from_millis(100);
/// An answer that is larger is not kept.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// Where answers are kept; nowhere without Redis.
#[derive(Clone)]
pub(super) struct Cache(pub Option<Redis>);

/// The key of a question: `llm:{model}:{version}:{hash}`, the hash over all that the answer depends on.
fn key(question: Question<'_>, version: &str) -> String {
    let mut hash = Sha256::new();
    let temperature = question.temperature.map_or_else(|| "own".to_owned(), |degrees| degrees.to_string());
    for part in [question.model, version, &temperature, question.system, question.user] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    format!("llm:{}:{version}:{}", question.model, hex(&hash.finalize()[..16]))
}

impl Cache {
    /// The key of a question, when answers are kept at all.
    pub(super) fn key(&self, question: Question<'_>, version: &str) -> Option<String> {
        self.0.is_some().then(|| key(question, version))
    }

    /// The pieces of an answer that was given within the hour.
    pub(super) async fn get(&self, key: &str, stage: Stage) -> Option<Vec<Piece>> {
        let mut redis = self.0.clone()?;
        let kept: Option<String> = tokio::time::timeout(ASK_WITHIN, redis.get(key)).await.ok()?.ok()?;
        let pieces: Vec<Piece> = serde_json::from_str(&kept?).ok()?;
        let mut sections = Sections::default();
        pieces.iter().all(|piece| sections.apply(stage, piece).is_ok()).then_some(pieces)
    }

    /// Keeps an answer. That it could not be kept is no error.
    pub(super) async fn put(&self, key: &str, pieces: &[Piece]) {
        let Some(mut redis) = self.0.clone() else { return };
        let Ok(kept) = serde_json::to_string(pieces) else { return };
        if kept.len() <= ANSWER_MAX_BYTES {
            let put = redis.set_ex::<_, _, ()>(key, kept, KEPT.as_secs());
            if !matches!(tokio::time::timeout(ASK_WITHIN, put).await, Ok(Ok(()))) {
                tracing::debug!("an answer was not kept: Redis does not answer");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_depends_on_everything_that_the_answer_depends_on() {
        let one = Question { system: "s", user: "u", model: "m", temperature: Some(0.0), output_tokens: 1 };
        assert!(key(one, "3").starts_with("llm:m:3:") && key(one, "3") == key(one, "3"));
        let others = [
            key(one, "4"),
            key(Question { user: "v", ..one }, "3"),
            key(Question { system: "", user: "su", ..one }, "3"),
            key(Question { model: "n", ..one }, "3"),
            key(Question { temperature: None, ..one }, "3"),
        ];
        assert!(others.iter().all(|other| *other != key(one, "3")));
    }
}
