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
mod starting;
mod store;
mod turns;

use std::{sync::Arc, time::Duration};

use model::{
    Address, Event, GenerationId, GenerationStatus, ProjectId, RoomRole, Seq, Stage, UserId, sections::BadPiece,
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
    events::Events,
    jobs::Jobs,
    limits::{Limited, Limits, Quota},
    metrics::Metrics,
    shown::Shown,
    tasks::Tasks,
};
use fanout::Fanout;
use reading::{CheckedLately, FirstPiecesLately};
use scribe::Scribe;
use starting::UNFINISHED_MAX;

/// The longest note, in characters.
pub const NOTE_MAX_CHARS: usize = model::DIRECTIVE_MAX_CHARS;
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

    /// Whose a project is that this person may change. Nobody else changes it until the transaction ends.
    async fn to_change(&self, tx: &mut store::Tx, user: UserId, project: ProjectId) -> Result<UserId, StudioError> {
        match store::lock_for(tx, user, project).await? {
            None => Err(StudioError::NotFound),
            Some((owner, role)) if role.may_edit() => Ok(owner),
            Some(_) => Err(StudioError::ReadOnly),
        }
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
