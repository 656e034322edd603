//! A project that comes from elsewhere as a whole.

use std::{collections::BTreeMap, sync::Arc};

use model::{
    Directive, Event, GenerationId, Origin, ProjectId, ProjectTitle, Stage, UserId, sections::Sections, trace::Basis,
};

use super::{Started, Studio, StudioError, checks, store, store::NewRevision};
use crate::events::{About, Event as Happened, Outset};

/// What comes.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// What was asked for.
    pub directive: Directive,
    /// What its owner called it.
    pub title: Option<ProjectTitle>,
    /// The sections. Every piece has gone through [`Sections::apply`].
    pub sections: Sections,
    /// Which of them are there, in order.
    pub stages: Vec<Stage>,
    /// What their pieces were made from. A section without is taken for made from the others as they are.
    pub bases: BTreeMap<Stage, Basis>,
}

impl Studio {
    /// Makes a project of what comes. Its generation is over from the start, and its log tells what came as if an engine had just made it, so
    /// that all readers of logs can read it.
    ///
    /// # Errors
    /// [`StudioError::Unreadable`] when a section cannot be stored.
    pub async fn import(&self, owner: UserId, incoming: Incoming) -> Result<Started, StudioError> {
        let now = self.clock.now();
        let started =
            Started { project: ProjectId(self.clock.new_id()), generation: GenerationId(self.clock.new_id()) };
        let (mut events, mut checked) = (Vec::new(), Vec::new());
        let sections = Arc::new(incoming.sections.clone());
        for stage in &incoming.stages {
            let (all, own) = checks::check_off_thread(*stage, Arc::clone(&sections)).await;
            events.extend(told(*stage, &incoming.sections, all));
            checked.push((*stage, own));
        }
        events.push(Event::Done { stages: incoming.stages.clone() });
        let mut tx = store::begin(self.db.primary()).await?;
        store::insert_imported(&mut tx, started, owner, &incoming, &events, now).await?;
        for (stage, own) in &checked {
            let content = incoming.sections.content(*stage).map_err(|_| StudioError::Unreadable)?;
            let basis = incoming.bases.get(stage).cloned();
            let basis = basis.unwrap_or_else(|| Basis::now(*stage, &incoming.sections));
            let revision = NewRevision {
                id: self.clock.new_id(),
                project: started.project,
                stage: *stage,
                origin: Origin::Import,
                content: &content,
                basis: &basis,
                generation: Some(started.generation),
                author: Some(owner),
                parent: None,
                receipt: None,
                checks: own,
                accepted: true,
            };
            store::insert_revision(&mut tx, &revision, now).await?;
        }
        let title = incoming.title.as_ref().map(ProjectTitle::as_str);
        let about = About::new(started.project, title, &incoming.directive);
        self.events.publish(&mut tx, Some(owner), &Happened::ProjectCreated(about, Outset::Imported)).await?;
        store::commit(tx).await?;
        self.events.wake();
        Ok(started)
    }
}

/// A section as a log tells it.
fn told(stage: Stage, sections: &Sections, results: Vec<model::CheckResult>) -> Vec<Event> {
    let piece = |piece: model::Piece| Event::Piece { stage, path: piece.path, value: piece.value };
    let begins = Event::Status { stage, message: "Brought back from an archive".to_owned() };
    let ends = [Event::Checks { stage, results }, Event::StageDone { stage, revision: 1 }];
    [begins].into_iter().chain(sections.pieces(stage).into_iter().map(piece)).chain(ends).collect()
}
