//! socket.io's instances tell each other over the program's own connection to Redis: one connection, and sentinels and clusters as everywhere else.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use socketioxide_redis::drivers::{ChanItem, Driver, MessageStream};
use tokio::sync::{broadcast::error::RecvError, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{bus::Bus, tasks::Tasks};

/// How long Redis is asked how many instances there are.
const ASK_WITHIN: Duration = Duration::from_millis(250);

/// [`Bus`], as socket.io's adapter uses it.
#[derive(Clone)]
pub struct BusDriver {
    bus: Bus,
    tasks: Tasks,
    heard: Arc<Mutex<HashMap<String, CancellationToken>>>,
}

impl BusDriver {
    pub(super) fn new(bus: Bus, tasks: Tasks) -> Self {
        Self { bus, tasks, heard: Arc::default() }
    }
}

impl Driver for BusDriver {
    type Error = Infallible;

    /// What cannot be told now is not told: nothing of it is anybody's only word.
    async fn publish(&self, channel: String, message: Vec<u8>) -> Result<(), Infallible> {
        self.bus.publish(&channel, message.into());
        Ok(())
    }

    async fn subscribe(&self, channel: String, size: usize) -> Result<MessageStream<ChanItem>, Infallible> {
        let (mut messages, (sender, stream)) = (self.bus.listen(&channel), mpsc::channel(size.max(1)));
        let end = CancellationToken::new();
        let before = self.lock().insert(channel.clone(), end.clone());
        if let Some(before) = before {
            before.cancel();
        }
        let stop = self.tasks.stop_token();
        self.tasks.spawn("socket.io channel", async move {
            loop {
                let message = tokio::select! {
                    () = stop.cancelled() => return,
                    () = end.cancelled() => return,
                    message = messages.recv() => message,
                };
                match message {
                    // Whoever does not keep up misses some, as with Redis itself.
                    Ok(message) => drop(sender.try_send((channel.clone(), message.to_vec()))),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
                if sender.is_closed() {
                    return;
                }
            }
        });
        Ok(MessageStream::new(stream))
    }

    async fn unsubscribe(&self, channel: String) -> Result<(), Infallible> {
        if let Some(end) = self.lock().remove(&channel) {
            end.cancel();
        }
        Ok(())
    }

    /// As many as listen to the channel; this one when Redis does not say.
    async fn num_serv(&self, channel: &str) -> Result<u16, Infallible> {
        let mut asked = redis::cmd("PUBSUB");
        asked.arg("NUMSUB").arg(channel);
        let told = self.bus.ask::<(String, u16)>(asked, ASK_WITHIN).await;
        Ok(told.map_or(1, |(_, count)| count.max(1)))
    }
}

impl BusDriver {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
