//! The main job: a directive becomes a project, a generation runs its stages, and everybody who may can follow it from any point.
//!
//! A generation is recorded first and run by a worker later. Everything that happens in it is an event in its log; readers fold the log,
//! so that a page, a stream and an export tell the same story.

mod composed;
mod engine;
mod fanout;
mod follow;
mod runner;
mod store;
mod worker;

use std::sync::Arc;

use model::{
    BadDirective, Directive, Draft, Event, GenerationId, GenerationStatus, Logged, ProjectId, Seq, Stage, UserId,
};
use time::OffsetDateTime;

pub use composed::ComposerEngine;
pub use engine::{Brief, EngineError, Made, PieceStream, StageEngine, Usage};
pub use follow::Follower;
pub use worker::Worker;

use crate::{
    bus::Bus,
    clock::Clock,
    composer::Composer,
    config::StudioConfig,
    db::{Database, DbError},
    metrics::Metrics,
    tasks::Tasks,
};
use fanout::Fanout;

/// The longest note, in characters.
pub const NOTE_MAX_CHARS: usize = model::DIRECTIVE_MAX_CHARS;
/// Generations one person may have waiting or running.
const UNFINISHED_MAX: i64 = 5;
/// The same directive sent again within this time is the same wish: a double click, a resent form.
const SAME_WISH: time::Duration = time::Duration::seconds(10);
/// Stages that an engine can make.
const MADE_HERE: [Stage; 2] = [Stage::Product, Stage::Brand];

/// The studio domain.
#[derive(Clone)]
pub struct Studio {
    db: Database,
    clock: Clock,
    fanout: Fanout,
    engine: Arc<dyn StageEngine>,
    config: StudioConfig,
    metrics: Metrics,
    tasks: Tasks,
}

/// A project that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// The project.
    pub project: ProjectId,
    /// Its first generation.
    pub generation: GenerationId,
}

/// What to make again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Which stages; all that can be made when empty.
    pub stages: Vec<Stage>,
    /// What to do differently.
    pub note: Option<String>,
}

/// A generation as its owner sees it.
#[derive(Debug, Clone)]
pub struct Generation {
    /// Which.
    pub id: GenerationId,
    /// Of which project.
    pub project: ProjectId,
    /// What it is to make.
    pub stages: Vec<Stage>,
    /// What it is to do differently.
    pub note: Option<String>,
    /// How it is doing.
    pub status: GenerationStatus,
    /// How often a worker began it.
    pub attempt: u32,
    /// The last event's number.
    pub last_seq: Seq,
    /// When it was recorded.
    pub created_at: OffsetDateTime,
    /// When it ended.
    pub finished_at: Option<OffsetDateTime>,
}

/// Something the studio could not do.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// It does not exist, or not for whoever asks.
    #[error("there is no such project or generation")]
    NotFound,
    /// The project is being worked on.
    #[error("this project has a generation under way: wait for it, or stop it first")]
    Busy,
    /// Too much at once.
    #[error("{UNFINISHED_MAX} generations are under way already: wait for one to finish")]
    TooMany,
    /// No engine makes that yet.
    #[error("the {0} stage cannot be made yet")]
    NotMadeHere(Stage),
    /// The note is too long.
    #[error("the note has {0} characters; {NOTE_MAX_CHARS} is the most")]
    NoteTooLong(usize),
    /// The note holds what no keyboard types.
    #[error("the note holds a control character (U+{0:04X}); remove it and try again")]
    BadNote(u32),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
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

impl Studio {
    /// Makes the domain.
    pub fn new(
        db: Database,
        bus: Bus,
        clock: Clock,
        composer: Arc<Composer>,
        config: StudioConfig,
        metrics: Metrics,
        tasks: Tasks,
    ) -> Self {
        let engine = Arc::new(ComposerEngine::new(composer, config.pace));
        Self { db, clock, fanout: Fanout::new(bus), engine, config, metrics, tasks }
    }

    /// Records a project and its first generation, and returns; a worker does the rest. The same directive from the same person
    /// within ten seconds gives the same project.
    ///
    /// # Errors
    /// [`StudioError::TooMany`] when the owner has too much under way.
    pub async fn start_project(&self, owner: UserId, directive: &Directive) -> Result<Started, StudioError> {
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        store::lock_owner(&mut tx, owner).await?;
        if let Some(started) = store::same_wish(&mut tx, owner, directive, now - SAME_WISH).await? {
            return Ok(started);
        }
        if store::unfinished(&mut tx, owner).await? >= UNFINISHED_MAX {
            return Err(StudioError::TooMany);
        }
        let started =
            Started { project: ProjectId(self.clock.new_id()), generation: GenerationId(self.clock.new_id()) };
        store::insert_project(&mut tx, started.project, owner, directive, now).await?;
        let wish = Wish { stages: MADE_HERE.to_vec(), note: None };
        store::insert_generation(&mut tx, started.generation, started.project, &wish, now).await?;
        store::commit(tx).await?;
        self.metrics.generations_queued.inc();
        self.fanout.wake_workers();
        Ok(started)
    }

    /// Records another generation of a project.
    ///
    /// # Errors
    /// [`StudioError::Busy`] when one is under way; [`StudioError::NotMadeHere`] for stages without an engine.
    pub async fn generate(
        &self,
        user: UserId,
        project: ProjectId,
        mut wish: Wish,
    ) -> Result<GenerationId, StudioError> {
        if let Some(stage) = wish.stages.iter().find(|stage| !MADE_HERE.contains(stage)) {
            return Err(StudioError::NotMadeHere(*stage));
        }
        if wish.stages.is_empty() {
            wish.stages = MADE_HERE.to_vec();
        }
        wish.stages.sort_unstable();
        wish.stages.dedup();
        wish.note = wish.note.as_deref().map(note).transpose()?.flatten();
        let generation = GenerationId(self.clock.new_id());
        let mut tx = store::begin(self.db.primary()).await?;
        store::lock_owner(&mut tx, user).await?;
        if !store::owns(&mut tx, user, project).await? {
            return Err(StudioError::NotFound);
        }
        if store::unfinished(&mut tx, user).await? >= UNFINISHED_MAX {
            return Err(StudioError::TooMany);
        }
        store::insert_generation(&mut tx, generation, project, &wish, self.clock.now()).await?;
        store::commit(tx).await?;
        self.metrics.generations_queued.inc();
        self.fanout.wake_workers();
        Ok(generation)
    }

    /// A generation, for its owner.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody else.
    pub async fn generation(&self, user: Option<UserId>, id: GenerationId) -> Result<Generation, StudioError> {
        let user = user.ok_or(StudioError::NotFound)?;
        store::generation(self.db.primary(), user, id).await?.ok_or(StudioError::NotFound)
    }

    /// Stops a generation, at once and for good; what was made stays. Stopping one that has ended changes nothing.
    ///
    /// The last event is written here, not by the worker, whose lease ends with it: even a worker that hangs cannot delay it.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn cancel(&self, user: Option<UserId>, id: GenerationId) -> Result<(), StudioError> {
        let generation = self.generation(user, id).await?;
        let event = Event::Cancelled;
        if let Some(seq) =
            store::end(self.db.primary(), generation.id, GenerationStatus::Cancelled, &event, self.clock.now()).await?
        {
            self.metrics.generations_cancelled.inc();
            self.fanout.announce(id, vec![Logged { seq, kind: event.kind().to_owned(), data: event.data() }]);
        }
        Ok(())
    }

    /// What a generation has made so far.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn draft(&self, user: Option<UserId>, id: GenerationId) -> Result<Draft, StudioError> {
        self.generation(user, id).await?;
        let mut draft = Draft::default();
        loop {
            let events = store::events(self.db.primary(), id, draft.seq).await?;
            if events.is_empty() {
                return Ok(draft);
            }
            draft.read(&events);
        }
    }

    /// What a project's page shows: the draft of its latest generation. A section that this one does not make, or has not made to its end,
    /// is the newest that is whole.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn project_draft(&self, user: Option<UserId>, id: GenerationId) -> Result<Draft, StudioError> {
        let mut draft = self.draft(user, id).await?;
        let generation = self.generation(user, id).await?;
        let is_missing = |stage: &Stage| {
            let is_whole = draft.stages.get(stage).is_some_and(model::StageDraft::is_done);
            let is_being_made = generation.stages.contains(stage) && draft.ending.is_none();
            !is_whole && !is_being_made
        };
        let missing: Vec<Stage> = MADE_HERE.into_iter().filter(is_missing).collect();
        self.fill_from_revisions(id, &mut draft, &missing).await?;
        Ok(draft)
    }

    /// What a project that is shown to others shows: every section as it is when whole, and nothing of work under way. The caller has made
    /// sure that it may be shown.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn shared_draft(&self, id: GenerationId) -> Result<Draft, DbError> {
        let mut draft = Draft::default();
        self.fill_from_revisions(id, &mut draft, &MADE_HERE).await?;
        Ok(draft)
    }

    /// Puts the newest whole sections of a generation's project into a draft.
    async fn fill_from_revisions(&self, id: GenerationId, draft: &mut Draft, stages: &[Stage]) -> Result<(), DbError> {
        for stage in stages {
            if let Some(content) = store::newest_revision(self.db.primary(), id, *stage).await?
                && let Err(error) = draft.sections.restore(*stage, &content)
            {
                tracing::error!(generation = %id, %error, "a stored section is broken");
            }
        }
        Ok(())
    }

    /// The events of a generation after `after`, first those that were logged, then live, to the last one.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn follow(&self, user: Option<UserId>, id: GenerationId, after: Seq) -> Result<Follower, StudioError> {
        self.generation(user, id).await?;
        Ok(Follower::new(self.db.clone(), self.fanout.listen(id), self.tasks.stop_token(), id, after))
    }

    /// A worker that runs generations of all projects.
    pub fn worker(&self) -> Worker {
        Worker::new(self.clone())
    }
}
