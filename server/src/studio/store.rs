//! All SQL of the studio domain.

use model::{Directive, Event, GenerationId, GenerationStatus, Logged, ProjectId, Seq, Stage, UserId};
use sqlx::{PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Generation, Started, StudioError, Wish};
use crate::db::{DbError, violated_constraint};

pub(super) type Tx = Transaction<'static, Postgres>;

/// Events read at once.
const EVENTS_AT_ONCE: i64 = 500;

/// A generation that this worker may run while it holds the lease.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) generation: GenerationId,
    pub(super) project: ProjectId,
    pub(super) directive: Directive,
    pub(super) stages: Vec<Stage>,
    pub(super) note: Option<String>,
    /// How often it was begun, this time included.
    pub(super) attempt: u32,
    /// How often whoever ran it fell silent.
    pub(super) lost: u32,
    pub(super) token: Uuid,
    pub(super) waited: time::Duration,
}

/// Why an append was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum AppendError {
    /// Somebody else has the generation now, or it has ended.
    #[error("the lease was lost")]
    LeaseLost,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Why nothing was claimed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClaimError {
    /// It was claimed, but is of a kind that this version does not know.
    #[error("generation {0} cannot be read by this version")]
    Unreadable(GenerationId),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What happens to the generation together with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes on.
    GoesOn,
    /// Its last event is among those appended.
    Done,
    /// Likewise.
    Failed,
}

pub(super) async fn begin(pool: &PgPool) -> Result<Tx, DbError> {
    Ok(pool.begin().await?)
}

pub(super) async fn commit(tx: Tx) -> Result<(), DbError> {
    Ok(tx.commit().await?)
}

/// Makes one person's starts wait for each other, so that counting and inserting is one step.
#[instrument(name = "db.users.lock", skip_all)]
pub(super) async fn lock_owner(tx: &mut Tx, owner: UserId) -> Result<(), DbError> {
    sqlx::query!("select id from users where id = $1 for update", owner.0).fetch_optional(&mut **tx).await?;
    Ok(())
}

/// The project started from the same directive by the same person since a moment ago.
#[instrument(name = "db.projects.same_wish", skip_all)]
pub(super) async fn same_wish(
    tx: &mut Tx,
    owner: UserId,
    directive: &Directive,
    since: OffsetDateTime,
) -> Result<Option<Started>, DbError> {
    let row = sqlx::query!(
        "select p.id, g.id as generation from projects p join generations g on g.project_id = p.id
         where p.owner_id = $1 and p.created_at > $2 and p.directive = $3 and g.status not in ('cancelled', 'failed')
         order by p.created_at desc, g.created_at limit 1",
        owner.0,
        since,
        directive.as_str()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Started { project: ProjectId(row.id), generation: GenerationId(row.generation) }))
}

/// How many generations of one person wait or run.
#[instrument(name = "db.generations.unfinished", skip_all)]
pub(super) async fn unfinished(tx: &mut Tx, owner: UserId) -> Result<i64, DbError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from generations g join projects p on p.id = g.project_id
           where p.owner_id = $1 and g.status in ('queued', 'running')"#,
        owner.0
    );
    Ok(count.fetch_one(&mut **tx).await?)
}

/// Whether a project is this person's.
#[instrument(name = "db.projects.owns", skip_all)]
pub(super) async fn owns(tx: &mut Tx, owner: UserId, project: ProjectId) -> Result<bool, DbError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from projects where id = $1 and owner_id = $2 and deleted_at is null) as "exists!""#,
        project.0,
        owner.0
    );
    Ok(found.fetch_one(&mut **tx).await?)
}

#[instrument(name = "db.projects.insert", skip_all)]
pub(super) async fn insert_project(
    tx: &mut Tx,
    id: ProjectId,
    owner: UserId,
    directive: &Directive,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into projects (id, owner_id, directive, created_at, updated_at) values ($1, $2, $3, $4, $4)",
        id.0,
        owner.0,
        directive.as_str(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[instrument(name = "db.generations.insert", skip_all)]
pub(super) async fn insert_generation(
    tx: &mut Tx,
    id: GenerationId,
    project: ProjectId,
    wish: &Wish,
    now: OffsetDateTime,
) -> Result<(), StudioError> {
    let stages: Vec<String> = wish.stages.iter().map(|stage| stage.as_str().to_owned()).collect();
    let inserted = sqlx::query!(
        "with touched as (update projects set updated_at = $5 where id = $2)
         insert into generations (id, project_id, stages, note, status, created_at) values ($1, $2, $3, $4, 'queued', $5)",
        id.0,
        project.0,
        &stages,
        wish.note,
        now
    )
    .execute(&mut **tx)
    .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(e) if violated_constraint(&e) == Some("generations_one_at_a_time") => Err(StudioError::Busy),
        Err(e) => Err(DbError::from(e).into()),
    }
}

/// A generation of one of this person's projects.
#[instrument(name = "db.generations.get", skip_all)]
pub(super) async fn generation(pool: &PgPool, owner: UserId, id: GenerationId) -> Result<Option<Generation>, DbError> {
    let row = sqlx::query!(
        "select g.id, g.project_id, g.stages, g.note, g.status, g.attempt, g.last_seq, g.created_at, g.finished_at
         from generations g join projects p on p.id = g.project_id
         where g.id = $1 and p.owner_id = $2",
        id.0,
        owner.0
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Generation {
            id: GenerationId(row.id),
            project: ProjectId(row.project_id),
            stages: stages(&row.stages)?,
            note: row.note,
            status: row.status.parse().map_err(|e: String| decode(e))?,
            attempt: u32::try_from(row.attempt).unwrap_or_default(),
            last_seq: row.last_seq,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    })
    .transpose()
}

/// The next events of a log after `after`, in order. Empty when there are none yet.
#[instrument(name = "db.generation_events.list", skip_all)]
pub(super) async fn events(pool: &PgPool, id: GenerationId, after: Seq) -> Result<Vec<Logged>, DbError> {
    let rows = sqlx::query_as!(
        Logged,
        "select seq, kind, data from generation_events where generation_id = $1 and seq > $2 order by seq limit $3",
        id.0,
        after,
        EVENTS_AT_ONCE
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Whether a generation has ended, or is gone, and `at` is its last event or beyond.
#[instrument(name = "db.generations.is_over", skip_all)]
pub(super) async fn is_over(pool: &PgPool, id: GenerationId, at: Seq) -> Result<bool, DbError> {
    let over = sqlx::query_scalar!(
        r#"select not exists (select from generations where id = $1 and (finished_at is null or last_seq > $2)) as "over!""#,
        id.0,
        at
    );
    Ok(over.fetch_one(pool).await?)
}

/// Takes the oldest generation that waits, or whose worker has been silent past its lease. Times are the database's, so that the
/// clocks of workers do not matter.
#[instrument(name = "db.generations.claim", skip_all)]
pub(super) async fn claim(pool: &PgPool, token: Uuid, lease_seconds: f64) -> Result<Option<Claim>, ClaimError> {
    let row = sqlx::query!(
        r#"with next as (
               select id from generations
               where status in ('queued', 'running') and (lease_until is null or lease_until < now())
               order by created_at, id
               limit 1
               for update skip locked
           )
           update generations g
           set status = 'running', attempt = attempt + 1, lease_token = $1, lease_until = now() + make_interval(secs => $2),
               lost = lost + case when g.status = 'running' then 1 else 0 end
           from next, projects p
           where g.id = next.id and p.id = g.project_id
           returning g.id, g.project_id, p.directive, g.stages, g.note, g.attempt, g.lost,
                     extract(epoch from now() - g.created_at)::float8 as "waited!""#,
        token,
        lease_seconds
    )
    .fetch_optional(pool)
    .await
    .map_err(DbError::from)?;
    row.map(|row| {
        let unreadable = || ClaimError::Unreadable(GenerationId(row.id));
        Ok(Claim {
            generation: GenerationId(row.id),
            project: ProjectId(row.project_id),
            directive: Directive::parse(&row.directive).map_err(|_| unreadable())?,
            stages: stages(&row.stages).map_err(|_| unreadable())?,
            note: row.note,
            attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
            lost: u32::try_from(row.lost).unwrap_or(u32::MAX),
            token,
            waited: time::Duration::seconds_f64(row.waited.max(0.0)),
        })
    })
    .transpose()
}

/// Stages of this generation that are complete: they are never made twice.
#[instrument(name = "db.revisions.stages_done", skip_all)]
pub(super) async fn stages_done(pool: &PgPool, id: GenerationId) -> Result<Vec<Stage>, DbError> {
    let names =
        sqlx::query_scalar!("select stage from revisions where generation_id = $1", id.0).fetch_all(pool).await?;
    stages(&names)
}

/// Stages of which the log of this generation says something.
#[instrument(name = "db.generation_events.stages_begun", skip_all)]
pub(super) async fn stages_begun(pool: &PgPool, id: GenerationId) -> Result<Vec<Stage>, DbError> {
    let names = sqlx::query_scalar!(
        r#"select distinct data::jsonb ->> 'stage' as "stage!" from generation_events where generation_id = $1 and kind = 'status'"#,
        id.0
    );
    stages(&names.fetch_all(pool).await?)
}

/// Appends events under the lease, which it renews; with the last event, ends the generation.
///
/// Contract: gapless, because numbering and inserting happen under the generation's row lock; fenced, because a worker whose token is
/// no longer the row's writes nothing.
#[instrument(name = "db.generation_events.append", skip_all)]
pub(super) async fn append(
    tx: &mut Tx,
    claim: &Claim,
    events: &[Event],
    fate: Fate,
    lease_seconds: f64,
    now: OffsetDateTime,
) -> Result<Vec<Logged>, AppendError> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let kinds: Vec<String> = events.iter().map(|event| event.kind().to_owned()).collect();
    let data: Vec<String> = events.iter().map(Event::data).collect();
    let status = match fate {
        Fate::GoesOn => "running",
        Fate::Done => "done",
        Fate::Failed => "failed",
    };
    let last = sqlx::query_scalar!(
        r#"with held as (
               update generations
               set last_seq = last_seq + $3, status = $4,
                   lease_token = case when $4 = 'running' then lease_token end,
                   lease_until = case when $4 = 'running' then now() + make_interval(secs => $5) end,
                   finished_at = case when $4 = 'running' then null else $6::timestamptz end
               where id = $1 and lease_token = $2
               returning last_seq
           ), added as (
               insert into generation_events (generation_id, seq, kind, data)
               select $1, held.last_seq - $3 + new.place, new.kind, new.data
               from held, unnest($7::text[], $8::text[]) with ordinality as new (kind, data, place)
           )
           select last_seq from held"#,
        claim.generation.0,
        claim.token,
        count,
        status,
        lease_seconds,
        now,
        &kinds,
        &data
    )
    .fetch_optional(&mut **tx)
    .await
    .map_err(DbError::from)?
    .ok_or(AppendError::LeaseLost)?;
    let logged = kinds.into_iter().zip(data).zip(last - count + 1..);
    Ok(logged.map(|((kind, data), seq)| Logged { seq, kind, data }).collect())
}

/// Stores a section as the project's next revision of that stage, and returns its number. The caller holds the lease in this
/// transaction, which keeps others from counting at the same time.
#[instrument(name = "db.revisions.insert", skip_all)]
pub(super) async fn insert_revision(
    tx: &mut Tx,
    id: Uuid,
    claim: &Claim,
    stage: Stage,
    content: &str,
    now: OffsetDateTime,
) -> Result<u32, AppendError> {
    let number = sqlx::query_scalar!(
        "insert into revisions (id, project_id, stage, number, generation_id, content, created_at)
         select $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6 from revisions where project_id = $2 and stage = $3
         returning number",
        id,
        claim.project.0,
        stage.as_str(),
        claim.generation.0,
        content,
        now
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(DbError::from)?;
    Ok(u32::try_from(number).unwrap_or_default())
}

/// Renews the lease. `false` when it was lost.
#[instrument(name = "db.generations.renew", skip_all)]
pub(super) async fn renew(pool: &PgPool, claim: &Claim, lease_seconds: f64) -> Result<bool, DbError> {
    let renewed = sqlx::query!(
        "update generations set lease_until = now() + make_interval(secs => $3) where id = $1 and lease_token = $2",
        claim.generation.0,
        claim.token,
        lease_seconds
    );
    Ok(renewed.execute(pool).await?.rows_affected() == 1)
}

/// Gives a generation back unfinished, so that another worker takes it at once.
#[instrument(name = "db.generations.release", skip_all)]
pub(super) async fn release(pool: &PgPool, claim: &Claim) -> Result<(), DbError> {
    sqlx::query!(
        "update generations set status = 'queued', lease_token = null, lease_until = null where id = $1 and lease_token = $2",
        claim.generation.0,
        claim.token
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Ends a generation and appends its last event, whoever holds the lease. `None` when it had ended already.
#[instrument(name = "db.generations.end", skip_all)]
pub(super) async fn end(
    pool: &PgPool,
    id: GenerationId,
    status: GenerationStatus,
    event: &Event,
    now: OffsetDateTime,
) -> Result<Option<Seq>, DbError> {
    let seq = sqlx::query_scalar!(
        "with ended as (
             update generations
             set status = $5, last_seq = last_seq + 1, lease_token = null, lease_until = null, finished_at = $2
             where id = $1 and status in ('queued', 'running')
             returning last_seq
         ), added as (
             insert into generation_events (generation_id, seq, kind, data) select $1, last_seq, $3, $4 from ended
         )
         select last_seq from ended",
        id.0,
        now,
        event.kind(),
        event.data(),
        status.as_str()
    );
    Ok(seq.fetch_optional(pool).await?)
}

/// The newest section of that stage in the project of a generation, as stored.
#[instrument(name = "db.revisions.newest", skip_all)]
pub(super) async fn newest_revision(pool: &PgPool, of: GenerationId, stage: Stage) -> Result<Option<String>, DbError> {
    let content = sqlx::query_scalar!(
        "select r.content from revisions r join generations g on g.project_id = r.project_id
         where g.id = $1 and r.stage = $2 order by r.number desc limit 1",
        of.0,
        stage.as_str()
    );
    Ok(content.fetch_optional(pool).await?)
}

fn stages(names: &[String]) -> Result<Vec<Stage>, DbError> {
    names.iter().map(|name| name.parse().map_err(decode)).collect()
}

fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DbError {
    DbError::Refused(sqlx::Error::Decode(error.into()))
}
