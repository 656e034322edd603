//! Noun phrases: what somebody or something is called, as typed.

use std::ops::Range;

use super::tags::{Tag, Word};
use crate::composer::lexicon::{Function, Lexicon};

/// A noun phrase without its article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Bytes of the directive it covers.
    pub span: Range<usize>,
    /// As typed.
    pub text: String,
    /// As it reads inside a sentence: the capital of a sentence's first word is gone.
    pub inner: String,
    /// Its words in lower case.
    pub words: Vec<String>,
    /// How many of them are adjectives or numbers in front.
    pub modifiers: usize,
}

impl Phrase {
    /// A phrase that covers these words of `text`.
    pub fn of(text: &str, words: &[Word]) -> Self {
        let span = match (words.first(), words.last()) {
            (Some(first), Some(last)) => first.span.start..last.span.end,
            _ => 0..0,
        };
        let typed = text.get(span.clone()).unwrap_or_default();
        let modifiers = words.iter().take_while(|word| matches!(word.tag, Tag::Adjective | Tag::Number)).count();
        Self {
            inner: uncapitalised(text, span.start, typed),
            text: typed.to_owned(),
            words: words.iter().map(|word| word.lower.clone()).collect(),
            modifiers: modifiers.min(words.len().saturating_sub(1)),
            span,
        }
    }

    /// Whether it says whose something is: "child" of "children's ward".
    pub fn is_possessor(&self) -> bool {
        self.text.len() < self.span.len()
    }

    /// Its last word, lower case and singular: what it is.
    pub fn head(&self, lexicon: &Lexicon) -> String {
        self.words.last().map_or_else(String::new, |word| lexicon.inflect.singular(word))
    }

    /// Its last two words, singular, for compounds that stand in a list ("case worker").
    pub fn compound(&self, lexicon: &Lexicon) -> Option<String> {
        match self.words.as_slice() {
            [.., before, last] => Some(format!("{before} {}", lexicon.inflect.singular(last))),
            _ => None,
        }
    }

    /// The phrase without its last word; `None` where that is all it has.
    pub fn without_last(&self) -> Option<Self> {
        let (words, cut) = (self.words.split_last()?.1.to_vec(), self.text.rfind(char::is_whitespace)?);
        let text = self.text.get(..cut)?.trim_end().to_owned();
        let inner = self.inner.get(..text.len())?.to_owned();
        let modifiers = self.modifiers.min(words.len().saturating_sub(1));
        Some(Self { span: self.span.start..self.span.start + text.len(), text, inner, words, modifiers })
    }

    /// The phrase without its first word.
    pub fn without_first(&self) -> Option<Self> {
        let from = self.text.find(char::is_whitespace)?;
        let text = self.text.get(from..)?.trim_start().to_owned();
        let inner = self.inner.get(self.inner.len() - text.len()..)?.to_owned();
        let words = self.words.get(1..)?.to_vec();
        let span = self.span.end - text.len()..self.span.end;
        Some(Self { span, text, inner, words, modifiers: self.modifiers.saturating_sub(1) })
    }

    /// One of it: "vintage synthesizer".
    pub fn singular(&self, lexicon: &Lexicon) -> String {
        lexicon.inflect.singular(&self.inner)
    }

    /// One of it without its adjectives: "synthesizer".
    pub fn bare(&self, lexicon: &Lexicon) -> String {
        let words: Vec<&str> = self.inner.split_whitespace().collect();
        lexicon.inflect.singular(&words.get(self.modifiers..).unwrap_or(&words).join(" "))
    }

    /// The same phrase in whatever number, for telling whether two mean one thing.
    pub fn key(&self, lexicon: &Lexicon) -> String {
        lexicon.inflect.singular(&self.words.join(" "))
    }
}

/// How many words of a sentence's noun phrase begin at `at`: adjectives, nouns and numbers that end in a noun.
pub fn length(words: &[Word], at: usize) -> usize {
    let run = words[at..]
        .iter()
        .take_while(|word| matches!(word.tag, Tag::Noun | Tag::Adjective | Tag::Number) || is_number_word(word))
        .count();
    let possessive = words.get(at + run).is_some_and(|word| word.tag == Tag::Possessive);
    if possessive {
        return run + 1;
    }
    words[at..at + run].iter().rposition(|word| word.tag == Tag::Noun).map_or(0, |last| last + 1)
}

/// Whether a word is a number written out.
pub fn is_number_word(word: &Word) -> bool {
    word.tag == Tag::Function(Function::Number)
}

fn uncapitalised(text: &str, at: usize, typed: &str) -> String {
    let before = text[..at].trim_end();
    let begins = before.is_empty() || before.ends_with(['.', '!', '?', ':', '\n', '•', '-', '*']);
    let first = typed.split([' ', '-']).next().unwrap_or_default();
    let ordinary = first.chars().skip(1).all(|c| !c.is_uppercase()) && first.chars().count() > 1;
    if begins && ordinary {
        let mut chars = typed.chars();
        chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
    } else {
        typed.to_owned()
    }
}
