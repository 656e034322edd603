//! What people wrote down about how products are put together: `knowledge/architecture/*.toml`, as `docs/knowledge.md` describes it.

use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use super::{
    check,
    entries::{
        CapacityData, DecisionEntry, Decisions, OverviewData, SystemEntry, Systems, ThreatEntry, Threats, UnitEntry,
        Units, Verbs, WishEntry, WishList,
    },
};
use crate::composer::knowledge::{Fault, Files};

const FOLDER: &str = "architecture";

/// The files, unread until somebody asks for an architecture.
#[derive(Debug)]
pub struct ArchitectureShelf {
    files: Files,
    read: OnceLock<Result<ArchitectureKnowledge, Vec<Fault>>>,
}

impl ArchitectureShelf {
    /// Takes the architecture files out of all files.
    pub fn new(files: &Files) -> Self {
        Self { files: files.of_folder(FOLDER), read: OnceLock::new() }
    }

    /// Reads them, the first time.
    ///
    /// # Errors
    /// Every [`Fault`] found.
    pub fn open(&self) -> Result<&ArchitectureKnowledge, &[Fault]> {
        self.read.get_or_init(|| ArchitectureKnowledge::load(&self.files)).as_ref().map_err(Vec::as_slice)
    }
}

/// Everything known about how products are put together.
#[derive(Debug)]
pub struct ArchitectureKnowledge {
    /// The whole in a few sentences.
    pub overview: OverviewData,
    /// What lies outside.
    pub systems: Vec<SystemEntry>,
    /// What has to be decided.
    pub decisions: Vec<DecisionEntry>,
    /// What runs.
    pub units: Vec<UnitEntry>,
    /// How much there is of everything.
    pub capacity: CapacityData,
    /// How it may be attacked.
    pub threats: Vec<ThreatEntry>,
    /// What a note may ask for.
    pub wishes: Vec<WishEntry>,
    /// Verbs of steps that follow from the clock.
    timed: Vec<String>,
}

impl ArchitectureKnowledge {
    fn load(files: &Files) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let overview = read(files, "overview", &mut faults);
        let systems = read::<Systems>(files, "systems", &mut faults);
        let units = read::<Units>(files, "deployment", &mut faults);
        let capacity = read(files, "capacity", &mut faults);
        let wishes = read::<WishList>(files, "notes", &mut faults);
        let verbs = read::<Verbs>(files, "verbs", &mut faults);
        let (mut decisions, mut threats) = (Vec::new(), Vec::new());
        for name in DECISIONS {
            decisions.extend(read::<Decisions>(files, name, &mut faults).into_iter().flat_map(|read| read.decisions));
        }
        for name in THREATS {
            threats.extend(read::<Threats>(files, name, &mut faults).into_iter().flat_map(|read| read.threats));
        }
        match (overview, systems, units, capacity, wishes, verbs) {
            (Some(overview), Some(systems), Some(units), Some(capacity), Some(wishes), Some(verbs))
                if faults.is_empty() =>
            {
                Ok(Self {
                    overview,
                    systems: systems.systems,
                    decisions,
                    units: units.units,
                    capacity,
                    threats,
                    wishes: wishes.wishes,
                    timed: verbs.timed,
                })
            }
            _ => Err(faults),
        }
    }

    /// Whether a step that nobody takes follows from the clock.
    pub fn is_timed(&self, verb: &str) -> bool {
        self.timed.iter().any(|timed| timed == verb)
    }

    /// What the shape of the files cannot say: slots that exist, ids that are there once, enough that holds for any product.
    pub fn check(&self) -> Vec<Fault> {
        check::check(self)
    }
}

/// Decisions by what they are about; the file that is read first wins.
pub const DECISIONS: [&str; 4] = ["decisions-wished", "decisions-product", "decisions-data", "decisions-always"];
/// Threats by what they are about.
pub const THREATS: [&str; 2] = ["threats-product", "threats-always"];

fn read<T: DeserializeOwned>(files: &Files, name: &str, faults: &mut Vec<Fault>) -> Option<T> {
    files.parse(FOLDER, name).map_err(|fault| faults.push(fault)).ok()
}
