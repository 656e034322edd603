//! Things that are asked for often and change seldom, kept in this process's memory over Redis.
//!
//! PostgreSQL stays the truth. A thing is served as it is while it is fresh; after that it is served once more while one task makes it anew; after that
//! only when it cannot be made anew. Of all who want what is not there one makes it, in this process and across instances. Whoever changes what a thing
//! hangs on says so by its [`Tag`]s ([`Cache::forget`], [`Cache::outdate`]): in this process that holds at once, in the others as soon as they hear it over
//! Redis, and what was begun before the change is never taken for what came after (see [`marks`]).
//!
//! Redis may be away: then each instance caches by itself, tells of its changes when Redis is back, and the others serve what they have no longer than its
//! time. Nothing here is ever an error but what the maker of a thing says.

mod entry;
mod flight;
mod keeper;
mod key;
mod making;
mod marks;
mod metrics;
mod remote;
#[cfg(test)]
mod tests;

use std::{
    error::Error,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache as Memory;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use crate::{bus::Redis, clock::Clock, tasks::Tasks};
use entry::{Entry, Verdict};
use flight::{Flight, Flights, Seat};
use keeper::Pending;
use locks::{Arc, Mutex};
use making::Wanted;
use marks::Marks;
use metrics::Source;
use remote::Remote;

pub use key::{Key, Space, Tag, Times};
pub use marks::Change;
pub use metrics::CacheMetrics;

/// The locks of [`flight`].
mod locks {
    pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
}

/// Bytes that memory holds.
const MEMORY_MAX: u64 = 24 << 20;
/// What a thing costs in memory beside its bytes.
const OVERHEAD: u32 = 400;
/// How long making a thing may take: longer than a page may, which has an answer of its own for that.
const MAKE_WITHIN: Duration = Duration::from_secs(12);
/// How long somebody waits who could be served something old.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long nobody tries to make a thing again that could not be made, while there is an old one.
const REST: Duration = Duration::from_secs(5);
/// How often somebody sits down with others before they make a thing for themselves.
const BOARDINGS: usize = 3;

/// What is kept. Copies are the same cache.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    memory: Memory<Arc<str>, Arc<Entry>>,
    flights: Arc<Flights<Arc<str>, Outcome>>,
    marks: RwLock<Marks>,
    /// Counts states of [`Inner::marks`], from 1 on, so that a hit need not look into them.
    state: AtomicU64,
    pending: Mutex<Pending>,
    remote: Remote,
    clock: Clock,
    tasks: Tasks,
    metrics: CacheMetrics,
}

/// A thing, and where it came from.
type Outcome = Result<(Arc<Entry>, Source), Unmade>;

/// A thing as its maker answers: what it is, or that there is nothing; and on what it hangs.
#[derive(Debug)]
pub struct Answer<T> {
    value: Option<T>,
    tags: Vec<Tag>,
    /// What whoever asked is told instead.
    instead: Option<Arc<dyn Error + Send + Sync>>,
}

impl<T> Answer<T> {
    /// This, or nothing.
    pub fn of(value: impl Into<Option<T>>) -> Self {
        Self { value: value.into(), tags: Vec::new(), instead: None }
    }

    /// What is true now is not to be kept, and what was kept is true no more: whoever asks is told this, as [`Unmade::Unkept`]. A maker that merely failed
    /// says so by its error, and what there was is served on.
    pub fn unkept(instead: impl Error + Send + Sync + 'static) -> Self {
        Self { value: None, tags: Vec::new(), instead: Some(Arc::new(instead)) }
    }

    /// It hangs on these.
    #[must_use]
    pub fn on(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags.extend(tags);
        self
    }
}

/// How a cache is doing.
#[derive(Debug, Serialize)]
pub struct CacheFigures {
    /// Whether Redis takes part.
    #[serde(rename = "shared")]
    pub is_shared: bool,
    /// Things in memory.
    pub entries: u64,
    /// And their bytes.
    pub bytes: u64,
    /// How often something was asked for.
    pub asked: u64,
    /// The share of that for which nothing had to be made; none of nothing.
    pub hit_rate: Option<f64>,
    /// The same of what memory did not have and Redis may have had.
    pub redis_hit_rate: Option<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "shares are rounded anyway")]
fn share(part: u64, rest: u64) -> Option<f64> {
    (part + rest > 0).then(|| (part as f64 / (part + rest) as f64 * 1_000.0).round() / 1_000.0)
}

/// A change that may be committed at any moment.
#[must_use = "dropped, it counts as committed"]
pub struct Changing {
    cache: Cache,
    tags: Vec<Tag>,
}

impl Changing {
    /// It is committed: see [`Cache::forget`].
    pub async fn is_committed(mut self) {
        self.cache.forget(&self.tags).await;
        self.tags.clear();
    }

    /// Nothing changed of what others see.
    pub fn withdraw(mut self) {
        self.tags.clear();
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        if !self.tags.is_empty() {
            self.cache.change_soon(&self.tags, Change::Gone);
        }
    }
}

/// A thing could not be made, and there is no old one to serve.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unmade {
    /// Its maker says why.
    #[error("{0}")]
    Origin(Arc<dyn Error + Send + Sync>),
    /// It is not to be kept: [`Answer::unkept`].
    #[error("{0}")]
    Unkept(Arc<dyn Error + Send + Sync>),
    /// It took too long.
    #[error("it was not made within {} seconds", MAKE_WITHIN.as_secs())]
    Late,
    /// Whoever made it panicked, or the program ends.
    #[error("whoever made it gave up")]
    Lost,
    /// Its type cannot be written, or two types share a name: a fault of the program.
    #[error("it cannot be kept: {0}")]
    Unfit(String),
}

impl Unmade {
    /// What its maker said.
    pub fn origin<E: Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Origin(error) | Self::Unkept(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl Cache {
    /// A cache that is empty and by itself until [`Cache::keep`] runs. It is shared with those at the same Redis whose things are of the same
    /// `origin`.
    pub fn new(redis: Redis, origin: &str, clock: Clock, tasks: Tasks, metrics: CacheMetrics) -> Self {
        let memory = Memory::builder()
            .max_capacity(MEMORY_MAX)
            .weigher(|name: &Arc<str>, entry: &Arc<Entry>| {
                let name = u32::try_from(name.len()).unwrap_or(u32::MAX);
                entry.size().saturating_add(name).saturating_add(OVERHEAD)
            })
            .time_to_live(Duration::from_micros(remote::REMEMBERED))
            .build();
        Self(Arc::new(Inner {
            memory,
            flights: Arc::new(Flights::new()),
            marks: RwLock::default(),
            state: AtomicU64::new(1),
            pending: Mutex::default(),
            remote: Remote::new(redis, origin),
            clock,
            tasks,
            metrics,
        }))
    }

    /// Things of a kind will be kept: they are counted from 0 on.
    pub fn expect<T>(&self, space: &Space<T>) {
        self.0.metrics.expect(space.name);
    }

    /// The thing under this name, made by `make` when it is not there; `None` when there is nothing.
    ///
    /// `make` runs in a task of its own, so that it goes on when whoever asked goes away. It may not run at all, and reads what is true now.
    ///
    /// # Errors
    /// [`Unmade`] when it could not be made, and there is no old one.
    pub async fn get<T, E, Making>(
        &self,
        key: &Key<T>,
        make: impl FnOnce() -> Making + Send + 'static,
    ) -> Result<Option<Arc<T>>, Unmade>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
        Making: Future<Output = Result<Answer<T>, E>> + Send + 'static,
    {
        let mut make = Some(make);
        for _ in 0..BOARDINGS {
            let spare = match self.look(&key.name) {
                Some((entry, Verdict::Fresh)) => return self.serve(key, &entry, Source::Memory),
                Some((entry, verdict @ (Verdict::Early | Verdict::Stale))) => {
                    if !entry.rests(self.millis()) {
                        self.renew(key, make);
                    }
                    let source = if verdict == Verdict::Early { Source::Memory } else { Source::Stale };
                    return self.serve(key, &entry, source);
                }
                Some((entry, _)) if entry.rests(self.millis()) => return self.serve(key, &entry, Source::Spare),
                seen => seen.map(|(entry, _)| entry),
            };
            let (flight, is_passenger) = match self.board(key) {
                Seat::There(outcome) => return self.serve(key, &outcome?.0, Source::Joined),
                Seat::Passenger(flight) => (flight, true),
                Seat::Pilot(landing, flight) => {
                    let Some(make) = make.take() else { return Err(Unmade::Lost) };
                    self.take_off(key, landing, make, Wanted::Now);
                    (flight, false)
                }
            };
            let mut outcome = self.wait(flight.clone(), spare.is_some()).await;
            // It may have been changed while something newer was waited for; then there is nothing else to wait for.
            let spare = spare.filter(|spare| self.judge(spare) != Verdict::Dead);
            if outcome.is_none() && spare.is_none() {
                outcome = self.wait(flight, false).await;
            }
            match (outcome, spare) {
                (Some(Err(failure @ Unmade::Unkept(_))), _) => return Err(failure),
                // What somebody else began before this one asked may be older than what this one wrote.
                (Some(Ok((entry, _))), _) if is_passenger && self.judge(&entry) == Verdict::Dead => {}
                (Some(Ok((entry, source))), _) => {
                    return self.serve(key, &entry, if is_passenger { Source::Joined } else { source });
                }
                (Some(Err(failure)), None) => {
                    self.0.metrics.asked(key.space.name, Source::Failed);
                    return Err(failure);
                }
                (failed, Some(spare)) => {
                    if failed.is_some() {
                        spare.rest(self.millis(), REST);
                    }
                    return self.serve(key, &spare, Source::Spare);
                }
                (None, None) => {}
            }
        }
        let Some(make) = make else { return Err(Unmade::Lost) };
        let (entry, source) = self.make(key, make).await?;
        self.serve(key, &entry, source)
    }

    /// The thing under this name when it is in memory and fresh. Costs next to nothing.
    pub fn at_hand<T: Send + Sync + 'static>(&self, key: &Key<T>) -> Option<Arc<T>> {
        let (entry, verdict) = self.look(&key.name)?;
        if verdict == Verdict::Fresh { self.serve(key, &entry, Source::Memory).ok()? } else { None }
    }

    /// What hangs on these tags was changed, and is not served any more: not here from now on, and nowhere once this returns and instances have heard.
    /// To be called after the change is committed.
    pub async fn forget(&self, tags: &[Tag]) {
        self.change(tags, Change::Gone).await;
    }

    /// For a change that is about to be committed: unless it is withdrawn, what hangs on these tags is forgotten also when whoever commits goes away,
    /// or never learns whether it was committed.
    pub fn changing(&self, tags: Vec<Tag>) -> Changing {
        Changing { cache: self.clone(), tags }
    }

    /// What hangs on these tags has something newer: each is served once more while it is made anew.
    pub async fn outdate(&self, tags: &[Tag]) {
        self.change(tags, Change::Stale).await;
    }

    /// Whether what is here comes from all instances and reaches them: Redis answers, and what changed is known.
    pub fn is_shared(&self) -> bool {
        !self.0.remote.is_away()
    }

    /// Whether the other instances know of everything that this one has changed.
    pub fn has_told_all(&self) -> bool {
        self.is_shared() && self.0.pending.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// How it is doing since the process began.
    pub fn figures(&self) -> CacheFigures {
        let metrics = &self.0.metrics;
        self.0.memory.run_pending_tasks();
        let [memory, redis, made, joined, stale, spare, failed] = Source::ALL.map(|source| metrics.total(source));
        let (missed, kept) = (made + failed, memory + redis + joined + stale + spare);
        CacheFigures {
            is_shared: self.is_shared(),
            entries: self.0.memory.entry_count(),
            bytes: self.0.memory.weighted_size(),
            asked: kept + missed,
            hit_rate: share(kept, missed),
            redis_hit_rate: share(redis, missed),
        }
    }

    /// A thing in memory, and what may be done with it.
    fn look(&self, name: &Arc<str>) -> Option<(Arc<Entry>, Verdict)> {
        let entry = self.0.memory.get(name)?;
        match self.judge(&entry) {
            Verdict::Dead => {
                self.0.memory.invalidate(name);
                None
            }
            verdict => Some((entry, verdict)),
        }
    }

    fn judge(&self, entry: &Entry) -> Verdict {
        let state = self.0.state.load(Ordering::Acquire);
        let standing = entry.standing(state, |made, tags| self.marks(|marks| marks.standing(made, tags)));
        entry.judge(self.millis(), standing, self.0.clock.chance())
    }

    fn serve<T: Send + Sync + 'static>(
        &self,
        key: &Key<T>,
        entry: &Entry,
        source: Source,
    ) -> Result<Option<Arc<T>>, Unmade> {
        self.0.metrics.asked(key.space.name, source);
        entry.value().ok_or_else(|| Unmade::Unfit(format!("two types are kept as {}", key.name)))
    }

    /// Makes a thing anew in the background, unless somebody does already.
    fn renew<T, E, Making>(&self, key: &Key<T>, make: Option<impl FnOnce() -> Making + Send + 'static>)
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
        Making: Future<Output = Result<Answer<T>, E>> + Send + 'static,
    {
        if let (Seat::Pilot(landing, _), Some(make)) = (self.0.flights.board(&key.name, || None), make) {
            self.0.metrics.renewed(key.space.name);
            self.take_off(key, landing, make, Wanted::Anew);
        }
    }

    fn board<T>(&self, key: &Key<T>) -> Seat<Arc<str>, Outcome> {
        self.0.flights.board(&key.name, || {
            self.look(&key.name)
                .filter(|(_, verdict)| *verdict <= Verdict::Stale)
                .map(|(entry, _)| Ok((entry, Source::Joined)))
        })
    }

    /// What comes of a flight; nothing when it takes longer than somebody waits who could have something old.
    async fn wait(&self, flight: Flight<Outcome>, has_spare: bool) -> Option<Outcome> {
        let landed = async { flight.await.unwrap_or(Err(Unmade::Lost)) };
        if has_spare { timeout(PATIENCE, landed).await.ok() } else { Some(landed.await) }
    }

    fn marks<T>(&self, see: impl FnOnce(&Marks) -> T) -> T {
        see(&self.0.marks.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn millis(&self) -> i64 {
        i64::try_from(self.0.clock.now().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
    }
}
