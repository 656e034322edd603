//! Endpoints and what was tried with them, as their owners see them.

use model::{BadCursor, DeliveryId, EndpointId, EventId};
use time::OffsetDateTime;

use super::{DESCRIPTION_MAX_CHARS, ENDPOINTS_MAX};
use crate::{clock::NoRandomness, db::DbError, events::EventName, limits::Limited};

/// An endpoint as its owner sees it, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Which.
    pub id: EndpointId,
    /// Where it is.
    pub url: String,
    /// What it is told.
    pub events: Vec<EventName>,
    /// What its owner says of it.
    pub description: String,
    /// Since when it is told nothing, and why.
    pub disabled: Option<(OffsetDateTime, Disabled)>,
    /// Since when nothing has arrived there.
    pub failing_since: Option<OffsetDateTime>,
    /// Until when the secret before this one signs as well.
    pub previous_until: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// Why an endpoint is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    /// Its owner wants it so.
    ByOwner,
    /// It said that it is gone: it answered 410.
    Gone,
    /// Nothing arrived there for days.
    Failing,
}

impl Disabled {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ByOwner => "owner",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    pub(super) fn named(name: &str) -> Self {
        [Self::Gone, Self::Failing].into_iter().find(|why| why.as_str() == name).unwrap_or(Self::ByOwner)
    }
}

/// An endpoint as somebody wants it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Where it is, as typed.
    pub url: String,
    /// The names of what it is told.
    pub events: Vec<String>,
    /// What its owner says of it.
    pub description: String,
}

/// One attempt to tell an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub id: DeliveryId,
    /// Of which event.
    pub event: EventId,
    /// The event's name.
    pub name: String,
    /// 1 for the first.
    pub attempt: u16,
    /// Whether it arrived.
    pub is_ok: bool,
    /// What it was answered with.
    pub status: Option<u16>,
    /// The request's headers, one a line.
    pub request_headers: String,
    /// The request's body.
    pub request_body: String,
    /// The answer's headers.
    pub response_headers: Option<String>,
    /// The beginning of the answer's body.
    pub response_body: Option<String>,
    /// What kept it from being answered.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: u32,
    /// When.
    pub at: OffsetDateTime,
    /// When it is tried again, where it is.
    pub next_at: Option<OffsetDateTime>,
    /// Whether it can be told once more: the event is not forgotten.
    pub can_repeat: bool,
}

/// Something the webhooks domain could not do. The words are for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum WebhooksError {
    /// Guests have none.
    #[error("Webhooks need an account. Sign up, or sign in.")]
    NotMember,
    /// There is none, or not of whoever asks.
    #[error("there is no such endpoint or delivery of yours")]
    NotFound,
    /// The address.
    #[error("{0}")]
    Url(String),
    /// The events.
    #[error("Choose at least one thing to be told of.")]
    NoEvents,
    /// An event nobody can be told of.
    #[error("There is no event \"{0}\".")]
    UnknownEvent(String),
    /// The description.
    #[error("A description has at most {DESCRIPTION_MAX_CHARS} characters, on one line.")]
    Description,
    /// Too many endpoints.
    #[error("{ENDPOINTS_MAX} endpoints are the most. Remove one you do not use.")]
    TooMany,
    /// It is told nothing.
    #[error("This endpoint is switched off. Switch it on first.")]
    Disabled,
    /// Too many deliveries by hand.
    #[error("Too many deliveries by hand. Wait {} seconds and try again.", .0.retry_after.as_secs().max(1))]
    Limited(#[from] Limited),
    /// The list was asked for from nowhere.
    #[error(transparent)]
    BadCursor(#[from] BadCursor),
    /// No secret can be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// An endpoint that can be stored.
pub(super) struct Fit {
    pub(super) url: String,
    pub(super) events: Vec<EventName>,
    pub(super) description: String,
}
