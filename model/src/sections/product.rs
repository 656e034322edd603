//! The product section: what to build, for whom, and how one would know that it works.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{BadPiece, ScreenKind, bad, put, shaped};
use crate::{Piece, PiecePath};

const SECTION: &str = "product";

/// What to build. Every list is in the order in which a reader should meet it; ids are unique within their list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    /// How the directive was read.
    pub basis: Option<Basis>,
    /// The product in one or two sentences.
    pub summary: String,
    /// What goes wrong today without it.
    pub problem: String,
    /// Who uses it.
    pub personas: Vec<Persona>,
    /// What they can do.
    pub features: Vec<Feature>,
    /// What the product keeps.
    pub entities: Vec<Entity>,
    /// How features come together in use.
    pub journeys: Vec<Journey>,
    /// How one would know that it works.
    pub metrics: Vec<Metric>,
    /// What may go wrong.
    pub risks: Vec<Risk>,
    /// What it deliberately leaves alone.
    pub out_of_scope: Vec<Exclusion>,
}

/// How the directive was read: which knowledge was called for by which words, and what could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// ISO 639-1 code of the language, `und` where there is none to tell.
    pub language: String,
    /// What kind of product it was taken for, in words.
    pub kind: String,
    /// Modules and the words of the directive that called for them.
    pub called: Vec<Called>,
    /// What a reader should know about the limits of this reading; empty when there is nothing to say.
    pub caveats: Vec<String>,
}

/// A module of knowledge and the words that called for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// The module, in words.
    pub module: String,
    /// Words of the directive, as typed.
    pub words: Vec<String>,
}

/// A kind of person who uses the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    /// Unique among personas.
    pub id: String,
    /// Who it is: "Collector who sells".
    pub name: String,
    /// What they want to get done, continuing "wants to".
    pub goal: String,
    /// What stands in the way, continuing "today".
    pub pain: String,
    /// Words of the directive they stand for.
    pub answers: Vec<String>,
}

/// Something a person can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Unique among features.
    pub id: String,
    /// What it is, from the user's side.
    pub title: String,
    /// The user story.
    pub story: Story,
    /// Sentences a tester can pass or fail.
    pub criteria: Vec<String>,
    /// MoSCoW priority.
    pub priority: Priority,
    /// How much work it is.
    pub effort: Effort,
    /// Words of the directive it answers, as typed.
    pub answers: Vec<String>,
    /// Ids of the entities it reads or writes.
    pub entities: Vec<String>,
    /// The module it comes from, in words.
    pub source: String,
    /// Who acts, as an id: the teller of the story with hyphens, "collector-who-buys". The later stages grant rights by it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub actor: String,
    /// What it does to the things that are kept. Empty when that is not known; it then reads and writes its entities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<Act>,
    /// The kind of screen it happens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<ScreenHint>,
}

/// One thing that a feature does: a deed, and the entity it is done to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Act {
    /// "create", "list", "read", "change", "remove", or the verb of one of the entity's transitions.
    pub verb: String,
    /// The entity's id.
    pub entity: String,
}

/// What kind of screen a feature happens on, and what the screen is about. Features with the same hint share a screen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScreenHint {
    /// How the screen is laid out.
    pub kind: ScreenKind,
    /// The id of the entity it is about.
    pub of: String,
}

/// As a *who*, I want *want*, so that *so*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// Who tells it, without an article.
    pub who: String,
    /// Continues "I want to".
    pub want: String,
    /// Continues "so that".
    pub so: String,
}

/// MoSCoW: what a first version must, should and could hold. (What it won't is out of scope.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Without it there is no product.
    Must,
    /// Soon missed.
    Should,
    /// Welcome when there is time.
    Could,
}

/// Rough size of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Effort {
    /// Days.
    S,
    /// A week or two.
    M,
    /// A month.
    L,
}

/// Something the product keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Unique among entities.
    pub id: String,
    /// Its name as a type: `ConditionReport`.
    pub name: String,
    /// What one of them is.
    pub purpose: String,
    /// What is known of each.
    pub fields: Vec<Field>,
    /// Its life cycle, in order; the first is how it begins. Empty when it has none.
    pub states: Vec<String>,
    /// How it gets from one state to the next. Empty when that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
    /// How it hangs together with others.
    pub relations: Vec<Relation>,
}

/// A step in the life of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// What is done: "accept". Unique within its entity.
    pub verb: String,
    /// The states it can be done in.
    pub from: Vec<String>,
    /// The state it leads to.
    pub to: String,
    /// Who may do it, as ids of actors; [`SYSTEM`] where time or another event does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// The actor behind what no person does: a deadline, a payment that arrives.
pub const SYSTEM: &str = "system";

/// One fact kept of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name in words.
    pub name: String,
    /// Its kind: text, money, date …
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether every one has it.
    pub required: bool,
}

/// A relation, read from the entity that holds it: it *kind* *to*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// "belongs to", "has one" or "has many".
    pub kind: String,
    /// The other entity's id.
    pub to: String,
    /// The part the other plays, where its name alone does not say it: a Person as "seller".
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A walk through several features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Unique among journeys.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Who walks it.
    pub actor: String,
    /// One sentence each.
    pub steps: Vec<String>,
}

/// A figure that tells whether it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// Unique among metrics.
    pub id: String,
    /// What is measured.
    pub name: String,
    /// How it is counted.
    pub measure: String,
    /// What is good enough.
    pub target: String,
}

/// Something that may go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risk {
    /// Unique among risks.
    pub id: String,
    /// What may happen, and whom it hurts.
    pub text: String,
    /// What the product does about it.
    pub mitigation: String,
    /// How bad it would be.
    pub severity: Severity,
}

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can end the product.
    High,
    /// It costs users or money.
    Medium,
    /// It annoys.
    Low,
}

/// Something deliberately left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Unique among exclusions.
    pub id: String,
    /// What people will ask for.
    pub what: String,
    /// Why not now.
    pub why: String,
}

super::identified!(Persona, Feature, Entity, Journey, Metric, Risk, Exclusion);

impl Product {
    /// The section as the pieces it streams as, in reading order. [`Product::apply`] puts them together again.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut one = |path: &str, value: Value| {
            if let Ok(path) = PiecePath::parse(path) {
                pieces.push(Piece { path, value });
            }
        };
        if let Some(basis) = &self.basis {
            one("basis", json!(basis));
        }
        one("summary", json!(self.summary));
        one("problem", json!(self.problem));
        self.personas.iter().for_each(|p| one(&format!("personas/{}", p.id), json!(p)));
        self.features.iter().for_each(|f| one(&format!("features/{}", f.id), json!(f)));
        self.entities.iter().for_each(|e| one(&format!("entities/{}", e.id), json!(e)));
        self.journeys.iter().for_each(|j| one(&format!("journeys/{}", j.id), json!(j)));
        self.metrics.iter().for_each(|m| one(&format!("metrics/{}", m.id), json!(m)));
        self.risks.iter().for_each(|r| one(&format!("risks/{}", r.id), json!(r)));
        self.out_of_scope.iter().for_each(|x| one(&format!("out_of_scope/{}", x.id), json!(x)));
        pieces
    }

    /// Puts one piece in its place; a path that is taken is replaced, so that applying a piece twice changes nothing.
    ///
    /// # Errors
    /// [`BadPiece`] when the section has no such part or the value does not have its shape. The section is left as it was.
    pub fn apply(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        match piece.path.part() {
            "basis" => self.basis = Some(shaped(SECTION, piece)?),
            "summary" => self.summary = shaped(SECTION, piece)?,
            "problem" => self.problem = shaped(SECTION, piece)?,
            "personas" => put(SECTION, &mut self.personas, piece)?,
            "features" => put(SECTION, &mut self.features, piece)?,
            "entities" => put(SECTION, &mut self.entities, piece)?,
            "journeys" => put(SECTION, &mut self.journeys, piece)?,
            "metrics" => put(SECTION, &mut self.metrics, piece)?,
            "risks" => put(SECTION, &mut self.risks, piece)?,
            "out_of_scope" => put(SECTION, &mut self.out_of_scope, piece)?,
            _ => return Err(bad(SECTION, piece, "there is no such part")),
        }
        Ok(())
    }

    /// Appends text to a piece that is being written.
    ///
    /// # Errors
    /// [`BadPiece`] when the piece is not one that is written as running text.
    pub fn append(&mut self, path: &PiecePath, text: &str) -> Result<(), BadPiece> {
        match path.as_str() {
            "summary" => self.summary.push_str(text),
            "problem" => self.problem.push_str(text),
            _ => {
                return Err(BadPiece {
                    section: SECTION,
                    path: path.clone(),
                    reason: "it is not running text".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The entity of that id.
    pub fn entity(&self, id: &str) -> Option<&Entity> {
        self.entities.iter().find(|e| e.id == id)
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn sample() -> Product {
        Product {
            summary: "A shelf.".into(),
            risks: vec![Risk { id: "r".into(), text: "t".into(), mitigation: "m".into(), severity: Severity::High }],
            out_of_scope: vec![Exclusion { id: "x".into(), what: "w".into(), why: "y".into() }],
            ..Product::default()
        }
    }

    #[test]
    fn pieces_put_together_give_the_section_even_when_some_come_twice() {
        let mut again = Product::default();
        for piece in sample().pieces().iter().chain(sample().pieces().iter().rev()) {
            again.apply(piece).unwrap();
        }
        assert_eq!(again, sample());
    }

    #[test]
    fn a_piece_of_the_wrong_shape_changes_nothing() {
        let mut product = sample();
        for (path, value) in [
            ("risks/r", json!("text")),
            ("risks/other", json!({"id": "r", "text": "", "mitigation": "", "severity": "low"})),
            ("summary", json!(7)),
            ("nonsense", json!("x")),
        ] {
            let piece = Piece { path: PiecePath::parse(path).unwrap(), value };
            assert!(product.apply(&piece).is_err(), "{path}");
        }
        assert_eq!(product, sample());
    }
}
