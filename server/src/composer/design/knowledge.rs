//! What people wrote down about design: `knowledge/design/*.toml`, as `docs/knowledge.md` describes it.

use std::{collections::BTreeMap, sync::OnceLock};

use model::sections::ScreenKind;
use serde::{Deserialize, de::DeserializeOwned};

use crate::composer::knowledge::{Fault, Files, Text};

use super::check;

const FOLDER: &str = "design";

/// The design files, unread until somebody asks for a design.
#[derive(Debug)]
pub struct DesignShelf {
    files: Files,
    read: OnceLock<Result<DesignKnowledge, Vec<Fault>>>,
}

impl DesignShelf {
    /// Takes the design files out of all files.
    pub fn new(files: &Files) -> Self {
        Self { files: files.of_folder(FOLDER), read: OnceLock::new() }
    }

    /// Reads them, the first time.
    ///
    /// # Errors
    /// Every [`Fault`] found.
    pub fn open(&self) -> Result<&DesignKnowledge, &[Fault]> {
        self.read.get_or_init(|| DesignKnowledge::load(&self.files)).as_ref().map_err(Vec::as_slice)
    }
}

/// Everything known about design. Tables are keyed by archetype or capability; ids that nobody has are harmless.
#[derive(Debug)]
pub struct DesignKnowledge {
    /// What a design has to do above all.
    pub approach: ApproachData,
    /// What screens are called and how they behave.
    pub screens: ScreenData,
    /// How much stands on a screen, how large, and what states mean.
    pub scales: ScaleData,
    /// What screens are built from, in the order in which a reader should meet it.
    pub components: Vec<ComponentEntry>,
}

impl DesignKnowledge {
    fn load(files: &Files) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let approach = read(files, "approach", &mut faults);
        let screens = read(files, "screens", &mut faults);
        let scales = read(files, "scales", &mut faults);
        let components = read::<ComponentData>(files, "components", &mut faults);
        match (approach, screens, scales, components) {
            (Some(approach), Some(screens), Some(scales), Some(data)) => {
                Ok(Self { approach, screens, scales, components: data.components })
            }
            _ => Err(faults),
        }
    }

    /// What the shape of the files cannot say: slots that exist, kinds that are all there, references that resolve.
    pub fn check(&self) -> Vec<Fault> {
        check::check(self)
    }
}

fn read<T: DeserializeOwned>(files: &Files, name: &str, faults: &mut Vec<Fault>) -> Option<T> {
    files.parse(FOLDER, name).map_err(|fault| faults.push(fault)).ok()
}

/// `approach.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproachData {
    /// By archetype.
    pub archetypes: BTreeMap<String, Text>,
    /// One more sentence, by capability.
    pub capabilities: BTreeMap<String, Text>,
    /// One more where no capability has any.
    pub density: BTreeMap<Density, Text>,
    /// One more for what a note asks: `dark`, `bigger`, `still`.
    pub wishes: BTreeMap<String, Text>,
}

/// How much stands on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Density {
    /// Tables that people look at all day.
    Dense,
    /// Everything between.
    Even,
    /// What is read or looked at.
    Airy,
}

impl Density {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Dense, Self::Even, Self::Airy];

    /// As knowledge files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Even => "even",
            Self::Airy => "airy",
        }
    }
}

/// `scales.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleData {
    /// By archetype.
    pub density: BTreeMap<String, Density>,
    /// Who needs larger type.
    pub larger: Larger,
    /// By density.
    pub sizes: Vec<Sizes>,
    /// Steps of type, largest first.
    #[serde(rename = "type")]
    pub type_steps: Vec<TypeEntry>,
    /// Distances, smallest first.
    pub space: Vec<SpaceEntry>,
    /// What states mean.
    pub tones: Tones,
}

/// Who needs larger type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Larger {
    /// Ids of capabilities.
    pub capabilities: Vec<String>,
}

/// The measures of a density.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Which.
    pub density: Density,
    /// Running text in pixels.
    pub base: u16,
    /// From one step of type to the next.
    pub ratio: f64,
    /// Line height of running text.
    pub leading: f64,
    /// The height of a row in pixels.
    pub row: u16,
    /// Distances in pixels, smallest first.
    pub space: Vec<u16>,
}

/// A step of type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeEntry {
    /// Its name.
    pub id: String,
    /// `display` or `text`.
    pub family: String,
    /// What is set in it.
    pub purpose: Text,
}

/// A distance.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceEntry {
    /// Its name.
    pub id: String,
    /// Where it is used.
    pub purpose: Text,
}

/// What states mean, by the state or a word of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tones {
    /// It went wrong.
    pub negative: Vec<String>,
    /// It is over before its usual end.
    pub over: Vec<String>,
    /// Somebody should look.
    pub caution: Vec<String>,
    /// It went well, or goes on as it should.
    pub positive: Vec<String>,
}

/// `screens.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreenData {
    /// By kind.
    pub kinds: BTreeMap<String, KindEntry>,
    /// States that criteria speak of.
    pub situations: Vec<Situation>,
    /// How states of a thing are told.
    pub own: OwnStates,
}

impl ScreenData {
    /// What is known of a kind.
    pub fn kind(&self, kind: ScreenKind) -> Option<&KindEntry> {
        self.kinds.get(kind.as_str())
    }
}

/// What is known of a kind of screen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindEntry {
    /// What it is called.
    pub title: Text,
    /// What it is called among other screens.
    pub nav: Text,
    /// What it is called where nouns are not English.
    pub plain: Text,
    /// What its button says where nothing in the product does.
    pub button: Text,
    /// What people come for.
    pub purpose: Text,
    /// Shown when there is nothing.
    pub empty: Text,
    /// Shown while something is fetched or sent.
    pub loading: Text,
    /// Shown when that fails.
    pub error: Text,
}

/// A state that criteria speak of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// What it is called.
    pub name: String,
    /// Words of a criterion, in lower case.
    pub words: Vec<String>,
}

/// How states of a thing are told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnStates {
    /// States that a thing has come to by itself: "has expired".
    pub has: Vec<String>,
    /// States that are nouns: "stands at “draft”".
    pub nouns: Vec<String>,
    /// First words of states that are a predicate already: "did not come".
    pub bare: Vec<String>,
    /// With steps on.
    pub open: Text,
    /// Without.
    pub closed: Text,
    /// With steps on that nobody takes.
    pub waiting: Text,
    /// Where nothing is known about steps.
    pub unknown: Text,
}

/// `components.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComponentData {
    components: Vec<ComponentEntry>,
}

/// Something that screens are built from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentEntry {
    /// Unique among components; wireframes name it.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// What it does for people.
    pub purpose: Text,
    /// How it can look.
    pub states: Vec<String>,
    /// What has to hold for everybody.
    pub access: String,
    /// Ids of the tokens it uses.
    pub tokens: Vec<String>,
}
