//! What becomes of a verb: an action with its subject and object, or nothing that anybody builds.

use super::{Clause, Clauses, Last, Verb};
use crate::composer::{
    inflect::VerbForm,
    reading::{Action, phrases::Phrase, tags::LEADING},
};

/// Verbs that say nothing about the product itself.
pub(super) const EMPTY_VERBS: [&str; 16] = [
    "want", "need", "have", "be", "do", "use", "make", "get", "like", "try", "wish", "would", "know", "keep", "stay",
    "become",
];

/// Verbs of "I want to build an app": with a product as object they are not something a user does.
pub(super) const BUILDING: [&str; 8] = ["build", "create", "make", "develop", "design", "want", "need", "imagine"];

/// What nobody may know is there all the same.
const KNOWING: [&str; 7] = ["see", "read", "know", "view", "open", "share", "learn"];

/// Forms of "be": what follows is done to somebody, and not by them.
const BE: [&str; 10] = ["is", "are", "was", "were", "be", "been", "being", "get", "gets", "got"];

impl Clauses<'_> {
    /// The pending verbs are done to `object`.
    pub(super) fn take_object(&mut self, object: Option<&Phrase>) {
        self.clause.open = std::mem::take(&mut self.clause.pending);
        self.clause.open.clone().into_iter().for_each(|verb| self.act(verb, object.cloned()));
    }

    pub(super) fn continue_object(&mut self, object: &Phrase) {
        self.clause.open.clone().into_iter().for_each(|verb| self.act(verb, Some(object.clone())));
    }

    fn act(&mut self, verb: Verb, object: Option<Phrase>) {
        let building = self.form.is_none() && BUILDING.contains(&verb.lemma.as_str()) && object.is_none();
        if building || self.clause.about_product || EMPTY_VERBS.contains(&verb.lemma.as_str()) {
            return;
        }
        let Verb { lemma, particle, span } = verb;
        let subjects = self.clause.along.iter().cloned().map(Some).chain([self.clause.subject.clone()]);
        let action = |subject| Action {
            subject,
            verb: lemma.clone(),
            particle: particle.clone(),
            object: object.clone(),
            span: span.clone(),
        };
        self.actions.extend(subjects.map(action));
    }

    pub(super) fn verb(&mut self, at: usize, lemma: &str, form: VerbForm) {
        let verb = Verb { lemma: lemma.to_owned(), particle: None, span: self.words[at].span.clone() };
        if LEADING.contains(&lemma) {
            self.clause = Clause { awaits_subject: true, ..Clause::default() };
            return;
        }
        if self.clause.last == Last::Negation {
            return self.forbid(lemma);
        }
        let suffers = at.checked_sub(1).is_some_and(|before| BE.contains(&self.words[before].lower.as_str()));
        if form == VerbForm::Past && (self.clause.last == Last::Phrase || suffers) {
            let object = self.clause.phrase.clone();
            self.clause.passive = self.next_is(at + 1, "by").then_some((verb, object));
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
        self.clause.pending.push(verb);
        self.clause.last = Last::Verb;
        self.clause.negated = false;
    }

    /// "nobody pays", "never ship alcohol": nothing anybody does; what it would be done to is ruled out. What somebody must not see is there.
    fn forbid(&mut self, lemma: &str) {
        let forbidden = !self.clause.conditional && !KNOWING.contains(&lemma);
        self.clause.pending.clear();
        self.clause.open.clear();
        (self.clause.negated, self.clause.forbidden, self.clause.last) = (false, forbidden, Last::Verb);
    }

    /// "rent out": a particle belongs to the verb before it.
    pub(super) fn add_particle(&mut self, particle: &str) {
        if let Some(verb) = self.clause.pending.last_mut()
            && self.lexicon.is_phrasal(&format!("{} {particle}", verb.lemma))
        {
            verb.particle = Some(particle.to_owned());
        }
    }

    /// "diagnose in Swahili": where these do not belong to the verb they say how or where.
    pub(super) fn is_particle(&self, word: &str) -> bool {
        let phrasal = |verb: &Verb| self.lexicon.is_phrasal(&format!("{} {word}", verb.lemma));
        !matches!(word, "in" | "over" | "after") || self.clause.pending.last().is_none_or(phrasal)
    }

    pub(super) fn finish_pending(&mut self) {
        for verb in std::mem::take(&mut self.clause.pending) {
            self.act(verb, None);
        }
    }
}
