//! Kinds of jobs: what they carry, how they are treated, and who does them.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::backoff::Backoff;

/// What a job of one kind carries. Jobs outlive the program that published them: a change that old payloads do not survive needs a new kind.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the database and in addresses: `send-mail`.
    const KIND: &'static str;
    /// How it is treated.
    const RULES: Rules = Rules::USUAL;

    /// Looks at what it carries, before it is published and again before it is done.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

/// How jobs of a kind are treated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// With what else it shares the slots of a worker.
    pub queue: Queue,
    /// How often it is tried at most.
    pub attempts: u16,
    /// How long one attempt may take.
    pub time_limit: Duration,
    /// How long it waits before it is tried again.
    pub backoff: Backoff,
    /// 0 goes first, 3 last.
    pub priority: u8,
    /// The kind of the job that is told when one is given up or cancelled; it carries a [`GivenUp`].
    pub on_failure: Option<&'static str>,
}

impl Rules {
    /// Three attempts of thirty seconds, with some seconds between them.
    pub const USUAL: Self = Self {
        queue: Queue::Usual,
        attempts: 3,
        time_limit: Duration::from_secs(30),
        backoff: Backoff::USUAL,
        priority: 1,
        on_failure: None,
    };
}

/// Jobs of one queue wait for each other and for no others, so that slow work of one sort does not hold up the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Everything without a reason to be elsewhere.
    Usual,
    /// Generations: minutes each.
    Studio,
    /// Mail: a server that dislikes crowds.
    Mail,
    /// Webhooks: servers of others, of which any may be slow.
    Webhooks,
    /// What is tidied up now and then.
    Upkeep,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Usual, Self::Studio, Self::Mail, Self::Webhooks, Self::Upkeep];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Studio => "studio",
            Self::Mail => "mail",
            Self::Webhooks => "webhooks",
            Self::Upkeep => "upkeep",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.as_str() == name)
    }
}

/// Why an attempt came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// What happened, for whoever looks at it later.
    pub reason: String,
    /// What to do about it.
    pub then: Then,
}

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Try again, after the kind's own pause.
    Retry,
    /// Try again, and not before so long: the other side said so.
    RetryAfter(Duration),
    /// Trying again would change nothing.
    GiveUp,
    /// The program stops: another may have it, and the attempt does not count.
    GiveBack,
}

impl Failure {
    /// Worth another try.
    pub fn retry(reason: impl ToString) -> Self {
        Self { reason: reason.to_string(), then: Then::Retry }
    }

    /// Worth another try, and not before so long.
    pub fn retry_after(reason: impl ToString, pause: Duration) -> Self {
        Self { reason: reason.to_string(), then: Then::RetryAfter(pause) }
    }

    /// Not worth another try.
    pub fn give_up(reason: impl ToString) -> Self {
        Self { reason: reason.to_string(), then: Then::GiveUp }
    }

    /// For another, who begins anew.
    pub fn give_back() -> Self {
        Self { reason: "The worker stopped.".to_owned(), then: Then::GiveBack }
    }
}

/// What the job carries that is told of one that was given up or cancelled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GivenUp {
    /// Which.
    pub job: Uuid,
    /// Its kind.
    pub kind: String,
    /// What it carried, as JSON in a string.
    pub payload: String,
    /// `attempts`, `refused`, `unreadable`, `crashed` or `cancelled`.
    pub cause: String,
    /// Why its last attempt failed.
    pub error: String,
}

/// Which attempt of which job this is.
#[derive(Debug, Clone)]
pub struct Context {
    /// The job. The same in every attempt, so that effects can be told apart by it.
    pub id: Uuid,
    /// 1 for the first.
    pub attempt: u16,
    /// How many there are.
    pub attempts: u16,
    pub(super) worker: Uuid,
    pub(super) completed: Arc<AtomicBool>,
    pub(super) stopping: CancellationToken,
}

impl Context {
    /// Whether there is no other attempt after this one.
    pub fn is_last(&self) -> bool {
        self.attempt >= self.attempts
    }

    /// Resolves when the program is about to end. A job that takes longer than a moment ends then, with [`Failure::give_back`].
    pub async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// What PostgreSQL knows this attempt by, to fence what it writes: it holds the job while a row of `jobs` has all three.
    pub fn token(&self) -> (Uuid, Uuid, i32) {
        (self.id, self.worker, i32::from(self.attempt))
    }

    pub(super) fn was_completed(&self) -> bool {
        self.completed.load(Ordering::SeqCst)
    }
}

pub(super) type Handled = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// The kinds that this program can do, and how.
#[derive(Clone, Default)]
pub struct Kinds(BTreeMap<&'static str, Arc<Known>>);

/// A kind without its type.
pub(super) struct Known {
    pub(super) kind: &'static str,
    pub(super) rules: Rules,
    begin: Box<Begin>,
    validate: Box<Validate>,
}

type Begin = dyn Fn(&str, Context) -> Result<Handled, String> + Send + Sync;
type Validate = dyn Fn(&str) -> Result<(), String> + Send + Sync;

impl Known {
    /// Begins an attempt; an error is a payload that cannot be read.
    pub(super) fn begin(&self, payload: &str, context: Context) -> Result<Handled, String> {
        (self.begin)(payload, context)
    }

    /// Whether a payload can be read.
    pub(super) fn validate(&self, payload: &str) -> Result<(), String> {
        (self.validate)(payload)
    }
}

impl Kinds {
    /// Adds a kind and how it is done. The same job may be done twice, at the same time even: the handler has to bear that.
    #[must_use]
    pub fn on<J, Handler, Done>(mut self, handler: Handler) -> Self
    where
        J: Job,
        Handler: Fn(J, Context) -> Done + Send + Sync + 'static,
        Done: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let begin = move |payload: &str, context: Context| -> Result<Handled, String> {
            Ok(Box::pin(handler(read::<J>(payload)?, context)))
        };
        let validate = |payload: &str| read::<J>(payload).map(|_| ());
        let known = Known { kind: J::KIND, rules: J::RULES, begin: Box::new(begin), validate: Box::new(validate) };
        self.0.insert(J::KIND, Arc::new(known));
        self
    }

    pub(super) fn get(&self, kind: &str) -> Option<&Arc<Known>> {
        self.0.get(kind)
    }

    /// Their names.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().map(|&name| name.to_owned()).collect()
    }

    /// The names of those in a queue.
    pub(super) fn of(&self, queue: Queue) -> Vec<String> {
        self.0.values().filter(|known| known.rules.queue == queue).map(|known| known.kind.to_owned()).collect()
    }
}

fn read<J: Job>(payload: &str) -> Result<J, String> {
    let job: J = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    job.validate()?;
    Ok(job)
}
