//! Making one section: the engines of the chain one after another until one of them brings it to its end. What happens is told to a sink: the
//! log of a generation, or whoever reads a terminal.

use std::{collections::HashSet, future::Future, sync::Arc, time::Duration};

use futures::StreamExt;
use model::{Engine, Event, Piece, PiecePath, Stage, StageReceipt, sections::Sections};
use tokio::time::Instant;

use super::engine::{Brief, EngineError, Made, PieceStream, StageEngine, Usage};
use crate::clock::milliseconds;

/// The most pieces a section may have.
const PIECES_MAX: u32 = 2_000;
/// What an engine made is told at the latest after this, while it thinks.
pub(super) const TELL_WITHIN: Duration = Duration::from_millis(15);

/// Where events go.
pub trait Sink: Sync {
    /// Why an event cannot be taken. The section is then given up.
    type Error: Send;

    /// Takes an event.
    fn write(&self, event: Event) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Passes on what was taken.
    fn flush(&self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The first piece of a section was told, so long after its stage began.
    fn began_to_show(&self, _stage: Stage, _by: &Engine, _after: Duration) {}

    /// Another engine took over.
    fn fell_back(&self, _stage: Stage, _from: &Engine, _to: &Engine, _error: &EngineError) {}
}

/// Why a section was given up.
#[derive(Debug, thiserror::Error)]
pub enum Broken<E> {
    /// Its events could not be told.
    #[error("{0}")]
    Sink(E),
    /// No engine could make it.
    #[error(transparent)]
    Engine(EngineError),
}

impl<E> From<EngineError> for Broken<E> {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// A section that was made.
#[derive(Debug, Clone)]
pub struct MadeSection {
    /// The section; all others are empty.
    pub sections: Sections,
    /// What it cost.
    pub receipt: StageReceipt,
}

/// One section on its way.
pub struct Attempt<'a, S> {
    /// Engines in the order in which they are asked.
    pub chain: &'a [Arc<dyn StageEngine>],
    /// Where events go.
    pub sink: &'a S,
    /// What is asked for.
    pub brief: Brief,
    /// How often this section was begun, this time included; said when a reader has to drop pieces.
    pub attempt: u32,
}

/// What one attempt has so far.
#[derive(Default)]
struct Making {
    section: Sections,
    pieces: u32,
    first_piece: Option<Duration>,
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
}

impl<S: Sink> Attempt<'_, S> {
    /// Makes the section.
    ///
    /// # Errors
    /// [`Broken`] with what the last engine said, or what the sink did.
    pub async fn make(&self) -> Result<MadeSection, Broken<S::Error>> {
        let (began, mut making) = (Instant::now(), Making::default());
        let engine = self.by_the_first_that_can(&mut making, began).await?;
        let used = making.used();
        let receipt = StageReceipt {
            stage: self.brief.stage,
            engine: engine.name(),
            model: used.model.unwrap_or_else(|| engine.model(self.brief.stage)),
            fallbacks: making.fallbacks,
            tokens_in: used.tokens_in,
            tokens_out: used.tokens_out,
            cost_micros: used.cost_micros,
            cache_hit: used.cache_hit,
            first_piece_ms: milliseconds(making.first_piece.unwrap_or_default()),
            total_ms: milliseconds(began.elapsed()),
            pieces: making.pieces,
        };
        Ok(MadeSection { sections: making.section, receipt })
    }

    /// Tries the chain's engines in order. What one that gave up has made is dropped.
    async fn by_the_first_that_can(
        &self,
        making: &mut Making,
        began: Instant,
    ) -> Result<Arc<dyn StageEngine>, Broken<S::Error>> {
        for (at, engine) in self.chain.iter().enumerate() {
            let made = match engine.ready(self.brief.stage) {
                Ok(()) => self.by(engine.as_ref(), making, began).await,
                Err(passed_over) => Err(Broken::Engine(passed_over)),
            };
            match (made, self.chain.get(at + 1)) {
                (Ok(()), _) => return Ok(Arc::clone(engine)),
                (Err(Broken::Engine(error)), Some(next)) => {
                    self.fall_back(making, engine.name(), next.name(), &error).await?;
                }
                (Err(error), _) => return Err(error),
            }
        }
        Err(EngineError { message: "There is no engine for this.".to_owned(), retryable: false }.into())
    }

    async fn fall_back(
        &self,
        making: &mut Making,
        from: Engine,
        to: Engine,
        error: &EngineError,
    ) -> Result<(), Broken<S::Error>> {
        let stage = self.brief.stage;
        self.sink.fell_back(stage, &from, &to, error);
        self.tell(Event::Fallback { stage, from: from.clone(), to, reason: error.message.clone() }).await?;
        if making.pieces > 0 {
            self.tell(Event::Restart { stage, attempt: self.attempt }).await?;
        }
        making.spent = Usage { model: None, cache_hit: false, ..making.used() };
        making.fallbacks.push(from);
        (making.section, making.pieces, making.usage) = (Sections::default(), 0, Usage::default());
        Ok(())
    }

    /// One engine's try, piece by piece.
    async fn by(&self, engine: &dyn StageEngine, making: &mut Making, began: Instant) -> Result<(), Broken<S::Error>> {
        let (mut stream, name) = (engine.make(self.brief.clone()), engine.name());
        while let Some(made) = self.next(&mut stream).await? {
            match made {
                Made::Piece(piece) => {
                    let piece = self.locked_at(&piece.path).unwrap_or(piece);
                    self.take(making, piece, &name, began).await?;
                }
                // What stays is whole already.
                Made::Text { path, .. } if self.locked_at(&path).is_some() => {}
                Made::Text { path, text } => {
                    making.section.append(self.brief.stage, &path, &text).map_err(|e| unfit(&e))?;
                    self.tell(Event::Delta { stage: self.brief.stage, path, text }).await?;
                }
                Made::Usage(usage) => making.usage = usage,
            }
        }
        if making.pieces == 0 {
            let message = format!("{name} made nothing.");
            return Err(EngineError { message, retryable: true }.into());
        }
        self.keep_the_rest(making, &name, began).await
    }

    /// What is locked stays even where the engine has not made it again.
    async fn keep_the_rest(&self, making: &mut Making, by: &Engine, began: Instant) -> Result<(), Broken<S::Error>> {
        let made: HashSet<PiecePath> =
            making.section.pieces(self.brief.stage).into_iter().map(|piece| piece.path).collect();
        for path in self.brief.locked.iter().filter(|path| !made.contains(*path)) {
            if let Some(piece) = self.locked_at(path) {
                self.take(making, piece, by, began).await?;
            }
        }
        Ok(())
    }

    async fn take(
        &self,
        making: &mut Making,
        piece: Piece,
        by: &Engine,
        began: Instant,
    ) -> Result<(), Broken<S::Error>> {
        let stage = self.brief.stage;
        let is_first = making.first_piece.is_none();
        making.first_piece.get_or_insert_with(|| began.elapsed());
        making.pieces += 1;
        if making.pieces > PIECES_MAX {
            let message = format!("It made more than {PIECES_MAX} pieces.");
            return Err(EngineError { message, retryable: false }.into());
        }
        // A piece that does not fit is the engine's fault and is told to nobody.
        making.section.apply(stage, &piece).map_err(|e| unfit(&e))?;
        self.tell(Event::Piece { stage, path: piece.path, value: piece.value }).await?;
        if is_first {
            self.sink.flush().await.map_err(Broken::Sink)?;
            self.sink.began_to_show(stage, by, began.elapsed());
        }
        Ok(())
    }

    /// The engine's next item. While it thinks, what was made so far is passed on.
    async fn next(&self, stream: &mut PieceStream) -> Result<Option<Made>, Broken<S::Error>> {
        let ready = tokio::select! {
            biased;
            made = stream.next() => Some(made),
            () = tokio::time::sleep(TELL_WITHIN) => None,
        };
        let made = match ready {
            Some(made) => made,
            None => {
                self.sink.flush().await.map_err(Broken::Sink)?;
                stream.next().await
            }
        };
        Ok(made.transpose()?)
    }

    async fn tell(&self, event: Event) -> Result<(), Broken<S::Error>> {
        self.sink.write(event).await.map_err(Broken::Sink)
    }

    /// The piece that stays at this address, if one does.
    fn locked_at(&self, path: &PiecePath) -> Option<Piece> {
        if !self.brief.locked.contains(path) {
            return None;
        }
        let (stage, path) = (self.brief.stage, path.clone());
        self.brief.made.piece(&model::Address { stage, path })
    }
}

/// What an engine made cannot be used, and would be made the same way again.
fn unfit(error: &dyn std::error::Error) -> EngineError {
    EngineError { message: error.to_string(), retryable: false }
}
