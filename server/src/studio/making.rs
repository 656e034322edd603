//! A stage of a run: made by the chain of engines, checked, stored, and handed to the stages that need it.

use std::sync::Arc;

use model::{Event, Origin, PiecePath, Stage, StageReceipt, sections::Sections, trace::Basis};

use super::{
    attempt::{Attempt, Broken, MadeSection, Sink},
    checks,
    engine::{Brief, EngineError},
    runner::Runner,
    store::{AppendError, NewRevision},
};

use crate::metrics::ByMaker;

/// The most bytes a section may have, as it is stored.
const SECTION_MAX_BYTES: usize = 4 * 1_024 * 1_024;

impl Runner<'_> {
    /// Makes a section, stores it, and says what it cost.
    pub(super) async fn stage(&self, stage: Stage) -> Result<StageReceipt, Broken<AppendError>> {
        let written = |error| Broken::Sink(error);
        if self.begun_before(stage).await.map_err(written)? {
            self.journal.write(Event::Restart { stage, attempt: self.claim.attempt }).await.map_err(written)?;
        }
        self.journal.write(Event::Status { stage, message: opening(stage).to_owned() }).await.map_err(written)?;
        let chain = self.studio.engines.chain(self.claim.engine.as_deref());
        let brief = self.brief(stage).await;
        let locked = brief.locked.clone();
        let attempt = Attempt { chain: &chain, sink: &self.journal, brief, attempt: self.claim.attempt };
        let made = attempt.make().await?;
        let maker = ByMaker::new(stage, &made.receipt.engine);
        self.studio.metrics.stage_time.get_or_create(&maker).observe(made.receipt.total_ms / 1_000.0);
        self.store(stage, &locked, made).await
    }

    async fn brief(&self, stage: Stage) -> Brief {
        let sections = Arc::clone(&self.made.lock().await.sections);
        let is_locked =
            |path: &PiecePath| self.claim.locks.iter().any(|lock| lock.stage == stage && lock.path == *path);
        Brief {
            generation: Some(self.claim.generation),
            directive: self.claim.directive.clone(),
            note: self.claim.note.clone(),
            stage,
            together: self.claim.stages.iter().copied().filter(|other| *other != stage).collect(),
            locked: sections.pieces(stage).into_iter().map(|piece| piece.path).filter(is_locked).collect(),
            made: sections,
            reuse: self.claim.reuse,
        }
    }

    /// Checks the section, stores it with what it was made from, and hands it to the stages that need it.
    async fn store(
        &self,
        stage: Stage,
        locked: &[PiecePath],
        made: MadeSection,
    ) -> Result<StageReceipt, Broken<AppendError>> {
        let unfit = |message: String| Broken::Engine(EngineError { message, retryable: false });
        let content = made.sections.content(stage).map_err(|error| unfit(error.to_string()))?;
        if content.len() > SECTION_MAX_BYTES {
            return Err(unfit(format!("The section has {} bytes; {SECTION_MAX_BYTES} is the most.", content.len())));
        }
        let (basis, sections) = {
            let mut known = self.made.lock().await;
            let before = known.bases.get(&stage).cloned();
            Arc::make_mut(&mut known.sections).take(stage, &made.sections);
            let basis = kept_basis(stage, &known.sections, before.as_ref(), locked);
            known.bases.insert(stage, basis.clone());
            (basis, Arc::clone(&known.sections))
        };
        let (results, own) = checks::check_off_thread(stage, sections).await;
        self.journal.write(Event::Checks { stage, results }).await.map_err(Broken::Sink)?;
        let revision = NewRevision {
            id: self.studio.clock.new_id(),
            project: self.claim.project,
            stage,
            origin: Origin::Generation,
            content: &content,
            basis: &basis,
            generation: Some(self.claim.generation),
            author: None,
            parent: None,
            receipt: Some(&made.receipt),
            checks: &own,
            accepted: !self.claim.review,
        };
        self.journal.complete(revision, self.studio.clock.now()).await.map_err(Broken::Sink)?;
        Ok(made.receipt)
    }
}

/// What a section was made from, with what is remembered for the pieces that stayed.
fn kept_basis(stage: Stage, sections: &Sections, before: Option<&Basis>, kept: &[PiecePath]) -> Basis {
    let mut basis = Basis::now(stage, sections);
    if let Some(before) = before {
        kept.iter().for_each(|path| basis.keep(path, before));
        basis.tidy(stage, sections);
    }
    basis
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
