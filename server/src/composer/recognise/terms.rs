//! A module's terms among the words of a directive.

use std::collections::BTreeMap;

use super::Called;
use crate::composer::reading::{ReadWord, Reading};

/// Words that rule out what follows. A term may hold one of them itself: "without signal" asks for something.
const NEGATORS: [&str; 5] = ["without", "no", "not", "never", "nobody"];

/// Words of the directive that a term was found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Where they begin, in bytes.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// How strongly the term calls for its module.
    pub weight: u32,
}

impl Hit {
    /// Whether it shares a word with another.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Finds a module's terms among the words, longest first and the heaviest of those, so that "booking" is not taken for a form of "book";
/// a word counts once. Ruled-out words call for nothing.
pub fn call<'k, M>(module: &'k M, terms: &BTreeMap<String, u32>, text: &str, words: &[ReadWord]) -> Called<'k, M> {
    let mut taken = vec![false; words.len()];
    let mut hits: Vec<Hit> = Vec::new();
    let mut terms: Vec<(Vec<&str>, u32)> = terms.iter().map(|(term, weight)| (parts(term), *weight)).collect();
    terms.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(b.1.cmp(&a.1)).then_with(|| a.0.cmp(&b.0)));
    for (term, weight) in terms {
        if let Some(at) = place(&term, words, &taken) {
            taken[at..at + term.len()].iter_mut().for_each(|taken| *taken = true);
            if let (Some(first), Some(last)) = (words.get(at), words.get(at + term.len() - 1)) {
                hits.push(Hit { start: first.span.start, end: last.span.end, weight });
            }
        }
    }
    let score = hits.iter().map(|hit| hit.weight).sum();
    hits.retain(|hit| hit.weight > 0);
    hits.sort_unstable();
    hits.dedup_by_key(|hit| (hit.start, hit.end));
    let words = hits.iter().filter_map(|hit| text.get(hit.start..hit.end)).map(bare).map(str::to_owned).collect();
    Called { module, words, hits, score }
}

/// A reason without what only holds the sentence together: "a shop" of "and a shop".
fn bare(mut words: &str) -> &str {
    const HOLDING: [&str; 14] =
        ["and", "or", "a", "an", "the", "with", "for", "of", "in", "on", "to", "by", "that", "which"];
    let holds = |word: &str| HOLDING.contains(&word.to_lowercase().as_str());
    while let Some((_, rest)) = words.split_once(' ').filter(|(first, _)| holds(first)) {
        words = rest.trim_start();
    }
    while let Some((rest, _)) = words.rsplit_once(' ').filter(|(_, last)| holds(last)) {
        words = rest.trim_end();
    }
    words
}

/// Where a term stands among words that no longer term has taken.
fn place(term: &[&str], words: &[ReadWord], taken: &[bool]) -> Option<usize> {
    let negates = term.iter().any(|part| NEGATORS.contains(part));
    let fits = |word: &ReadWord, part: &&str| (negates || !word.negated) && word.forms.iter().any(|form| form == part);
    words.windows(term.len().max(1)).enumerate().find_map(|(at, window)| {
        let free = taken[at..at + term.len()].iter().all(|taken| !taken);
        (free && window.iter().zip(term).all(|(word, part)| fits(word, part))).then_some(at)
    })
}

fn parts(term: &str) -> Vec<&str> {
    term.split([' ', '-']).filter(|part| !part.is_empty()).collect()
}

/// The words as nouns: "booking" is not about books, and "matches students" not about sport.
pub fn only_nouns(reading: &Reading) -> Vec<ReadWord> {
    let mut words = reading.words.clone();
    for word in &mut words {
        let lemma = word.lemma.take();
        word.forms.retain(|form| Some(form) != lemma.as_ref());
        word.negated |= word.is_verb;
    }
    words
}

/// The words a reading rules out, as if they were wanted.
pub fn only_negated(reading: &Reading) -> Vec<ReadWord> {
    reading.words.iter().filter(|word| word.negated).map(|word| ReadWord { negated: false, ..word.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(at: usize, forms: &[&str], negated: bool) -> ReadWord {
        let forms = forms.iter().map(|form| (*form).to_owned()).collect();
        ReadWord { span: at..at + 1, forms, lemma: None, is_verb: false, negated }
    }

    fn score(terms: &[(&str, u32)], words: &[ReadWord]) -> u32 {
        let terms = terms.iter().map(|(term, weight)| ((*term).to_owned(), *weight)).collect();
        call(&(), &terms, "", words).score
    }

    #[test]
    fn of_two_terms_that_fit_a_word_the_heavier_counts() {
        let booking = [word(0, &["book", "booking"], false)];
        assert_eq!(score(&[("book", 3), ("booking", 5)], &booking), 5);
    }

    #[test]
    fn a_term_may_hold_its_own_negation() {
        let words = [word(0, &["without"], false), word(2, &["signal"], true)];
        assert_eq!(score(&[("without signal", 5)], &words), 5);
        assert_eq!(score(&[("signal", 5)], &words), 0);
    }

    #[test]
    fn a_term_without_weight_only_keeps_shorter_ones_from_its_words() {
        let words = [word(0, &["lend"], false), word(2, &["hand"], false)];
        assert_eq!(score(&[("lend", 5), ("lend hand", 0)], &words), 0);
    }
}
