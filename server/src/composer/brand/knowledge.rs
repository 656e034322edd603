//! What people wrote down about brands: `knowledge/brand/*.toml`, as `docs/knowledge.md` describes it.

use std::{
    collections::{BTreeMap, HashSet},
    sync::OnceLock,
};

use serde::{Deserialize, de::DeserializeOwned};

use crate::composer::knowledge::{Fault, Files, Text};

use super::{
    check,
    mood::{Mood, MoodData, Weights},
};

const FOLDER: &str = "brand";

/// The brand files, unread until somebody asks for a brand: the product section need not wait for them.
#[derive(Debug)]
pub struct BrandShelf {
    files: Files,
    read: OnceLock<Result<BrandKnowledge, Vec<Fault>>>,
}

impl BrandShelf {
    /// Takes the brand files out of all files.
    pub fn new(files: &Files) -> Self {
        Self { files: files.of_folder(FOLDER), read: OnceLock::new() }
    }

    /// Reads them, the first time.
    ///
    /// # Errors
    /// Every [`Fault`] found.
    pub fn open(&self) -> Result<&BrandKnowledge, &[Fault]> {
        self.read.get_or_init(|| BrandKnowledge::load(&self.files)).as_ref().map_err(Vec::as_slice)
    }
}

/// Everything known about brands. Tables are keyed by archetype, domain or capability; ids that nobody has are harmless.
#[derive(Debug)]
pub struct BrandKnowledge {
    /// What names are made of.
    pub names: NameData,
    /// What no name may be.
    pub avoid: Avoid,
    /// How a product carries itself.
    pub moods: MoodData,
    /// Hues and their names.
    pub colours: ColourData,
    /// Typefaces in pairs.
    pub typefaces: TypefaceData,
    /// Which marks fit.
    pub marks: MarkData,
    /// How it speaks.
    pub voices: VoiceData,
    /// What it says.
    pub samples: SampleData,
}

impl BrandKnowledge {
    fn load(files: &Files) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let names = read(files, "names", &mut faults);
        let avoid = read(files, "avoid", &mut faults);
        let moods = read(files, "moods", &mut faults);
        let colours = read(files, "colours", &mut faults);
        let typefaces = read(files, "typefaces", &mut faults);
        let marks = read(files, "marks", &mut faults);
        let voices = read(files, "voices", &mut faults);
        let samples = read(files, "samples", &mut faults);
        match (names, avoid, moods, colours, typefaces, marks, voices, samples) {
            (
                Some(names),
                Some(avoid),
                Some(moods),
                Some(colours),
                Some(typefaces),
                Some(marks),
                Some(voices),
                Some(samples),
            ) => Ok(Self { names, avoid, moods, colours, typefaces, marks, voices, samples }),
            _ => Err(faults),
        }
    }

    /// What the shape of the files cannot say: slots that exist, drawings that can be drawn, lists long enough to choose from.
    pub fn check(&self) -> Vec<Fault> {
        check::check(self)
    }
}

fn read<T: DeserializeOwned>(files: &Files, name: &str, faults: &mut Vec<Fault>) -> Option<T> {
    files.parse(FOLDER, name).map_err(|fault| faults.push(fault)).ok()
}

/// Words with what they are.
pub type Glossed = BTreeMap<String, String>;

/// `names.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameData {
    /// For any product.
    pub plain: Plain,
    /// What may follow a root.
    pub endings: Glossed,
    /// By archetype.
    #[serde(default)]
    pub archetypes: BTreeMap<String, KindWords>,
    /// By domain.
    #[serde(default)]
    pub domains: BTreeMap<String, FieldWords>,
}

/// Words for any product.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// They open a compound.
    pub roots: Glossed,
    /// They close one.
    pub tails: Glossed,
    /// They stand alone.
    pub words: Glossed,
    /// They close a blend.
    pub blends: Glossed,
}

/// Words of a kind of product.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindWords {
    /// They close a compound.
    #[serde(default)]
    pub tails: Glossed,
    /// They stand alone.
    #[serde(default)]
    pub words: Glossed,
}

/// Words of a field.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldWords {
    /// They open a compound.
    #[serde(default)]
    pub roots: Glossed,
    /// They stand alone.
    #[serde(default)]
    pub words: Glossed,
}

/// `avoid.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Avoid {
    /// Nowhere in a name.
    pub substrings: Vec<String>,
    /// Not at its end.
    pub endings: Vec<String>,
    /// Nouns that say too little.
    pub dull: HashSet<String>,
    /// Ordinary words that look like names.
    pub ordinary: HashSet<String>,
    /// Companies and products.
    pub known: HashSet<String>,
}

/// `colours.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColourData {
    /// By archetype.
    pub archetypes: BTreeMap<String, Vec<HueEntry>>,
    /// By domain.
    pub domains: BTreeMap<String, Vec<HueEntry>>,
    /// By word of the directive or the note.
    pub words: BTreeMap<String, HueEntry>,
    /// What colours are called.
    pub anchors: Vec<Anchor>,
    /// What neutrals are called.
    pub neutrals: BTreeMap<String, Neutrals>,
}

/// A hue to build on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HueEntry {
    /// Degrees in OKLCH.
    pub hue: f64,
    /// The chroma to aim for.
    pub chroma: f64,
    /// Where it comes from.
    pub why: String,
}

/// A colour with a name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// What it is called.
    pub name: String,
    /// Lightness in percent, chroma, hue.
    pub at: [f64; 3],
    /// Only in these domains, and there rather than others.
    #[serde(default, rename = "for")]
    pub domains: Vec<String>,
}

/// Names for neutrals of one hue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neutrals {
    /// The hue they are named for.
    pub hue: f64,
    /// The page.
    pub paper: Vec<String>,
    /// What lies on it.
    pub raised: Vec<String>,
    /// Text.
    pub ink: Vec<String>,
    /// Lesser text.
    pub quiet: Vec<String>,
    /// Hairlines.
    pub line: Vec<String>,
    /// Borders.
    pub edge: Vec<String>,
}

/// `typefaces.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypefaceData {
    /// The pairs.
    pub pairs: Vec<Pair>,
}

/// Two typefaces that go together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Unique among pairs.
    pub id: String,
    /// For headings.
    pub display: Face,
    /// For text.
    pub text: Face,
    /// How well it sits with a mood, 0 to 3.
    pub moods: Weights,
    /// Where it is preferred.
    #[serde(default)]
    pub domains: Vec<String>,
    /// What it does here.
    pub why: Text,
}

/// One typeface.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Face {
    /// Its family.
    pub family: String,
    /// The weights to load.
    pub weights: Vec<u16>,
    /// What stands in for it.
    pub fallback: String,
}

/// `marks.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkData {
    /// By archetype.
    pub archetypes: BTreeMap<String, Vec<String>>,
    /// By domain.
    pub domains: BTreeMap<String, Vec<String>>,
}

/// `voices.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoiceData {
    /// By mood.
    pub moods: BTreeMap<Mood, VoiceEntry>,
    /// By archetype.
    pub archetypes: BTreeMap<String, VoiceEntry>,
    /// By domain.
    #[serde(default)]
    pub domains: BTreeMap<String, VoiceEntry>,
}

/// How to write.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoiceEntry {
    /// Traits with their meaning.
    pub traits: BTreeMap<String, Text>,
    /// What to do.
    #[serde(rename = "do")]
    pub dos: Vec<Text>,
    /// What not to do.
    #[serde(rename = "dont")]
    pub donts: Vec<Text>,
}

/// `samples.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleData {
    /// Taglines for any product.
    pub taglines: Vec<Text>,
    /// Taglines that need none of the directive's words.
    pub plain_taglines: Vec<Text>,
    /// What can be said without any noun of the directive, where its words do not go into English sentences.
    pub plain: Lines,
    /// By archetype. The one called `core` fills what another leaves out.
    pub archetypes: BTreeMap<String, Lines>,
    /// By mood, when a note asks for one.
    #[serde(default)]
    pub moods: BTreeMap<Mood, Lines>,
    /// By capability.
    #[serde(default)]
    pub capabilities: BTreeMap<String, Said>,
}

/// What stands at the usual places.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lines {
    /// Below the name.
    pub tagline: Vec<Text>,
    /// At the top of the landing page.
    pub headline: Option<Text>,
    /// Below that.
    pub lead: Option<Text>,
    /// On the main button.
    pub button: Option<Text>,
    /// Where nothing is yet.
    pub empty: Option<Said>,
    /// When something cannot be done.
    pub error: Option<Said>,
    /// After the main action.
    pub confirmation: Option<Said>,
    /// On a phone.
    pub notification: Option<Text>,
    /// The subject of a mail.
    pub email: Option<Text>,
}

/// A line and where it stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Where it stands.
    pub at: Text,
    /// What it says.
    pub says: Text,
}
