//! Step two: which modules the words call for, and which words those are.

use std::collections::BTreeSet;

mod terms;

use super::{
    knowledge::{Archetype, CORE, Capability, Domain, Knowledge},
    lexicon::Lexicon,
    reading::{Action, Phrase, Reading},
};
use terms::{Hit, call, only_negated, only_nouns};

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
    /// Where they stand.
    hits: Vec<Hit>,
    score: u32,
}

impl<M> Called<'_, M> {
    /// How strongly the words call for it.
    pub fn score(&self) -> u32 {
        self.score
    }

    /// Words that settle it alone.
    fn strong(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(|hit| hit.weight >= CALLED)
    }

    /// Whether words that call for it at least so strongly end a phrase, or hold it: "gift vouchers", "costs" of "split costs".
    fn names(&self, phrase: &Phrase, least: u32) -> bool {
        let mut clear = self.hits.iter().filter(|hit| hit.weight >= least);
        clear.any(|hit| hit.end == phrase.span.end || holds(hit, phrase))
    }

    /// Whether some of its words are in a phrase.
    pub fn is_in(&self, phrase: &Phrase) -> bool {
        self.hits.iter().any(|hit| phrase.span.start <= hit.start && hit.end <= phrase.span.end)
    }

    /// Whether its words hold a phrase: "tool" of "tool library".
    pub fn covers(&self, phrase: &Phrase) -> bool {
        self.hits.iter().any(|hit| holds(hit, phrase))
    }

    fn first(&self) -> Option<(usize, usize)> {
        self.hits.first().map(|hit| (hit.start, hit.end))
    }
}

fn holds(hit: &Hit, phrase: &Phrase) -> bool {
    hit.start <= phrase.span.start && phrase.span.end <= hit.end
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
        self.archetype.strong().any(|hit| holds(hit, phrase))
    }

    /// Whether a phrase ends in the name of the kind of product, with something in front: "chess tournament".
    pub fn ends_in_kind(&self, phrase: &Phrase) -> bool {
        self.archetype.strong().any(|hit| phrase.span.start < hit.start && hit.end == phrase.span.end)
    }

    /// Whether a phrase is nothing but the name of a capability, so that the product cannot be about it ("escrow").
    pub fn is_capability(&self, phrase: &Phrase) -> bool {
        let within = |hit: &Hit| phrase.span.start <= hit.start && hit.end == phrase.span.end;
        self.capabilities.iter().any(|(called, _)| called.strong().any(within))
    }

    /// Whether something that was recognised beside the kind sees to a phrase ("condition grading", "deposits").
    pub fn answers(&self, phrase: &Phrase) -> bool {
        self.capabilities.iter().any(|(called, _)| called.names(phrase, CALLED_IF_FITTING))
            || self.lender.iter().any(|lender| lender.strong().any(|hit| holds(hit, phrase)))
    }

    /// Whether a limit of the directive is what a capability was called for by ("three languages").
    pub fn sees_to(&self, limit: &Phrase) -> bool {
        let touches = |hit: &Hit| hit.start < limit.span.end && limit.span.start < hit.end;
        self.capabilities.iter().any(|(called, _)| called.strong().any(touches)) || self.archetype.strong().any(touches)
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
    let domains = domains(text, reading, archetype.module, knowledge, lexicon);
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
    called.sort_by_key(|called| (std::cmp::Reverse(called.score), called.first(), called.module.id.clone()));
    let mut called = called.into_iter();
    let Some(first) = called.next() else {
        let core = knowledge.archetype(CORE)?;
        return Some((Called { module: core, words: Vec::new(), hits: Vec::new(), score: 0 }, None));
    };
    // People alone ("students", "teachers") do not make a second kind: one word has to settle it.
    let own = |other: &Called<'k, Archetype>| {
        other.strong().next().is_some() && other.hits.iter().all(|hit| first.hits.iter().all(|own| !own.overlaps(*hit)))
    };
    let lender = called.find(own);
    Some((first, lender))
}

/// What people do speaks for a kind of product as well: two of its verbs are a hint, three settle it.
fn with_verbs<'k>(mut called: Called<'k, Archetype>, text: &str, reading: &Reading) -> Called<'k, Archetype> {
    let module = called.module;
    let own = |action: &Action| {
        action.is_any_of(&module.thing.verbs) || module.roles.values().any(|role| action.is_any_of(&role.verbs))
    };
    let fresh = reading.actions.iter().filter(|action| {
        own(action) && called.hits.iter().all(|hit| action.span.end <= hit.start || hit.end <= action.span.start)
    });
    // A verb with a list of objects is one verb.
    let mut fresh: Vec<_> = fresh.collect();
    fresh.dedup_by_key(|action| action.span.clone());
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
            asked.hits.clear();
            called.push(asked);
        }
    }
    called.sort_by_key(|called| std::cmp::Reverse(called.score));
    called.truncate(MOST_CAPABILITIES);
    called.sort_by_key(|called| called.first().unwrap_or((usize::MAX, 0)));
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
    let phrase = reading.things.iter().find(|phrase| called.hits.iter().any(|hit| hit.end == phrase.span.end))?;
    let words: Vec<&str> = phrase.inner.split_whitespace().collect();
    let is_term = |from: usize| {
        let tail = words[from..].join(" ").to_lowercase();
        called.module.terms.contains_key(&tail) || called.module.terms.contains_key(&lexicon.inflect.singular(&tail))
    };
    let from = (phrase.modifiers + 1..words.len()).rev().find(|from| is_term(*from))?;
    Some((phrase, lexicon.inflect.singular(&words[phrase.modifiers..from].join(" "))))
}

fn domains<'k>(
    text: &str,
    reading: &Reading,
    archetype: &Archetype,
    knowledge: &'k Knowledge,
    lexicon: &Lexicon,
) -> Vec<Called<'k, Domain>> {
    let named: Vec<Phrase> =
        reading.things.iter().chain(&reading.actors).map(|phrase| archetype.thing.core(phrase, lexicon)).collect();
    let nouns = only_nouns(reading);
    let mut called: Vec<_> = knowledge
        .domains
        .iter()
        .map(|module| call(module, &module.terms, text, &nouns))
        .filter(|called| called.score >= DOMAIN)
        .collect();
    called.sort_by_key(|called| (std::cmp::Reverse(called.score), called.first(), called.module.id.clone()));
    if called.iter().any(|called| !only_modifies(called, &named)) {
        called.retain(|called| !only_modifies(called, &named));
    }
    called.truncate(2);
    called
}

/// "wedding" of "wedding dresses" speaks of weddings only in passing, "forklift" of "forklift drivers" of forklifts.
fn only_modifies(called: &Called<'_, Domain>, named: &[Phrase]) -> bool {
    let in_front = |hit: &Hit, phrase: &Phrase| phrase.span.start <= hit.start && hit.end < phrase.span.end;
    called.hits.iter().all(|hit| named.iter().any(|phrase| in_front(hit, phrase)))
}

/// The domain of the main thing: the one that names it, else one that speaks of the whole (of its people, say), and not only of some
/// other thing or of what the product is called.
pub fn domain_of_main<'r, 'k>(
    main: Option<&Phrase>,
    reading: &Reading,
    domains: &'r [Called<'k, Domain>],
) -> Option<&'r Called<'k, Domain>> {
    let within = |hit: &Hit, phrase: &Phrase| phrase.span.start <= hit.start && hit.end <= phrase.span.end;
    let elsewhere =
        |hit: &Hit| reading.form.iter().chain(&reading.things).any(|thing| Some(thing) != main && within(hit, thing));
    let of_the_whole = || domains.iter().find(|called| called.hits.iter().any(|hit| !elsewhere(hit)));
    main.and_then(|main| domain_of(main, domains)).or_else(of_the_whole)
}

/// The domain whose nouns are in this very phrase.
pub fn domain_of<'r, 'k>(phrase: &Phrase, domains: &'r [Called<'k, Domain>]) -> Option<&'r Called<'k, Domain>> {
    let ends = |hit: &Hit| phrase.span.start <= hit.start && hit.end == phrase.span.end;
    let within = |hit: &Hit| phrase.span.start <= hit.start && hit.end <= phrase.span.end;
    let longest = |test: &dyn Fn(&Hit) -> bool| {
        let length = |called: &Called<'k, Domain>| {
            called.hits.iter().filter(|hit| test(hit)).map(|hit| hit.end - hit.start).max()
        };
        // Of several the first, which is the best.
        domains.iter().rev().filter(|called| length(called).is_some()).max_by_key(|called| length(called))
    };
    longest(&ends).or_else(|| longest(&within))
}

/// Whether a domain is about somebody, or about a whole thing, that the directive names.
pub fn names_somebody_or_something(called: &Called<'_, Domain>, reading: &Reading) -> bool {
    let ends = |hit: &Hit, phrase: &Phrase| phrase.span.start <= hit.start && hit.end == phrase.span.end;
    called.hits.iter().any(|hit| reading.things.iter().chain(&reading.actors).any(|phrase| ends(hit, phrase)))
}
