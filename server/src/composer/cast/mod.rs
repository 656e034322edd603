//! Who plays which part, and what the product is about: the archetype's roles and main thing, bound to the directive's words.

mod players;

use std::collections::BTreeMap;

use super::{
    inflect::{VerbForm, article, joined, listed},
    knowledge::{Role, Slots},
    lexicon::Lexicon,
    reading::{Action, Phrase, Reading},
    recognise::{Recognition, domain_of_main},
};

/// What is said of a thing whose domain nobody described.
const PLAIN_TRAITS: [&str; 4] = ["name", "kind", "date", "source"];
const PLAIN_WEAR: &str = "anything that is missing or has changed";
const PLAIN_EVIDENCE: &str = "a dated photo or file";
/// More traits than this are a list, not a sentence.
const TRAITS_TOLD: usize = 4;
const MOST_COMPANIONS: usize = 2;

/// Somebody in a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// What they are called in sentences: the directive's noun, or the part's own word where one noun plays two parts.
    pub noun: String,
    /// Who tells their stories: "collector who sells".
    pub who: String,
    /// The directive's words for them, if it has any.
    pub actor: Option<Phrase>,
}

/// The bound words of one directive.
#[derive(Debug, Clone)]
pub struct Cast {
    /// What the product is about.
    pub thing: Option<Phrase>,
    /// One of it, as it reads in a sentence.
    pub thing_noun: String,
    /// One of it without adjectives.
    pub head_noun: String,
    /// What is treated like it, and told along with it.
    pub companions: Vec<Phrase>,
    /// What the directive calls the product.
    pub product: String,
    /// The four parts.
    pub players: BTreeMap<Role, Player>,
    /// People the directive names who play none of them.
    pub others: Vec<Phrase>,
    /// The id of the domain that says what the main thing is.
    pub domain: Option<String>,
    traits: String,
    wear: String,
    evidence: String,
    /// The words are not English: they stay exactly as typed.
    foreign: bool,
}

impl Cast {
    /// Binds the parts of the recognised archetype.
    pub fn bind(reading: &Reading, recognition: &Recognition<'_>, lexicon: &Lexicon) -> Self {
        let archetype = recognition.archetype.module;
        let thing = main_thing(reading, recognition, lexicon);
        let (players, others) = players::players(reading, recognition, lexicon);
        let domain = domain_of_main(thing.as_ref(), reading, &recognition.domains);
        // What comes in no number comes in whatever the kind of product counts: "tea boxes".
        let counted = |noun: String| {
            let mass = lexicon.inflect.is_uncountable(&noun) && !archetype.thing.kinds.is_empty();
            if mass { format!("{noun} {}", archetype.thing.fallback) } else { noun }
        };
        let noun = |one: fn(&Phrase, &Lexicon) -> String| {
            thing.as_ref().map_or_else(|| archetype.thing.fallback.clone(), |thing| counted(one(thing, lexicon)))
        };
        let list = |items: &[String]| joined(items);
        let names = |fields: &[String]| {
            let names = fields.iter().filter_map(|field| field.split_once(": ").map(|(name, _)| name.to_owned()));
            joined(&names.take(TRAITS_TOLD).collect::<Vec<_>>())
        };
        Self {
            thing_noun: noun(Phrase::singular),
            head_noun: noun(Phrase::bare),
            product: reading.form.as_ref().map_or_else(|| archetype.label.clone(), |form| form.singular(lexicon)),
            traits: domain.map_or_else(|| joined(&PLAIN_TRAITS.map(str::to_owned)), |d| names(&d.module.identity)),
            wear: domain.map_or_else(|| PLAIN_WEAR.to_owned(), |d| list(&d.module.wear)),
            evidence: domain.map_or_else(|| PLAIN_EVIDENCE.to_owned(), |d| list(&d.module.evidence)),
            domain: domain.map(|domain| domain.module.id.clone()),
            foreign: reading.language != "en" && reading.language != "und",
            companions: companions(thing.as_ref(), reading, recognition, lexicon),
            thing,
            players,
            others,
        }
    }

    /// Who plays a part.
    pub fn player(&self, role: Role) -> Option<&Player> {
        self.players.get(&role)
    }
}

/// The object of the archetype's verbs; else what ends in the name of the kind ("chess tournament"); else the first thing somebody does
/// something to; else the first thing that is not just the
/// name of a capability. Where nothing is left the archetype knows a word for it.
fn main_thing<'r>(reading: &'r Reading, recognition: &Recognition<'_>, lexicon: &Lexicon) -> Option<Phrase> {
    let entry = &recognition.archetype.module.thing;
    let ends_in_somebody = |phrase: &Phrase| {
        let core = entry.core(phrase, lexicon);
        core != *phrase && lexicon.is_person(&core.head(lexicon))
    };
    let is_thing = |phrase: &&Phrase| {
        let key = phrase.key(lexicon);
        !recognition.is_capability(phrase)
            && !recognition.is_kind(phrase)
            && !ends_in_somebody(phrase)
            && reading.things.iter().any(|thing| thing.key(lexicon) == key)
    };
    let own = |action: &&Action| action.is_any_of(&entry.verbs);
    let object = |action: &'r Action| action.object.as_ref();
    let of_verbs = reading.actions.iter().filter(own).filter_map(object).find(is_thing);
    let in_form = reading
        .things
        .first()
        .filter(|thing| reading.form.as_ref().is_some_and(|form| thing.span.end <= form.span.start));
    let of_kind = reading.things.iter().find(|thing| recognition.ends_in_kind(thing) && !ends_in_somebody(thing));
    let of_any = reading.actions.iter().filter_map(object).find(is_thing);
    // What something is worked out or made from is not what it is about, nor what comes with it: "transport, with vehicles".
    let beside = |thing: &Phrase| match reading.word_before(thing) {
        Some("from") => true,
        Some("with") => reading.form.is_none() && reading.things.first() != Some(thing),
        _ => false,
    };
    let named = reading.things.iter().filter(|thing| !beside(thing)).find(is_thing);
    let worked_on = reading.actions.iter().filter(|action| is_work(action, lexicon)).filter_map(object);
    let worked_on = worked_on.into_iter().find(|phrase| recognition.is_capability(phrase));
    let found = of_verbs.or(in_form.filter(is_thing)).or(of_kind).or(of_any).or(named).or(worked_on);
    found.map(|phrase| entry.core(phrase, lexicon))
}

/// Whether somebody does something with the object that is more than to choose or see it.
fn is_work(action: &Action, lexicon: &Lexicon) -> bool {
    const LOOKING: [&str; 8] = ["choose", "pick", "select", "show", "search", "find", "view", "use"];
    action.subject.is_some() && !lexicon.is_light(&action.verb) && !LOOKING.contains(&action.verb.as_str())
}

/// Further things the archetype's verbs are done to: "records and posters" of "buy shirts, records and posters". What is said of the main
/// thing is said of them as well.
fn companions(
    thing: Option<&Phrase>,
    reading: &Reading,
    recognition: &Recognition<'_>,
    lexicon: &Lexicon,
) -> Vec<Phrase> {
    let Some(thing) = thing.filter(|_| !recognition.is_generic()) else { return Vec::new() };
    let verbs = &recognition.archetype.module.thing.verbs;
    let mut found: Vec<Phrase> = Vec::new();
    for object in reading.actions.iter().filter(|action| action.is_any_of(verbs)).filter_map(|a| a.object.as_ref()) {
        let known = |other: &Phrase| other.head(lexicon) == object.head(lexicon);
        let is_thing = reading.things.contains(object);
        if is_thing
            && !known(thing)
            && !found.iter().any(known)
            && !recognition.is_kind(object)
            && !recognition.answers(object)
        {
            found.push(object.clone());
        }
    }
    // Two are a list, more are a paragraph.
    found.truncate(MOST_COMPANIONS);
    found
}

/// The words for one module's lines: the cast, and what the module itself brings.
pub struct Words<'a> {
    /// The directive's cast.
    pub cast: &'a Cast,
    /// Word forms.
    pub lexicon: &'a Lexicon,
    /// A capability's aspect.
    pub aspect: Option<&'a str>,
    /// The action a class of verbs was called for by.
    pub action: Option<&'a ActionWords>,
}

/// The words of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionWords {
    /// Who, singular.
    pub subject: String,
    /// The verb's lemma.
    pub verb: String,
    /// To what, singular.
    pub object: String,
}

impl Words<'_> {
    fn noun(&self, slot: &str) -> Option<&str> {
        let role = |role| self.cast.player(role).map(|player| player.noun.as_str());
        match slot {
            "provider" => role(Role::Provider),
            "customer" => role(Role::Customer),
            "operator" => role(Role::Operator),
            "overseer" => role(Role::Overseer),
            "subject" => self.action.map(|action| action.subject.as_str()),
            "object" => self.action.map(|action| action.object.as_str()),
            _ => None,
        }
    }

    /// The main thing and whatever is treated like it: "drill or ladder", "drills and ladders".
    fn things(&self, slot: &str, with_article: bool) -> Option<String> {
        let (first, rest): (&str, fn(&Phrase, &Lexicon) -> String) = match slot.trim_end_matches('s') {
            "thing" => (&self.cast.thing_noun, Phrase::singular),
            "head" => (&self.cast.head_noun, Phrase::bare),
            _ => return None,
        };
        let rest = self.cast.companions.iter().map(|phrase| rest(phrase, self.lexicon));
        let nouns = std::iter::once(first.to_owned()).chain(rest);
        if slot.ends_with('s') {
            let many = |noun: String| if self.cast.foreign { noun } else { self.lexicon.inflect.plural(&noun) };
            return Some(joined(&nouns.map(many).collect::<Vec<_>>()));
        }
        let either = listed(&nouns.collect::<Vec<_>>(), "or");
        Some(if with_article { article_for(&either, first, self.lexicon) } else { either })
    }

    fn verb(&self, slot: &str) -> Option<String> {
        let verb = &self.action?.verb;
        match slot {
            "verb" => Some(verb.clone()),
            "verbs" => Some(self.lexicon.inflect.third(verb)),
            "verbing" => Some(self.lexicon.inflect.gerund(verb)),
            "verbed" => Some(self.lexicon.inflect.participle(verb)),
            _ => None,
        }
    }
}

impl Slots for Words<'_> {
    fn fill(&self, slot: &str, with_article: bool) -> Option<String> {
        if let Some(things) = self.things(slot, with_article) {
            return Some(things);
        }
        if let Some(noun) = self.noun(slot) {
            return Some(if with_article { one_of(noun, self.lexicon) } else { noun.to_owned() });
        }
        if let Some(noun) = slot.strip_suffix('s').and_then(|one| self.noun(one)) {
            let typed = self.cast.foreign && self.action.is_some();
            return Some(if typed { noun.to_owned() } else { self.lexicon.inflect.plural(noun) });
        }
        let words = match slot {
            "product" => self.cast.product.clone(),
            "traits" => self.cast.traits.clone(),
            "wear" => self.cast.wear.clone(),
            "evidence" => self.cast.evidence.clone(),
            "aspect" => self.aspect?.to_owned(),
            _ => self.verb(slot)?,
        };
        Some(if with_article { format!("{} {words}", article(&words)) } else { words })
    }

    fn is_mass(&self, slot: &str) -> bool {
        let one = slot.strip_suffix('s').unwrap_or_default();
        let noun = match one {
            "thing" | "head" if self.cast.companions.is_empty() => Some(self.cast.head_noun.as_str()),
            _ => self.noun(one),
        };
        noun.is_some_and(|noun| self.lexicon.inflect.is_uncountable(noun) && !self.lexicon.inflect.is_plural_only(noun))
    }

    fn is_plural_only(&self, slot: &str) -> bool {
        matches!(slot, "thing" | "head")
            && self.cast.companions.is_empty()
            && self.lexicon.inflect.is_plural_only(&self.cast.head_noun)
            && self.lexicon.inflect.singular(&self.cast.head_noun) == self.lexicon.inflect.plural(&self.cast.head_noun)
    }

    fn third(&self, verb: &str) -> Option<String> {
        let is_verb = |verb: &&str| {
            matches!(self.lexicon.verb(verb), Some((_, VerbForm::Base))) && self.lexicon.function(verb).is_none()
        };
        match verb {
            "are" => Some("is".to_owned()),
            "were" => Some("was".to_owned()),
            "have" => Some("has".to_owned()),
            "do" => Some("does".to_owned()),
            _ => Some(verb).filter(is_verb).map(|verb| self.lexicon.inflect.third(verb)),
        }
    }
}

/// "a hive", "an hour", "some equipment".
pub fn one_of(noun: &str, lexicon: &Lexicon) -> String {
    article_for(noun, noun, lexicon)
}

/// The words with the article that fits their first noun.
fn article_for(words: &str, noun: &str, lexicon: &Lexicon) -> String {
    if lexicon.inflect.is_uncountable(noun) || lexicon.inflect.is_plural(noun.rsplit(' ').next().unwrap_or(noun)) {
        format!("some {words}")
    } else {
        format!("{} {words}", article(words))
    }
}
