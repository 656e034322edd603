//! Who is in a room right now: in Redis, each connection for as long as its instance says so again. An instance that dies takes its own with it after
//! [`STAYS`]. While Redis is away nobody is told anything new of this, and nothing else suffers.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use model::{RoomId, UserId};
use socketioxide::socket::Sid;
use tokio::sync::broadcast;

use crate::{bus::Bus, clock::Clock};

/// How long a connection is believed to be there without another sign; and how often there is one.
const STAYS: Duration = Duration::from_secs(30);
pub(super) const RENEWED: Duration = Duration::from_secs(10);
const ASK_WITHIN: Duration = Duration::from_millis(250);
/// Connections to one room that are told of.
const HERE_MAX: isize = 5_000;

/// Who is where.
#[derive(Clone)]
pub(super) struct Presence {
    bus: Bus,
    clock: Clock,
}

impl Presence {
    pub(super) fn new(bus: Bus, clock: Clock) -> Self {
        Self { bus, clock }
    }

    /// Hears that somebody came or went: [`Presence::users`] says who.
    pub(super) fn listen(&self, room: RoomId) -> broadcast::Receiver<Bytes> {
        self.bus.listen(&key(room))
    }

    /// Somebody comes; tells the others.
    pub(super) async fn come(&self, room: RoomId, user: UserId, by: Sid) {
        self.renew(room, &[(user, by)]).await;
        self.bus.publish(&key(room), Bytes::new());
    }

    /// Somebody goes, by this connection.
    pub(super) async fn go(&self, room: RoomId, user: UserId, by: Sid) {
        let mut asked = redis::cmd("ZREM");
        asked.arg(key(room)).arg(member(user, by));
        let _: Option<i64> = self.bus.ask(asked, ASK_WITHIN).await;
        self.bus.publish(&key(room), Bytes::new());
    }

    /// Those are there still; and whoever has not been heard of for long is not.
    pub(super) async fn renew(&self, room: RoomId, here: &[(UserId, Sid)]) {
        if here.is_empty() {
            return;
        }
        let (now, until) = (self.millis(), self.millis() + i64::try_from(STAYS.as_millis()).unwrap_or_default());
        let mut asked = redis::pipe();
        asked.cmd("ZADD").arg(key(room));
        for (user, by) in here {
            asked.arg(until).arg(member(*user, *by));
        }
        asked.ignore().cmd("ZREMRANGEBYSCORE").arg(key(room)).arg("-inf").arg(now).ignore();
        asked.cmd("EXPIRE").arg(key(room)).arg(2 * STAYS.as_secs()).ignore();
        let mut connection = self.bus.connection();
        // Said again before it runs out.
        let _ = tokio::time::timeout(ASK_WITHIN, asked.query_async::<()>(&mut connection)).await;
    }

    /// Everybody who is there, with as many tabs as they like. `None` when Redis does not say.
    pub(super) async fn users(&self, room: RoomId) -> Option<BTreeSet<UserId>> {
        let mut asked = redis::cmd("ZRANGEBYSCORE");
        asked.arg(key(room)).arg(self.millis()).arg("+inf").arg("LIMIT").arg(0).arg(HERE_MAX);
        let here: Vec<String> = self.bus.ask(asked, ASK_WITHIN).await?;
        Some(here.iter().filter_map(|member| member.split_once(' ')?.0.parse().ok()).collect())
    }

    fn millis(&self) -> i64 {
        i64::try_from(self.clock.now().unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
    }
}

fn key(room: RoomId) -> String {
    format!("atlas9:room:here:{room}")
}

fn member(user: UserId, by: Sid) -> String {
    format!("{user} {by}")
}
