//! Messages between instances over Redis. They may be lost: whoever listens also looks into PostgreSQL now and then, so that Redis being
//! away costs a moment and nothing else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use redis::{
    AsyncCommands, Client, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind, RedisError, Value,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::sync::{broadcast, mpsc};

use crate::{config::RedisConfig, tasks::Tasks};

/// Messages a listener may lag behind before it misses some.
const LISTENER_BUFFER: usize = 64;
/// Messages on their way out; more are dropped.
const OUT_BUFFER: usize = 1_024;
const SEND_WITHIN: Duration = Duration::from_millis(250);
/// How often channels nobody listens to are given back.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

type Listeners = Arc<Mutex<HashMap<String, broadcast::Sender<Bytes>>>>;

/// A connection to Redis that sends and hears messages, and comes back by itself.
#[derive(Clone)]
pub struct Bus {
    connection: ConnectionManager,
    listeners: Listeners,
    out: mpsc::Sender<Out>,
}

enum Out {
    Publish(String, Bytes),
    Subscribe(String),
}

impl Bus {
    /// Connects; Redis must answer now.
    ///
    /// # Errors
    /// [`RedisError`] when it does not.
    pub async fn connect(config: &RedisConfig, tasks: &Tasks) -> Result<Self, RedisError> {
        let info = config.url.as_str().into_connection_info()?;
        // Only RESP3 delivers messages on the connection that sends commands.
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings))?;
        let listeners: Listeners = Listeners::default();
        let heard = Arc::clone(&listeners);
        let options = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_response_timeout(Some(Duration::from_millis(500)))
            .set_number_of_retries(2)
            .set_max_delay(Duration::from_secs(1))
            .set_push_sender(move |push| {
                hear(&heard, &push);
                Ok::<(), redis::aio::SendError>(())
            })
            .set_automatic_resubscription();
        let connection = ConnectionManager::new_with_config(client, options).await?;
        let (out, queue) = mpsc::channel(OUT_BUFFER);
        let bus = Self { connection, listeners, out };
        tasks.spawn("bus", bus.clone().run(queue, tasks.clone()));
        Ok(bus)
    }

    /// Sends a message to every listener of a channel, on any instance. Returns at once; a message that cannot be sent soon is dropped.
    pub fn publish(&self, channel: &str, message: Bytes) {
        if self.out.try_send(Out::Publish(channel.to_owned(), message)).is_err() {
            tracing::debug!(channel, "message dropped: too many are waiting for Redis");
        }
    }

    /// The connection, for what is asked and answered rather than told.
    pub fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    /// Hears the messages of a channel from now on.
    pub fn listen(&self, channel: &str) -> broadcast::Receiver<Bytes> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = listeners.get(channel) {
            return known.subscribe();
        }
        let (sender, receiver) = broadcast::channel(LISTENER_BUFFER);
        listeners.insert(channel.to_owned(), sender);
        if self.out.try_send(Out::Subscribe(channel.to_owned())).is_err() {
            tracing::debug!(channel, "not subscribed: too much is waiting for Redis");
        }
        receiver
    }

    /// Whether Redis answers within `patience`.
    pub async fn answers(&self, patience: Duration) -> bool {
        let mut connection = self.connection.clone();
        let asked = async move { redis::cmd("PING").query_async::<String>(&mut connection).await };
        matches!(tokio::time::timeout(patience, asked).await, Ok(Ok(_)))
    }

    async fn run(self, mut queue: mpsc::Receiver<Out>, tasks: Tasks) {
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                () = tasks.stopping() => return,
                Some(out) = queue.recv() => self.send(out).await,
                _ = sweep.tick() => self.sweep().await,
            }
        }
    }

    async fn send(&self, out: Out) {
        let mut connection = self.connection.clone();
        let sent = async move {
            match out {
                Out::Publish(channel, message) => connection.publish::<_, _, ()>(channel, message.as_ref()).await,
                Out::Subscribe(channel) => connection.subscribe(channel).await,
            }
        };
        match tokio::time::timeout(SEND_WITHIN, sent).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "Redis did not take a message"),
            Err(_) => tracing::debug!("Redis is slow; a message was dropped"),
        }
    }

    async fn sweep(&self) {
        let unheard: Vec<String> = {
            let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            let unheard =
                listeners.iter().filter(|(_, sender)| sender.receiver_count() == 0).map(|(channel, _)| channel.clone());
            let unheard: Vec<String> = unheard.collect();
            unheard.iter().for_each(|channel| {
                listeners.remove(channel);
            });
            unheard
        };
        let mut connection = self.connection.clone();
        for channel in unheard {
            let given_back = tokio::time::timeout(SEND_WITHIN, connection.unsubscribe(&channel)).await;
            if !matches!(given_back, Ok(Ok(()))) {
                tracing::debug!(channel, "not unsubscribed");
            }
        }
    }
}

/// Hands a push message to whoever listens to its channel.
fn hear(listeners: &Listeners, push: &PushInfo) {
    if push.kind != PushKind::Message {
        return;
    }
    let [Value::BulkString(channel), Value::BulkString(message)] = push.data.as_slice() else { return };
    let Ok(channel) = std::str::from_utf8(channel) else { return };
    let listeners = listeners.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = listeners.get(channel) {
        // Nobody listening any more is no error.
        let _ = sender.send(Bytes::copy_from_slice(message));
    }
}
