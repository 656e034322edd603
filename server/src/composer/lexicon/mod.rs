//! The words the reader needs to tell verbs, roles and things apart: `knowledge/lexicon/*.toml`, indexed.

mod files;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, de::DeserializeOwned};

use files::{AdjectiveFile, FormFile, FunctionFile, NounFile, PeopleFile, VerbFile};

use super::{
    inflect::{Inflector, VerbForm},
    knowledge::{Fault, Files},
};

/// Everything the reader knows about single words.
#[derive(Debug)]
pub struct Lexicon {
    /// Word forms.
    pub inflect: Inflector,
    /// Languages that can be told apart by their function words, by ISO 639-1 code.
    pub languages: BTreeMap<String, Language>,
    function: HashMap<String, Function>,
    verbs: HashMap<String, (String, VerbForm)>,
    ambiguous: HashSet<String>,
    adjectives: HashSet<String>,
    people: HashSet<String>,
    groups: HashSet<String>,
    not_people: HashSet<String>,
    overseers: HashSet<String>,
    receivers: HashSet<String>,
    suppliers: HashSet<String>,
    places: HashSet<String>,
    light: HashSet<String>,
    phrasal: HashSet<String>,
    forms: HashSet<String>,
    vague: HashSet<String>,
    english: HashSet<String>,
    comparatives: HashSet<String>,
}

/// A language as the reader recognises it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// Its English name.
    pub name: String,
    /// Its commonest function words.
    pub words: HashSet<String>,
}

/// What a function word does in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// the, every, their
    Determiner,
    /// with, for, of
    Preposition,
    /// and, where, so that
    Conjunction,
    /// they, who, everybody
    Pronoun,
    /// can, is, want to
    Auxiliary,
    /// always, together
    Adverb,
    /// without, no
    Negation,
    /// under, at most
    Comparative,
    /// three, dozen
    Number,
}

impl Lexicon {
    /// Reads `lexicon/*.toml`.
    ///
    /// # Errors
    /// A [`Fault`] that names the file and what is wrong with it.
    pub fn load(files: &Files) -> Result<Self, Fault> {
        let function: FunctionFile = file(files, "function")?;
        let verbs: VerbFile = file(files, "verbs")?;
        let nouns: NounFile = file(files, "nouns")?;
        let adjectives: AdjectiveFile = file(files, "adjectives")?;
        let people: PeopleFile = file(files, "people")?;
        let forms: FormFile = file(files, "forms")?;
        let inflect = Inflector::new(&nouns.plurals, nouns.uncountable, nouns.singular_s, &verbs.irregular);
        let english = function.prepositions.iter().chain(&function.conjunctions).chain(&function.pronouns);
        Ok(Self {
            english: english.chain(&function.determiners).chain(&function.auxiliaries).cloned().collect(),
            comparatives: function.comparatives.iter().cloned().collect(),
            verbs: verb_index(&inflect, &verbs.lemmas),
            function: function_index(function),
            ambiguous: verbs.ambiguous,
            adjectives: adjectives.adjectives,
            people: people.people,
            groups: people.groups,
            not_people: people.not_people,
            overseers: people.overseers,
            receivers: people.receivers,
            suppliers: people.suppliers,
            places: nouns.places,
            light: verbs.light,
            phrasal: verbs.phrasal,
            forms: forms.forms,
            vague: forms.vague,
            languages: file(files, "languages")?,
            inflect,
        })
    }

    /// What a (lower-case) word or fixed phrase does in a sentence, if it is a function word.
    pub fn function(&self, word: &str) -> Option<Function> {
        self.function.get(word).copied()
    }

    /// The verb a word is a form of, if any.
    pub fn verb(&self, word: &str) -> Option<(&str, VerbForm)> {
        self.verbs.get(word).map(|(lemma, form)| (lemma.as_str(), *form))
    }

    /// Whether a verb is just as often a noun.
    pub fn is_ambiguous(&self, word: &str) -> bool {
        self.ambiguous.contains(word) || self.verbs.get(word).is_some_and(|(lemma, _)| self.ambiguous.contains(lemma))
    }

    /// Whether a word is an adjective: by list, or by an ending that hardly anything else has.
    pub fn is_adjective(&self, word: &str) -> bool {
        const ENDINGS: [&str; 8] = ["ful", "less", "ous", "ible", "able", "ical", "-based", "-free"];
        let compound = word.contains("-to-")
            || word.contains('-') && ["ed", "-source", "-only", "-first"].iter().any(|end| word.ends_with(end));
        self.adjectives.contains(word) || compound || word.len() > 5 && ENDINGS.iter().any(|end| word.ends_with(end))
    }

    /// Whether a (singular, lower-case) noun is known to be somebody.
    pub fn is_person(&self, noun: &str) -> bool {
        self.people.contains(noun) || self.groups.contains(noun)
    }

    /// Whether a noun is a group that acts like somebody: a clinic, a team.
    pub fn is_group(&self, noun: &str) -> bool {
        self.groups.contains(noun)
    }

    /// Whether a noun ends like somebody who does something and is not known to be a thing.
    pub fn sounds_like_person(&self, noun: &str) -> bool {
        const ENDINGS: [&str; 9] = ["er", "or", "ist", "ian", "eer", "ee", "man", "woman", "person"];
        noun.len() > 4 && !self.not_people.contains(noun) && ENDINGS.iter().any(|end| noun.ends_with(end))
    }

    /// Whether a noun is known to be nobody.
    pub fn is_thing(&self, noun: &str) -> bool {
        self.not_people.contains(noun) || self.is_form(noun)
    }

    /// Whether a noun names somebody who decides or supervises.
    pub fn is_overseer(&self, noun: &str) -> bool {
        self.overseers.contains(noun)
    }

    /// Whether somebody called so buys, books, receives or learns, whatever the product.
    pub fn is_receiver(&self, noun: &str) -> bool {
        self.receivers.contains(noun)
    }

    /// Whether somebody called so sells, makes or supplies, whatever the product.
    pub fn is_supplier(&self, noun: &str) -> bool {
        self.suppliers.contains(noun)
    }

    /// Whether a noun is where something is, after "in" or "across".
    pub fn is_place(&self, noun: &str) -> bool {
        self.places.contains(noun)
    }

    /// Whether a verb says too little to be work of its own: receive, go, see.
    pub fn is_light(&self, verb: &str) -> bool {
        self.light.contains(verb)
    }

    /// Whether a verb and the particle after it are one verb: "rent out".
    pub fn is_phrasal(&self, verb: &str) -> bool {
        self.phrasal.contains(verb)
    }

    /// Whether a noun is what products are called.
    pub fn is_form(&self, noun: &str) -> bool {
        self.forms.contains(noun)
    }

    /// The name for a product that a word most likely misspells: one slip of the finger away from it.
    pub fn is_nearly_form(&self, noun: &str) -> bool {
        let near = |form: &&String| form.len().abs_diff(noun.len()) <= 1;
        noun.len() > 4 && self.forms.iter().filter(near).any(|form| strsim::damerau_levenshtein(form, noun) == 1)
    }

    /// Whether a noun says nothing by itself.
    pub fn is_vague(&self, noun: &str) -> bool {
        self.vague.contains(noun)
    }

    /// Whether a word or phrase in front of a number makes it a limit.
    pub fn is_comparative(&self, phrase: &str) -> bool {
        self.comparatives.contains(phrase)
    }

    /// How many of these (lower-case) words are English function words.
    pub fn english_hits<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> usize {
        words.into_iter().filter(|word| self.english.contains(*word)).count()
    }
}

fn file<T: DeserializeOwned>(files: &Files, name: &str) -> Result<T, Fault> {
    files.parse("lexicon", name)
}

fn verb_index(inflect: &Inflector, lemmas: &[String]) -> HashMap<String, (String, VerbForm)> {
    let mut index = HashMap::new();
    for lemma in lemmas {
        for (form, kind) in inflect.verb_forms(lemma) {
            index.entry(form).or_insert((lemma.clone(), kind));
        }
    }
    // A base form is always itself, whatever else is spelt alike ("found" is not only a form of "find").
    for lemma in lemmas {
        index.insert(lemma.clone(), (lemma.clone(), VerbForm::Base));
    }
    index
}

/// The first list that holds a word wins: the order settles words such as "that", which could be several.
fn function_index(file: FunctionFile) -> HashMap<String, Function> {
    let lists = [
        (file.negations, Function::Negation),
        (file.auxiliaries, Function::Auxiliary),
        (file.prepositions, Function::Preposition),
        (file.conjunctions, Function::Conjunction),
        (file.pronouns, Function::Pronoun),
        (file.determiners, Function::Determiner),
        (file.numbers, Function::Number),
        (file.comparatives, Function::Comparative),
        (file.adverbs, Function::Adverb),
    ];
    let mut index = HashMap::new();
    for (words, function) in lists {
        for word in words {
            index.entry(word).or_insert(function);
        }
    }
    // Words that stand on several lists and whose commonest use in a directive is not the first of them.
    for (word, function) in [
        ("that", Function::Conjunction),
        ("who", Function::Conjunction),
        ("which", Function::Conjunction),
        ("where", Function::Conjunction),
        ("all", Function::Determiner),
        ("any", Function::Determiner),
        ("both", Function::Determiner),
        ("each", Function::Determiner),
        ("many", Function::Determiner),
        ("several", Function::Determiner),
        ("some", Function::Determiner),
        ("their", Function::Determiner),
        ("this", Function::Determiner),
        ("one", Function::Determiner),
    ] {
        index.insert(word.to_owned(), function);
    }
    index
}
