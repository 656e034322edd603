//! Making one section: the engines of the chain one after another until one of them brings it to its end.

use futures::StreamExt;
use model::{Engine, Event, Piece, PiecePath, Stage, StageReceipt, sections::Sections, trace::Basis};
use tokio::time::Instant;

use super::{
    checks,
    engine::{Brief, EngineError, Made, StageEngine, Usage},
    journal::BATCH_SPAN,
    runner::{Broken, Runner, broken},
    store::{AppendError, NewRevision},
};
use crate::clock::milliseconds;

/// The most pieces a section may have.
const PIECES_MAX: u32 = 2_000;
/// The most bytes a section may have, as it is stored.
const SECTION_MAX_BYTES: usize = 4 * 1_024 * 1_024;

/// A stage while it is being made.
struct Making {
    stage: Stage,
    began: Instant,
    /// Pieces as they were, which stay.
    locked: Vec<Piece>,
    section: Sections,
    pieces: u32,
    first_piece: Option<std::time::Duration>,
    fallbacks: Vec<Engine>,
    /// Used up by engines that gave up.
    spent: Usage,
    /// Used up by the one at work.
    usage: Usage,
}

impl Making {
    fn used(&self) -> Usage {
        Usage {
            model: self.usage.model.clone(),
            tokens_in: self.spent.tokens_in + self.usage.tokens_in,
            tokens_out: self.spent.tokens_out + self.usage.tokens_out,
            cost_micros: self.spent.cost_micros + self.usage.cost_micros,
            cache_hit: self.usage.cache_hit,
        }
    }

    /// The piece that stays at this address, if one does.
    fn locked_at(&self, path: &PiecePath) -> Option<Piece> {
        self.locked.iter().find(|piece| piece.path == *path).cloned()
    }
}

impl Runner<'_> {
    /// Makes a section, stores it, and says what it cost.
    pub(super) async fn stage(&self, stage: Stage) -> Result<StageReceipt, Broken> {
        let mut making = Making {
            stage,
            began: Instant::now(),
            locked: self.locked(stage).await,
            section: Sections::default(),
            pieces: 0,
            first_piece: None,
            fallbacks: Vec::new(),
            spent: Usage::default(),
            usage: Usage::default(),
        };
        if self.begun_before(stage).await? {
            self.journal.write(Event::Restart { stage, attempt: self.claim.attempt }).await?;
        }
        self.journal.write(Event::Status { stage, message: opening(stage).to_owned() }).await?;
        let engine = self.by_the_first_that_can(&mut making).await?;
        self.store(making, engine.as_ref()).await
    }

    /// Tries the chain's engines in order. What one that gave up has made is dropped.
    async fn by_the_first_that_can(&self, making: &mut Making) -> Result<std::sync::Arc<dyn StageEngine>, Broken> {
        let chain = self.studio.engines.chain(self.claim.engine.as_deref());
        for (at, engine) in chain.iter().enumerate() {
            let made = match engine.ready(making.stage) {
                Ok(()) => self.by(engine.as_ref(), making).await,
                Err(passed_over) => Err(Broken::Engine(passed_over)),
            };
            match (made, chain.get(at + 1)) {
                (Ok(()), _) => return Ok(std::sync::Arc::clone(engine)),
                (Err(Broken::Engine(error)), Some(next)) => {
                    self.fall_back(making, engine.name(), next.name(), &error).await?
                }
                (Err(error), _) => return Err(error),
            }
        }
        Err(Broken::Engine(EngineError { message: "There is no engine for this.".to_owned(), retryable: false }))
    }

    async fn fall_back(
        &self,
        making: &mut Making,
        from: Engine,
        to: Engine,
        error: &EngineError,
    ) -> Result<(), AppendError> {
        let stage = making.stage;
        tracing::info!(generation = %self.claim.generation, %stage, %from, %to, %error, "another engine takes over");
        self.studio.metrics.fallbacks.inc();
        self.journal.write(Event::Fallback { stage, from: from.clone(), to, reason: error.message.clone() }).await?;
        if making.pieces > 0 {
            self.journal.write(Event::Restart { stage, attempt: self.claim.attempt }).await?;
            self.journal.write(Event::Status { stage, message: opening(stage).to_owned() }).await?;
        }
        making.spent = Usage { model: None, cache_hit: false, ..making.used() };
        making.fallbacks.push(from);
        (making.section, making.pieces, making.usage) = (Sections::default(), 0, Usage::default());
        Ok(())
    }

    /// One engine's attempt, piece by piece into the log.
    async fn by(&self, engine: &dyn StageEngine, making: &mut Making) -> Result<(), Broken> {
        let mut stream = engine.make(self.brief(making).await);
        while let Some(made) = self.next(&mut stream).await? {
            match made {
                Made::Piece(piece) => {
                    let piece = making.locked_at(&piece.path).unwrap_or(piece);
                    self.take(making, piece).await?;
                }
                // What stays is whole already.
                Made::Text { path, .. } if making.locked_at(&path).is_some() => {}
                Made::Text { path, text } => {
                    making.section.append(making.stage, &path, &text).map_err(|e| broken(&e))?;
                    self.journal.write(Event::Delta { stage: making.stage, path, text }).await?;
                }
                Made::Usage(usage) => making.usage = usage,
            }
        }
        if making.pieces == 0 {
            let message = format!("{} made nothing.", engine.name());
            return Err(Broken::Engine(EngineError { message, retryable: true }));
        }
        self.keep_the_rest(making).await
    }

    /// What is locked stays even where the engine has not made it again.
    async fn keep_the_rest(&self, making: &mut Making) -> Result<(), Broken> {
        let made: std::collections::HashSet<PiecePath> =
            making.section.pieces(making.stage).into_iter().map(|piece| piece.path).collect();
        for piece in making.locked.clone() {
            if !made.contains(&piece.path) {
                self.take(making, piece).await?;
            }
        }
        Ok(())
    }

    async fn take(&self, making: &mut Making, piece: Piece) -> Result<(), Broken> {
        let is_first = making.pieces == 0;
        if is_first && making.first_piece.is_none() {
            making.first_piece = Some(making.began.elapsed());
        }
        making.pieces += 1;
        if making.pieces > PIECES_MAX {
            let message = format!("It made more than {PIECES_MAX} pieces.");
            return Err(Broken::Engine(EngineError { message, retryable: false }));
        }
        // A piece that does not fit is the engine's fault and never reaches the log.
        making.section.apply(making.stage, &piece).map_err(|e| broken(&e))?;
        self.journal.write(Event::Piece { stage: making.stage, path: piece.path, value: piece.value }).await?;
        if is_first {
            self.journal.flush().await?;
            self.studio.metrics.first_piece.observe(making.began.elapsed().as_secs_f64());
        }
        Ok(())
    }

    /// The engine's next item. While it thinks, what was made so far is written down.
    async fn next(&self, stream: &mut super::PieceStream) -> Result<Option<Made>, Broken> {
        let ready = tokio::select! {
            biased;
            made = stream.next() => Some(made),
            () = tokio::time::sleep(BATCH_SPAN) => None,
        };
        let made = match ready {
            Some(made) => made,
            None => {
                self.journal.flush().await?;
                stream.next().await
            }
        };
        Ok(made.transpose()?)
    }

    async fn brief(&self, making: &Making) -> Brief {
        Brief {
            generation: Some(self.claim.generation),
            directive: self.claim.directive.clone(),
            note: self.claim.note.clone(),
            stage: making.stage,
            made: self.made.lock().await.sections.clone(),
            together: self.claim.stages.iter().copied().filter(|other| *other != making.stage).collect(),
            locked: making.locked.iter().map(|piece| piece.path.clone()).collect(),
            reuse: self.claim.reuse,
        }
    }

    /// The pieces of a section, as it is, that stay.
    async fn locked(&self, stage: Stage) -> Vec<Piece> {
        let made = self.made.lock().await;
        let wanted = |path: &PiecePath| self.claim.locks.iter().any(|lock| lock.stage == stage && lock.path == *path);
        made.sections.pieces(stage).into_iter().filter(|piece| wanted(&piece.path)).collect()
    }

    /// Checks the section, stores it with what it was made from, and hands it to the stages that need it.
    async fn store(&self, making: Making, engine: &dyn StageEngine) -> Result<StageReceipt, Broken> {
        let stage = making.stage;
        let content = making.section.content(stage).map_err(|e| broken(&e))?;
        if content.len() > SECTION_MAX_BYTES {
            let message = format!("The section has {} bytes; {SECTION_MAX_BYTES} is the most.", content.len());
            return Err(Broken::Engine(EngineError { message, retryable: false }));
        }
        let (basis, sections) = {
            let mut made = self.made.lock().await;
            let before = made.bases.get(&stage).cloned();
            made.sections.restore(stage, &content).map_err(|e| broken(&e))?;
            let basis =
                kept_basis(Basis::now(stage, &made.sections), before.as_ref(), &making.locked, stage, &made.sections);
            made.bases.insert(stage, basis.clone());
            (basis, made.sections.clone())
        };
        let (results, own) = checks::check_off_thread(stage, sections).await;
        self.journal.write(Event::Checks { stage, results }).await?;
        let receipt = receipt(&making, engine);
        let revision = NewRevision {
            id: self.studio.clock.new_id(),
            project: self.claim.project,
            stage,
            origin: model::Origin::Generation,
            content: &content,
            basis: &basis,
            generation: Some(self.claim.generation),
            author: None,
            parent: None,
            receipt: Some(&receipt),
            checks: &own,
            accepted: !self.claim.review,
        };
        self.journal.complete(revision, self.studio.clock.now()).await?;
        Ok(receipt)
    }
}

/// What a section was made from, with what is remembered for the pieces that stayed.
pub(super) fn kept_basis(
    mut now: Basis,
    before: Option<&Basis>,
    kept: &[Piece],
    stage: Stage,
    sections: &Sections,
) -> Basis {
    if let Some(before) = before {
        kept.iter().for_each(|piece| now.keep(&piece.path, before));
        now.tidy(stage, sections);
    }
    now
}

fn receipt(making: &Making, engine: &dyn StageEngine) -> StageReceipt {
    let used = making.used();
    StageReceipt {
        stage: making.stage,
        engine: engine.name(),
        model: used.model.unwrap_or_else(|| engine.model(making.stage)),
        fallbacks: making.fallbacks.clone(),
        tokens_in: used.tokens_in,
        tokens_out: used.tokens_out,
        cost_micros: used.cost_micros,
        cache_hit: used.cache_hit,
        first_piece_ms: milliseconds(making.first_piece.unwrap_or_default()),
        total_ms: milliseconds(making.began.elapsed()),
        pieces: making.pieces,
    }
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
