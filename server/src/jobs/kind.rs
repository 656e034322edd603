//! Kinds of jobs: what they carry, how they are treated, and who does them.

use std::{
    collections::BTreeMap,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, field::Empty};
use uuid::Uuid;

use super::backoff::Backoff;

/// When the program stops, jobs under way have so long to end by themselves.
const GRACE: Duration = Duration::from_millis(1_500);

/// What a job of one kind carries. Jobs outlive the program that published them: a change that old payloads do not survive needs a new kind.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the database and in addresses: `send-mail`.
    const KIND: &'static str;
    /// How it is treated.
    const RULES: Rules = Rules::USUAL;
    /// Whether it is done under the token of its attempt ([`Context::token`], [`super::Jobs::complete`]): then a worker does it, and nobody else can.
    const NEEDS_TOKEN: bool = false;

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
    /// Pictures: each takes a core and some hundred megabytes for seconds.
    Images,
    /// What is tidied up now and then.
    Upkeep,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Usual, Self::Studio, Self::Mail, Self::Webhooks, Self::Images, Self::Upkeep];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Studio => "studio",
            Self::Mail => "mail",
            Self::Webhooks => "webhooks",
            Self::Images => "images",
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
    /// It could not even be tried. Not before so long, and the attempt does not count.
    PutOff(Duration),
}

impl Then {
    /// What a failure is in the attempt's span: nothing when another is to do the work.
    fn as_error(self) -> Option<&'static str> {
        match self {
            Self::Retry | Self::RetryAfter(_) => Some("failed"),
            Self::GiveUp => Some("refused"),
            Self::GiveBack | Self::PutOff(_) => None,
        }
    }
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

    /// For later, as if it had not been tried.
    pub fn put_off(reason: impl ToString, pause: Duration) -> Self {
        Self { reason: reason.to_string(), then: Then::PutOff(pause) }
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
    /// Whose lease it is under. Nobody has the nil id: outside a worker there is no lease.
    pub(super) worker: Uuid,
    pub(super) published_at: OffsetDateTime,
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

    /// An attempt outside a worker, of whose job PostgreSQL knows nothing: its token holds none.
    pub(super) fn outside(
        id: Uuid,
        attempt: u16,
        attempts: u16,
        now: OffsetDateTime,
        stopping: CancellationToken,
    ) -> Self {
        let completed = Arc::default();
        Self { id, attempt, attempts, worker: Uuid::nil(), published_at: now, completed, stopping }
    }

    pub(super) fn is_outside(&self) -> bool {
        self.worker.is_nil()
    }

    pub(super) fn was_completed(&self) -> bool {
        self.completed.load(Ordering::SeqCst)
    }
}

/// What came of a payload that was done outside a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It is done.
    Done,
    /// It is not.
    Failed(Failure),
    /// It cannot be read, now or later.
    Unreadable(String),
}

pub(super) type Handled = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// The kinds that this program can do, and how.
#[derive(Clone, Default)]
pub struct Kinds(BTreeMap<&'static str, Arc<Known>>);

/// A kind without its type.
pub(super) struct Known {
    pub(super) kind: &'static str,
    pub(super) rules: Rules,
    pub(super) needs_token: bool,
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

    /// Sees an attempt through, in a span: within its time, whatever the handler does, and only a moment longer once the program stops.
    pub(super) async fn see_through(&self, handled: Handled, context: &Context) -> Result<(), Failure> {
        let span = tracing::info_span!(
            "job",
            job.id = %context.id,
            job.kind = self.kind,
            job.attempt = i64::from(context.attempt),
            error.type = Empty
        );
        let seen = async {
            let ended = self.within_limits(handled, &context.stopping).await;
            Span::current().record("error.type", ended.as_ref().err().and_then(|failure| failure.then.as_error()));
            ended
        };
        seen.instrument(span).await
    }

    async fn within_limits(&self, handled: Handled, stopping: &CancellationToken) -> Result<(), Failure> {
        let limit = self.rules.time_limit;
        let told_to_stop = async {
            stopping.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            ended = tokio::time::timeout(limit, AssertUnwindSafe(handled).catch_unwind()) => match ended {
                Ok(Ok(handled)) => handled,
                Ok(Err(panic)) => Err(Failure::retry(format!("The program panicked over it: {}", words_of(&*panic)))),
                Err(_) => Err(Failure::retry(format!("It took longer than {} seconds.", limit.as_secs_f64()))),
            },
            () = told_to_stop => Err(Failure::give_back()),
        }
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
        let (begin, validate) = (Box::new(begin), Box::new(validate));
        let known = Known { kind: J::KIND, rules: J::RULES, needs_token: J::NEEDS_TOKEN, begin, validate };
        self.0.insert(J::KIND, Arc::new(known));
        self
    }

    /// Does something else with jobs of a known kind that can be read, within another time.
    #[must_use]
    pub(super) fn instead<Handler>(mut self, known: &Arc<Known>, time_limit: Duration, handler: Handler) -> Self
    where
        Handler: Fn(String, Context) -> Handled + Send + Sync + 'static,
    {
        let (readable, validated) = (Arc::clone(known), Arc::clone(known));
        let begin = move |payload: &str, context: Context| {
            readable.validate(payload)?;
            Ok(handler(payload.to_owned(), context))
        };
        let validate = move |payload: &str| validated.validate(payload);
        let (begin, validate) = (Box::new(begin), Box::new(validate));
        let (kind, needs_token) = (known.kind, known.needs_token);
        let replaced = Known { kind, rules: Rules { time_limit, ..known.rules }, needs_token, begin, validate };
        self.0.insert(kind, Arc::new(replaced));
        self
    }

    /// Does a payload here and now, outside a worker. Nobody tries it again but whoever asks. Nothing when the kind is not known.
    pub(super) async fn run(&self, kind: &str, payload: &str, context: Context) -> Option<Ran> {
        let known = self.get(kind)?;
        if known.needs_token {
            return Some(Ran::Failed(Failure::give_up("Only a worker can do jobs of this kind.")));
        }
        Some(match known.begin(payload, context.clone()) {
            Err(reason) => Ran::Unreadable(reason),
            Ok(handled) => known.see_through(handled, &context).await.map_or_else(Ran::Failed, |()| Ran::Done),
        })
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

fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("the log says where")
}

fn read<J: Job>(payload: &str) -> Result<J, String> {
    let job: J = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    job.validate()?;
    Ok(job)
}
