//! What a reader knows of a generation after the events it has seen.

use std::collections::BTreeMap;

use crate::{CheckResult, Engine, Event, Logged, Piece, PiecePath, Receipt, Seq, Stage, sections::Sections};

/// A generation as folded from its log. Folding the same events gives the same draft, wherever the fold is interrupted and
/// taken up again; events that were seen already are passed over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The last event folded in.
    pub seq: Seq,
    /// The sections as far as they are made.
    pub sections: Sections,
    /// How each stage that has begun is doing.
    pub stages: BTreeMap<Stage, StageDraft>,
    /// What it cost, once known.
    pub receipt: Option<Receipt>,
    /// How it ended, once it has.
    pub ending: Option<Ending>,
}

/// How a stage is doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StageDraft {
    /// What it last said of itself.
    pub message: String,
    /// The attempt under way, counted from 1.
    pub attempt: u32,
    /// Addresses of the pieces so far, in the order of their first appearance.
    pub pieces: Vec<PiecePath>,
    /// Results of its checks.
    pub checks: Vec<CheckResult>,
    /// The engine that took over, when one did, and why.
    pub fallback: Option<(Engine, String)>,
    /// Its revision, once it is complete.
    pub revision: Option<u32>,
}

/// How a generation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Everything was made.
    Done,
    /// It gave up.
    Failed {
        /// For people.
        message: String,
        /// Whether trying again may help.
        retryable: bool,
    },
    /// Somebody stopped it.
    Cancelled,
}

impl Draft {
    /// Folds logged events in. Entries this version cannot read are passed over: a newer worker may have written them.
    pub fn read<'a>(&mut self, events: impl IntoIterator<Item = &'a Logged>) {
        for logged in events {
            if logged.seq > self.seq {
                self.seq = logged.seq;
                if let Ok(event) = logged.event() {
                    self.fold(event);
                }
            }
        }
    }

    fn fold(&mut self, event: Event) {
        match event {
            Event::Status { stage, message } => self.stage(stage).message = message,
            Event::Piece { stage, path, value } => self.piece(stage, &Piece { path, value }),
            Event::Delta { stage, path, text } => {
                if self.sections.append(stage, &path, &text).is_ok() {
                    self.stage(stage).note_piece(&path);
                }
            }
            Event::Checks { stage, results } => self.stage(stage).checks = results,
            Event::Fallback { stage, to, reason, .. } => self.stage(stage).fallback = Some((to, reason)),
            Event::Restart { stage, attempt } => self.restart(stage, attempt),
            Event::Receipt(receipt) => self.receipt = Some(receipt),
            Event::StageDone { stage, revision } => self.stage(stage).revision = Some(revision),
            Event::Done { .. } => self.ending = Some(Ending::Done),
            Event::Failed { message, retryable, .. } => self.ending = Some(Ending::Failed { message, retryable }),
            Event::Cancelled => self.ending = Some(Ending::Cancelled),
        }
    }

    fn stage(&mut self, stage: Stage) -> &mut StageDraft {
        self.stages.entry(stage).or_insert_with(|| StageDraft { attempt: 1, ..StageDraft::default() })
    }

    /// A piece that does not fit is dropped: the page shows what is sound, and the stage's checks name what is missing.
    fn piece(&mut self, stage: Stage, piece: &Piece) {
        if self.sections.apply(stage, piece).is_ok() {
            self.stage(stage).note_piece(&piece.path);
        }
    }

    fn restart(&mut self, stage: Stage, attempt: u32) {
        self.sections.clear(stage);
        // Who took over is the reason why it begins again.
        let fallback = self.stage(stage).fallback.take();
        self.stages.insert(stage, StageDraft { attempt, fallback, ..StageDraft::default() });
    }
}

impl StageDraft {
    fn note_piece(&mut self, path: &PiecePath) {
        if !self.pieces.contains(path) {
            self.pieces.push(path.clone());
        }
    }

    /// Whether the section is complete.
    pub fn is_done(&self) -> bool {
        self.revision.is_some()
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn log() -> Vec<Logged> {
        let stage = Stage::Product;
        let piece = |path, value| Event::Piece { stage, path: PiecePath::parse(path).unwrap(), value };
        let risk = json!({"id": "r", "text": "t", "mitigation": "m", "severity": "low"});
        [
            Event::Status { stage, message: "Reading".into() },
            piece("summary", json!("half made")),
            Event::Restart { stage, attempt: 2 },
            piece("summary", json!("A shelf")),
            Event::Delta { stage, path: PiecePath::parse("summary").unwrap(), text: " for books.".into() },
            piece("risks/r", risk),
            piece("risks/bad", json!(1)),
            Event::StageDone { stage, revision: 1 },
            Event::Done { stages: vec![stage] },
        ]
        .iter()
        .zip(1..)
        .map(|(event, seq)| Logged { seq, kind: event.kind().into(), data: event.data() })
        .collect()
    }

    #[test]
    fn a_restart_drops_what_the_first_attempt_made() {
        let mut draft = Draft::default();
        draft.read(&log());
        assert_eq!(draft.sections.product.summary, "A shelf for books.");
        assert_eq!(draft.sections.product.risks.len(), 1);
        assert_eq!((draft.stages[&Stage::Product].attempt, draft.seq), (2, 9));
        assert_eq!(draft.ending, Some(Ending::Done));
    }

    #[test]
    fn folding_may_stop_anywhere_and_see_events_twice() {
        let mut whole = Draft::default();
        whole.read(&log());
        for cut in 0..log().len() {
            let mut draft = Draft::default();
            draft.read(&log()[..cut]);
            draft.read(&log());
            assert_eq!(draft, whole, "cut at {cut}");
        }
    }
}
