//! Who plays which part, and what the product is about: the archetype's roles and main thing, bound to the directive's words.

use std::collections::BTreeMap;

use super::{
    inflect::{article, joined},
    knowledge::{Archetype, Role, Slots},
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
        let (players, others) = players(reading, recognition, lexicon);
        let domain = domain_of_main(thing.as_ref(), reading, &recognition.domains);
        let list = |items: &[String]| joined(items);
        let names = |fields: &[String]| {
            let names = fields.iter().filter_map(|field| field.split_once(": ").map(|(name, _)| name.to_owned()));
            joined(&names.take(TRAITS_TOLD).collect::<Vec<_>>())
        };
        Self {
            thing_noun: thing.as_ref().map_or_else(|| archetype.thing.fallback.clone(), |t| t.singular(lexicon)),
            head_noun: thing.as_ref().map_or_else(|| archetype.thing.fallback.clone(), |t| t.bare(lexicon)),
            product: reading.form.as_ref().map_or_else(|| archetype.label.clone(), |form| form.singular(lexicon)),
            traits: domain.map_or_else(|| joined(&PLAIN_TRAITS.map(str::to_owned)), |d| names(&d.module.identity)),
            wear: domain.map_or_else(|| PLAIN_WEAR.to_owned(), |d| list(&d.module.wear)),
            evidence: domain.map_or_else(|| PLAIN_EVIDENCE.to_owned(), |d| list(&d.module.evidence)),
            domain: domain.map(|domain| domain.module.id.clone()),
            foreign: reading.language != "en" && reading.language != "und",
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

/// The object of the archetype's verbs; else the first thing somebody does something to; else the first thing that is not just the
/// name of a capability.
fn main_thing(reading: &Reading, recognition: &Recognition<'_>, lexicon: &Lexicon) -> Option<Phrase> {
    let is_thing = |phrase: &&Phrase| {
        let key = phrase.key(lexicon);
        !recognition.answers(phrase)
            && !recognition.is_kind(phrase)
            && reading.things.iter().any(|thing| thing.key(lexicon) == key)
    };
    let object = |action: &&Action| recognition.archetype.module.thing.verbs.contains(&action.verb);
    let of_verbs = reading.actions.iter().filter(object).filter_map(|action| action.object.as_ref()).find(is_thing);
    let in_form = reading
        .things
        .first()
        .filter(|thing| reading.form.as_ref().is_some_and(|form| thing.span.end <= form.span.start));
    let of_any = reading.actions.iter().filter_map(|action| action.object.as_ref()).find(is_thing);
    let named = reading.things.iter().find(is_thing);
    let any = || reading.things.first().filter(|thing| !recognition.is_kind(thing));
    of_verbs.or(in_form.filter(is_thing)).or(of_any).or(named).or_else(any).cloned()
}

fn players(
    reading: &Reading,
    recognition: &Recognition<'_>,
    lexicon: &Lexicon,
) -> (BTreeMap<Role, Player>, Vec<Phrase>) {
    let mut bound = bound_by_verbs(reading, recognition);
    let archetype = recognition.archetype.module;
    let mut others = bind_the_rest(reading, archetype, &mut bound, lexicon);
    share_parts(archetype, &mut bound);
    let mut players = BTreeMap::new();
    for (role, entry) in &recognition.archetype.module.roles {
        let player = match bound.get(role) {
            None => Player { noun: entry.word.clone(), who: entry.word.clone(), actor: None },
            Some((actor, verb)) => {
                let noun = actor.singular(lexicon);
                let parts = bound.iter().filter(|(_, (other, _))| other == actor);
                let words: Vec<_> = parts
                    .filter_map(|(role, _)| recognition.archetype.module.roles.get(role))
                    .map(|e| &e.word)
                    .collect();
                let two_parts = words.iter().any(|word| *word != &entry.word);
                let who = match verb {
                    Some(verb) if two_parts => format!("{noun} who {}", lexicon.inflect.third(verb)),
                    _ => noun.clone(),
                };
                Player { noun: if two_parts { entry.word.clone() } else { noun }, who, actor: Some(actor.clone()) }
            }
        };
        players.insert(*role, player);
    }
    others.retain(|other| bound.values().all(|(actor, _)| actor != other));
    (players, others)
}

type Bound = BTreeMap<Role, (Phrase, Option<String>)>;

/// Whoever does what a part is known for, plays it.
fn bound_by_verbs(reading: &Reading, recognition: &Recognition<'_>) -> Bound {
    let mut bound = Bound::new();
    for role in Role::CAST {
        let Some(entry) = recognition.archetype.module.roles.get(&role) else { continue };
        let does = |action: &&Action| action.subject.is_some() && entry.verbs.contains(&action.verb);
        if let Some(action) = reading.actions.iter().find(does)
            && let Some(actor) = &action.subject
        {
            bound.insert(role, (actor.clone(), Some(action.verb.clone())));
        }
    }
    bound
}

/// People without a telling verb take what is free: a group provides, an overseer oversees, anybody else works or receives.
/// Somebody named alone plays the parts the archetype has for them.
fn bind_the_rest(reading: &Reading, archetype: &Archetype, bound: &mut Bound, lexicon: &Lexicon) -> Vec<Phrase> {
    let known =
        |bound: &Bound, actor: &Phrase| bound.values().any(|(other, _)| other.key(lexicon) == actor.key(lexicon));
    let rest: Vec<Phrase> = reading.actors.iter().filter(|actor| !known(bound, actor)).cloned().collect();
    if let ([only], true) = (rest.as_slice(), bound.is_empty()) {
        bound.extend(archetype.alone.iter().map(|role| (*role, (only.clone(), None))));
        return Vec::new();
    }
    let mut others = Vec::new();
    for actor in rest {
        let head = actor.head(lexicon);
        let wishes: &[Role] = if lexicon.is_overseer(&head) {
            &[Role::Overseer]
        } else if lexicon.is_group(&head) {
            &[Role::Provider, Role::Operator]
        } else {
            &[Role::Operator, Role::Customer, Role::Provider]
        };
        match wishes.iter().find(|role| !bound.contains_key(role)) {
            Some(role) => {
                bound.insert(*role, (actor, None));
            }
            None => others.push(actor),
        }
    }
    others
}

/// Parts that the archetype gives one word are one person's.
fn share_parts(archetype: &Archetype, bound: &mut Bound) {
    let word = |role: &Role| archetype.roles.get(role).map(|entry| &entry.word);
    for role in Role::CAST.iter().filter(|role| !bound.contains_key(role)).collect::<Vec<_>>() {
        let twin = bound.iter().find(|(other, _)| word(other) == word(role)).map(|(_, actor)| actor.clone());
        bound.extend(twin.map(|actor| (*role, actor)));
    }
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
            "thing" => Some(&self.cast.thing_noun),
            "head" => Some(&self.cast.head_noun),
            "provider" => role(Role::Provider),
            "customer" => role(Role::Customer),
            "operator" => role(Role::Operator),
            "overseer" => role(Role::Overseer),
            "subject" => self.action.map(|action| action.subject.as_str()),
            "object" => self.action.map(|action| action.object.as_str()),
            _ => None,
        }
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
        if let Some(noun) = self.noun(slot) {
            return Some(if with_article { one_of(noun, self.lexicon) } else { noun.to_owned() });
        }
        if let Some(noun) = slot.strip_suffix('s').and_then(|one| self.noun(one)) {
            let typed =
                self.cast.foreign && slot.starts_with(['t', 'h']) || self.action.is_some_and(|_| self.cast.foreign);
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
}

/// "a hive", "an hour", "some equipment".
pub fn one_of(noun: &str, lexicon: &Lexicon) -> String {
    if lexicon.inflect.is_uncountable(noun) || lexicon.inflect.is_plural(noun.rsplit(' ').next().unwrap_or(noun)) {
        format!("some {noun}")
    } else {
        format!("{} {noun}", article(noun))
    }
}
