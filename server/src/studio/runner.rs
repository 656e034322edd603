//! Running one generation for its job: stages in their order, those that do not need each other side by side.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::future::try_join_all;
use model::{Event, GenerationId, Receipt, Stage, StageReceipt, sections::Sections, trace::Basis};
use tokio::{sync::Mutex, time::Instant};

use super::{
    Studio,
    attempt::Broken,
    engine::EngineError,
    fanout::Heard,
    journal::Journal,
    store::{self, AppendError, Claim, Fate},
};
use crate::{
    clock::milliseconds,
    db::{DbError, within},
};

/// How long the database is asked to take a generation back.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a run ended for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// The generation has its last event.
    Ended,
    /// Somebody else has it now, or somebody stopped it.
    Lost,
    /// It was given back, for another worker.
    Released,
    /// The database does not take what was made.
    Refused,
}

/// Runs a claimed generation to its end, unless somebody stops it, another run begins, or the program ends.
pub(super) async fn run(studio: &Studio, claim: Claim) -> Run {
    let run = Runner {
        studio,
        journal: Journal::new(studio, &claim),
        made: Mutex::default(),
        claim: &claim,
        began: Instant::now(),
    };
    tokio::select! {
        ended = run.to_its_end() => ended,
        () = run.until_stopped() => Run::Lost,
        () = studio.tasks.stopping() => run.give_back().await,
    }
}

pub(super) struct Runner<'a> {
    pub(super) studio: &'a Studio,
    pub(super) claim: &'a Claim,
    pub(super) journal: Journal<'a>,
    /// The sections as they are, those this run has made included.
    pub(super) made: Mutex<AsMade>,
    began: Instant,
}

/// Sections, and what they were made from.
#[derive(Default)]
pub(super) struct AsMade {
    pub(super) sections: Arc<Sections>,
    pub(super) bases: BTreeMap<Stage, Basis>,
}

impl Runner<'_> {
    async fn to_its_end(&self) -> Run {
        let ended = match self.stages().await {
            Ok(receipts) => self.finish(receipts).await,
            Err(Broken::Engine(error)) => self.fail(&error).await,
            Err(Broken::Sink(error)) => Err(error),
        };
        match ended {
            Ok(()) => Run::Ended,
            Err(AppendError::LeaseLost) => Run::Lost,
            Err(AppendError::Db(error)) => {
                tracing::warn!(generation = %self.claim.generation, %error, "broke off: the log cannot be written");
                let is_away = matches!(error, DbError::Away(_));
                if is_away { self.give_back().await } else { Run::Refused }
            }
        }
    }

    /// A stage begins as soon as those it needs are made; stages that do not need each other run side by side.
    async fn stages(&self) -> Result<Vec<StageReceipt>, Broken<AppendError>> {
        self.fetch().await?;
        let (done, mut receipts) = self.made_before().await?;
        let mut left: Vec<Stage> = self.claim.stages.iter().copied().filter(|stage| !done.contains(stage)).collect();
        while !left.is_empty() {
            let (ready, later): (Vec<Stage>, Vec<Stage>) =
                left.iter().partition(|stage| stage.needs().iter().all(|needed| !left.contains(needed)));
            receipts.extend(try_join_all(ready.iter().map(|stage| self.stage(*stage))).await?);
            left = later;
        }
        Ok(receipts)
    }

    /// The stages that an earlier attempt has made, and their receipts, which are stored with what they made.
    async fn made_before(&self) -> Result<(Vec<Stage>, Vec<StageReceipt>), Broken<AppendError>> {
        if self.claim.attempt == 1 {
            return Ok((Vec::new(), Vec::new()));
        }
        let primary = self.studio.db.primary();
        let done = store::stages_done(primary, self.claim.generation).await.map_err(away)?;
        Ok((done, store::receipts(primary, self.claim.generation).await.map_err(away)?))
    }

    /// Sections as they are: those that this generation has made already, and those that were there before.
    async fn fetch(&self) -> Result<(), Broken<AppendError>> {
        let stored = store::as_made(self.studio.db.primary(), self.claim.project, self.claim.generation).await;
        let mut made = self.made.lock().await;
        for section in stored.map_err(away)? {
            Arc::make_mut(&mut made.sections).restore(section.stage, &section.content).map_err(|e| broken(&e))?;
            made.bases.extend(section.basis.map(|basis| (section.stage, basis)));
        }
        Ok(())
    }

    /// Whether an earlier attempt began this stage, so that readers may hold pieces of it.
    pub(super) async fn begun_before(&self, stage: Stage) -> Result<bool, AppendError> {
        if self.claim.attempt == 1 {
            return Ok(false);
        }
        Ok(store::stages_begun(self.studio.db.primary(), self.claim.generation).await?.contains(&stage))
    }

    async fn finish(&self, mut stages: Vec<StageReceipt>) -> Result<(), AppendError> {
        stages.sort_by_key(|receipt| receipt.stage);
        let receipt = Receipt {
            stages,
            total_ms: milliseconds(self.began.elapsed()),
            queued_ms: milliseconds(self.claim.waited.unsigned_abs()),
            attempts: self.claim.attempt,
            pace_ms: self.studio.engines.pace_ms(),
        };
        let last = Event::Done { stages: self.claim.stages.clone() };
        self.journal.end(vec![Event::Receipt(receipt), last], Fate::Done, &self.bases().await).await?;
        self.studio.metrics.generations_done.inc();
        self.studio.metrics.generation_time.observe(self.began.elapsed().as_secs_f64());
        Ok(())
    }

    /// What the sections were made from, now that those made side by side are all there.
    async fn bases(&self) -> Vec<(Stage, Basis)> {
        let made = self.made.lock().await;
        let mut bases = Basis::all_now(&self.claim.stages, &made.sections);
        for (stage, basis) in &mut bases {
            basis.kept = made.bases.get(stage).map(|basis| basis.kept.clone()).unwrap_or_default();
        }
        bases
    }

    async fn fail(&self, error: &EngineError) -> Result<(), AppendError> {
        tracing::warn!(generation = %self.claim.generation, %error, "a generation failed");
        let last = Event::Failed {
            code: "engine-failed".to_owned(),
            message: error.message.clone(),
            retryable: error.retryable,
        };
        self.journal.end(vec![last], Fate::Failed, &[]).await?;
        self.studio.metrics.generations_failed.inc();
        Ok(())
    }

    /// Resolves when the owner stops the generation. When that is not heard, the job hears that it was withdrawn.
    async fn until_stopped(&self) {
        let mut listener = self.studio.fanout.listen(self.claim.generation);
        loop {
            if let Heard::Events(batch) = listener.next().await
                && batch.iter().any(|event| event.kind == Event::Cancelled.kind())
            {
                return;
            }
        }
    }

    async fn give_back(&self) -> Run {
        let released = within(PATIENCE, store::release(self.studio.db.primary(), self.claim)).await;
        if let Err(error) = released {
            // Whoever begins it again takes it over.
            tracing::debug!(%error, "a generation was not given back");
        }
        Run::Released
    }
}

/// The database could not be asked.
fn away(error: DbError) -> Broken<AppendError> {
    Broken::Sink(error.into())
}

/// What is stored cannot be read, and will not be the next time.
fn broken(error: &dyn std::error::Error) -> EngineError {
    EngineError { message: error.to_string(), retryable: false }
}

/// What the worker says of a run in its log.
pub(super) fn describe(id: GenerationId, run: Run, began: Instant) {
    tracing::info!(generation = %id, outcome = ?run, milliseconds = milliseconds(began.elapsed()), "generation run");
}
