//! What people wrote down: archetypes, capabilities, domains and actions, as `docs/knowledge.md` describes them.
//!
//! The files are part of the program, so that it runs anywhere; they are read and checked once, at start.

mod check;
mod entries;
mod files;
mod line;
mod schema;
mod thing;

pub use check::COMMON_SLOTS;
pub use entries::{
    EntityEntry, ExclusionEntry, FeatureEntry, JourneyEntry, MetricEntry, MoveEntry, PLAIN_ACTS, RiskEntry,
};
pub use files::{Fault, Files};
pub use line::{Line, Slots, Text};
pub use schema::{ActionClass, Archetype, Capability, Domain, Parts, Role};

/// All modules, each list in the order of its file names.
#[derive(Debug)]
pub struct Knowledge {
    /// Kinds of product. The one called `core` serves where no other is called for.
    pub archetypes: Vec<Archetype>,
    /// What products can do beyond their kind.
    pub capabilities: Vec<Capability>,
    /// What things are.
    pub domains: Vec<Domain>,
    /// What verbs mean.
    pub actions: Vec<ActionClass>,
}

/// The archetype that serves where no other is called for.
pub const CORE: &str = "core";

impl Knowledge {
    /// Reads every module. What their shape cannot say, [`Knowledge::check`] does: a test does so for the files this program is built
    /// with, so that it need not be done at every start.
    ///
    /// # Errors
    /// All [`Fault`]s found, so that an author can mend them in one go.
    pub fn load(files: &Files) -> Result<Self, Vec<Fault>> {
        // Reading is most of the time that `atlas9 compose` takes, and the folders do not depend on each other.
        let (archetypes, others) = std::thread::scope(|scope| {
            let archetypes = scope.spawn(|| files.all("archetypes"));
            let others = (files.all("capabilities"), files.all("domains"), files.all("actions"));
            (archetypes.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), others)
        });
        let (capabilities, domains, actions) = others;
        let faults = [archetypes.1, capabilities.1, domains.1, actions.1].concat();
        let knowledge =
            Self { archetypes: archetypes.0, capabilities: capabilities.0, domains: domains.0, actions: actions.0 };
        if faults.is_empty() { Ok(knowledge) } else { Err(faults) }
    }

    /// What is wrong with the modules as a whole: slots that do not exist, names that do not resolve, lists too short or too long.
    pub fn check(&self) -> Vec<Fault> {
        check::check(self)
    }

    /// The archetype called `id`.
    pub fn archetype(&self, id: &str) -> Option<&Archetype> {
        self.archetypes.iter().find(|archetype| archetype.id == id)
    }

    /// The capability called `id`.
    pub fn capability(&self, id: &str) -> Option<&Capability> {
        self.capabilities.iter().find(|capability| capability.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_knowledge_is_sound() {
        let composer = crate::composer::Composer::from_files(&Files::embedded());
        let faults = composer.map_or_else(|unsound| unsound.0, |composer| composer.faults());
        if !faults.is_empty() {
            let list: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("{} faults:\n{}", list.len(), list.join("\n"));
        }
    }

    #[test]
    fn a_mistake_is_reported_with_file_field_and_reason() {
        let files = Files::from_texts(&[
            ("archetypes/core.toml", "id = \"other\"\nlabel = \"x\"\nsurprise = 1\n"),
            (
                "capabilities/escrow.toml",
                "id = \"escrow\"\nlabel = \"escrow\"\nterms = { escrow = 5 }\npromise = \"{money}\"\n",
            ),
        ]);
        let told = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        let shape = told(Knowledge::load(&files).unwrap_err());
        assert!(shape.iter().any(|f| f.contains("archetypes/core.toml") && f.contains("surprise")), "{shape:?}");
        let (_, sound_shape) = files.0.split_first().unwrap();
        let whole = told(Knowledge::load(&Files(sound_shape.to_vec())).unwrap().check());
        assert!(whole.iter().any(|f| f.contains("capabilities/escrow.toml") && f.contains("{money}")), "{whole:?}");
    }
}
