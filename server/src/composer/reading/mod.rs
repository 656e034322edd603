//! Step one of the composer: a directive becomes a [`Reading`] of who does what to which things, within which limits.
//!
//! The words stay as typed. Words nobody knows are nouns of the domain: the most valuable words there are.

mod clauses;
mod language;
mod phrases;
mod tags;
mod tokens;

use std::ops::Range;

use model::Directive;

pub use phrases::Phrase;
pub use tokens::{Kind, Token};

use super::lexicon::Lexicon;

/// What was understood of a directive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// ISO 639-1 code; `und` where there is nothing to tell it by.
    pub language: String,
    /// What the directive calls the product: "marketplace". `None` when it does not say.
    pub form: Option<Phrase>,
    /// Who does or receives something, in order of first mention.
    pub actors: Vec<Phrase>,
    /// What it is about, in order of first mention.
    pub things: Vec<Phrase>,
    /// Who does what to which thing.
    pub actions: Vec<Action>,
    /// Adjectives about the product as a whole: offline, private.
    pub qualities: Vec<Phrase>,
    /// What is ruled out: "ads" of "without ads".
    pub negations: Vec<Phrase>,
    /// Numbers that bind: "under 10 seconds", "three currencies".
    pub limits: Vec<Phrase>,
    /// Every word in its base forms, for matching terms; words that are ruled out are marked.
    pub words: Vec<ReadWord>,
}

/// A word of the directive with the forms under which knowledge may ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadWord {
    /// Bytes of the directive it covers.
    pub span: Range<usize>,
    /// Lower case, singular, verb lemma: whatever applies.
    pub forms: Vec<String>,
    /// The lemma, where it is one of the forms only as a verb: nouns are not asked for under it.
    pub lemma: Option<String>,
    /// Whether it was read as a verb.
    pub is_verb: bool,
    /// Whether the directive rules it out.
    pub negated: bool,
}

/// Somebody does something, perhaps to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Who; `None` where the directive leaves it open.
    pub subject: Option<Phrase>,
    /// The verb's lemma.
    pub verb: String,
    /// What belongs to the verb: "out" of "rent out".
    pub particle: Option<String>,
    /// To what.
    pub object: Option<Phrase>,
    /// Where the verb stands.
    pub span: Range<usize>,
}

impl Reading {
    /// The word in front of a phrase, articles and the like apart: "from" of "from the photos".
    pub fn word_before(&self, phrase: &Phrase) -> Option<&str> {
        const SKIPPED: [&str; 8] = ["a", "an", "the", "our", "their", "its", "my", "all"];
        let typed = |word: &'_ ReadWord| word.forms.iter().any(|form| SKIPPED.contains(&form.as_str()));
        let before = self.words.iter().rev().filter(|word| word.span.end <= phrase.span.start);
        let word = before.into_iter().find(|word| !typed(word))?;
        word.forms
            .iter()
            .map(String::as_str)
            .find(|form| PREPOSITIONS.contains(form))
            .or(word.forms.first().map(String::as_str))
    }
}

/// Words that say what somebody or something has to do with the rest.
const PREPOSITIONS: [&str; 8] = ["by", "to", "from", "of", "for", "with", "in", "at"];

impl Action {
    /// The verb with its particle: "rent out".
    pub fn whole_verb(&self) -> String {
        self.particle.as_ref().map_or_else(|| self.verb.clone(), |particle| format!("{} {particle}", self.verb))
    }

    /// Whether its verb is one of these, with its particle or without.
    pub fn is_any_of(&self, verbs: &[String]) -> bool {
        verbs.contains(&self.verb) || self.particle.is_some() && verbs.contains(&self.whole_verb())
    }
}

/// Reads a directive. Total: any text gives a reading, if perhaps one with nothing but things.
pub fn read(directive: &Directive, lexicon: &Lexicon) -> Reading {
    let text = directive.as_str();
    let tokens = tokens::tokens(text);
    let language = language::detect(text, &tokens, lexicon);
    if language == "en" {
        let words = tags::tag(&tokens, lexicon);
        let matched = match_words(&tokens, &words, lexicon);
        clauses::Clauses::read(text, &words, lexicon).into_reading(language, matched)
    } else {
        let things = language::content_words(text, &tokens, &language, lexicon);
        Reading { language, things, words: match_words(&tokens, &[], lexicon), ..Reading::default() }
    }
}

/// The first signs of a directive as a thing, for one that holds no words at all.
pub fn verbatim(directive: &Directive) -> Option<Phrase> {
    const SIGNS: usize = 8;
    let text = directive.as_str();
    let end = text.char_indices().nth(SIGNS).map_or(text.len(), |(at, _)| at);
    let signs = text[..end].split_whitespace().next()?;
    Some(Phrase {
        span: 0..signs.len(),
        text: signs.to_owned(),
        inner: signs.to_owned(),
        words: vec![signs.to_owned()],
        modifiers: 0,
    })
}

/// A compound counts as its parts here, so that "check-in" answers to "check in" as well.
fn match_words(tokens: &[Token], tagged: &[tags::Word], lexicon: &Lexicon) -> Vec<ReadWord> {
    let mut words = Vec::with_capacity(tokens.len());
    for token in tokens.iter().filter(|token| token.kind != Kind::Emoji) {
        let is_verb = tagged.iter().any(|word| word.span == token.span && matches!(word.tag, tags::Tag::Verb(..)));
        for part in token.lower.split('-').filter(|part| !part.is_empty()) {
            let bare = part.strip_suffix("'s").or(part.strip_suffix('\'')).unwrap_or(part);
            let singular = lexicon.inflect.singular(bare);
            let lemma = lexicon
                .verb(bare)
                .map(|(lemma, _)| lemma.to_owned())
                .filter(|lemma| *lemma != singular && lemma != bare);
            let mut forms = vec![part.to_owned(), bare.to_owned(), singular];
            forms.extend(lemma.clone());
            forms.sort_unstable();
            forms.dedup();
            words.push(ReadWord { span: token.span.clone(), forms, lemma, is_verb, negated: false });
        }
    }
    words
}

#[cfg(test)]
mod tests;
