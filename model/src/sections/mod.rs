//! The typed results of the stages.

mod architecture;
mod brand;
mod code;
mod design;
mod product;
mod screen;

use serde::{Serialize, de::DeserializeOwned};

pub use architecture::{
    ApiRole, Architecture, Column, ColumnKind, Decision, Deed, Diagram, Index, Load, Method, Operation, SetBy, Table,
    Threat, Unit, is_sql_name,
};
pub use brand::{
    Brand, ChosenName, Colour, Contrast, Logo, Mark, NameCandidate, Sample, Tone, Trait, Typeface, Typography, Voice,
};
pub use code::{Code, FILE_MAX_BYTES, SourceFile, file_id, is_file_path};
pub use design::{Component, Design, Scheme, Screen, ScreenState, SpaceStep, Token, TokenKind, TypeStep, alias};
pub use product::{
    Act, Basis, Called, Effort, Entity, Exclusion, Feature, Field, Journey, Metric, Persona, Priority, Product,
    Relation, Risk, SYSTEM, ScreenHint, Severity, Story, Transition,
};

pub use screen::ScreenKind;

use crate::{Address, Piece, PiecePath, Stage};

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

/// Everything that was made for a project, stage by stage; what was not made yet is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sections {
    /// What to build.
    pub product: Product,
    /// What it is called, how it speaks and what it looks like.
    pub brand: Brand,
    /// How it looks.
    pub design: Design,
    /// How it is put together.
    pub architecture: Architecture,
    /// The program.
    pub code: Code,
}

/// What is stored does not have the shape of its section.
#[derive(Debug, thiserror::Error)]
#[error("the stored {stage} section cannot be read: {source}")]
pub struct BadContent {
    /// Which section.
    pub stage: Stage,
    /// What is wrong with it.
    pub source: serde_json::Error,
}

impl Sections {
    /// The section of a stage as the pieces it streams as, in reading order.
    pub fn pieces(&self, stage: Stage) -> Vec<Piece> {
        match stage {
            Stage::Product => self.product.pieces(),
            Stage::Brand => self.brand.pieces(),
            Stage::Design => self.design.pieces(),
            Stage::Architecture => self.architecture.pieces(),
            Stage::Code => self.code.pieces(),
        }
    }

    /// Puts one piece in its place.
    ///
    /// # Errors
    /// [`BadPiece`] when it does not fit. The section is left as it was.
    pub fn apply(&mut self, stage: Stage, piece: &Piece) -> Result<(), BadPiece> {
        if let Some(reason) = too_long("", &piece.value).or_else(|| unprintable(&piece.value)) {
            return Err(bad(stage.as_str(), piece, &reason));
        }
        match stage {
            Stage::Product => self.product.apply(piece),
            Stage::Brand => self.brand.apply(piece),
            Stage::Design => self.design.apply(piece),
            Stage::Architecture => self.architecture.apply(piece),
            Stage::Code => self.code.apply(piece),
        }
    }

    /// Appends text to a piece that is being written.
    ///
    /// # Errors
    /// [`BadPiece`] when the piece is not one that is written as running text.
    pub fn append(&mut self, stage: Stage, path: &PiecePath, text: &str) -> Result<(), BadPiece> {
        match stage {
            Stage::Product => self.product.append(path, text),
            Stage::Code => self.code.append(path, text),
            Stage::Brand | Stage::Design | Stage::Architecture => Err(BadPiece {
                section: stage.as_str(),
                path: path.clone(),
                reason: "it is not running text".to_owned(),
            }),
        }
    }

    /// Takes a section over from other sections.
    pub fn take(&mut self, stage: Stage, from: &Self) {
        match stage {
            Stage::Product => self.product.clone_from(&from.product),
            Stage::Brand => self.brand.clone_from(&from.brand),
            Stage::Design => self.design.clone_from(&from.design),
            Stage::Architecture => self.architecture.clone_from(&from.architecture),
            Stage::Code => self.code.clone_from(&from.code),
        }
    }

    /// The piece at an address, if there is one.
    pub fn piece(&self, at: &Address) -> Option<Piece> {
        self.pieces(at.stage).into_iter().find(|piece| piece.path == at.path)
    }

    /// The addresses of a section's pieces, in reading order.
    pub fn addresses(&self, stage: Stage) -> Vec<Address> {
        self.pieces(stage).into_iter().map(|piece| Address { stage, path: piece.path }).collect()
    }

    /// Takes a piece away. One that is not there changes nothing.
    pub fn remove(&mut self, stage: Stage, path: &PiecePath) {
        let pieces = self.pieces(stage);
        self.clear(stage);
        for piece in pieces.iter().filter(|piece| piece.path != *path) {
            // It was in the section before, so that it fits.
            let _ = self.apply(stage, piece);
        }
    }

    /// Empties a section.
    pub fn clear(&mut self, stage: Stage) {
        match stage {
            Stage::Product => self.product = Product::default(),
            Stage::Brand => self.brand = Brand::default(),
            Stage::Design => self.design = Design::default(),
            Stage::Architecture => self.architecture = Architecture::default(),
            Stage::Code => self.code = Code::default(),
        }
    }

    /// A section as it is stored in a revision.
    ///
    /// # Errors
    /// [`serde_json::Error`], which no section of ours causes.
    pub fn content(&self, stage: Stage) -> Result<String, serde_json::Error> {
        match stage {
            Stage::Product => serde_json::to_string(&self.product),
            Stage::Brand => serde_json::to_string(&self.brand),
            Stage::Design => serde_json::to_string(&self.design),
            Stage::Architecture => serde_json::to_string(&self.architecture),
            Stage::Code => serde_json::to_string(&self.code),
        }
    }

    /// Takes a section from a revision.
    ///
    /// # Errors
    /// [`BadContent`] when it has another shape. The section is left as it was.
    pub fn restore(&mut self, stage: Stage, content: &str) -> Result<(), BadContent> {
        let broken = |source| BadContent { stage, source };
        match stage {
            Stage::Product => self.product = serde_json::from_str(content).map_err(broken)?,
            Stage::Brand => self.brand = serde_json::from_str(content).map_err(broken)?,
            Stage::Design => self.design = serde_json::from_str(content).map_err(broken)?,
            Stage::Architecture => self.architecture = serde_json::from_str(content).map_err(broken)?,
            Stage::Code => self.code = serde_json::from_str(content).map_err(broken)?,
        }
        Ok(())
    }
}

/// The most entries a list of a section may have.
const LIST_MAX: usize = 400;

/// The most characters of a text, and of what a file or drawing holds. A directive has 4,000, and what is made of it quotes it.
const TEXT_MAX_CHARS: usize = 20_000;
const CONTENT_MAX_CHARS: usize = FILE_MAX_BYTES;

/// Which text of a piece is longer than any page could show, and how long it may be.
fn too_long(key: &str, value: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) => {
            let most = match key {
                "content" | "svg" | "wireframe" | "mermaid" => CONTENT_MAX_CHARS,
                _ => TEXT_MAX_CHARS,
            };
            // Bytes are counted first: there are never fewer of them, and they are known.
            let is_too_long = text.len() > most && text.chars().count() > most;
            let what = if key.is_empty() { "it".to_owned() } else { format!("its {}", key.replace('_', " ")) };
            is_too_long.then(|| format!("{what} is longer than {most} characters"))
        }
        Value::Array(items) => items.iter().find_map(|item| too_long(key, item)),
        Value::Object(fields) => fields.iter().find_map(|(key, field)| too_long(key, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// What is wrong with a value that holds what no keyboard types and no program prints.
fn unprintable(value: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) => {
            let strange = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))?;
            Some(format!("it holds a control character (U+{:04X})", u32::from(strange)))
        }
        Value::Array(items) => items.iter().find_map(unprintable),
        Value::Object(fields) => fields.values().find_map(unprintable),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// What has an id within its list.
trait Identified: Serialize + DeserializeOwned {
    fn id(&self) -> &str;
}

macro_rules! identified {
    ($($kind:ty),*) => { $(impl super::Identified for $kind { fn id(&self) -> &str { &self.id } })* };
}
use identified;

/// Puts an item into its list, or in the place of the one with its id.
fn put<T: Identified>(section: &'static str, list: &mut Vec<T>, piece: &Piece) -> Result<(), BadPiece> {
    let item: T = shaped(section, piece)?;
    if piece.path.id() != Some(item.id()) {
        return Err(bad(section, piece, "its id differs from its address"));
    }
    match list.iter().position(|other| other.id() == item.id()) {
        Some(at) => list[at] = item,
        None if list.len() >= LIST_MAX => return Err(bad(section, piece, &format!("the list has {LIST_MAX} already"))),
        None => list.push(item),
    }
    Ok(())
}

fn shaped<T: DeserializeOwned>(section: &'static str, piece: &Piece) -> Result<T, BadPiece> {
    T::deserialize(&piece.value).map_err(|e| bad(section, piece, &e.to_string()))
}

fn bad(section: &'static str, piece: &Piece, reason: &str) -> BadPiece {
    BadPiece { section, path: piece.path.clone(), reason: reason.to_owned() }
}
