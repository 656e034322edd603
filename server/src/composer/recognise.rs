//! Step two: which modules the words call for, and which words those are.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    knowledge::{Archetype, CORE, Capability, Domain, Knowledge},
    lexicon::Lexicon,
    reading::{Phrase, ReadWord, Reading},
};

/// From this score on a module is called for.
const CALLED: u32 = 5;
/// A kind of product needs less: some kind has to lead.
const LEADS: u32 = 3;
/// A capability that fits the kind of product needs half.
const CALLED_IF_FITTING: u32 = 3;
/// A domain says what things are; a hint is enough.
const DOMAIN: u32 = 3;
const MOST_CAPABILITIES: usize = 6;

/// A module and the words that called for it.
#[derive(Debug, Clone)]
pub struct Called<'k, M> {
    /// The module.
    pub module: &'k M,
    /// Words of the directive, as typed, in their order.
    pub words: Vec<String>,
    /// Bytes of the directive they cover.
    spans: Vec<(usize, usize)>,
    /// Those of them that settle it alone.
    strong: Vec<(usize, usize)>,
    score: u32,
}

impl<M> Called<'_, M> {
    /// How strongly the words call for it.
    pub fn score(&self) -> u32 {
        self.score
    }
}

/// What a directive was recognised as.
#[derive(Debug, Clone)]
pub struct Recognition<'k> {
    /// The kind of product.
    pub archetype: Called<'k, Archetype>,
    /// Another kind that the words call for just as clearly.
    pub lender: Option<Called<'k, Archetype>>,
    /// What it can do beyond that, in order of mention.
    pub capabilities: Vec<(Called<'k, Capability>, Option<String>)>,
    /// What its things are, best first.
    pub domains: Vec<Called<'k, Domain>>,
}

impl Recognition<'_> {
    /// Whether no archetype was called for.
    pub fn is_generic(&self) -> bool {
        self.archetype.module.id == CORE
    }

    /// Whether a phrase only names the kind of product ("booking" of "booking site").
    pub fn is_kind(&self, phrase: &Phrase) -> bool {
        self.archetype.strong.iter().any(|(start, end)| phrase.span.start >= *start && phrase.span.end <= *end)
    }

    /// Whether a phrase only names a capability that was recognised ("escrow", "condition grading").
    pub fn answers(&self, phrase: &Phrase) -> bool {
        self.capabilities.iter().any(|(called, _)| {
            called.strong.iter().any(|(start, end)| phrase.span.start <= *start && *end == phrase.span.end)
        })
    }
}

/// Scores all modules against a reading. `note` is a wish about a regeneration: what it asks for comes on top.
pub fn recognise<'k>(
    text: &str,
    reading: &Reading,
    note: Option<(&str, &Reading)>,
    knowledge: &'k Knowledge,
    lexicon: &Lexicon,
) -> Option<Recognition<'k>> {
    let (archetype, lender) = archetypes(text, reading, knowledge)?;
    let capabilities = capabilities(text, reading, note, &archetype, knowledge, lexicon);
    let domains = domains(text, reading, knowledge);
    Some(Recognition { archetype, lender, capabilities, domains })
}

/// The kind of product that leads, and one that may lend: called for in its own right, by words the first did not use.
fn archetypes<'k>(
    text: &str,
    reading: &Reading,
    knowledge: &'k Knowledge,
) -> Option<(Called<'k, Archetype>, Option<Called<'k, Archetype>>)> {
    let scored = |module: &'k Archetype| with_verbs(call(module, &module.terms, text, &reading.words), text, reading);
    let mut called: Vec<_> = knowledge.archetypes.iter().map(scored).filter(|called| called.score >= LEADS).collect();
    called.sort_by_key(|called| {
        (std::cmp::Reverse(called.score), called.spans.first().copied(), called.module.id.clone())
    });
    let mut called = called.into_iter();
    let Some(first) = called.next() else {
        let core = knowledge.archetype(CORE)?;
        return Some((
            Called { module: core, words: Vec::new(), spans: Vec::new(), strong: Vec::new(), score: 0 },
            None,
        ));
    };
    let own = |other: &Called<'k, Archetype>| {
        other.score >= CALLED && other.spans.iter().all(|span| !first.spans.contains(span))
    };
    let lender = called.find(own);
    Some((first, lender))
}

/// What people do speaks for a kind of product as well: two of its verbs are a hint, three settle it.
fn with_verbs<'k>(mut called: Called<'k, Archetype>, text: &str, reading: &Reading) -> Called<'k, Archetype> {
    let module = called.module;
    let own = |verb: &String| {
        module.thing.verbs.contains(verb) || module.roles.values().any(|role| role.verbs.contains(verb))
    };
    let fresh = reading.actions.iter().filter(|action| {
        own(&action.verb)
            && called.spans.iter().all(|(start, end)| action.span.end <= *start || *end <= action.span.start)
    });
    let fresh: Vec<_> = fresh.collect();
    if module.id != CORE && fresh.len() >= 2 {
        called.score += u32::try_from(fresh.len()).unwrap_or(0).min(3);
        for word in fresh.iter().filter_map(|action| text.get(action.span.clone())) {
            if called.words.iter().all(|known| known != word) {
                called.words.push(word.to_owned());
            }
        }
    }
    called
}

fn capabilities<'k>(
    text: &str,
    reading: &Reading,
    note: Option<(&str, &Reading)>,
    archetype: &Called<'k, Archetype>,
    knowledge: &'k Knowledge,
    lexicon: &Lexicon,
) -> Vec<(Called<'k, Capability>, Option<String>)> {
    let unwanted: BTreeSet<&str> = knowledge
        .capabilities
        .iter()
        .filter(|module| {
            let rules_out =
                |reading: &Reading| call(*module, &module.terms, "", &only_negated(reading)).score >= CALLED;
            rules_out(reading) || note.is_some_and(|(_, note)| rules_out(note))
        })
        .map(|module| module.id.as_str())
        .collect();
    let mut called: Vec<Called<'k, Capability>> = Vec::new();
    for module in knowledge.capabilities.iter().filter(|module| !unwanted.contains(module.id.as_str())) {
        let fitting = module.goes_with.contains(&archetype.module.id);
        let least = if fitting { CALLED_IF_FITTING } else { CALLED };
        let by_directive = call(module, &module.terms, text, &reading.words);
        let by_note = note.map(|(text, note)| call(module, &module.terms, text, &note.words));
        if by_directive.score >= least {
            called.push(by_directive);
        } else if let Some(mut asked) = by_note.filter(|called| called.score >= least) {
            // A note's words are not the directive's: they give a reason, not a place.
            asked.spans.clear();
            asked.strong.clear();
            called.push(asked);
        }
    }
    called.sort_by_key(|called| std::cmp::Reverse(called.score));
    called.truncate(MOST_CAPABILITIES);
    called.sort_by_key(|called| called.spans.first().copied().unwrap_or((usize::MAX, 0)));
    called.into_iter().map(|called| with_aspect(called, reading, lexicon)).collect()
}

/// Finds the aspect, and takes its whole phrase as the reason: "condition grading", not only "grading".
fn with_aspect<'k>(
    mut called: Called<'k, Capability>,
    reading: &Reading,
    lexicon: &Lexicon,
) -> (Called<'k, Capability>, Option<String>) {
    let found = aspect(&called, reading, lexicon);
    if let Some((phrase, _)) = &found {
        called.words.retain(|word| !phrase.text.contains(word.as_str()));
        called.words.insert(0, phrase.text.clone());
    }
    (called, found.map(|(_, aspect)| aspect))
}

/// The words in front of the shortest term that ends the phrase: "condition" of "condition grading".
fn aspect<'r>(
    called: &Called<'_, Capability>,
    reading: &'r Reading,
    lexicon: &Lexicon,
) -> Option<(&'r Phrase, String)> {
    let phrase = reading.things.iter().find(|phrase| called.spans.iter().any(|(_, end)| *end == phrase.span.end))?;
    let words: Vec<&str> = phrase.inner.split_whitespace().collect();
    let is_term = |from: usize| {
        let tail = words[from..].join(" ").to_lowercase();
        called.module.terms.contains_key(&tail) || called.module.terms.contains_key(&lexicon.inflect.singular(&tail))
    };
    let from = (phrase.modifiers + 1..words.len()).rev().find(|from| is_term(*from))?;
    Some((phrase, lexicon.inflect.singular(&words[phrase.modifiers..from].join(" "))))
}

fn domains<'k>(text: &str, reading: &Reading, knowledge: &'k Knowledge) -> Vec<Called<'k, Domain>> {
    let nouns = only_nouns(reading);
    let mut called: Vec<_> = knowledge
        .domains
        .iter()
        .map(|module| call(module, &module.terms, text, &nouns))
        .filter(|called| called.score >= DOMAIN)
        .collect();
    called.sort_by_key(|called| {
        (std::cmp::Reverse(called.score), called.spans.first().copied(), called.module.id.clone())
    });
    if called.iter().any(|called| !only_modifies(called, reading)) {
        called.retain(|called| !only_modifies(called, reading));
    }
    called.truncate(2);
    called
}

/// "wedding" of "wedding dresses" speaks of weddings only in passing.
fn only_modifies(called: &Called<'_, Domain>, reading: &Reading) -> bool {
    called
        .spans
        .iter()
        .all(|(start, end)| reading.things.iter().any(|thing| thing.span.start <= *start && *end < thing.span.end))
}

/// The domain of the main thing: the one that names it, else one that speaks of the whole (of its people, say), and not only of some
/// other thing.
pub fn domain_of_main<'r, 'k>(
    main: Option<&Phrase>,
    reading: &Reading,
    domains: &'r [Called<'k, Domain>],
) -> Option<&'r Called<'k, Domain>> {
    let elsewhere = |(start, end): &(usize, usize)| {
        reading.things.iter().any(|thing| Some(thing) != main && thing.span.start <= *start && *end <= thing.span.end)
    };
    let of_the_whole = || domains.iter().find(|called| called.spans.iter().any(|span| !elsewhere(span)));
    main.and_then(|main| domain_of(main, domains)).or_else(of_the_whole)
}

/// The domain whose nouns are in this very phrase.
pub fn domain_of<'r, 'k>(phrase: &Phrase, domains: &'r [Called<'k, Domain>]) -> Option<&'r Called<'k, Domain>> {
    let names = |called: &&Called<'k, Domain>| {
        called.spans.iter().any(|(start, end)| phrase.span.start <= *start && *end == phrase.span.end)
    };
    let within = |called: &&Called<'k, Domain>| {
        called.spans.iter().any(|(start, end)| phrase.span.start <= *start && *end <= phrase.span.end)
    };
    domains.iter().find(names).or_else(|| domains.iter().find(within))
}

/// Finds a module's terms among the words, longest first; a word counts once. Ruled-out words call for nothing.
fn call<'k, M>(module: &'k M, terms: &BTreeMap<String, u32>, text: &str, words: &[ReadWord]) -> Called<'k, M> {
    let mut taken = vec![false; words.len()];
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut strong: Vec<(usize, usize)> = Vec::new();
    let mut score = 0;
    let mut terms: Vec<(Vec<&str>, u32)> = terms.iter().map(|(term, weight)| (parts(term), *weight)).collect();
    terms.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
    for (term, weight) in terms {
        let hit = words.windows(term.len().max(1)).enumerate().find(|(at, window)| {
            taken[*at..*at + term.len()].iter().all(|taken| !taken)
                && window
                    .iter()
                    .zip(&term)
                    .all(|(word, part)| !word.negated && word.forms.iter().any(|form| form == part))
        });
        if let Some((at, window)) = hit {
            taken[at..at + term.len()].iter_mut().for_each(|taken| *taken = true);
            score += weight;
            if let (Some(first), Some(last)) = (window.first(), window.last()) {
                let span = (first.span.start, last.span.end);
                found.push(span);
                strong.extend((weight >= CALLED).then_some(span));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    let words = found.iter().filter_map(|(start, end)| text.get(*start..*end)).map(str::to_owned).collect();
    Called { module, words, spans: found, strong, score }
}

fn parts(term: &str) -> Vec<&str> {
    term.split([' ', '-']).filter(|part| !part.is_empty()).collect()
}

/// The words as nouns: "booking" is not about books, and "matches students" not about sport.
fn only_nouns(reading: &Reading) -> Vec<ReadWord> {
    let mut words = reading.words.clone();
    for word in &mut words {
        let lemma = word.lemma.take();
        word.forms.retain(|form| Some(form) != lemma.as_ref());
        word.negated |= word.is_verb;
    }
    words
}

/// The words a reading rules out, as if they were wanted.
fn only_negated(reading: &Reading) -> Vec<ReadWord> {
    reading.words.iter().filter(|word| word.negated).map(|word| ReadWord { negated: false, ..word.clone() }).collect()
}
