//! Whether an event was seen before, by its id: asked of Redis in one command, whatever there is in it.
//!
//! An id is claimed first, for a short time, and marked as done once what it causes is committed. A process that dies in between leaves a claim
//! that runs out by itself, and meanwhile keeps nobody out: whoever meets it asks PostgreSQL, which decides. So does whoever finds Redis away.

use std::{sync::Arc, time::Duration};

use redis::{FromRedisValue, Script};
use sha2::{Digest, Sha256};

use crate::{bus::Redis, clock::Clock, limits::hex, rest::Rest};

/// How long an event is remembered: whoever did not hear our answer asks again after seconds, minutes or some hours.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);
/// How long a claim holds that nobody confirms: longer than a commit can take.
const CLAIMED: Duration = Duration::from_secs(30);
/// How long to wait for Redis before PostgreSQL is asked.
const ASK_WITHIN: Duration = Duration::from_millis(100);
/// How long a Redis that did not answer is left alone.
const REST: Duration = Duration::from_secs(2);
/// What stands under the id of an event that is done with. Everything else is the name of a claim.
const DONE: &str = "done";

/// Takes a claim back, unless somebody else has confirmed the event or claimed it anew.
const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// What Redis knows of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing so far; now it is claimed.
    Never(Claim),
    /// Somebody claimed it, and has not confirmed it yet.
    Claimed,
    /// It is done with.
    Done,
    /// Redis is away.
    Unknown,
}

/// The right to confirm an event, or to take it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    key: String,
    name: String,
}

/// Remembers events.
#[derive(Clone)]
pub struct Dedup {
    redis: Redis,
    clock: Clock,
    release: Arc<Script>,
    rest: Rest,
}

impl Dedup {
    /// Remembers over this connection.
    pub fn new(redis: Redis, clock: Clock) -> Self {
        Self { redis, clock, release: Arc::new(Script::new(RELEASE)), rest: Rest::default() }
    }

    /// Claims an event, unless it was seen before. Takes at most a tenth of a second.
    pub async fn claim(&self, source: &str, id: &str) -> Seen {
        let claim = self.new_claim(source, id);
        let mut connection = self.redis.clone();
        let command = claim.command();
        match self.unless_away(command.query_async::<Option<String>>(&mut connection)).await {
            Some(standing) => seen(standing, claim),
            None => Seen::Unknown,
        }
    }

    /// Claims many events of a source in one go, each as [`Dedup::claim`] does, in their order. Redis is away for all of them or for none.
    pub async fn claim_many(&self, source: &str, ids: &[&str]) -> Vec<Seen> {
        let claims: Vec<Claim> = ids.iter().map(|id| self.new_claim(source, id)).collect();
        let mut commands = redis::Pipeline::with_capacity(claims.len());
        for claim in &claims {
            commands.add_command(claim.command());
        }
        let mut connection = self.redis.clone();
        let standings: Option<Vec<Option<String>>> = self.unless_away(commands.query_async(&mut connection)).await;
        match standings {
            Some(standings) if standings.len() == claims.len() => {
                standings.into_iter().zip(claims).map(|(standing, claim)| seen(standing, claim)).collect()
            }
            _ => vec![Seen::Unknown; claims.len()],
        }
    }

    /// Remembers that an event is done with. When Redis does not hear of it the claim runs out, and PostgreSQL knows.
    pub async fn confirm(&self, source: &str, id: &str) {
        let mut connection = self.redis.clone();
        let mut command = redis::cmd("SET");
        command.arg(key(source, id)).arg(DONE).arg("PX").arg(milliseconds(REMEMBERED));
        self.unless_away(command.query_async::<()>(&mut connection)).await;
    }

    /// Forgets a claim: what it was for did not happen.
    pub async fn release(&self, claim: &Claim) {
        let mut connection = self.redis.clone();
        let mut asked = self.release.key(&claim.key);
        asked.arg(&claim.name);
        self.unless_away(asked.invoke_async::<i64>(&mut connection)).await;
    }

    fn new_claim(&self, source: &str, id: &str) -> Claim {
        Claim { key: key(source, id), name: self.clock.new_id().simple().to_string() }
    }

    /// The answer, unless Redis is away or was so a moment ago.
    async fn unless_away<T: FromRedisValue>(&self, asked: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
        if self.rest.left().is_some() {
            return None;
        }
        match tokio::time::timeout(ASK_WITHIN, asked).await {
            Ok(Ok(answer)) => Some(answer),
            failed => {
                let error = failed.map(Result::err);
                tracing::warn!(?error, "events are told apart by PostgreSQL alone: Redis does not answer");
                self.rest.begin(REST);
                None
            }
        }
    }
}

impl Claim {
    /// Sets the claim where nothing stands, and says what stood there: one command, so that of many who ask at once one claims it.
    fn command(&self) -> redis::Cmd {
        let mut command = redis::cmd("SET");
        command.arg(&self.key).arg(&self.name).arg("NX").arg("GET").arg("PX").arg(milliseconds(CLAIMED));
        command
    }
}

fn seen(standing: Option<String>, claim: Claim) -> Seen {
    match standing.as_deref() {
        None => Seen::Never(claim),
        Some(DONE) => Seen::Done,
        Some(_) => Seen::Claimed,
    }
}

/// Ids are what others send: here they have one length, and nothing in them means anything to Redis.
fn key(source: &str, id: &str) -> String {
    format!("atlas9:event:{source}:{}", hex(&Sha256::digest(id)[..16]))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
