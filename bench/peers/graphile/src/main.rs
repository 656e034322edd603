//! What graphile_worker does in a second on the PostgreSQL of DATABASE_URL: the same three figures as `server/benches/jobs.rs`, its fastest
//! settings (a local queue that claims in batches, completions in batches where it has them).

use std::{env, sync::Arc, time::{Duration, Instant}};

use graphile_worker::{IntoTaskHandlerResult, JobSpec, LocalQueueConfig, TaskHandler, WorkerContext, WorkerOptions};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, postgres::PgPoolOptions};

#[derive(Clone, Serialize, Deserialize)]
struct Nothing {
    at: u64,
}

impl TaskHandler for Nothing {
    const IDENTIFIER: &'static str = "nothing";

    async fn run(self, _: WorkerContext) -> impl IntoTaskHandlerResult {
        Ok::<(), String>(())
    }
}

fn options(pool: &PgPool) -> WorkerOptions {
    WorkerOptions::default().schema("graphile_worker").define_job::<Nothing>().pg_pool(pool.clone())
}

async fn publish(pool: &PgPool, jobs: u64, batch: u64, at_once: u64) -> f64 {
    let utils = Arc::new(options(pool).init().await.unwrap().create_utils());
    let began = Instant::now();
    let publishers = (0..at_once).map(|_| {
        let utils = Arc::clone(&utils);
        tokio::spawn(async move {
            let spec = JobSpec::default();
            for _ in 0..jobs / batch / at_once {
                if batch == 1 {
                    utils.add_job(Nothing { at: 0 }, JobSpec::default()).await.unwrap();
                } else {
                    let many: Vec<_> = (0..batch).map(|at| (Nothing { at }, &spec)).collect();
                    utils.add_jobs::<Nothing>(&many).await.unwrap();
                }
            }
        })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        publisher.await.unwrap();
    }
    jobs as f64 / began.elapsed().as_secs_f64()
}

async fn left(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from graphile_worker._private_jobs").fetch_one(pool).await.unwrap()
}

async fn run(pool: &PgPool) -> f64 {
    let jobs = left(pool).await;
    let queue = LocalQueueConfig::default().with_size(500);
    let worker = Arc::new(options(pool).concurrency(64).local_queue(queue).init().await.unwrap());
    let began = Instant::now();
    let running = tokio::spawn({ let worker = Arc::clone(&worker); async move { worker.run().await } });
    while left(pool).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let rate = jobs as f64 / began.elapsed().as_secs_f64();
    running.abort();
    rate
}

#[tokio::main]
async fn main() {
    let url = env::var("DATABASE_URL").expect("DATABASE_URL: run bin/bench jobs peers");
    let pool = PgPoolOptions::new().max_connections(20).connect(&url).await.unwrap();
    let singles = publish(&pool, 4_000, 1, 8).await;
    run(&pool).await;
    let batches = publish(&pool, 40_000, 100, 2).await;
    let runs = run(&pool).await;
    println!("{:<62} {:>14} {batches:>14.0}", "graphile_worker 0.14: published a second, 100 at once, 2 at once", "");
    println!("{:<62} {:>14} {singles:>14.0}", "graphile_worker 0.14: published a second, 1 by 1, 8 at once", "");
    println!("{:<62} {:>14} {runs:>14.0}", "graphile_worker 0.14: done a second, 64 at once", "");
}
