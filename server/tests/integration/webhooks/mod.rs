//! Events and webhooks: what happens is told to everybody who is to know, as often as it should be, and leads nowhere inside.

mod endpoints;
mod events;
mod receiver;

use model::{EventId, ProjectId, UserId};
use server::events::{About, Event, Events};
use uuid::Uuid;

use crate::support::{Instance, Scratch, until};

fn created(number: u128) -> Event {
    let about = About { project: ProjectId(Uuid::from_u128(number)), title: "A shop".to_owned() };
    Event::ProjectDeleted(about)
}

async fn publish(instance: &Instance, events: &Events, owner: Option<UserId>, event: &Event) -> EventId {
    let mut tx = instance.services.db.primary().begin().await.unwrap();
    let id = events.publish(&mut tx, owner, event).await.unwrap();
    tx.commit().await.unwrap();
    events.wake();
    id
}

/// Nothing is left of events but what is to come again.
async fn until_told(scratch: &Scratch) {
    let left = "select count(*) from jobs where kind like '%-event%'";
    until("all is told", async || scratch.count(left).await == 0).await;
}
