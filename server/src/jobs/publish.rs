//! Publishing: jobs are written in the caller's transaction, so that they exist when that is committed, and not otherwise.

use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    BATCH_MAX, DELAY_MAX, Job, Jobs, JobsError, PAYLOAD_MAX,
    store::{self, New, Treatment},
};
use crate::db::DbError;

/// Jobs of one statement when there is no end of them.
const CHUNK: usize = 1_000;

/// How a job differs from what its kind says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Its id, where the caller has one; only for one job at a time.
    pub id: Option<Uuid>,
    /// Not before so much time has passed.
    pub delay: Option<Duration>,
    /// Not before this moment; with a delay, the later of both.
    pub not_before: Option<OffsetDateTime>,
    /// 0 goes first, 3 last.
    pub priority: Option<u8>,
    /// How often it is tried at most.
    pub attempts: Option<u16>,
    /// When it is the same as another.
    pub dedup: Dedup,
    /// What holds it back.
    pub flow: Option<Flow>,
}

/// When a job is the same as one that was published in the last ten minutes. The second is not published, and the caller is given the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Dedup {
    /// Never.
    #[default]
    Off,
    /// When the kind and this id are the same.
    ById(String),
    /// When the kind and all it carries are the same.
    ByContent,
}

/// Jobs of one key are held back: so many at once, so many within a time. Those published last say how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What they have in common, at most 120 characters.
    pub key: String,
    /// How many may run or be about to.
    pub parallelism: Option<u16>,
    /// How many may begin within a time: they begin evenly spaced.
    pub rate: Option<(u32, Duration)>,
}

/// A job that was published, or the one that had been before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Its id.
    pub id: Uuid,
    /// Whether the same was asked for before.
    pub is_duplicate: bool,
}

impl Jobs {
    /// Publishes a job in the caller's transaction: it is there when that is committed, and not otherwise. Call [`Jobs::wake`] afterwards.
    ///
    /// # Errors
    /// [`JobsError::Invalid`] for what makes no sense; nothing is published then.
    pub async fn publish<J: Job>(
        &self,
        tx: &mut PgConnection,
        job: &J,
        options: &Options,
    ) -> Result<Published, JobsError> {
        let published = self.publish_all(tx, std::slice::from_ref(job), options).await?;
        published.into_iter().next().ok_or(JobsError::NotFound)
    }

    /// Publishes up to [`BATCH_MAX`] jobs of one kind with one statement.
    ///
    /// # Errors
    /// As [`Jobs::publish`]; one that makes no sense keeps out all.
    pub async fn publish_all<J: Job>(
        &self,
        tx: &mut PgConnection,
        jobs: &[J],
        options: &Options,
    ) -> Result<Vec<Published>, JobsError> {
        if jobs.len() > BATCH_MAX {
            return Err(JobsError::TooMany(jobs.len()));
        }
        let treatment = treatment::<J>(options)?;
        let new: Vec<New> = jobs.iter().map(|job| self.new_job(job, options)).collect::<Result<_, _>>()?;
        if let Some(flow) = &options.flow {
            store::set_flow(tx, flow).await?;
        }
        let published = insert(tx, &new, &treatment, &options.dedup).await?;
        self.metrics.of(J::KIND).published(published.iter().filter(|published| !published.is_duplicate).count());
        Ok(published)
    }

    /// Publishes any number of jobs of one kind, a thousand a statement. None is a duplicate.
    ///
    /// # Errors
    /// As [`Jobs::publish`]; the caller's transaction decides what stays.
    pub async fn publish_bulk<J: Job>(
        &self,
        tx: &mut PgConnection,
        jobs: impl IntoIterator<Item = J>,
        options: &Options,
    ) -> Result<usize, JobsError> {
        let (treatment, mut published) = (treatment::<J>(options)?, 0);
        if let Some(flow) = &options.flow {
            store::set_flow(tx, flow).await?;
        }
        let mut jobs = jobs.into_iter();
        loop {
            let chunk = jobs.by_ref().take(CHUNK).map(|job| self.new_job(&job, options));
            let chunk: Vec<New> = chunk.collect::<Result<_, _>>()?;
            if chunk.is_empty() {
                return Ok(published);
            }
            store::insert(tx, &chunk, &treatment).await?;
            self.metrics.of(J::KIND).published(chunk.len());
            published += chunk.len();
        }
    }

    /// Publishes a job for itself, and wakes whoever does it.
    ///
    /// # Errors
    /// As [`Jobs::publish`].
    pub async fn publish_now<J: Job>(&self, job: &J, options: &Options) -> Result<Published, JobsError> {
        // One statement is its own transaction, and takes one way there and back. What a flow is limited to may stay without the job.
        let mut connection = self.db.primary().acquire().await.map_err(DbError::from)?;
        let published = self.publish(&mut connection, job, options).await?;
        drop(connection);
        self.wake::<J>();
        Ok(published)
    }

    fn new_job<J: Job>(&self, job: &J, options: &Options) -> Result<New, JobsError> {
        job.validate().map_err(invalid::<J>)?;
        let payload = serde_json::to_string(job).map_err(|error| invalid::<J>(error.to_string()))?;
        if payload.len() > PAYLOAD_MAX {
            return Err(invalid::<J>(format!("it carries {} bytes; {PAYLOAD_MAX} is the most", payload.len())));
        }
        Ok(New { id: options.id.unwrap_or_else(|| self.clock.new_id()), payload })
    }
}

fn invalid<J: Job>(reason: String) -> JobsError {
    JobsError::Invalid { kind: J::KIND.to_owned(), reason }
}

/// How jobs of one statement are treated.
fn treatment<J: Job>(options: &Options) -> Result<Treatment<'_>, JobsError> {
    let rules = J::RULES;
    let attempts = options.attempts.unwrap_or(rules.attempts);
    let priority = options.priority.unwrap_or(rules.priority);
    let delay = options.delay.unwrap_or_default();
    if !(1..=100).contains(&attempts) {
        return Err(invalid::<J>(format!("{attempts} attempts; 1 to 100 are possible")));
    }
    if priority > 3 {
        return Err(invalid::<J>(format!("its priority is {priority}; 0 goes first and 3 last")));
    }
    if delay > DELAY_MAX {
        return Err(invalid::<J>("its delay is more than a year".to_owned()));
    }
    if let Some(flow) = &options.flow {
        check_flow(flow).map_err(invalid::<J>)?;
    }
    Ok(Treatment {
        kind: J::KIND,
        queue: rules.queue.as_str(),
        priority: i16::from(priority),
        max_attempts: i32::from(attempts),
        delay: delay.as_secs_f64(),
        not_before: options.not_before,
        flow: options.flow.as_ref().map(|flow| flow.key.as_str()),
        on_failure: rules.on_failure,
    })
}

fn check_flow(flow: &Flow) -> Result<(), String> {
    let Flow { key, parallelism, rate } = flow;
    if key.is_empty() || key.chars().count() > 120 {
        return Err("the key of its flow has 1 to 120 characters".to_owned());
    }
    if parallelism.is_some_and(|most| most == 0 || most > 10_000) {
        return Err("1 to 10000 jobs of a flow can run at once".to_owned());
    }
    if rate.is_some_and(|(most, period)| {
        most == 0 || most > 100_000 || period < Duration::from_millis(1) || period > DELAY_MAX
    }) {
        return Err("a flow's rate is 1 to 100000 jobs within a millisecond to a year".to_owned());
    }
    Ok(())
}

/// Writes new jobs, but for those whose key was set before. What was published is told in the caller's order.
async fn insert(
    tx: &mut PgConnection,
    new: &[New],
    treatment: &Treatment<'_>,
    dedup: &Dedup,
) -> Result<Vec<Published>, JobsError> {
    let key = |job: &New| match dedup {
        Dedup::Off => None,
        Dedup::ById(id) => Some(hash(treatment.kind, "id", id)),
        Dedup::ByContent => Some(hash(treatment.kind, "content", &job.payload)),
    };
    let keys: Vec<[u8; 32]> = new.iter().filter_map(key).collect();
    if keys.is_empty() {
        store::insert(tx, new, treatment).await?;
        return Ok(new.iter().map(|job| Published { id: job.id, is_duplicate: false }).collect());
    }
    let first = store::insert_once(tx, new, &keys, treatment).await?;
    let published = new.iter().zip(&keys).map(|(job, key)| {
        let id = first.get(key).copied().unwrap_or(job.id);
        Published { id, is_duplicate: id != job.id }
    });
    Ok(published.collect())
}

/// The key of a job: the kind and what makes it the same as another.
fn hash(kind: &str, by: &str, what: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [kind, by, what] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
