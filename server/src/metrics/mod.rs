//! What the program measures of itself, in Prometheus's terms. Registered once and handed down; there is no global registry.

mod http;
mod process;

use std::sync::Arc;

use model::{Engine, Stage};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

pub use http::{HttpMetrics, METHODS, MINUTES, PKG, RouteTraffic, STATIC, Traffic, UNMATCHED};
pub use process::{ProcessUse, disk, process_use};

use crate::{
    accounts::SessionMetrics, cache::CacheMetrics, db::Database, events::HookMetrics, http::OverloadMetrics,
    jobs::JobMetrics, providers::ProviderMetrics, tasks::Tasks, vitals::BufferMetrics,
};
use process::ProcessCollector;

/// All metrics of one process.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Generations recorded.
    pub generations_queued: Counter,
    /// Generations that made everything.
    pub generations_done: Counter,
    /// Generations that gave up.
    pub generations_failed: Counter,
    /// Generations that were stopped.
    pub generations_cancelled: Counter,
    /// Generations this process runs right now.
    pub generations_running: Gauge,
    /// Events written to logs.
    pub events_appended: Counter,
    /// Times that another engine took over in a stage.
    pub fallbacks: Counter,
    /// Streams open to readers right now.
    pub followers: Gauge,
    /// Seconds from the start of a stage to its first piece in the log, by who made that.
    pub first_piece: Family<ByMaker, Histogram>,
    /// Seconds that making a stage took, by who made it in the end.
    pub stage_time: Family<ByMaker, Histogram>,
    /// Seconds a generation took to run.
    pub generation_time: Histogram,
    /// HTTP requests answered.
    pub http: HttpMetrics,
    /// HTTP requests under way, and refused.
    pub overload: OverloadMetrics,
    /// The release, and connections to the database, as they were when somebody last looked.
    looked: Looked,
    /// What is kept.
    pub cache: CacheMetrics,
    /// Sessions in Redis.
    pub sessions: SessionMetrics,
    /// Calls to model providers.
    pub providers: ProviderMetrics,
    /// Jobs.
    pub jobs: JobMetrics,
    /// Webhooks of others.
    pub hooks: HookMetrics,
    /// What visitors feel.
    pub vitals: BufferMetrics,
}

/// A stage, and who made it: one of those that are configured.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByMaker {
    /// Which stage.
    pub stage: &'static str,
    /// The built-in engine or a provider, by its name.
    pub engine: String,
}

impl ByMaker {
    /// The labels of a stage that an engine made.
    pub fn new(stage: Stage, engine: &Engine) -> Self {
        Self { stage: stage.as_str(), engine: engine.to_string() }
    }
}

/// Buckets that double from a millisecond on: to half an hour for a stage, of which a model takes minutes, and to the two hours after which nobody
/// makes a generation any more.
const STAGE_BUCKETS: u16 = 22;
const GENERATION_BUCKETS: u16 = 24;

impl Metrics {
    /// Registers everything, and what is measured of these tasks.
    pub fn new(tasks: &Tasks) -> Self {
        let of_stage = || Histogram::new(exponential_buckets(0.001, 2.0, STAGE_BUCKETS));
        let of_generation = Histogram::new(exponential_buckets(0.001, 2.0, GENERATION_BUCKETS));
        let mut metrics = Self {
            registry: Arc::default(),
            generations_queued: Counter::default(),
            generations_done: Counter::default(),
            generations_failed: Counter::default(),
            generations_cancelled: Counter::default(),
            generations_running: Gauge::default(),
            events_appended: Counter::default(),
            fallbacks: Counter::default(),
            followers: Gauge::default(),
            first_piece: Family::new_with_constructor(of_stage),
            stage_time: Family::new_with_constructor(of_stage),
            generation_time: of_generation,
            http: HttpMetrics::default(),
            overload: OverloadMetrics::default(),
            looked: Looked::default(),
            cache: CacheMetrics::default(),
            sessions: SessionMetrics::default(),
            providers: ProviderMetrics::default(),
            jobs: JobMetrics::default(),
            hooks: HookMetrics::default(),
            vitals: BufferMetrics::default(),
        };
        let mut registry = Registry::default();
        // What every process has is called as it is everywhere else.
        registry.register_collector(Box::new(ProcessCollector));
        let ours = registry.sub_registry_with_prefix("atlas9");
        metrics.register(ours);
        ours.register("task_panics", "Background tasks that panicked", tasks.metrics().panics.clone());
        ours.register("task_restarts", "Background tasks begun anew", tasks.metrics().restarts.clone());
        metrics.registry = Arc::new(registry);
        metrics
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("generations_queued", "Generations recorded", self.generations_queued.clone());
        registry.register("generations_done", "Generations that made everything", self.generations_done.clone());
        registry.register("generations_failed", "Generations that gave up", self.generations_failed.clone());
        registry.register("generations_cancelled", "Generations that were stopped", self.generations_cancelled.clone());
        registry.register(
            "generations_running",
            "Generations running in this process",
            self.generations_running.clone(),
        );
        registry.register("events_appended", "Events written to logs", self.events_appended.clone());
        registry.register("fallbacks", "Times another engine took over in a stage", self.fallbacks.clone());
        registry.register("followers", "Event streams open", self.followers.clone());
        let seconds = || Unit::Seconds;
        registry.register_with_unit(
            "first_piece",
            "Start of a stage to its first piece",
            seconds(),
            self.first_piece.clone(),
        );
        registry.register_with_unit("stage", "Time of making a stage", seconds(), self.stage_time.clone());
        registry.register_with_unit("generation", "Run time of a generation", seconds(), self.generation_time.clone());
        self.http.register(registry);
        self.overload.register(registry);
        self.looked.register(registry);
        self.cache.register(registry);
        self.sessions.register(registry);
        self.providers.register(registry);
        self.jobs.register(registry);
        self.hooks.register(registry);
        self.vitals.register(registry);
    }

    /// Says which release this is.
    pub fn is_release(&self, release: &str) {
        self.looked.build.get_or_create(&ByRelease { release: release.to_owned() }).set(1);
    }

    /// Looks at what is not counted as it happens: connections to the database.
    pub fn look(&self, db: &Database) {
        for (pool, (used, open, most)) in db.pools() {
            for (state, connections) in [("used", used), ("open", open), ("most", most)] {
                self.looked.connections.get_or_create(&ByPool { pool, state }).set(connections.into());
            }
        }
    }

    /// Everything in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRelease {
    release: String,
}

/// Connections to a database.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByPool {
    pool: &'static str,
    state: &'static str,
}

/// What is told as it was when somebody last looked.
#[derive(Clone, Default)]
struct Looked {
    build: Family<ByRelease, Gauge>,
    connections: Family<ByPool, Gauge>,
}

impl Looked {
    fn register(&self, registry: &mut Registry) {
        registry.register("build", "The release of this program", self.build.clone());
        registry.register("database_connections", "Connections to PostgreSQL", self.connections.clone());
    }
}
