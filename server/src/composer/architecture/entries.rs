//! The shape of the files, as `docs/knowledge.md` explains them to authors.

use std::collections::BTreeMap;

use model::sections::Severity;
use serde::Deserialize;

use super::signs::When;
use crate::composer::knowledge::Text;

/// `overview.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverviewData {
    /// What there is.
    pub first: Text,
    /// What else there is to know, most telling first.
    pub then: Vec<Remark>,
}

/// A sentence of the overview.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// What it says.
    pub says: Text,
    /// What calls for it.
    pub when: When,
    /// What speaks against it.
    #[serde(default)]
    pub unless: Option<When>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Systems {
    pub(super) systems: Vec<SystemEntry>,
}

/// Something outside that the product works with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemEntry {
    /// Unique among systems.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What passes between: two to five words on a wire.
    pub wire: String,
    /// What it is for here.
    pub why: Text,
    /// Who talks to it.
    pub by: Caller,
    /// Whether it calls back.
    #[serde(default)]
    pub calls_back: bool,
    /// What calls for it.
    pub when: When,
    /// What must hold as well.
    #[serde(default)]
    pub also: Option<When>,
    /// What speaks against it.
    #[serde(default)]
    pub unless: Option<When>,
}

/// Who talks to an outside system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Caller {
    /// While somebody waits.
    Api,
    /// Later, and again when it fails.
    Worker,
    /// The page or the app itself.
    Web,
    /// Nobody: it talks to the product.
    Intake,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decisions {
    pub(super) decisions: Vec<DecisionEntry>,
}

/// A decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionEntry {
    /// Unique among decisions.
    pub id: String,
    /// Of several about one thing only the first is made.
    #[serde(default)]
    pub topic: Option<String>,
    /// How much it matters where it holds.
    pub weight: u32,
    /// What was decided.
    pub title: Text,
    /// What called for it.
    pub context: Text,
    /// What was chosen.
    pub choice: Text,
    /// What else there was.
    pub alternatives: Vec<Text>,
    /// What follows.
    pub consequences: Text,
    /// What calls for it.
    pub when: When,
    /// What must hold as well.
    #[serde(default)]
    pub also: Option<When>,
    /// What speaks against it.
    #[serde(default)]
    pub unless: Option<When>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Threats {
    pub(super) threats: Vec<ThreatEntry>,
}

/// A threat.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreatEntry {
    /// Unique among threats.
    pub id: String,
    /// Of several about one thing only the first is told.
    #[serde(default)]
    pub topic: Option<String>,
    /// Its kind, as STRIDE names it.
    pub kind: Stride,
    /// How bad it would be.
    pub severity: Severity,
    /// How much it matters where it holds.
    pub weight: u32,
    /// What may happen.
    pub text: Text,
    /// What meets it.
    pub mitigation: Text,
    /// The operations it comes through: create, list, read, change, remove, step; those of the sign when empty.
    #[serde(default)]
    pub through: Vec<String>,
    /// What calls for it.
    pub when: When,
    /// What must hold as well.
    #[serde(default)]
    pub also: Option<When>,
    /// What speaks against it.
    #[serde(default)]
    pub unless: Option<When>,
}

/// Kinds of threats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stride {
    /// To be somebody else.
    Spoofing,
    /// To change what should stay.
    Tampering,
    /// To deny what one did.
    Repudiation,
    /// To see what is not for one.
    InformationDisclosure,
    /// To keep others from using it.
    DenialOfService,
    /// To do what one may not.
    ElevationOfPrivilege,
}

impl Stride {
    /// As STRIDE names it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Spoofing => "spoofing",
            Self::Tampering => "tampering",
            Self::Repudiation => "repudiation",
            Self::InformationDisclosure => "information disclosure",
            Self::DenialOfService => "denial of service",
            Self::ElevationOfPrivilege => "elevation of privilege",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Units {
    pub(super) units: Vec<UnitEntry>,
}

/// Something that runs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitEntry {
    /// Unique among units; diagrams know a few of them.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// A few words for its box.
    pub short: Text,
    /// What it does.
    pub does: Text,
    /// How many there are, and how that grows.
    pub scaling: Text,
    /// What is lost when it stops.
    pub failure: Text,
    /// What calls for it.
    pub when: When,
    /// What speaks against it.
    #[serde(default)]
    pub unless: Option<When>,
}

/// `capacity.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapacityData {
    /// By kind of product. The one called `core` serves where another is not there.
    pub kinds: BTreeMap<String, Usage>,
    /// How many rows there are of an entity, by its id.
    pub rows: BTreeMap<String, RowEntry>,
    /// Lines of the table.
    pub loads: Vec<LoadEntry>,
}

/// How a kind of product is used.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// People after a year.
    pub people: u64,
    /// Why so many.
    pub people_why: Text,
    /// Per cent of them on an ordinary day.
    pub daily: f64,
    /// Requests of one of them on such a day.
    pub requests: f64,
    /// The busiest hour against the average hour of a day.
    pub peak: f64,
    /// When that is.
    pub peak_when: String,
    /// Rows of the main thing a person and year.
    pub things: f64,
}

/// How many rows there are of an entity in a year.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowEntry {
    /// For each of what: the id of an entity, `thing`, `person`, or `product` for a fixed number.
    pub each: String,
    /// How many.
    pub times: f64,
}

/// A line of the capacity table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadEntry {
    /// Which figure it tells: one that the program knows how to compute.
    pub id: String,
    /// What is counted.
    pub what: Text,
    /// What was assumed.
    pub assumption: Text,
    /// What follows.
    pub figure: Text,
    /// Where that leads, from the first limit on that the figure reaches.
    pub consequences: Vec<Consequence>,
}

/// Where a figure leads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consequence {
    /// From this figure on.
    pub from: f64,
    /// What it means.
    pub says: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verbs {
    pub(super) timed: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WishList {
    pub(super) wishes: Vec<WishEntry>,
}

/// Something a note may ask for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WishEntry {
    /// What signs call it.
    pub id: String,
    /// Words that ask for it.
    pub phrases: Vec<String>,
}
