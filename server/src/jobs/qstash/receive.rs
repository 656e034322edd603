//! Inward: QStash delivers jobs, and tells of those that it gave up.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Qstash, REFUSED, UNREADABLE, outside,
    signature::{self, BadToken},
};
use crate::{
    db::DbError,
    jobs::{
        Backoff, PAYLOAD_MAX, Queue,
        kind::{Context, Failure, Kinds, Ran, Then},
        store::{self, Buried, GivenUpOutside},
    },
};

/// The most characters of a reason that are kept.
const REASON_MAX: usize = 2_000;

/// What goes over the line. All of it is under the signature, which headers are not.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Envelope {
    /// Which job; none when QStash's own schedule made it.
    pub(super) job: Option<Uuid>,
    /// When it was published, in microseconds since 1970: redriven, it is the same job and another message.
    #[serde(default)]
    pub(super) published: Option<i64>,
    /// How often it is tried at most.
    pub(super) attempts: u16,
    /// What it carries, to the byte.
    pub(super) payload: Box<RawValue>,
}

/// A delivery as it came.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// `Upstash-Signature`.
    pub signature: &'a str,
    /// `Upstash-Message-Id`.
    pub message: &'a str,
    /// `Upstash-Retried`: how often it was delivered before.
    pub retried: u16,
    /// The body, to the byte.
    pub body: &'a [u8],
}

/// Why a delivery was not looked into.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It is not believed.
    #[error(transparent)]
    Signature(#[from] BadToken),
    /// There is no such kind here, or QStash is not set up.
    #[error("there is no such kind of job here")]
    UnknownKind,
    /// What is around the job cannot be read.
    #[error("the delivery cannot be read: {0}")]
    Unreadable(String),
    /// It was given up before its handing over was acknowledged.
    #[error("the job has not left yet")]
    TooSoon,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What QStash says of a message that it gave up. The documentation spells the message's id in two ways. What is missing or odd keeps nothing from
/// being a dead letter, but for the job itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(default)]
    status: Value,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    retried: Value,
    #[serde(default)]
    source_message_id: Option<String>,
    #[serde(default, rename = "sourceMessasgeId")]
    source_message_id_misspelt: Option<String>,
    #[serde(default)]
    created_at: Value,
    source_body: String,
}

impl Qstash {
    /// Does a job that QStash delivers. It may be the second time: QStash delivers at least once. An attempt ends like a worker's; to try again
    /// is QStash's part, and what [`Ran`] says is told to it.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing was done.
    pub async fn receive(&self, kinds: &Kinds, kind: &str, delivery: Delivery<'_>) -> Result<Ran, ReceiveError> {
        self.verify(&self.address(kind), delivery)?;
        let known = kinds.get(kind).ok_or(ReceiveError::UnknownKind)?;
        let Ok(envelope) = serde_json::from_slice::<Envelope>(delivery.body) else {
            return Ok(Ran::Unreadable("It is not in the form in which jobs are handed over.".to_owned()));
        };
        let message = Some(delivery.message).filter(|message| !message.is_empty());
        let id = envelope.job.or_else(|| message.map(id_of));
        let id = id.ok_or_else(|| ReceiveError::Unreadable("it names no job and no message".to_owned()))?;
        let attempt = delivery.retried.saturating_add(1);
        let stopping = self.jobs.tasks.stop_token();
        let context = Context::outside(id, attempt, envelope.attempts, self.jobs.clock.now(), stopping);
        let (metrics, began) = (self.jobs.metrics.of(&outside(kind)), Instant::now());
        metrics.started(0.0);
        let ran = kinds.run(kind, envelope.payload.get(), context).await.ok_or(ReceiveError::UnknownKind)?;
        let ran = self.paced(ran, known.rules.backoff, attempt);
        match &ran {
            Ran::Done => metrics.finished(began.elapsed()),
            Ran::Failed(failure) => metrics.failed(began.elapsed(), is_retried(failure, attempt, envelope.attempts)),
            Ran::Unreadable(_) => metrics.failed(began.elapsed(), false),
        }
        tell(id, kind, attempt, &ran);
        Ok(ran)
    }

    /// The kind says how long to wait, and how long at most; QStash keeps to it.
    fn paced(&self, ran: Ran, backoff: Backoff, attempt: u16) -> Ran {
        let Ran::Failed(Failure { reason, then }) = ran else { return ran };
        let reason = fit(&reason);
        Ran::Failed(match then {
            Then::Retry => Failure::retry_after(reason, backoff.pause(attempt, self.jobs.clock.chance())),
            Then::RetryAfter(pause) => Failure::retry_after(reason, pause.min(backoff.most)),
            Then::GiveUp | Then::GiveBack | Then::PutOff(_) => Failure { reason, then },
        })
    }

    /// Puts a job that QStash gave up among the dead letters. May be told twice; `false` when it was known.
    ///
    /// # Errors
    /// [`ReceiveError`]; QStash tells it again then.
    pub async fn bury(&self, kinds: &Kinds, kind: &str, delivery: Delivery<'_>) -> Result<bool, ReceiveError> {
        self.verify(&self.failure_address(kind), delivery)?;
        let known = kinds.get(kind).ok_or(ReceiveError::UnknownKind)?;
        let unreadable = |error: &dyn std::fmt::Display| ReceiveError::Unreadable(error.to_string());
        let report: Report = serde_json::from_slice(delivery.body).map_err(|error| unreadable(&error))?;
        let source = STANDARD.decode(&report.source_body).map_err(|error| unreadable(&error))?;
        let envelope: Envelope = serde_json::from_slice(&source).map_err(|error| unreadable(&error))?;
        if envelope.payload.get().len() > PAYLOAD_MAX {
            return Err(ReceiveError::Unreadable(format!("its job carries more than {PAYLOAD_MAX} bytes")));
        }
        let message = report.message().filter(|message| !message.is_empty());
        let id = envelope.job.or_else(|| message.map(id_of));
        let (cause, error) = report.verdict();
        let dead = GivenUpOutside {
            id: id.ok_or_else(|| unreadable(&"it names no job and no message"))?,
            published_at: envelope.published.or_else(|| report.created()).and_then(moment),
            kind: known,
            payload: envelope.payload.get(),
            attempt: number(&report.retried).saturating_add(1),
            attempts: envelope.attempts.clamp(1, 100),
            cause,
            error: &error,
        };
        match store::bury_outside(self.jobs.db.primary(), &dead).await? {
            Buried::Now => {
                tracing::error!(job = %dead.id, kind, cause, reason = error, "a job was given up outside");
                self.jobs.waker.wake(Queue::Usual);
                Ok(true)
            }
            Buried::Before => Ok(false),
            Buried::StillHere => Err(ReceiveError::TooSoon),
        }
    }

    fn verify(&self, url: &str, delivery: Delivery<'_>) -> Result<(), ReceiveError> {
        let keys = &self.shared.signing_keys;
        if keys.is_empty() {
            return Err(ReceiveError::UnknownKind);
        }
        Ok(signature::verify(keys, delivery.signature, url, delivery.body, self.jobs.clock.now())?)
    }
}

impl Report {
    /// Why it was given up, by our own last answer, as far as that was ours.
    fn verdict(&self) -> (&'static str, String) {
        let body = self.body.as_deref().and_then(|body| STANDARD.decode(body).ok()).unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        let problem: Value = serde_json::from_str(&body).unwrap_or_default();
        let status = number(&self.status);
        let cause = match (problem["type"].as_str().and_then(|name| name.strip_prefix("/problems/")), status) {
            (Some(UNREADABLE), _) => "unreadable",
            (Some(REFUSED), _) | (_, 489) => "refused",
            _ => "attempts",
        };
        let words = problem["detail"].as_str().unwrap_or(&body).trim();
        let words = if words.is_empty() { format!("It was answered with {status}.") } else { words.to_owned() };
        (cause, fit(&words))
    }

    fn message(&self) -> Option<&str> {
        self.source_message_id.as_deref().or(self.source_message_id_misspelt.as_deref())
    }

    /// When QStash took the message, in microseconds since 1970; it says milliseconds.
    fn created(&self) -> Option<i64> {
        self.created_at.as_i64().filter(|moment| *moment > 0)?.checked_mul(1_000)
    }
}

fn number(value: &Value) -> u16 {
    value.as_u64().and_then(|number| number.try_into().ok()).unwrap_or_default()
}

/// A reason as it is kept, and as PostgreSQL takes it.
fn fit(reason: &str) -> String {
    reason.chars().filter(|letter| *letter != '\0').take(REASON_MAX).collect()
}

/// A job that no worker published has the id of its message, in every attempt.
fn id_of(message: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(message).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn moment(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

fn is_retried(failure: &Failure, attempt: u16, attempts: u16) -> bool {
    failure.then != Then::GiveUp && attempt < attempts
}

fn tell(id: Uuid, kind: &str, attempt: u16, ran: &Ran) {
    match ran {
        Ran::Done => tracing::debug!(job = %id, kind, attempt, "a job that was delivered is done"),
        Ran::Failed(failure) => {
            tracing::info!(job = %id, kind, attempt, reason = failure.reason, "a job that was delivered failed");
        }
        Ran::Unreadable(reason) => tracing::error!(job = %id, kind, reason, "a job that was delivered cannot be read"),
    }
}
