//! What a brand is for: the directive as it was understood, the product made of it, and what the note asks.

use model::sections::{Entity, Priority, Product};

use crate::composer::{
    Understood,
    cast::{Words, one_of},
    choice::choice,
    knowledge::{Slots, Text},
    lexicon::Lexicon,
};

use super::{
    knowledge::BrandKnowledge,
    mood::{Manner, Mood},
    wishes::Wishes,
};

/// Everything the parts of a brand are made from.
pub struct Subject<'a> {
    /// The directive.
    pub understood: &'a Understood<'a>,
    /// What was made of it.
    pub product: &'a Product,
    /// What is known about brands.
    pub knowledge: &'a BrandKnowledge,
    /// Word forms.
    pub lexicon: &'a Lexicon,
    /// What the note asks.
    pub wishes: Wishes,
    /// How the product carries itself, strongest first.
    pub moods: Vec<Mood>,
    /// Varies every choice.
    pub seed: String,
}

/// A domain called for by no more than this was mentioned in passing.
const HINT: u32 = 3;
/// Slots that hold the directive's own nouns.
const FOREIGN_SLOTS: [&str; 6] = ["thing", "things", "head", "heads", "kept", "kepts"];

impl Subject<'_> {
    /// The kind of product.
    pub fn archetype(&self) -> &str {
        &self.understood.recognition.archetype.module.id
    }

    /// How a page names the kind of product.
    pub fn kind(&self) -> &str {
        &self.understood.recognition.archetype.module.label
    }

    /// The fields its things come from, the one that speaks loudest first.
    pub fn domains(&self) -> Vec<&str> {
        domains(self.understood)
    }

    /// The capabilities the directive calls for.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.understood.recognition.capabilities.iter().map(|(called, _)| called.module.id.as_str())
    }

    /// The mood that leads.
    pub fn mood(&self) -> Mood {
        self.moods.first().copied().unwrap_or(Mood::Calm)
    }

    /// What that mood does with names and colours.
    pub fn manner(&self) -> Option<&Manner> {
        self.knowledge.moods.manner.get(&self.mood())
    }

    /// Whether the directive's words are not English, so that sentences should not be built around them.
    pub fn is_foreign(&self) -> bool {
        let reading = &self.understood.reading;
        reading.words.is_empty() || !matches!(reading.language.as_str(), "en" | "und")
    }

    /// What people will see most of: the first thing of a must feature that has a life of its own.
    pub fn kept(&self) -> Option<&Entity> {
        let musts = self.product.features.iter().filter(|feature| feature.priority == Priority::Must);
        let named = musts.flat_map(|feature| &feature.entities).filter_map(|id| self.product.entity(id));
        let alive = |entity: &&Entity| entity.states.len() > 1;
        let mut alive_ones = named.filter(alive);
        alive_ones.find(|entity| entity.id != "thing").or_else(|| self.product.entities.iter().find(alive))
    }

    /// The chosen line of a text as a sentence.
    pub fn tell(&self, text: &Text, name: &str, node: &str) -> String {
        text.pick(choice(&self.seed, node))
            .map_or_else(String::new, |line| line.tell(&BrandWords { subject: self, name }))
    }

    /// Whether every line of a text can be told: a foreign directive's nouns do not go into English sentences.
    pub fn can_tell(&self, text: &Text) -> bool {
        !self.is_foreign()
            || text.lines().iter().all(|line| line.slots().iter().all(|slot| !FOREIGN_SLOTS.contains(slot)))
    }
}

/// The fields a directive's things come from, the one that speaks loudest first. A hint in passing ("with photos") is no field.
pub fn domains<'u>(understood: &'u Understood<'_>) -> Vec<&'u str> {
    let main = understood.cast.domain.as_deref();
    let called = understood.recognition.domains.iter();
    let loud = called.filter(|called| called.score() > HINT || Some(called.module.id.as_str()) == main);
    let mut ids: Vec<(&str, u32)> = loud.map(|called| (called.module.id.as_str(), called.score())).collect();
    ids.sort_by_key(|(id, score)| (*score <= HINT, Some(*id) != main));
    ids.into_iter().map(|(id, _)| id).collect()
}

/// The slots of brand lines: those of the cast, the name, and what the product keeps.
struct BrandWords<'s, 'a> {
    subject: &'s Subject<'a>,
    name: &'s str,
}

impl Slots for BrandWords<'_, '_> {
    fn fill(&self, slot: &str, with_article: bool) -> Option<String> {
        let lexicon = self.subject.lexicon;
        let kept = || self.subject.kept().map_or_else(|| "entry".to_owned(), |entity| words_of_type(&entity.name));
        let noun = |noun: String| if with_article { one_of(&noun, lexicon) } else { noun };
        match slot {
            "name" => Some(self.name.to_owned()),
            "kept" => Some(noun(kept())),
            "kepts" => Some(lexicon.inflect.plural(&kept())),
            "thing" | "head" if self.is_name() => Some(noun(self.fallback())),
            "things" | "heads" if self.is_name() => Some(lexicon.inflect.plural(&self.fallback())),
            _ => Words { cast: &self.subject.understood.cast, lexicon, aspect: None, action: None }
                .fill(slot, with_article),
        }
    }
}

impl BrandWords<'_, '_> {
    /// A lone proper name is no noun: nobody sends "a Lisbon".
    fn is_name(&self) -> bool {
        is_proper_name(&self.subject.understood.cast.thing_noun)
    }

    /// What such a product deals in when the directive does not say.
    fn fallback(&self) -> String {
        self.subject.understood.recognition.archetype.module.thing.fallback.clone()
    }
}

/// One word with a capital that is no abbreviation.
fn is_proper_name(noun: &str) -> bool {
    let mut letters = noun.chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_lowercase)
        && !noun.contains([' ', '-'])
}

/// `ConditionReport` as words.
pub fn words_of_type(name: &str) -> String {
    let mut words = String::new();
    for (at, c) in name.char_indices() {
        if at > 0 && c.is_uppercase() && !words.ends_with(' ') {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}
