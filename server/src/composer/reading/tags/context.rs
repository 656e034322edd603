//! What stands around a word.

use super::{LEADING, Tag, Tagger, Word};
use crate::composer::{inflect::VerbForm, lexicon::Function, reading::tokens::Kind};

/// Prepositions that say which people are meant: "workers of a shipyard".
pub const QUALIFYING: [&str; 6] = ["of", "in", "at", "from", "on", "near"];

/// Verbs after which somebody else may do something: "see who pays", "show parents learn".
const SAYING: [&str; 12] =
    ["say", "see", "show", "tell", "hear", "know", "think", "make", "watch", "ensure", "guarantee", "have"];

impl Tagger<'_> {
    pub(super) fn has_verb(&self) -> bool {
        self.words.iter().any(|word| matches!(word.tag, Tag::Verb(..)))
    }

    /// Whether no noun follows: the text ends, or a mark or function word comes.
    pub(super) fn ends_group(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_none_or(|token| token.kind != Kind::Word || self.lexicon.function(&token.lower).is_some())
    }

    /// A word nobody knows is a verb only where nothing else can stand: "to frizzle mimsies", "where blorps frizzle mimsies".
    pub(super) fn must_be_verb(&self, at: usize) -> bool {
        let modal = matches!(self.words.last(), Some(w) if w.tag == Tag::Function(Function::Auxiliary) && !is_form_of_be(&w.lower));
        let purpose =
            self.after_to() && self.words.len() >= 2 && matches!(self.words[self.words.len() - 2].tag, Tag::Noun);
        let between = self.expects_verb && self.before() == Some(&Tag::Noun) && self.before_is_plural();
        let relative = self.expects_verb
            && matches!(self.words.as_slice(), [.., noun, opener] if noun.tag == Tag::Noun && matches!(opener.lower.as_str(), "that" | "who"));
        let word = self.tokens[at].lower.as_str();
        (modal || purpose || between || relative) && self.starts_thing(at + 1) && !self.lexicon.inflect.is_plural(word)
    }

    /// "Book club app": the first words up to the first function word or mark end in what products are called.
    pub(super) fn names_the_product(&self, at: usize) -> bool {
        let run =
            self.tokens[at..].iter().take_while(|t| t.kind == Kind::Word && self.lexicon.function(&t.lower).is_none());
        run.last().is_some_and(|last| self.lexicon.is_form(&last.lower))
    }

    pub(super) fn subject_agrees(&self, form: VerbForm) -> bool {
        match form {
            VerbForm::Third => !self.before_is_plural(),
            _ => self.before_is_plural() || self.before_is_person(),
        }
    }

    pub(super) fn before(&self) -> Option<&Tag> {
        self.words.last().map(|word| &word.tag)
    }

    pub(super) fn before_is_plural(&self) -> bool {
        self.words.last().is_some_and(|word| self.lexicon.inflect.is_plural(&word.lower))
    }

    pub(super) fn before_is_person(&self) -> bool {
        self.words.last().is_some_and(|word| self.lexicon.is_person(&self.lexicon.inflect.singular(&word.lower)))
    }

    pub(super) fn after_to(&self) -> bool {
        self.words.last().is_some_and(|word| word.lower == "to" || word.lower.ends_with(" to"))
    }

    /// Whether a thing can begin at this token: an article, an adjective, a noun.
    pub(super) fn starts_thing(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        match token.kind {
            Kind::Word => match self.lexicon.function(&token.lower) {
                None => true,
                Some(function) => {
                    let stands_for_thing = matches!(token.lower.as_str(), "which" | "what" | "whose" | "them" | "it");
                    stands_for_thing || matches!(function, Function::Determiner | Function::Number)
                }
            },
            Kind::Number => true,
            Kind::Mark | Kind::Emoji => false,
        }
    }

    /// "Workers of a shipyard report …": whether a verb of this form agrees with the people whom the words right before only qualify.
    pub(super) fn agrees_with_qualified(&self, form: VerbForm) -> bool {
        let in_phrase = |word: &&Word| {
            matches!(
                word.tag,
                Tag::Noun | Tag::Adjective | Tag::Possessive | Tag::Number | Tag::Function(Function::Determiner)
            )
        };
        let phrase = self.words.iter().rev().take_while(in_phrase).count();
        let [.., head, link] = &self.words[..self.words.len() - phrase] else { return false };
        let somebody = self.lexicon.is_person(&self.lexicon.inflect.singular(&head.lower));
        let plural = self.lexicon.inflect.is_plural(&head.lower);
        let agrees = if form == VerbForm::Third { !plural } else { form == VerbForm::Base && plural };
        phrase > 0 && QUALIFYING.contains(&link.lower.as_str()) && head.tag == Tag::Noun && somebody && agrees
    }

    /// "sorts, tests and labels": another verb of the same form in a list of verbs.
    pub(super) fn continues_verbs(&self, form: VerbForm) -> bool {
        matches!(self.words.as_slice(), [.., verb, comma] if comma.lower == "," && matches!(&verb.tag, Tag::Verb(_, other) if *other == form))
    }

    /// "Farm shops sell milk": what could be an order begins the name of those who act.
    pub(super) fn is_followed_by_clause(&self, at: usize) -> bool {
        let word = |nth: usize| self.tokens.get(at + nth).map_or("", |token| token.lower.as_str());
        let acts =
            matches!(self.lexicon.verb(word(2)), Some((_, VerbForm::Base))) && !self.lexicon.is_ambiguous(word(2));
        self.lexicon.inflect.is_plural(word(1)) && acts && self.lexicon.function(word(2)).is_none()
    }

    /// "where staff report problems": after these somebody is named before anything is done.
    pub(super) fn needs_subject(&self) -> bool {
        const OPENERS: [&str; 8] = ["where", "when", "whenever", "while", "so that", "because", "if", "unless"];
        self.words.last().is_some_and(|word| OPENERS.contains(&word.lower.as_str()))
    }

    /// "to lend out child seats": between a verb and its object nobody else begins to do something. Those who are helped, let or told
    /// do: "help nurses track doses".
    pub(super) fn in_object(&self) -> bool {
        let in_phrase = |word: &&Word| matches!(word.tag, Tag::Noun | Tag::Adjective | Tag::Possessive | Tag::Number);
        let phrase = self.words.iter().rev().take_while(in_phrase).count();
        let rest = &self.words[..self.words.len() - phrase];
        let particle = |word: &Word| word.tag == Tag::Function(Function::Preposition);
        let verb = match rest {
            [.., verb, last] if particle(last) && matches!(verb.tag, Tag::Verb(..)) => (verb, Some(&last.lower)),
            [.., verb] => (verb, None),
            [] => return false,
        };
        let Tag::Verb(lemma, _) = &verb.0.tag else { return false };
        let belongs = verb.1.is_none_or(|last| self.lexicon.is_phrasal(&format!("{lemma} {last}")));
        phrase > 0 && belongs && !LEADING.contains(&lemma.as_str()) && !SAYING.contains(&lemma.as_str())
    }

    /// After "never" or "nobody" comes what is not done; after "without" or "no" what there is none of.
    pub(super) fn after_verb_negation(&self) -> bool {
        const OF_VERBS: [&str; 12] = [
            "never",
            "nobody",
            "not",
            "don't",
            "doesn't",
            "didn't",
            "cannot",
            "can't",
            "won't",
            "mustn't",
            "shouldn't",
            "neither",
        ];
        self.words.last().is_some_and(|word| OF_VERBS.contains(&word.lower.as_str()))
    }

    /// "judges score them", "farm shops sell milk": those whose name could be a verb, right before what they do.
    pub(super) fn is_somebody_acting(&self, at: usize, form: VerbForm) -> bool {
        let word = &self.tokens[at].lower;
        let somebody = self.lexicon.is_person(&self.lexicon.inflect.singular(word));
        let next = self.tokens.get(at + 1).map_or("", |next| next.lower.as_str());
        let acts =
            matches!(self.lexicon.verb(next), Some((_, VerbForm::Base))) && self.lexicon.function(next).is_none();
        let surely = self.lexicon.is_ambiguous(word) && !self.lexicon.is_ambiguous(next);
        form == VerbForm::Third && acts && (somebody || surely)
    }

    /// Whether a thing follows a verb here, or follows the particle that belongs to it: "work **out** quotes".
    pub(super) fn object_follows(&self, at: usize, lemma: &str) -> bool {
        let next = self.tokens.get(at + 1).map_or("", |next| next.lower.as_str());
        self.starts_thing(at + 1)
            || next == "how"
            || self.lexicon.is_phrasal(&format!("{lemma} {next}")) && self.starts_thing(at + 2)
    }

    /// "keeps track of", "take stock of" say in three words what "tracks" does: the verb, and how many words it takes.
    pub(super) fn verb_of_three(&self, at: usize) -> Option<(Tag, usize)> {
        let word = |nth: usize| self.tokens.get(at + nth).map_or("", |token| token.lower.as_str());
        let (lemma, form) = self.lexicon.verb(word(0))?;
        let verb = match (lemma, word(1), word(2)) {
            ("keep", "track", "of") => "track",
            ("take", "stock", "of") => "stock",
            ("take", "care", "of") => "care",
            ("make", "use", "of") => "use",
            _ => return None,
        };
        Some((Tag::Verb(verb.to_owned(), form), 3))
    }
}

fn is_form_of_be(word: &str) -> bool {
    matches!(word, "is" | "are" | "was" | "were" | "be" | "been" | "being" | "am")
}
