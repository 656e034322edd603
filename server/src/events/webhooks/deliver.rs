//! One attempt to tell an endpoint of an event, and what follows from how it went.

use std::time::Duration;

use model::{DeliveryId, EndpointId, EventId};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, USER_AGENT as AGENT};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Disabled, Webhooks,
    sender::{Answer, Unsent, lines},
    store::{
        self, Due,
        deliveries::{self, NewDelivery},
    },
};
use crate::{
    db::DbError,
    events::SigningSecret,
    jobs::{Backoff, Context, Failure, Job, Kinds, Queue, Rules},
    mail::NewMail,
};

/// Who we say we are.
pub const USER_AGENT: &str = "Atlas9-Webhooks";
/// An endpoint that nothing reached for so long is switched off.
pub const DISABLE_AFTER: time::Duration = time::Duration::days(3);
/// How often an endpoint is told of one event at most.
pub const ATTEMPTS: u16 = 8;
/// The kind of the letter that says so.
pub(crate) const DISABLED_LETTER: &str = "webhook-disabled";

/// Pauses after the first failure, the second …: quick while it may be a hiccup, patient while somebody may be asleep. About ten hours in all.
const PAUSES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(180),
    Duration::from_secs(900),
    Duration::from_secs(3_600),
    Duration::from_secs(3 * 3_600),
    LONGEST,
];
const LONGEST: Duration = Duration::from_secs(6 * 3_600);

/// Tells an endpoint of an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendWebhook {
    /// Whom.
    pub endpoint: EndpointId,
    /// Of what.
    pub event: EventId,
}

impl Job for SendWebhook {
    const KIND: &'static str = "send-webhook";
    const RULES: Rules = Rules {
        queue: Queue::Webhooks,
        attempts: ATTEMPTS,
        time_limit: Duration::from_secs(30),
        backoff: Backoff { first: PAUSES[0], most: LONGEST },
        priority: 1,
        on_failure: None,
    };
}

/// What the letter about an endpoint that was switched off needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SwitchedOff {
    pub(crate) url: String,
    pub(crate) is_gone: bool,
}

impl Webhooks {
    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let webhooks = self.clone();
        kinds.on::<SendWebhook, _, _>(move |job, context| {
            let webhooks = webhooks.clone();
            async move { webhooks.send(&job, &context).await }
        })
    }

    /// Tells an endpoint, unless it is gone or switched off by now. May run twice: the receiver knows the same event by its id.
    async fn send(&self, job: &SendWebhook, context: &Context) -> Result<(), Failure> {
        let due = store::due(self.db.primary(), job.endpoint, job.event).await.map_err(Failure::retry)?;
        let Some(due) = due else { return Ok(()) };
        let (now, body) = (self.clock.now(), body(&due).map_err(Failure::give_up)?);
        let headers = headers(&due, job.event, &body, now).map_err(Failure::give_up)?;
        let request = (format!("POST {}\n{}", due.url, lines(&headers)), body.clone());
        let (answer, took) = self.sender.post(&due.url, headers, body).await;
        let (ending, at) = (Ending::of(&answer), self.clock.now());
        let pause = self.pause(ending, &answer, context);
        let delivery = NewDelivery {
            id: DeliveryId(self.clock.new_id()),
            endpoint: job.endpoint,
            event: job.event,
            name: &due.name,
            attempt: context.attempt,
            is_ok: ending == Ending::Ok,
            request: (&request.0, &request.1),
            answer: answer.as_ref().ok(),
            error: answer.as_ref().err().map(Unsent::to_string),
            took,
            at,
            next_at: pause.map(|pause| at + pause),
        };
        self.write_down(&delivery, &due, ending).await.map_err(Failure::retry)?;
        match pause {
            Some(pause) => Err(Failure::retry_after(delivery.went(), pause)),
            // What was tried for the last time is over, and no dead letter: its owner sees it in the log and can have it sent again, and whoever
            // runs the house cannot mend somebody else's server.
            None => Ok(()),
        }
    }

    /// The attempt, and what it says of the endpoint, both or neither.
    async fn write_down(&self, delivery: &NewDelivery<'_>, due: &Due, ending: Ending) -> Result<(), DbError> {
        let (endpoint, now) = ((delivery.endpoint, due.url.as_str()), delivery.at);
        let mut tx = self.db.primary().begin().await?;
        deliveries::insert(&mut tx, delivery).await?;
        let failing_since = store::note(&mut tx, endpoint, delivery.is_ok, now).await?;
        // One attempt that fails is no proof, however long ago the one before it was: the event is still tried again.
        let was_last = delivery.next_at.is_none();
        let is_failing = was_last && failing_since.is_some_and(|since| now - since >= DISABLE_AFTER);
        let why = match ending {
            Ending::Gone => Some(Disabled::Gone),
            Ending::Failed if is_failing => Some(Disabled::Failing),
            Ending::Ok | Ending::Failed => None,
        };
        if let Some(why) = why
            && let Some(recipient) = store::disable(&mut tx, endpoint, why, now).await?
        {
            tracing::warn!(endpoint = %delivery.endpoint, reason = why.as_str(), "a webhook is switched off");
            let data = SwitchedOff { url: due.url.clone(), is_gone: why == Disabled::Gone };
            let letter = NewMail { id: self.clock.new_id(), kind: DISABLED_LETTER, recipient: &recipient, data };
            self.postman.enqueue(&mut tx, letter, now).await?;
        }
        tx.commit().await?;
        self.postman.ring();
        Ok(())
    }

    /// How long to wait before it is tried again; nothing when it is not.
    fn pause(&self, ending: Ending, answer: &Result<Answer, Unsent>, context: &Context) -> Option<Duration> {
        if ending != Ending::Failed || context.is_last() {
            return None;
        }
        let usual = PAUSES.get(usize::from(context.attempt.saturating_sub(1))).copied().unwrap_or(LONGEST);
        // A part of it is left to chance, so that what failed together does not come back together.
        let usual = usual.mul_f64(0.8 + 0.2 * self.clock.chance());
        let asked = answer.as_ref().ok().filter(|answer| matches!(answer.status, 429 | 503));
        Some(usual.max(asked.and_then(|answer| answer.retry_after).unwrap_or_default()))
    }
}

impl NewDelivery<'_> {
    /// How it went, in a sentence.
    fn went(&self) -> String {
        let answered = self.answer.map(|answer| format!("It answered {}.", answer.status));
        answered.or_else(|| self.error.clone()).unwrap_or_default()
    }
}

/// How an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Ok,
    Failed,
    /// Nobody is there any more, nor will be.
    Gone,
}

impl Ending {
    fn of(answer: &Result<Answer, Unsent>) -> Self {
        match answer {
            Ok(Answer { status: 200..=299, .. }) => Self::Ok,
            Ok(Answer { status: 410, .. }) => Self::Gone,
            Ok(_) | Err(_) => Self::Failed,
        }
    }
}

/// The same bytes in every attempt.
fn body(due: &Due) -> Result<String, String> {
    let data: Value = serde_json::from_str(&due.data).map_err(|error| error.to_string())?;
    let timestamp = due.created_at.format(&Rfc3339).map_err(|error| error.to_string())?;
    Ok(json!({ "type": due.name, "timestamp": timestamp, "data": data }).to_string())
}

/// The same id in every attempt, so that a receiver can tell that it knows the event.
fn headers(due: &Due, event: EventId, body: &str, now: OffsetDateTime) -> Result<HeaderMap, InvalidHeaderValue> {
    let (id, timestamp) = (format!("evt_{}", event.0.simple()), now.unix_timestamp());
    let previous = due.previous.filter(|(_, until)| *until > now).map(|(secret, _)| secret);
    let secrets = [Some(due.secret), previous].into_iter().flatten();
    let signatures = secrets.map(|secret| SigningSecret::new(secret).sign(&id, timestamp, body.as_bytes()));
    let signatures = signatures.collect::<Vec<_>>().join(" ");
    Ok(HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (AGENT, HeaderValue::from_static(USER_AGENT)),
        (HeaderName::from_static("webhook-id"), HeaderValue::from_str(&id)?),
        (HeaderName::from_static("webhook-timestamp"), HeaderValue::from(timestamp)),
        (HeaderName::from_static("webhook-signature"), HeaderValue::from_str(&signatures)?),
    ]))
}
