//! Running one generation under its lease: stage after stage, piece by piece into the log.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::{StreamExt, future::try_join_all};
use model::{Event, GenerationId, Receipt, Stage, StageReceipt, sections::Sections};
use tokio::{sync::Mutex, time::Instant};

use super::{
    Studio,
    engine::{Brief, EngineError, Made, StageEngine},
    fanout::Heard,
    store::{self, AppendError, Claim, Fate},
};
use crate::{clock::milliseconds, db::DbError};

/// A generation over which this many workers fell silent would silence the next one as well. Being given back does not count.
const LOST_MAX: u32 = 5;
/// How long to leave a database alone that does not answer.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Events are written in batches: as many as this, or what came within the span below.
const BATCH: usize = 64;
const BATCH_SPAN: Duration = Duration::from_millis(15);

/// How a run ended for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// The generation has its last event.
    Ended,
    /// Somebody else has it now, or somebody stopped it.
    Lost,
    /// It was given back, for another worker.
    Released,
}

/// Why a run broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Runs a claimed generation to its end, unless the lease is lost or the program stops.
pub(super) async fn run(studio: &Studio, claim: Claim) -> Run {
    let run = Runner {
        studio,
        log: Mutex::new(Log { pending: Vec::new(), since: Instant::now() }),
        made: Mutex::new(Sections::default()),
        claim,
        began: Instant::now(),
    };
    tokio::select! {
        ended = run.to_its_end() => ended,
        () = run.until_lost() => Run::Lost,
        () = studio.tasks.stopping() => run.give_back().await,
    }
}

struct Runner<'a> {
    studio: &'a Studio,
    claim: Claim,
    log: Mutex<Log>,
    /// The sections that later stages are made from.
    made: Mutex<Sections>,
    began: Instant,
}

/// Events that wait to be written together.
struct Log {
    pending: Vec<Event>,
    since: Instant,
}

impl Runner<'_> {
    async fn to_its_end(&self) -> Run {
        let made = if self.claim.lost >= LOST_MAX { Err(gave_up().into()) } else { self.stages().await };
        let ended = match made {
            Ok(receipts) => self.finish(receipts).await,
            Err(Broken::Engine(error)) => self.fail(&error).await,
            Err(Broken::Append(error)) => Err(error),
        };
        match ended {
            Ok(()) => Run::Ended,
            Err(AppendError::LeaseLost) => Run::Lost,
            Err(AppendError::Db(error)) => {
                tracing::warn!(generation = %self.claim.generation, %error, "broke off: the database is away");
                tokio::time::sleep(AFTER_FAILURE).await;
                self.give_back().await
            }
        }
    }

    /// Stages that need none of those still to be made run side by side; then the next ones.
    async fn stages(&self) -> Result<Vec<StageReceipt>, Broken> {
        let done =
            store::stages_done(self.studio.db.primary(), self.claim.generation).await.map_err(AppendError::from)?;
        self.fetch_needed().await?;
        let mut left: Vec<Stage> = self.claim.stages.iter().copied().filter(|stage| !done.contains(stage)).collect();
        let mut receipts = Vec::new();
        while !left.is_empty() {
            let (ready, later): (Vec<Stage>, Vec<Stage>) =
                left.iter().partition(|stage| stage.needs().iter().all(|needed| !left.contains(needed)));
            receipts.extend(try_join_all(ready.iter().map(|stage| self.stage(*stage))).await?);
            left = later;
        }
        Ok(receipts)
    }

    /// Sections that were made before, by this generation or an earlier one, and that its stages are made from.
    async fn fetch_needed(&self) -> Result<(), Broken> {
        let mut made = self.made.lock().await;
        let needed: BTreeSet<Stage> = self.claim.stages.iter().flat_map(|stage| stage.needs()).copied().collect();
        for stage in needed {
            let newest = store::newest_revision(self.studio.db.primary(), self.claim.generation, stage).await;
            if let Some(content) = newest.map_err(AppendError::from)? {
                made.restore(stage, &content).map_err(|e| broken(&e))?;
            }
        }
        Ok(())
    }

    /// Whether an earlier attempt began this stage, so that readers may hold pieces of it.
    async fn begun_before(&self, stage: Stage) -> Result<bool, AppendError> {
        if self.claim.attempt == 1 {
            return Ok(false);
        }
        Ok(store::stages_begun(self.studio.db.primary(), self.claim.generation).await?.contains(&stage))
    }

    async fn stage(&self, stage: Stage) -> Result<StageReceipt, Broken> {
        let engine: &dyn StageEngine = self.studio.engine.as_ref();
        let began = Instant::now();
        if self.begun_before(stage).await? {
            self.write(Event::Restart { stage, attempt: self.claim.attempt }).await?;
        }
        self.write(Event::Status { stage, message: opening(stage).to_owned() }).await?;
        let brief = Brief {
            directive: self.claim.directive.clone(),
            note: self.claim.note.clone(),
            stage,
            made: self.made.lock().await.clone(),
            generation: Some(self.claim.generation),
            together: Vec::new(),
            locked: Vec::new(),
            reuse: false,
        };
        let mut pieces = engine.make(brief);
        let (mut sections, mut count) = (Sections::default(), 0);
        let mut first_piece = None;
        while let Some(made) = self.next_piece(&mut pieces).await? {
            let Made::Piece(piece) = made else { continue };
            let is_first = first_piece.is_none();
            first_piece.get_or_insert_with(|| began.elapsed());
            // A piece that does not fit is the engine's fault and never reaches the log.
            sections.apply(stage, &piece).map_err(|e| broken(&e))?;
            count += 1;
            self.write(Event::Piece { stage, path: piece.path, value: piece.value }).await?;
            if is_first {
                self.flush().await?;
                self.studio.metrics.first_piece.observe(began.elapsed().as_secs_f64());
            }
        }
        let content = sections.content(stage).map_err(|e| broken(&e))?;
        self.complete(stage, &content).await?;
        self.made.lock().await.restore(stage, &content).map_err(|e| broken(&e))?;
        Ok(StageReceipt {
            stage,
            engine: engine.name(),
            model: engine.model(stage),
            fallbacks: Vec::new(),
            tokens_in: 0,
            tokens_out: 0,
            cost_micros: 0,
            cache_hit: false,
            first_piece_ms: milliseconds(first_piece.unwrap_or_default()),
            total_ms: milliseconds(began.elapsed()),
            pieces: count,
        })
    }

    /// The engine's next piece. While it thinks, what was made so far is written down.
    async fn next_piece(&self, pieces: &mut super::PieceStream) -> Result<Option<Made>, Broken> {
        let ready = tokio::select! {
            biased;
            piece = pieces.next() => Some(piece),
            () = tokio::time::sleep(BATCH_SPAN) => None,
        };
        let piece = match ready {
            Some(piece) => piece,
            None => {
                self.flush().await?;
                pieces.next().await
            }
        };
        Ok(piece.transpose()?)
    }

    /// Stores the section and says so, both or neither.
    async fn complete(&self, stage: Stage, content: &str) -> Result<(), Broken> {
        let mut log = self.log.lock().await;
        let now = self.studio.clock.now();
        let mut tx = store::begin(self.studio.db.primary()).await.map_err(AppendError::from)?;
        let mut logged = self.append(&mut tx, &log.pending, Fate::GoesOn).await?;
        let id = self.studio.clock.new_id();
        let revision = store::insert_revision(&mut tx, id, &self.claim, stage, content, now).await?;
        logged.extend(self.append(&mut tx, &[Event::StageDone { stage, revision }], Fate::GoesOn).await?);
        store::commit(tx).await.map_err(AppendError::from)?;
        log.pending.clear();
        self.studio.fanout.announce(self.claim.generation, logged);
        Ok(())
    }

    async fn finish(&self, stages: Vec<StageReceipt>) -> Result<(), AppendError> {
        let receipt = Receipt {
            stages,
            total_ms: milliseconds(self.began.elapsed()),
            queued_ms: milliseconds(self.claim.waited.unsigned_abs()),
            attempts: self.claim.attempt,
            pace_ms: self.studio.engine.pace_ms(),
        };
        let last = Event::Done { stages: self.claim.stages.clone() };
        self.end(vec![Event::Receipt(receipt), last], Fate::Done).await?;
        self.studio.metrics.generations_done.inc();
        self.studio.metrics.generation_time.observe(self.began.elapsed().as_secs_f64());
        Ok(())
    }

    async fn fail(&self, error: &EngineError) -> Result<(), AppendError> {
        tracing::warn!(generation = %self.claim.generation, %error, "a generation failed");
        let code = if self.claim.lost >= LOST_MAX { "worker-died" } else { "engine-failed" }.to_owned();
        let last = Event::Failed { code, message: error.message.clone(), retryable: error.retryable };
        self.end(vec![last], Fate::Failed).await?;
        self.studio.metrics.generations_failed.inc();
        Ok(())
    }

    async fn end(&self, events: Vec<Event>, fate: Fate) -> Result<(), AppendError> {
        let mut log = self.log.lock().await;
        log.pending.extend(events);
        let mut tx = store::begin(self.studio.db.primary()).await?;
        let logged = self.append(&mut tx, &log.pending, fate).await?;
        store::commit(tx).await?;
        log.pending.clear();
        self.studio.fanout.announce(self.claim.generation, logged);
        Ok(())
    }

    /// Puts an event into the log, with others when more come soon.
    async fn write(&self, event: Event) -> Result<(), AppendError> {
        let full = {
            let mut log = self.log.lock().await;
            if log.pending.is_empty() {
                log.since = Instant::now();
            }
            log.pending.push(event);
            log.pending.len() >= BATCH || log.since.elapsed() >= BATCH_SPAN
        };
        if full { self.flush().await } else { Ok(()) }
    }

    async fn flush(&self) -> Result<(), AppendError> {
        let mut log = self.log.lock().await;
        if log.pending.is_empty() {
            return Ok(());
        }
        let mut tx = store::begin(self.studio.db.primary()).await?;
        let logged = self.append(&mut tx, &log.pending, Fate::GoesOn).await?;
        store::commit(tx).await?;
        log.pending.clear();
        self.studio.fanout.announce(self.claim.generation, logged);
        Ok(())
    }

    async fn append(
        &self,
        tx: &mut store::Tx,
        events: &[Event],
        fate: Fate,
    ) -> Result<Vec<model::Logged>, AppendError> {
        let lease = self.studio.config.lease.as_secs_f64();
        let logged = store::append(tx, &self.claim, events, fate, lease, self.studio.clock.now()).await?;
        self.studio.metrics.events_appended.inc_by(u64::try_from(events.len()).unwrap_or_default());
        Ok(logged)
    }

    /// Resolves when the lease is lost: another has it, or the owner stopped the generation. Renews it until then.
    async fn until_lost(&self) {
        let lease = self.studio.config.lease;
        let mut listener = self.studio.fanout.listen(self.claim.generation);
        let mut renewal = tokio::time::interval(lease / 3);
        loop {
            tokio::select! {
                heard = listener.next() => {
                    if let Heard::Events(batch) = heard
                        && batch.iter().any(|event| event.kind == Event::Cancelled.kind())
                    {
                        return;
                    }
                }
                _ = renewal.tick() => match self.renew().await {
                    Ok(true) => {}
                    Ok(false) if self.has_ended().await => std::future::pending().await,
                    Ok(false) => return,
                    Err(error) => tracing::debug!(%error, "the lease was not renewed this time"),
                },
            }
        }
    }

    /// Renews the lease, and gives up waiting for the database before the lease is over.
    async fn renew(&self) -> Result<bool, DbError> {
        let lease = self.studio.config.lease;
        let renewed = store::renew(self.studio.db.primary(), &self.claim, lease.as_secs_f64());
        tokio::time::timeout(lease / 3, renewed).await.unwrap_or(Err(DbError::Away(sqlx::Error::PoolTimedOut)))
    }

    /// Our own last event ends the lease as well; that is no loss, and `to_its_end` is about to return.
    async fn has_ended(&self) -> bool {
        let ended = store::is_over(self.studio.db.primary(), self.claim.generation, i64::MAX).await;
        ended.unwrap_or(false) && self.log.try_lock().is_err()
    }

    async fn give_back(&self) -> Run {
        match store::release(self.studio.db.primary(), &self.claim).await {
            Ok(()) => self.studio.fanout.wake_workers(),
            // The lease runs out by itself.
            Err(error) => tracing::debug!(%error, "a generation was not given back"),
        }
        Run::Released
    }
}

/// What an engine made cannot be used, and would be made the same way again.
fn broken(error: &dyn std::error::Error) -> EngineError {
    EngineError { message: error.to_string(), retryable: false }
}

fn opening(stage: Stage) -> &'static str {
    match stage {
        Stage::Product => "Reading the directive",
        Stage::Brand => "Looking for a name",
        Stage::Design => "Drawing screens",
        Stage::Architecture => "Laying out the parts",
        Stage::Code => "Writing files",
    }
}

fn gave_up() -> EngineError {
    EngineError {
        message: format!(
            "{LOST_MAX} workers fell silent over this generation. Start it again, or change the directive."
        ),
        retryable: true,
    }
}

/// What the worker says of a run in its log.
pub(super) fn describe(id: GenerationId, run: Run, began: Instant) {
    tracing::info!(generation = %id, outcome = ?run, milliseconds = milliseconds(began.elapsed()), "generation run");
}

/// Shared between worker and runner.
pub(super) type Slots = Arc<tokio::sync::Semaphore>;
