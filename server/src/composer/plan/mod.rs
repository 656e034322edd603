//! Step three: what goes in. Modules bring more than one product needs; the plan keeps what the directive asked for and bounds the rest.

mod actions;
mod contributions;

use std::collections::HashSet;

use model::sections::Priority;

use super::{
    cast::{ActionWords, Cast},
    inflect::capitalised,
    knowledge::{EntityEntry, ExclusionEntry, FeatureEntry, JourneyEntry, Knowledge, MetricEntry, Parts, RiskEntry},
    lexicon::Lexicon,
    reading::{Phrase, Reading},
    recognise::Recognition,
};
use contributions::contributions;

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
/// Entities that modules describe; people come on top.
const MOST_ENTITIES: usize = 12;

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
    /// The id of the module that what is out of scope may depend on.
    module: Option<String>,
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
        (SourceKind::Lender, _) | (SourceKind::Domain, Priority::Must) => 3,
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
    share_entities(&mut plan, MOST_ENTITIES);
    let present: HashSet<String> = plan.sources.iter().filter_map(|source| source.module.clone()).collect();
    plan.out_of_scope.retain(|(_, exclusion)| exclusion.unless.iter().all(|id| !present.contains(id)));
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

/// Keeps at most `most` entities besides the main thing: everybody's first, so that no feature is left without one, then those that a must
/// does something to, those of the kind of product, and the others in turn.
fn share_entities(plan: &mut Plan, most: usize) {
    let musts = plan.features.iter().filter(|(_, feature)| feature.priority == Priority::Must);
    let deeds =
        musts.flat_map(|(_, feature)| &feature.acts).filter(|act| !matches!(act.verb.as_str(), "read" | "list"));
    let needed: HashSet<String> = deeds.map(|act| act.entity.clone()).collect();
    let mut seen: Vec<(usize, &str)> = Vec::new();
    let mut order: Vec<(usize, usize, &str)> = Vec::new();
    for (from, entity) in plan.entities.iter().filter(|(_, entity)| entity.id != "thing") {
        if seen.iter().any(|(_, id)| *id == entity.id) {
            continue;
        }
        let turn = seen.iter().filter(|(other, _)| other == from).count();
        let own = plan.sources.get(*from).is_some_and(Source::is_archetype);
        let place = match turn {
            0 => 0,
            _ if needed.contains(&entity.id) => 1,
            _ if own => 2,
            _ => turn * 2 + 1,
        };
        order.push((place, seen.len(), &entity.id));
        seen.push((*from, &entity.id));
    }
    order.sort_unstable();
    let kept: HashSet<String> = order.iter().take(most - 1).map(|(_, _, id)| (*id).to_owned()).collect();
    plan.entities.retain(|(_, entity)| entity.id == "thing" || kept.contains(&entity.id));
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
            module: None,
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
    let name = name.replace(['\'', '’'], "");
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
    let whole = name.replace(['\'', '’'], "");
    let words = whole.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
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
        assert_eq!(type_name("editor's note"), "EditorsNote");
        assert_eq!(type_name("condition report"), "ConditionReport");
        assert_eq!(type_name("check-in"), "CheckIn");
        assert_eq!(type_name("本"), "本");
        assert_eq!(type_name("🎉"), "🎉");
    }
}
