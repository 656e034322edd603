//! What becomes of a noun phrase: the product, a limit, something ruled out, somebody who acts, or a thing.

use super::{Clauses, Last, verbs::EMPTY_VERBS};
use crate::composer::{
    inflect::VerbForm,
    lexicon::Function,
    reading::{
        Action,
        phrases::{Phrase, is_number_word},
        tags::{QUALIFYING, Tag, Word},
    },
};

/// Points in time are when, not what.
const TIMES: [&str; 25] = [
    "spring",
    "summer",
    "autumn",
    "winter",
    "noon",
    "midnight",
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

/// Words that only say which one: "the next album" is about albums.
const WHICH: [&str; 8] = ["next", "last", "same", "latest", "previous", "upcoming", "first", "other"];

/// Words before a point in time that make it one.
const EACH: [&str; 7] = ["every", "each", "this", "next", "last", "per", "any"];

/// Where something is stands after these.
const WHERE: [&str; 11] = ["by", "in", "across", "from", "near", "around", "at", "within", "throughout", "into", "to"];

/// What things do by themselves.
const HAPPENING: [&str; 12] =
    ["go", "come", "turn", "change", "happen", "arrive", "expire", "break", "appear", "start", "end", "fall"];

impl Clauses<'_> {
    /// Takes the noun phrase at `at`; returns how many words that used up.
    pub(super) fn phrase(&mut self, at: usize, length: usize) -> usize {
        let words = &self.words[at..at + length];
        let which = words.iter().take_while(|word| WHICH.contains(&word.lower.as_str()) || self.counts(word)).count();
        let phrase = Phrase::of(self.text, words.get(which..).filter(|rest| !rest.is_empty()).unwrap_or(words));
        let next = self.words.get(at + length);
        if words.last().is_some_and(|word| word.tag == Tag::Possessive) {
            self.possessor(at, words);
        } else if self.is_limit(at, words) {
            return self.limit(at, words);
        } else if self.clause.negated && !self.about_to_act(next) {
            self.negations.push(phrase);
            self.clause.last = Last::Negation;
        } else if std::mem::take(&mut self.clause.forbidden) && self.clause.last == Last::Verb {
            self.negations.push(phrase);
            self.clause.last = Last::Other;
        } else if self.is_when(at, &phrase) || self.is_product_again(&phrase) {
            self.clause.last = Last::Other;
        } else if self.is_product(&phrase) && !(self.is_many(&phrase) && self.about_to_act(next)) {
            self.product(words, &phrase);
        } else {
            self.clause.negated = false;
            self.noun(phrase, next);
        }
        length
    }

    fn counts(&self, word: &Word) -> bool {
        let year = word.lower.ends_with('s') || word.lower.len() == 4;
        word.tag == Tag::Number && !year || is_number_word(word)
    }

    /// "every day", "for a week", "in autumn".
    fn is_when(&self, at: usize, phrase: &Phrase) -> bool {
        let time = TIMES.contains(&phrase.head(self.lexicon).as_str()) && phrase.words.len() == phrase.modifiers + 1;
        let said = |word: &Word| EACH.contains(&word.lower.as_str());
        let each = at.checked_sub(1).is_some_and(|before| said(&self.words[before])) || said(&self.words[at]);
        time && (each || matches!(self.clause.last, Last::Preposition | Last::For))
    }

    /// "in Lisbon", "across the region": where something is, and no part of it.
    fn is_where(&self, phrase: &Phrase) -> bool {
        let before = self.words.iter().rev().filter(|word| word.span.end <= phrase.span.start);
        let mut before = before.filter(|word| word.tag != Tag::Function(Function::Determiner));
        let after_where = before.next().is_some_and(|word| WHERE.contains(&word.lower.as_str()));
        let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
        // "by" brings somebody in far more often than a place.
        let by = self.follows(phrase, "by");
        let name = !by && phrase.text == phrase.inner && phrase.text.split_whitespace().all(capital);
        self.clause.last == Last::Preposition
            && after_where
            && (name || self.lexicon.is_place(&phrase.head(self.lexicon)))
    }

    /// "the patient's allergies": somebody in passing. "A children's ward" is a kind of ward, and "my kid's bus" is about the speaker.
    fn possessor(&mut self, at: usize, words: &[Word]) {
        let before = at.checked_sub(1).map_or("", |before| self.words[before].lower.as_str());
        if matches!(before, "a" | "an" | "my" | "our") {
            return;
        }
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

    fn noun(&mut self, phrase: Phrase, next: Option<&Word>) {
        let acts = self.about_to_act(next);
        let person = self.is_somebody(&phrase);
        let group = person && self.lexicon.is_group(&phrase.head(self.lexicon));
        let phrase = if group { sizeless(phrase) } else { phrase };
        let takes_over = acts && self.clause.last == Last::Link && !self.clause.pending.is_empty() && person;
        if takes_over {
            self.finish_pending();
        }
        if let Some((verb, object)) = self.clause.passive.take() {
            let super::Verb { lemma: verb, particle, span } = verb;
            self.actions.push(Action { subject: Some(phrase.clone()), verb, particle, object, span });
            self.add_actor(phrase.clone());
        } else if self.clause.awaits_subject {
            self.become_subject(&phrase, true);
        } else if acts && self.only_qualifies(&phrase, next) {
            self.clause.subject = self.clause.phrase.take();
        } else if person && self.is_run_by_speaker() {
            self.clause.pending.clear();
            self.become_subject(&phrase, true);
        } else if !self.clause.pending.is_empty() {
            self.place_object(&phrase, person);
            self.take_object(Some(&phrase));
        } else if self.clause.last == Last::Link && !self.clause.open.is_empty() && !acts {
            self.place_object(&phrase, person);
            self.continue_object(&phrase);
        } else if acts {
            let along =
                self.clause.phrase.take().filter(|_| person && self.clause.last == Last::Link && !self.has_acted());
            let along = along.filter(|other| self.actors.contains(other));
            self.become_subject(&phrase, person || self.may_act(&phrase, next));
            self.clause.along = along.into_iter().collect();
        } else if self.clause.last == Last::For
            && (person || self.lexicon.sounds_like_person(&phrase.head(self.lexicon)))
        {
            self.become_subject(&phrase, true);
        } else if !self.is_where(&phrase) {
            self.place_as(&phrase, person);
        }
        self.clause.phrase = Some(phrase);
        self.clause.last = Last::Phrase;
        self.clause.awaits_subject = false;
    }

    /// "We run a choir": what the speakers run is themselves.
    fn is_run_by_speaker(&self) -> bool {
        const RUNNING: [&str; 5] = ["run", "own", "lead", "manage", "be"];
        let [verb] = self.clause.pending.as_slice() else { return false };
        let before = self.words.iter().rev().find(|word| word.span.end <= verb.span.start);
        RUNNING.contains(&verb.lemma.as_str()) && before.is_some_and(|word| matches!(word.lower.as_str(), "we" | "i"))
    }

    fn is_many(&self, phrase: &Phrase) -> bool {
        phrase.words.last().is_some_and(|last| *last != phrase.head(self.lexicon))
    }

    fn has_acted(&self) -> bool {
        self.clause.subject.is_some() || self.is_acting()
    }

    fn is_acting(&self) -> bool {
        !self.clause.open.is_empty() || !self.clause.pending.is_empty()
    }

    /// "Workers of a shipyard report …": the workers do, and the shipyard says which.
    fn only_qualifies(&self, phrase: &Phrase, next: Option<&Word>) -> bool {
        let before = self.words.iter().rev().filter(|word| word.span.end <= phrase.span.start);
        let mut before = before.filter(|word| word.tag != Tag::Function(Function::Determiner));
        let qualifies = before.next().is_some_and(|word| QUALIFYING.contains(&word.lower.as_str()));
        let verb = next.is_some_and(|next| matches!(next.tag, Tag::Verb(..)));
        let somebody = self.clause.phrase.as_ref().is_some_and(|phrase| self.actors.contains(phrase));
        qualifies && verb && self.clause.last == Last::Preposition && somebody && !self.is_acting()
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
            Tag::Verb(lemma, _) => !EMPTY_VERBS.contains(&lemma.as_str()) && !HAPPENING.contains(&lemma.as_str()),
            _ => !matches!(word.lower.as_str(), "is" | "are" | "was" | "were" | "has" | "have"),
        });
        let head = phrase.head(self.lexicon);
        // One shop may be what is built; many shops are those who use it.
        let many = self.is_many(phrase) && self.lexicon.is_form(&head);
        does && self.clause.last != Last::Preposition && (many || !self.lexicon.is_thing(&head))
    }

    pub(super) fn is_somebody(&self, phrase: &Phrase) -> bool {
        let tool = phrase.compound(self.lexicon).is_some_and(|compound| self.lexicon.is_thing(&compound));
        !tool && self.lexicon.is_person(&phrase.head(self.lexicon))
            || phrase.compound(self.lexicon).is_some_and(|compound| self.lexicon.is_person(&compound))
    }

    fn become_subject(&mut self, phrase: &Phrase, somebody: bool) {
        self.clause.about_product = false;
        self.clause.along.clear();
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

    pub(super) fn place(&mut self, phrase: Phrase) {
        let head = phrase.head(self.lexicon);
        let when = self.clause.last == Last::Preposition && TIMES.contains(&head.as_str());
        let alone_and_vague = when || phrase.words.len() == 1 && self.lexicon.is_vague(&head);
        if !alone_and_vague && !self.is_known(&phrase) && !phrase.text.is_empty() {
            self.things.push(phrase);
        }
    }

    pub(super) fn add_actor(&mut self, phrase: Phrase) {
        let key = phrase.key(self.lexicon);
        if !self.actors.iter().any(|other| other.key(self.lexicon) == key) {
            self.things.retain(|thing| thing.key(self.lexicon) != key);
            self.actors.push(phrase);
        }
    }
}

/// How big a company is says nothing about what it does: "roofing company" of "two-person roofing company".
fn sizeless(phrase: Phrase) -> Phrase {
    const SIZES: [&str; 4] = ["small", "little", "tiny", "large"];
    let is_size =
        |word: &str| SIZES.contains(&word) || ["-person", "-man", "-woman"].iter().any(|end| word.ends_with(end));
    let shorter = phrase.words.first().filter(|first| is_size(first)).and_then(|_| phrase.without_first());
    shorter.unwrap_or(phrase)
}

/// A name of its own, by its inner capital: "PlantPal". It is neither somebody nor something the product is about.
fn is_brand(phrase: &Phrase) -> bool {
    let inner_capital =
        |word: &str| word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    phrase.text.split_whitespace().count() == 1 && inner_capital(&phrase.text)
}
