//! What the program measures of itself, in Prometheus's terms. Registered once and handed down; there is no global registry.

use std::sync::Arc;

use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::{events::HookMetrics, jobs::JobMetrics, providers::ProviderMetrics, tasks::Tasks};

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
    pub requests: Counter,
    /// HTTP requests answered with a status of 500 or above.
    pub request_errors: Counter,
    /// Seconds to the first byte of an answer.
    pub request_time: Histogram,
    /// Calls to model providers.
    pub providers: ProviderMetrics,
    /// Jobs.
    pub jobs: JobMetrics,
    /// Webhooks of others.
    pub hooks: HookMetrics,
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
            requests: Counter::default(),
            request_errors: Counter::default(),
            request_time: seconds(),
            providers: ProviderMetrics::default(),
            jobs: JobMetrics::default(),
            hooks: HookMetrics::default(),
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
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register("http_request_errors", "Requests answered with 5xx", self.request_errors.clone());
        registry.register_with_unit(
            "http_request",
            "Time to the first byte of an answer",
            seconds(),
            self.request_time.clone(),
        );
        self.providers.register(registry);
        self.jobs.register(registry);
        self.hooks.register(registry);
    }

    /// Everything in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
