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
    fmt::Debug,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use model::{Directive, GenerationId, Logged, UserId};
use server::{
    accounts::Client,
    clock::Clock,
    config::{Config, Variables},
    jobs::{Jobs, Kinds},
    services::Services,
    studio::Started,
    tasks::Tasks,
};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use uuid::Uuid;

pub const SYNTHESIZERS: &str =
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading";
/// Nothing here takes longer on a machine that works.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something holds, and says what did not.
pub async fn until(what: &str, holds: impl AsyncFnMut() -> bool) {
    until_within(PATIENCE, what, holds).await;
}

/// Likewise what takes its time.
pub async fn until_within(patience: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let holds = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(patience, holds).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// Asserts what comes of one of three rounds, each told its number: for what a machine that stops for a moment spoils although nothing is wrong, such as
/// whatever waits for Redis, which is never for long.
pub async fn in_one_of_three<T: PartialEq + Debug>(what: &str, expected: T, mut round: impl AsyncFnMut(u32) -> T) {
    let mut came = Vec::new();
    for number in 0..3 {
        let of_round = round(number).await;
        if of_round == expected {
            return;
        }
        came.push(of_round);
    }
    panic!("{what}: {came:?}, and never {expected:?}");
}

/// A database of its own, and how instances on it are configured.
pub struct Scratch {
    server: String,
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
        Self::on(&variable("DATABASE_URL")).await
    }

    /// Likewise, on another server.
    pub async fn on(server: &str) -> Self {
        let name = format!("atlas9_test_{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect(server).await.expect("PostgreSQL answers at DATABASE_URL");
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await.unwrap();
        let (head, _) = server.rsplit_once('/').unwrap();
        let (url, redis) = (format!("{head}/{name}"), variable("REDIS_URL"));
        let mail = env::temp_dir().join(&name).display().to_string();
        let blobs = format!("{mail}/blobs");
        let extra = vec![("ATLAS9_MAIL_DIR".to_owned(), mail), ("ATLAS9_BLOBS".to_owned(), blobs)];
        let server = server.to_owned();
        let scratch = Self { server, url, name, redis, extra, ahead: Arc::default(), own_redis: None };
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

    /// The environment of an instance.
    pub fn variables(&self) -> Vec<(String, String)> {
        let usual = [
            ("DATABASE_URL", self.url.as_str()),
            ("REDIS_URL", self.redis.as_str()),
            ("ATLAS9_SECRET", "only for tests, only for tests, only"),
            ("ATLAS9_LEASE_SECONDS", "5"),
            ("DATABASE_POOL", "8"),
            ("ATLAS9_CHECKS", "false"),
        ];
        let usual = usual.map(|(name, value)| (name.to_owned(), value.to_owned()));
        usual.into_iter().chain(self.extra.iter().cloned()).collect()
    }

    pub fn config(&self) -> Config {
        self.config_with(None)
    }

    fn config_with(&self, url: Option<&str>) -> Config {
        let variables = self.variables();
        let variables = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let url = url.map(|url| ("DATABASE_URL", url));
        Config::from_variables(&Variables::new(variables.chain(url))).unwrap()
    }

    /// An instance that reaches the database by another way.
    pub async fn instance_at(&self, url: &str) -> Instance {
        Instance { services: Services::start(self.config_with(Some(url)), Clock::system()).await.unwrap() }
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
        let mut admin = PgConnection::connect(&self.server).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("drop database {} with (force)", self.name)))
            .execute(&mut admin)
            .await
            .unwrap();
        let _ = std::fs::remove_dir_all(env::temp_dir().join(&self.name));
        assert_eq!(left, 0, "generations left unfinished");
        assert_eq!(gaps, 0, "logs with gaps");
    }

    /// Likewise several, separated by semicolons.
    pub async fn break_it_all(&self, sql: &'static str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
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
        // With tasks of its own, which can end before the instance does.
        let (tasks, services) = (Tasks::default(), &self.services);
        let (clock, metrics) = (services.clock.clone(), services.metrics.jobs.clone());
        let jobs = Jobs::new(services.db.clone(), clock, services.config.jobs.clone(), metrics, tasks.clone());
        tasks.spawn("worker", jobs.worker(kinds).run());
        let due = "select count(*) from jobs where kind = 'send-mail' and (state = 'running' or run_at <= now())";
        let sent = async {
            while sqlx::query_scalar::<_, i64>(due).fetch_one(self.services.db.primary()).await.unwrap() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, sent).await.expect("mail is sent in time");
        assert!(tasks.stop(Duration::from_secs(5)).await, "the worker ends");
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

/// Every file in a folder and in those below it.
pub fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
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
        Self::on(free_port().await).await
    }

    /// After [`OwnRedis::kill`], empty, at the same address.
    pub async fn start_again(&mut self) {
        let port = self.url.trim_start_matches("redis://127.0.0.1:").trim_end_matches("/0").parse().unwrap();
        let again = Self::on(port).await;
        *self = again;
    }

    async fn on(port: u16) -> Self {
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

/// A PostgreSQL of a test's own, to be restarted.
pub struct OwnPostgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    pub url: String,
}

impl OwnPostgres {
    pub async fn start() -> Self {
        let postgres = Self::in_new_folder().await;
        postgres.run("initdb", &["--auth=trust", "--username=atlas9", "--no-sync"]);
        postgres.launch();
        postgres
    }

    /// A replica that this one streams to.
    pub async fn replica(&self) -> Self {
        let replica = Self::in_new_folder().await;
        let port = format!("--port={}", self.port);
        let from = ["--host=127.0.0.1", port.as_str(), "--username=atlas9"];
        replica
            .run("pg_basebackup", &[&from[..], &["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]].concat());
        replica.launch();
        replica
    }

    async fn in_new_folder() -> Self {
        let programs = postgres_programs();
        let (folder, port) =
            (env::temp_dir().join(format!("atlas9-pg-{}", Uuid::new_v4().simple())), free_port().await);
        // Nobody else may look into it, or the server refuses to start.
        std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).create(&folder).unwrap();
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(&folder).status().unwrap().success());
        }
        Self { programs, folder, port, url: format!("postgres://atlas9@127.0.0.1:{port}/postgres") }
    }

    fn launch(&self) {
        let options = format!(
            "-p {} -c fsync=off -c max_wal_size=4GB -c listen_addresses=127.0.0.1 -c unix_socket_directories={}",
            self.port,
            self.folder.display()
        );
        std::fs::write(self.folder.join("options"), &options).unwrap();
        self.run("pg_ctl", &["start", "--wait", "--silent", "--log", &self.log(), "--options", &options]);
    }

    /// As when the machine burns down.
    pub fn kill(&self) {
        self.run("pg_ctl", &["stop", "--wait", "--silent", "--mode=immediate"]);
    }

    /// As when the machine loses power and comes back.
    pub fn restart(&self) {
        let options = std::fs::read_to_string(self.folder.join("options")).unwrap();
        self.run(
            "pg_ctl",
            &["restart", "--wait", "--silent", "--mode=immediate", "--log", &self.log(), "--options", &options],
        );
    }

    fn log(&self) -> String {
        self.folder.join("log").display().to_string()
    }

    /// The server refuses to run as root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&program) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(&program);
        }
        command.arg("--pgdata").arg(&self.folder).args(arguments).current_dir("/");
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(done.expect("PostgreSQL is installed").success(), "{} failed", program.display());
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        if self.folder.join("postmaster.pid").exists() {
            self.kill();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Where the server's programs lie: where Debian puts them, the newest first, or where `pg_config` says.
fn postgres_programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.map(|folder| folder.unwrap().path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    versions.retain(|bin| bin.join("initdb").exists());
    versions.pop().unwrap_or_else(|| {
        let said = Command::new("pg_config").arg("--bindir").output().expect("PostgreSQL's server is installed");
        PathBuf::from(String::from_utf8(said.stdout).unwrap().trim())
    })
}

/// A way to PostgreSQL or Redis that can be cut, slow, or swallow everything.
pub struct Wire {
    pub port: u16,
    state: Arc<WireState>,
}

#[derive(Default)]
struct WireState {
    cut: AtomicBool,
    swallows: AtomicBool,
    /// Milliseconds that everything takes, each way.
    delay: AtomicU64,
}

impl Wire {
    /// Passes connections on to the host and port of `url`.
    pub async fn to(url: &str) -> Self {
        let target = url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
        let target = target.rsplit('@').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<WireState>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((inward, _)) = listener.accept().await {
                let (target, state) = (target.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    if state.cut.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(outward) = TcpStream::connect(target).await else { return };
                    let (inward, outward) = (inward.into_split(), outward.into_split());
                    let until_cut = async {
                        while !state.cut.load(Ordering::SeqCst) {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    };
                    tokio::select! {
                        () = pass(inward.0, outward.1, &state) => {}
                        () = pass(outward.0, inward.1, &state) => {}
                        () = until_cut => {}
                    }
                });
            }
        });
        Self { port, state }
    }

    /// The address of the same database by this way.
    pub fn instead_of(&self, url: &str) -> String {
        let (head, database) = url.rsplit_once('/').unwrap();
        let user = head.split("://").nth(1).unwrap().split('@').next().unwrap();
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// The address of a Redis by this way.
    pub fn redis(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    pub fn cut(&self) {
        self.state.cut.store(true, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.state.cut.store(false, Ordering::SeqCst);
    }

    /// Keeps connections open, and lets nothing through.
    pub fn swallow(&self, swallows: bool) {
        self.state.swallows.store(swallows, Ordering::SeqCst);
    }

    /// Everything takes so long, each way.
    pub fn delay(&self, delay: Duration) {
        self.state.delay.store(delay.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &WireState) {
    let mut buffer = vec![0; 64 * 1_024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        tokio::time::sleep(Duration::from_millis(state.delay.load(Ordering::SeqCst))).await;
        while state.swallows.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if state.cut.load(Ordering::SeqCst) || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

pub async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
