//! What every piece was made from, and so what a change makes stale.
//!
//! The graph is read from the ids that pieces carry. A piece remembers, through the [`Basis`] of its revision, what its sources looked like
//! when it was made: it is stale when one of them looks otherwise now, is gone, or is stale itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Address, PiecePath, Stage, sections::Sections};

/// What the pieces of one section were made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Basis {
    /// How pieces that others of the section were made from looked when it was made.
    pub seen: BTreeMap<Address, String>,
    /// For pieces that were kept when the others were made anew, or were edited since: how theirs looked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<PiecePath, BTreeMap<Address, String>>,
}

/// A piece that no longer fits what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Which piece.
    pub piece: Address,
    /// Which of its sources changed, went, or are stale themselves.
    pub because: Vec<Address>,
}

/// What a project's sections lack of being up to date with each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staleness {
    /// Pieces made from what has changed since.
    pub stale: Vec<Stale>,
    /// By stage: pieces of other sections that are newer than the section, so that nothing in it answers them yet.
    pub unanswered: BTreeMap<Stage, Vec<Address>>,
}

impl Staleness {
    /// Whether everything is up to date.
    pub fn is_none(&self) -> bool {
        self.stale.is_empty() && self.unanswered.values().all(Vec::is_empty)
    }

    /// The stages that hold something stale or lack something, in order.
    pub fn stages(&self) -> Vec<Stage> {
        let stale = self.stale.iter().map(|stale| stale.piece.stage);
        let lacking = self.unanswered.iter().filter(|(_, lacks)| !lacks.is_empty()).map(|(stage, _)| *stage);
        stale.chain(lacking).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Why a piece is stale, if it is.
    pub fn of(&self, piece: &Address) -> Option<&Stale> {
        self.stale.iter().find(|stale| stale.piece == *piece)
    }
}

/// Every piece with the pieces it was made from, in the order in which they are made.
pub fn sources(sections: &Sections) -> Vec<(Address, Vec<Address>)> {
    Stage::ALL.into_iter().flat_map(|stage| sources_in(sections, stage)).collect()
}

fn sources_in(sections: &Sections, stage: Stage) -> Vec<(Address, Vec<Address>)> {
    match stage {
        Stage::Product => alone(sections, stage, |_| Vec::new()),
        Stage::Brand => alone(sections, stage, |part| match part {
            // They speak of the product by its name, and the mark may be drawn from its letters.
            "tagline" | "samples" => {
                vec![Address::single(Stage::Product, "summary"), Address::single(Stage::Brand, "name")]
            }
            "logo" => vec![Address::single(Stage::Product, "basis"), Address::single(Stage::Brand, "name")],
            "voice" => {
                sections.product.personas.iter().map(|p| Address::of(Stage::Product, "personas", &p.id)).collect()
            }
            _ => vec![Address::single(Stage::Product, "basis")],
        }),
        Stage::Design => design(sections),
        Stage::Architecture => architecture(sections),
        Stage::Code => code(sections),
    }
}

/// Pieces whose sources follow from the part they stand in.
fn alone(sections: &Sections, stage: Stage, of: impl Fn(&str) -> Vec<Option<Address>>) -> Vec<(Address, Vec<Address>)> {
    let pieces = sections.pieces(stage).into_iter();
    pieces
        .map(|piece| {
            let sources = of(piece.path.part()).into_iter().flatten().collect();
            (Address { stage, path: piece.path }, sources)
        })
        .collect()
}

fn features(ids: &[String]) -> impl Iterator<Item = Option<Address>> {
    ids.iter().map(|id| Address::of(Stage::Product, "features", id))
}

fn entities(ids: &[String]) -> impl Iterator<Item = Option<Address>> {
    ids.iter().map(|id| Address::of(Stage::Product, "entities", id))
}

type Sources = Vec<(Address, Vec<Address>)>;

fn note(all: &mut Sources, of: Option<Address>, sources: impl Iterator<Item = Option<Address>>) {
    all.extend(of.map(|of| (of, sources.flatten().collect())));
}

fn design(sections: &Sections) -> Sources {
    let (design, stage) = (&sections.design, Stage::Design);
    let mut all = Vec::new();
    let summary = || [Address::single(Stage::Product, "summary")].into_iter();
    if !design.approach.is_empty() {
        note(&mut all, Address::single(stage, "approach"), summary());
    }
    for screen in &design.screens {
        let sources = features(&screen.features).chain(entities(&screen.entities));
        note(&mut all, Address::of(stage, "screens", &screen.id), sources);
    }
    for token in &design.tokens {
        // A colour token carries the name of the brand's role; families come from its typefaces.
        let role = token.id.strip_prefix("color-").filter(|role| sections.brand.colour(role).is_some());
        let colour = role.and_then(|role| Address::of(Stage::Brand, "palette", role));
        let family = token.id.starts_with("font-family").then(|| Address::single(Stage::Brand, "typography")).flatten();
        note(&mut all, Address::of(stage, "tokens", &token.id), [colour, family].into_iter());
    }
    all
}

fn architecture(sections: &Sections) -> Sources {
    let (architecture, stage) = (&sections.architecture, Stage::Architecture);
    let product = &sections.product;
    let mut all = Vec::new();
    if !architecture.overview.is_empty() {
        let summary = [Address::single(Stage::Product, "summary")];
        note(&mut all, Address::single(stage, "overview"), summary.into_iter());
    }
    for role in &architecture.roles {
        let theirs: Vec<String> =
            product.features.iter().filter(|feature| feature.actor == role.id).map(|f| f.id.clone()).collect();
        note(&mut all, Address::of(stage, "roles", &role.id), features(&theirs));
    }
    for diagram in &architecture.diagrams {
        let kept: Vec<String> = match diagram.id.as_str() {
            "data" => product.entities.iter().map(|entity| entity.id.clone()).collect(),
            _ => Vec::new(),
        };
        note(&mut all, Address::of(stage, "diagrams", &diagram.id), entities(&kept));
    }
    for table in &architecture.tables {
        let entity = [Address::of(Stage::Product, "entities", &table.entity)];
        note(&mut all, Address::of(stage, "tables", &table.id), entity.into_iter());
    }
    for operation in &architecture.operations {
        let kept = architecture.table(&operation.table).map(|table| table.entity.clone());
        let kept = kept.and_then(|id| Address::of(Stage::Product, "entities", &id));
        let sources = features(&operation.features).chain([kept]);
        note(&mut all, Address::of(stage, "operations", &operation.id), sources);
    }
    for decision in &architecture.decisions {
        note(&mut all, Address::of(stage, "decisions", &decision.id), features(&decision.features));
    }
    for threat in &architecture.threats {
        note(&mut all, Address::of(stage, "threats", &threat.id), features(&threat.features));
    }
    all
}

fn code(sections: &Sections) -> Sources {
    let stage = Stage::Code;
    let mut all = Vec::new();
    if !sections.code.overview.is_empty() {
        let overview = [Address::single(Stage::Architecture, "overview")];
        note(&mut all, Address::single(stage, "overview"), overview.into_iter());
    }
    for file in &sections.code.files {
        let operations = file.operations.iter().map(|id| Address::of(Stage::Architecture, "operations", id));
        let tables = file.tables.iter().map(|id| Address::of(Stage::Architecture, "tables", id));
        let sources = features(&file.features).chain(operations).chain(tables);
        note(&mut all, Address::of(stage, "files", &file.id), sources);
    }
    all
}

/// Stages whose pieces others are made from, and of which a new piece wants an answer.
fn answered_by(stage: Stage) -> &'static [(Stage, &'static str)] {
    match stage {
        Stage::Product | Stage::Brand => &[],
        Stage::Design => &[(Stage::Product, "features")],
        Stage::Architecture => &[(Stage::Product, "features"), (Stage::Product, "entities")],
        Stage::Code => &[(Stage::Architecture, "operations"), (Stage::Architecture, "tables")],
    }
}

/// The stages whose pieces others are made from.
const SOURCES: [Stage; 3] = [Stage::Product, Stage::Brand, Stage::Architecture];

/// How every piece that others can be made from looks now.
pub fn fingerprints(sections: &Sections) -> BTreeMap<Address, String> {
    fingerprints_in(sections, &SOURCES)
}

/// Likewise in some stages: a large section takes milliseconds.
fn fingerprints_in(sections: &Sections, stages: &[Stage]) -> BTreeMap<Address, String> {
    let pieces = stages.iter().copied().flat_map(|stage| {
        sections.pieces(stage).into_iter().map(move |piece| (Address { stage, path: piece.path }, piece.value))
    });
    pieces.map(|(address, value)| (address, fingerprint(&value))).collect()
}

/// The first 16 digits of the SHA-256 of its JSON.
fn fingerprint(value: &serde_json::Value) -> String {
    Sha256::digest(value.to_string().as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What the basis of a section has to know.
struct Wanted {
    sources: BTreeSet<Address>,
    answers: &'static [(Stage, &'static str)],
    /// Where all that stands.
    stages: BTreeSet<Stage>,
}

fn wanted(stage: Stage, sections: &Sections) -> Wanted {
    let sources: BTreeSet<Address> = sources_in(sections, stage).into_iter().flat_map(|(_, sources)| sources).collect();
    let answers = answered_by(stage);
    let stages = sources.iter().map(|source| source.stage).chain(answers.iter().map(|(stage, _)| *stage)).collect();
    Wanted { sources, answers, stages }
}

impl Wanted {
    fn of(&self, now: &BTreeMap<Address, String>) -> Basis {
        let is_wanted = |address: &Address| {
            let asks = |(stage, part): &(Stage, &str)| address.stage == *stage && address.path.part() == *part;
            self.sources.contains(address) || self.answers.iter().any(asks)
        };
        let seen = now.iter().filter(|(address, _)| is_wanted(address));
        Basis { seen: seen.map(|(address, print)| (address.clone(), print.clone())).collect(), kept: BTreeMap::new() }
    }
}

impl Basis {
    /// The basis of a section that was just made from the others as they are.
    pub fn now(stage: Stage, sections: &Sections) -> Self {
        let wanted = wanted(stage, sections);
        let stages: Vec<Stage> = SOURCES.into_iter().filter(|source| wanted.stages.contains(source)).collect();
        wanted.of(&fingerprints_in(sections, &stages))
    }

    /// The bases of several sections.
    pub fn all_now(stages: &[Stage], sections: &Sections) -> Vec<(Stage, Self)> {
        let now = fingerprints(sections);
        stages.iter().map(|stage| (*stage, wanted(*stage, sections).of(&now))).collect()
    }

    /// A piece stays as it was while the others were made anew: what it was made from is remembered from `before`.
    pub fn keep(&mut self, path: &PiecePath, before: &Self) {
        let theirs = before.kept.get(path).unwrap_or(&before.seen);
        self.kept.insert(path.clone(), theirs.clone());
    }

    /// Somebody has seen to a piece: it fits the others as they are now.
    pub fn settle(&mut self, path: &PiecePath, stage: Stage, sections: &Sections) {
        let of = sources_in(sections, stage).into_iter().find(|(address, _)| address.path == *path);
        let now = fingerprints(sections);
        let sources = of.map(|(_, sources)| sources).unwrap_or_default();
        let seen = sources.into_iter().filter_map(|source| Some((source.clone(), now.get(&source)?.clone())));
        self.kept.insert(path.clone(), seen.collect());
    }

    /// Drops what is remembered of pieces that are gone, and of sources that a kept piece does not have.
    pub fn tidy(&mut self, stage: Stage, sections: &Sections) {
        let sources: BTreeMap<PiecePath, Vec<Address>> =
            sources_in(sections, stage).into_iter().map(|(address, sources)| (address.path, sources)).collect();
        self.kept.retain(|path, seen| {
            let known = sources.get(path);
            seen.retain(|address, _| known.is_some_and(|sources| sources.contains(address)));
            known.is_some_and(|sources| !sources.is_empty())
        });
    }

    fn saw(&self, path: &PiecePath, source: &Address) -> Option<&String> {
        self.kept.get(path).map_or_else(|| self.seen.get(source), |seen| seen.get(source))
    }
}

/// What is out of date. Sections without a basis are taken for up to date: nothing is known of what they were made from.
pub fn staleness(sections: &Sections, bases: &BTreeMap<Stage, Basis>) -> Staleness {
    let now = fingerprints(sections);
    let mut stale: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
    // Sources are made before what is made from them, so that one pass finds what is stale through others.
    for (piece, sources) in sources(sections) {
        let Some(basis) = bases.get(&piece.stage) else { continue };
        let because: Vec<Address> = sources
            .into_iter()
            .filter(|source| {
                let changed = basis.saw(&piece.path, source).is_some_and(|seen| now.get(source) != Some(seen));
                changed || stale.contains_key(source)
            })
            .collect();
        if !because.is_empty() {
            stale.insert(piece, because);
        }
    }
    let unanswered = bases.iter().map(|(stage, basis)| {
        let wants = answered_by(*stage);
        let fresh = now.keys().filter(|address| {
            let asks = wants.iter().any(|(of, part)| address.stage == *of && address.path.part() == *part);
            asks && !basis.seen.contains_key(address)
        });
        (*stage, fresh.cloned().collect::<Vec<_>>())
    });
    Staleness {
        unanswered: unanswered.filter(|(_, fresh)| !fresh.is_empty()).collect(),
        stale: stale.into_iter().map(|(piece, because)| Stale { piece, because }).collect(),
    }
}

#[cfg(test)]
mod tests;
