//! Money: reserved before a call, settled after it. Two sums bound it, one of the generation and one of the day, both counted in Redis for
//! all instances together. While Redis does not answer, nothing is spent.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use redis::Script;

use crate::{bus::Redis, clock::Clock, tasks::Tasks};

const ASK_WITHIN: Duration = Duration::from_millis(250);
/// Sums are kept until the day they belong to is certainly over.
const KEPT_SECONDS: u64 = 172_800;
/// How long a day that has nothing left is not asked again. Reservations that are settled may leave some.
const FULL_SECONDS: i64 = 30;

/// Takes as much as is left, between the least and the most that was asked for; -1 when the generation has less, -2 when the day has.
const RESERVE: &str = r"
local want, least = tonumber(ARGV[1]), tonumber(ARGV[2])
local of_generation = tonumber(ARGV[3]) - tonumber(redis.call('GET', KEYS[1]) or 0)
local of_day = tonumber(ARGV[4]) - tonumber(redis.call('GET', KEYS[2]) or 0)
local granted = math.min(want, of_generation, of_day)
if granted < least then
  if of_generation < of_day then return -1 else return -2 end
end
for _, key in ipairs(KEYS) do
  redis.call('INCRBY', key, string.format('%.0f', granted))
  redis.call('EXPIRE', key, ARGV[5])
end
return granted";

/// Gives back what was not spent, or takes what was spent beyond the reservation.
const SETTLE: &str = r"
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then redis.call('INCRBY', key, ARGV[1]) end
end";

/// Counts money.
#[derive(Clone)]
pub(super) struct Ledger {
    sums: Sums,
    caps: Caps,
    clock: Clock,
    tasks: Tasks,
    /// Until when the day counts as full, in seconds since 1970.
    full_until: Arc<AtomicI64>,
}

/// The most that may be spent, in millionths of a dollar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    pub generation: u64,
    pub day: u64,
}

/// Where sums are kept. A process that was given no Redis, such as a command, is the only one that spends.
#[derive(Clone)]
enum Sums {
    Shared(Redis),
    Alone(Arc<Mutex<HashMap<String, u64>>>),
}

/// Why nothing may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    GenerationFull,
    DayFull,
    /// It cannot be counted.
    Away,
}

/// Money set aside for one call. It is settled when dropped, whatever became of the call, with what was spent as far as that is known.
pub(super) struct Reservation {
    ledger: Option<Ledger>,
    keys: [String; 2],
    granted: u64,
    spent: u64,
}

impl Ledger {
    pub(super) fn new(redis: Option<Redis>, caps: Caps, clock: Clock, tasks: Tasks) -> Self {
        let sums = redis.map_or_else(|| Sums::Alone(Arc::default()), Sums::Shared);
        Self { sums, caps, clock, tasks, full_until: Arc::default() }
    }

    /// Whether the day is known to have nothing left.
    pub(super) fn is_day_full(&self) -> bool {
        self.full_until.load(Ordering::Relaxed) > self.clock.now().unix_timestamp()
    }

    /// The caps.
    pub(super) fn caps(&self) -> Caps {
        self.caps
    }

    /// Sets money aside: `want`, or what is left of it, but not less than `least`.
    pub(super) async fn reserve(&self, generation: &str, want: u64, least: u64) -> Result<Reservation, Denied> {
        let day = self.clock.now().date();
        // In a cluster, the braces put both into one slot, where they are counted together.
        let spent = match &self.sums {
            Sums::Shared(redis) if redis.has_slots() => "{spent}",
            _ => "spent",
        };
        let keys = [format!("atlas9:{spent}:generation:{generation}"), format!("atlas9:{spent}:day:{day}")];
        if want == 0 {
            return Ok(Reservation { ledger: None, keys, granted: 0, spent: 0 });
        }
        let granted = match &self.sums {
            Sums::Shared(redis) => self.ask(redis.clone(), &keys, want, least).await?,
            Sums::Alone(sums) => {
                let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
                self.count_alone(&mut sums, &keys, want, least)
            }
        };
        match u64::try_from(granted) {
            Ok(granted) => Ok(Reservation { ledger: Some(self.clone()), keys, granted, spent: granted }),
            Err(_) if granted == -1 => Err(Denied::GenerationFull),
            Err(_) => {
                self.full_until.store(self.clock.now().unix_timestamp() + FULL_SECONDS, Ordering::Relaxed);
                Err(Denied::DayFull)
            }
        }
    }

    async fn ask(&self, mut redis: Redis, keys: &[String; 2], want: u64, least: u64) -> Result<i64, Denied> {
        let script = Script::new(RESERVE);
        let mut asked = script.key(&keys[0]);
        asked.key(&keys[1]).arg(want).arg(least).arg(self.caps.generation).arg(self.caps.day).arg(KEPT_SECONDS);
        // An answer that comes too late may have set money aside that nobody spends: too much is counted then, never too little.
        match tokio::time::timeout(ASK_WITHIN, asked.invoke_async(&mut redis)).await {
            Ok(Ok(granted)) => Ok(granted),
            failed => {
                tracing::warn!(?failed, "nothing is spent: Redis does not answer");
                Err(Denied::Away)
            }
        }
    }

    fn count_alone(&self, sums: &mut HashMap<String, u64>, keys: &[String; 2], want: u64, least: u64) -> i64 {
        let spent = |key: &String| sums.get(key).copied().unwrap_or_default();
        let of_generation = self.caps.generation.saturating_sub(spent(&keys[0]));
        let of_day = self.caps.day.saturating_sub(spent(&keys[1]));
        let granted = want.min(of_generation).min(of_day);
        if granted < least {
            return if of_generation < of_day { -1 } else { -2 };
        }
        keys.iter().for_each(|key| *sums.entry(key.clone()).or_default() += granted);
        i64::try_from(granted).unwrap_or(i64::MAX)
    }

    async fn settle(self, keys: [String; 2], granted: u64, spent: u64) {
        let more = i64::try_from(spent).unwrap_or(i64::MAX).saturating_sub_unsigned(granted);
        match self.sums {
            Sums::Shared(mut redis) => {
                let script = Script::new(SETTLE);
                let mut asked = script.key(&keys[0]);
                asked.key(&keys[1]).arg(more);
                if let Ok(Ok(())) = tokio::time::timeout(ASK_WITHIN * 4, asked.invoke_async(&mut redis)).await {
                    return;
                }
                tracing::warn!(granted, spent, "a reservation was not settled, and counts as spent");
            }
            Sums::Alone(sums) => {
                let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
                keys.into_iter().for_each(|key| {
                    let sum = sums.entry(key).or_default();
                    *sum = sum.saturating_add_signed(more);
                });
            }
        }
    }
}

impl Reservation {
    /// How much was set aside.
    pub(super) fn granted(&self) -> u64 {
        self.granted
    }

    /// What the call has cost so far. Until this is said, all of it counts as spent.
    pub(super) fn spent(&mut self, micros: u64) {
        self.spent = micros;
    }

    /// Settles it now.
    pub(super) async fn settle(mut self) {
        if let Some(ledger) = self.ledger.take() {
            ledger.settle(std::mem::take(&mut self.keys), self.granted, self.spent).await;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let Some(ledger) = self.ledger.take() else { return };
        // Outside a runtime nothing can be asked any more, and all of it counts as spent.
        if tokio::runtime::Handle::try_current().is_ok() {
            let tasks = ledger.tasks.clone();
            tasks.spawn("settling", ledger.settle(std::mem::take(&mut self.keys), self.granted, self.spent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger::new(None, Caps { generation: 100, day: 150 }, Clock::system(), Tasks::default())
    }

    #[tokio::test]
    async fn a_generation_and_a_day_have_their_caps() {
        let ledger = ledger();
        let one = ledger.reserve("a", 80, 10).await.unwrap();
        let rest = ledger.reserve("a", 80, 10).await.unwrap();
        assert_eq!((one.granted(), rest.granted()), (80, 20));
        assert_eq!(ledger.reserve("a", 80, 10).await.err(), Some(Denied::GenerationFull));
        let other = ledger.reserve("b", 80, 10).await.unwrap();
        assert_eq!(other.granted(), 50);
        assert_eq!(ledger.reserve("c", 80, 10).await.err(), Some(Denied::DayFull));
        assert!(ledger.is_day_full());
    }

    #[tokio::test]
    async fn what_was_not_spent_is_given_back_and_what_is_free_counts_nothing() {
        let ledger = ledger();
        let mut one = ledger.reserve("a", 100, 10).await.unwrap();
        one.spent(30);
        one.settle().await;
        assert_eq!(ledger.reserve("a", 100, 10).await.unwrap().granted(), 70);
        assert_eq!(ledger.reserve("a", 0, 0).await.unwrap().granted(), 0);
    }

    #[tokio::test]
    async fn a_call_that_was_cancelled_is_settled_too() {
        let ledger = ledger();
        let mut one = ledger.reserve("a", 100, 10).await.unwrap();
        one.spent(5);
        drop(one);
        assert!(ledger.tasks.stop(Duration::from_secs(1)).await);
        assert_eq!(ledger.reserve("a", 100, 10).await.unwrap().granted(), 95);
    }
}
