//! What is measured of providers, by the provider's name.

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

use super::error::KINDS;

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByProvider {
    /// Its configured name.
    pub provider: String,
}

/// A provider, and what went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByKind {
    /// Its configured name.
    pub provider: String,
    /// Which error.
    pub kind: &'static str,
}

/// Calls to model providers.
#[derive(Clone)]
pub struct ProviderMetrics {
    /// Calls made.
    pub calls: Family<ByProvider, Counter>,
    /// Calls that failed, by kind.
    pub errors: Family<ByKind, Counter>,
    /// Answers taken from the cache instead of a call.
    pub cache_hits: Family<ByProvider, Counter>,
    /// Tokens sent.
    pub tokens_sent: Family<ByProvider, Counter>,
    /// Tokens received.
    pub tokens_received: Family<ByProvider, Counter>,
    /// Money spent, in millionths of a US dollar.
    pub cost_micros: Family<ByProvider, Counter>,
    /// Objects in answers that were not taken: of the wrong shape, locked, or none of ours.
    pub refused_pieces: Family<ByProvider, Counter>,
    /// The circuit breaker: 0 closed, 1 trying, 2 open.
    pub breaker: Family<ByProvider, Gauge>,
    /// Seconds from the start of a stage to its first piece.
    pub first_piece: Family<ByProvider, Histogram>,
    /// Seconds a call took.
    pub call_time: Family<ByProvider, Histogram>,
}

impl Default for ProviderMetrics {
    fn default() -> Self {
        let seconds = || Histogram::new(exponential_buckets(0.01, 2.0, 16));
        Self {
            calls: Family::default(),
            errors: Family::default(),
            cache_hits: Family::default(),
            tokens_sent: Family::default(),
            tokens_received: Family::default(),
            cost_micros: Family::default(),
            refused_pieces: Family::default(),
            breaker: Family::default(),
            first_piece: Family::new_with_constructor(seconds),
            call_time: Family::new_with_constructor(seconds),
        }
    }
}

impl ProviderMetrics {
    /// Says that there is this provider: its calls, and whatever can come of them, are counted from 0 on.
    pub(super) fn expect(&self, of: &ByProvider) {
        let sums = [&self.tokens_sent, &self.tokens_received, &self.cost_micros, &self.refused_pieces];
        for counter in [&self.calls, &self.cache_hits].into_iter().chain(sums) {
            drop(counter.get_or_create(of));
        }
        for kind in KINDS {
            drop(self.errors.get_or_create(&ByKind { provider: of.provider.clone(), kind }));
        }
    }

    /// Adds them to the program's.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("provider");
        registry.register("calls", "Calls to a provider", self.calls.clone());
        registry.register("errors", "Calls that failed", self.errors.clone());
        registry.register("cache_hits", "Answers taken from the cache", self.cache_hits.clone());
        registry.register("tokens_sent", "Tokens sent", self.tokens_sent.clone());
        registry.register("tokens_received", "Tokens received", self.tokens_received.clone());
        registry.register("cost_micros", "Millionths of a US dollar spent", self.cost_micros.clone());
        registry.register("refused_pieces", "Objects in answers that were not taken", self.refused_pieces.clone());
        registry.register("breaker", "Circuit breaker: 0 closed, 1 trying, 2 open", self.breaker.clone());
        let (first, call) = (self.first_piece.clone(), self.call_time.clone());
        registry.register_with_unit("first_piece", "Start of a stage to its first piece", Unit::Seconds, first);
        registry.register_with_unit("call", "Time of a call", Unit::Seconds, call);
    }
}
