//! What the directive calls the product itself.

use super::{Clauses, Last, verbs::BUILDING};
use crate::composer::reading::{
    phrases::Phrase,
    tags::{Tag, Word},
};

/// Adjectives that speak of the product even in front of another noun: "a private photo archive" is private.
const QUALITIES: [&str; 22] = [
    "private",
    "simple",
    "open-source",
    "offline",
    "secure",
    "fast",
    "free",
    "self-hosted",
    "peer-to-peer",
    "collaborative",
    "anonymous",
    "lightweight",
    "minimal",
    "modern",
    "public",
    "smart",
    "tiny",
    "easy",
    "friendly",
    "offline-first",
    "local-first",
    "ad-free",
];

impl Clauses<'_> {
    /// Whether this is what the directive calls the product: the first noun phrase, or the object of "build".
    pub(super) fn is_product(&self, phrase: &Phrase) -> bool {
        let first = self.form.is_none() && self.actors.is_empty() && self.things.is_empty() && self.actions.is_empty();
        first && self.is_form(phrase) && matches!(self.clause.last, Last::Start | Last::Other | Last::Verb)
    }

    /// "No payments in the app": the product, named a second time.
    pub(super) fn is_product_again(&self, phrase: &Phrase) -> bool {
        self.clause.last == Last::Preposition && self.form.as_ref().is_some_and(|form| form.words == phrase.words)
    }

    fn is_form(&self, phrase: &Phrase) -> bool {
        let alone = phrase.words.len() == 1 && self.clause.last == Last::Start;
        let head = phrase.head(self.lexicon);
        self.lexicon.is_form(&head)
            || alone && self.lexicon.is_nearly_form(&head)
            || phrase.compound(self.lexicon).is_some_and(|c| self.lexicon.is_form(&c))
    }

    /// "a simple recipe app": the form is "app", "simple" its quality, "recipe" a thing.
    pub(super) fn product(&mut self, words: &[Word], phrase: &Phrase) {
        let compound = phrase.compound(self.lexicon).is_some_and(|c| self.lexicon.is_form(&c));
        let form_length = if compound { 2 } else { 1 };
        let (before, form) = words.split_at(words.len().saturating_sub(form_length));
        self.form = Some(Phrase::of(self.text, form));
        let qualities = before.iter().take_while(|word| QUALITIES.contains(&word.lower.as_str())).count();
        let (qualities, before) = before.split_at(qualities);
        self.qualities.extend(qualities.iter().map(|word| Phrase::of(self.text, std::slice::from_ref(word))));
        if before.iter().any(|word| word.tag == Tag::Noun) {
            let thing = Phrase::of(self.text, before);
            self.place(thing);
        } else {
            self.qualities.extend(before.iter().map(|word| Phrase::of(self.text, std::slice::from_ref(word))));
        }
        self.clause.pending.retain(|verb| !BUILDING.contains(&verb.lemma.as_str()));
        self.clause.subject = None;
        self.clause.phrase = None;
        self.clause.last = Last::Other;
    }
}
