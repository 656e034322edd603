//! Vitals: what visitors feel, as their browsers measure it. Taken without waiting for the database, kept for two weeks as they came and for good as
//! histograms, and told as percentiles.

mod beacon;
mod buffer;
pub mod checks;
mod cube;
mod rollup;
mod seed;
mod store;
mod summary;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

pub use beacon::{BEACON_MAX, BadBeacon, MEASUREMENTS_MAX, Measurement, is_release};
pub use buffer::{BufferMetrics, WAITING_MAX};
pub use cube::{Dimensions, Filter, Part};
pub use rollup::{KEEP_SAMPLES, TidyVitals};
pub use seed::CannotSeed;
pub use summary::{
    Bin, DAYS_DEFAULT, DAYS_MAX, Day, Detail, Figures, Release, SAMPLES_MIN, Summary, Value, VitalSummary,
};

use crate::{
    accounts::Client,
    clock::Clock,
    db::{Database, DbError},
    limits::{Limited, Limits, Quota},
    tasks::Tasks,
};
use beacon::Known;
use buffer::{Buffer, Writer};

/// Beacons of one network: a page life sends one, and many people may share an address.
const BEACONS: Quota = Quota { name: "beacons", burst: 300, every: Duration::from_millis(100) };
/// Releases that measurements are told apart by.
const RELEASES_MAX: i64 = 50;
/// How often it is asked which releases there are: others may have begun to serve.
const RELEASES_EVERY: Duration = Duration::from_secs(60);

/// What is served: where measurements can come from.
#[derive(Debug)]
struct Site {
    release: String,
    routes: Vec<&'static str>,
    /// All releases that were seen lately, this one too.
    releases: RwLock<Vec<String>>,
}

/// The vitals domain.
#[derive(Clone)]
pub struct Vitals {
    db: Database,
    clock: Clock,
    limits: Limits,
    buffer: Buffer,
    site: Arc<OnceLock<Site>>,
}

impl Vitals {
    /// Makes the domain. Measurements are taken once it is told what is served.
    pub fn new(db: Database, clock: Clock, limits: Limits, metrics: BufferMetrics) -> Self {
        Self { db, clock, limits, buffer: Buffer::new(metrics), site: Arc::default() }
    }

    /// Says which release serves pages and at which patterns of addresses; measurements of others are refused. Counts once.
    pub fn know_site(&self, release: &str, routes: Vec<&'static str>) {
        let releases = RwLock::new(vec![release.to_owned()]);
        let _ = self.site.set(Site { release: release.to_owned(), routes, releases });
    }

    /// The release that serves pages here; nothing when none are.
    pub fn release(&self) -> Option<&str> {
        self.site.get().map(|site| site.release.as_str())
    }

    /// Patterns of addresses that pages are served at.
    pub fn routes(&self) -> &[&'static str] {
        self.site.get().map_or(&[], |site| &site.routes)
    }

    /// Whether somebody may send a beacon now.
    ///
    /// # Errors
    /// [`Limited`] when there were too many.
    pub fn admit(&self, client: &Client) -> Result<(), Limited> {
        self.limits.admit_here(&BEACONS, &client.network()).inspect_err(|_| {
            self.buffer.metrics.limited.inc();
        })
    }

    /// Takes a beacon, without waiting for anything. `false` when too much waits already; it is counted as dropped then.
    ///
    /// # Errors
    /// [`BadBeacon`]; nothing of it counts.
    pub fn take(&self, body: &[u8]) -> Result<bool, BadBeacon> {
        let measurements = match self.site.get() {
            Some(site) => {
                let releases = site.releases.read().unwrap_or_else(PoisonError::into_inner);
                beacon::read(body, Known { routes: &site.routes, releases: &releases })
            }
            None => beacon::read(body, Known { routes: &[], releases: &[] }),
        };
        let measurements = measurements.inspect_err(|_| {
            self.buffer.metrics.refused.inc();
        })?;
        Ok(self.buffer.offer(measurements, self.clock.now()))
    }

    /// Writes what is taken until the program stops, and then what is left.
    pub async fn write(self, tasks: Tasks) {
        let writer = Writer {
            id: self.clock.new_id(),
            db: self.db.clone(),
            clock: self.clock.clone(),
            buffer: self.buffer.clone(),
            counted: HashMap::new(),
            touched: Default::default(),
        };
        writer.run(tasks).await;
    }

    /// Makes room for what is measured, says in the database which release is served, and learns of others, until the program stops.
    pub async fn keep_releases(self, tasks: Tasks) {
        let mut has_room = false;
        while !tasks.is_stopping() {
            has_room = has_room || self.make_room().await.is_ok();
            if let Err(error) = self.learn_releases().await {
                tracing::debug!(%error, "it is not known which releases there are");
            }
            tokio::select! { () = tasks.stopping() => {}, () = tokio::time::sleep(RELEASES_EVERY) => {} }
        }
    }

    async fn learn_releases(&self) -> Result<(), DbError> {
        let Some(site) = self.site.get() else { return Ok(()) };
        store::set_release(self.db.primary(), &site.release, self.clock.now()).await?;
        let known = store::releases(self.db.primary(), RELEASES_MAX).await?;
        *site.releases.write().unwrap_or_else(PoisonError::into_inner) =
            known.into_iter().map(|release| release.name).collect();
        Ok(())
    }
}

#[cfg(feature = "fuzz")]
pub(crate) fn fuzzed(bytes: &[u8]) {
    let releases = ["1.2.3".to_owned()];
    let known = beacon::Known { routes: &["/", "/projects/{id}"], releases: &releases };
    if let Ok(measurements) = beacon::read(bytes, known) {
        assert!(!measurements.is_empty());
    }
}
