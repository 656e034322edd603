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
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use model::{Directive, GenerationId, Logged, UserId};
use server::{
    accounts::Client,
    clock::Clock,
    config::{Config, Variables},
    jobs::Kinds,
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
    /// How far the clocks of instances started from now on are ahead, in seconds; may change while they run.
    ahead: Arc<AtomicI64>,
    own_redis: Option<OwnRedis>,
}

/// A letter as somebody finds it.
#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
}

impl Letter {
    fn read(raw: &str) -> Self {
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
            line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        // Quoted-printable, as far as our letters use it.
        let text = body.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n");
        Self { to: header("To"), subject: header("Subject"), text }
    }

    /// The last part of the link in it.
    pub fn token(&self) -> String {
        let link = self.text.lines().find(|line| line.starts_with("http")).expect("a link");
        link.rsplit('/').next().unwrap().to_owned()
    }
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
        let (url, redis) = (format!("{head}/{name}"), variable("REDIS_URL"));
        let mail = env::temp_dir().join(&name).display().to_string();
        let blobs = format!("{mail}/blobs");
        let extra = vec![("ATLAS9_MAIL_DIR".to_owned(), mail), ("ATLAS9_BLOBS".to_owned(), blobs)];
        let scratch = Self { url, name, redis, extra, ahead: Arc::default(), own_redis: None };
        let config = scratch.config();
        server::services::database(&config).await.unwrap().migrate().await.unwrap();
        scratch
    }

    /// Likewise, beside a Redis of its own: tries are counted there, and those of one test must not use up another's.
    pub async fn alone() -> Self {
        let redis = OwnRedis::start().await;
        let mut scratch = Self::new().await;
        scratch.redis = redis.url.clone();
        scratch.own_redis = Some(redis);
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
        let (system, ahead) = (Clock::system(), Arc::clone(&self.ahead));
        let clock = Clock::from(move || system.now() + time::Duration::seconds(ahead.load(Ordering::Relaxed)));
        Instance { services: Services::start(self.config(), clock).await.unwrap() }
    }

    /// An instance whose clock is so many seconds ahead.
    pub async fn instance_ahead(&self, seconds: i64) -> Instance {
        let system = Clock::system();
        let clock = Clock::from(move || system.now() + time::Duration::seconds(seconds));
        Instance { services: Services::start(self.config(), clock).await.unwrap() }
    }

    /// Lets time pass for all instances.
    pub fn pass(&self, time: Duration) {
        self.ahead.fetch_add(time.as_secs().try_into().unwrap(), Ordering::Relaxed);
    }

    /// Where instances keep their blobs.
    pub fn blobs(&self) -> std::path::PathBuf {
        env::temp_dir().join(&self.name).join("blobs")
    }

    /// Every letter written so far, the latest last, decoded.
    pub fn letters(&self) -> Vec<Letter> {
        let folder = env::temp_dir().join(&self.name);
        let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut letters: Vec<_> = files
            .map(|file| file.unwrap())
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "eml"))
            .map(|file| (file.metadata().unwrap().modified().unwrap(), std::fs::read_to_string(file.path()).unwrap()))
            .collect();
        letters.sort();
        letters.into_iter().map(|(_, text)| Letter::read(&text)).collect()
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
        let _ = std::fs::remove_dir_all(env::temp_dir().join(&self.name));
        assert_eq!(left, 0, "generations left unfinished");
        assert_eq!(gaps, 0, "logs with gaps");
    }

    /// What a query counts.
    pub async fn count(&self, sql: &'static str) -> i64 {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    }

    /// Runs a statement on the database, for what no verb does: breaking things.
    pub async fn break_it(&self, sql: &'static str) -> u64 {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
    }
}

impl Instance {
    pub fn work(&self) {
        self.services.start_work();
    }

    pub async fn guest(&self) -> UserId {
        self.services.accounts.create_guest(&Client::here("a test")).await.unwrap().visitor.user
    }

    /// Sends all mail that is due.
    pub async fn send_mail(&self) {
        let kinds = self.services.postman.kinds(Kinds::default(), Arc::new(self.services.accounts.clone()));
        let worker = tokio::spawn(self.services.jobs.worker(kinds).run());
        let due = "select count(*) from jobs where kind = 'send-mail' and (state = 'running' or run_at <= now())";
        let sent = async {
            while sqlx::query_scalar::<_, i64>(due).fetch_one(self.services.db.primary()).await.unwrap() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, sent).await.expect("mail is sent in time");
        worker.abort();
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

    /// Makes it answer nobody, as a machine that hangs.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success());
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
