//! What a design is for: the directive as it was understood, the product and its blueprint, what the brand looks like and what the note asks.

use model::sections::{Entity, Feature, Field, Priority, Product, SYSTEM, Transition};

use crate::composer::{
    Understood,
    blueprint::{Blueprint, is_foreign},
    brand::{Look, Mood},
    cast::{Words, one_of},
    choice::choice,
    inflect::{capitalised, joined, listed},
    knowledge::{Line, Slots, Text},
    lexicon::Lexicon,
};

use super::{
    knowledge::{Density, DesignKnowledge},
    wishes::Wishes,
};

/// Everything the parts of a design are made from.
pub struct Subject<'a> {
    /// The directive.
    pub understood: &'a Understood<'a>,
    /// What was made of it.
    pub product: &'a Product,
    /// Its screens, tables and operations.
    pub blueprint: &'a Blueprint,
    /// What is known about design.
    pub knowledge: &'a DesignKnowledge,
    /// Word forms.
    pub lexicon: &'a Lexicon,
    /// Colours, typefaces and moods.
    pub look: &'a Look,
    /// What the note asks.
    pub wishes: Wishes,
    /// How much stands on a screen.
    pub density: Density,
    /// Varies every choice.
    pub seed: String,
}

/// The most that is told of a list.
const TOLD: usize = 3;
/// A noun longer than this is a sentence.
const NOUN_MAX_CHARS: usize = 40;
/// What people see most of, where the product keeps nothing.
const ANYTHING: &str = "entry";

impl<'a> Subject<'a> {
    /// The kind of product.
    pub fn archetype(&self) -> &str {
        &self.understood.recognition.archetype.module.id
    }

    /// The capabilities the directive calls for.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.understood.recognition.capabilities.iter().map(|(called, _)| called.module.id.as_str())
    }

    /// The mood that leads.
    pub fn mood(&self) -> Mood {
        self.look.moods.first().copied().unwrap_or(Mood::Calm)
    }

    /// Whether a name is not English, so that it takes neither article nor plural.
    pub fn is_foreign(&self, name: &str) -> bool {
        is_foreign(self.product, name)
    }

    /// One of an entity as it reads in a sentence: `ConditionReport` is a condition report.
    pub fn one(&self, entity: &Entity) -> String {
        let name: String = entity.name.trim().chars().take(NOUN_MAX_CHARS).collect();
        if self.is_foreign(&entity.name) || !name.is_ascii() { name } else { words_of(&name) }
    }

    /// Many of it.
    pub fn many(&self, entity: &Entity) -> String {
        let one = self.one(entity);
        let inflect = &self.lexicon.inflect;
        let last = one.rsplit(' ').next().unwrap_or_default();
        if self.is_foreign(&entity.name) || inflect.is_plural(last) { one } else { inflect.plural(&one) }
    }

    /// What people see most of: the first thing of a must feature that has a life of its own.
    pub fn kept(&self) -> Option<&'a Entity> {
        let musts = self.product.features.iter().filter(|feature| feature.priority == Priority::Must);
        let mut named = musts.flat_map(|feature| &feature.entities).filter_map(|id| self.product.entity(id));
        let alive = |entity: &&Entity| entity.states.len() > 1;
        named.find(alive).or_else(|| self.product.entities.iter().find(alive)).or(self.product.entities.first())
    }

    /// The thing an entity belongs to, unless that is a person.
    pub fn parent(&self, entity: &Entity) -> Option<&'a Entity> {
        let parents = entity.relations.iter().filter(|relation| relation.kind == "belongs to");
        let mut known = parents.filter_map(|relation| self.product.entity(&relation.to));
        known.find(|parent| parent.id != entity.id && !is_person(parent))
    }

    /// What belongs to an entity, people left out.
    pub fn child(&self, entity: &Entity) -> Option<&'a Entity> {
        let belongs = |other: &&Entity| {
            other.id != entity.id
                && !is_person(other)
                && other.relations.iter().any(|relation| relation.kind == "belongs to" && relation.to == entity.id)
        };
        let held = entity.relations.iter().filter(|relation| relation.kind != "belongs to");
        let mut held = held.filter_map(|relation| self.product.entity(&relation.to)).filter(|other| !is_person(other));
        held.find(|other| other.id != entity.id).or_else(|| self.product.entities.iter().find(belongs))
    }

    /// The name of somebody who takes part: "collector who buys".
    pub fn role(&self, id: &str) -> String {
        let role = self.blueprint.roles.iter().find(|role| role.id == id);
        role.map_or_else(|| id.replace('-', " "), |role| role.name.clone())
    }

    /// The features with these ids.
    pub fn features(&self, ids: &[String]) -> Vec<&'a Feature> {
        ids.iter().filter_map(|id| self.product.features.iter().find(|feature| feature.id == *id)).collect()
    }

    /// Words about nothing in particular but the product.
    pub fn about(&self) -> About<'_, 'a> {
        About { subject: self, entity: None, actors: &[], extra: Vec::new() }
    }

    /// Words about an entity, for those who act on it.
    pub fn about_entity<'s>(&'s self, entity: &'s Entity, actors: &'s [String]) -> About<'s, 'a> {
        About { subject: self, entity: Some(entity), actors, extra: Vec::new() }
    }
}

/// Somebody with an address who takes part.
pub fn is_person(entity: &Entity) -> bool {
    entity.states.is_empty() && entity.fields.iter().any(|field| field.kind == "email")
}

/// The steps in the life of an entity that people take: these, or anybody where none of them does.
pub fn steps<'e>(entity: &'e Entity, actors: &[String]) -> Vec<&'e Transition> {
    let by_people = |step: &&Transition| step.by.is_empty() || step.by.iter().any(|who| who != SYSTEM);
    let own = |step: &&Transition| actors.is_empty() || step.by.iter().any(|who| actors.contains(who));
    let theirs: Vec<&Transition> = entity.transitions.iter().filter(by_people).filter(own).collect();
    if theirs.is_empty() { entity.transitions.iter().filter(by_people).collect() } else { theirs }
}

/// The names of facts that read well in a sentence: "price" does, "expires on" does not.
pub fn facts(entity: &Entity) -> Vec<&Field> {
    const LOOSE: [&str; 14] =
        ["at", "on", "by", "until", "from", "to", "since", "in", "of", "for", "because", "with", "every", "under"];
    let whole = |field: &&Field| {
        let last = field.name.rsplit(' ').next().unwrap_or_default();
        !field.name.is_empty() && field.name.chars().count() <= NOUN_MAX_CHARS && !LOOSE.contains(&last)
    };
    let all: Vec<&Field> = entity.fields.iter().filter(whole).collect();
    let short: Vec<&Field> = all
        .iter()
        .copied()
        .filter(|field| !matches!(field.kind.as_str(), "long text" | "image" | "image list"))
        .collect();
    if short.len() > 1 { short } else { all }
}

/// `ConditionReport` and "Condition report" as words; abbreviations stay.
fn words_of(name: &str) -> String {
    let mut words = String::new();
    let mut before: Option<char> = None;
    for c in name.chars() {
        if c.is_uppercase() && before.is_some_and(char::is_lowercase) {
            words.push(' ');
        }
        words.push(if c == '_' || c == '-' && before.is_none() { ' ' } else { c });
        before = Some(c);
    }
    let lower = |word: &str| {
        let shouted = word.chars().count() > 1 && word.chars().all(|c| c.is_uppercase() || c.is_numeric());
        if shouted { word.to_owned() } else { word.to_lowercase() }
    };
    words.split_whitespace().map(lower).collect::<Vec<_>>().join(" ")
}

/// The slots of design lines: those of the directive's cast, what the product keeps, and what a line is about.
pub struct About<'s, 'a> {
    subject: &'s Subject<'a>,
    entity: Option<&'s Entity>,
    actors: &'s [String],
    extra: Vec<(&'static str, String)>,
}

impl About<'_, '_> {
    /// The same with a slot filled.
    pub fn with(mut self, slot: &'static str, words: impl Into<String>) -> Self {
        self.extra.push((slot, words.into()));
        self
    }

    /// A line of a text as a sentence: of those whose slots can be filled, one with most of them.
    pub fn tell(&self, text: &Text, node: &str) -> String {
        self.ways(text, node).first().map_or_else(String::new, |(_, line)| line.tell(self))
    }

    /// Every line of a text that can be told and has most slots, with its place in the text; the chosen one first.
    pub fn ways<'t>(&self, text: &'t Text, node: &str) -> Vec<(usize, &'t Line)> {
        let can = |line: &Line| line.slots().iter().all(|slot| self.fill(slot, false).is_some_and(|w| !w.is_empty()));
        let mut ways: Vec<(usize, &Line)> = text.lines().iter().enumerate().filter(|(_, line)| can(line)).collect();
        let most = ways.iter().map(|(_, line)| own_slots(line)).max();
        ways.retain(|(_, line)| Some(own_slots(line)) == most);
        let count = u64::try_from(ways.len()).unwrap_or(1).max(1);
        ways.rotate_left(usize::try_from(choice(&self.subject.seed, node) % count).unwrap_or(0));
        ways
    }

    fn of_entity(&self, slot: &str, with_article: bool, entity: &Entity) -> Option<String> {
        let subject = self.subject;
        let noun = |entity: &Entity| {
            let one = subject.one(entity);
            if with_article && !subject.is_foreign(&entity.name) { one_of(&one, subject.lexicon) } else { one }
        };
        let names = |fields: Vec<&Field>| {
            let names: Vec<String> = fields.into_iter().take(TOLD).map(|field| field.name.clone()).collect();
            joined(&names)
        };
        Some(match slot {
            "one" => noun(entity),
            "many" => subject.many(entity),
            "parent" => subject.parent(entity).map(noun).unwrap_or_default(),
            "children" => subject.child(entity).map(|child| subject.many(child)).unwrap_or_default(),
            "facts" => names(facts(entity)),
            "choices" => names(facts(entity).into_iter().filter(|field| is_narrowing(field)).collect()),
            "sums" => names(facts(entity).into_iter().filter(|field| field.kind == "money").collect()),
            "options" => options(entity),
            "verbs" => {
                let verbs: Vec<String> =
                    steps(entity, self.actors).iter().map(|step| format!("“{}”", step.verb)).collect();
                listed(&verbs.into_iter().take(TOLD).collect::<Vec<_>>(), "or")
            }
            "states" => joined(&entity.states.iter().take(5).cloned().collect::<Vec<_>>()),
            "first" => entity.states.first().cloned().unwrap_or_default(),
            "next" => entity.states.get(1).cloned().unwrap_or_default(),
            _ => return None,
        })
    }
}

/// Slots that say more than the noun does.
fn own_slots(line: &Line) -> usize {
    line.slots().into_iter().filter(|slot| !["one", "many", "kept", "kepts"].contains(slot)).count()
}

/// Whether a fact has few values, so that one can narrow many things down by it.
fn is_narrowing(field: &Field) -> bool {
    field.kind.starts_with("choice of ")
        || matches!(field.kind.as_str(), "money" | "year" | "yes/no" | "rating" | "place" | "date" | "colour")
}

fn options(entity: &Entity) -> String {
    let mut choices = entity.fields.iter().filter_map(|field| field.kind.strip_prefix("choice of "));
    let options: Vec<String> = choices
        .next()
        .into_iter()
        .flat_map(|choices| choices.split(','))
        .map(|option| option.trim().to_owned())
        .take(4)
        .collect();
    if options.len() > 1 { listed(&options, "or") } else { String::new() }
}

impl Slots for About<'_, '_> {
    fn fill(&self, slot: &str, with_article: bool) -> Option<String> {
        if let Some((_, words)) = self.extra.iter().find(|(name, _)| *name == slot) {
            return Some(words.clone());
        }
        if super::check::EXTRA_SLOTS.contains(&slot) {
            return Some(String::new());
        }
        let subject = self.subject;
        let kept = || subject.kept().map_or_else(|| ANYTHING.to_owned(), |entity| subject.one(entity));
        match slot {
            "kept" if with_article => return Some(one_of(&kept(), subject.lexicon)),
            "kept" => return Some(kept()),
            "kepts" => {
                return Some(subject.kept().map_or_else(|| "entries".to_owned(), |entity| subject.many(entity)));
            }
            _ => {}
        }
        if let Some(words) = self.entity.and_then(|entity| self.of_entity(slot, with_article, entity)) {
            return Some(words);
        }
        Words { cast: &subject.understood.cast, lexicon: subject.lexicon, aspect: None, action: None }
            .fill(slot, with_article)
    }

    fn is_mass(&self, slot: &str) -> bool {
        let words = || self.fill(slot, false).unwrap_or_default();
        let inflect = &self.subject.lexicon.inflect;
        slot == "many" && inflect.is_uncountable(&words()) && !inflect.is_plural_only(&words())
    }
}

/// A label: a capital first, and no longer than it can be read.
pub fn label(text: &str) -> String {
    capitalised(&text.trim().chars().take(60).collect::<String>())
}
