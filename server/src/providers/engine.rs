//! One provider as an engine.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, future, stream};
use model::{Engine, Stage};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    ByProvider, Shared,
    breaker::{self, Breaker},
    making::Making,
    prices,
};
use crate::{
    config::{Price, ProviderConfig},
    studio::{Brief, EngineError, PieceStream, StageEngine},
};

/// Pieces that may wait for whoever reads the stream. When nobody reads, the provider is not read either.
const WAITING_MAX: usize = 16;

/// A provider that makes sections.
#[derive(Clone)]
pub struct ProviderEngine(Arc<Provider>);

pub(super) struct Provider {
    pub config: ProviderConfig,
    pub shared: Arc<Shared>,
    pub breaker: Arc<Breaker>,
    pub label: ByProvider,
}

impl ProviderEngine {
    pub(super) fn new(config: ProviderConfig, shared: Arc<Shared>) -> Self {
        let label = ByProvider { provider: config.name.clone() };
        shared.metrics.expect(&label);
        let breaker = Breaker::new(breaker::REST, shared.metrics.breaker.get_or_create(&label).clone());
        Self(Arc::new(Provider { config, shared, breaker, label }))
    }

    /// Says once, at the start, which models count as free for want of a price.
    pub(super) fn warn_of_unknown_prices(&self) {
        let mut models = [&self.0.config.models.strong, &self.0.config.models.cheap].map(String::as_str).to_vec();
        models.dedup();
        for model in models.into_iter().filter(|model| self.0.price(model).is_none()) {
            tracing::warn!(provider = %self.0.config.name, model, "no price is known: its calls count as free. ATLAS9_MODEL_PRICES sets one.");
        }
    }
}

impl Provider {
    pub(super) fn model(&self, stage: Stage) -> &str {
        self.shared.config.model(&self.config, stage)
    }

    pub(super) fn price(&self, model: &str) -> Option<Price> {
        prices::price(&self.shared.config.prices, model)
    }

    pub(super) fn resting(&self, rest: Duration) -> EngineError {
        let seconds = rest.as_secs().max(1);
        EngineError {
            message: format!(
                "The provider {} failed several times in a row and is left alone for {seconds} more seconds.",
                self.config.name
            ),
            retryable: true,
        }
    }
}

impl StageEngine for ProviderEngine {
    fn name(&self) -> Engine {
        Engine::Provider(self.0.config.name.clone())
    }

    fn model(&self, stage: Stage) -> String {
        Shared::model_label(self.0.model(stage), stage)
    }

    fn ready(&self, stage: Stage) -> Result<(), EngineError> {
        if let Some(rest) = self.0.breaker.rest() {
            return Err(self.0.resting(rest));
        }
        let costs = self.0.price(self.0.model(stage)).is_some_and(|price| price.sent > 0.0 || price.received > 0.0);
        if costs && self.0.shared.ledger.is_day_full() {
            return Err(super::spending::day_full(self.0.shared.ledger.caps()));
        }
        Ok(())
    }

    fn make(&self, brief: Brief) -> PieceStream {
        let (out, made) = mpsc::channel(WAITING_MAX);
        // The work is part of the stream, so that dropping the stream ends it, the request included.
        let work = stream::once(Making::new(Arc::clone(&self.0), brief, out).run());
        stream::select(ReceiverStream::new(made), work.filter_map(|()| future::ready(None))).boxed()
    }
}
