//! Webhooks as a subscriber: each endpoint that wants an event is told in a job of its own.

use sqlx::PgConnection;

use super::{Webhooks, wanting};
use crate::{
    events::{EventName, StoredEvent, Subscriber, Taking},
    jobs::Failure,
};

/// Publishes a job for each endpoint that is to be told.
#[derive(Clone)]
pub struct WebhooksSubscriber(pub Webhooks);

impl Subscriber for WebhooksSubscriber {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn wants(&self, name: EventName) -> bool {
        EventName::FOR_WEBHOOKS.contains(&name)
    }

    fn take<'a>(&'a self, tx: &'a mut PgConnection, events: &'a [StoredEvent]) -> Taking<'a> {
        Box::pin(async move {
            for event in events {
                let Some(owner) = event.owner else { continue };
                for endpoint in wanting(tx, owner, &event.name).await.map_err(Failure::retry)? {
                    self.0.tell(tx, endpoint, event.id).await.map_err(Failure::retry)?;
                }
            }
            Ok(())
        })
    }

    fn taken(&self) {
        self.0.wake();
    }
}
