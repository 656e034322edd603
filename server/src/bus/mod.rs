//! Messages between instances over Redis. They may be lost: whoever listens also looks into PostgreSQL now and then, so that Redis being
//! away costs a moment and nothing else.

mod wire;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use redis::{AsyncCommands, FromRedisValue, PushInfo, PushKind, RedisError, Value};
use tokio::{
    sync::{Mutex as AsyncMutex, broadcast, mpsc},
    time::MissedTickBehavior,
};

use crate::{config::RedisConfig, tasks::Tasks};
pub use wire::Redis;
use wire::{Hear, Leader};

/// Messages a listener may lag behind before it misses some.
const LISTENER_BUFFER: usize = 64;
/// Messages on their way out; more are dropped.
const OUT_BUFFER: usize = 1_024;
const SEND_WITHIN: Duration = Duration::from_millis(250);
/// How often channels nobody listens to are given back.
const SWEEP_EVERY: Duration = Duration::from_secs(30);
/// How often Redis is told again of channels that it did not take.
const SUBSCRIBE_AGAIN: Duration = Duration::from_secs(1);
/// How often sentinels are asked which server is the primary; sooner when it does not answer as one, but not more often than [`ASK_AGAIN`].
const ASK_EVERY: Duration = Duration::from_secs(5);
const ASK_AGAIN: Duration = Duration::from_millis(200);

type Listeners = Arc<Mutex<HashMap<String, broadcast::Sender<Bytes>>>>;

/// A connection to Redis that sends and hears messages, and comes back by itself.
#[derive(Clone)]
pub struct Bus {
    connection: Redis,
    listeners: Listeners,
    /// Channels that Redis was not told of yet.
    untold: Arc<Mutex<BTreeSet<String>>>,
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
        let listeners: Listeners = Listeners::default();
        let heard = Arc::clone(&listeners);
        let hear: Hear = Arc::new(move |push| hear(&heard, push));
        let (connection, leader) = Redis::connect(config, hear).await?;
        let (out, queue) = mpsc::channel(OUT_BUFFER);
        let bus = Self { connection, listeners, untold: Arc::default(), out };
        let (sending, stop, queue) = (bus.clone(), tasks.clone(), Arc::new(AsyncMutex::new(queue)));
        tasks.keep("bus", move || sending.clone().run(Arc::clone(&queue), stop.clone()));
        if let Some(leader) = leader {
            let (following, stop, leader) = (bus.clone(), tasks.clone(), Arc::new(AsyncMutex::new(leader)));
            tasks.keep("sentinels", move || following.clone().follow(Arc::clone(&leader), stop.clone()));
        }
        Ok(bus)
    }

    /// Sends a message to every listener of a channel, on any instance. Returns at once; a message that cannot be sent soon is dropped.
    pub fn publish(&self, channel: &str, message: Bytes) {
        if self.out.try_send(Out::Publish(channel.to_owned(), message)).is_err() {
            tracing::debug!(channel, "message dropped: too many are waiting for Redis");
        }
    }

    /// The connection, for what is asked and answered rather than told.
    pub fn connection(&self) -> Redis {
        self.connection.clone()
    }

    /// Asks for what one can do without; nothing when Redis does not answer in time, or with something else.
    pub async fn ask<T: FromRedisValue>(&self, asked: redis::Cmd, within: Duration) -> Option<T> {
        let mut connection = self.connection.clone();
        let answered = tokio::time::timeout(within, asked.query_async(&mut connection)).await;
        answered.ok().and_then(Result::ok)
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
            tracing::debug!(channel, "not subscribed yet: too much is waiting for Redis");
            self.untold().insert(channel.to_owned());
        }
        receiver
    }

    /// Whether Redis answers within `patience`.
    pub async fn answers(&self, patience: Duration) -> bool {
        let mut connection = self.connection.clone();
        let asked = async move { redis::cmd("PING").query_async::<String>(&mut connection).await };
        matches!(tokio::time::timeout(patience, asked).await, Ok(Ok(_)))
    }

    async fn run(self, queue: Arc<AsyncMutex<mpsc::Receiver<Out>>>, tasks: Tasks) {
        let mut queue = queue.lock().await;
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        let mut again = tokio::time::interval(SUBSCRIBE_AGAIN);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = tasks.stopping() => return,
                Some(out) = queue.recv() => {
                    self.send(out).await;
                }
                _ = again.tick() => self.subscribe_untold().await,
                _ = sweep.tick() => {
                    self.sweep().await;
                    // What the primary before this one was told, or this one did not take in time.
                    if self.connection.is_led() {
                        self.subscribe_all().await;
                    }
                }
            }
        }
    }

    /// Goes over to another primary when the sentinels name one, and tells it what is listened to.
    async fn follow(self, leader: Arc<AsyncMutex<Leader>>, tasks: Tasks) {
        let mut leader = leader.lock().await;
        let mut ask = tokio::time::interval(ASK_EVERY);
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = tasks.stopping() => return,
                () = leader.doubted() => tokio::time::sleep(ASK_AGAIN).await,
                _ = ask.tick() => {}
            }
            match leader.follow().await {
                Ok(false) => {}
                Ok(true) => self.subscribe_all().await,
                Err(error) => tracing::debug!(%error, "sentinels do not say which Redis is the primary"),
            }
        }
    }

    /// Tells the server of every channel that is listened to. May be done twice.
    async fn subscribe_all(&self) {
        let channels: Vec<String> =
            self.listeners.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        for channel in channels {
            self.send(Out::Subscribe(channel)).await;
        }
    }

    /// What a connection has taken it takes up again by itself. What it has not, it does not know.
    async fn subscribe_untold(&self) {
        let untold: Vec<String> = self.untold().iter().cloned().collect();
        for channel in untold {
            self.untold().remove(&channel);
            let is_heard = self.listeners.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&channel);
            if is_heard && !self.send(Out::Subscribe(channel)).await {
                return;
            }
        }
    }

    /// Says whether Redis took it.
    async fn send(&self, out: Out) -> bool {
        let mut connection = self.connection.clone();
        let channel = match &out {
            Out::Subscribe(channel) => Some(channel.clone()),
            Out::Publish(..) => None,
        };
        let sent = async move {
            match out {
                Out::Publish(channel, message) => connection.publish::<_, _, ()>(channel, message.as_ref()).await,
                Out::Subscribe(channel) => connection.subscribe(&channel).await,
            }
        };
        match tokio::time::timeout(SEND_WITHIN, sent).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::debug!(%error, "Redis did not take a message"),
            Err(_) => tracing::debug!("Redis is slow; a message was dropped"),
        }
        self.untold().extend(channel);
        false
    }

    fn untold(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
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
        for channel in unheard {
            let given_back = tokio::time::timeout(SEND_WITHIN, self.connection.unsubscribe(&channel)).await;
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
