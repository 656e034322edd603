//! What people wrote down: archetypes, capabilities, domains and actions, as `docs/knowledge.md` describes them.
//!
//! The files are part of the program, so that it runs anywhere; they are read and checked once, at start.

mod check;
mod files;
mod line;
mod schema;

pub use files::{Fault, Files};
pub use line::{Slots, Text};
pub use schema::{
    ActionClass, Archetype, Capability, Domain, EntityEntry, ExclusionEntry, FeatureEntry, JourneyEntry, MetricEntry,
    Parts, RiskEntry, Role,
};

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
    /// Reads and checks every module.
    ///
    /// # Errors
    /// All [`Fault`]s found, so that an author can mend them in one go.
    pub fn load(files: &Files) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let knowledge = Self {
            archetypes: files.all("archetypes", &mut faults),
            capabilities: files.all("capabilities", &mut faults),
            domains: files.all("domains", &mut faults),
            actions: files.all("actions", &mut faults),
        };
        faults.extend(check::check(&knowledge));
        if faults.is_empty() { Ok(knowledge) } else { Err(faults) }
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
        if let Err(faults) = Knowledge::load(&Files::embedded()) {
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
        let faults: Vec<String> = Knowledge::load(&files).unwrap_err().iter().map(ToString::to_string).collect();
        assert!(faults.iter().any(|f| f.contains("archetypes/core.toml") && f.contains("surprise")), "{faults:?}");
        assert!(faults.iter().any(|f| f.contains("capabilities/escrow.toml") && f.contains("{money}")), "{faults:?}");
    }
}
