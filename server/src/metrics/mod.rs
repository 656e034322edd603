//! What the program measures of itself, in Prometheus's terms. Registered once and handed down; there is no global registry.

mod http;
mod process;

use std::sync::{Arc, atomic::AtomicU64};

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

pub use http::{HttpMetrics, MINUTES, RouteTraffic, Traffic, UNMATCHED};
pub use process::{ProcessUse, disk, process_use};

use crate::{
    db::Database, events::HookMetrics, jobs::JobMetrics, providers::ProviderMetrics, tasks::Tasks,
    vitals::BufferMetrics,
};

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
    /// Seconds from the start of a stage to its first piece in the log.
    pub first_piece: Histogram,
    /// Seconds a generation took to run.
    pub generation_time: Histogram,
    /// HTTP requests answered.
    pub http: HttpMetrics,
    /// This process.
    process: ProcessMetrics,
    /// Calls to model providers.
    pub providers: ProviderMetrics,
    /// Jobs.
    pub jobs: JobMetrics,
    /// Webhooks of others.
    pub hooks: HookMetrics,
    /// What visitors feel.
    pub vitals: BufferMetrics,
}

impl Metrics {
    /// Registers everything, and what is measured of these tasks.
    pub fn new(tasks: &Tasks) -> Self {
        let seconds = || Histogram::new(exponential_buckets(0.000_5, 2.0, 16));
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
            first_piece: seconds(),
            generation_time: seconds(),
            http: HttpMetrics::default(),
            process: ProcessMetrics::default(),
            providers: ProviderMetrics::default(),
            jobs: JobMetrics::default(),
            hooks: HookMetrics::default(),
            vitals: BufferMetrics::default(),
        };
        let mut registry = Registry::with_prefix("atlas9");
        metrics.register(&mut registry);
        registry.register("task_panics", "Background tasks that panicked", tasks.metrics().panics.clone());
        registry.register("task_restarts", "Background tasks begun anew", tasks.metrics().restarts.clone());
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
        registry.register_with_unit("generation", "Run time of a generation", seconds(), self.generation_time.clone());
        self.http.register(registry);
        self.process.register(registry);
        self.providers.register(registry);
        self.jobs.register(registry);
        self.hooks.register(registry);
        self.vitals.register(registry);
    }

    /// Says which release this is.
    pub fn is_release(&self, release: &str) {
        self.process.build.get_or_create(&ByRelease { release: release.to_owned() }).set(1);
    }

    /// Looks at what is not counted as it happens: this process and its connections.
    pub fn look(&self, db: &Database) {
        let taken = process_use();
        self.process.cpu.set(taken.cpu_seconds);
        self.process.memory.set(taken.memory.try_into().unwrap_or(i64::MAX));
        self.process.files.set(taken.files.try_into().unwrap_or(i64::MAX));
        for (pool, (used, open, most)) in db.pools() {
            for (state, connections) in [("used", used), ("open", open), ("most", most)] {
                self.process.connections.get_or_create(&ByPool { pool, state }).set(connections.into());
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

/// This process and its connections, as they were when somebody last looked.
#[derive(Clone, Default)]
struct ProcessMetrics {
    build: Family<ByRelease, Gauge>,
    cpu: Gauge<f64, AtomicU64>,
    memory: Gauge,
    files: Gauge,
    connections: Family<ByPool, Gauge>,
}

impl ProcessMetrics {
    fn register(&self, registry: &mut Registry) {
        registry.register("build", "The release of this program", self.build.clone());
        registry.register_with_unit(
            "process_cpu",
            "Processor time this process has used",
            Unit::Seconds,
            self.cpu.clone(),
        );
        registry.register_with_unit("process_memory", "Memory this process has", Unit::Bytes, self.memory.clone());
        registry.register("process_files", "Files and connections this process holds open", self.files.clone());
        registry.register("database_connections", "Connections to PostgreSQL", self.connections.clone());
    }
}
