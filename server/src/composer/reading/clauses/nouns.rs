//! What becomes of a noun phrase: the product, a limit, something ruled out, somebody who acts, or a thing.

use super::{BUILDING, Clauses, EMPTY_VERBS, Last};
use crate::composer::{
    inflect::VerbForm,
    lexicon::Function,
    reading::{
        Action,
        phrases::{self, Phrase},
        tags::{Tag, Word},
    },
};

/// Points in time are when, not what.
const TIMES: [&str; 19] = [
    "day",
    "week",
    "month",
    "year",
    "hour",
    "minute",
    "second",
    "morning",
    "evening",
    "night",
    "weekend",
    "time",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

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
    /// Takes the noun phrase at `at`; returns how many words that used up.
    pub(super) fn phrase(&mut self, at: usize, length: usize) -> usize {
        let words = &self.words[at..at + length];
        let phrase = Phrase::of(self.text, words);
        let next = self.words.get(at + length);
        if words.last().is_some_and(|word| word.tag == Tag::Possessive) {
            self.possessor(words);
        } else if self.clause.negated && !self.about_to_act(next) {
            self.negations.push(phrase);
            self.clause.last = Last::Negation;
        } else if self.is_limit(at, words) {
            return self.limit(at, words);
        } else if self.is_product(&phrase) {
            self.product(words, &phrase);
        } else {
            self.clause.negated = false;
            self.noun(phrase, next);
        }
        length
    }

    /// "the patient's allergies": somebody in passing.
    fn possessor(&mut self, words: &[Word]) {
        let mut owner = Phrase::of(self.text, words);
        for text in [&mut owner.text, &mut owner.inner] {
            *text = text.trim_end_matches(['s', '\'', '’']).to_owned();
        }
        if let Some(last) = owner.words.last_mut() {
            *last = last.trim_end_matches(['s', '\'']).to_owned();
        }
        if self.lexicon.is_person(&owner.head(self.lexicon)) {
            self.add_actor(owner);
        }
    }

    fn is_limit(&self, at: usize, words: &[Word]) -> bool {
        let number = |word: &Word| word.tag == Tag::Number || phrases::is_number_word(word);
        words.first().is_some_and(number) && !self.is_year(at)
    }

    /// "1980s synthesizers" limits nothing.
    fn is_year(&self, at: usize) -> bool {
        let word = &self.words[at].lower;
        word.ends_with('s') || word.len() == 4 && (word.starts_with("19") || word.starts_with("20"))
    }

    /// A number with its noun, the comparison in front of it and what it is counted per, as typed.
    fn limit(&mut self, at: usize, words: &[Word]) -> usize {
        let from = match at.checked_sub(1) {
            Some(before) if self.lexicon.is_comparative(&self.words[before].lower) => before,
            _ => at,
        };
        let mut length = words.len();
        while self.next_is(at + length, "per") && self.words.get(at + length + 1).is_some_and(|w| w.tag == Tag::Noun) {
            length += 2;
        }
        self.limits.push(Phrase::of(self.text, &self.words[from..at + length]));
        let counted = Phrase::of(self.text, words.get(words.len() - 1..).unwrap_or_default());
        if self.is_somebody(&counted) {
            self.add_actor(counted);
        }
        self.take_object(None);
        self.clause.last = Last::Phrase;
        length
    }

    /// Whether this is what the directive calls the product: the first noun phrase, or the object of "build".
    fn is_product(&self, phrase: &Phrase) -> bool {
        let first = self.form.is_none() && self.actors.is_empty() && self.things.is_empty() && self.actions.is_empty();
        first && self.is_form(phrase) && matches!(self.clause.last, Last::Start | Last::Other | Last::Verb)
    }

    fn is_form(&self, phrase: &Phrase) -> bool {
        let alone = phrase.words.len() == 1 && self.clause.last == Last::Start;
        let head = phrase.head(self.lexicon);
        self.lexicon.is_form(&head)
            || alone && self.lexicon.is_nearly_form(&head)
            || phrase.compound(self.lexicon).is_some_and(|c| self.lexicon.is_form(&c))
    }

    /// "a simple recipe app": the form is "app", "simple" its quality, "recipe" a thing.
    fn product(&mut self, words: &[Word], phrase: &Phrase) {
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
        self.clause.pending.retain(|(verb, _)| !BUILDING.contains(&verb.as_str()));
        self.clause.subject = None;
        self.clause.phrase = None;
        self.clause.last = Last::Other;
    }

    fn noun(&mut self, phrase: Phrase, next: Option<&Word>) {
        let acts = self.about_to_act(next);
        let person = self.is_somebody(&phrase);
        if let Some((verb, span, object)) = self.clause.passive.take() {
            self.actions.push(Action { subject: Some(phrase.clone()), verb, object, span });
            self.add_actor(phrase.clone());
        } else if self.clause.awaits_subject {
            self.become_subject(&phrase, true);
        } else if !self.clause.pending.is_empty() {
            self.place_object(&phrase, person);
            self.take_object(Some(&phrase));
        } else if self.clause.last == Last::Link && !self.clause.open.is_empty() && !acts {
            self.place_object(&phrase, person);
            self.continue_object(&phrase);
        } else if acts {
            self.become_subject(&phrase, person || self.may_act(&phrase, next));
        } else if self.clause.last == Last::For
            && (person || self.lexicon.sounds_like_person(&phrase.head(self.lexicon)))
        {
            self.become_subject(&phrase, true);
        } else {
            self.place_as(&phrase, person);
        }
        self.clause.phrase = Some(phrase);
        self.clause.last = Last::Phrase;
        self.clause.awaits_subject = false;
    }

    /// Whether what follows makes this phrase do something: a verb, "who …", "can …", or "to" plus a verb.
    fn about_to_act(&self, next: Option<&Word>) -> bool {
        let Some(next) = next else { return false };
        match &next.tag {
            Tag::Verb(_, form) => *form != VerbForm::Past,
            Tag::Function(Function::Auxiliary) => true,
            Tag::Function(Function::Adverb) => {
                let after = self.words.iter().position(|w| std::ptr::eq(w, next)).and_then(|i| self.words.get(i + 1));
                after.is_some_and(|word| matches!(word.tag, Tag::Verb(_, VerbForm::Base | VerbForm::Third)))
            }
            Tag::Function(_) => next.lower == "who" || next.lower == "to" && self.clause.last == Last::For,
            _ => false,
        }
    }

    /// Whether an unknown noun before what looks like its verb is somebody: not in passing ("on the ward"), and not where it only is,
    /// has or needs something.
    fn may_act(&self, phrase: &Phrase, next: Option<&Word>) -> bool {
        let does = next.is_none_or(|word| match &word.tag {
            Tag::Verb(lemma, _) => !EMPTY_VERBS.contains(&lemma.as_str()),
            _ => !matches!(word.lower.as_str(), "is" | "are" | "was" | "were" | "has" | "have"),
        });
        does && self.clause.last != Last::Preposition && !self.lexicon.is_thing(&phrase.head(self.lexicon))
    }

    fn is_somebody(&self, phrase: &Phrase) -> bool {
        self.lexicon.is_person(&phrase.head(self.lexicon))
            || phrase.compound(self.lexicon).is_some_and(|compound| self.lexicon.is_person(&compound))
    }

    fn become_subject(&mut self, phrase: &Phrase, somebody: bool) {
        self.clause.about_product = false;
        if is_brand(phrase) {
            self.clause.subject = None;
        } else if somebody {
            self.add_actor(phrase.clone());
            self.clause.subject = Some(phrase.clone());
        } else {
            self.place(phrase.clone());
            self.clause.subject = None;
        }
        self.clause.open.clear();
    }

    fn place_as(&mut self, phrase: &Phrase, person: bool) {
        if person { self.add_actor(phrase.clone()) } else { self.place(phrase.clone()) }
    }

    /// What somebody does something to is a thing, even where the word alone says little, and even if it is a group ("find clubs").
    fn place_object(&mut self, phrase: &Phrase, person: bool) {
        let head = phrase.head(self.lexicon);
        if person && !self.lexicon.is_group(&head) {
            self.add_actor(phrase.clone());
        } else if !self.is_known(phrase) {
            self.things.push(phrase.clone());
        }
    }

    fn is_known(&self, phrase: &Phrase) -> bool {
        let key = phrase.key(self.lexicon);
        self.things.iter().chain(&self.actors).any(|other| other.key(self.lexicon) == key)
    }

    fn place(&mut self, phrase: Phrase) {
        let head = phrase.head(self.lexicon);
        let when = self.clause.last == Last::Preposition && TIMES.contains(&head.as_str());
        let alone_and_vague = when || phrase.words.len() == 1 && self.lexicon.is_vague(&head);
        if !alone_and_vague && !self.is_known(&phrase) && !phrase.text.is_empty() {
            self.things.push(phrase);
        }
    }

    fn add_actor(&mut self, phrase: Phrase) {
        let key = phrase.key(self.lexicon);
        if !self.actors.iter().any(|other| other.key(self.lexicon) == key) {
            self.things.retain(|thing| thing.key(self.lexicon) != key);
            self.actors.push(phrase);
        }
    }
}

/// A name of its own, by its inner capital: "PlantPal". It is neither somebody nor something the product is about.
fn is_brand(phrase: &Phrase) -> bool {
    let inner_capital =
        |word: &str| word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    phrase.text.split_whitespace().count() == 1 && inner_capital(&phrase.text)
}
