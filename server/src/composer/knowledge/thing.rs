//! How a kind of product finds what it is about.

use serde::Deserialize;

use crate::composer::{lexicon::Lexicon, reading::Phrase};

/// Words that say how often, and so belong to the kind of product and not to the thing.
const RHYTHMS: [&str; 5] = ["daily", "weekly", "monthly", "quarterly", "yearly"];

/// How an archetype finds its main thing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThingEntry {
    /// The object of these verbs is it.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// What it is called when the directive names none.
    pub fallback: String,
    /// Nouns that only name the kind of product: what stands in front of them is the thing ("tea" of "tea subscription").
    #[serde(default)]
    pub kinds: Vec<String>,
}

impl ThingEntry {
    /// What a phrase is about without the noun for the kind of product, and without how often: "tea" of "monthly tea subscription".
    pub fn core(&self, phrase: &Phrase, lexicon: &Lexicon) -> Phrase {
        let noun_left = phrase.words.len() > phrase.modifiers + 1;
        let core = phrase.without_last().filter(|_| noun_left && self.is_kind(phrase, lexicon));
        let often = |core: &Phrase| core.words.first().is_some_and(|word| RHYTHMS.contains(&word.as_str()));
        let core = core.and_then(|core| if often(&core) { core.without_first() } else { Some(core) });
        core.unwrap_or_else(|| phrase.clone())
    }

    /// Whether a phrase ends in a noun for the kind of product.
    pub fn is_kind(&self, phrase: &Phrase, lexicon: &Lexicon) -> bool {
        self.kinds.contains(&phrase.head(lexicon))
    }
}
