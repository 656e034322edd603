//! Between the answer and the database: measurements gather here, and one writer takes them in bulk. When more come than it can write, they are dropped and
//! counted; nobody waits.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::vitals::{Histogram, Vital};
use prometheus_client::{metrics::counter::Counter, registry::Registry};
use time::OffsetDateTime;
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use super::{Measurement, cube::Dimensions, store};
use crate::{
    clock::Clock,
    db::{Database, within},
    tasks::Tasks,
};

/// Measurements that wait at most: some seconds of all that one instance can be sent.
pub const WAITING_MAX: usize = 200_000;
/// Measurements that are written at once.
const AT_ONCE: usize = 10_000;
/// How often what waits is written, however little it is.
const WRITE_EVERY: Duration = Duration::from_millis(500);
/// How long one write may take, and how long a database that did not take one is left alone.
const WITHIN: Duration = Duration::from_secs(10);
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How often what was counted is written.
const COUNT_EVERY: Duration = Duration::from_secs(2);
/// Combinations that one writer counts at once; what is measured beyond is a sample only.
const COMBINATIONS_MAX: usize = 10_000;

/// A measurement with the time at which it came; what browsers say of time is not asked.
pub(super) struct Sample {
    pub(super) at: OffsetDateTime,
    pub(super) measurement: Measurement,
}

/// What is measured of measuring.
#[derive(Debug, Clone, Default)]
pub struct BufferMetrics {
    /// Measurements taken.
    pub taken: Counter,
    /// Measurements dropped since too many waited.
    pub dropped: Counter,
    /// Measurements lost since the database did not take them.
    pub lost: Counter,
    /// Measurements of more combinations than are counted.
    pub uncounted: Counter,
    /// Beacons that could not be read, or said what cannot be.
    pub refused: Counter,
    /// Beacons of networks that sent too many.
    pub limited: Counter,
}

/// Measurements that wait.
#[derive(Clone)]
pub(super) struct Buffer {
    waiting: Arc<Mutex<Vec<Sample>>>,
    filled: Arc<Notify>,
    pub(super) metrics: BufferMetrics,
}

impl Buffer {
    pub(super) fn new(metrics: BufferMetrics) -> Self {
        Self { waiting: Arc::default(), filled: Arc::default(), metrics }
    }

    /// Takes measurements, unless too many wait; says whether it did.
    pub(super) fn offer(&self, measurements: Vec<Measurement>, at: OffsetDateTime) -> bool {
        let many = measurements.len();
        let count = u64::try_from(many).unwrap_or(u64::MAX);
        let mut waiting = self.waiting();
        if waiting.len() + many > WAITING_MAX {
            self.metrics.dropped.inc_by(count);
            return false;
        }
        waiting.extend(measurements.into_iter().map(|measurement| Sample { at, measurement }));
        let is_much = waiting.len() >= AT_ONCE;
        drop(waiting);
        self.metrics.taken.inc_by(count);
        if is_much {
            self.filled.notify_one();
        }
        true
    }

    fn next(&self) -> Vec<Sample> {
        let mut waiting = self.waiting();
        let many = waiting.len().min(AT_ONCE);
        waiting.drain(..many).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BufferMetrics {
    /// Names them all.
    pub fn register(&self, registry: &mut Registry) {
        let mut counter = |name, help, counter: &Counter| registry.register(name, help, counter.clone());
        counter("vitals_taken", "Measurements of browsers taken", &self.taken);
        counter("vitals_dropped", "Measurements dropped since too many waited", &self.dropped);
        counter("vitals_lost", "Measurements the database did not take", &self.lost);
        counter("vitals_uncounted", "Measurements of more combinations than are counted", &self.uncounted);
        counter("beacons_refused", "Beacons that said what cannot be", &self.refused);
        counter("beacons_limited", "Beacons of networks that sent too many", &self.limited);
    }
}

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) hour: OffsetDateTime,
    pub(super) vital: Vital,
    pub(super) dimensions: Dimensions,
}

/// Writes what waits: samples as they came, and all that it counted in the hour anew, under an id of its own.
pub(super) struct Writer {
    pub(super) id: Uuid,
    pub(super) db: Database,
    pub(super) clock: Clock,
    pub(super) buffer: Buffer,
    pub(super) counted: HashMap<Key, Histogram>,
    /// What was counted and is not written yet.
    pub(super) touched: HashSet<Key>,
}

impl Writer {
    /// Writes until the program stops, and then what is left.
    pub(super) async fn run(mut self, tasks: Tasks) {
        let mut counted_at = Instant::now();
        while !tasks.is_stopping() {
            tokio::select! {
                () = tasks.stopping() => {},
                () = self.buffer.filled.notified() => {},
                () = tokio::time::sleep(WRITE_EVERY) => {},
            }
            while self.write_samples().await && !tasks.is_stopping() {}
            if counted_at.elapsed() >= COUNT_EVERY {
                self.write_counts().await;
                counted_at = Instant::now();
            }
        }
        while self.write_samples().await {}
        self.write_counts().await;
    }

    /// Counts a batch and writes it; says whether there may be more.
    async fn write_samples(&mut self) -> bool {
        let batch = self.buffer.next();
        if batch.is_empty() {
            return false;
        }
        self.count(&batch);
        if let Err(error) = within(WITHIN, store::insert_samples(self.db.primary(), &batch)).await {
            // Asked a second time, samples that had been taken all the same would be there twice. They are counted, at least.
            self.buffer.metrics.lost.inc_by(u64::try_from(batch.len()).unwrap_or(u64::MAX));
            tracing::warn!(%error, samples = batch.len(), "measurements were not written");
            tokio::time::sleep(AFTER_FAILURE).await;
        }
        batch.len() == AT_ONCE
    }

    fn count(&mut self, batch: &[Sample]) {
        for Sample { at, measurement } in batch {
            let Measurement { vital, value, dimensions, .. } = measurement;
            let key = Key { hour: hour_of(*at), vital: *vital, dimensions: dimensions.clone() };
            if !self.counted.contains_key(&key) && self.counted.len() >= COMBINATIONS_MAX {
                self.buffer.metrics.uncounted.inc();
                continue;
            }
            if !self.touched.contains(&key) {
                self.touched.insert(key.clone());
            }
            self.counted.entry(key).or_default().add(vital.scaled(*value));
        }
    }

    /// Writes what was counted since the last time, in the place of what had been written of the same. What fails is written the next time.
    async fn write_counts(&mut self) {
        let rows: Vec<(&Key, Vec<u8>)> =
            self.touched.iter().filter_map(|key| Some((key, self.counted.get(key)?.to_bytes()))).collect();
        if !rows.is_empty()
            && let Err(error) = within(WITHIN, store::set_hours(self.db.primary(), self.id, &rows)).await
        {
            tracing::warn!(%error, "what was measured is not written yet");
            return;
        }
        self.touched.clear();
        // An hour that is over is not written any more.
        let oldest = hour_of(self.clock.now()) - time::Duration::hours(1);
        self.counted.retain(|key, _| key.hour >= oldest);
    }
}

/// The full hour before a moment, in UTC.
pub(super) fn hour_of(at: OffsetDateTime) -> OffsetDateTime {
    let seconds = at.unix_timestamp();
    OffsetDateTime::from_unix_timestamp(seconds - seconds.rem_euclid(3_600)).unwrap_or(at)
}
