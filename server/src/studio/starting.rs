//! Beginning to make something: a project with its first generation, or another of one that is there.

use model::{BadDirective, Directive, GenerationId, ProjectId, Stage, UserId};

use super::{GENERATIONS, LOCKS_MAX, MakeGeneration, Started, Studio, StudioError, Wish, store};
use crate::{
    db::DbError,
    events::{About, Event as Happened, Outset},
    jobs::{JobsError, Options},
};

/// Generations one person may have waiting or running.
pub(super) const UNFINISHED_MAX: i64 = 5;
/// The same directive sent again within this time is the same wish: a double click, a resent form.
const SAME_WISH: time::Duration = time::Duration::seconds(10);

impl Studio {
    /// Records a project and its first generation, and returns; a worker does the rest. The same directive from the same person
    /// within ten seconds gives the same project.
    ///
    /// # Errors
    /// [`StudioError::TooMany`] when the owner has too much under way.
    pub async fn start_project(&self, owner: UserId, directive: &Directive) -> Result<Started, StudioError> {
        self.start_project_as(owner, directive, Wish::default()).await
    }

    /// Likewise, with a wish for its first generation.
    ///
    /// # Errors
    /// As [`Studio::start_project`]; [`StudioError::NoSuchEngine`], and [`StudioError::Missing`] for a stage without its sources.
    pub async fn start_project_as(
        &self,
        owner: UserId,
        directive: &Directive,
        mut wish: Wish,
    ) -> Result<Started, StudioError> {
        self.check_wish(&mut wish)?;
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        store::lock_owner(&mut tx, owner).await?;
        if let Some(started) = store::same_wish(&mut tx, owner, directive, now - SAME_WISH).await? {
            return Ok(started);
        }
        if store::unfinished(&mut tx, owner).await? >= UNFINISHED_MAX {
            return Err(StudioError::TooMany);
        }
        // Only what begins is counted.
        self.limits.admit(&GENERATIONS, &owner.to_string()).await?;
        let started =
            Started { project: ProjectId(self.clock.new_id()), generation: GenerationId(self.clock.new_id()) };
        store::insert_project(&mut tx, started.project, owner, directive, now).await?;
        self.check_sources(&mut tx, started.project, &wish).await?;
        self.enqueue(&mut tx, started.generation, started.project, &wish).await?;
        let about = About::new(started.project, None, directive);
        self.events.publish(&mut tx, Some(owner), &Happened::ProjectCreated(about, Outset::Started)).await?;
        store::commit(tx).await?;
        // A guest of this very request is known to nobody else yet.
        self.db.wrote(owner).await;
        self.queued();
        self.events.wake();
        Ok(started)
    }

    /// Records another generation of a project. Pieces that are locked stay, and those the wish names beside them.
    ///
    /// # Errors
    /// [`StudioError::Busy`] when one is under way; [`StudioError::Missing`] for a stage whose sources are not there.
    pub async fn generate(
        &self,
        user: UserId,
        project: ProjectId,
        mut wish: Wish,
    ) -> Result<GenerationId, StudioError> {
        self.check_wish(&mut wish)?;
        let generation = GenerationId(self.clock.new_id());
        let mut tx = store::begin(self.db.primary()).await?;
        let owner = self.to_change(&mut tx, user, project).await?;
        if store::unfinished(&mut tx, owner).await? >= UNFINISHED_MAX {
            return Err(StudioError::TooMany);
        }
        self.limits.admit(&GENERATIONS, &user.to_string()).await?;
        self.check_sources(&mut tx, project, &wish).await?;
        wish.locks.extend(store::locks_in(&mut tx, project).await?);
        wish.locks.retain(|lock| wish.stages.contains(&lock.stage));
        wish.locks.sort_unstable();
        wish.locks.dedup();
        self.enqueue(&mut tx, generation, project, &wish).await?;
        let about = store::about(&mut tx, project).await?;
        let happened = Happened::GenerationStarted(generation, about, wish.stages, user);
        self.events.publish(&mut tx, Some(owner), &happened).await?;
        store::commit(tx).await?;
        self.queued();
        self.events.wake();
        Ok(generation)
    }

    /// Records a generation and the job that makes it, both or neither.
    pub(super) async fn enqueue(
        &self,
        tx: &mut store::Tx,
        generation: GenerationId,
        project: ProjectId,
        wish: &Wish,
    ) -> Result<(), StudioError> {
        store::insert_generation(tx, generation, project, wish, self.clock.now()).await?;
        let options = Options { id: Some(generation.0), ..Options::default() };
        self.jobs.publish(tx, &MakeGeneration { generation }, &options).await.map_err(queue)?;
        Ok(())
    }

    /// Tells workers of what was recorded and committed.
    pub(super) fn queued(&self) {
        self.metrics.generations_queued.inc();
        self.jobs.wake::<MakeGeneration>();
    }

    /// Brings a wish into order.
    pub(super) fn check_wish(&self, wish: &mut Wish) -> Result<(), StudioError> {
        if wish.stages.is_empty() {
            wish.stages = Stage::ALL.to_vec();
        }
        wish.stages.sort_unstable();
        wish.stages.dedup();
        wish.note = wish.note.as_deref().map(note).transpose()?.flatten();
        if wish.locks.len() > LOCKS_MAX {
            return Err(StudioError::TooManyLocks);
        }
        let names = self.engines.names();
        match wish.engine.take().filter(|name| !name.is_empty()) {
            Some(name) if !names.contains(&name) => {
                let short = name.chars().take(40).collect();
                Err(StudioError::NoSuchEngine(short, names.join(", ")))
            }
            engine => {
                wish.engine = engine;
                Ok(())
            }
        }
    }

    /// A stage is made from others, which must be there or be made with it.
    async fn check_sources(&self, tx: &mut store::Tx, project: ProjectId, wish: &Wish) -> Result<(), StudioError> {
        for stage in &wish.stages {
            for needs in stage.needs().iter().copied().filter(|needs| !wish.stages.contains(needs)) {
                if store::current_number(tx, project, needs).await? == 0 {
                    return Err(StudioError::Missing { stage: *stage, needs });
                }
            }
        }
        Ok(())
    }
}

/// A note as it is stored: what is fit for a directive is fit for a note; an empty one is none.
fn note(raw: &str) -> Result<Option<String>, StudioError> {
    match Directive::parse(raw) {
        Ok(note) => Ok(Some(note.into())),
        Err(BadDirective::Empty) => Ok(None),
        Err(BadDirective::TooLong { chars }) => Err(StudioError::NoteTooLong(chars)),
        Err(BadDirective::Control { code, .. }) => Err(StudioError::BadNote(code)),
    }
}

/// The queue takes what the studio publishes; what it does not take is the database's doing.
pub(super) fn queue(error: JobsError) -> DbError {
    match error {
        JobsError::Db(error) => error,
        other => DbError::Refused(sqlx::Error::Protocol(other.to_string())),
    }
}
