//! What the queue does in a second, and how soon it begins. `bin/bench jobs` gives it a database of its own; fsync and synchronous_commit are on.
//!
//! `jobs held MINUTES` offers a thousand jobs a second for that long while an old snapshot is held open, so that nothing dead can be swept up.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench may"
)]

mod support;

use std::{
    env,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use server::{
    clock::Clock,
    config::{Config, Variables},
    db::Database,
    jobs::{Job, JobMetrics, Jobs, Kinds, Options},
    tasks::Tasks,
};
use sqlx::{Connection, PgConnection};
use support::{median, percentile, row};

/// Does nothing, and says when it began.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Nothing {
    at: u64,
}

impl Job for Nothing {
    const KIND: &'static str = "nothing";
}

struct Bench {
    url: String,
    db: Database,
    zero: Instant,
}

/// One process's queue, as far as the database can tell.
struct Process {
    jobs: Jobs,
    tasks: Tasks,
}

impl Bench {
    async fn new() -> Self {
        let url = env::var("DATABASE_URL").expect("DATABASE_URL: run bin/bench jobs");
        let db = Database::connect(&Self::config(&url).database).await.unwrap();
        db.migrate().await.unwrap();
        Self { url, db, zero: Instant::now() }
    }

    fn config(url: &str) -> Config {
        Config::from_variables(&Variables::new([("DATABASE_URL", url), ("ATLAS9_JOBS", "1024")])).unwrap()
    }

    async fn process(&self) -> Process {
        let config = Self::config(&self.url);
        let (db, tasks) = (Database::connect(&config.database).await.unwrap(), Tasks::default());
        Process { jobs: Jobs::new(db, Clock::system(), config.jobs, JobMetrics::default(), tasks.clone()), tasks }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.zero.elapsed().as_micros()).unwrap()
    }

    async fn empty(&self) {
        sqlx::query("truncate jobs, jobs_finished, job_keys").execute(self.db.primary()).await.unwrap();
    }

    /// Publishes so many jobs, `batch` in a transaction, by so many at once. Returns jobs a second.
    async fn publish(&self, jobs: u64, batch: u64, at_once: u64) -> f64 {
        self.empty().await;
        let process = self.process().await;
        let began = Instant::now();
        let mut publishers = Vec::new();
        for _ in 0..at_once {
            let (queue, db) = (process.jobs.clone(), self.db.clone());
            publishers.push(tokio::spawn(async move {
                for _ in 0..jobs / batch / at_once {
                    let many: Vec<Nothing> = (0..batch).map(|at| Nothing { at }).collect();
                    let mut tx = db.primary().begin().await.unwrap();
                    queue.publish_all(&mut tx, &many, &Options::default()).await.unwrap();
                    tx.commit().await.unwrap();
                    queue.wake::<Nothing>();
                }
            }));
        }
        for publisher in publishers {
            publisher.await.unwrap();
        }
        let rate = f64::from(u32::try_from(jobs).unwrap()) / began.elapsed().as_secs_f64();
        process.tasks.stop(Duration::from_secs(5)).await;
        rate
    }

    /// Does so many jobs that wait already. Returns jobs a second.
    async fn run(&self, jobs: u64) -> f64 {
        self.publish(jobs, 100, 2).await;
        let done = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&done);
        let process = self.process().await;
        let kinds = Kinds::default().on::<Nothing, _, _>(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        });
        let began = Instant::now();
        process.tasks.spawn("worker", process.jobs.worker(kinds).run());
        // Done when it is written down, not when it was done.
        while sqlx::query_scalar::<_, bool>("select exists (select from jobs)")
            .fetch_one(self.db.primary())
            .await
            .unwrap()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let rate = f64::from(u32::try_from(jobs).unwrap()) / began.elapsed().as_secs_f64();
        assert_eq!(done.load(Ordering::SeqCst), jobs, "each job once");
        process.tasks.stop(Duration::from_secs(5)).await;
        rate
    }

    /// Offers `rate` jobs a second from one process to another that sleeps. Returns microseconds from the commit to the beginning.
    async fn waits(&self, rate: u64, lasts: Duration) -> Vec<u64> {
        let waits = Arc::new(Mutex::new(Vec::new()));
        let (publisher, worker) = (self.process().await, self.process().await);
        let (seen, zero) = (Arc::clone(&waits), self.zero);
        let kinds = Kinds::default().on::<Nothing, _, _>(move |job: Nothing, _| {
            let now = u64::try_from(zero.elapsed().as_micros()).unwrap();
            seen.lock().unwrap().push(now.saturating_sub(job.at));
            async { Ok(()) }
        });
        worker.tasks.spawn("worker", worker.jobs.worker(kinds).run());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / rate.min(100)));
        let (each, ends) = (rate.div_ceil(100), Instant::now() + lasts);
        while Instant::now() < ends {
            tick.tick().await;
            let many: Vec<Nothing> = (0..each).map(|_| Nothing { at: self.now() }).collect();
            let mut tx = self.db.primary().begin().await.unwrap();
            publisher.jobs.publish_all(&mut tx, &many, &Options::default()).await.unwrap();
            tx.commit().await.unwrap();
            publisher.jobs.wake::<Nothing>();
        }
        while sqlx::query_scalar::<_, bool>("select exists (select from jobs)")
            .fetch_one(self.db.primary())
            .await
            .unwrap()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        worker.tasks.stop(Duration::from_secs(5)).await;
        publisher.tasks.stop(Duration::from_secs(5)).await;
        let mut waits = std::mem::take(&mut *waits.lock().unwrap());
        waits.sort_unstable();
        waits
    }
}

async fn usual(bench: &Bench) {
    let mut figures = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..3 {
        figures[0].push(bench.publish(40_000, 100, 2).await);
        figures[1].push(bench.publish(8_000, 1, 8).await);
        figures[2].push(bench.run(50_000).await);
    }
    let [batches, singles, runs] = figures.map(median);
    row("published a second, 100 a transaction, 2 at once", ">= 20000", &format!("{batches:.0}"));
    row("published a second, 1 a transaction, 8 at once", ">= 2000", &format!("{singles:.0}"));
    row("done a second, one process, nothing to do", ">= 10000", &format!("{runs:.0}"));
    bench.empty().await;
    let waits = bench.waits(50, Duration::from_secs(10)).await;
    row("from before the publishing to the beginning, another process, p50", "< 5 ms", &percentile(&waits, 0.5));
    row("the same, p99", "< 30 ms", &percentile(&waits, 0.99));
}

/// An old snapshot is held open meanwhile.
async fn held(bench: &Bench, minutes: f64) {
    bench.empty().await;
    let mut holder = PgConnection::connect(&bench.url).await.unwrap();
    sqlx::query("begin isolation level repeatable read").execute(&mut holder).await.unwrap();
    sqlx::query("select count(*) from pg_class").execute(&mut holder).await.unwrap();
    let waits = bench.waits(1_000, Duration::from_secs_f64(minutes * 60.0)).await;
    let dead: i64 =
        sqlx::query_scalar("select pg_relation_size('jobs') / 1048576").fetch_one(bench.db.primary()).await.unwrap();
    row(&format!("1000 a second for {minutes} minutes, an old snapshot held; p50"), "", &percentile(&waits, 0.5));
    row("the same, p99", "< 100 ms", &percentile(&waits, 0.99));
    row("the same, the longest", "", &percentile(&waits, 1.0));
    row("done of those offered", "all", &waits.len().to_string());
    row("size of the table by then", "", &format!("{dead} MB"));
}

#[tokio::main]
async fn main() {
    let bench = Bench::new().await;
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("held") => held(&bench, arguments.get(1).and_then(|minutes| minutes.parse().ok()).unwrap_or(10.0)).await,
        _ => usual(&bench).await,
    }
}
