//! Live events: from whoever appends them to whoever follows, in this process directly and in others over Redis. Messages carry the
//! events themselves, so that hundreds can follow one generation without a query each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use model::{GenerationId, Logged};
use tokio::sync::broadcast;

use crate::bus::Bus;

/// Batches a follower may lag behind before it reads from the database again.
const FOLLOWER_BUFFER: usize = 256;
/// Larger batches are not sent over Redis; followers elsewhere read them from PostgreSQL.
const MESSAGE_MAX_BYTES: usize = 256 * 1_024;

type Batch = Arc<Vec<Logged>>;

/// Tells followers of new events.
#[derive(Clone)]
pub(super) struct Fanout {
    bus: Bus,
    here: Arc<Mutex<HashMap<GenerationId, broadcast::Sender<Batch>>>>,
}

/// Hears the new events of one generation. Some may be missing or come twice: numbers tell.
pub(super) struct Listener {
    here: broadcast::Receiver<Batch>,
    elsewhere: broadcast::Receiver<Bytes>,
}

/// What a listener hears.
pub(super) enum Heard {
    /// These events were appended.
    Events(Batch),
    /// Something was missed.
    Gap,
}

impl Fanout {
    pub(super) fn new(bus: Bus) -> Self {
        Self { bus, here: Arc::default() }
    }

    /// Tells followers here and on other instances.
    pub(super) fn announce(&self, id: GenerationId, events: Vec<Logged>) {
        let events = Arc::new(events);
        self.tell_here(id, Arc::clone(&events));
        self.bus.publish_elsewhere(&channel(id), || {
            serde_json::to_vec(&*events).ok().filter(|message| message.len() <= MESSAGE_MAX_BYTES)
        });
    }

    fn tell_here(&self, id: GenerationId, events: Batch) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = here.get(&id)
            && sender.send(events).is_err()
        {
            here.remove(&id);
        }
    }

    /// Hears what is appended from now on. Listen first and read the log then, or events in between are lost.
    pub(super) fn listen(&self, id: GenerationId) -> Listener {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here.retain(|_, sender| sender.receiver_count() > 0);
        let sender = here.entry(id).or_insert_with(|| broadcast::channel(FOLLOWER_BUFFER).0);
        Listener { here: sender.subscribe(), elsewhere: self.bus.listen_elsewhere(&channel(id)) }
    }
}

impl Listener {
    /// The next message.
    pub(super) async fn next(&mut self) -> Heard {
        tokio::select! {
            here = self.here.recv() => match here {
                Ok(batch) => Heard::Events(batch),
                Err(broadcast::error::RecvError::Lagged(_)) => Heard::Gap,
                // The sender lives as long as the listener is registered; should it not, looking again is harmless but not in a loop.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            },
            elsewhere = self.elsewhere.recv() => match elsewhere {
                Ok(message) => serde_json::from_slice(&message).map_or(Heard::Gap, |events| Heard::Events(Arc::new(events))),
                Err(broadcast::error::RecvError::Lagged(_)) => Heard::Gap,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            },
        }
    }
}

fn channel(id: GenerationId) -> String {
    format!("atlas9:generation:{id}")
}
