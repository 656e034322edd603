//! Those who listen to a channel here, and whether anybody does elsewhere.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::broadcast;

/// Tells instances apart.
pub(super) type InstanceId = [u8; 16];

/// What an instance says that begins to listen.
pub(super) const GREETING: &[u8] = b"here";
/// How long it is believed that nobody listens elsewhere. Whoever begins to, or comes back, says so, which ends it.
const ALONE_FOR: Duration = Duration::from_secs(5);
/// Messages a listener may lag behind before it misses some.
const LISTENER_BUFFER: usize = 64;

pub(super) struct Channel {
    pub(super) sender: broadcast::Sender<Bytes>,
    /// Of a channel for what everybody here knows without it.
    elsewhere: Option<Elsewhere>,
}

struct Elsewhere {
    own: InstanceId,
    /// Whether Redis took it that this instance listens.
    is_subscribed: bool,
    /// Messages of others.
    heard: u64,
    /// Messages of this instance that came back to it.
    came_back: u64,
    alone: Option<Alone>,
}

/// Only one listened to a message.
struct Alone {
    until: Instant,
    /// What had come back before it was sent: once it has, that one was this instance.
    came_back: u64,
}

/// How things were when a message was sent, for [`Channel::counted`].
#[derive(Clone, Copy)]
pub(super) struct SoFar {
    heard: u64,
    came_back: u64,
}

impl Channel {
    pub(super) fn new() -> Self {
        Self { sender: broadcast::channel(LISTENER_BUFFER).0, elsewhere: None }
    }

    /// One on which each message begins with who sent it.
    pub(super) fn elsewhere(own: InstanceId) -> Self {
        let elsewhere = Elsewhere { own, is_subscribed: false, heard: 0, came_back: 0, alone: None };
        Self { elsewhere: Some(elsewhere), ..Self::new() }
    }

    pub(super) fn is_elsewhere(&self) -> bool {
        self.elsewhere.is_some()
    }

    /// Whether Redis took it that this instance listens. Nothing is known of the others until it is asked anew.
    pub(super) fn subscribed(&mut self, is_subscribed: bool) {
        if let Some(elsewhere) = &mut self.elsewhere {
            (elsewhere.is_subscribed, elsewhere.alone) = (is_subscribed, None);
        }
    }

    /// Whether nobody would hear a message for others.
    pub(super) fn is_alone(&self) -> bool {
        let Some(elsewhere) = &self.elsewhere else { return false };
        elsewhere
            .alone
            .as_ref()
            .is_some_and(|alone| elsewhere.came_back > alone.came_back && Instant::now() < alone.until)
    }

    pub(super) fn so_far(&self) -> Option<SoFar> {
        let elsewhere = self.elsewhere.as_ref().filter(|elsewhere| elsewhere.is_subscribed)?;
        Some(SoFar { heard: elsewhere.heard, came_back: elsewhere.came_back })
    }

    /// So many listened to a message that was sent when things were like this.
    pub(super) fn counted(&mut self, listeners: u64, then: Option<SoFar>) {
        let Some(elsewhere) = &mut self.elsewhere else { return };
        // Whoever spoke up since may not be in that number.
        let then = then.filter(|then| listeners == 1 && elsewhere.is_subscribed && elsewhere.heard == then.heard);
        elsewhere.alone = then.map(|then| Alone { until: Instant::now() + ALONE_FOR, came_back: then.came_back });
    }

    /// Hands on what came.
    pub(super) fn hear(&mut self, message: &[u8]) {
        let message = match &mut self.elsewhere {
            None => message,
            Some(elsewhere) if message.starts_with(&elsewhere.own) => {
                elsewhere.came_back += 1;
                return;
            }
            Some(elsewhere) => {
                elsewhere.heard += 1;
                elsewhere.alone = None;
                message.get(elsewhere.own.len()..).unwrap_or_default()
            }
        };
        if self.is_elsewhere() && message == GREETING {
            return;
        }
        // Nobody listening any more is no error.
        let _ = self.sender.send(Bytes::copy_from_slice(message));
    }
}
