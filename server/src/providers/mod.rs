//! Model providers: sections made by a model over the network, behind the same trait as the composer.
//!
//! A model is asked for one JSON object a line. What it answers is data from a stranger: it is checked against the section's types piece
//! by piece, and whatever does not fit is asked for again within bounds or dropped, never shown. Every wait, length and sum has a limit.

mod breaker;
mod cache;
mod draft;
mod engine;
mod error;
mod item;
mod ledger;
mod making;
mod metrics;
mod objects;
mod palette;
mod parts;
mod prices;
mod prompts;
mod spending;
mod upstream;
mod wire;

use std::sync::Arc;

use model::Stage;

pub use engine::ProviderEngine;
pub use metrics::{ByKind, ByProvider, ProviderMetrics};

use crate::{
    bus::Redis,
    clock::Clock,
    config::ProvidersConfig,
    metrics::Metrics,
    outbound::{self, NoClient},
    studio::StageEngine,
    tasks::Tasks,
};
use cache::Cache;
use ledger::{Caps, Ledger};

/// All providers that are configured.
#[derive(Clone)]
pub struct Providers {
    engines: Vec<ProviderEngine>,
}

/// What all providers work with.
struct Shared {
    config: ProvidersConfig,
    client: reqwest::Client,
    cache: Cache,
    ledger: Ledger,
    clock: Clock,
    metrics: ProviderMetrics,
    /// What is spent for no generation is counted under this name, so that a run of a command has its cap as well.
    own_name: String,
}

/// The HTTP client for providers. It follows no redirect, which could lead the key elsewhere, and speaks HTTP/1.1, where one stream is one
/// connection: cancelling a stream closes it, and no stream waits for another.
///
/// # Errors
/// [`NoClient`].
pub fn client(config: &ProvidersConfig) -> Result<reqwest::Client, NoClient> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(outbound::tls()?)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(config.waits.connect)
        .tcp_nodelay(true)
        .user_agent("atlas9");
    Ok(client.build()?)
}

impl Providers {
    /// Providers as configured. Without `redis` this process counts what it spends alone, and keeps no answers; that is for commands, not
    /// for servers.
    pub fn new(
        config: ProvidersConfig,
        client: reqwest::Client,
        redis: Option<Redis>,
        clock: Clock,
        metrics: &Metrics,
        tasks: Tasks,
    ) -> Self {
        let caps = Caps { generation: config.cap_generation_micros, day: config.cap_day_micros };
        let shared = Arc::new(Shared {
            client,
            cache: Cache(redis.clone()),
            ledger: Ledger::new(redis, caps, clock.clone(), tasks),
            own_name: clock.new_id().to_string(),
            clock,
            metrics: metrics.providers.clone(),
            config,
        });
        let list = shared.config.list.iter().cloned();
        let engines: Vec<_> = list.map(|provider| ProviderEngine::new(provider, Arc::clone(&shared))).collect();
        engines.iter().for_each(ProviderEngine::warn_of_unknown_prices);
        Self { engines }
    }

    /// The engines in the order in which they are to be asked, the composer not among them.
    pub fn chain(&self) -> Vec<Arc<dyn StageEngine>> {
        self.engines.iter().map(|engine| Arc::new(engine.clone()) as Arc<dyn StageEngine>).collect()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.engines.is_empty()
    }
}

impl Shared {
    /// What a receipt calls a model that made a stage: answers to another version of the prompts are other answers.
    fn model_label(model: &str, stage: Stage) -> String {
        format!("{model}, prompts {}", prompts::rules(stage).version)
    }
}

#[cfg(feature = "fuzz")]
pub(crate) fn fuzzed(bytes: &[u8], at_once: usize) {
    let (mut events, mut objects) = (wire::sse::Events::default(), objects::Objects::default());
    for some in bytes.chunks(at_once.max(1)) {
        if events.feed(some).is_err() {
            break;
        }
    }
    events.finish();
    while let Some(data) = events.next() {
        wire::fuzzed(&data);
        objects.feed(&data);
    }
    objects.finish();
}
