//! The built-in engine: a directive becomes sections with no model and no network, always the same bytes for the same words.
//!
//! It works in four steps, each a module that can be tested alone: *read* who does what to which things, *recognise* which knowledge
//! the words call for, *plan* what goes in, *tell* it in the directive's own words.

mod architecture;
mod blueprint;
pub(crate) mod brand;
mod cast;
mod choice;
mod code;
mod design;
mod entities;
mod inflect;
mod knowledge;
mod lexicon;
mod order;
mod plan;
mod reading;
mod recognise;
mod telling;

use model::{Directive, sections::Product};

use architecture::{ArchitectureKnowledge, ArchitectureShelf};
use brand::{BrandKnowledge, BrandShelf};
use cast::Cast;
use design::{DesignKnowledge, DesignShelf};
use knowledge::Knowledge;
pub use knowledge::{Fault, Files};
use lexicon::Lexicon;
pub use order::Order;
use plan::Bounds;
use reading::Reading;
use recognise::Recognition;

/// The composer's version: part of every receipt, and of the choice of words. It changes when the same directive may read differently.
pub const VERSION: &str = concat!("composer-", env!("CARGO_PKG_VERSION"));

/// Words of a note that ask for less.
const LESS: [&str; 8] = ["fewer", "less", "smaller", "minimal", "mvp", "simpler", "reduce", "lean"];

/// The engine with its knowledge, read once and shared.
#[derive(Debug)]
pub struct Composer {
    knowledge: Knowledge,
    lexicon: Lexicon,
    brand: BrandShelf,
    design: DesignShelf,
    architecture: ArchitectureShelf,
}

/// A directive as far as every section needs it understood.
struct Understood<'k> {
    reading: Reading,
    recognition: Recognition<'k>,
    cast: Cast,
}

/// The knowledge is unsound, so nothing can be composed.
#[derive(Debug, thiserror::Error)]
#[error("the composer's knowledge has {} faults; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
pub struct Unsound(pub Vec<Fault>);

impl Composer {
    /// Reads the knowledge the program was built with.
    ///
    /// # Errors
    /// [`Unsound`] with every fault found.
    pub fn new() -> Result<Self, Unsound> {
        Self::from_files(&Files::embedded())
    }

    /// Reads knowledge from given files.
    ///
    /// # Errors
    /// [`Unsound`] with every fault found.
    pub fn from_files(files: &Files) -> Result<Self, Unsound> {
        let (lexicon, knowledge) = std::thread::scope(|scope| {
            let lexicon = scope.spawn(|| Lexicon::load(files));
            let knowledge = Knowledge::load(files);
            (lexicon.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), knowledge)
        });
        let lexicon = lexicon.map_err(|fault| Unsound(vec![fault]))?;
        Ok(Self {
            knowledge: knowledge.map_err(Unsound)?,
            lexicon,
            brand: BrandShelf::new(files),
            design: DesignShelf::new(files),
            architecture: ArchitectureShelf::new(files),
        })
    }

    /// What is wrong with the knowledge as a whole: slots that do not exist, names that do not resolve, lists too short or too long.
    pub fn faults(&self) -> Vec<Fault> {
        let brand = self.brand.open().map_or_else(<[Fault]>::to_vec, BrandKnowledge::check);
        let design = self.design.open().map_or_else(<[Fault]>::to_vec, DesignKnowledge::check);
        let architecture = self.architecture.open().map_or_else(<[Fault]>::to_vec, ArchitectureKnowledge::check);
        [self.knowledge.check(), brand, design, architecture].concat()
    }

    /// Composes the product section. Total: any directive gives a sound section, if a generic one.
    ///
    /// The same directive, note and [`VERSION`] give the same bytes. Takes a few milliseconds of one core: call it off the
    /// async threads.
    pub fn product(&self, directive: &Directive, note: Option<&str>) -> Product {
        let note =
            note.and_then(|note| Directive::parse(note).ok()).map(|note| (reading::read(&note, &self.lexicon), note));
        let asked = note.as_ref().map(|(reading, note)| (note.as_str(), reading));
        let Some(Understood { reading, recognition, cast }) = self.understand(directive, asked) else {
            return Product::default();
        };
        let bounds = if note.as_ref().is_some_and(|(reading, _)| wants_less(reading)) {
            Bounds::SMALL
        } else {
            Bounds::ORDINARY
        };
        let plan = plan::plan(&reading, &recognition, &cast, &self.knowledge, &self.lexicon, bounds);
        let seed =
            format!("{VERSION}\n{}\n{}", directive.as_str(), note.as_ref().map_or("", |(_, note)| note.as_str()));
        telling::Teller {
            directive,
            reading: &reading,
            recognition: &recognition,
            cast: &cast,
            plan: &plan,
            lexicon: &self.lexicon,
            seed: &seed,
        }
        .product()
    }

    /// Reads a directive and recognises what it is about. `None` only when the knowledge holds no kind of product at all.
    fn understand(&self, directive: &Directive, asked: Option<(&str, &Reading)>) -> Option<Understood<'_>> {
        let reading = self.with_a_thing(reading::read(directive, &self.lexicon), directive);
        let recognition = recognise::recognise(directive.as_str(), &reading, asked, &self.knowledge, &self.lexicon)?;
        let cast = Cast::bind(&reading, &recognition, &self.lexicon);
        Some(Understood { reading, recognition, cast })
    }

    /// A directive of nothing but pictograms or marks is about those.
    fn with_a_thing(&self, mut reading: Reading, directive: &Directive) -> Reading {
        if reading.words.is_empty() && reading.things.is_empty() {
            reading.things.extend(reading::verbatim(directive));
        }
        reading
    }
}

fn wants_less(note: &Reading) -> bool {
    note.words.iter().any(|word| word.forms.iter().any(|form| LESS.contains(&form.as_str())))
}

#[cfg(test)]
pub(super) mod tests;
