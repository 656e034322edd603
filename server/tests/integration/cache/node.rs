//! An instance's cache, and a thing that counts how often it was made.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{encoding::text::encode, registry::Registry};
use redis::aio::MultiplexedConnection;
use server::{
    bus::Bus,
    cache::{Answer, Cache, CacheMetrics, Key, Space, Tag, Times, Unmade},
    clock::Clock,
    config::{Config, Variables},
    tasks::Tasks,
};

use crate::support::{OwnRedis, until};

pub static THINGS: Space<String> = Space::new(
    "things",
    1,
    Times {
        fresh: Duration::from_secs(60),
        stale: Duration::from_secs(300),
        spare: Duration::from_secs(1_800),
        absent: Duration::from_secs(5),
    },
);

/// A way to look into a Redis.
pub async fn connection(redis: &OwnRedis) -> MultiplexedConnection {
    redis::Client::open(redis.url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// How far clocks are ahead, in seconds.
#[derive(Clone, Default)]
pub struct Ahead(Arc<AtomicI64>);

impl Ahead {
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub struct Node {
    pub cache: Cache,
    metrics: CacheMetrics,
    tasks: Tasks,
}

impl Node {
    /// An instance that shares what it has with the others at this Redis.
    pub async fn start(redis: &str, ahead: &Ahead) -> Self {
        let variables = Variables::new([("REDIS_URL", redis)]);
        let config = Config::from_variables(&variables).unwrap();
        let tasks = Tasks::default();
        let bus = Bus::connect(&config.redis, &tasks).await.unwrap();
        let (system, ahead) = (Clock::system(), ahead.clone());
        let clock = Clock::from(move || system.now() + time::Duration::seconds(ahead.0.load(Ordering::SeqCst)));
        let metrics = CacheMetrics::default();
        let cache = Cache::new(bus.connection(), "a test", clock, tasks.clone(), metrics.clone());
        tasks.spawn("cache", cache.clone().keep(bus));
        let node = Self { cache, metrics, tasks };
        node.until_shared().await;
        node
    }

    /// Waits until it asks Redis.
    pub async fn until_shared(&self) {
        until("the cache is shared", async || self.cache.is_shared()).await;
    }

    pub async fn until_alone(&self) {
        until("the cache is by itself", async || !self.cache.is_shared()).await;
    }

    /// How often things came from there, as whoever scrapes it reads.
    pub fn counted(&self, source: &str) -> u64 {
        let mut registry = Registry::default();
        self.metrics.register(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let series = format!("cache_requests_total{{space=\"things\",source=\"{source}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&series)).map_or(0, |count| count.parse().unwrap())
    }

    pub async fn stop(self) {
        assert!(self.tasks.stop(Duration::from_secs(5)).await, "the cache's tasks end");
    }
}

/// Something in PostgreSQL, as it were: a text that changes, takes a while to read, and may fail.
#[derive(Clone, Default)]
pub struct Origin(Arc<State>);

#[derive(Default)]
struct State {
    version: AtomicU64,
    read: AtomicU64,
    fails: AtomicBool,
    is_gone: AtomicBool,
    is_refused: AtomicBool,
    /// Milliseconds.
    takes: AtomicU64,
}

#[derive(Debug, thiserror::Error)]
#[error("the origin is away")]
pub struct Away;

#[derive(Debug, thiserror::Error)]
#[error("the origin does not show it any more")]
pub struct Refused;

impl Origin {
    pub fn slow(milliseconds: u64) -> Self {
        let origin = Self::default();
        origin.take(milliseconds);
        origin
    }

    pub fn take(&self, milliseconds: u64) {
        self.0.takes.store(milliseconds, Ordering::SeqCst);
    }

    pub fn write(&self) {
        self.0.version.fetch_add(1, Ordering::SeqCst);
    }

    pub fn fail(&self, fails: bool) {
        self.0.fails.store(fails, Ordering::SeqCst);
    }

    pub fn remove(&self) {
        self.0.is_gone.store(true, Ordering::SeqCst);
    }

    /// It may be kept no more, as a page that its owner has hidden.
    pub fn refuse(&self) {
        self.0.is_refused.store(true, Ordering::SeqCst);
    }

    /// How often it was read.
    pub fn read(&self) -> u64 {
        self.0.read.load(Ordering::SeqCst)
    }

    /// What is true now, by way of a cache.
    pub async fn by(&self, node: &Node, key: &Key<String>) -> Result<Option<String>, Unmade> {
        let origin = self.clone();
        let got = node.cache.get(key, move || async move {
            origin.0.read.fetch_add(1, Ordering::SeqCst);
            let text = format!("version {}", origin.0.version.load(Ordering::SeqCst));
            tokio::time::sleep(Duration::from_millis(origin.0.takes.load(Ordering::SeqCst))).await;
            if origin.0.fails.load(Ordering::SeqCst) {
                return Err(Away);
            }
            if origin.0.is_refused.load(Ordering::SeqCst) {
                return Ok(Answer::unkept(Refused));
            }
            let there = !origin.0.is_gone.load(Ordering::SeqCst);
            Ok(Answer::of(there.then_some(text)).on([tag()]))
        });
        got.await.map(|text| text.map(|text| (*text).clone()))
    }

    /// What a cache serves.
    pub async fn text(&self, node: &Node, key: &Key<String>) -> String {
        self.by(node, key).await.unwrap().unwrap()
    }
}

pub fn key(number: u32) -> Key<String> {
    THINGS.key(&[&number])
}

/// What all things hang on.
pub fn tag() -> Tag {
    Tag::new("origin", &[&1])
}
