//! What each word does where it stands. English leaves many words open (book, order, rate …); the words around them decide.

mod context;

use std::ops::Range;

pub use context::QUALIFYING;

use super::tokens::{Kind, Token};
use crate::composer::{
    inflect::VerbForm,
    lexicon::{Function, Lexicon},
};

/// A word, or a fixed phrase read as one, with what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Bytes of the directive it covers.
    pub span: Range<usize>,
    /// Lower case.
    pub lower: String,
    /// What it does.
    pub tag: Tag,
}

/// What a word does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tag {
    /// Names something or somebody; in doubt a word is a noun.
    Noun,
    /// "patient's"
    Possessive,
    /// Says what something is like.
    Adjective,
    /// A form of this verb.
    Verb(String, VerbForm),
    /// A number in digits or words.
    Number,
    /// Holds the sentence together.
    Function(Function),
    /// Punctuation.
    Mark,
    /// A pictogram.
    Emoji,
}

/// Verbs that only lead up to what the directive is about: "help nurses **track** …", "I want to **build** …".
pub const LEADING: [&str; 6] = ["help", "let", "allow", "enable", "empower", "support"];

/// Words after which somebody is about to do something.
const OPENERS: [&str; 13] =
    ["how", "where", "that", "who", "which", "when", "whenever", "while", "so", "so that", "because", "if", "once"];

const ORDINALS: [&str; 12] =
    ["first", "second", "third", "fourth", "fifth", "tenth", "half", "quarter", "single", "double", "triple", "pair"];

const PHRASE_WORDS: usize = 4;

/// Tags all words of a directive, left to right.
pub fn tag(tokens: &[Token], lexicon: &Lexicon) -> Vec<Word> {
    let mut tagger = Tagger {
        lexicon,
        tokens,
        words: Vec::with_capacity(tokens.len()),
        expects_verb: false,
        listing: false,
        objects: false,
    };
    let mut at = 0;
    while at < tokens.len() {
        at += tagger.take(at);
    }
    tagger.words
}

struct Tagger<'a> {
    lexicon: &'a Lexicon,
    tokens: &'a [Token],
    words: Vec<Word>,
    /// A clause was opened and its verb has not come yet.
    expects_verb: bool,
    /// After "with", "including": what follows is a list of things until a clause opens.
    listing: bool,
    /// A comma has come since the last verb: its objects are being listed.
    objects: bool,
}

impl Tagger<'_> {
    /// Tags the word at `at`, or the fixed phrase that begins there; returns how many tokens that took.
    fn take(&mut self, at: usize) -> usize {
        let (mut taken, mut lower, function) = self.fixed_phrase(at);
        let tag = match (self.verb_of_three(at), function) {
            (Some((tag, words)), _) => {
                (taken, lower) = (words, self.tokens[at].lower.clone());
                tag
            }
            (None, Some(function)) => Tag::Function(function),
            (None, None) => self.open_word(at),
        };
        self.note(&lower, &tag);
        let span = self.tokens[at].span.start..self.tokens[at + taken - 1].span.end;
        self.words.push(Word { span, lower, tag });
        taken
    }

    /// The longest function phrase that begins here ("so that", "at least"), else the single word.
    fn fixed_phrase(&self, at: usize) -> (usize, String, Option<Function>) {
        let here = &self.tokens[at];
        let longest = (self.tokens.len() - at).min(PHRASE_WORDS);
        for taken in (1..=longest).rev() {
            let phrase = self.tokens[at..at + taken].iter().map(|t| t.lower.as_str()).collect::<Vec<_>>().join(" ");
            if let Some(function) = self.lexicon.function(&phrase) {
                let plain_word = taken == 1 && self.is_plain(&phrase, function, at);
                return (taken, phrase, if plain_word { None } else { Some(function) });
            }
        }
        (1, here.lower.clone(), None)
    }

    /// A word on a list of function words that is none here: "second-hand first editions", "like" after "they".
    fn is_plain(&self, word: &str, function: Function, at: usize) -> bool {
        let verb = self.lexicon.verb(word).is_some();
        ORDINALS.contains(&word)
            || verb
                && function == Function::Preposition
                && matches!(self.before(), Some(Tag::Noun))
                && self.expects_verb
            || function == Function::Adverb && verb && self.starts_thing(at + 1) && self.before().is_none()
            || function == Function::Adverb
                && word.ends_with("ly")
                && self.lexicon.is_adjective(word)
                && self.starts_thing(at + 1)
    }

    fn open_word(&self, at: usize) -> Tag {
        let token = &self.tokens[at];
        match token.kind {
            Kind::Number => return Tag::Number,
            Kind::Mark => return Tag::Mark,
            Kind::Emoji => return Tag::Emoji,
            Kind::Word => {}
        }
        let word = token.lower.as_str();
        if word.ends_with("'s") || word.ends_with("s'") {
            return Tag::Possessive;
        }
        match self.lexicon.verb(word) {
            Some((lemma, form)) if self.reads_as_verb(at, form) => Tag::Verb(lemma.to_owned(), form),
            Some((_, VerbForm::Past)) if self.starts_thing(at + 1) => Tag::Adjective,
            Some(_) if self.lexicon.is_adjective(word) && self.starts_thing(at + 1) => Tag::Adjective,
            Some(_) => Tag::Noun,
            None if self.lexicon.is_adjective(word) => Tag::Adjective,
            None if self.must_be_verb(at) => Tag::Verb(word.to_owned(), VerbForm::Base),
            None => Tag::Noun,
        }
    }

    fn reads_as_verb(&self, at: usize, form: VerbForm) -> bool {
        let word = self.tokens[at].lower.as_str();
        let open = self.lexicon.is_ambiguous(word);
        let thing_follows = self.lexicon.verb(word).is_some_and(|(lemma, _)| self.object_follows(at, lemma));
        if self.is_somebody_acting(at, form) {
            return false;
        }
        if (self.needs_subject() || self.in_object()) && matches!(form, VerbForm::Base | VerbForm::Third) {
            return false;
        }
        if self.continues_verbs(form) && self.lexicon.function(word).is_none() {
            return true;
        }
        let imperative =
            self.before().is_none() && form == VerbForm::Base && thing_follows && !self.names_the_product(at);
        if imperative && open && self.is_followed_by_clause(at) {
            return false;
        }
        if self.lexicon.is_form(word) && !self.expects_verb && !self.after_to() && !imperative {
            return false;
        }
        match (self.before(), form) {
            (Some(Tag::Function(Function::Auxiliary | Function::Pronoun)), _) => true,
            _ if self.after_to() => form != VerbForm::Third,
            (Some(Tag::Noun), VerbForm::Gerund) => self.before_is_plural() && thing_follows,
            (Some(Tag::Noun), VerbForm::Past) => !thing_follows || self.expects_verb,
            (_, VerbForm::Past) => self.expects_verb && !thing_follows,
            (Some(Tag::Function(Function::Determiner | Function::Number) | Tag::Adjective | Tag::Number), _) => {
                form != VerbForm::Gerund && !open && self.expects_verb && thing_follows
            }
            (Some(Tag::Function(Function::Negation)), _) if self.after_verb_negation() => form != VerbForm::Gerund,
            (Some(Tag::Function(Function::Negation)), _) => form == VerbForm::Base && !open && thing_follows,
            (Some(Tag::Function(Function::Preposition)), VerbForm::Gerund) => thing_follows,
            (Some(Tag::Function(Function::Preposition) | Tag::Possessive), _) => false,
            (Some(Tag::Verb(lead, _)), _) if LEADING.contains(&lead.as_str()) => true,
            (_, VerbForm::Gerund) => thing_follows && !self.listing || self.expects_verb,
            (Some(Tag::Noun), _) if open => {
                let somebody_acts =
                    self.before_is_person() && self.has_verb() && !self.listing && self.ends_group(at + 1);
                self.subject_agrees(form) && (self.expects_verb || thing_follows && !self.listing || somebody_acts)
                    || thing_follows && self.agrees_with_qualified(form)
            }
            (Some(Tag::Noun), _) => {
                let likely = self.expects_verb || self.before_is_person() || self.before_is_plural() || thing_follows;
                self.subject_agrees(form) && likely
                    || self.expects_verb && !self.lexicon.is_adjective(word)
                    || thing_follows && self.agrees_with_qualified(form)
            }
            (Some(Tag::Verb(..)), _) => !open,
            (None | Some(Tag::Mark), VerbForm::Base) => {
                thing_follows && !self.names_the_product(at) && !(open && self.listing)
            }
            (None | Some(Tag::Mark), _) => !open && !self.listing || self.expects_verb,
            (Some(Tag::Function(Function::Conjunction)), _) => {
                self.expects_verb || !open && self.has_verb() || self.continues_action(at)
            }
            (Some(Tag::Function(Function::Adverb)), _) => self.expects_verb || !open,
            _ => !open,
        }
    }

    /// After "and": another verb if one came right before it ("buy and sell"), or if what follows can be its object and we are not
    /// in the middle of a list of things.
    fn continues_action(&self, at: usize) -> bool {
        let before_and = self.words.len().checked_sub(2).map(|i| &self.words[i].tag);
        match before_and {
            Some(Tag::Verb(..)) => true,
            _ => !self.listing && !self.objects && self.starts_thing(at + 1) && self.has_verb(),
        }
    }

    fn note(&mut self, lower: &str, tag: &Tag) {
        match tag {
            Tag::Verb(lemma, _) if LEADING.contains(&lemma.as_str()) => self.expects_verb = true,
            Tag::Verb(..) => (self.expects_verb, self.listing, self.objects) = (false, false, false),
            Tag::Mark if lower == "," => self.objects = self.has_verb(),
            Tag::Function(_) if OPENERS.contains(&lower) => (self.expects_verb, self.listing) = (true, false),
            Tag::Function(Function::Preposition) => {
                self.listing = matches!(lower, "with" | "including" | "plus" | "like" | "of");
            }
            Tag::Mark if !matches!(lower, "," | "&") => (self.expects_verb, self.listing) = (false, false),
            _ => {}
        }
    }
}
