//! Synthetic checks: the program visits itself as somebody would, on a schedule, and notes how that went. Whoever is to know is told when a path
//! breaks and when it is whole again, and not of every hiccup.

mod alert;
mod paths;
mod standing;
mod status;
mod store;

use std::time::Duration;

use model::vitals::Histogram;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::time::Instant;

pub use alert::SendAlert;
pub use paths::Path;
pub use standing::{CONTRARY_MAX, Outcome};
pub use status::{CheckStatus, DayStatus, Incident, State, Status};

use crate::{
    accounts::Accounts,
    clock::{Clock, milliseconds},
    config::ChecksConfig,
    db::{Database, DbError},
    jobs::{Failure, Job, Jobs, JobsError, Kinds, Options, Queue, Rules},
};
use alert::Alert;
use paths::Visitor;
use standing::Standing;

/// Runs are kept this long as they went, days this long.
const KEEP_RUNS: time::Duration = time::Duration::days(14);
const KEEP_DAYS: time::Duration = time::Duration::days(400);
/// The longest reason that is kept, in characters.
const REASON_MAX: usize = 300;

/// Visits the paths that cost little.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckPaths {}

impl Job for CheckPaths {
    const KIND: &'static str = "check-paths";
    /// What went wrong is noted and not tried again: the next run is near.
    const RULES: Rules = Rules { attempts: 1, time_limit: Duration::from_secs(50), ..Rules::USUAL };
}

/// Has a product made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckGeneration {}

impl Job for CheckGeneration {
    const KIND: &'static str = "check-generation";
    const RULES: Rules = Rules { attempts: 1, time_limit: Duration::from_secs(90), ..Rules::USUAL };
}

/// Forgets runs and days of long ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyChecks {}

impl Job for TidyChecks {
    const KIND: &'static str = "tidy-checks";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}

/// One visit.
#[derive(Debug, Clone)]
struct Run {
    path: Path,
    at: OffsetDateTime,
    outcome: Outcome,
    milliseconds: f64,
    reason: Option<String>,
}

/// The checks.
#[derive(Clone)]
pub struct Checks {
    db: Database,
    clock: Clock,
    jobs: Jobs,
    accounts: Accounts,
    client: reqwest::Client,
    config: ChecksConfig,
    site: String,
}

impl Checks {
    /// Makes the domain, for the site at an address.
    pub fn new(
        db: Database,
        clock: Clock,
        jobs: Jobs,
        accounts: Accounts,
        client: reqwest::Client,
        config: ChecksConfig,
        site: String,
    ) -> Self {
        Self { db, clock, jobs, accounts, client, config, site }
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let (cheap, costly, alerts, tidier) = (self.clone(), self.clone(), self.clone(), self.clone());
        kinds
            .on::<TidyChecks, _, _>(move |_, _| {
                let checks = tidier.clone();
                async move { checks.tidy().await.map_err(Failure::retry) }
            })
            .on::<CheckPaths, _, _>(move |_, _| {
                let checks = cheap.clone();
                async move { checks.run_if_wanted(&Path::CHEAP).await.map_err(Failure::retry) }
            })
            .on::<CheckGeneration, _, _>(move |_, _| {
                let checks = costly.clone();
                async move { checks.run_if_wanted(&[Path::Generation]).await.map_err(Failure::retry) }
            })
            .on::<SendAlert, _, _>(move |job, _| {
                let checks = alerts.clone();
                async move { checks.send(&job).await }
            })
    }

    /// A schedule that was set down once goes on, also when nobody wants to be visited any more.
    async fn run_if_wanted(&self, paths: &[Path]) -> Result<(), JobsError> {
        if self.config.are_run { self.run(paths).await } else { Ok(()) }
    }

    /// Visits paths one after the other, and notes how it went.
    ///
    /// # Errors
    /// [`JobsError`] when it cannot be noted.
    pub async fn run(&self, paths: &[Path]) -> Result<(), JobsError> {
        for path in paths {
            let run = self.visit(*path).await;
            self.note(&run).await?;
        }
        Ok(())
    }

    async fn visit(&self, path: Path) -> Run {
        let visitor = Visitor { client: &self.client, accounts: &self.accounts, site: self.visited_site() };
        let (at, began) = (self.clock.now(), Instant::now());
        let went = tokio::time::timeout(path.patience(), visitor.go(path)).await;
        let took = began.elapsed();
        let late = || format!("It took longer than {} s.", path.patience().as_secs());
        let (outcome, reason) = match went.unwrap_or_else(|_| Err(late())) {
            Err(reason) => (Outcome::Failed, Some(reason)),
            Ok(()) if took > path.limit() => {
                let limit = path.limit().as_millis();
                (Outcome::Slow, Some(format!("It took {} ms; more than {limit} is slow.", took.as_millis())))
            }
            Ok(()) => (Outcome::Passed, None),
        };
        let reason = reason.map(|reason| reason.chars().take(REASON_MAX).collect());
        Run { path, at, outcome, milliseconds: milliseconds(took), reason }
    }

    /// Where the site is visited: where people reach it, unless another address is told.
    fn visited_site(&self) -> &str {
        self.config.site.as_deref().unwrap_or(&self.site)
    }

    /// Notes a run, and has told whoever is to know when it changes how the path stands.
    async fn note(&self, run: &Run) -> Result<(), JobsError> {
        let mut tx = self.db.primary().begin().await.map_err(DbError::from)?;
        let before = store::lock_state(&mut tx, run.path, run.at).await?;
        let (standing, turned) = before.after(run.outcome, run.at);
        store::insert_run(&mut tx, run).await?;
        store::set_state(&mut tx, run.path, &standing).await?;
        if turned {
            let reason = run.reason.as_deref().unwrap_or("It passed.");
            if standing.is_failing {
                store::begin_incident(&mut tx, self.clock.new_id(), run, reason).await?;
            } else {
                store::end_incident(&mut tx, run.path, run.at).await?;
            }
            self.alert(&mut tx, run, &before, &standing).await?;
        }
        tx.commit().await.map_err(DbError::from)?;
        if turned {
            self.jobs.wake::<SendAlert>();
            let path = run.path.as_str();
            tracing::warn!(path, failing = standing.is_failing, reason = run.reason, "a check has turned");
        }
        Ok(())
    }

    async fn alert(
        &self,
        tx: &mut sqlx::PgConnection,
        run: &Run,
        before: &Standing,
        after: &Standing,
    ) -> Result<(), JobsError> {
        if self.config.alerts.is_none() {
            return Ok(());
        }
        let alert = if after.is_failing {
            Alert::Broken { reason: run.reason.clone().unwrap_or_default() }
        } else {
            Alert::Whole { since: before.since }
        };
        let alert = SendAlert { path: run.path, at: run.at, alert };
        self.jobs.publish(tx, &alert, &Options::default()).await.map(drop)
    }

    /// Forgets runs and days of long ago.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn tidy(&self) -> Result<(), DbError> {
        let now = self.clock.now();
        store::prune(self.db.primary(), now - KEEP_RUNS, (now - KEEP_DAYS).date()).await
    }
}

/// How long runs of a day took, put together.
fn with(sketch: &[u8], milliseconds: f64) -> Vec<u8> {
    let mut histogram = Histogram::from_bytes(sketch).unwrap_or_default();
    histogram.add(milliseconds);
    histogram.to_bytes()
}
