//! Sessions in Redis, and for a moment in memory, so that most requests ask PostgreSQL nothing. PostgreSQL stays the truth: what stands here
//! may go at any time, and whatever changes a session drops it here.
//!
//! A session stands under its id, together with the hash of its secret: under one key, so that a Redis that lets go of keys can never leave half of it. The
//! set of its user has its id as well (what "sign out everywhere" and changes of the user know).

use std::{
    sync::Arc,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use model::{Role, SessionId, Theme, UserId, UserKind};
use moka::sync::Cache as Memory;
use prometheus_client::{metrics::counter::Counter, registry::Registry};
use redis::FromRedisValue;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use tokio::sync::broadcast::error::RecvError;

use crate::{
    bus::{Bus, Redis},
    clock::Clock,
    tasks::Tasks,
};

/// What stands here is forgotten after this, or when the session ends. Short, because what drops a session may get lost: with a primary of Redis that dies before
/// its replica has heard of it, or with an instance of a release that keeps sessions under other names.
const TTL_MAX: Duration = Duration::from_secs(300);
/// How long to wait for Redis before PostgreSQL is asked.
const ASK_WITHIN: Duration = Duration::from_millis(50);
/// How long a Redis that did not answer is left alone.
const REST: Duration = Duration::from_secs(1);
/// After a session was dropped, nobody may put it back for so long: longer than a request that read it before can take.
const HOLD: Duration = Duration::from_secs(30);
/// What is put here goes by itself this soon, unless it is confirmed after a look at the hold.
const UNCONFIRMED: Duration = Duration::from_secs(10);

/// How long a session is known in this process, whatever Redis knows meanwhile: so long may one that was ended elsewhere go on when no message comes.
const REMEMBERED: Duration = Duration::from_secs(1);
/// After a session was dropped, this process does not remember it for so long: longer than an answer of Redis that was on its way may take.
const FORGOTTEN: Duration = Duration::from_secs(2);
/// Sessions known in this process.
const REMEMBERED_MAX: u64 = 20_000;
/// Where instances tell each other of sessions that were dropped: their ids, with blanks between them.
pub(super) const DROPPED: &str = "atlas9:sessions:dropped";

/// A session with what every request wants to know of its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) session: SessionId,
    pub(super) user: UserId,
    pub(super) kind: UserKind,
    pub(super) role: Role,
    pub(super) name: Option<String>,
    pub(super) theme: Theme,
    #[serde(with = "time::serde::timestamp")]
    pub(super) last_seen_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    pub(super) expires_at: OffsetDateTime,
}

/// What is measured of sessions in Redis.
#[derive(Debug, Clone, Default)]
pub struct SessionMetrics {
    /// Requests whose session was known here or stood there.
    pub hits: Counter,
    /// Requests for which PostgreSQL was asked.
    pub misses: Counter,
    /// Sessions that were dropped since they ended, or their user changed.
    pub evictions: Counter,
}

impl SessionMetrics {
    /// Adds them to the program's.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("session_cache");
        registry.register("hits", "Sessions found in memory or Redis", self.hits.clone());
        registry.register("misses", "Sessions for which PostgreSQL was asked", self.misses.clone());
        registry.register("evictions", "Sessions dropped from Redis since they changed", self.evictions.clone());
    }
}

/// A session with the hash of its secret.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    hash: [u8; 32],
    record: Record,
}

impl Known {
    /// Whether this is its secret.
    fn opens_with(&self, secret_hash: &[u8; 32]) -> bool {
        self.hash.ct_eq(secret_hash).into()
    }
}

#[derive(Clone)]
pub(super) struct SessionCache {
    redis: Redis,
    bus: Bus,
    memory: Memory<SessionId, Arc<Known>>,
    dropped: Memory<SessionId, ()>,
    clock: Clock,
    rests_until: Arc<AtomicI64>,
    pub(super) metrics: SessionMetrics,
}

impl SessionCache {
    pub(super) fn new(bus: Bus, clock: Clock, metrics: SessionMetrics) -> Self {
        let memory = Memory::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED).build();
        let dropped = Memory::builder().max_capacity(REMEMBERED_MAX).time_to_live(FORGOTTEN).build();
        Self { redis: bus.connection(), bus, memory, dropped, clock, rests_until: Arc::default(), metrics }
    }

    /// The session with this id and secret, if it stands here.
    pub(super) async fn get(&self, session: SessionId, secret_hash: &[u8; 32]) -> Option<Record> {
        let known = match self.memory.get(&session) {
            Some(known) => known,
            None => {
                let text: Option<String> = self.ask(redis::cmd("GET").arg(key(session))).await?;
                let known: Arc<Known> = Arc::new(serde_json::from_str(&text?).ok()?);
                if known.record.session == session && !self.dropped.contains_key(&session) {
                    self.memory.insert(session, Arc::clone(&known));
                }
                known
            }
        };
        let is_it = known.record.session == session && known.opens_with(secret_hash);
        (is_it && known.record.expires_at > self.clock.now()).then(|| known.record.clone())
    }

    /// Forgets what other instances drop, until the program stops. Without it, a session that ended elsewhere may go on for [`REMEMBERED`].
    pub(super) async fn hear(&self, tasks: &Tasks) {
        let mut heard = self.bus.listen(DROPPED);
        loop {
            tokio::select! {
                () = tasks.stopping() => return,
                message = heard.recv() => match message {
                    Ok(ids) => self.forget(std::str::from_utf8(&ids).unwrap_or_default().split(' ').filter_map(|id| id.parse().ok())),
                    Err(RecvError::Lagged(_)) => self.memory.invalidate_all(),
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    fn forget(&self, sessions: impl IntoIterator<Item = SessionId>) {
        for session in sessions {
            self.dropped.insert(session, ());
            self.memory.invalidate(&session);
        }
    }

    /// Puts a session here as it was just read from PostgreSQL.
    pub(super) async fn put(&self, secret_hash: &[u8; 32], record: &Record) {
        let left = record.expires_at - self.clock.now();
        let ttl = Duration::try_from(left).unwrap_or_default().min(TTL_MAX).as_secs();
        let known = Known { hash: *secret_hash, record: record.clone() };
        let Ok(text) = serde_json::to_string(&known) else { return };
        if ttl == 0 {
            return;
        }
        let key = key(record.session);
        let mut put = redis::pipe();
        put.cmd("SET").arg(&key).arg(text).arg("EX").arg(UNCONFIRMED.as_secs().min(ttl)).ignore();
        put.cmd("SADD").arg(user_key(record.user)).arg(record.session.to_string()).ignore();
        put.cmd("EXPIRE").arg(user_key(record.user)).arg(2 * TTL_MAX.as_secs()).ignore();
        put.cmd("EXISTS").arg(hold_key(record.session));
        // Whoever dropped the session set the hold before deleting. What was put after that is taken back; what was put before, they delete.
        match self.ask_all::<(bool,)>(&put).await {
            Some((false,)) => drop(self.ask::<i64>(redis::cmd("EXPIRE").arg(&key).arg(ttl)).await),
            Some((true,)) => drop(self.ask::<i64>(redis::cmd("DEL").arg(&key)).await),
            None => {}
        }
    }

    /// Drops sessions, and keeps readers that are under way from putting them back. `false` when Redis is away: then they may still stand
    /// there when it returns, and must be dropped again.
    pub(super) async fn drop_sessions(&self, sessions: &[SessionId]) -> bool {
        if sessions.is_empty() {
            return true;
        }
        self.forget(sessions.iter().copied());
        let mut hold = redis::pipe();
        for session in sessions {
            hold.cmd("SET").arg(hold_key(*session)).arg(1).arg("EX").arg(HOLD.as_secs()).ignore();
        }
        hold.cmd("DEL").arg(sessions.iter().map(|session| key(*session)).collect::<Vec<_>>());
        let Some((stood_here,)) = self.ask_all::<(u64,)>(&hold).await else { return false };
        self.drop_for_release_before(sessions).await;
        let ids: Vec<String> = sessions.iter().map(SessionId::to_string).collect();
        self.bus.publish(DROPPED, Bytes::from(ids.join(" ")));
        self.metrics.evictions.inc_by(stood_here);
        true
    }

    /// While releases run side by side: the one before finds a session by its secret's hash, which it keeps under the session's id. To be removed with the
    /// release after this one. (It knows no clusters, where these keys could not be asked for together.)
    async fn drop_for_release_before(&self, sessions: &[SessionId]) {
        if self.redis.has_slots() {
            return;
        }
        let (mut look, ids) = (redis::pipe(), sessions.iter().map(|session| format!("atlas9:session:id:{session}")));
        for session in sessions {
            let hold = format!("atlas9:session:hold:{session}");
            look.cmd("SET").arg(hold).arg(1).arg("EX").arg(HOLD.as_secs()).ignore();
        }
        look.cmd("MGET").arg(ids.clone().collect::<Vec<_>>());
        let Some((hashes,)) = self.ask_all::<(Vec<Option<String>>,)>(&look).await else { return };
        let tokens = hashes.into_iter().flatten().map(|hash| format!("atlas9:session:token:{hash}"));
        let keys: Vec<String> = tokens.chain(ids).collect();
        let _: Option<i64> = self.ask(redis::cmd("DEL").arg(keys)).await;
    }

    /// The sessions of a user that stand here.
    pub(super) async fn of_user(&self, user: UserId) -> Vec<SessionId> {
        let members: Option<Vec<String>> = self.ask(redis::cmd("SMEMBERS").arg(user_key(user))).await;
        members.unwrap_or_default().iter().filter_map(|id| id.parse().ok()).collect()
    }

    async fn ask<T: FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        let mut connection = self.redis.clone();
        self.unless_away(command.query_async(&mut connection)).await
    }

    async fn ask_all<T: FromRedisValue>(&self, commands: &redis::Pipeline) -> Option<T> {
        let mut connection = self.redis.clone();
        self.unless_away(commands.query_async(&mut connection)).await
    }

    /// The answer, unless Redis is away or was so a moment ago.
    async fn unless_away<T>(&self, asked: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
        let now = self.clock.now().unix_timestamp();
        if self.rests_until.load(Ordering::Relaxed) > now {
            return None;
        }
        if let Ok(Ok(answer)) = tokio::time::timeout(ASK_WITHIN, asked).await {
            return Some(answer);
        }
        tracing::debug!("sessions are read from PostgreSQL: Redis does not answer");
        self.rests_until.store(now + i64::try_from(REST.as_secs()).unwrap_or(1), Ordering::Relaxed);
        None
    }
}

// In a cluster, the braces put all of them into one slot, so that several can be asked for together.

fn key(session: SessionId) -> String {
    format!("atlas9:{{session}}:known:{session}")
}

fn hold_key(session: SessionId) -> String {
    format!("atlas9:{{session}}:hold:{session}")
}

fn user_key(user: UserId) -> String {
    format!("atlas9:{{session}}:user:{user}")
}
