//! A room's log as it grows: what somebody missed, and then what happens, without a gap and without a repetition.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use model::{Happened, RoomEntry, RoomId, RoomPlace, UserId};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::MissedTickBehavior,
};

use super::{Rooms, RoomsError, Standing, store};
use crate::{
    bus::Bus,
    db::{Database, DbError},
    tasks::Tasks,
};

/// Entries that somebody may have missed and is told of; past that they load the room anew, which is less.
const MISSED_MAX: i64 = 500;
/// Entries read at once.
const ROWS: i64 = 200;
/// Entries somebody may lag behind before the log is read again.
const BUFFER: usize = 32;
/// However quiet it is, it is looked this often how far logs are, of so many at once: messages between instances may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOKED_AT: usize = 1_000;
/// How long a database is left alone that does not answer.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Tells of new entries, here and on other instances.
#[derive(Clone)]
pub(super) struct News {
    bus: Bus,
    here: Arc<Mutex<HashMap<RoomId, broadcast::Sender<Heard>>>>,
    /// Whether somebody looks how far logs are.
    is_looked_at: Arc<AtomicBool>,
}

/// What is told within this process.
#[derive(Debug, Clone)]
enum Heard {
    /// Something happened.
    Entry(Arc<RoomEntry>),
    /// Something is to be read in the log.
    Something,
    /// This is the newest entry of the log.
    EndsAt(i64),
}

/// What somebody missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// All of it, in order; nothing when they missed nothing.
    Entries(Vec<RoomEntry>),
    /// It cannot be told: the room has to be loaded anew.
    Reload,
}

impl News {
    pub(super) fn new(bus: Bus) -> Self {
        Self { bus, here: Arc::default(), is_looked_at: Arc::default() }
    }

    /// Something was committed.
    pub(super) fn tell(&self, room: RoomId, offset: i64, happened: Happened) {
        let entry = Arc::new(RoomEntry { offset, happened });
        self.tell_here(room, Heard::Entry(Arc::clone(&entry)));
        self.bus.publish_elsewhere(&channel(room), || serde_json::to_vec(&*entry).ok());
    }

    fn tell_here(&self, room: RoomId, heard: Heard) {
        let mut here = self.lock();
        if let Some(sender) = here.get(&room)
            && sender.send(heard).is_err()
        {
            here.remove(&room);
        }
    }

    /// The rooms that somebody follows here.
    fn followed(&self) -> Vec<RoomId> {
        let mut here = self.lock();
        here.retain(|_, sender| sender.receiver_count() > 0);
        here.keys().copied().collect()
    }

    /// Something was written that is not told with it: whoever follows reads the log.
    pub(super) fn look(&self, room: RoomId) {
        self.tell_here(room, Heard::Something);
        self.bus.publish_elsewhere(&channel(room), || Some(Vec::new()));
    }

    fn listen(&self, room: RoomId) -> (broadcast::Receiver<Heard>, broadcast::Receiver<Bytes>) {
        let mut here = self.lock();
        let sender = here.entry(room).or_insert_with(|| broadcast::channel(BUFFER).0);
        (sender.subscribe(), self.bus.listen_elsewhere(&channel(room)))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomId, broadcast::Sender<Heard>>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn channel(room: RoomId) -> String {
    format!("atlas9:room:{room}")
}

impl Rooms {
    /// What somebody is in a room, and what happened there since they were there last. Whoever knows no place has all of it to load.
    ///
    /// # Errors
    /// [`RoomsError::NotFound`] for whoever is not in it.
    pub async fn since(
        &self,
        user: Option<UserId>,
        room: RoomId,
        known: Option<RoomPlace>,
    ) -> Result<(Standing, Since), RoomsError> {
        let standing = self.standing(user, room).await?;
        // Of another log, or from a place that this one is not at: of that nothing is known.
        let Some(known) = known.filter(|known| known.epoch == standing.place.epoch && known.offset >= 0) else {
            return Ok((standing, Since::Reload));
        };
        let missed = standing.place.offset - known.offset;
        if !(0..=MISSED_MAX).contains(&missed) {
            return Ok((standing, Since::Reload));
        }
        let entries = store::entries(self.db.primary(), room, known.offset, MISSED_MAX + ROWS).await?;
        let is_whole = entries.len() as i64 >= missed
            && entries.iter().zip(known.offset + 1..).all(|(entry, offset)| entry.offset == offset);
        Ok((standing, if is_whole { Since::Entries(entries) } else { Since::Reload }))
    }

    /// The newest entry of a room, for a process that tells many who are in it; `None` of a room that is no more.
    pub(super) async fn end_of_log(&self, room: RoomId) -> Result<Option<i64>, DbError> {
        store::end(self.db.primary(), room).await
    }

    /// Follows a room from a place on. For a process that tells many who are in it: whether each of them is, the caller makes sure.
    pub fn follow(&self, room: RoomId, after: i64) -> RoomFollower {
        let (here, elsewhere) = self.news.listen(room);
        if !self.news.is_looked_at.swap(true, Ordering::Relaxed) {
            let rooms = self.clone();
            self.tasks.keep("room logs", move || rooms.clone().keep_looking());
        }
        let (db, tasks) = (self.db.clone(), self.tasks.clone());
        RoomFollower { db, tasks, here, elsewhere, room, at: after, must_read: true }
    }
}

impl Rooms {
    /// Tells everybody who follows a room here how far its log is: one question for all rooms, not one for each.
    async fn keep_looking(self) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.tasks.stopping() => return,
                _ = look.tick() => {}
            }
            for some in self.news.followed().chunks(LOOKED_AT) {
                match store::ends(self.db.primary(), some).await {
                    Ok(ends) => ends.into_iter().for_each(|(room, at)| self.news.tell_here(room, Heard::EndsAt(at))),
                    Err(error) => tracing::debug!(%error, "how far logs are cannot be told right now"),
                }
            }
        }
    }
}

/// A reader of one room's log.
pub struct RoomFollower {
    db: Database,
    tasks: Tasks,
    here: broadcast::Receiver<Heard>,
    elsewhere: broadcast::Receiver<Bytes>,
    room: RoomId,
    /// The last entry handed out.
    at: i64,
    must_read: bool,
}

impl RoomFollower {
    /// The next entries in order, as soon as there are any; `None` when the program is about to end, or the log has lost what would come next.
    pub async fn next(&mut self) -> Option<Vec<Arc<RoomEntry>>> {
        loop {
            if self.must_read {
                // Seldom, and large: whoever only listens does not hold room for it.
                match Box::pin(self.read()).await {
                    Ok(entries) if entries.is_empty() => self.must_read = false,
                    Ok(entries) if entries[0].offset == self.at + 1 => return Some(self.hand_out(entries)),
                    Ok(_) => return None,
                    Err(error) => self.rest_after(&error).await?,
                }
            } else if let Some(entry) = self.hear().await? {
                return Some(self.hand_out(vec![entry]));
            }
        }
    }

    async fn read(&self) -> Result<Vec<Arc<RoomEntry>>, DbError> {
        let entries = store::entries(self.db.primary(), self.room, self.at, ROWS).await?;
        Ok(entries.into_iter().map(Arc::new).collect())
    }

    /// Waits for the entry that comes next. Nothing when the log has to be read instead.
    async fn hear(&mut self) -> Option<Option<Arc<RoomEntry>>> {
        loop {
            let heard = tokio::select! {
                () = self.tasks.stopping() => return None,
                heard = self.here.recv() => heard,
                heard = self.elsewhere.recv() => heard.and_then(|message| {
                    serde_json::from_slice(&message).map(Heard::Entry).map_err(|_| RecvError::Lagged(1))
                }),
            };
            match heard {
                Ok(Heard::EndsAt(at)) if at <= self.at => {}
                Ok(Heard::Entry(entry)) if entry.offset <= self.at => {}
                Ok(Heard::Entry(entry)) if entry.offset == self.at + 1 => return Some(Some(entry)),
                _ => {
                    self.must_read = true;
                    return Some(None);
                }
            }
        }
    }

    async fn rest_after(&self, error: &DbError) -> Option<()> {
        tracing::warn!(room = %self.room, %error, "a room cannot be followed until the database answers");
        tokio::select! {
            () = self.tasks.stopping() => None,
            () = tokio::time::sleep(AFTER_FAILURE) => Some(()),
        }
    }

    fn hand_out(&mut self, entries: Vec<Arc<RoomEntry>>) -> Vec<Arc<RoomEntry>> {
        self.at = entries.last().map_or(self.at, |last| last.offset);
        // There may be more than was read at once.
        self.must_read = entries.len() > 1;
        entries
    }
}
