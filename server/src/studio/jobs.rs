//! The studio's background jobs: making generations, and telling of those that could not be made.

use std::time::Duration;

use model::{Event, GenerationId, GenerationStatus, Logged};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    Studio, StudioError,
    runner::{self, Run},
    store::{self, Claim, ClaimError, EndedRun},
};
use crate::{
    events::Event as Happened,
    jobs::{Backoff, Context, Failure, GivenUp, Job, Kinds, Queue, Rules},
    metrics::Metrics,
};

/// Workers that may die over a generation before it is given up.
const ATTEMPTS: u16 = 5;
/// A generation that is not made after so long is made by nobody any more.
const TIME_LIMIT: Duration = Duration::from_secs(7_200);

/// Makes a generation. Its job has the same id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MakeGeneration {
    /// Which.
    pub generation: GenerationId,
}

impl Job for MakeGeneration {
    const KIND: &'static str = "make-generation";
    const RULES: Rules = Rules {
        queue: Queue::Studio,
        attempts: ATTEMPTS,
        time_limit: TIME_LIMIT,
        backoff: Backoff { first: Duration::from_secs(1), most: Duration::from_secs(30) },
        priority: 1,
        on_failure: Some(GenerationGivenUp::KIND),
    };
    /// Its job's token keeps others from writing to the log.
    const NEEDS_TOKEN: bool = true;
}

/// Tells whoever follows a generation that it will not be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GenerationGivenUp(GivenUp);

impl Job for GenerationGivenUp {
    const KIND: &'static str = "generation-given-up";
    const RULES: Rules = Rules { attempts: 10, ..Rules::USUAL };
}

impl Studio {
    /// Adds what the studio does in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let (maker, teller) = (self.clone(), self.clone());
        kinds
            .on::<MakeGeneration, _, _>(move |job, context| {
                let studio = maker.clone();
                async move { studio.make(job.generation, &context).await }
            })
            .on::<GenerationGivenUp, _, _>(move |job, _| {
                let studio = teller.clone();
                async move { studio.tell_of_failure(&job.0).await }
            })
    }

    /// Runs a generation. May be asked twice: what is over stays as it is, and what an earlier attempt has made is not made again.
    async fn make(&self, id: GenerationId, context: &Context) -> Result<(), Failure> {
        let token = self.clock.new_id();
        match store::begin_run(self.db.primary(), id, context.token(), token).await {
            Ok(Some(claim)) => self.run(claim).await,
            Ok(None) => Ok(()),
            Err(ClaimError::Unreadable(id)) => {
                tracing::error!(generation = %id, "a generation cannot be read by this version");
                Err(Failure::give_up("This version cannot read what was asked for. Start it again."))
            }
            Err(ClaimError::Db(error)) => Err(Failure::retry(error)),
        }
    }

    async fn run(&self, claim: Claim) -> Result<(), Failure> {
        let (id, began, running) = (claim.generation, Instant::now(), Running::new(self.metrics.clone()));
        let run = runner::run(self, claim).await;
        drop(running);
        runner::describe(id, run, began);
        match run {
            Run::Ended | Run::Lost => Ok(()),
            Run::Released => Err(Failure::give_back()),
            Run::Refused => Err(Failure::retry("The database did not take what was made; the log says why.")),
        }
    }

    async fn tell_of_failure(&self, given_up: &GivenUp) -> Result<(), Failure> {
        let job: MakeGeneration = serde_json::from_str(&given_up.payload).map_err(Failure::give_up)?;
        let (status, event) = match given_up.cause.as_str() {
            "cancelled" => (GenerationStatus::Cancelled, Event::Cancelled),
            "crashed" => (
                GenerationStatus::Failed,
                failed(
                    "worker-died",
                    format!(
                        "{ATTEMPTS} workers fell silent over this generation. Start it again, or change the directive."
                    ),
                ),
            ),
            // The reason is for whoever runs the house, and stands with the dead letter.
            _ => (
                GenerationStatus::Failed,
                failed("not-made", "It could not be made. Start it again in a moment.".to_owned()),
            ),
        };
        self.end(job.generation, status, &event).await.map_err(Failure::retry)
    }

    /// Ends a generation, whoever runs it, and tells. One that is over stays as it is.
    pub(super) async fn end(
        &self,
        id: GenerationId,
        status: GenerationStatus,
        event: &Event,
    ) -> Result<(), StudioError> {
        let mut tx = store::begin(self.db.primary()).await?;
        let ended = store::end(&mut tx, id, status, event, self.clock.now()).await?;
        // What is over ends its job by itself.
        if ended.is_some() {
            self.jobs.withdraw(&mut tx, id.0).await.map_err(super::starting::queue)?;
        }
        if let Some(EndedRun { owner, about, .. }) = &ended
            && let Some(happened) = Happened::of_end(id, about.clone(), event)
        {
            self.events.publish(&mut tx, Some(*owner), &happened).await?;
        }
        store::commit(tx).await?;
        if let Some(EndedRun { seq, .. }) = ended {
            self.events.wake();
            let counter = if status == GenerationStatus::Cancelled {
                &self.metrics.generations_cancelled
            } else {
                &self.metrics.generations_failed
            };
            counter.inc();
            self.fanout.announce(id, vec![Logged { seq, kind: event.kind().to_owned(), data: event.data() }]);
            self.jobs.cancelled(id.0);
        }
        Ok(())
    }
}

fn failed(code: &str, message: String) -> Event {
    Event::Failed { code: code.to_owned(), message, retryable: true }
}

/// Counts a generation for as long as it runs, however it ends.
struct Running(Metrics);

impl Running {
    fn new(metrics: Metrics) -> Self {
        metrics.generations_running.inc();
        Self(metrics)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.generations_running.dec();
    }
}
