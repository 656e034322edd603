//! How a product carries itself: one order of moods that names, colours, type and voice all follow, so that they belong together.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A way to carry oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// Figures must be right.
    Exact,
    /// Nobody should be hurried.
    Calm,
    /// People first.
    Warm,
    /// Made with care, for people who know.
    Crafted,
    /// To be seen from afar.
    Bold,
    /// Not too serious.
    Playful,
}

impl Mood {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Exact, Self::Calm, Self::Warm, Self::Crafted, Self::Bold, Self::Playful];

    /// As knowledge files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Calm => "calm",
            Self::Warm => "warm",
            Self::Crafted => "crafted",
            Self::Bold => "bold",
            Self::Playful => "playful",
        }
    }
}

/// Moods with how much speaks for each.
pub type Weights = BTreeMap<Mood, u32>;

/// `moods.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoodData {
    archetypes: BTreeMap<String, Weights>,
    domains: BTreeMap<String, Weights>,
    words: BTreeMap<String, Weights>,
    /// What each does with names and colours.
    pub manner: BTreeMap<Mood, Manner>,
}

/// What a mood does with names and colours.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manner {
    /// How well a real word sits with it, 0 to 100.
    pub words: u8,
    /// Two words joined.
    pub compounds: u8,
    /// Two words run into each other.
    pub blends: u8,
    /// Made words.
    pub coined: u8,
    /// Why, by the same four names.
    pub why: BTreeMap<String, String>,
    /// Scales the accent's chroma.
    pub chroma: f64,
    /// The paper's hue: warm, cool, or the accent's own.
    pub neutral: Neutral,
    /// Scales the paper's chroma.
    pub tint: f64,
}

/// Where the paper takes its hue from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Neutral {
    /// Yellowish, like paper.
    Warm,
    /// Bluish, like a screen.
    Cool,
    /// The accent's.
    Own,
}

/// What a note weighs against the kind of product.
const NOTE: u32 = 8;
const WORD: u32 = 2;
const MODULE: u32 = 2;

impl MoodData {
    /// Moods for a product, strongest first. Never empty.
    pub fn order<'a>(
        &self,
        archetype: &str,
        domain: Option<&str>,
        words: impl Iterator<Item = &'a str>,
        note: impl Iterator<Item = &'a str>,
    ) -> Vec<Mood> {
        let mut sum = Weights::new();
        let mut add = |weights: Option<&Weights>, times: u32| {
            for (mood, weight) in weights.into_iter().flatten() {
                *sum.entry(*mood).or_default() += weight * times;
            }
        };
        add(self.archetypes.get(archetype), MODULE);
        add(domain.and_then(|domain| self.domains.get(domain)), MODULE);
        words.for_each(|word| add(self.words.get(word), WORD));
        note.for_each(|word| add(self.words.get(word), NOTE));
        let mut order = Mood::ALL.to_vec();
        order.sort_by_key(|mood| std::cmp::Reverse(sum.get(mood).copied().unwrap_or(0)));
        order
    }

    /// The moods a word speaks for.
    pub fn of_word(&self, word: &str) -> Option<&Weights> {
        self.words.get(word)
    }
}
