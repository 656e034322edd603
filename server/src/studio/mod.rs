//! The main job: a directive becomes a project, a generation runs its stages, and everybody who may can follow it from any point.
//!
//! A generation is recorded first and run by a worker later. Everything that happens in it is an event in its log; readers fold the log,
//! so that a page, a stream and an export tell the same story.

mod attempt;
mod checks;
mod composed;
mod diff;
mod engine;
mod engines;
mod fanout;
mod follow;
mod import;
mod jobs;
mod journal;
mod making;
mod reading;
mod revisions;
mod runner;
mod scribe;
mod store;
mod turns;

use std::{sync::Arc, time::Duration};

use model::{
    Address, BadDirective, Directive, Event, GenerationId, GenerationStatus, ProjectId, RoomRole, Seq, Stage, UserId,
    sections::BadPiece,
};
use moka::sync::Cache as Memory;
use time::OffsetDateTime;
use tokio::sync::Semaphore;

pub use attempt::{Attempt, Broken, MadeSection, Sink};
pub use checks::own as own_checks;
pub use composed::ComposerEngine;
pub use diff::{Change, Changed, Line, Span, Word, compare};
pub use engine::{Brief, EngineError, Made, PieceStream, StageEngine, Usage};
pub use engines::Engines;
pub use follow::Follower;
pub use import::Incoming;
pub use jobs::{GenerationGivenUp, MakeGeneration};
pub use reading::{Checks, Current, FirstPieces, Workbench};
pub use revisions::Revision;

use crate::{
    bus::Bus,
    clock::Clock,
    db::{Database, DbError},
    events::{About, Event as Happened, Events, Outset},
    jobs::{Jobs, JobsError, Options},
    limits::{Limited, Limits, Quota},
    metrics::Metrics,
    shown::Shown,
    tasks::Tasks,
};
use fanout::Fanout;
use reading::{CheckedLately, FirstPiecesLately};
use scribe::Scribe;

/// The longest note, in characters.
pub const NOTE_MAX_CHARS: usize = model::DIRECTIVE_MAX_CHARS;
/// Generations one person may have waiting or running.
const UNFINISHED_MAX: i64 = 5;
/// The same directive sent again within this time is the same wish: a double click, a resent form.
const SAME_WISH: time::Duration = time::Duration::seconds(10);
/// Generations by one person, and changes by hand: each is kept.
const GENERATIONS: Quota = Quota { name: "generations", burst: 60, every: Duration::from_secs(20) };
const CHANGES: Quota = Quota { name: "changes-by-hand", burst: 300, every: Duration::from_secs(1) };
/// How long a change by hand waits for those that the same person made before; of as many people as change something at once.
const HAND_WITHIN: Duration = Duration::from_secs(5);
const HANDS_MAX: u64 = 50_000;
/// Locks a project may have, and a generation may be asked to respect.
pub const LOCKS_MAX: usize = 1_000;

/// The studio domain.
#[derive(Clone)]
pub struct Studio {
    db: Database,
    clock: Clock,
    fanout: Fanout,
    scribe: Scribe,
    jobs: Jobs,
    events: Events,
    engines: Engines,
    metrics: Metrics,
    tasks: Tasks,
    first_pieces: FirstPiecesLately,
    checked: CheckedLately,
    limits: Limits,
    /// Who is changing something.
    hands: Memory<UserId, Arc<Semaphore>>,
    shown: Shown,
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
    /// Which stages; all when empty.
    pub stages: Vec<Stage>,
    /// What to do differently.
    pub note: Option<String>,
    /// Pieces that stay, beside those that are locked anyway.
    pub locks: Vec<Address>,
    /// The engine to begin with, by its name.
    pub engine: Option<String>,
    /// Whether an answer that was given to the same question within the hour will do.
    pub reuse: bool,
    /// Whether what is made waits to be accepted, so that it can be compared first.
    pub review: bool,
    /// For a fork: the generation whose sections it began with.
    pub forked_from: Option<GenerationId>,
}

/// A generation as its owner sees it.
#[derive(Debug, Clone)]
pub struct Generation {
    /// What whoever asked may do with its project.
    pub role: RoomRole,
    /// Which.
    pub id: GenerationId,
    /// Of which project.
    pub project: ProjectId,
    /// What it is to make.
    pub stages: Vec<Stage>,
    /// What it is to do differently.
    pub note: Option<String>,
    /// Pieces that stay.
    pub locks: Vec<Address>,
    /// The engine it begins with, where one was wished for.
    pub engine: Option<String>,
    /// Whether what it makes waits to be accepted.
    pub review: bool,
    /// The generation whose sections it began with, for a fork.
    pub forked_from: Option<GenerationId>,
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
    /// They may read it and not change it.
    #[error("you may read this project, and not change it: ask its owner to make you an editor")]
    ReadOnly,
    /// It does not exist, or not for whoever asks.
    #[error("there is no such project or generation")]
    NotFound,
    /// The project is being worked on.
    #[error("this project has a generation under way: wait for it, or stop it first")]
    Busy,
    /// Too much at once.
    #[error("{UNFINISHED_MAX} generations are under way already: wait for one to finish")]
    TooMany,
    /// Too many generations or changes by one person.
    #[error("too much at once; the next may come in {} seconds", .0.retry_after.as_secs().max(1))]
    Limited(#[from] Limited),
    /// There is no engine of that name.
    #[error("there is no engine called \"{0}\": there are {1}")]
    NoSuchEngine(String, String),
    /// A stage is wished for whose sources are neither there nor wished for as well.
    #[error("the {stage} section is made from the {needs} section, which is not there yet: ask for both")]
    Missing {
        /// What was wished for.
        stage: Stage,
        /// What it needs.
        needs: Stage,
    },
    /// More locks than anybody can keep in mind.
    #[error("a project can have {LOCKS_MAX} locks")]
    TooManyLocks,
    /// The section has changed since whoever asks last saw it.
    #[error(
        "the {stage} section was changed meanwhile: it is at revision {current} now. Look at what changed, then try again"
    )]
    Conflict {
        /// Which section.
        stage: Stage,
        /// The number it is at.
        current: u32,
    },
    /// A piece cannot become what was asked for.
    #[error(transparent)]
    BadPiece(#[from] BadPiece),
    /// What is stored cannot be read.
    #[error("a stored section cannot be read by this version")]
    Unreadable,
    /// Nothing is out of date.
    #[error("nothing is out of date: there is nothing to rebuild")]
    NothingStale,
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
    #[expect(clippy::too_many_arguments, reason = "each is one thing it works with, and it is made in one place")]
    pub fn new(
        db: Database,
        bus: Bus,
        clock: Clock,
        engines: Engines,
        jobs: Jobs,
        events: Events,
        metrics: Metrics,
        tasks: Tasks,
        limits: Limits,
        shown: Shown,
    ) -> Self {
        let fanout = Fanout::new(bus);
        let scribe = Scribe::new(db.clone(), fanout.clone(), metrics.clone(), tasks.clone());
        let (first_pieces, checked) = (FirstPiecesLately::default(), CheckedLately::default());
        let hands = Memory::builder().max_capacity(HANDS_MAX).time_to_idle(4 * HAND_WITHIN).build();
        Self {
            db,
            clock,
            fanout,
            scribe,
            jobs,
            events,
            engines,
            metrics,
            tasks,
            first_pieces,
            checked,
            limits,
            hands,
            shown,
        }
    }

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
        store::commit(tx).await?;
        self.queued();
        Ok(generation)
    }

    /// Whose a project is that this person may change. Nobody else changes it until the transaction ends.
    async fn to_change(&self, tx: &mut store::Tx, user: UserId, project: ProjectId) -> Result<UserId, StudioError> {
        match store::lock_for(tx, user, project).await? {
            None => Err(StudioError::NotFound),
            Some((owner, role)) if role.may_edit() => Ok(owner),
            Some(_) => Err(StudioError::ReadOnly),
        }
    }

    /// Records a generation and the job that makes it, both or neither.
    async fn enqueue(
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
    fn queued(&self) {
        self.metrics.generations_queued.inc();
        self.jobs.wake::<MakeGeneration>();
    }

    /// Brings a wish into order.
    fn check_wish(&self, wish: &mut Wish) -> Result<(), StudioError> {
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

    /// The engines one can wish for, in the order in which they are asked.
    pub fn engines(&self) -> Vec<String> {
        self.engines.names()
    }

    /// A generation, for the owner of its project and whoever is in its room.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody else.
    pub async fn generation(&self, user: Option<UserId>, id: GenerationId) -> Result<Generation, StudioError> {
        let user = user.ok_or(StudioError::NotFound)?;
        store::generation(self.db.primary(), user, id).await?.ok_or(StudioError::NotFound)
    }

    /// A generation of a project that whoever asks may change.
    async fn changeable(&self, user: Option<UserId>, id: GenerationId) -> Result<Generation, StudioError> {
        let generation = self.generation(user, id).await?;
        if generation.role.may_edit() { Ok(generation) } else { Err(StudioError::ReadOnly) }
    }

    /// Stops a generation, at once and for good; what was made stays. Stopping one that has ended changes nothing.
    ///
    /// The last event is written here, not by the worker, which can write nothing more then: even a worker that hangs cannot delay it.
    ///
    /// # Errors
    /// [`StudioError::NotFound`], and [`StudioError::ReadOnly`] for who may not change the project.
    pub async fn cancel(&self, user: Option<UserId>, id: GenerationId) -> Result<(), StudioError> {
        let generation = self.changeable(user, id).await?;
        self.end(generation.id, GenerationStatus::Cancelled, &Event::Cancelled).await
    }

    /// The events of a generation after `after`, first those that were logged, then live, to the last one.
    ///
    /// # Errors
    /// [`StudioError::NotFound`] for everybody but the owner.
    pub async fn follow(&self, user: Option<UserId>, id: GenerationId, after: Seq) -> Result<Follower, StudioError> {
        self.generation(user, id).await?;
        Ok(Follower::new(self.db.clone(), self.fanout.listen(id), self.tasks.stop_token(), id, after))
    }
}

/// The queue takes what the studio publishes; what it does not take is the database's doing.
fn queue(error: JobsError) -> DbError {
    match error {
        JobsError::Db(error) => error,
        other => DbError::Refused(sqlx::Error::Protocol(other.to_string())),
    }
}
