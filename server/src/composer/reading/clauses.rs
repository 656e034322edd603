//! Who does what: one walk over the tagged words that keeps track of the clause it is in.

use std::ops::Range;

use super::{
    Action, ReadWord, Reading,
    phrases::{self, Phrase},
    tags::{LEADING, Tag, Word},
};
use crate::composer::{
    inflect::VerbForm,
    lexicon::{Function, Lexicon},
};

/// Verbs that say nothing about the product itself.
const EMPTY_VERBS: [&str; 16] = [
    "want", "need", "have", "be", "do", "use", "make", "get", "like", "try", "wish", "would", "know", "keep", "stay",
    "become",
];

/// Verbs of "I want to build an app": with a product as object they are not something a user does.
const BUILDING: [&str; 8] = ["build", "create", "make", "develop", "design", "want", "need", "imagine"];

/// Prepositions that may stand between a verb and what it is done to: search *for*, listen *to*.
const OBJECT_LINKS: [&str; 6] = ["for", "of", "on", "at", "about", "through"];

/// Words that belong to the verb before them: rent *out*, pick *up*.
const PARTICLES: [&str; 9] = ["out", "up", "off", "down", "back", "away", "in", "over", "on"];

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

/// What the walk has seen.
pub struct Clauses<'a> {
    text: &'a str,
    words: &'a [Word],
    lexicon: &'a Lexicon,
    form: Option<Phrase>,
    actors: Vec<Phrase>,
    things: Vec<Phrase>,
    actions: Vec<Action>,
    qualities: Vec<Phrase>,
    negations: Vec<Phrase>,
    limits: Vec<Phrase>,
    clause: Clause,
}

/// The clause under way.
#[derive(Default)]
struct Clause {
    /// Who would be the subject of a verb that comes next.
    subject: Option<Phrase>,
    /// Verbs that wait for their object: "buy and sell …".
    pending: Vec<(String, Range<usize>)>,
    /// Verbs whose object may be continued: "track sleep, mood and …".
    open: Vec<(String, Range<usize>)>,
    /// What stood right before, as far as it matters.
    last: Last,
    /// The noun phrase before, for "who", "that" and "… by".
    phrase: Option<Phrase>,
    /// A verb whose subject follows: "made by …", "let …".
    awaits_subject: bool,
    passive: Option<(String, Range<usize>, Option<Phrase>)>,
    negated: bool,
    /// The product itself is the subject: "it has to stay simple".
    about_product: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Last {
    #[default]
    Start,
    Phrase,
    Verb,
    Link,
    For,
    Preposition,
    Negation,
    Other,
}

impl<'a> Clauses<'a> {
    /// Walks over all words once.
    pub fn read(text: &'a str, words: &'a [Word], lexicon: &'a Lexicon) -> Self {
        let mut clauses = Self {
            text,
            words,
            lexicon,
            form: None,
            actors: Vec::new(),
            things: Vec::new(),
            actions: Vec::new(),
            qualities: Vec::new(),
            negations: Vec::new(),
            limits: Vec::new(),
            clause: Clause::default(),
        };
        let mut at = 0;
        while at < words.len() {
            at += clauses.step(at);
        }
        clauses.finish_clause();
        clauses
    }

    /// Hands over what was found.
    pub fn into_reading(self, language: String, mut words: Vec<ReadWord>) -> Reading {
        for word in &mut words {
            word.negated =
                self.negations.iter().any(|n| n.span.start <= word.span.start && word.span.end <= n.span.end);
        }
        Reading {
            language,
            form: self.form,
            actors: self.actors,
            things: self.things,
            actions: self.actions,
            qualities: self.qualities,
            negations: self.negations,
            limits: self.limits,
            words,
        }
    }

    fn step(&mut self, at: usize) -> usize {
        let length = phrases::length(self.words, at);
        if length > 0 {
            return self.phrase(at, length);
        }
        let word = &self.words[at];
        match &word.tag {
            Tag::Verb(lemma, form) => self.verb(at, lemma, *form),
            Tag::Adjective => self.quality(at),
            Tag::Function(function) => self.function(at, *function),
            Tag::Mark => self.mark(&word.lower),
            Tag::Noun | Tag::Number | Tag::Possessive | Tag::Emoji => {}
        }
        1
    }

    /// Takes the noun phrase at `at`; returns how many words that used up.
    fn phrase(&mut self, at: usize, length: usize) -> usize {
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

    /// The pending verbs are done to `object`.
    fn take_object(&mut self, object: Option<&Phrase>) {
        self.clause.open = std::mem::take(&mut self.clause.pending);
        self.clause.open.clone().into_iter().for_each(|(verb, span)| self.act(verb, span, object.cloned()));
    }

    fn continue_object(&mut self, object: &Phrase) {
        self.clause.open.clone().into_iter().for_each(|(verb, span)| self.act(verb, span, Some(object.clone())));
    }

    fn act(&mut self, verb: String, span: Range<usize>, object: Option<Phrase>) {
        let building = self.form.is_none() && BUILDING.contains(&verb.as_str()) && object.is_none();
        if !building && !self.clause.about_product && !EMPTY_VERBS.contains(&verb.as_str()) {
            self.actions.push(Action { subject: self.clause.subject.clone(), verb, object, span });
        }
    }

    fn verb(&mut self, at: usize, lemma: &str, form: VerbForm) {
        let span = self.words[at].span.clone();
        if LEADING.contains(&lemma) {
            self.clause = Clause { awaits_subject: true, ..Clause::default() };
            return;
        }
        if form == VerbForm::Past && self.clause.last == Last::Phrase {
            let object = self.clause.phrase.clone();
            self.clause.passive = self.next_is(at + 1, "by").then(|| (lemma.to_owned(), span, object));
            self.clause.last = Last::Other;
            return;
        }
        if form == VerbForm::Gerund && self.clause.last == Last::For {
            self.clause.subject = None;
        }
        if self.clause.last == Last::Phrase && !self.clause.pending.is_empty() {
            self.finish_pending();
        }
        self.clause.open.clear();
        self.clause.pending.push((lemma.to_owned(), span));
        self.clause.last = Last::Verb;
        self.clause.negated = false;
    }

    fn quality(&mut self, at: usize) {
        let word = &self.words[at];
        if self.clause.negated {
            return;
        }
        self.qualities.push(Phrase::of(self.text, std::slice::from_ref(word)));
    }

    fn function(&mut self, at: usize, function: Function) {
        let lower = self.words[at].lower.as_str();
        match function {
            Function::Negation => {
                self.finish_pending();
                self.clause.negated = true;
                self.clause.last = Last::Negation;
            }
            Function::Conjunction if matches!(lower, "and" | "or" | "&" | "and/or" | "as well as" | "plus") => {
                self.clause.last = Last::Link;
            }
            // "track which pumps are due": the pumps are what is tracked.
            Function::Conjunction if self.clause.last == Last::Verb && matches!(lower, "which" | "what") => {}
            Function::Conjunction => self.open_clause(lower),
            Function::Pronoun => self.pronoun(lower),
            Function::Preposition => self.preposition(at),
            Function::Determiner
            | Function::Auxiliary
            | Function::Adverb
            | Function::Comparative
            | Function::Number => {}
        }
    }

    /// "who" and "that" speak of what stands before them; other conjunctions begin anew.
    fn open_clause(&mut self, word: &str) {
        self.finish_pending();
        let relative = matches!(word, "who" | "that" | "which");
        let subject = self.clause.phrase.take().filter(|phrase| relative && self.actors.contains(phrase));
        self.clause = Clause { subject, ..Clause::default() };
        self.clause.last = Last::Other;
    }

    fn pronoun(&mut self, word: &str) {
        let object = matches!(word, "it" | "them") && !self.clause.pending.is_empty();
        if object {
            let thing = self.things.last().cloned();
            self.take_object(thing.as_ref());
        } else if matches!(word, "they" | "he" | "she") {
            self.clause.subject = self.actors.last().cloned();
        } else {
            self.clause.subject = None;
            self.clause.about_product = word == "it";
        }
        self.clause.last = Last::Other;
    }

    fn preposition(&mut self, at: usize) {
        let word = self.words[at].lower.as_str();
        if self.clause.last == Last::Verb && PARTICLES.contains(&word) {
            return;
        }
        if word == "to" && self.words.get(at + 1).is_some_and(|next| matches!(next.tag, Tag::Verb(..))) {
            return self.purpose();
        }
        let linked = self.clause.last == Last::Verb && OBJECT_LINKS.contains(&word);
        if !linked && word != "to" {
            self.finish_pending();
            self.clause.open.clear();
        }
        self.clause.negated &= self.clause.last == Last::Negation && self.clause.phrase.is_some();
        self.clause.last = match word {
            _ if linked => Last::Verb,
            "for" | "between" => Last::For,
            _ => Last::Preposition,
        };
    }

    /// "reminds people to water": whoever stands before "to" does what follows.
    fn purpose(&mut self) {
        self.finish_pending();
        if let Some(phrase) = self.clause.phrase.as_ref().filter(|phrase| self.actors.contains(phrase)) {
            self.clause.subject = Some(phrase.clone());
        }
        self.clause.last = Last::Other;
    }

    fn mark(&mut self, mark: &str) {
        match mark {
            "," | "/" | "&" => self.clause.last = Last::Link,
            "\"" | "'" | "(" | ")" | "“" | "”" => {}
            _ => self.finish_clause(),
        }
    }

    fn finish_clause(&mut self) {
        self.finish_pending();
        self.clause = Clause::default();
    }

    fn finish_pending(&mut self) {
        for (verb, span) in std::mem::take(&mut self.clause.pending) {
            self.act(verb, span, None);
        }
    }

    fn next_is(&self, at: usize, word: &str) -> bool {
        self.words.get(at).is_some_and(|next| next.lower == word)
    }
}

/// A name of its own, by its inner capital: "PlantPal". It is neither somebody nor something the product is about.
fn is_brand(phrase: &Phrase) -> bool {
    let inner_capital =
        |word: &str| word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    phrase.text.split_whitespace().count() == 1 && inner_capital(&phrase.text)
}
