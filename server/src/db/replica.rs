//! Reads from a replica that follows the primary by a moment. Whoever wrote something reads from the primary until the replica has it: how far the
//! primary's log was after somebody's last write is remembered for a minute, in this process and, for the others, in Redis.
//!
//! A place in that log is counted in bytes since it began (PostgreSQL's `pg_lsn`).

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use model::UserId;
use moka::sync::Cache as Memory;
use sqlx::PgPool;
use tokio::time::{Instant, timeout};

use super::{Database, DbError};
use crate::{bus::Redis, rest::Rest, tasks::Tasks};

/// How long a replica that did not answer, or fell behind, is left alone.
const REST: Duration = Duration::from_secs(10);
/// How far a replica may be behind and still be read from.
const BEHIND_MAX: Duration = Duration::from_secs(5);
/// How often both are asked how far they are.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long they are waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a write is remembered. A replica that is behind by more is not read from at all.
const REMEMBERED: Duration = Duration::from_secs(60);
const REMEMBERED_MAX: u64 = 50_000;
/// How long Redis is waited for, and left alone after it did not answer.
const ASK_WITHIN: Duration = Duration::from_millis(20);
const REDIS_REST: Duration = Duration::from_secs(2);

/// A replica, and what is known of it. Copies know the same.
#[derive(Debug, Clone)]
pub(super) struct Replica {
    pub(super) pool: PgPool,
    rest: Rest,
    /// As far as it was when it was last asked.
    has: Arc<AtomicU64>,
    /// How far the primary was, and when; the earliest first. As many as [`BEHIND_MAX`] has looks, and some.
    primary_was: Arc<Mutex<VecDeque<(Instant, u64)>>>,
    wrote: Memory<UserId, u64>,
    redis: Arc<OnceLock<Shared>>,
}

/// What instances know together.
#[derive(Clone)]
struct Shared {
    redis: Redis,
    rest: Rest,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Database {
    /// Whether there is a replica to read from.
    pub fn has_replica(&self) -> bool {
        self.replica.is_some()
    }

    /// For reads that may be a moment old.
    pub async fn reader(&self) -> &PgPool {
        match &self.replica {
            Some(replica) if replica.answers().await => &replica.pool,
            _ => &self.primary,
        }
    }

    /// For what somebody reads who expects to find what they have just written.
    pub async fn reader_for(&self, user: UserId) -> &PgPool {
        match &self.replica {
            Some(replica) if replica.answers().await && replica.has_all_of(user).await => &replica.pool,
            _ => &self.primary,
        }
    }

    /// Somebody wrote something, which is committed. Costs nothing where there is no replica.
    pub async fn wrote(&self, user: UserId) {
        let Some(replica) = &self.replica else { return };
        match timeout(PATIENCE, position_of_primary(&self.primary)).await {
            Ok(Ok(position)) => replica.remember(user, position).await,
            // Then nobody knows how far the replica has to be: it is not read from for as long as that could matter.
            failed => {
                tracing::warn!(?failed, "the primary reads: it did not say how far a write went");
                replica.rest.begin(REST);
            }
        }
    }

    /// Lets other instances know who wrote what.
    pub fn share_writes(&self, redis: Redis) {
        if let Some(replica) = &self.replica {
            let _ = replica.redis.set(Shared { redis, rest: Rest::default() });
        }
    }

    /// Looks how far the replica is behind, until the program stops.
    pub async fn watch_replica(self, tasks: Tasks) {
        let Some(replica) = &self.replica else { return tasks.stopping().await };
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! { () = tasks.stopping() => return, _ = look.tick() => {} }
            replica.look(&self.primary).await;
        }
    }

    /// How far the replica is behind, as far as is known; nothing where there is none.
    pub fn behind(&self) -> Option<Duration> {
        self.replica.as_ref().map(Replica::behind)
    }
}

impl Replica {
    pub(super) fn new(pool: PgPool) -> Self {
        let wrote = Memory::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED).build();
        Self {
            pool,
            rest: Rest::default(),
            has: Arc::default(),
            primary_was: Arc::default(),
            wrote,
            redis: Arc::default(),
        }
    }

    async fn answers(&self) -> bool {
        if self.rest.left().is_some() {
            return false;
        }
        let answers = self.pool.acquire().await.is_ok();
        if !answers {
            self.leave_alone("it does not answer");
        }
        answers
    }

    fn leave_alone(&self, why: &'static str) {
        if self.rest.begin(REST) {
            tracing::warn!(why, "the primary reads instead of the replica");
        }
    }

    /// Whether it has what somebody wrote last.
    async fn has_all_of(&self, user: UserId) -> bool {
        let Some(wrote) = self.wrote_until(user).await else { return false };
        if self.has.load(Ordering::Acquire) >= wrote {
            return true;
        }
        match timeout(PATIENCE, position_of_replica(&self.pool)).await {
            Ok(Ok(position)) => self.has.fetch_max(position, Ordering::AcqRel).max(position) >= wrote,
            _ => false,
        }
    }

    /// How far the primary was after somebody's last write: 0 when that was long ago. Nothing when others may know and cannot be asked.
    async fn wrote_until(&self, user: UserId) -> Option<u64> {
        let here = self.wrote.get(&user).unwrap_or_default();
        let Some(shared) = self.redis.get() else { return Some(here) };
        let elsewhere: Option<u64> = shared.ask(redis::cmd("GET").arg(key(user))).await?;
        Some(here.max(elsewhere.unwrap_or_default()))
    }

    async fn remember(&self, user: UserId, position: u64) {
        self.wrote.insert(user, position);
        if let Some(shared) = self.redis.get() {
            let _: Option<()> =
                shared.ask(redis::cmd("SET").arg(key(user)).arg(position).arg("EX").arg(REMEMBERED.as_secs())).await;
        }
    }

    async fn look(&self, primary: &PgPool) {
        let both = async { tokio::try_join!(position_of_primary(primary), position_of_replica(&self.pool)) };
        match timeout(PATIENCE, both).await {
            Ok(Ok((primary, replica))) => {
                self.has.fetch_max(replica, Ordering::AcqRel);
                let mut was = self.primary_was();
                was.push_back((Instant::now(), primary));
                while was.len() > 1 && was.get(1).is_some_and(|(_, position)| *position <= replica) {
                    was.pop_front();
                }
                // What is older than a replica may be behind says no more than that it is too far behind.
                while was.len() > 1 && was.front().is_some_and(|(at, _)| at.elapsed() > 2 * BEHIND_MAX) {
                    was.pop_front();
                }
            }
            _ => self.leave_alone("one of them does not say how far it is"),
        }
        if self.behind() > BEHIND_MAX {
            self.leave_alone("it is too far behind");
        }
    }

    /// For how long the primary has had what this one has not.
    fn behind(&self) -> Duration {
        let has = self.has.load(Ordering::Acquire);
        let was = self.primary_was();
        was.iter().find(|(_, position)| *position > has).map_or(Duration::ZERO, |(at, _)| at.elapsed())
    }

    fn primary_was(&self) -> std::sync::MutexGuard<'_, VecDeque<(Instant, u64)>> {
        self.primary_was.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// The answer, unless Redis is away or was so a moment ago.
    async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        if self.rest.left().is_some() {
            return None;
        }
        let mut connection = self.redis.clone();
        if let Ok(Ok(answer)) = timeout(ASK_WITHIN, command.query_async(&mut connection)).await {
            return Some(answer);
        }
        self.rest.begin(REDIS_REST);
        None
    }
}

fn key(user: UserId) -> String {
    format!("atlas9:wrote:{user}")
}

async fn position_of_primary(pool: &PgPool) -> Result<u64, DbError> {
    let position = sqlx::query_scalar!(r#"select (pg_current_wal_insert_lsn() - '0/0')::bigint as "position!""#);
    Ok(position.fetch_one(pool).await?.unsigned_abs())
}

/// Of a server that is no replica (any more), how far it is itself.
async fn position_of_replica(pool: &PgPool) -> Result<u64, DbError> {
    let position = sqlx::query_scalar!(
        r#"select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end - '0/0')::bigint as "position!""#
    );
    Ok(position.fetch_one(pool).await?.unsigned_abs())
}
