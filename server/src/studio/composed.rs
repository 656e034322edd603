//! The composer as an engine.

use std::{num::NonZero, sync::Arc, thread, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use model::{Engine, Piece, Stage};

use super::{
    engine::{Brief, EngineError, Made, PieceStream, StageEngine},
    turns::Turns,
};
use crate::composer::{Composer, Order, VERSION};

/// Composes off the async threads, on as many at once as there are processors, and hands the pieces over at its pace.
pub struct ComposerEngine {
    composer: Arc<Composer>,
    pace: Duration,
    turns: Turns,
}

impl ComposerEngine {
    /// An engine that pauses for `pace` before each piece; zero outside tests.
    pub fn new(composer: Arc<Composer>, pace: Duration) -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self { composer, pace, turns: Turns::new(processors) }
    }
}

impl StageEngine for ComposerEngine {
    fn name(&self) -> Engine {
        Engine::Composer
    }

    fn model(&self, _stage: Stage) -> String {
        VERSION.to_owned()
    }

    fn make(&self, brief: Brief) -> PieceStream {
        let (composer, pace, turns) = (Arc::clone(&self.composer), self.pace, self.turns.clone());
        let composed = async move {
            let turn = turns.wait(u8::from(brief.stage != Stage::Product)).await;
            let composed = tokio::task::spawn_blocking(move || {
                let pieces = pieces(&composer, &brief);
                drop(turn);
                pieces
            });
            let pieces = composed.await;
            let pieces = pieces.map_err(|_| EngineError {
                message: "The composer stopped unexpectedly.".to_owned(),
                retryable: true,
            })??;
            Ok(stream::iter(pieces.into_iter().map(|piece| Ok(Made::Piece(piece)))))
        };
        let pieces = stream::once(composed).try_flatten();
        if pace.is_zero() {
            return pieces.boxed();
        }
        pieces
            .then(move |piece| async move {
                tokio::time::sleep(pace).await;
                piece
            })
            .boxed()
    }

    fn pace_ms(&self) -> u64 {
        u64::try_from(self.pace.as_millis()).unwrap_or(u64::MAX)
    }
}

fn pieces(composer: &Composer, brief: &Brief) -> Result<Vec<Piece>, EngineError> {
    let order = Order {
        directive: &brief.directive,
        note: brief.note.as_deref(),
        stage: brief.stage,
        made: &brief.made,
        together: &brief.together,
        locked: &brief.locked,
    };
    composer.compose(&order).map_err(|unsound| EngineError { message: unsound.to_string(), retryable: false })
}
