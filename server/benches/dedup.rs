//! How soon an event is known to be new or not, and how soon a webhook is answered. `bin/bench dedup` gives it a database of its own; Redis is the
//! one of `REDIS_URL`.

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench may"
)]

mod support;
#[path = "../tests/integration/support/web.rs"]
mod web;

use std::{
    env,
    sync::Arc,
    time::{Duration, Instant},
};

use server::{
    clock::Clock,
    config::{Config, Variables},
    db::Database,
    events::{Dedup, Seen, SigningSecret},
    http,
    services::Services,
};
use support::{percentile, row};
use tokio::task::JoinSet;
use web::{Hook, client, listen, serve};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Ids of one pipeline, and pipelines under way at once.
const PIPELINE: usize = 500;
const AT_ONCE: usize = 4;

struct Bench {
    services: Services,
    dedup: Dedup,
    /// Tells this run's events from those of the last one.
    run: String,
}

impl Bench {
    async fn new() -> Self {
        let set = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run bin/bench dedup"));
        let (database, redis) = (set("DATABASE_URL"), set("REDIS_URL"));
        let hooks = format!("bench={SECRET}");
        let config = Config::from_variables(&Variables::new([
            ("DATABASE_URL", database.as_str()),
            ("REDIS_URL", redis.as_str()),
            ("ATLAS9_HOOKS", hooks.as_str()),
        ]))
        .unwrap();
        Database::connect(&config.database).await.unwrap().migrate().await.unwrap();
        let services = Services::start(config, Clock::system()).await.unwrap();
        let dedup = Dedup::new(services.bus.connection(), services.clock.clone());
        let run = services.clock.new_id().to_string();
        Self { services, dedup, run }
    }

    /// One check after the other, of what is new and of what is done. Returns microseconds.
    async fn singles(&self, events: usize) -> [Vec<u64>; 2] {
        let (mut new, mut done) = (Vec::new(), Vec::new());
        for event in 0..events {
            let id = format!("{}-{event}", self.run);
            let began = Instant::now();
            assert!(matches!(self.dedup.claim("single", &id).await, Seen::Never(_)));
            new.push(micros(began));
            self.dedup.confirm("single", &id).await;
            let began = Instant::now();
            assert_eq!(self.dedup.claim("single", &id).await, Seen::Done);
            done.push(micros(began));
        }
        [new, done].map(sorted)
    }

    /// Many checks a pipeline. Returns checks a second.
    async fn pipelined(&self, round: usize, pipelines: usize) -> f64 {
        let (began, mut tasks) = (Instant::now(), JoinSet::new());
        for task in 0..AT_ONCE {
            let (dedup, run) = (self.dedup.clone(), self.run.clone());
            tasks.spawn(async move {
                for pipeline in 0..pipelines / AT_ONCE {
                    let ids: Vec<String> =
                        (0..PIPELINE).map(|id| format!("{run}-{round}-{task}-{pipeline}-{id}")).collect();
                    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                    let seen = dedup.claim_many("pipelined", &ids).await;
                    assert!(seen.iter().all(|seen| matches!(seen, Seen::Never(_))));
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        let checks = u32::try_from(pipelines / AT_ONCE * AT_ONCE * PIPELINE).unwrap();
        f64::from(checks) / began.elapsed().as_secs_f64()
    }

    /// Sends webhooks, so many a second, each a second time right after its answer. Returns microseconds to both answers, and how many
    /// were other answers.
    async fn hooks(&self, rate: u64, lasts: Duration) -> ([Vec<u64>; 2], usize) {
        self.services.start_work();
        let (listener, site) = listen().await;
        serve(listener, http::routes(self.services.clone()));
        let (secret, client) = (Arc::new(SigningSecret::parse(SECRET).unwrap()), client());
        let body = format!(r#"{{"type":"bench.ran","data":"{}"}}"#, "x".repeat(1_000));
        let (ends, mut tasks) = (Instant::now() + lasts, JoinSet::new());
        let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / rate));
        for event in 0_u64.. {
            tick.tick().await;
            if Instant::now() >= ends {
                break;
            }
            let (secret, client, site, body) = (Arc::clone(&secret), client.clone(), site.clone(), body.clone());
            let id = format!("{}-{event}", self.run);
            tasks.spawn(async move {
                let hook = Hook::new(&site, "bench", &id, &body, &secret);
                let mut waits = [None; 2];
                for (wait, status) in waits.iter_mut().zip([202, 200]) {
                    let began = Instant::now();
                    *wait = (hook.send(&client).await.status() == status).then(|| micros(began));
                }
                waits
            });
        }
        let all = tasks.join_all().await;
        // The first ones open connections and fill pools.
        let warm = all.len() / 20;
        let all = &all[warm..];
        let answered = [0, 1].map(|which| sorted(all.iter().filter_map(|waits| waits[which]).collect()));
        let refused = 2 * all.len() - answered.iter().map(Vec::len).sum::<usize>();
        (answered, refused)
    }
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap()
}

fn sorted(mut figures: Vec<u64>) -> Vec<u64> {
    figures.sort_unstable();
    figures
}

#[tokio::main]
async fn main() {
    let bench = Bench::new().await;
    let [new, done] = bench.singles(10_000).await;
    row("one check of an event that is new, p50", "", &percentile(&new, 0.5));
    row("the same, p99", "< 1 ms", &percentile(&new, 0.99));
    row("one check of an event that is done, p50", "", &percentile(&done, 0.5));
    row("the same, p99", "< 1 ms", &percentile(&done, 0.99));
    let mut rates = Vec::new();
    for round in 0..3 {
        rates.push(bench.pipelined(round, 200).await);
    }
    rates.sort_by(f64::total_cmp);
    row("checks a second, 500 a pipeline, 4 at once", ">= 100000", &format!("{:.0}", rates[1]));
    let ([new, known], refused) = bench.hooks(200, Duration::from_secs(10)).await;
    row("a webhook answered, 200 new a second, p50", "", &percentile(&new, 0.5));
    row("the same, p99", "< 10 ms", &percentile(&new, 0.99));
    row("its duplicate answered, p50", "", &percentile(&known, 0.5));
    row("the same, p99", "< 10 ms", &percentile(&known, 0.99));
    row("answered otherwise", "0", &refused.to_string());
    bench.services.stop(Duration::from_secs(5)).await;
}
