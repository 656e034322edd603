//! Who is connected right now, for those who know them: in Redis, each person for as long as an instance says so again. While Redis is away nobody is told
//! anything new of this, and nothing else suffers.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use model::UserId;
use tokio::sync::broadcast;

use crate::{bus::Bus, clock::Clock};

/// How long somebody is believed to be there without another sign.
const STAYS: Duration = Duration::from_secs(30);
const ASK_WITHIN: Duration = Duration::from_millis(250);
/// People in one command.
const AT_ONCE: usize = 1_000;
/// Everybody, by when they are believed to be there no more.
const KEY: &str = "atlas9:people:here";
/// Tells that somebody knows others no more whom they knew.
const PARTINGS: &str = "atlas9:people:partings";
/// Tells that somebody came or went.
const MOVES: &str = "atlas9:people:moves";

/// Who is here.
#[derive(Clone)]
pub(super) struct Here {
    bus: Bus,
    clock: Clock,
}

impl Here {
    pub(super) fn new(bus: Bus, clock: Clock) -> Self {
        Self { bus, clock }
    }

    /// Hears whose presence may have changed; [`moved`] reads who that is.
    pub(super) fn listen(&self) -> broadcast::Receiver<Bytes> {
        self.bus.listen(MOVES)
    }

    /// Hears who may know others no more, likewise.
    pub(super) fn listen_for_partings(&self) -> broadcast::Receiver<Bytes> {
        self.bus.listen(PARTINGS)
    }

    /// Somebody may know others no more.
    pub(super) fn part(&self, user: UserId) {
        self.bus.publish(PARTINGS, user.to_string().into());
    }

    /// Somebody comes.
    pub(super) async fn come(&self, user: UserId) {
        self.renew(&[user]).await;
        self.tell(user);
    }

    /// The last connection of somebody to this instance is gone. Another instance that has one says that they are there, before anybody looks.
    pub(super) async fn go(&self, user: UserId) {
        let mut asked = redis::cmd("ZREM");
        asked.arg(KEY).arg(user.to_string());
        let _: Option<i64> = self.bus.ask(asked, ASK_WITHIN).await;
        self.tell(user);
    }

    fn tell(&self, user: UserId) {
        self.bus.publish(MOVES, user.to_string().into());
    }

    /// Those are here still; and whoever has not been heard of for long is not.
    pub(super) async fn renew(&self, users: &[UserId]) {
        let (now, until) = (self.millis(), self.millis() + i64::try_from(STAYS.as_millis()).unwrap_or_default());
        for some in users.chunks(AT_ONCE) {
            let mut asked = redis::cmd("ZADD");
            asked.arg(KEY);
            for user in some {
                asked.arg(until).arg(user.to_string());
            }
            let _: Option<i64> = self.bus.ask(asked, ASK_WITHIN).await;
        }
        let mut asked = redis::cmd("ZREMRANGEBYSCORE");
        asked.arg(KEY).arg("-inf").arg(now);
        let _: Option<i64> = self.bus.ask(asked, ASK_WITHIN).await;
    }

    /// Who of these is here. `None` when Redis does not say.
    pub(super) async fn among(&self, users: &[UserId]) -> Option<BTreeSet<UserId>> {
        let (now, mut here) = (self.millis(), BTreeSet::new());
        for some in users.chunks(AT_ONCE) {
            let mut asked = redis::cmd("ZMSCORE");
            asked.arg(KEY);
            for user in some {
                asked.arg(user.to_string());
            }
            let until: Vec<Option<i64>> = self.bus.ask(asked, ASK_WITHIN).await?;
            let is_here = |until: &Option<i64>| until.is_some_and(|until| until > now);
            here.extend(some.iter().zip(&until).filter(|(_, until)| is_here(until)).map(|(user, _)| *user));
        }
        Some(here)
    }

    fn millis(&self) -> i64 {
        i64::try_from(self.clock.now().unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
    }
}

/// Whose presence may have changed.
pub(super) fn moved(told: &[u8]) -> Option<UserId> {
    std::str::from_utf8(told).ok()?.parse().ok()
}
