//! The engines there are, in the order in which they are asked.

use std::sync::Arc;

use super::engine::StageEngine;

/// Providers as configured, and the composer, which always can.
#[derive(Clone)]
pub struct Engines {
    providers: Vec<Arc<dyn StageEngine>>,
    composer: Arc<dyn StageEngine>,
}

impl Engines {
    /// A chain that ends at the composer.
    pub fn new(providers: Vec<Arc<dyn StageEngine>>, composer: Arc<dyn StageEngine>) -> Self {
        Self { providers, composer }
    }

    /// Who is asked, in order. A wish for one of them puts it first; a wish for the composer asks nobody else.
    pub(super) fn chain(&self, wished: Option<&str>) -> Vec<Arc<dyn StageEngine>> {
        let is_wished = |engine: &Arc<dyn StageEngine>| Some(engine.name().to_string().as_str()) == wished;
        if is_wished(&self.composer) {
            return vec![Arc::clone(&self.composer)];
        }
        let mut chain = self.providers.clone();
        chain.sort_by_key(|engine| !is_wished(engine));
        chain.push(Arc::clone(&self.composer));
        chain
    }

    /// The names one can wish for.
    pub fn names(&self) -> Vec<String> {
        self.providers.iter().chain([&self.composer]).map(|engine| engine.name().to_string()).collect()
    }

    pub(super) fn pace_ms(&self) -> u64 {
        self.composer.pace_ms()
    }
}
