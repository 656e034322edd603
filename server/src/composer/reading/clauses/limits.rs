//! Numbers that bind: "under 10 seconds", "at most 3 reports per person".

use super::{Clauses, Last};
use crate::composer::{
    lexicon::Function,
    reading::{
        phrases::{self, Phrase},
        tags::{Tag, Word},
    },
};

impl Clauses<'_> {
    pub(super) fn is_limit(&self, at: usize, words: &[Word]) -> bool {
        let number = |word: &Word| word.tag == Tag::Number || phrases::is_number_word(word);
        let bound = self.bound_before(at).is_some() || !self.counts_people(words) && !self.is_told_in_passing(at);
        words.first().is_some_and(number) && !self.is_year(at) && bound
    }

    /// "1980s synthesizers" limits nothing.
    fn is_year(&self, at: usize) -> bool {
        let word = &self.words[at].lower;
        word.ends_with('s') || word.len() == 4 && (word.starts_with("19") || word.starts_with("20"))
    }

    /// A number with its noun, the comparison in front of it and what it is counted per, as typed.
    pub(super) fn limit(&mut self, at: usize, words: &[Word]) -> usize {
        let from = self.bound_before(at).unwrap_or(at);
        let mut length = words.len();
        while self.next_is(at + length, "per") && self.words.get(at + length + 1).is_some_and(|w| w.tag == Tag::Noun) {
            length += 2;
        }
        // "never two nights in a row", "at most 12 hours at a time".
        let how = |word: &Word| word.tag == Tag::Function(Function::Adverb) && word.lower.contains(' ');
        while self.words.get(at + length).is_some_and(how) {
            length += 1;
        }
        self.clause.negated = false;
        self.limits.push(Phrase::of(self.text, &self.words[from..at + length]));
        let counted = Phrase::of(self.text, words.get(words.len() - 1..).unwrap_or_default());
        if self.is_somebody(&counted) {
            self.add_actor(counted);
        }
        self.take_object(None);
        self.clause.last = Last::Phrase;
        length
    }

    /// The word that makes the number after it a limit: "under", "never".
    fn bound_before(&self, at: usize) -> Option<usize> {
        let binds =
            |word: &Word| self.lexicon.is_comparative(&word.lower) || word.tag == Tag::Function(Function::Negation);
        // "between four families" says how many there are; "between 3 and 5" is a limit.
        let counts = |before: usize| self.words[before].lower == "between" && !self.next_is(at + 1, "and");
        at.checked_sub(1).filter(|before| binds(&self.words[*before]) && !counts(*before))
    }

    /// "a harbour with 40 guest berths": how many there happen to be is no limit either.
    fn is_told_in_passing(&self, at: usize) -> bool {
        at.checked_sub(1)
            .is_some_and(|before| matches!(self.words[before].lower.as_str(), "with" | "has" | "have" | "of"))
    }

    /// "four students": how many there happen to be is no limit.
    fn counts_people(&self, words: &[Word]) -> bool {
        self.is_somebody(&Phrase::of(self.text, words))
    }
}
