//! The service as a subscriber: what happens to a project is put into jobs that tell of it.

use model::ProjectId;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use super::{ChannelEvent, Pusher};
use crate::{
    events::{EventName, StoredEvent, Subscriber, Taking},
    jobs::Failure,
};

/// The most bytes of data that the service takes with one event.
const DATA_MAX: usize = 10_000;

/// Publishes jobs that tell the service.
#[derive(Clone)]
pub struct PusherSubscriber(pub Pusher);

impl Subscriber for PusherSubscriber {
    fn name(&self) -> &'static str {
        "pusher"
    }

    fn wants(&self, name: EventName) -> bool {
        EventName::FOR_WEBHOOKS.contains(&name)
    }

    fn take<'a>(&'a self, tx: &'a mut PgConnection, events: &'a [StoredEvent]) -> Taking<'a> {
        Box::pin(async move {
            let told = events.iter().filter_map(|event| ChannelEvent::of(event).transpose());
            let told = told.collect::<Result<Vec<_>, _>>().map_err(Failure::give_up)?;
            self.0.enqueue(tx, &told).await.map_err(Failure::retry)
        })
    }

    fn taken(&self) {
        self.0.wake();
    }
}

/// What an event says of where it belongs.
#[derive(Debug, Deserialize)]
struct About {
    project_id: Option<ProjectId>,
}

impl ChannelEvent {
    /// An event as it is told on its project's channel; nothing for one without a project. Data that is too large stays here: then only the project is
    /// said, whose state can be asked for.
    fn of(event: &StoredEvent) -> Result<Option<Self>, serde_json::Error> {
        let about: About = serde_json::from_str(&event.data)?;
        let Some(project) = about.project_id else { return Ok(None) };
        let data = if event.data.len() <= DATA_MAX {
            event.data.clone()
        } else {
            json!({ "project_id": project, "too_large": true }).to_string()
        };
        Ok(Some(Self { channel: format!("private-project-{project}"), name: event.name.clone(), data }))
    }
}

#[cfg(test)]
mod tests {
    use model::EventId;
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    const PROJECT: &str = "019a5f0b-7a10-7d11-9a3e-0d4f5c1b2a01";

    fn told(data: String) -> Option<ChannelEvent> {
        let event = StoredEvent {
            id: EventId(Uuid::nil()),
            name: "generation.failed".to_owned(),
            owner: None,
            subject: Uuid::nil(),
            data,
            created_at: OffsetDateTime::UNIX_EPOCH,
        };
        ChannelEvent::of(&event).unwrap()
    }

    #[test]
    fn an_event_is_told_on_the_channel_of_its_project_or_not_at_all() {
        let data = json!({ "project_id": PROJECT, "title": "A shop" }).to_string();
        let event = told(data.clone()).unwrap();
        assert_eq!(event.channel, format!("private-project-{PROJECT}"));
        assert_eq!((event.name.as_str(), event.data), ("generation.failed", data));
        assert_eq!(told(json!({ "user_id": PROJECT }).to_string()), None);
    }

    #[test]
    fn data_that_is_too_large_is_not_sent() {
        let of_length = |length: usize| {
            let empty = json!({ "project_id": PROJECT, "message": "" }).to_string().len();
            json!({ "project_id": PROJECT, "message": "x".repeat(length - empty) }).to_string()
        };
        assert_eq!(told(of_length(DATA_MAX)).unwrap().data.len(), DATA_MAX);
        let cut = told(of_length(DATA_MAX + 1)).unwrap();
        assert_eq!(cut.data, json!({ "project_id": PROJECT, "too_large": true }).to_string());
    }
}
