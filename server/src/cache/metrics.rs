//! What is measured of the cache.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::Change;

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This process's memory.
    Memory,
    /// Redis.
    Redis,
    /// It was made for this one.
    Made,
    /// Another was making it.
    Joined,
    /// It was past its time, and is made anew.
    Stale,
    /// It was past that too, and could not be made anew.
    Spare,
    /// Nowhere: it could not be made.
    Failed,
}

impl Source {
    pub(super) const ALL: [Self; 7] =
        [Self::Memory, Self::Redis, Self::Made, Self::Joined, Self::Stale, Self::Spare, Self::Failed];

    fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redis => "redis",
            Self::Made => "made",
            Self::Joined => "joined",
            Self::Stale => "stale",
            Self::Spare => "spare",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySource {
    space: &'static str,
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySpace {
    space: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByChange {
    change: &'static str,
}

/// What is measured.
#[derive(Debug, Clone)]
pub struct CacheMetrics {
    requests: Family<BySource, Counter>,
    /// The same of all spaces together, in the order of [`Source::ALL`]. They are registered nowhere: whoever scrapes adds up.
    totals: [Counter; Source::ALL.len()],
    renewals: Family<BySpace, Counter>,
    oversize: Family<BySpace, Counter>,
    making: Family<BySpace, Histogram>,
    changes: Family<ByChange, Counter>,
    /// Times Redis did not answer.
    pub outages: Counter,
    /// Things being made when somebody last looked.
    pub under_way: Gauge,
    /// Things in memory then.
    pub entries: Gauge,
    /// And their bytes.
    pub bytes: Gauge,
}

impl Default for CacheMetrics {
    fn default() -> Self {
        // From a tenth of a millisecond to some 26 seconds.
        let times = || Histogram::new(exponential_buckets(0.000_1, 2.0, 19));
        Self {
            requests: Family::default(),
            totals: Default::default(),
            renewals: Family::default(),
            oversize: Family::default(),
            making: Family::new_with_constructor(times),
            changes: Family::default(),
            outages: Counter::default(),
            under_way: Gauge::default(),
            entries: Gauge::default(),
            bytes: Gauge::default(),
        }
    }
}

impl CacheMetrics {
    /// Adds them to the program's.
    pub fn register(&self, registry: &mut Registry) {
        for change in [Change::Gone, Change::Stale] {
            drop(self.changes.get_or_create(&by_change(change)));
        }
        let registry = registry.sub_registry_with_prefix("cache");
        registry.register("requests", "Things asked for, by where they came from", self.requests.clone());
        registry.register("renewals", "Things made anew before anybody had to wait", self.renewals.clone());
        registry.register("oversize", "Things that were too large to keep", self.oversize.clone());
        registry.register_with_unit("making", "Time of making a thing", Unit::Seconds, self.making.clone());
        registry.register("changes", "Times that tags were changed, by what that does", self.changes.clone());
        registry.register("outages", "Times Redis was found not to answer", self.outages.clone());
        registry.register("under_way", "Things being made", self.under_way.clone());
        registry.register("entries", "Things in memory", self.entries.clone());
        registry.register("size", "Bytes of things in memory", self.bytes.clone());
    }

    /// A kind of thing will be kept: it is counted from 0 on.
    pub(super) fn expect(&self, space: &'static str) {
        for source in Source::ALL {
            drop(self.requests.get_or_create(&BySource { space, source: source.as_str() }));
        }
        drop(self.renewals.get_or_create(&BySpace { space }));
        drop(self.oversize.get_or_create(&BySpace { space }));
        drop(self.making.get_or_create(&BySpace { space }));
    }

    pub(super) fn asked(&self, space: &'static str, source: Source) {
        self.requests.get_or_create(&BySource { space, source: source.as_str() }).inc();
        self.totals[source as usize].inc();
    }

    /// How often a thing came from there since the process began.
    pub(super) fn total(&self, source: Source) -> u64 {
        self.totals[source as usize].get()
    }

    pub(super) fn renewed(&self, space: &'static str) {
        self.renewals.get_or_create(&BySpace { space }).inc();
    }

    pub(super) fn too_large(&self, space: &'static str) {
        self.oversize.get_or_create(&BySpace { space }).inc();
    }

    pub(super) fn made(&self, space: &'static str, seconds: f64) {
        self.making.get_or_create(&BySpace { space }).observe(seconds);
    }

    pub(super) fn changed(&self, change: Change) {
        self.changes.get_or_create(&by_change(change)).inc();
    }
}

fn by_change(change: Change) -> ByChange {
    ByChange {
        change: match change {
            Change::Gone => "gone",
            Change::Stale => "stale",
        },
    }
}
