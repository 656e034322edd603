//! How soon the cache answers: from memory, from Redis, and to a thousand at once that want what is not there. `bin/bench cache` prints it; with the name
//! of a file as its argument it writes lines for the table of `bin/bench table` there. Redis is the one of `REDIS_URL`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench may")]

mod support;

use std::{
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use server::{
    bus::Bus,
    cache::{Answer, Cache, CacheMetrics, Space, Times},
    clock::Clock,
    config::{Config, Variables},
    tasks::Tasks,
};
use support::{median, row};
use tokio::{sync::Barrier, task::JoinSet};

static THINGS: Space<String> = Space::new(
    "bench",
    1,
    Times {
        fresh: Duration::from_secs(600),
        stale: Duration::from_secs(600),
        spare: Duration::from_secs(600),
        absent: Duration::ZERO,
    },
);
/// A page of a list, as JSON.
const THING_BYTES: usize = 4_000;
const MEMORY_HITS: u32 = 1_000_000;
const REDIS_HITS: u32 = 2_000;
const AT_ONCE: u32 = 1_000;
const ROUNDS: u32 = 5;

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

/// A cache with nothing in its memory.
async fn cache(tasks: &Tasks) -> Cache {
    let url = env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379/0".to_owned());
    let config = Config::from_variables(&Variables::new([("REDIS_URL", url.as_str())])).unwrap();
    let bus = Bus::connect(&config.redis, tasks).await.unwrap();
    let cache = Cache::new(bus.connection(), "a bench", Clock::system(), tasks.clone(), CacheMetrics::default());
    tasks.spawn("cache", cache.clone().keep(bus));
    while !cache.is_shared() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cache
}

async fn made(cache: &Cache, run: &str, number: u32, calls: &Arc<AtomicU32>) -> Arc<String> {
    let (calls, key) = (Arc::clone(calls), THINGS.key(&[&run, &number]));
    let made = cache.get(&key, move || async move {
        calls.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, Never>(Answer::of("x".repeat(THING_BYTES)))
    });
    made.await.unwrap().unwrap()
}

/// Nanoseconds of a hit in memory.
async fn from_memory(cache: &Cache, run: &str) -> f64 {
    let (key, calls) = (THINGS.key(&[&run, &0]), Arc::default());
    made(cache, run, 0, &calls).await;
    let began = Instant::now();
    for _ in 0..MEMORY_HITS {
        std::hint::black_box(cache.at_hand(&key)).unwrap();
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(MEMORY_HITS)
}

/// Microseconds of a hit in Redis by an instance that has nothing in memory, one after another.
async fn from_redis(cache: &Cache, other: &Cache, run: &str) -> f64 {
    let calls = Arc::default();
    for number in 1..=REDIS_HITS {
        let cache = cache.clone();
        let (run, calls) = (run.to_owned(), Arc::clone(&calls));
        tokio::spawn(async move { made(&cache, &run, number, &calls).await });
        if number % 200 == 0 {
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = calls.load(Ordering::Relaxed);
    let mut took = Vec::new();
    for number in 1..=REDIS_HITS {
        let began = Instant::now();
        made(other, run, number, &calls).await;
        took.push(began.elapsed().as_secs_f64() * 1e6);
    }
    assert_eq!(calls.load(Ordering::Relaxed), before, "all of them stood in Redis");
    median(took)
}

/// How often a thing is made that a thousand want in the same moment.
async fn made_for_many(cache: &Cache, run: &str) -> f64 {
    let (calls, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(AT_ONCE as usize)));
    let mut all = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (cache, run, calls, gate) = (cache.clone(), run.to_owned(), Arc::clone(&calls), Arc::clone(&gate));
        all.spawn(async move {
            gate.wait().await;
            made(&cache, &run, u32::MAX, &calls).await
        });
    }
    all.join_all().await;
    f64::from(calls.load(Ordering::Relaxed))
}

#[tokio::main]
async fn main() {
    let tasks = Tasks::default();
    let (mut memory, mut redis, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (one, other, run) = (cache(&tasks).await, cache(&tasks).await, Clock::system().new_id().to_string());
        memory.push(from_memory(&one, &run).await);
        redis.push(from_redis(&one, &other, &run).await);
        calls.push(made_for_many(&one, &run).await);
    }
    let (memory, redis, calls) = (median(memory), median(redis), calls.into_iter().fold(0.0, f64::max));
    let line = |what: &str, figure: String, goal: &str, kept: bool| json!({ "what": what, "figure": figure, "goal": goal, "kept": kept });
    let lines = [
        line("cache hit in memory", format!("{memory:.0} ns"), "< 1 µs", memory < 1_000.0),
        line("cache hit in Redis", format!("{redis:.0} µs"), "< 300 µs", redis < 300.0),
        line("1,000 at once of what is not there", format!("made {calls} ×"), "once", calls <= 1.0),
    ];
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    lines.iter().for_each(|line| row(&text(line, "what"), &text(line, "goal"), &text(line, "figure")));
    if let Some(file) = env::args().skip(1).find(|argument| argument != "--bench") {
        fs::write(file, json!(lines).to_string()).unwrap();
    }
    tasks.stop(Duration::from_secs(2)).await;
}
