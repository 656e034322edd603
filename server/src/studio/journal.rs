//! What a run writes: events in batches under its token, and sections with the event that says so.

use std::time::Duration;

use model::{Engine, Event, Logged, Stage};
use tokio::{sync::Mutex, time::Instant};

use super::{
    Studio,
    attempt::{Sink, TELL_WITHIN},
    engine::EngineError,
    store::{self, AppendError, Claim, Entry, Fate, NewRevision},
};
use crate::{events::Event as Happened, metrics::ByMaker};

/// Events are written in batches: as many as this, or what came within [`TELL_WITHIN`].
const BATCH: usize = 64;
/// A batch of big pieces is written sooner.
const BATCH_BYTES: usize = 256 * 1_024;

/// The log of one run, and what waits to be written to it.
pub(super) struct Journal<'a> {
    studio: &'a Studio,
    claim: &'a Claim,
    log: Mutex<Waiting>,
}

/// Events that wait to be written together.
struct Waiting {
    events: Vec<Event>,
    bytes: usize,
    since: Instant,
}

impl Waiting {
    fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
    }
}

impl<'a> Journal<'a> {
    pub(super) fn new(studio: &'a Studio, claim: &'a Claim) -> Self {
        let log = Mutex::new(Waiting { events: Vec::new(), bytes: 0, since: Instant::now() });
        Self { studio, claim, log }
    }

    /// Stores a section and says so, both or neither. Returns the number of its revision.
    pub(super) async fn complete(
        &self,
        revision: NewRevision<'_>,
        now: time::OffsetDateTime,
    ) -> Result<u32, AppendError> {
        let mut log = self.log.lock().await;
        let mut tx = store::begin(self.studio.db.primary()).await?;
        let stage = revision.stage;
        let mut logged = self.append(&mut tx, &log.events, Fate::GoesOn).await?;
        let number = store::insert_revision(&mut tx, &revision, now).await?;
        logged.extend(self.append(&mut tx, &[Event::StageDone { stage, revision: number }], Fate::GoesOn).await?);
        let is_shown = store::is_shown(&mut tx, self.claim.project).await?;
        let changing = self.studio.shown.changing(self.claim.project);
        store::commit(tx).await?;
        changing.is_committed_if_shown(is_shown).await;
        log.clear();
        self.studio.fanout.announce(self.claim.generation, logged);
        Ok(number)
    }

    /// Writes the last events, with what else is to be stored with them.
    pub(super) async fn end(
        &self,
        events: Vec<Event>,
        fate: Fate,
        bases: &[(model::Stage, model::trace::Basis)],
    ) -> Result<(), AppendError> {
        let mut log = self.log.lock().await;
        log.events.extend(events);
        let mut tx = store::begin(self.studio.db.primary()).await?;
        let logged = self.append(&mut tx, &log.events, fate).await?;
        for (stage, basis) in bases {
            store::set_basis(&mut tx, self.claim.generation, *stage, basis).await?;
        }
        let Claim { generation, project, about, .. } = self.claim;
        if let Some(happened) = log.events.last().and_then(|last| Happened::of_end(*generation, about.clone(), last)) {
            let owner = store::owner(&mut tx, *project).await?;
            self.studio.events.publish(&mut tx, owner, &happened).await?;
        }
        let is_shown = store::is_shown(&mut tx, *project).await?;
        let changing = self.studio.shown.changing(*project);
        store::commit(tx).await?;
        changing.is_committed_if_shown(is_shown).await;
        self.studio.events.wake();
        log.clear();
        self.studio.fanout.announce(self.claim.generation, logged);
        Ok(())
    }

    async fn append(&self, tx: &mut store::Tx, events: &[Event], fate: Fate) -> Result<Vec<Logged>, AppendError> {
        let logged = store::append(tx, self.claim, events, fate, self.studio.clock.now()).await?;
        self.studio.metrics.events_appended.inc_by(u64::try_from(events.len()).unwrap_or_default());
        Ok(logged)
    }
}

impl Sink for Journal<'_> {
    type Error = AppendError;

    /// Puts an event into the log, with others when more come soon.
    async fn write(&self, event: Event) -> Result<(), AppendError> {
        let full = {
            let mut log = self.log.lock().await;
            if log.events.is_empty() {
                log.since = Instant::now();
            }
            log.bytes += weight(&event);
            log.events.push(event);
            log.events.len() >= BATCH || log.bytes >= BATCH_BYTES || log.since.elapsed() >= TELL_WITHIN
        };
        if full { self.flush().await } else { Ok(()) }
    }

    /// Writes what waits.
    async fn flush(&self) -> Result<(), AppendError> {
        let mut log = self.log.lock().await;
        if log.events.is_empty() {
            return Ok(());
        }
        let entry = Entry::of(self.claim, &log.events);
        self.studio.scribe.write(entry).await?;
        log.clear();
        Ok(())
    }

    fn began_to_show(&self, stage: Stage, by: &Engine, after: Duration) {
        let first = &self.studio.metrics.first_piece;
        first.get_or_create(&ByMaker::new(stage, by)).observe(after.as_secs_f64());
    }

    fn fell_back(&self, stage: Stage, from: &Engine, to: &Engine, error: &EngineError) {
        tracing::info!(generation = %self.claim.generation, %stage, %from, %to, %error, "another engine takes over");
        self.studio.metrics.fallbacks.inc();
    }
}

/// Roughly how much an event holds; only what engines make can be big.
fn weight(event: &Event) -> usize {
    match event {
        Event::Piece { value, .. } => value.get("content").and_then(|text| text.as_str()).map_or(512, str::len),
        Event::Delta { text, .. } => text.len(),
        _ => 64,
    }
}
