//! Who is in which room on this instance, and one task for each room that tells them what happens there: in order, whatever comes late or not at all
//! between instances.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::{Happened, RoomEntry, RoomId, UserId};
use serde_json::json;
use socketioxide::{SendError, SocketError, SocketIo, extract::SocketRef};
use tokio_util::sync::CancellationToken;

use super::{
    A, NAMESPACE, Person, Reason,
    parting::Parting,
    presence::{Presence, RENEWED},
    room_name,
};
use crate::{
    accounts::Pass,
    rooms::{RoomFollower, Rooms, follow::AFTER_FAILURE},
    tasks::Tasks,
};

/// Everybody who is in a room by way of this instance.
#[derive(Clone)]
pub(super) struct Audience {
    rooms: Arc<Rooms>,
    pub(super) presence: Presence,
    io: SocketIo<A>,
    tasks: Tasks,
    parting: Parting,
    tails: Arc<Mutex<HashMap<RoomId, Tail>>>,
}

/// A task that tells a room, and how many it tells.
struct Tail {
    listeners: usize,
    end: CancellationToken,
}

impl Audience {
    pub(super) fn new(rooms: Rooms, presence: Presence, io: SocketIo<A>, tasks: Tasks, parting: Parting) -> Self {
        Self { rooms: Arc::new(rooms), presence, io, tasks, parting, tails: Arc::default() }
    }

    /// Somebody comes; from the entry after `at` on they are told of everything. They may be told of some that they know.
    pub(super) fn enter(&self, socket: &SocketRef<A>, room: RoomId, at: i64) {
        socket.join(room_name(room));
        let mut tails = self.lock();
        if let Some(tail) = tails.get_mut(&room) {
            tail.listeners += 1;
            return;
        }
        let end = CancellationToken::new();
        tails.insert(room, Tail { listeners: 1, end: end.clone() });
        drop(tails);
        let (audience, follower) = (self.clone(), self.rooms.follow(room, at));
        self.tasks.spawn("room", async move { audience.keep_told(room, follower, end).await });
    }

    /// Tells everybody here what happens in a room, and who comes and goes, until nobody is here any more. There is one of these for each room: what it does
    /// seldom has room of its own only while it does it.
    async fn keep_told(self, room: RoomId, mut follower: RoomFollower, end: CancellationToken) {
        let (mut moves, mut renew) = (self.presence.listen(room), tokio::time::interval(RENEWED));
        let mut here = BTreeSet::new();
        loop {
            let entries = tokio::select! {
                () = end.cancelled() => return,
                entries = follower.next() => entries,
                _ = moves.recv() => {
                    Box::pin(self.tell_presence(room, &mut here)).await;
                    continue;
                }
                _ = renew.tick() => {
                    let people = self.here(room);
                    let people: Vec<_> = people.iter().filter_map(|socket| Some((user_of(socket)?, socket.id))).collect();
                    Box::pin(self.presence.renew(room, &people)).await;
                    Box::pin(self.tell_presence(room, &mut here)).await;
                    continue;
                }
            };
            let Some(entries) = entries else {
                let Some(at) = Box::pin(self.end_of_log(room, &end)).await else { return };
                // The log cannot be told on from where it was: everybody loads the room anew, and whoever has come meanwhile is told from here on.
                follower = self.rooms.follow(room, at);
                self.send_away(room, Reason::LogLost);
                continue;
            };
            for entry in entries {
                self.tell(room, &entry).await;
                if let Happened::Left { id } = entry.happened {
                    self.take_out(room, id);
                }
            }
        }
    }

    /// Where a log is now, as soon as it can be told; `None` when nobody wants to know any more.
    async fn end_of_log(&self, room: RoomId, end: &CancellationToken) -> Option<i64> {
        loop {
            match self.rooms.end_of_log(room).await {
                Ok(at) => return at.filter(|_| !self.tasks.is_stopping()),
                Err(error) => tracing::warn!(%room, %error, "where a log is cannot be told right now"),
            }
            tokio::select! {
                () = end.cancelled() => return None,
                () = self.tasks.stopping() => return None,
                () = tokio::time::sleep(AFTER_FAILURE) => {}
            }
        }
    }

    /// Tells who came and who went since `known`.
    async fn tell_presence(&self, room: RoomId, known: &mut BTreeSet<UserId>) {
        let Some(here) = self.presence.users(room).await else { return };
        for user in known.symmetric_difference(&here) {
            let told = json!({ "room": room, "user": user, "is_here": here.contains(user) });
            for socket in self.here(room) {
                // Told again in full to whoever enters.
                let _ = socket.emit("presence", &told);
            }
        }
        *known = here;
    }

    /// Somebody goes.
    pub(super) fn leave(&self, room: RoomId) {
        let mut tails = self.lock();
        let Some(tail) = tails.get_mut(&room) else { return };
        tail.listeners -= 1;
        if tail.listeners == 0 {
            tail.end.cancel();
            tails.remove(&room);
        }
    }

    /// Written once for all. Should anybody's buffer be full, each is told by itself, so that it is known who that is: they are let go rather than told with a
    /// gap. To the others it is nothing new.
    async fn tell(&self, room: RoomId, entry: &RoomEntry) {
        let Some(all) = self.io.of(NAMESPACE) else { return };
        if all.local().to(room_name(room)).emit("entry", &(room, entry)).await.is_ok() {
            return;
        }
        for socket in self.here(room) {
            if let Err(SendError::Socket(SocketError::InternalChannelFull)) = socket.emit("entry", &(room, entry)) {
                self.parting.part(&socket, Reason::TooSlow);
            }
        }
    }

    /// Whoever is in the room no more hears nothing more of it.
    fn take_out(&self, room: RoomId, user: UserId) {
        for socket in self.here(room).into_iter().filter(|socket| user_of(socket) == Some(user)) {
            self.parting.part(&socket, Reason::TakenOut);
        }
    }

    fn send_away(&self, room: RoomId, reason: Reason) {
        for socket in self.here(room) {
            self.parting.part(&socket, reason);
        }
    }

    /// Lets everybody go for whom it holds.
    pub(super) fn part_with(&self, reason: Reason, of: impl Fn(&Person) -> bool) {
        let Some(all) = self.io.of(NAMESPACE) else { return };
        for socket in all.local().sockets() {
            if socket.extensions.get::<Person>().is_some_and(|person| of(&person)) {
                self.parting.part(&socket, reason);
            }
        }
    }

    /// The program ends. Unlike whoever is parted with, everybody comes back by themselves: that is what clients do when a connection breaks.
    pub(super) async fn close(&self) {
        if let Some(all) = self.io.of(NAMESPACE) {
            let _ = all.local().emit("out", &json!({ "reason": Reason::Restarting })).await;
        }
        self.io.close().await;
    }

    /// What everybody here was let in with, each once, in one order.
    pub(super) fn passes(&self) -> Vec<Pass> {
        let Some(all) = self.io.of(NAMESPACE) else { return Vec::new() };
        let people = all.local().sockets();
        let passes = people.iter().filter_map(|socket| socket.extensions.get::<Person>()).map(|person| person.pass);
        let mut passes: Vec<Pass> = passes.collect();
        passes.sort_unstable();
        passes.dedup();
        passes
    }

    fn here(&self, room: RoomId) -> Vec<SocketRef<A>> {
        self.io.of(NAMESPACE).map_or_else(Vec::new, |all| all.local().within(room_name(room)).sockets())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, Tail>> {
        self.tails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn user_of(socket: &SocketRef<A>) -> Option<UserId> {
    socket.extensions.get::<Person>().map(|person| person.user)
}
