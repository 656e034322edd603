//! Time, ids and randomness, passed in so that tests can move the first and nothing else invents the others.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rand::TryRng;
use time::OffsetDateTime;
use uuid::{ContextV7, Timestamp, Uuid};

/// Where time comes from.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
    ids: Arc<Mutex<ContextV7>>,
}

/// The operating system gives no random bytes; nothing secret can be made.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes: {0}")]
pub struct NoRandomness(#[from] rand::rngs::SysError);

impl Clock {
    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    pub fn system() -> Self {
        Self::from(OffsetDateTime::now_utc)
    }

    /// A clock that says what `now` says.
    pub fn from(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), ids: Arc::new(Mutex::new(ContextV7::new())) }
    }

    /// The time, to the microsecond that PostgreSQL keeps.
    pub fn now(&self) -> OffsetDateTime {
        let now = (self.now)();
        now.replace_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now)
    }

    /// A new id: UUID v7, later ones sort after earlier ones.
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(&*self.ids, seconds, now.nanosecond()))
    }

    /// A number from 0 to 1, any of them as likely; not for secrets.
    pub fn chance(&self) -> f64 {
        rand::random()
    }

    /// 32 bytes nobody can guess.
    ///
    /// # Errors
    /// [`NoRandomness`] when the system has none to give.
    pub fn new_secret(&self) -> Result<[u8; 32], NoRandomness> {
        let mut bytes = [0; 32];
        rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
        Ok(bytes)
    }
}

/// Milliseconds with three decimals, as receipts give them.
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_instant_are_distinct_and_in_order() {
        let clock = Clock::from(|| OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let ids: Vec<Uuid> = (0..1_000).map(|_| clock.new_id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
