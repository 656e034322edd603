//! A service that speaks Pusher's protocol, such as Pusher Channels or Soketi: what happens to a project is told there, on a channel of its own, to
//! whichever pages and apps listen.

mod request;
mod subscriber;
mod tell;

use reqwest::Client;
use sqlx::PgConnection;

pub use subscriber::PusherSubscriber;
pub use tell::{ChannelEvent, EVENTS_MAX, TellPusher};

use crate::{
    clock::Clock,
    config::PusherConfig,
    jobs::{Flow, Jobs, JobsError, Options},
};

/// Requests at once: one that is slow to answer must not keep people's webhooks waiting, which are sent by the same slots.
const AT_ONCE: u16 = 8;

/// The service, and how it is told.
#[derive(Clone)]
pub struct Pusher {
    config: PusherConfig,
    client: Client,
    clock: Clock,
    jobs: Jobs,
}

impl Pusher {
    /// The configured service, by way of this client.
    pub fn new(config: PusherConfig, client: Client, clock: Clock, jobs: Jobs) -> Self {
        Self { config, client, clock, jobs }
    }

    /// Puts events into jobs that tell of them, in the caller's transaction. [`Pusher::wake`] afterwards.
    async fn enqueue(&self, tx: &mut PgConnection, events: &[ChannelEvent]) -> Result<(), JobsError> {
        if events.is_empty() {
            return Ok(());
        }
        let flow = Flow { key: "pusher".to_owned(), parallelism: Some(AT_ONCE), rate: None };
        let options = Options { flow: Some(flow), ..Options::default() };
        let jobs = events.chunks(EVENTS_MAX).map(|events| TellPusher { events: events.to_vec() });
        self.jobs.publish_all(tx, &jobs.collect::<Vec<_>>(), &options).await.map(drop)
    }

    fn wake(&self) {
        self.jobs.wake::<TellPusher>();
    }
}
