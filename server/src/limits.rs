//! How often somebody may try: counted in Redis for all instances together, and in this process while Redis is away.

use std::{sync::Arc, time::Duration};

use redis::Script;
use sha2::{Digest, Sha256};

use crate::{bus::Redis, clock::Clock, rest::Rest};

/// How long to wait for Redis before this process counts alone.
const ASK_WITHIN: Duration = Duration::from_millis(100);
/// How long a Redis that did not answer is left alone.
const REST: Duration = Duration::from_secs(2);
/// Keys that this process counts when it counts alone.
const ALONE_MAX: u64 = 50_000;

/// The generic cell rate algorithm (ITU-T I.371, annex A), which needs one number a key: the theoretical arrival time of the next try.
/// Returns how many microseconds to wait; 0 when the try is admitted.
const ADMIT: &str = r"
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local spacing, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = arrival + spacing - burst * spacing - now
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.0f', arrival + spacing), 'PX', math.ceil((arrival + spacing - now) / 1000) + 1)
return 0";

/// How often something may be tried: `burst` times at once, and once more every `every`.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Its name.
    pub name: &'static str,
    /// Tries at once.
    pub burst: u32,
    /// Time in which one more is earned.
    pub every: Duration,
}

/// Too many tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tries; the next may be in {} seconds", .retry_after.as_secs())]
pub struct Limited {
    /// When the next one is admitted, in whole seconds.
    pub retry_after: Duration,
}

/// Counts tries.
#[derive(Clone)]
pub struct Limits {
    redis: Redis,
    admit: Arc<Script>,
    clock: Clock,
    alone: moka::sync::Cache<String, i64>,
    rest: Rest,
}

impl Limits {
    /// Counts over this connection.
    pub fn new(redis: Redis, clock: Clock) -> Self {
        let alone = moka::sync::Cache::builder().max_capacity(ALONE_MAX).time_to_idle(Duration::from_secs(3_600));
        Self { redis, admit: Arc::new(Script::new(ADMIT)), clock, alone: alone.build(), rest: Rest::default() }
    }

    /// Counts one try of whoever `key` stands for.
    ///
    /// # Errors
    /// [`Limited`] when there were too many; that one does not count.
    pub async fn admit(&self, quota: &Quota, key: &str) -> Result<(), Limited> {
        // Addresses of people do not stand in Redis in clear.
        let key = format!("atlas9:limit:{}:{}", quota.name, hex(&Sha256::digest(key)[..16]));
        let wait = match self.ask_redis(quota, &key).await {
            Some(wait) => wait,
            None => self.count_alone(quota, &key),
        };
        allow(wait)
    }

    /// Counts one try in this process alone, without waiting: where an answer must not depend on Redis.
    ///
    /// # Errors
    /// As [`Limits::admit`].
    pub fn admit_here(&self, quota: &Quota, key: &str) -> Result<(), Limited> {
        allow(self.count_alone(quota, &format!("{}:{key}", quota.name)))
    }

    async fn ask_redis(&self, quota: &Quota, key: &str) -> Option<i64> {
        if self.rest.left().is_some() {
            return None;
        }
        let mut connection = self.redis.clone();
        let mut asked = self.admit.key(key);
        asked.arg(spacing(quota)).arg(quota.burst);
        match tokio::time::timeout(ASK_WITHIN, asked.invoke_async(&mut connection)).await {
            Ok(Ok(wait)) => Some(wait),
            failed => {
                self.rest.begin(REST);
                tracing::warn!(?failed, "tries are counted by this process alone: Redis does not answer");
                None
            }
        }
    }

    /// The same algorithm on this process's own numbers.
    fn count_alone(&self, quota: &Quota, key: &str) -> i64 {
        let (now, spacing) = (self.micros(), spacing(quota));
        let mut wait = 0;
        let _ = self.alone.entry_by_ref(key).and_upsert_with(|entry| {
            let arrival = entry.map_or(now, |entry| entry.into_value().max(now));
            wait = (arrival + spacing - i64::from(quota.burst) * spacing - now).max(0);
            if wait > 0 { arrival } else { arrival + spacing }
        });
        wait
    }

    fn micros(&self) -> i64 {
        i64::try_from(self.clock.now().unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
    }
}

/// So many microseconds to wait.
fn allow(wait: i64) -> Result<(), Limited> {
    if wait == 0 {
        return Ok(());
    }
    Err(Limited { retry_after: Duration::from_secs(wait.unsigned_abs().div_ceil(1_000_000)) })
}

fn spacing(quota: &Quota) -> i64 {
    i64::try_from(quota.every.as_micros()).unwrap_or(i64::MAX / 1_000_000)
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
