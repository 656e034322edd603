//! Webhooks in: what another program tells this one, signed after Standard Webhooks. It is believed, written down as a job, and answered; what it
//! means is looked at afterwards.

use std::{future::Future, pin::Pin, sync::Arc};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    BadSignature,
    dedup::{Dedup, Seen},
};
use crate::{
    clock::Clock,
    config::HooksConfig,
    jobs::{self, Failure, Job, Jobs, JobsError, Kinds, Options, PAYLOAD_MAX, Published, Rules},
};

/// The most bytes of one body: a job has to hold it, with its source and id.
pub const HOOK_BODY_MAX: usize = PAYLOAD_MAX - 1_024;
/// The most bytes of an event's id.
const ID_MAX: usize = 256;

/// A webhook that was believed. The same one may be handed over twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReceivedHook {
    /// Who sent it.
    pub source: String,
    /// The source's id of the event, the same however often it is sent.
    pub id: String,
    /// What it says, to the byte.
    pub body: Box<RawValue>,
}

impl Job for ReceivedHook {
    const KIND: &'static str = "received-hook";
    const RULES: Rules = Rules { attempts: 10, ..Rules::USUAL };

    fn validate(&self) -> Result<(), String> {
        if self.source.is_empty() || self.id.is_empty() { Err("it has no source or no id".to_owned()) } else { Ok(()) }
    }
}

impl ReceivedHook {
    /// What its body says that it is about, where it says so as Standard Webhooks advises: `order.paid`.
    pub fn kind(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Typed {
            r#type: String,
        }
        serde_json::from_str::<Typed>(self.body.get()).ok().map(|typed| typed.r#type)
    }
}

/// What a consumer comes to.
pub type Consumed<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// Somebody who is told of webhooks.
pub trait HookConsumer: Send + Sync {
    /// Hears of one. It may be the second time; after a failure, of this consumer or of another, everybody hears of it again.
    fn receive<'a>(&'a self, hook: &'a ReceivedHook) -> Consumed<'a>;
}

/// The headers of a webhook.
#[derive(Debug, Clone, Copy)]
pub struct HookHeaders<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signatures: &'a str,
}

/// What was done with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is written down.
    Now,
    /// It had been before.
    Before,
}

/// Why a webhook was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Nobody of that name sends any.
    #[error("there is no such source")]
    UnknownSource,
    /// It is not believed.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// Its body is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(serde_json::Error),
    /// It could not be written down.
    #[error(transparent)]
    Jobs(#[from] JobsError),
}

/// A source of webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct BySource {
    /// Its name.
    pub source: String,
}

/// What is measured of webhooks.
#[derive(Debug, Clone, Default)]
pub struct HookMetrics {
    /// Those that were handed to whoever wants them.
    pub received: Family<BySource, Counter>,
}

impl HookMetrics {
    /// Adds them to the program's.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("hooks_received", "Webhooks of others, each once", self.received.clone());
    }

    /// Says that webhooks of this source can come: they are counted from 0 on.
    pub(crate) fn expect(&self, source: &str) {
        drop(self.received.get_or_create(&BySource { source: source.to_owned() }));
    }
}

/// Webhooks of others.
#[derive(Clone)]
pub struct Hooks {
    config: HooksConfig,
    dedup: Dedup,
    jobs: Jobs,
    clock: Clock,
    consumers: Arc<[Arc<dyn HookConsumer>]>,
}

impl Hooks {
    /// Takes webhooks of the configured sources, for these consumers.
    pub fn new(
        config: HooksConfig,
        dedup: Dedup,
        jobs: Jobs,
        clock: Clock,
        consumers: Vec<Arc<dyn HookConsumer>>,
    ) -> Self {
        Self { config, dedup, jobs, clock, consumers: consumers.into() }
    }

    /// Takes a webhook, once however often it is sent within the day that Redis remembers; while Redis is away, within the ten minutes that the
    /// queue does. One that is known to be a duplicate is answered without the database.
    ///
    /// # Errors
    /// [`HookError`]; the source may send it again then.
    pub async fn take(&self, source: &str, headers: HookHeaders<'_>, body: &[u8]) -> Result<Taken, HookError> {
        self.verify(source, headers, body)?;
        let body: Box<RawValue> = serde_json::from_slice(body).map_err(HookError::NotJson)?;
        let hook = ReceivedHook { source: source.to_owned(), id: headers.id.to_owned(), body };
        let seen = self.dedup.claim(source, headers.id).await;
        if seen == Seen::Done {
            return Ok(Taken::Before);
        }
        match self.write_down(&hook).await {
            Ok(published) => {
                self.dedup.confirm(source, headers.id).await;
                Ok(if published.is_duplicate { Taken::Before } else { Taken::Now })
            }
            Err(error) => {
                if let Seen::Never(claim) = &seen {
                    self.dedup.release(claim).await;
                }
                Err(error.into())
            }
        }
    }

    fn verify(&self, source: &str, headers: HookHeaders<'_>, body: &[u8]) -> Result<(), HookError> {
        let secrets = self.config.secrets(source).ok_or(HookError::UnknownSource)?;
        if headers.id.len() > ID_MAX {
            return Err(BadSignature::Malformed.into());
        }
        let HookHeaders { id, timestamp, signatures } = headers;
        let now = self.clock.now();
        let mut verified = Err(BadSignature::Wrong);
        for secret in secrets {
            verified = verified.or_else(|_| secret.verify(id, timestamp, signatures, body, now));
        }
        Ok(verified?)
    }

    async fn write_down(&self, hook: &ReceivedHook) -> Result<Published, JobsError> {
        // Ids of two sources may be the same.
        let dedup = jobs::Dedup::ById(format!("{} {}", hook.source, hook.id));
        self.jobs.publish_now(hook, &Options { dedup, ..Options::default() }).await
    }

    /// Adds what is done with webhooks in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let hooks = self.clone();
        kinds.on::<ReceivedHook, _, _>(move |hook, _| {
            let hooks = hooks.clone();
            async move { hooks.hand_over(&hook).await }
        })
    }

    /// Tells all consumers, one after the other.
    async fn hand_over(&self, hook: &ReceivedHook) -> Result<(), Failure> {
        for consumer in self.consumers.iter() {
            consumer.receive(hook).await?;
        }
        Ok(())
    }
}

/// Notes each webhook in the log and in the metrics.
pub struct NoteHooks(pub HookMetrics);

impl HookConsumer for NoteHooks {
    fn receive<'a>(&'a self, hook: &'a ReceivedHook) -> Consumed<'a> {
        let (source, id) = (hook.source.clone(), &hook.id);
        tracing::info!(source, id, kind = hook.kind(), "a webhook was received");
        self.0.received.get_or_create(&BySource { source }).inc();
        Box::pin(async { Ok(()) })
    }
}
