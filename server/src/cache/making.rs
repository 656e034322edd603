//! How a thing comes to be: taken from another instance that has it, or made by one while the others wait.

use std::{error::Error, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{Instant, timeout};

use super::{
    Answer, Cache, Key, MAKE_WITHIN, Outcome, REST, Unmade,
    entry::{Ends, Entry, Made, Verdict},
    flight::Landing,
    marks::Marks,
    metrics::Source,
    remote::Lease,
};

/// Larger things are made each time.
const SIZE_MAX: usize = 512 << 10;
/// How long to wait between two looks whether another instance has made a thing.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const LOOK_AGAIN_MAX: Duration = Duration::from_millis(50);
/// How long altogether: longer than whoever died is believed, and short enough to make it for oneself before a page has to be answered.
const LOOK_WITHIN: Duration = Duration::from_secs(4);

/// Why a thing is being made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Somebody waits: whatever may still be served will do.
    Now,
    /// What there is gets old.
    Anew,
}

impl Cache {
    /// Makes a thing in a task of its own, and tells those who wait.
    pub(super) fn take_off<T, E, Making>(
        &self,
        key: &Key<T>,
        landing: Landing<Arc<str>, Outcome>,
        make: impl FnOnce() -> Making + Send + 'static,
        wanted: Wanted,
    ) where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
        Making: Future<Output = Result<Answer<T>, E>> + Send + 'static,
    {
        let (cache, key) = (self.clone(), key.clone());
        self.0.tasks.spawn("cache-make", async move {
            let mut outcome = cache.find_or_make(&key, make, wanted).await;
            let has_failed = matches!(&outcome, Err(failure) if !matches!(failure, Unmade::Unkept(_)));
            // Another instance may have one that will do for as long as it cannot be made.
            if has_failed
                && wanted == Wanted::Now
                && cache.look(&key.name).is_none()
                && let Some(entry) = cache.find(&key, Verdict::Spare).await
            {
                entry.rest(cache.millis(), REST);
                outcome = Ok((entry, Source::Spare));
            }
            if let (Err(failure), Some((entry, _))) = (&outcome, cache.look(&key.name)) {
                tracing::debug!(key = %key.name, %failure, "what is there is served on: it could not be made anew");
                entry.rest(cache.millis(), REST);
            }
            landing.land(outcome);
        });
    }

    /// Takes what another instance has made, or makes it while the others wait.
    async fn find_or_make<T, E, Making>(&self, key: &Key<T>, make: impl FnOnce() -> Making, wanted: Wanted) -> Outcome
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
        Making: Future<Output = Result<Answer<T>, E>>,
    {
        let worst = if wanted == Wanted::Now { Verdict::Stale } else { Verdict::Fresh };
        let token = self.0.clock.new_id().simple().to_string();
        let began = Instant::now();
        let mut pause = LOOK_AGAIN;
        loop {
            if let Some(entry) = self.find(key, worst).await {
                return Ok((entry, Source::Redis));
            }
            match self.0.remote.lease(&key.name, &token).await {
                Lease::Ours => {
                    let outcome = tokio::select! {
                        outcome = self.make(key, make) => outcome,
                        never = self.0.remote.hold(&key.name, &token) => never,
                    };
                    self.0.remote.release(&key.name, &token).await;
                    return outcome;
                }
                Lease::Theirs if began.elapsed() < LOOK_WITHIN => tokio::time::sleep(pause).await,
                Lease::Theirs | Lease::Nobodys => return self.make(key, make).await,
            }
            pause = (pause * 2).min(LOOK_AGAIN_MAX);
        }
    }

    /// What Redis has, if it may be served; from now on it is in memory too.
    async fn find<T>(&self, key: &Key<T>, worst: Verdict) -> Option<Arc<Entry>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let stored = self.0.remote.get(&key.name).await?;
        let bytes = stored.bytes?;
        // What changed in the meantime must be known before anything is judged.
        if !self.knows(stored.clock) && !self.catch_up_soon().await {
            return None;
        }
        let entry = Entry::read::<T>(&bytes)
            .inspect_err(|error| tracing::debug!(key = %key.name, %error, "not taken from Redis"));
        let entry = Arc::new(entry.ok()?);
        if self.judge(&entry) > worst {
            return None;
        }
        self.0.memory.insert(Arc::clone(&key.name), Arc::clone(&entry));
        Some(entry)
    }

    pub(super) async fn make<T, E, Making>(&self, key: &Key<T>, make: impl FnOnce() -> Making) -> Outcome
    where
        T: Serialize + Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
        Making: Future<Output = Result<Answer<T>, E>>,
    {
        let (moment, began) = (self.marks(Marks::now), Instant::now());
        let Answer { value, tags, instead } = match timeout(MAKE_WITHIN, make()).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(Unmade::Origin(Arc::new(error))),
            Err(_) => return Err(Unmade::Late),
        };
        if let Some(instead) = instead {
            self.0.memory.invalidate(&key.name);
            self.0.remote.remove(&key.name).await;
            return Err(Unmade::Unkept(instead));
        }
        let took = began.elapsed();
        self.0.metrics.made(key.space.name, took.as_secs_f64());
        let ends = Ends::new(&key.space.times, value.is_some(), self.0.clock.chance());
        let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        let made = Made { began: moment, at: self.millis(), took };
        let (entry, bytes) = Entry::make(value, tags, made, ends).map_err(|error| Unmade::Unfit(error.to_string()))?;
        let entry = Arc::new(entry);
        if bytes.len() > SIZE_MAX {
            self.0.metrics.too_large(key.space.name);
        } else if self.judge(&entry) != Verdict::Dead {
            self.0.memory.insert(Arc::clone(&key.name), Arc::clone(&entry));
            self.0.remote.put(&key.name, &bytes, entry.left(self.millis())).await;
        }
        Ok((entry, Source::Made))
    }
}
