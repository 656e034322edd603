//! Who tells workers that there is something to do: in this process at once, in others by `NOTIFY`.
//!
//! PostgreSQL lets transactions that notify commit one after the other, so that a `NOTIFY` inside each publishing transaction would line all of
//! them up. It is sent after the commit instead, one for everything that was published while the last one was on its way. One that gets lost
//! costs half a second: workers also look by themselves.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Queue, store};
use crate::{
    db::{Database, DbError, within},
    tasks::Tasks,
};

/// What all listen to.
const CHANNEL: &str = "atlas9_jobs";
/// Cancelled jobs that a worker may not have heard of yet; it also asks for them with each heartbeat.
const CANCELLED_BUFFER: usize = 256;
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a silent connection is believed before it is tried.
const BELIEVE: Duration = Duration::from_secs(20);
const AFTER_FAILURE: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) struct Waker {
    lanes: Arc<Vec<(Queue, watch::Sender<u64>)>>,
    cancelled: broadcast::Sender<Uuid>,
    /// A flow may have room, or something to hold back.
    flows: Arc<Notify>,
    out: Arc<Out>,
}

/// What others are to be told.
#[derive(Default)]
struct Out {
    messages: Mutex<Vec<String>>,
    ring: Notify,
}

impl Waker {
    /// Tells others from now on.
    pub(super) fn start(db: &Database, tasks: &Tasks) -> Self {
        let waker = Self {
            lanes: Arc::new(Queue::ALL.iter().map(|queue| (*queue, watch::Sender::new(0))).collect()),
            cancelled: broadcast::Sender::new(CANCELLED_BUFFER),
            flows: Arc::default(),
            out: Arc::default(),
        };
        let (own, pool, stop) = (waker.clone(), db.primary().clone(), tasks.stop_token());
        tasks.keep("job-waker", move || own.clone().tell_all(pool.clone(), stop.clone()));
        waker
    }

    /// There is something in a queue.
    pub(super) fn wake(&self, queue: Queue) {
        self.wake_here(queue);
        self.tell(queue.as_str().to_owned());
    }

    /// There is something in a queue, or held back by a flow; whoever else has to know is told by somebody else.
    fn wake_here(&self, queue: Queue) {
        self.wake_lane(queue);
        self.flows_moved();
    }

    /// There is something in a queue.
    pub(super) fn wake_lane(&self, queue: Queue) {
        if let Some((_, lane)) = self.lanes.iter().find(|(of, _)| *of == queue) {
            lane.send_modify(|times| *times = times.wrapping_add(1));
        }
    }

    /// A job was cancelled: whoever is at it may stop.
    pub(super) fn cancelled(&self, job: Uuid) {
        let _ = self.cancelled.send(job);
        self.tell(format!("cancelled {job}"));
    }

    /// Hears of work in a queue.
    pub(super) fn lane(&self, queue: Queue) -> watch::Receiver<u64> {
        let lane = self.lanes.iter().find(|(of, _)| *of == queue);
        lane.map_or_else(|| watch::Sender::new(0).subscribe(), |(_, lane)| lane.subscribe())
    }

    /// Hears of jobs that were cancelled.
    pub(super) fn cancellations(&self) -> broadcast::Receiver<Uuid> {
        self.cancelled.subscribe()
    }

    /// Resolves when a flow may have something to let go.
    pub(super) async fn flows(&self) {
        self.flows.notified().await;
    }

    /// Jobs ended or were let go, so that flows may have room.
    pub(super) fn flows_moved(&self) {
        self.flows.notify_one();
    }

    fn tell(&self, message: String) {
        let mut messages = self.messages();
        if !messages.contains(&message) && messages.len() < CANCELLED_BUFFER {
            messages.push(message);
            self.out.ring.notify_one();
        }
    }

    fn messages(&self) -> MutexGuard<'_, Vec<String>> {
        self.out.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell_all(self, pool: PgPool, stop: CancellationToken) {
        loop {
            tokio::select! { () = stop.cancelled() => return, () = self.out.ring.notified() => {} }
            let messages = std::mem::take(&mut *self.messages());
            if let Err(error) = within(PATIENCE, store::notify(&pool, CHANNEL, &messages)).await {
                tracing::debug!(%error, "other processes were not told of new jobs");
            }
        }
    }

    /// Hears what other processes say, until it is over. A connection that was lost is made anew; what was missed meanwhile is looked for.
    pub(super) async fn listen(&self, pool: &PgPool, over: &CancellationToken) {
        while !over.is_cancelled() {
            tokio::select! {
                () = over.cancelled() => return,
                heard = self.hear(pool) => {
                    if let Err(error) = heard {
                        tracing::debug!(%error, "what other processes say is not heard until the database answers");
                    }
                }
            }
            tokio::select! { () = over.cancelled() => return, () = tokio::time::sleep(AFTER_FAILURE) => {} }
        }
    }

    async fn hear(&self, pool: &PgPool) -> Result<(), DbError> {
        let mut listener = within(PATIENCE, async { Ok(PgListener::connect_with(pool).await?) }).await?;
        listener.eager_reconnect(false);
        within(PATIENCE, async { Ok(listener.listen(CHANNEL).await?) }).await?;
        Queue::ALL.iter().for_each(|queue| self.wake_here(*queue));
        loop {
            match tokio::time::timeout(BELIEVE, listener.try_recv()).await {
                Ok(Ok(Some(message))) => self.pass_on(message.payload()),
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => return Err(error.into()),
                // A connection that was cut somewhere on the way looks just like a quiet one.
                Err(_) => within(PATIENCE, async { Ok(listener.listen(CHANNEL).await?) }).await?,
            }
        }
    }

    fn pass_on(&self, message: &str) {
        if let Some(queue) = Queue::named(message) {
            self.wake_here(queue);
        } else if let Some(job) = message.strip_prefix("cancelled ").and_then(|id| id.parse().ok()) {
            let _ = self.cancelled.send(job);
        }
    }
}
