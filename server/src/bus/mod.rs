//! Messages between instances over Redis. They may be lost: whoever listens also looks into PostgreSQL now and then, so that Redis being
//! away costs a moment and nothing else.

mod channel;
mod wire;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use redis::{AsyncCommands, FromRedisValue, PushInfo, PushKind, RedisError, RedisResult, Value};
use tokio::{
    sync::{Mutex as AsyncMutex, broadcast, mpsc},
    time::MissedTickBehavior,
};

use crate::{config::RedisConfig, tasks::Tasks};
use channel::{Channel, GREETING, InstanceId};
pub use wire::Redis;
use wire::{Hear, Leader};

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

type Listeners = Arc<Mutex<HashMap<String, Channel>>>;
type Untold = Arc<Mutex<BTreeSet<String>>>;

/// A connection to Redis that sends and hears messages, and comes back by itself.
#[derive(Clone)]
pub struct Bus {
    connection: Redis,
    /// This instance, among others.
    id: InstanceId,
    listeners: Listeners,
    /// Channels that Redis was not told of yet.
    untold: Untold,
    out: mpsc::Sender<Out>,
}

enum Out {
    Publish(String, Bytes),
    /// Likewise, and count who hears it.
    Elsewhere(String, Bytes),
    Subscribe(String),
}

impl Bus {
    /// Connects; Redis must answer now.
    ///
    /// # Errors
    /// [`RedisError`] when it does not.
    pub async fn connect(config: &RedisConfig, tasks: &Tasks) -> Result<Self, RedisError> {
        let (listeners, untold) = (Listeners::default(), Untold::default());
        let (heard, lost) = (Arc::clone(&listeners), Arc::clone(&untold));
        let hear: Hear = Arc::new(move |push| hear(&heard, &lost, push));
        let (connection, leader) = Redis::connect(config, hear).await?;
        let (out, queue) = mpsc::channel(OUT_BUFFER);
        let bus = Self { connection, id: rand::random(), listeners, untold, out };
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
        self.put_out(Out::Publish(channel.to_owned(), message));
    }

    /// Sends to the listeners of [`Bus::listen_elsewhere`] on other instances what whoever is here is told without Redis. It is not even made while nobody
    /// listens elsewhere, as far as this instance knows: whoever begins to listen may miss messages of that moment.
    pub fn publish_elsewhere(&self, channel: &str, message: impl FnOnce() -> Option<Vec<u8>>) {
        if self.listeners().get(channel).is_some_and(Channel::is_alone) {
            return;
        }
        if let Some(message) = message() {
            self.put_out(Out::Elsewhere(channel.to_owned(), self.framed(&message)));
        }
    }

    fn framed(&self, message: &[u8]) -> Bytes {
        [self.id.as_slice(), message].concat().into()
    }

    fn put_out(&self, out: Out) {
        if self.out.try_send(out).is_err() {
            tracing::debug!("message dropped: too many are waiting for Redis");
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
        self.listen_to(channel, Channel::new)
    }

    /// Hears what other instances say by [`Bus::publish_elsewhere`] from now on. A channel is used by these two or by the other two.
    pub fn listen_elsewhere(&self, channel: &str) -> broadcast::Receiver<Bytes> {
        self.listen_to(channel, || Channel::elsewhere(self.id))
    }

    fn listen_to(&self, channel: &str, make: impl FnOnce() -> Channel) -> broadcast::Receiver<Bytes> {
        let mut listeners = self.listeners();
        if let Some(known) = listeners.get(channel) {
            return known.sender.subscribe();
        }
        let made = make();
        let receiver = made.sender.subscribe();
        listeners.insert(channel.to_owned(), made);
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
        let channels: Vec<String> = self.listeners().keys().cloned().collect();
        for channel in channels {
            self.send(Out::Subscribe(channel)).await;
        }
    }

    /// What a connection has taken it takes up again by itself. What it has not, it does not know.
    async fn subscribe_untold(&self) {
        let untold: Vec<String> = self.untold().iter().cloned().collect();
        for channel in untold {
            self.untold().remove(&channel);
            let is_heard = self.listeners().contains_key(&channel);
            if is_heard && !self.send(Out::Subscribe(channel)).await {
                return;
            }
        }
    }

    /// Says whether Redis took it.
    async fn send(&self, out: Out) -> bool {
        match out {
            Out::Publish(channel, message) => self.tell(&channel, &message).await.is_some(),
            Out::Elsewhere(channel, message) => self.tell_elsewhere(&channel, &message).await,
            Out::Subscribe(channel) => self.subscribe(&channel).await,
        }
    }

    /// Says to how many a message went.
    async fn tell(&self, channel: &str, message: &[u8]) -> Option<u64> {
        let mut connection = self.connection.clone();
        taken(connection.publish(channel, message)).await
    }

    async fn tell_elsewhere(&self, channel: &str, message: &[u8]) -> bool {
        let so_far = self.listeners().get(channel).and_then(Channel::so_far);
        let told = self.tell(channel, message).await;
        // The servers of a cluster count their own listeners only.
        if let Some(count) = told.filter(|_| !self.connection.has_slots())
            && let Some(known) = self.listeners().get_mut(channel)
        {
            known.counted(count, so_far);
        }
        told.is_some()
    }

    async fn subscribe(&self, channel: &str) -> bool {
        let is_taken = taken(self.connection.subscribe(channel)).await.is_some();
        let is_elsewhere = self.listeners().get_mut(channel).is_some_and(|known| {
            known.subscribed(is_taken);
            known.is_elsewhere()
        });
        if !is_taken {
            self.untold().insert(channel.to_owned());
        } else if is_elsewhere {
            self.tell_elsewhere(channel, &self.framed(GREETING)).await;
        }
        is_taken
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<String, Channel>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn untold(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sweep(&self) {
        let unheard: Vec<String> = {
            let mut listeners = self.listeners();
            let unheard = listeners.iter().filter(|(_, known)| known.sender.receiver_count() == 0);
            let unheard: Vec<String> = unheard.map(|(channel, _)| channel.clone()).collect();
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

/// Hands a push message to whoever listens to its channel. Whether channels are subscribed to after a connection was lost is not left to chance: Redis is told
/// of them all again, and whoever listens elsewhere with it.
fn hear(listeners: &Listeners, untold: &Untold, push: &PushInfo) {
    let mut listeners = listeners.lock().unwrap_or_else(PoisonError::into_inner);
    if push.kind == PushKind::Disconnection {
        listeners.values_mut().for_each(|known| known.subscribed(false));
        let elsewhere = listeners.iter().filter(|(_, known)| known.is_elsewhere()).map(|(channel, _)| channel.clone());
        untold.lock().unwrap_or_else(PoisonError::into_inner).extend(elsewhere);
        return;
    }
    let [Value::BulkString(channel), Value::BulkString(message)] = push.data.as_slice() else { return };
    let Ok(channel) = std::str::from_utf8(channel) else { return };
    if push.kind == PushKind::Message
        && let Some(known) = listeners.get_mut(channel)
    {
        known.hear(message);
    }
}

/// What Redis answers; nothing when it does not, or not soon.
async fn taken<T>(asked: impl Future<Output = RedisResult<T>>) -> Option<T> {
    match tokio::time::timeout(SEND_WITHIN, asked).await {
        Ok(Ok(answer)) => return Some(answer),
        Ok(Err(error)) => tracing::debug!(%error, "Redis did not take a message"),
        Err(_) => tracing::debug!("Redis is slow; a message was dropped"),
    }
    None
}
