//! From an event to everybody who is told of it.
//!
//! `dispatch-event` publishes a `deliver-event` for each subscriber. That tells the subscriber, or, for one that asks for batches, puts the event with
//! what waits for it and sees that a `collect-events` comes when the window is over.

use std::{sync::Arc, time::Duration};

use model::EventId;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, Transaction};

use super::{EventName, Events, KEEP, Subscriber, store, webhooks};
use crate::{
    db::DbError,
    jobs::{Context, Dedup, Failure, Flow, Job, Kinds, Options, Queue, Rules},
};

/// The most events that a subscriber is given at once.
pub const BATCH: usize = 100;

/// Tells everybody of an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DispatchEvent {
    /// Which.
    pub event: EventId,
    /// Its name, so that it need not be looked up.
    pub name: String,
}

impl Job for DispatchEvent {
    const KIND: &'static str = "dispatch-event";
    const RULES: Rules = Rules { attempts: 20, ..Rules::USUAL };
    const NEEDS_TOKEN: bool = true;
}

/// Tells one subscriber of an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliverEvent {
    /// Which.
    pub event: EventId,
    /// Whom.
    pub subscriber: String,
}

impl Job for DeliverEvent {
    const KIND: &'static str = "deliver-event";
    const RULES: Rules = Rules { attempts: 10, ..Rules::USUAL };
    const NEEDS_TOKEN: bool = true;
}

/// Gives a subscriber what was collected for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CollectEvents {
    /// Whom.
    pub subscriber: String,
}

impl Job for CollectEvents {
    const KIND: &'static str = "collect-events";
    const RULES: Rules = Rules { attempts: 20, ..Rules::USUAL };
    const NEEDS_TOKEN: bool = true;
}

/// Forgets what happened long ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyEvents {}

impl Job for TidyEvents {
    const KIND: &'static str = "tidy-events";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}

impl Events {
    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let (dispatcher, deliverer, collector, tidier) = (self.clone(), self.clone(), self.clone(), self.clone());
        kinds
            .on::<DispatchEvent, _, _>(move |job, context| {
                let events = dispatcher.clone();
                async move { events.dispatch(&job, &context).await }
            })
            .on::<DeliverEvent, _, _>(move |job, context| {
                let events = deliverer.clone();
                async move { events.deliver(&job, &context).await }
            })
            .on::<CollectEvents, _, _>(move |job, context| {
                let events = collector.clone();
                async move { events.collect(&job, &context).await }
            })
            .on::<TidyEvents, _, _>(move |_, _| {
                let events = tidier.clone();
                async move { events.tidy().await.map_err(Failure::retry) }
            })
    }

    /// Acknowledged in the transaction that publishes the deliveries, so that they are published once. The same event published for dispatch a second
    /// time within ten minutes gives the same deliveries.
    async fn dispatch(&self, job: &DispatchEvent, context: &Context) -> Result<(), Failure> {
        let name = job.name.parse::<EventName>().map_err(Failure::retry)?;
        let wanting = self.subscribers.iter().filter(|subscriber| subscriber.wants(name));
        let delivery = |subscriber: &Arc<dyn Subscriber>| DeliverEvent {
            event: job.event,
            subscriber: subscriber.name().to_owned(),
        };
        let deliveries: Vec<DeliverEvent> = wanting.map(delivery).collect();
        let once = Options { dedup: Dedup::ByContent, ..Options::default() };
        let mut tx = self.begin().await.map_err(Failure::retry)?;
        self.jobs.publish_all(&mut tx, &deliveries, &once).await.map_err(Failure::retry)?;
        self.acknowledge(tx, context).await?;
        self.jobs.wake::<DeliverEvent>();
        Ok(())
    }

    async fn deliver(&self, job: &DeliverEvent, context: &Context) -> Result<(), Failure> {
        let subscriber = self.subscriber(&job.subscriber)?;
        let mut tx = self.begin().await.map_err(Failure::retry)?;
        if let Some(window) = subscriber.window() {
            self.keep_for_batch(&mut tx, job, window).await?;
            return self.acknowledge(tx, context).await;
        }
        // Nothing is told of what is forgotten by now.
        if let Some(event) = store::get(&mut tx, job.event).await.map_err(Failure::retry)? {
            subscriber.take(&mut tx, &[event]).await?;
        }
        self.acknowledge(tx, context).await?;
        subscriber.taken();
        Ok(())
    }

    /// Puts an event with what waits, and publishes the job that collects it. All of one window are collected by one job: it begins after the window's
    /// end, when nobody can be told any more that it will come.
    async fn keep_for_batch(
        &self,
        tx: &mut Transaction<'static, Postgres>,
        job: &DeliverEvent,
        window: Duration,
    ) -> Result<(), Failure> {
        let now = store::put_pending(tx, &job.subscriber, job.event).await.map_err(Failure::retry)?;
        let number = now.unix_timestamp_nanos() / i128::try_from(window.as_nanos().max(1)).unwrap_or(i128::MAX);
        let options = Options {
            delay: Some(window),
            dedup: Dedup::ById(format!("{} {number}", job.subscriber)),
            ..one_at_a_time(&job.subscriber)
        };
        let collect = CollectEvents { subscriber: job.subscriber.clone() };
        self.jobs.publish(tx, &collect, &options).await.map_err(Failure::retry)?;
        Ok(())
    }

    /// Gives a subscriber the oldest of what waits, and comes again when that may not have been all.
    async fn collect(&self, job: &CollectEvents, context: &Context) -> Result<(), Failure> {
        let subscriber = self.subscriber(&job.subscriber)?;
        store::let_pending_settle(self.db.primary(), &job.subscriber).await.map_err(Failure::retry)?;
        let mut tx = self.begin().await.map_err(Failure::retry)?;
        let (taken, events) = store::take_pending(&mut tx, &job.subscriber, BATCH).await.map_err(Failure::retry)?;
        if !events.is_empty() {
            subscriber.take(&mut tx, &events).await?;
        }
        if taken == BATCH {
            self.jobs.publish(&mut tx, job, &one_at_a_time(&job.subscriber)).await.map_err(Failure::retry)?;
        }
        self.acknowledge(tx, context).await?;
        self.jobs.wake::<CollectEvents>();
        subscriber.taken();
        Ok(())
    }

    /// Another version may know a subscriber that this one does not.
    fn subscriber(&self, name: &str) -> Result<&dyn Subscriber, Failure> {
        let known = self.subscribers.iter().find(|subscriber| subscriber.name() == name);
        known.map(AsRef::as_ref).ok_or_else(|| Failure::retry(format!("nobody called \"{name}\" subscribes here")))
    }

    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, DbError> {
        Ok(self.db.primary().begin().await?)
    }

    async fn acknowledge(&self, mut tx: Transaction<'static, Postgres>, context: &Context) -> Result<(), Failure> {
        self.jobs.complete(&mut tx, context).await.map_err(Failure::retry)?;
        tx.commit().await.map_err(Failure::retry)
    }

    async fn tidy(&self) -> Result<(), DbError> {
        let (pool, before) = (self.db.primary(), self.clock.now() - KEEP);
        while store::prune(pool, before).await? > 0 {}
        while store::prune_strangers(pool).await? > 0 {}
        webhooks::tidy(pool, before).await
    }
}

/// Two batches for one subscriber are not taken at once.
fn one_at_a_time(subscriber: &str) -> Options {
    let flow = Flow { key: format!("collect {subscriber}"), parallelism: Some(1), rate: None };
    Options { flow: Some(flow), ..Options::default() }
}
