//! What an administrator sees and may do. Whoever calls has made sure that it is one.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Jobs, JobsError, Queue, schedule, store};
use crate::db::DbError;

/// Jobs of one page.
pub const PAGE: usize = 50;
/// Dead letters that are redriven or forgotten at once.
const AT_ONCE: i64 = 1_000;

/// What a live job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Due, and waiting for a slot.
    Ready,
    /// Not due yet.
    Scheduled,
    /// Failed, and tried again.
    Retrying,
    /// Being done.
    Running,
    /// Held back by its flow.
    Parked,
    /// Was running in a process that died.
    Suspect,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Ready, Self::Scheduled, Self::Retrying, Self::Parked, Self::Suspect];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Scheduled => "scheduled",
            Self::Retrying => "retrying",
            Self::Running => "running",
            Self::Parked => "parked",
            Self::Suspect => "suspect",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Which live jobs.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Those that do this.
    pub state: Option<JobState>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those published before this one.
    pub before: Option<Uuid>,
}

/// A live job.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "columns of the table, described in its migration")]
pub struct Listed {
    pub id: Uuid,
    pub kind: String,
    pub queue: String,
    pub payload: String,
    pub priority: i16,
    pub state: String,
    pub run_at: OffsetDateTime,
    pub attempt: i32,
    pub max_attempts: i32,
    pub crashes: i32,
    pub flow: Option<String>,
    pub error: Option<String>,
    pub created_at: OffsetDateTime,
    pub started_at: Option<OffsetDateTime>,
    pub worker: Option<String>,
}

/// A dead letter.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "columns of the table, described in its migration")]
pub struct Dead {
    pub id: Uuid,
    pub kind: String,
    pub queue: String,
    pub payload: String,
    pub attempt: i32,
    pub crashes: i32,
    pub cause: String,
    pub error: String,
    pub created_at: OffsetDateTime,
    pub died_at: OffsetDateTime,
}

/// A job, wherever it is.
#[derive(Debug, Clone)]
pub enum Found {
    /// It waits or runs.
    Live(Listed),
    /// It was given up.
    Dead(Dead),
    /// It is over.
    Finished {
        /// Its kind.
        kind: String,
        /// `done` or `cancelled`.
        outcome: String,
        /// How often it was tried.
        attempts: i32,
        /// When it ended.
        at: OffsetDateTime,
    },
}

/// A schedule as it stands.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "columns of the table, described in its migration")]
pub struct Scheduled {
    pub name: String,
    pub kind: String,
    pub cron: String,
    pub zone: String,
    pub next_at: OffsetDateTime,
    pub last_at: Option<OffsetDateTime>,
    pub last_job: Option<Uuid>,
    pub paused_at: Option<OffsetDateTime>,
}

/// How many jobs of a kind do what.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueFigures {
    /// The queue.
    pub queue: String,
    /// The kind.
    pub kind: String,
    /// `ready`, `scheduled`, `running`, `parked`, `suspect` or `dead`.
    pub state: String,
    /// How many.
    pub jobs: u64,
    /// Seconds since the one that waits longest could have begun.
    pub oldest: f64,
}

/// A minute of one kind.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "columns of the table, described in its migration")]
pub struct MinuteFigures {
    pub kind: String,
    pub minute: OffsetDateTime,
    pub published: i64,
    pub done: i64,
    pub failed: i64,
    pub dead: i64,
    pub waits: Vec<i64>,
    pub runs: Vec<i64>,
}

/// A process that works.
#[derive(Debug, Clone)]
pub struct WorkerFigures {
    /// What it calls itself.
    pub name: String,
    /// Since when.
    pub started_at: OffsetDateTime,
    /// How long it is believed without a sign of life.
    pub lease_until: OffsetDateTime,
    /// Whether that is over.
    pub is_silent: bool,
    /// What it is at.
    pub running: i64,
}

/// Everything at a glance.
#[derive(Debug, Clone)]
pub struct Figures {
    /// What there is.
    pub queues: Vec<QueueFigures>,
    /// What happened.
    pub minutes: Vec<MinuteFigures>,
    /// Who works.
    pub workers: Vec<WorkerFigures>,
}

impl Jobs {
    /// Live jobs, those published last first, at most [`PAGE`] and one: that there is another page.
    ///
    /// # Errors
    /// [`JobsError::Db`].
    pub async fn list(&self, selection: &Selection) -> Result<Vec<Listed>, JobsError> {
        Ok(store::list(self.db.reader().await, selection, page()).await?)
    }

    /// Dead letters, the latest first, at most [`PAGE`] and one.
    ///
    /// # Errors
    /// [`JobsError::Db`].
    pub async fn dead(
        &self,
        kind: Option<&str>,
        before: Option<(OffsetDateTime, Uuid)>,
    ) -> Result<Vec<Dead>, JobsError> {
        Ok(store::dead(self.db.primary(), kind, before, page()).await?)
    }

    /// A job, wherever it is.
    ///
    /// # Errors
    /// [`JobsError::NotFound`] for one that never was, or is forgotten.
    pub async fn find(&self, id: Uuid) -> Result<Found, JobsError> {
        let pool = self.db.primary();
        if let Some(job) = store::get(pool, id).await? {
            return Ok(Found::Live(job));
        }
        if let Some(dead) = store::dead_one(pool, id).await? {
            return Ok(Found::Dead(dead));
        }
        let finished = store::finished(pool, id).await?.ok_or(JobsError::NotFound)?;
        let (kind, outcome, attempts, at) = finished;
        Ok(Found::Finished { kind, outcome, attempts, at })
    }

    /// Ends a job that is not over. Whoever is at it is told, and can acknowledge it no more.
    ///
    /// # Errors
    /// [`JobsError::NotFound`] when there is none, or it is over.
    pub async fn cancel(&self, id: Uuid) -> Result<(), JobsError> {
        let mut connection = self.db.primary().acquire().await.map_err(DbError::from)?;
        self.cancel_in(&mut connection, id).await?;
        self.cancelled(id);
        Ok(())
    }

    /// Ends a job in the caller's transaction; after the commit, [`Jobs::cancelled`] tells whoever is at it.
    ///
    /// # Errors
    /// As [`Jobs::cancel`].
    pub async fn cancel_in(&self, connection: &mut sqlx::PgConnection, id: Uuid) -> Result<(), JobsError> {
        if store::cancel(connection, id, true).await? { Ok(()) } else { Err(JobsError::NotFound) }
    }

    /// Ends a job in the transaction of whoever published it and needs it no more, so that nobody has to be told; one that is over stays so.
    ///
    /// # Errors
    /// [`JobsError::Db`].
    pub async fn withdraw(&self, connection: &mut sqlx::PgConnection, id: Uuid) -> Result<(), JobsError> {
        store::cancel(connection, id, false).await?;
        Ok(())
    }

    /// Says that a job was cancelled.
    pub fn cancelled(&self, id: Uuid) {
        self.waker.cancelled(id);
        self.waker.wake(Queue::Usual);
    }

    /// Lets a job that waits for its time begin now.
    ///
    /// # Errors
    /// [`JobsError::NotFound`] when there is none, or it is not waiting.
    pub async fn hurry(&self, id: Uuid) -> Result<(), JobsError> {
        let queue = store::hurry(self.db.primary(), id).await?.ok_or(JobsError::NotFound)?;
        self.wake_named(&queue);
        Ok(())
    }

    /// Publishes a dead letter again, with all its attempts.
    ///
    /// # Errors
    /// [`JobsError::NotFound`] when there is none.
    pub async fn redrive(&self, id: Uuid) -> Result<(), JobsError> {
        match self.redrive_some(Some(id), None).await? {
            0 => Err(JobsError::NotFound),
            _ => Ok(()),
        }
    }

    /// Publishes up to a thousand dead letters again, of a kind or of all, the oldest first. Returns how many.
    ///
    /// # Errors
    /// [`JobsError::Db`].
    pub async fn redrive_all(&self, kind: Option<&str>) -> Result<u64, JobsError> {
        self.redrive_some(None, kind).await
    }

    async fn redrive_some(&self, id: Option<Uuid>, kind: Option<&str>) -> Result<u64, JobsError> {
        let redriven = store::redrive(self.db.primary(), id, kind, AT_ONCE).await?;
        Queue::ALL.iter().for_each(|queue| self.waker.wake(*queue));
        Ok(redriven)
    }

    /// Forgets a dead letter.
    ///
    /// # Errors
    /// [`JobsError::NotFound`] when there is none.
    pub async fn bury(&self, id: Uuid) -> Result<(), JobsError> {
        match store::bury(self.db.primary(), Some(id), None, 1).await? {
            0 => Err(JobsError::NotFound),
            _ => Ok(()),
        }
    }

    /// Forgets up to a thousand dead letters, of a kind or of all, the oldest first. Returns how many.
    ///
    /// # Errors
    /// [`JobsError::Db`].
    pub async fn bury_all(&self, kind: Option<&str>) -> Result<u64, JobsError> {
        Ok(store::bury(self.db.primary(), None, kind, AT_ONCE).await?)
    }

    /// What there is, what happened in the last minutes, and who works.
    ///
    /// # Errors
    /// [`JobsError::Db`].
    pub async fn figures(&self, minutes: u16) -> Result<Figures, JobsError> {
        let pool = self.db.primary();
        let queues = store::depths(pool).await?.into_iter().map(|depth| QueueFigures {
            queue: depth.queue,
            kind: depth.kind,
            state: depth.state,
            jobs: store::count(depth.jobs),
            oldest: depth.oldest.max(0.0),
        });
        Ok(Figures {
            queues: queues.collect(),
            minutes: store::minutes(pool, i32::from(minutes)).await?,
            workers: store::workers(pool).await?,
        })
    }

    /// All schedules, by name.
    ///
    /// # Errors
    /// [`JobsError::Db`].
    pub async fn schedules(&self) -> Result<Vec<Scheduled>, JobsError> {
        Ok(store::schedules(self.db.primary()).await?)
    }

    /// Publishes nothing by this schedule until it is resumed.
    ///
    /// # Errors
    /// [`JobsError::NotFound`] when there is none of that name.
    pub async fn pause_schedule(&self, name: &str) -> Result<(), JobsError> {
        let paused = store::pause_schedule(self.db.primary(), name, None).await?;
        if paused { Ok(()) } else { Err(JobsError::NotFound) }
    }

    /// Publishes by this schedule again, from its next moment on. Nothing changes for one that is not paused.
    ///
    /// # Errors
    /// [`JobsError::NotFound`] when there is none of that name; [`JobsError::BadSchedule`] when it cannot be kept.
    pub async fn resume_schedule(&self, name: &str) -> Result<(), JobsError> {
        let schedules = self.schedules().await?;
        let schedule = schedules.iter().find(|schedule| schedule.name == name).ok_or(JobsError::NotFound)?;
        if schedule.paused_at.is_none() {
            return Ok(());
        }
        let next = schedule::next_after(&schedule.cron, &schedule.zone, self.clock.now())?;
        store::pause_schedule(self.db.primary(), name, Some(next)).await?;
        Ok(())
    }

    fn wake_named(&self, queue: &str) {
        if let Some(queue) = Queue::named(queue) {
            self.waker.wake(queue);
        }
    }
}

fn page() -> i64 {
    i64::try_from(PAGE + 1).unwrap_or(i64::MAX)
}
