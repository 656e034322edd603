//! A section while a model makes it: what was accepted, and what has to be asked for again.

use std::collections::BTreeSet;

use model::{Piece, PiecePath, Stage, sections::Sections};

use super::{
    error::CallError,
    item::{self, Item, What},
    objects::Found,
    palette,
    parts::{self, Missing},
};
use crate::studio::{Brief, Made};

/// The most pieces and additions that one section may be made of.
const ITEMS_MAX: usize = 800;
/// Faults that are kept, for the model to mend; others are as lost as if they had never been sent.
const FAULTS_MAX: usize = 24;
const SHOWN_MAX_CHARS: usize = 600;

/// Something that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The beginning of what the model wrote. For the model only.
    pub wrote: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A section in the making.
#[derive(Debug)]
pub(super) struct Draft {
    stage: Stage,
    sections: Sections,
    locked: BTreeSet<PiecePath>,
    accepted: BTreeSet<PiecePath>,
    faults: Vec<Fault>,
    items: usize,
    needs: parts::Needs,
}

impl Draft {
    /// Nothing but what is locked.
    pub(super) fn new(brief: &Brief) -> Self {
        let mut sections = Sections::default();
        let locked: BTreeSet<PiecePath> = brief.locked.iter().cloned().collect();
        for piece in brief.made.pieces(brief.stage).iter().filter(|piece| locked.contains(&piece.path)) {
            // It was applied once already, when it was made.
            let _ = sections.apply(brief.stage, piece);
        }
        let needs = parts::Needs::of(brief);
        Self { stage: brief.stage, sections, locked, accepted: BTreeSet::new(), faults: Vec::new(), items: 0, needs }
    }

    /// Takes what the model wrote. Gives what may be shown; keeps what is wrong with the rest.
    pub(super) fn take(&mut self, found: &Found) -> Result<Option<Made>, CallError> {
        let (text, read) = match found {
            Found::Object(text) => (text, item::read(text)),
            Found::Broken(text) => (text, Err("it was not finished, or is too long".to_owned())),
        };
        let taken = match read {
            Ok(item) if self.locked.contains(&item.path) => Ok(None),
            Ok(item) => self.apply(item).map(Some),
            Err(reason) => Err(reason),
        };
        self.items += usize::from(matches!(taken, Ok(Some(_))));
        if self.items > ITEMS_MAX {
            return Err(CallError::TooMuch);
        }
        taken.or_else(|reason| {
            self.refuse(text, reason);
            Ok(None)
        })
    }

    fn apply(&mut self, Item { path, what }: Item) -> Result<Made, String> {
        match what {
            What::Value(value) => {
                let mut piece = Piece { path, value };
                if self.stage == Stage::Brand && piece.path.part() == "palette" {
                    palette::made_true(&mut piece, &self.sections.brand)?;
                }
                let piece = self.plain(&piece)?;
                self.sections.apply(self.stage, &piece).map_err(|error| error.reason)?;
                self.accepted.insert(piece.path.clone());
                Ok(Made::Piece(piece))
            }
            What::Append(text) => {
                self.sections.append(self.stage, &path, &text).map_err(|error| error.reason)?;
                Ok(Made::Text { path, text })
            }
        }
    }

    /// The piece with the fields of its part and no others: what a model adds of its own is kept nowhere.
    fn plain(&self, piece: &Piece) -> Result<Piece, String> {
        let mut alone = Sections::default();
        alone.apply(self.stage, piece).map_err(|error| error.reason)?;
        let plain = alone.pieces(self.stage).into_iter().find(|other| other.path == piece.path);
        plain
            .filter(|piece| piece.value.as_str().is_none_or(|text| !text.trim().is_empty()))
            .ok_or_else(|| "it is empty".to_owned())
    }

    fn refuse(&mut self, text: &str, reason: String) {
        // Objects in prose are none of ours.
        if !text.contains("\"path\"") {
            return;
        }
        tracing::debug!(stage = %self.stage, reason, "a piece was refused");
        if self.faults.len() < FAULTS_MAX {
            let cut = |text: &str| text.chars().take(SHOWN_MAX_CHARS).collect();
            self.faults.push(Fault { wrote: cut(text), reason: cut(&reason) });
        }
    }

    /// What was refused since this was asked last.
    pub(super) fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }

    /// Which parts are not there yet.
    pub(super) fn missing(&self) -> Missing {
        self.needs.missing(self.stage, &self.sections)
    }

    /// Addresses of what is there, locked or accepted.
    pub(super) fn paths(&self) -> impl Iterator<Item = &PiecePath> {
        self.locked.iter().chain(&self.accepted)
    }

    /// How much was accepted so far.
    pub(super) fn items(&self) -> usize {
        self.items
    }

    /// What was accepted, as it is now, in reading order.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let pieces = self.sections.pieces(self.stage).into_iter();
        pieces.filter(|piece| self.accepted.contains(&piece.path)).collect()
    }
}

#[cfg(test)]
mod tests {
    use model::Directive;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use std::sync::Arc;

    use super::*;

    fn draft(stage: Stage) -> Draft {
        Draft::new(&brief(stage))
    }

    fn brief(stage: Stage) -> Brief {
        Brief {
            generation: None,
            directive: Directive::parse("A shelf").unwrap(),
            note: None,
            stage,
            made: Arc::default(),
            together: vec![],
            locked: vec![],
            reuse: false,
        }
    }

    fn take(draft: &mut Draft, text: &str) -> Option<Made> {
        draft.take(&Found::Object(text.to_owned())).unwrap()
    }

    #[test]
    fn what_a_model_adds_of_its_own_is_not_kept() {
        let mut draft = draft(Stage::Product);
        let made = take(
            &mut draft,
            r#"{"path":"metrics/m","value":{"name":"n","measure":"m","target":"t","html":"<b>"},"note":1}"#,
        );
        let value = json!({"id": "m", "name": "n", "measure": "m", "target": "t"});
        assert_eq!(made, Some(Made::Piece(Piece { path: PiecePath::parse("metrics/m").unwrap(), value })));
    }

    #[test]
    fn what_does_not_fit_is_kept_for_the_model_and_shown_to_nobody() {
        let mut draft = draft(Stage::Brand);
        for text in [
            r#"{"path":"logo","value":{"idea":"x","svg":"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"}}"#,
            r#"{"path":"tagline","value":"  "}"#,
            r#"{"path":"nonsense","value":"x"}"#,
        ] {
            assert_eq!(take(&mut draft, text), None, "{text}");
        }
        assert_eq!(draft.take_faults().len(), 3);
        assert_eq!(take(&mut draft, r#"{"colour": "as in {prose}"}"#), None);
        assert_eq!((draft.take_faults(), draft.items()), (vec![], 0));
    }

    #[test]
    fn what_is_locked_stays() {
        let mut brief = brief(Stage::Product);
        Arc::make_mut(&mut brief.made).product.summary = "Ours.".to_owned();
        brief.locked = vec![PiecePath::parse("summary").unwrap()];
        let mut draft = Draft::new(&brief);
        assert_eq!(take(&mut draft, r#"{"path":"summary","value":"Theirs."}"#), None);
        assert_eq!(draft.sections.product.summary, "Ours.");
        assert!(draft.take_faults().is_empty() && draft.pieces().is_empty());
    }

    #[test]
    fn a_file_may_come_in_several_lines() {
        let mut draft = draft(Stage::Code);
        let begin = r#"{"path":"files/main-rs","value":{"path":"main.rs","purpose":"p","content":"a"}}"#;
        assert!(take(&mut draft, begin).is_some());
        let more = take(&mut draft, r#"{"path":"files/main-rs","append":"b"}"#);
        assert!(matches!(more, Some(Made::Text { .. })));
        assert_eq!(draft.pieces()[0].value["content"], "ab");
        assert_eq!(take(&mut draft, r#"{"path":"files/other","append":"b"}"#), None);
    }

    #[test]
    fn no_section_is_made_of_endless_pieces() {
        let mut draft = draft(Stage::Product);
        let line = Found::Object(r#"{"path":"summary","append":"x"}"#.to_owned());
        let ended = (0..=ITEMS_MAX).try_for_each(|_| draft.take(&line).map(|_| ()));
        assert_eq!(ended, Err(CallError::TooMuch));
    }
}
