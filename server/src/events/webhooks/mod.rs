//! Webhooks out: people's own programs are told of what happens to their projects, signed as Standard Webhooks has it.

mod address;
mod deliver;
mod endpoint;
mod sender;
mod store;
mod subscriber;

use std::time::Duration;

use model::{Cursor, DeliveryId, EndpointId, EventId, Page, PageLimit, UserId};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

pub use deliver::{ATTEMPTS, DISABLE_AFTER, SendWebhook, USER_AGENT};
pub(crate) use deliver::{DISABLED_LETTER, SwitchedOff};
pub use endpoint::{Delivery, Disabled, Endpoint, Wanted, WebhooksError};
pub(crate) use sender::{Answer, Sender, Unsent};
pub use subscriber::WebhooksSubscriber;

use super::{EventName, SigningSecret, queue, store as events};
use crate::{
    accounts::Visitor,
    clock::Clock,
    config::WebhooksConfig,
    db::{Database, DbError, micros},
    jobs::{Flow, Jobs, Options},
    limits::{Limits, Quota},
    mail::Postman,
    outbound::NoClient,
};
use endpoint::Fit;
use store::deliveries;

/// Endpoints that one person may have.
pub const ENDPOINTS_MAX: i64 = 10;
/// The longest description, in characters.
pub const DESCRIPTION_MAX_CHARS: usize = 200;
/// How long the old secret signs as well, after another took its place.
pub const ROTATION: time::Duration = time::Duration::hours(24);
/// What an endpoint is told when its owner tries it.
pub const TEST_EVENT: &str = "webhook.test";
/// Deliveries to one endpoint at once: one that is slow or silent keeps nobody else's waiting.
const AT_ONCE: u16 = 2;
/// Attempts that the log of one endpoint keeps.
pub const LOG_MAX: i64 = 1_000;
/// Deliveries that one person asks for by hand.
const BY_HAND: Quota = Quota { name: "webhooks-by-hand", burst: 20, every: Duration::from_secs(15) };

/// The webhooks domain.
#[derive(Clone)]
pub struct Webhooks {
    db: Database,
    clock: Clock,
    jobs: Jobs,
    limits: Limits,
    postman: Postman,
    sender: Sender,
}

impl Webhooks {
    /// Makes the domain.
    ///
    /// # Errors
    /// [`NoClient`] when nothing can be encrypted here.
    pub fn new(
        db: Database,
        clock: Clock,
        jobs: Jobs,
        limits: Limits,
        postman: Postman,
        config: &WebhooksConfig,
    ) -> Result<Self, NoClient> {
        let sender = Sender::new(config, clock.clone())?;
        Ok(Self { db, clock, jobs, limits, postman, sender })
    }

    /// Somebody's endpoints, the oldest first.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn list(&self, visitor: &Visitor) -> Result<Vec<Endpoint>, DbError> {
        store::list(self.db.primary(), visitor.user).await
    }

    /// One endpoint.
    ///
    /// # Errors
    /// [`WebhooksError::NotFound`] for everybody but the owner.
    pub async fn get(&self, visitor: &Visitor, id: EndpointId) -> Result<Endpoint, WebhooksError> {
        store::get(self.db.primary(), visitor.user, id).await?.ok_or(WebhooksError::NotFound)
    }

    /// Adds an endpoint with a secret of its own.
    ///
    /// # Errors
    /// [`WebhooksError`] for what the person can mend.
    pub async fn add(&self, visitor: &Visitor, wanted: &Wanted) -> Result<EndpointId, WebhooksError> {
        if !visitor.is_member() {
            return Err(WebhooksError::NotMember);
        }
        let fit = self.check(wanted)?;
        let (id, secret) = (EndpointId(self.clock.new_id()), self.clock.new_secret()?);
        let mut tx = self.db.primary().begin().await.map_err(DbError::from)?;
        let added = store::insert(&mut tx, id, visitor.user, &fit, &secret, ENDPOINTS_MAX, self.clock.now()).await?;
        tx.commit().await.map_err(DbError::from)?;
        if added { Ok(id) } else { Err(WebhooksError::TooMany) }
    }

    /// Changes where an endpoint is, what it is told and what is said of it.
    ///
    /// # Errors
    /// [`WebhooksError`] for what the person can mend; [`WebhooksError::NotFound`] for everybody but the owner.
    pub async fn change(&self, visitor: &Visitor, id: EndpointId, wanted: &Wanted) -> Result<(), WebhooksError> {
        found(store::change(self.db.primary(), visitor.user, id, &self.check(wanted)?).await?)
    }

    /// Switches an endpoint on or off. May be asked twice. What happens meanwhile is not told later.
    ///
    /// # Errors
    /// [`WebhooksError::NotFound`] for everybody but the owner.
    pub async fn switch(&self, visitor: &Visitor, id: EndpointId, on: bool) -> Result<(), WebhooksError> {
        found(store::switch(self.db.primary(), visitor.user, id, on, self.clock.now()).await?)
    }

    /// Removes an endpoint and its log. May be asked twice.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn remove(&self, visitor: &Visitor, id: EndpointId) -> Result<(), DbError> {
        // In portions, so that no statement takes long. From here on it is told nothing, so that the log does not grow meanwhile.
        if store::switch(self.db.primary(), visitor.user, id, false, self.clock.now()).await? {
            while deliveries::clear(self.db.primary(), id).await? > 0 {}
        }
        store::remove(self.db.primary(), visitor.user, id).await
    }

    /// The secret of an endpoint, as the other side is told it.
    ///
    /// # Errors
    /// [`WebhooksError::NotFound`] for everybody but the owner.
    pub async fn reveal(&self, visitor: &Visitor, id: EndpointId) -> Result<String, WebhooksError> {
        let secret = store::secret(self.db.primary(), visitor.user, id).await?.ok_or(WebhooksError::NotFound)?;
        Ok(SigningSecret::new(secret).reveal())
    }

    /// Gives an endpoint another secret, and returns it. The one it has signs as well for [`ROTATION`]; one before that no more.
    ///
    /// `seen` is [`Endpoint::previous_until`] as the person saw it: sent a second time, the wish changes nothing, and the secret that the
    /// first one made is returned.
    ///
    /// # Errors
    /// [`WebhooksError::NotFound`] for everybody but the owner.
    pub async fn rotate(
        &self,
        visitor: &Visitor,
        id: EndpointId,
        seen: Option<OffsetDateTime>,
    ) -> Result<String, WebhooksError> {
        let secret = self.clock.new_secret()?;
        let until = self.clock.now() + ROTATION;
        store::rotate(self.db.primary(), visitor.user, id, seen, &secret, until).await?;
        self.reveal(visitor, id).await
    }

    /// One page of what was tried, the latest first.
    ///
    /// # Errors
    /// [`WebhooksError::NotFound`] for everybody but the owner; [`WebhooksError::BadCursor`].
    pub async fn deliveries(
        &self,
        visitor: &Visitor,
        id: EndpointId,
        cursor: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page<Delivery>, WebhooksError> {
        let after = cursor.map(str::parse::<Cursor>).transpose()?;
        self.get(visitor, id).await?;
        let rows = deliveries::page(self.db.primary(), id, after, limit).await?;
        Ok(Page::cut(rows, limit, |row| Cursor { micros: micros(row.at), id: row.id.0 }))
    }

    /// Tells an endpoint once more what a delivery told it, under the same id.
    ///
    /// # Errors
    /// [`WebhooksError::NotFound`] for everybody but the owner, and for what is forgotten; [`WebhooksError::Disabled`].
    pub async fn redeliver(&self, visitor: &Visitor, id: DeliveryId) -> Result<EndpointId, WebhooksError> {
        let (endpoint, event) =
            deliveries::told(self.db.primary(), visitor.user, id).await?.ok_or(WebhooksError::NotFound)?;
        let mut tx = self.begin_by_hand(visitor, endpoint).await?;
        self.tell(&mut tx, endpoint, event).await?;
        tx.commit().await.map_err(DbError::from)?;
        self.wake();
        Ok(endpoint)
    }

    /// Tells an endpoint something that did not happen, for its owner to see whether it arrives.
    ///
    /// # Errors
    /// [`WebhooksError::NotFound`] for everybody but the owner; [`WebhooksError::Disabled`].
    pub async fn test(&self, visitor: &Visitor, endpoint: EndpointId) -> Result<EventId, WebhooksError> {
        let mut tx = self.begin_by_hand(visitor, endpoint).await?;
        let (event, owner) = (EventId(self.clock.new_id()), Some(visitor.user));
        let data = json!({ "endpoint_id": endpoint, "message": "It works." }).to_string();
        events::insert_named(&mut tx, event, TEST_EVENT, owner, endpoint.0, &data, self.clock.now()).await?;
        self.tell(&mut tx, endpoint, event).await?;
        tx.commit().await.map_err(DbError::from)?;
        self.wake();
        Ok(event)
    }

    /// Whether somebody may have something delivered now, to an endpoint of theirs that is switched on.
    async fn begin_by_hand(
        &self,
        visitor: &Visitor,
        endpoint: EndpointId,
    ) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, WebhooksError> {
        if self.get(visitor, endpoint).await?.disabled.is_some() {
            return Err(WebhooksError::Disabled);
        }
        self.limits.admit(&BY_HAND, &visitor.user.to_string()).await?;
        Ok(self.db.primary().begin().await.map_err(DbError::from)?)
    }

    async fn tell(&self, tx: &mut PgConnection, endpoint: EndpointId, event: EventId) -> Result<(), DbError> {
        let flow = Flow { key: format!("webhook {endpoint}"), parallelism: Some(AT_ONCE), rate: None };
        let options = Options { flow: Some(flow), ..Options::default() };
        self.jobs.publish(tx, &SendWebhook { endpoint, event }, &options).await.map(drop).map_err(queue)
    }

    fn wake(&self) {
        self.jobs.wake::<SendWebhook>();
    }

    /// What somebody typed, as it is stored.
    fn check(&self, wanted: &Wanted) -> Result<Fit, WebhooksError> {
        let url = self.sender.read_url(&wanted.url).map_err(WebhooksError::Url)?;
        let description = wanted.description.trim();
        if description.chars().count() > DESCRIPTION_MAX_CHARS || description.chars().any(char::is_control) {
            return Err(WebhooksError::Description);
        }
        let event = |name: &String| {
            let known = EventName::FOR_WEBHOOKS.into_iter().find(|known| known.as_str() == name);
            known.ok_or_else(|| WebhooksError::UnknownEvent(name.chars().take(60).collect()))
        };
        let mut events = wanted.events.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            return Err(WebhooksError::NoEvents);
        }
        Ok(Fit { url: url.into(), events, description: description.to_owned() })
    }
}

fn found(found: bool) -> Result<(), WebhooksError> {
    if found { Ok(()) } else { Err(WebhooksError::NotFound) }
}

/// Forgets what was tried before `before`, and of each endpoint all but the last [`LOG_MAX`].
pub(super) async fn tidy(pool: &PgPool, before: OffsetDateTime) -> Result<(), DbError> {
    while deliveries::prune(pool, before).await? > 0 {}
    for endpoint in deliveries::longer_than(pool, LOG_MAX).await? {
        while deliveries::shorten(pool, endpoint, LOG_MAX).await? > 0 {}
    }
    Ok(())
}

/// The endpoints that are told of an event.
async fn wanting(tx: &mut PgConnection, owner: UserId, name: &str) -> Result<Vec<EndpointId>, DbError> {
    store::wanting(tx, owner, name).await
}
