//! Who does what: one walk over the tagged words that keeps track of the clause it is in.

use std::ops::Range;

mod limits;
mod nouns;
mod product;
mod verbs;

use super::{
    Action, ReadWord, Reading,
    phrases::{self, Phrase},
    tags::{Tag, Word},
};
use crate::composer::{
    inflect::VerbForm,
    lexicon::{Function, Lexicon},
};

/// Prepositions that may stand between a verb and what it is done to: search *for*, listen *to*.
const OBJECT_LINKS: [&str; 6] = ["for", "of", "on", "at", "about", "through"];

/// Words that belong to the verb before them: rent *out*, pick *up*.
const PARTICLES: [&str; 10] = ["out", "up", "off", "down", "back", "away", "in", "over", "on", "after"];

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
    /// Who does it as well: "students and teachers share …".
    along: Vec<Phrase>,
    /// Verbs that wait for their object: "buy and sell …".
    pending: Vec<Verb>,
    /// Verbs whose object may be continued: "track sleep, mood and …".
    open: Vec<Verb>,
    /// What stood right before, as far as it matters.
    last: Last,
    /// The noun phrase before, for "who", "that" and "… by".
    phrase: Option<Phrase>,
    /// A verb whose subject follows: "made by …", "let …".
    awaits_subject: bool,
    passive: Option<(Verb, Option<Phrase>)>,
    negated: bool,
    /// The verb before is ruled out: "never ship …".
    forbidden: bool,
    /// "if nobody answers": it rules nothing out.
    conditional: bool,
    /// The product itself is the subject: "it has to stay simple".
    about_product: bool,
}

/// A verb of the clause, where it stands, and the particle that belongs to it.
#[derive(Clone)]
struct Verb {
    lemma: String,
    particle: Option<String>,
    span: Range<usize>,
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
        if (word.tag == Tag::Number || phrases::is_number_word(word)) && self.next_is(at + 1, "per") {
            return self.limit(at, std::slice::from_ref(word));
        }
        match &word.tag {
            Tag::Verb(lemma, form) => self.verb(at, lemma, *form),
            Tag::Adjective => self.quality(at),
            Tag::Function(function) => self.function(at, *function),
            Tag::Mark => self.mark(&word.lower),
            Tag::Noun | Tag::Number | Tag::Possessive | Tag::Emoji => {}
        }
        1
    }

    fn quality(&mut self, at: usize) {
        let word = &self.words[at];
        let how_much = at.checked_sub(1).is_some_and(|before| self.words[before].lower == "how");
        if self.clause.negated || how_much {
            return;
        }
        self.qualities.push(Phrase::of(self.text, std::slice::from_ref(word)));
    }

    fn function(&mut self, at: usize, function: Function) {
        let lower = self.words[at].lower.as_str();
        match function {
            Function::Negation if self.clause.last == Last::Verb && matches!(lower, "nothing" | "none" | "nobody") => {
                self.take_object(None);
                self.clause.last = Last::Other;
            }
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
            Function::Conjunction => self.open_clause(at),
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
    fn open_clause(&mut self, at: usize) {
        self.finish_pending();
        let word = self.words[at].lower.as_str();
        let relative = matches!(word, "who" | "that" | "which");
        let one = self.words.get(at + 1).is_some_and(|next| matches!(next.tag, Tag::Verb(_, VerbForm::Third)));
        let many = |phrase: &Phrase| phrase.words.last().is_some_and(|last| self.lexicon.inflect.is_plural(last));
        let before = self.clause.phrase.take();
        // "A dashboard for wind farms that shows …": the dashboard does, not the farms.
        let about_product = relative && one && self.form.is_some() && before.as_ref().is_some_and(many);
        let subject = before.filter(|phrase| relative && !about_product && self.actors.contains(phrase));
        let conditional = matches!(word, "if" | "when" | "whenever" | "unless" | "because" | "while" | "in case");
        self.clause = Clause { subject, conditional, about_product, last: Last::Other, ..Clause::default() };
    }

    fn pronoun(&mut self, word: &str) {
        let object = matches!(word, "it" | "them") && !self.clause.pending.is_empty();
        if object {
            let thing = self.things.iter().rev().find(|thing| !self.follows(thing, "from")).cloned();
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
        if self.clause.last == Last::Verb && PARTICLES.contains(&word) && self.is_particle(word) {
            return self.add_particle(word);
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

    /// Whether a word stands right before a phrase.
    fn follows(&self, phrase: &Phrase, word: &str) -> bool {
        let before = self.words.iter().rev().find(|other| other.span.end <= phrase.span.start);
        before.is_some_and(|before| before.lower == word)
    }

    fn next_is(&self, at: usize, word: &str) -> bool {
        self.words.get(at).is_some_and(|next| next.lower == word)
    }
}
