//! Whether the people whom somebody knows are here, told to those who asked and to nobody else.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::{Contact, UserId};
use serde_json::json;
use socketioxide::{SocketIo, extract::SocketRef};
use tokio::sync::{
    broadcast::error::RecvError,
    mpsc::{self, Receiver},
};

use super::{A, NAMESPACE, Person, connections::Connections, presence::RENEWED};
use crate::{
    rooms::{Rooms, RoomsError, here},
    tasks::Tasks,
};

/// Whoever goes may be back at once, from another page or by another instance.
const GONE_AFTER: Duration = Duration::from_millis(500);
/// Comings and goings that wait to be told; what does not fit in is found at the next look.
const MOVES_MAX: usize = 1_024;

/// Who wants to know of whom.
#[derive(Clone)]
pub(super) struct Contacts {
    rooms: Rooms,
    io: SocketIo<A>,
    tasks: Tasks,
    connections: Connections,
    moves: mpsc::Sender<UserId>,
    /// What was told of whom somebody asks for.
    told: Arc<Mutex<HashMap<UserId, bool>>>,
}

impl Contacts {
    /// Begins to say who is here by way of this instance, and to tell of those whom others ask for.
    pub(super) fn start(rooms: Rooms, io: SocketIo<A>, tasks: Tasks, connections: Connections) -> Self {
        let (moves, moved) = mpsc::channel(MOVES_MAX);
        let contacts = Self { rooms, io, tasks: tasks.clone(), connections, moves, told: Arc::default() };
        let keeper = contacts.clone();
        tasks.spawn("contacts", async move { keeper.keep_telling(moved).await });
        contacts
    }

    /// Somebody came, or went.
    pub(super) fn moved(&self, user: UserId) {
        // Looked at every now and then as well.
        let _ = self.moves.try_send(user);
    }

    /// Whom somebody knows; from then on they are told who comes and goes.
    pub(super) async fn ask(&self, socket: &SocketRef<A>, user: UserId) -> Result<Vec<Contact>, RoomsError> {
        let known = self.rooms.contacts(user).await?;
        socket.join(known.iter().map(|contact| name(contact.speaker.id)).collect::<Vec<_>>());
        // Listened first and looked then: who comes in between is told twice rather than never.
        let contacts = self.rooms.contacts(user).await?;
        let mut told = self.lock();
        for contact in &contacts {
            told.entry(contact.speaker.id).or_insert(contact.is_here);
        }
        Ok(contacts)
    }

    /// Somebody may know others no more: neither is told of the other then.
    async fn part(&self, user: UserId) {
        let known: BTreeSet<UserId> = match self.rooms.contacts(user).await {
            Ok(known) => known.into_iter().map(|contact| contact.speaker.id).collect(),
            Err(error) => {
                tracing::warn!(%user, %error, "whom somebody knows cannot be told: they are told of nobody until they ask again");
                BTreeSet::new()
            }
        };
        let of_whom = |socket: &SocketRef<A>| socket.extensions.get::<Person>().map(|person| person.user);
        for socket in self.who_ask(user) {
            if of_whom(&socket).is_none_or(|other| !known.contains(&other)) {
                socket.leave(name(user));
            }
        }
        let Some(all) = self.io.of(NAMESPACE) else { return };
        for socket in all.local().sockets().into_iter().filter(|socket| of_whom(socket) == Some(user)) {
            for room in socket.rooms() {
                if let Some(other) = room.strip_prefix(PREFIX)
                    && other.parse().is_ok_and(|other: UserId| !known.contains(&other))
                {
                    socket.leave(room);
                }
            }
        }
    }

    async fn keep_telling(self, mut moved: Receiver<UserId>) {
        let (mut moves, mut renew) = (self.rooms.here.listen(), tokio::time::interval(RENEWED));
        let mut partings = self.rooms.here.listen_for_partings();
        loop {
            tokio::select! {
                () = self.tasks.stopping() => return,
                Some(user) = moved.recv() => match self.connections.has(user) {
                    true => self.rooms.here.come(user).await,
                    false => self.rooms.here.go(user).await,
                },
                told = moves.recv() => match told {
                    Ok(told) => self.look_at(here::moved(&told)).await,
                    // Somebody may have been said to be gone who is connected here.
                    Err(RecvError::Lagged(_)) => self.rooms.here.renew(&self.connections.people()).await,
                    Err(RecvError::Closed) => return,
                },
                told = partings.recv() => match told {
                    Ok(told) => if let Some(user) = here::moved(&told) { self.part(user).await },
                    Err(RecvError::Lagged(_)) => for user in self.connections.people() { self.part(user).await },
                    Err(RecvError::Closed) => return,
                },
                _ = renew.tick() => {
                    self.rooms.here.renew(&self.connections.people()).await;
                    self.look().await;
                }
            }
        }
    }

    /// Somebody came or went, here or elsewhere.
    async fn look_at(&self, user: Option<UserId>) {
        let Some(user) = user else { return };
        if self.connections.has(user) {
            // Whoever said that they are gone knows of its own connections only.
            self.rooms.here.renew(&[user]).await;
        }
        if !self.lock().contains_key(&user) {
            return;
        }
        let contacts = self.clone();
        self.tasks.spawn("contact", async move {
            tokio::select! {
                () = contacts.tasks.stopping() => {}
                () = tokio::time::sleep(GONE_AFTER) => contacts.tell(vec![user]).await,
            }
        });
    }

    /// Looks at everybody somebody asks for, and forgets those nobody does any more.
    async fn look(&self) {
        let asked_for: Vec<UserId> = self.lock().keys().copied().collect();
        let (wanted, unwanted): (Vec<_>, Vec<_>) =
            asked_for.into_iter().partition(|user| !self.who_ask(*user).is_empty());
        {
            let mut told = self.lock();
            for user in unwanted {
                told.remove(&user);
            }
        }
        self.tell(wanted).await;
    }

    /// Tells what is new of these.
    async fn tell(&self, users: Vec<UserId>) {
        let Some(here) = self.rooms.here.among(&users).await else { return };
        for user in users {
            let is_here = here.contains(&user);
            let before = self.lock().get_mut(&user).map(|told| std::mem::replace(told, is_here));
            if before.is_none_or(|before| before == is_here) {
                continue;
            }
            for socket in self.who_ask(user) {
                // Told in full to whoever asks again.
                let _ = socket.emit("contact", &json!({ "user": user, "is_here": is_here }));
            }
        }
    }

    fn who_ask(&self, user: UserId) -> Vec<SocketRef<A>> {
        self.io.of(NAMESPACE).map_or_else(Vec::new, |all| all.local().within(name(user)).sockets())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, bool>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PREFIX: &str = "contact:";

fn name(user: UserId) -> String {
    format!("{PREFIX}{user}")
}
