//! What integration tests stand on: an instance of everything, on a database of its own in the real PostgreSQL, beside the real Redis.

#![allow(dead_code, missing_docs, reason = "each test file uses its own part of this")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may, and this is their ground"
)]

use std::{
    env,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use model::{Directive, GenerationId, Logged, UserId};
use server::{
    clock::Clock,
    config::{Config, Variables},
    services::Services,
    studio::Started,
};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

pub const SYNTHESIZERS: &str =
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading";
/// Nothing here takes longer on a machine that works.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A database of its own, and how instances on it are configured.
pub struct Scratch {
    name: String,
    pub url: String,
    pub redis: String,
    extra: Vec<(String, String)>,
}

/// One instance: services, with or without a worker.
pub struct Instance {
    pub services: Services,
}

impl Scratch {
    /// Makes an empty database with the schema.
    pub async fn new() -> Self {
        let server = variable("DATABASE_URL");
        let name = format!("atlas9_test_{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect(&server).await.expect("PostgreSQL answers at DATABASE_URL");
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await.unwrap();
        let (head, _) = server.rsplit_once('/').unwrap();
        let scratch = Self { url: format!("{head}/{name}"), name, redis: variable("REDIS_URL"), extra: Vec::new() };
        let config = scratch.config();
        server::services::database(&config).await.unwrap().migrate().await.unwrap();
        scratch
    }

    /// Sets a variable for instances started from now on.
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.set(variable, value);
        self
    }

    pub fn set(&mut self, variable: &str, value: &str) {
        self.extra.push((variable.to_owned(), value.to_owned()));
    }

    pub fn config(&self) -> Config {
        let mut variables = vec![
            ("DATABASE_URL", self.url.as_str()),
            ("REDIS_URL", self.redis.as_str()),
            ("ATLAS9_SECRET", "only for tests, only for tests, only"),
            ("ATLAS9_LEASE_SECONDS", "5"),
            ("DATABASE_POOL", "8"),
        ];
        variables.extend(self.extra.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Config::from_variables(&Variables::new(variables)).unwrap()
    }

    pub async fn instance(&self) -> Instance {
        Instance { services: Services::start(self.config(), Clock::system()).await.unwrap() }
    }

    /// An instance that also works.
    pub async fn worker(&self) -> Instance {
        let instance = self.instance().await;
        instance.work();
        instance
    }

    /// Ends a test: nothing may be left unfinished, and the database goes.
    pub async fn finish(self, instances: impl IntoIterator<Item = Instance>) {
        let pool = PgPool::connect(&self.url).await.unwrap();
        let left =
            sqlx::query_scalar::<_, i64>("select count(*) from generations where status in ('queued', 'running')");
        let left = left.fetch_one(&pool).await.unwrap();
        let gaps = sqlx::query_scalar::<_, i64>(
            "select count(*) from generations g
             where g.last_seq <> (select count(*) from generation_events e where e.generation_id = g.id)
                or g.last_seq <> (select coalesce(max(seq), 0) from generation_events e where e.generation_id = g.id)",
        );
        let gaps = gaps.fetch_one(&pool).await.unwrap();
        pool.close().await;
        for instance in instances {
            assert!(instance.services.stop(Duration::from_secs(5)).await, "background work did not end");
        }
        let mut admin = PgConnection::connect(&variable("DATABASE_URL")).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("drop database {} with (force)", self.name)))
            .execute(&mut admin)
            .await
            .unwrap();
        assert_eq!(left, 0, "generations left unfinished");
        assert_eq!(gaps, 0, "logs with gaps");
    }

    /// Runs a statement on the database, for what no verb does: breaking things.
    pub async fn break_it(&self, sql: &'static str) -> u64 {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
    }
}

impl Instance {
    pub fn work(&self) {
        self.services.tasks.spawn("worker", self.services.studio.worker().run());
    }

    pub async fn guest(&self) -> UserId {
        self.services.accounts.create_guest(false).await.unwrap().visitor.user
    }

    pub async fn start(&self, user: UserId, text: &str) -> Started {
        self.services.studio.start_project(user, &directive(text)).await.unwrap()
    }

    /// Everything after `after`, to the last event.
    pub async fn log(&self, user: UserId, id: GenerationId, after: i64) -> Vec<Logged> {
        let mut follower = self.services.studio.follow(Some(user), id, after).await.unwrap();
        let mut events = Vec::new();
        let read = async {
            while let Some(batch) = follower.next().await {
                events.extend(batch);
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the generation ends in time");
        events
    }

    /// Waits until a generation has logged at least `count` events.
    pub async fn until_logged(&self, user: UserId, id: GenerationId, count: i64) {
        let logged = async {
            while self.services.studio.generation(Some(user), id).await.unwrap().last_seq < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, logged).await.expect("events are logged in time");
    }
}

pub fn directive(text: &str) -> Directive {
    Directive::parse(text).unwrap()
}

/// Asserts what holds for every finished log: numbered 1, 2, 3 …, and exactly one last event, at the end.
pub fn assert_sound(log: &[Logged]) {
    let numbers: Vec<i64> = log.iter().map(|event| event.seq).collect();
    let count = i64::try_from(log.len()).unwrap();
    assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "gapless");
    assert_eq!(log.iter().filter(|event| event.is_last()).count(), 1, "one last event");
    assert!(log.last().is_some_and(Logged::is_last), "at the end");
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run bin/test, or `source .local/services.env` first"))
}

/// A Redis of a test's own, to be killed.
pub struct OwnRedis {
    process: Child,
    pub url: String,
}

impl OwnRedis {
    pub async fn start() -> Self {
        let port = free_port().await;
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let redis = Self { process, url: format!("redis://127.0.0.1:{port}/0") };
        let up = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, up).await.expect("Redis starts in time");
        redis
    }

    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A way to PostgreSQL that can be cut.
pub struct Wire {
    pub port: u16,
    cut: Arc<AtomicBool>,
}

impl Wire {
    /// Passes connections on to the host and port of `url`.
    pub async fn to(url: &str) -> Self {
        let target = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicBool::new(false));
        let is_cut = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((mut inward, _)) = listener.accept().await {
                let (target, is_cut) = (target.clone(), Arc::clone(&is_cut));
                tokio::spawn(async move {
                    if is_cut.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(mut outward) = TcpStream::connect(target).await else { return };
                    let until_cut = async {
                        while !is_cut.load(Ordering::SeqCst) {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    };
                    tokio::select! { _ = tokio::io::copy_bidirectional(&mut inward, &mut outward) => {}, () = until_cut => {} }
                });
            }
        });
        Self { port, cut }
    }

    /// The address of the same database by this way.
    pub fn instead_of(&self, url: &str) -> String {
        let (head, database) = url.rsplit_once('/').unwrap();
        let user = head.split("://").nth(1).unwrap().split('@').next().unwrap();
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
