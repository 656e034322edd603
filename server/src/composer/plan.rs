//! Step three: what goes in. Modules bring more than one product needs; the plan keeps what the directive asked for and bounds the rest.

use std::collections::{BTreeSet, HashSet};

use model::sections::Priority;

use super::{
    cast::{ActionWords, Cast},
    inflect::capitalised,
    knowledge::{
        ActionClass, EntityEntry, ExclusionEntry, FeatureEntry, JourneyEntry, Knowledge, MetricEntry, Parts, RiskEntry,
        Role,
    },
    lexicon::Lexicon,
    reading::{Action, Phrase, Reading},
    recognise::Recognition,
};

/// The class of actions that serves verbs no other class knows, and the one for things nobody acts on.
const ANY_ACTION: &str = "do";
const KEEP: &str = "keep";

/// How much a product may hold, so that it stays something a team can start from.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Features in all.
    pub features: usize,
    /// Whether anything below "must" goes in.
    pub only_musts: bool,
}

impl Bounds {
    /// An ordinary first version.
    pub const ORDINARY: Self = Self { features: 14, only_musts: false };
    /// What a note such as "fewer features" asks for.
    pub const SMALL: Self = Self { features: 6, only_musts: true };
}

const MOST_JOURNEYS: usize = 4;
const MOST_RISKS: usize = 8;
const MOST_METRICS: usize = 8;
const MOST_EXCLUSIONS: usize = 6;
const MOST_ACTION_FEATURES: usize = 5;

/// A module that contributes, with the directive's reasons for it.
#[derive(Debug, Clone)]
pub struct Source {
    /// How a page names it.
    pub label: String,
    /// Words of the directive that called for it.
    pub words: Vec<String>,
    /// A capability's aspect.
    pub aspect: Option<String>,
    /// The action a class of verbs was called for by.
    pub action: Option<ActionWords>,
    /// The object of that action, for its entity.
    pub object: Option<Phrase>,
    /// Who does it.
    pub subject: Option<Phrase>,
    kind: SourceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SourceKind {
    Archetype,
    Capability,
    Action,
    Lender,
    Domain,
}

/// Something a source brings: which source, and what.
pub type From<E> = (usize, E);

/// What goes into the product.
#[derive(Debug, Default)]
pub struct Plan {
    /// Who contributes.
    pub sources: Vec<Source>,
    /// Features in the order they should be read.
    pub features: Vec<From<FeatureEntry>>,
    /// Entities; the same id may come from several sources.
    pub entities: Vec<From<EntityEntry>>,
    /// Journeys.
    pub journeys: Vec<From<JourneyEntry>>,
    /// Risks, worst first.
    pub risks: Vec<From<RiskEntry>>,
    /// Metrics.
    pub metrics: Vec<From<MetricEntry>>,
    /// What is left alone.
    pub out_of_scope: Vec<From<ExclusionEntry>>,
}

/// Plans a product.
pub fn plan(
    reading: &Reading,
    recognition: &Recognition<'_>,
    cast: &Cast,
    knowledge: &Knowledge,
    lexicon: &Lexicon,
    bounds: Bounds,
) -> Plan {
    let contributions = contributions(reading, recognition, cast, knowledge, lexicon);
    let features = choose_features(&contributions, bounds);
    assemble(contributions, features)
}

/// Everything every module would bring, in the order of its claim.
fn contributions(
    reading: &Reading,
    recognition: &Recognition<'_>,
    cast: &Cast,
    knowledge: &Knowledge,
    lexicon: &Lexicon,
) -> Vec<(Source, Parts)> {
    let mut all = vec![(
        Source::new(SourceKind::Archetype, &recognition.archetype.module.label, &recognition.archetype.words),
        recognition.archetype.module.parts(),
    )];
    for (called, aspect) in &recognition.capabilities {
        let mut source = Source::new(SourceKind::Capability, &called.module.label, &called.words);
        source.aspect = aspect.clone().or_else(|| called.module.aspect.clone());
        all.push((source, called.module.parts()));
    }
    all.extend(actions(reading, recognition, cast, knowledge, lexicon));
    if let Some(lender) = &recognition.lender {
        all.push((Source::new(SourceKind::Lender, &lender.module.label, &lender.words), lent(lender.module.parts())));
    }
    for called in &recognition.domains {
        all.push((Source::new(SourceKind::Domain, &called.module.label, &called.words), called.module.parts()));
    }
    needed(&mut all, knowledge);
    all
}

/// A second kind of product lends its musts and what they stand on, not its whole shape. The main thing's life belongs to the first.
fn lent(mut parts: Parts) -> Parts {
    parts.features.retain(|feature| feature.priority == Priority::Must);
    parts.features.truncate(2);
    let used: HashSet<String> = parts.features.iter().flat_map(|feature| feature.entities.iter().cloned()).collect();
    parts.entities.retain(|entity| entity.id != "thing" && used.contains(&entity.id));
    parts.journeys.clear();
    parts.risks.truncate(1);
    parts.metrics.truncate(1);
    parts.out_of_scope.clear();
    parts
}

/// Capabilities that a feature cannot do without.
fn needed(all: &mut Vec<(Source, Parts)>, knowledge: &Knowledge) {
    let present: HashSet<String> = all.iter().map(|(source, _)| source.label.clone()).collect();
    let needs: BTreeSet<String> =
        all.iter().flat_map(|(_, parts)| parts.features.iter().flat_map(|f| f.needs.clone())).collect();
    for module in
        needs.iter().filter_map(|id| knowledge.capability(id)).filter(|module| !present.contains(&module.label))
    {
        let mut source = Source::new(SourceKind::Capability, &module.label, &[]);
        source.aspect.clone_from(&module.aspect);
        all.push((source, module.parts()));
    }
}

/// What the directive says somebody does and no module answers, then the things nobody acts on.
fn actions(
    reading: &Reading,
    recognition: &Recognition<'_>,
    cast: &Cast,
    knowledge: &Knowledge,
    lexicon: &Lexicon,
) -> Vec<(Source, Parts)> {
    let mut found: Vec<(Source, Parts)> = Vec::new();
    for action in &reading.actions {
        if is_answered(action, recognition, cast, knowledge, lexicon) {
            continue;
        }
        let class = knowledge
            .actions
            .iter()
            .find(|class| class.verbs.contains(&action.verb))
            .or_else(|| class(knowledge, ANY_ACTION));
        if let Some(class) = class {
            add_action(&mut found, class, action, cast, lexicon);
        }
    }
    let mentioned = |thing: &Phrase| {
        let key = thing.key(lexicon);
        reading.actions.iter().filter_map(|action| action.object.as_ref()).any(|object| object.key(lexicon) == key)
            || cast.thing.as_ref().is_some_and(|main| main.key(lexicon) == key)
            || recognition.answers(thing)
            || recognition.archetype.words.iter().any(|word| thing.text.contains(word.as_str()))
    };
    if let Some(keep) = class(knowledge, KEEP) {
        for thing in reading.things.iter().filter(|thing| !mentioned(thing)) {
            let action =
                Action { subject: None, verb: KEEP.to_owned(), object: Some(thing.clone()), span: thing.span.clone() };
            add_action(&mut found, keep, &action, cast, lexicon);
        }
    }
    found.truncate(MOST_ACTION_FEATURES);
    found
}

fn class<'k>(knowledge: &'k Knowledge, id: &str) -> Option<&'k ActionClass> {
    knowledge.actions.iter().find(|class| class.id == id)
}

/// An action on the main thing by one of the archetype's own verbs is what the archetype is about; one on a capability's term is
/// that capability's.
fn is_answered(
    action: &Action,
    recognition: &Recognition<'_>,
    cast: &Cast,
    knowledge: &Knowledge,
    lexicon: &Lexicon,
) -> bool {
    let archetype = recognition.archetype.module;
    let own = |verb: &String| {
        archetype.thing.verbs.contains(verb)
            || archetype.roles.values().any(|role| role.verbs.contains(verb))
            || archetype.terms.contains_key(verb)
    };
    // "log" and "record" are the same work.
    let class = knowledge.actions.iter().find(|class| class.verbs.contains(&action.verb));
    let own_verb =
        own(&action.verb) || class.is_some_and(|class| class.verbs.iter().filter(|verb| own(verb)).count() >= 2);
    let own_thing = match (&action.object, &cast.thing) {
        (None, _) => true,
        (Some(object), Some(thing)) => object.key(lexicon) == thing.key(lexicon),
        (Some(_), None) => false,
    };
    own_verb && own_thing && !recognition.is_generic()
        || action.object.as_ref().is_some_and(|object| recognition.answers(object))
}

/// One class answers one object once; more verbs of the class on the same object only add their words.
fn add_action(found: &mut Vec<(Source, Parts)>, class: &ActionClass, action: &Action, cast: &Cast, lexicon: &Lexicon) {
    let subject = action.subject.as_ref().map(|s| s.singular(lexicon));
    let words = ActionWords {
        subject: subject.unwrap_or_else(|| cast.player(Role::Operator).map_or_else(String::new, |p| p.noun.clone())),
        verb: action.verb.clone(),
        object: action.object.as_ref().map_or_else(|| cast.thing_noun.clone(), |o| o.singular(lexicon)),
    };
    let typed =
        [action.subject.as_ref(), action.object.as_ref()].into_iter().flatten().map(|phrase| phrase.text.clone());
    let typed: Vec<String> = typed.collect();
    let same = found.iter_mut().find(|(source, _)| {
        source.label == class.label && source.action.as_ref().is_some_and(|other| other.object == words.object)
    });
    if let Some((source, _)) = same {
        source.words.extend(typed.into_iter().filter(|word| !source.words.contains(word)).collect::<Vec<_>>());
        return;
    }
    let again = found.iter().filter(|(source, _)| source.label == class.label).count();
    let mut parts = class.parts();
    let suffix = slug(&words.object);
    for feature in &mut parts.features {
        feature.id = format!("{}-{suffix}", feature.id);
    }
    if again > 0 {
        parts.features.truncate(1);
        parts.risks.clear();
        parts.metrics.clear();
    }
    if again > 1 {
        return;
    }
    let mut source = Source::new(SourceKind::Action, &class.label, &typed);
    source.action = Some(words);
    source.object = action.object.clone();
    source.subject = action.subject.clone();
    found.push((source, parts));
}

/// Picks features: what defines the kind of product, what the directive named, then what rounds it off, until it is full.
fn choose_features(contributions: &[(Source, Parts)], bounds: Bounds) -> Vec<From<FeatureEntry>> {
    let mut ranked: Vec<(u32, usize, usize, &FeatureEntry)> = Vec::new();
    for (at, (source, parts)) in contributions.iter().enumerate() {
        for (nth, feature) in parts.features.iter().enumerate() {
            ranked.push((rank(source.kind, nth, feature.priority), at, nth, feature));
        }
    }
    ranked.sort_by_key(|(rank, at, nth, _)| (*rank, *at, *nth));
    let mut chosen: Vec<From<FeatureEntry>> = Vec::new();
    let mut redundant: HashSet<String> = HashSet::new();
    for (rank, at, _, feature) in ranked {
        let full = chosen.len() >= bounds.features || bounds.only_musts && rank > NAMED;
        if !full && !redundant.contains(&feature.id) && chosen.iter().all(|(_, other)| other.id != feature.id) {
            chosen.retain(|(_, other)| !feature.replaces.contains(&other.id));
            redundant.extend(feature.replaces.iter().cloned());
            chosen.push((at, feature.clone()));
        }
    }
    chosen.sort_by_key(|(at, feature)| (feature.priority, contributions[*at].0.kind as u8));
    chosen
}

/// Up to here a feature is something the directive asked for.
const NAMED: u32 = 2;

fn rank(kind: SourceKind, nth: usize, priority: Priority) -> u32 {
    match (kind, priority) {
        (SourceKind::Archetype, Priority::Must) => 0,
        (SourceKind::Capability | SourceKind::Action, _) if nth == 0 => 1,
        (SourceKind::Capability, Priority::Must) => NAMED,
        (SourceKind::Lender, _) => 3,
        (SourceKind::Capability, _) => 4,
        (SourceKind::Archetype, Priority::Should) => 5,
        (SourceKind::Domain | SourceKind::Action, Priority::Must | Priority::Should) => 6,
        (_, _) => 7,
    }
}

/// Puts the rest together: entities of what was chosen, and a bounded share of every source's journeys, risks and metrics.
fn assemble(contributions: Vec<(Source, Parts)>, features: Vec<From<FeatureEntry>>) -> Plan {
    let mut plan = Plan { features, ..Plan::default() };
    for (at, (source, parts)) in contributions.into_iter().enumerate() {
        let contributes = plan.features.iter().any(|(from, _)| *from == at) || source.kind != SourceKind::Action;
        if contributes {
            plan.entities.extend(parts.entities.into_iter().map(|entry| (at, entry)));
            plan.journeys.extend(parts.journeys.into_iter().map(|entry| (at, entry)));
            plan.risks.extend(parts.risks.into_iter().map(|entry| (at, entry)));
            plan.metrics.extend(parts.metrics.into_iter().map(|entry| (at, entry)));
            plan.out_of_scope.extend(parts.out_of_scope.into_iter().map(|entry| (at, entry)));
        }
        plan.sources.push(source);
    }
    once(&mut plan.journeys, |entry| entry.id.clone());
    once(&mut plan.risks, |entry| entry.id.clone());
    once(&mut plan.metrics, |entry| entry.id.clone());
    let chosen: HashSet<String> = plan.features.iter().flat_map(|(_, f)| f.entities.iter().cloned()).collect();
    plan.entities.retain(|(_, entity)| chosen.contains(&entity.id) || entity.id == "thing");
    // Each source's first before anybody's second: the directive asked for all of them.
    share(&mut plan.journeys, MOST_JOURNEYS);
    share(&mut plan.risks, MOST_RISKS);
    share(&mut plan.metrics, MOST_METRICS);
    share(&mut plan.out_of_scope, MOST_EXCLUSIONS);
    plan.risks.sort_by_key(|(_, risk)| risk.severity);
    plan
}

fn once<E>(items: &mut Vec<From<E>>, id: impl Fn(&E) -> String) {
    let mut seen = HashSet::new();
    items.retain(|(_, item)| seen.insert(id(item)));
}

/// Keeps at most `most`, dropping the later ones of whoever brings many; the order stays.
fn share<E>(items: &mut Vec<From<E>>, most: usize) {
    let turn = |items: &[From<E>], at: usize| items[..at].iter().filter(|(from, _)| *from == items[at].0).count();
    let mut turns: Vec<(usize, usize)> = (0..items.len()).map(|at| (turn(items, at), at)).collect();
    turns.sort_unstable();
    let kept: HashSet<usize> = turns.into_iter().take(most).map(|(_, at)| at).collect();
    let mut at = 0;
    items.retain(|_| {
        at += 1;
        kept.contains(&(at - 1))
    });
}

impl Source {
    fn new(kind: SourceKind, label: &str, words: &[String]) -> Self {
        Self {
            label: label.to_owned(),
            words: words.to_vec(),
            aspect: None,
            action: None,
            object: None,
            subject: None,
            kind,
        }
    }

    /// Whether it is a kind of product, rather than something called for beside it.
    pub fn is_archetype(&self) -> bool {
        self.kind == SourceKind::Archetype
    }
}

/// A name as an id: lower case, words joined by hyphens. Letters of any script stay.
pub fn slug(name: &str) -> String {
    let words: Vec<String> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let mut slug = words.join("-");
    while slug.len() > 60 {
        slug.pop();
    }
    if slug.is_empty() { "item".to_owned() } else { slug.trim_end_matches('-').to_owned() }
}

/// A name as a type: `ConditionReport`.
pub fn type_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let joined: String = words.map(capitalised).collect();
    if joined.is_empty() { name.trim().to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids_and_types_in_any_script() {
        assert_eq!(slug("Hive inspection"), "hive-inspection");
        assert_eq!(slug("Bienenvölker"), "bienenvölker");
        assert_eq!(slug("🎉"), "item");
        assert_eq!(type_name("condition report"), "ConditionReport");
        assert_eq!(type_name("check-in"), "CheckIn");
        assert_eq!(type_name("本"), "本");
        assert_eq!(type_name("🎉"), "🎉");
    }
}
