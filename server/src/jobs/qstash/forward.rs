//! Outward: a worker hands jobs over.

use std::{sync::Arc, time::Duration};

use serde_json::value::RawValue;

use super::{
    Qstash,
    client::{QstashClient, QstashError},
    message::{Message, Sameness},
    receive::Envelope,
};
use crate::{
    db::micros,
    jobs::{
        Flow, Job, JobsError, Queue, Schedule,
        kind::{Context, Failure, Kinds, Known},
    },
};

/// Handing one over takes at most this.
const FORWARD_WITHIN: Duration = Duration::from_secs(30);
/// How much longer QStash waits for an answer than the job may take.
const ANSWER_SLACK: Duration = Duration::from_secs(5);
/// How long a QStash is left alone that does not answer, that is asked too much, or that does not know the token.
const AWAY: Duration = Duration::from_secs(5);
const BUSY: Duration = Duration::from_secs(30);
const BUSY_MIN: Duration = Duration::from_secs(1);
const BUSY_MAX: Duration = Duration::from_secs(3_600);
const DENIED: Duration = Duration::from_secs(60);

/// Why jobs cannot go outside as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotGoOutside {
    /// There is no such kind.
    #[error("ATLAS9_QSTASH_KINDS names \"{kind}\", which is no kind of job. There are: {known}.")]
    Unknown {
        /// What was named.
        kind: String,
        /// What could have been.
        known: String,
    },
    /// It is done under a token of PostgreSQL.
    #[error(
        "ATLAS9_QSTASH_KINDS names \"{0}\", which cannot go outside: it is acknowledged in PostgreSQL, under the lease of a worker."
    )]
    NeedsToken(String),
    /// There is nobody to hand it to.
    #[error("ATLAS9_QSTASH_KINDS is set, but QSTASH_TOKEN is not.")]
    NoToken,
}

impl Qstash {
    /// These kinds, with those that go outside handed over instead of done.
    ///
    /// # Errors
    /// [`CannotGoOutside`], with what to change.
    pub fn forwarding(&self, mut kinds: Kinds) -> Result<Kinds, CannotGoOutside> {
        for name in &self.shared.kinds {
            let client = self.shared.client.as_ref().ok_or(CannotGoOutside::NoToken)?;
            let unknown = || CannotGoOutside::Unknown { kind: name.clone(), known: kinds.names().join(", ") };
            let known = Arc::clone(kinds.get(name).ok_or_else(unknown)?);
            if known.needs_token {
                return Err(CannotGoOutside::NeedsToken(name.clone()));
            }
            kinds = self.forward_kind(kinds, known, client.clone());
        }
        Ok(kinds)
    }

    fn forward_kind(&self, kinds: Kinds, known: Arc<Known>, client: QstashClient) -> Kinds {
        let (qstash, forwarded) = (self.clone(), Arc::clone(&known));
        kinds.instead(&known, FORWARD_WITHIN, move |payload, context| {
            let (qstash, known, client) = (qstash.clone(), Arc::clone(&forwarded), client.clone());
            Box::pin(async move { qstash.forward(&client, &known, payload, &context).await })
        })
    }

    /// Hands a job over. It is QStash's once QStash has said so; asked again before that, it is the same message.
    async fn forward(
        &self,
        client: &QstashClient,
        known: &Known,
        payload: String,
        context: &Context,
    ) -> Result<(), Failure> {
        if let Some(left) = self.shared.rest.left() {
            return Err(self.put_off("QStash is left alone for a while: it did not take another job", left));
        }
        let payload = RawValue::from_string(payload).map_err(Failure::give_up)?;
        let published = micros(context.published_at);
        let (job, attempts) = (Some(context.id), context.attempts.min(self.shared.retries.saturating_add(1)));
        let envelope = Envelope { job, published: Some(published), attempts, payload };
        // One that was given up outside and is redriven has the same id and is another message, and QStash takes no colon here.
        let sameness = format!("{}-{published}", context.id);
        let message = Message { sameness: Sameness::ById(sameness), ..self.message(known, &envelope)? };
        match client.publish(&message).await {
            Ok(accepted) => {
                let (message, is_known) = (accepted.message_id, accepted.deduplicated);
                tracing::debug!(job = %context.id, kind = known.kind, message, is_known, "a job was handed over to QStash");
                Ok(())
            }
            Err(error) => Err(self.failure(&error)),
        }
    }

    fn message(&self, known: &Known, envelope: &Envelope) -> Result<Message, Failure> {
        Ok(Message {
            destination: self.address(known.kind),
            body: serde_json::to_string(envelope).map_err(Failure::give_up)?,
            retries: Some(envelope.attempts.saturating_sub(1)),
            timeout: Some(known.rules.time_limit + ANSWER_SLACK),
            failure_callback: Some(self.failure_address(known.kind)),
            failure_callback_retries: Some(self.shared.retries),
            flow: Some(self.flow(known.rules.queue)),
            ..Message::default()
        })
    }

    /// Delivered to one instance, as many at once as one worker does.
    fn flow(&self, queue: Queue) -> Flow {
        let slots = u16::try_from(self.jobs.config.slots(queue)).unwrap_or(u16::MAX);
        Flow { key: format!("atlas9-{}", queue.as_str()), parallelism: Some(slots), rate: None }
    }

    /// A job stays here until QStash takes it, however long that is; what QStash will never take is a dead letter. What else it refuses is no fault of the
    /// job: an address that redirects, a plan that is used up, a path that is not there.
    fn failure(&self, error: &QstashError) -> Failure {
        let pause = match error {
            QstashError::Away(_) => AWAY,
            QstashError::Busy { retry_after } => retry_after.unwrap_or(BUSY).clamp(BUSY_MIN, BUSY_MAX),
            QstashError::Refused { status: 400 | 413 | 422, words } if !words.contains("quota") => {
                return Failure::give_up(error);
            }
            QstashError::TooMany(_) => return Failure::give_up(error),
            QstashError::Denied | QstashError::Refused { .. } => DENIED,
        };
        if self.shared.rest.begin(pause) {
            tracing::warn!(%error, seconds = pause.as_secs(), "jobs wait here: they cannot be handed over to QStash");
        }
        self.put_off(error, pause)
    }

    /// Not all of them at once.
    fn put_off(&self, reason: impl ToString, pause: Duration) -> Failure {
        Failure::put_off(reason, pause.mul_f64(1.0 + self.jobs.clock.chance() / 2.0))
    }

    /// Lets QStash keep a schedule, for sites whose workers sleep: it delivers the job at each of its moments. What had that name before is replaced.
    /// A cron pattern has five fields there.
    ///
    /// # Errors
    /// [`JobsError::Invalid`] for a job that makes no sense, or when QStash does not take it.
    pub async fn schedule<J: Job>(&self, schedule: &Schedule, job: &J) -> Result<String, JobsError> {
        let invalid = |reason: String| JobsError::Invalid { kind: J::KIND.to_owned(), reason };
        job.validate().map_err(invalid)?;
        let client = self.shared.client.as_ref().ok_or_else(|| invalid(CannotGoOutside::NoToken.to_string()))?;
        let payload = serde_json::value::to_raw_value(job).map_err(|error| invalid(error.to_string()))?;
        let attempts = J::RULES.attempts.min(self.shared.retries.saturating_add(1));
        let envelope = Envelope { job: None, published: None, attempts, payload };
        let known = Kinds::default().on::<J, _, _>(|_, _| async { Ok(()) });
        let known = known.get(J::KIND).ok_or(JobsError::NotFound)?;
        let message = self.message(known, &envelope).map_err(|failure| invalid(failure.reason))?;
        let created = client.create_schedule(&schedule.name, &schedule.cron, &schedule.zone, &message).await;
        created.map_err(|error| invalid(error.to_string()))
    }
}
