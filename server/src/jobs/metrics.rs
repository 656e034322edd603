//! What is measured of jobs, by kind: for Prometheus, and minute by minute for the console.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

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

use super::Queue;

/// Classes of durations in a minute's counts: up to 1 ms, 2 ms, 4 ms … 2^18 ms (4 minutes), and longer.
pub const CLASSES: usize = 20;

/// A kind of jobs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByKind {
    /// Its name.
    pub kind: String,
}

/// A kind, and what jobs of it do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByState {
    /// Its name.
    pub kind: String,
    /// Where it waits.
    pub queue: String,
    /// `ready`, `scheduled`, `running`, `parked`, `suspect` or `dead`.
    pub state: String,
}

/// Slots of this process: jobs that it may do at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct BySlots {
    /// For whom: a queue, or [`SUSPECTS`].
    pub queue: &'static str,
    /// `used`, or `most`.
    pub state: &'static str,
}

/// What workers do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByStanding {
    /// `alive`, or `silent`.
    pub state: &'static str,
}

/// What slots are called that are for jobs whose worker died, of whichever queue.
pub(super) const SUSPECTS: &str = "suspects";

/// Jobs of this process, and the depth of the queue as it last saw it.
#[derive(Clone)]
pub struct JobMetrics {
    /// Published.
    pub published: Family<ByKind, Counter>,
    /// Attempts begun.
    pub started: Family<ByKind, Counter>,
    /// Attempts that did it.
    pub finished: Family<ByKind, Counter>,
    /// Attempts that did not.
    pub failed: Family<ByKind, Counter>,
    /// Failures that are tried again.
    pub retried: Family<ByKind, Counter>,
    /// Given up.
    pub dead: Family<ByKind, Counter>,
    /// Taken from workers that fell silent.
    pub rescued: Family<ByKind, Counter>,
    /// Attempts whose job was somebody else's when they ended.
    pub lost: Family<ByKind, Counter>,
    /// Seconds from when a job could begin to when it did.
    pub wait_time: Family<ByKind, Histogram>,
    /// Seconds an attempt took.
    pub run_time: Family<ByKind, Histogram>,
    /// How many there are.
    pub depth: Family<ByState, Gauge>,
    /// Seconds since the one that waits longest could have begun.
    pub oldest: Family<ByState, Gauge>,
    /// Slots of this process. Where it does not work, there are none.
    pub slots: Family<BySlots, Gauge>,
    /// Workers there are, in all processes.
    pub workers: Family<ByStanding, Gauge>,
    kinds: Arc<Mutex<HashMap<String, KindMetrics>>>,
}

impl Default for JobMetrics {
    fn default() -> Self {
        let seconds = || Histogram::new(exponential_buckets(0.001, 2.0, 18));
        Self {
            published: Family::default(),
            started: Family::default(),
            finished: Family::default(),
            failed: Family::default(),
            retried: Family::default(),
            dead: Family::default(),
            rescued: Family::default(),
            lost: Family::default(),
            wait_time: Family::new_with_constructor(seconds),
            run_time: Family::new_with_constructor(seconds),
            depth: Family::default(),
            oldest: Family::default(),
            slots: Family::default(),
            workers: Family::default(),
            kinds: Arc::default(),
        }
    }
}

impl JobMetrics {
    /// Adds them to the program's.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("jobs");
        registry.register("published", "Jobs published", self.published.clone());
        registry.register("started", "Attempts begun", self.started.clone());
        registry.register("finished", "Jobs done", self.finished.clone());
        registry.register("failed", "Attempts that failed", self.failed.clone());
        registry.register("retried", "Failures that are tried again", self.retried.clone());
        registry.register("dead", "Jobs given up", self.dead.clone());
        registry.register("rescued", "Jobs taken from workers that fell silent", self.rescued.clone());
        registry.register("lost", "Attempts that no longer held their job when they ended", self.lost.clone());
        registry.register_with_unit(
            "wait",
            "From when a job could begin to when it did",
            Unit::Seconds,
            self.wait_time.clone(),
        );
        registry.register_with_unit("run", "What an attempt took", Unit::Seconds, self.run_time.clone());
        registry.register("depth", "Jobs there are", self.depth.clone());
        registry.register("oldest_seconds", "Age of the job that waits longest", self.oldest.clone());
        registry.register("slots", "Jobs that this process does now, and may do at once", self.slots.clone());
        registry.register("workers", "Workers there are", self.workers.clone());
        Queue::ALL.map(Queue::as_str).into_iter().chain([SUSPECTS]).for_each(|queue| drop(self.lane(queue, 0)));
    }

    /// Says that jobs of these kinds can come: they are counted from 0 on.
    pub(crate) fn expect(&self, kinds: &[String]) {
        for kind in kinds {
            let by = ByKind { kind: kind.clone() };
            let ends = [&self.finished, &self.failed, &self.retried, &self.dead, &self.rescued, &self.lost];
            for counter in [&self.published, &self.started].into_iter().chain(ends) {
                drop(counter.get_or_create(&by));
            }
        }
    }

    /// Says how many jobs of a queue this process may do at once; what is returned tells how many it does.
    pub(super) fn lane(&self, queue: &'static str, most: usize) -> Gauge {
        let slots = |state| self.slots.get_or_create(&BySlots { queue, state }).clone();
        slots("most").set(most.try_into().unwrap_or(i64::MAX));
        slots("used")
    }

    /// Slots in use and in all, by queue, in the order of [`Queue::ALL`].
    pub fn lanes(&self) -> Vec<(&'static str, u64, u64)> {
        let slots =
            |queue, state| self.slots.get(&BySlots { queue, state }).map_or(0, |gauge| gauge.get().unsigned_abs());
        let queues = Queue::ALL.map(Queue::as_str).into_iter().chain([SUSPECTS]);
        queues.map(|queue| (queue, slots(queue, "used"), slots(queue, "most"))).collect()
    }

    /// Those of one kind.
    pub(super) fn of(&self, kind: &str) -> KindMetrics {
        let mut kinds = self.kinds();
        if let Some(known) = kinds.get(kind) {
            return known.clone();
        }
        let by = ByKind { kind: kind.to_owned() };
        let metrics = KindMetrics {
            published: self.published.get_or_create(&by).clone(),
            started: self.started.get_or_create(&by).clone(),
            finished: self.finished.get_or_create(&by).clone(),
            failed: self.failed.get_or_create(&by).clone(),
            retried: self.retried.get_or_create(&by).clone(),
            dead: self.dead.get_or_create(&by).clone(),
            rescued: self.rescued.get_or_create(&by).clone(),
            lost: self.lost.get_or_create(&by).clone(),
            wait_time: self.wait_time.get_or_create(&by).clone(),
            run_time: self.run_time.get_or_create(&by).clone(),
            minute: Arc::default(),
        };
        kinds.insert(kind.to_owned(), metrics.clone());
        metrics
    }

    /// What happened since this was last asked, by kind.
    pub(super) fn take_minutes(&self) -> Vec<(String, Minute)> {
        let kinds = self.kinds();
        let taken = kinds.iter().map(|(kind, metrics)| (kind.clone(), std::mem::take(&mut *metrics.minute())));
        taken.filter(|(_, minute)| *minute != Minute::default()).collect()
    }

    fn kinds(&self) -> MutexGuard<'_, HashMap<String, KindMetrics>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts of a kind, until they are written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Minute {
    pub(super) published: u64,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) dead: u64,
    pub(super) waits: [u64; CLASSES],
    pub(super) runs: [u64; CLASSES],
}

/// Measures jobs of one kind.
#[derive(Clone)]
pub(super) struct KindMetrics {
    published: Counter,
    started: Counter,
    finished: Counter,
    failed: Counter,
    retried: Counter,
    dead: Counter,
    rescued: Counter,
    lost: Counter,
    wait_time: Histogram,
    run_time: Histogram,
    minute: Arc<Mutex<Minute>>,
}

impl KindMetrics {
    pub(super) fn published(&self, many: usize) {
        let many = u64::try_from(many).unwrap_or_default();
        self.published.inc_by(many);
        self.minute().published += many;
    }

    pub(super) fn started(&self, waited: f64) {
        self.started.inc();
        self.wait_time.observe(waited);
        self.minute().waits[class(waited)] += 1;
    }

    pub(super) fn finished(&self, took: Duration) {
        self.finished.inc();
        self.ran(took).done += 1;
    }

    pub(super) fn failed(&self, took: Duration, is_retried: bool) {
        self.failed.inc();
        let mut minute = self.ran(took);
        minute.failed += 1;
        if is_retried {
            self.retried.inc();
        } else {
            self.dead.inc();
            minute.dead += 1;
        }
    }

    pub(super) fn rescued(&self, again: u64, dead: u64) {
        self.rescued.inc_by(again + dead);
        self.dead.inc_by(dead);
        let mut minute = self.minute();
        minute.failed += again + dead;
        minute.dead += dead;
    }

    pub(super) fn lost(&self) {
        self.lost.inc();
    }

    fn ran(&self, took: Duration) -> MutexGuard<'_, Minute> {
        self.run_time.observe(took.as_secs_f64());
        let mut minute = self.minute();
        minute.runs[class(took.as_secs_f64())] += 1;
        minute
    }

    fn minute(&self) -> MutexGuard<'_, Minute> {
        self.minute.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The class of a duration in seconds.
fn class(seconds: f64) -> usize {
    let milliseconds = seconds * 1_000.0;
    (0..CLASSES - 1).find(|class| milliseconds <= f64::from(1_u32 << class)).unwrap_or(CLASSES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fall_into_classes_that_double() {
        assert_eq!([0.0, 0.001, 0.0011, 0.004, 1.0, 262.144, 1_000.0].map(class), [0, 0, 1, 2, 10, 18, 19]);
    }

    #[test]
    fn a_kind_that_can_come_is_counted_from_nothing_on() {
        let (metrics, mut registry, mut text) = (JobMetrics::default(), Registry::default(), String::new());
        metrics.register(&mut registry);
        metrics.expect(&["send-mail".to_owned()]);
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for name in ["published", "started", "finished", "failed", "retried", "dead", "rescued", "lost"] {
            assert!(text.contains(&format!("jobs_{name}_total{{kind=\"send-mail\"}} 0\n")), "{name} in {text}");
        }
        assert!(
            metrics.lanes().iter().all(|(_, used, most)| (*used, *most) == (0, 0)),
            "whoever does not work has no slots"
        );
    }
}
