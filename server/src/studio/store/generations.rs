//! Runs: recorded, claimed under a lease, ended.

use model::{Directive, Event, GenerationId, GenerationStatus, ProjectId, RoomRole, Seq, UserId};
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Claim, ClaimError, Tx, addresses, decode, stages};
use crate::{
    db::{DbError, violated_constraint},
    events::About,
    studio::{Generation, Started, StudioError, Wish},
};

/// Makes one person's starts wait for each other, so that counting and inserting is one step.
#[instrument(name = "db.users.lock", skip_all)]
pub(in crate::studio) async fn lock_owner(tx: &mut Tx, owner: UserId) -> Result<(), DbError> {
    sqlx::query!("select id from users where id = $1 for update", owner.0).fetch_optional(&mut **tx).await?;
    Ok(())
}

/// The project started from the same directive by the same person since a moment ago.
#[instrument(name = "db.projects.same_wish", skip_all)]
pub(in crate::studio) async fn same_wish(
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
pub(in crate::studio) async fn unfinished(tx: &mut Tx, owner: UserId) -> Result<i64, DbError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from generations g join projects p on p.id = g.project_id
           where p.owner_id = $1 and g.status in ('queued', 'running')"#,
        owner.0
    );
    Ok(count.fetch_one(&mut **tx).await?)
}

#[instrument(name = "db.projects.insert", skip_all)]
pub(in crate::studio) async fn insert_project(
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
pub(in crate::studio) async fn insert_generation(
    tx: &mut Tx,
    id: GenerationId,
    project: ProjectId,
    wish: &Wish,
    now: OffsetDateTime,
) -> Result<(), StudioError> {
    let stages: Vec<String> = wish.stages.iter().map(|stage| stage.as_str().to_owned()).collect();
    let locks: Vec<String> = wish.locks.iter().map(ToString::to_string).collect();
    let inserted = sqlx::query!(
        "with touched as (update projects set updated_at = $5 where id = $2)
         insert into generations (id, project_id, stages, note, status, created_at, locks, engine, reuse, review, forked_from)
         values ($1, $2, $3, $4, 'queued', $5, $6, $7, $8, $9, $10)",
        id.0,
        project.0,
        &stages,
        wish.note,
        now,
        &locks,
        wish.engine,
        wish.reuse,
        wish.review,
        wish.forked_from.map(|id| id.0)
    )
    .execute(&mut **tx)
    .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(e) if violated_constraint(&e) == Some("generations_one_at_a_time") => Err(StudioError::Busy),
        Err(e) => Err(DbError::from(e).into()),
    }
}

/// A generation of a project that this person owns, or in whose room they are.
#[instrument(name = "db.generations.get", skip_all)]
pub(in crate::studio) async fn generation(
    pool: &PgPool,
    user: UserId,
    id: GenerationId,
) -> Result<Option<Generation>, DbError> {
    let row = sqlx::query!(
        r#"select case when p.owner_id = $2 then 'owner' else m.role end as "role!", g.id, g.project_id, g.stages, g.note, g.locks, g.engine, g.review, g.forked_from, g.status, g.attempt, g.last_seq, g.created_at,
                g.finished_at
         from generations g join projects p on p.id = g.project_id
         left join rooms r on r.project_id = p.id
         left join room_members m on m.room_id = r.id and m.user_id = $2
         where g.id = $1 and (p.owner_id = $2 or (m.user_id is not null and p.deleted_at is null))"#,
        id.0,
        user.0
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Generation {
            role: row.role.parse().map_err(|e: String| decode(e))?,
            id: GenerationId(row.id),
            project: ProjectId(row.project_id),
            stages: stages(&row.stages)?,
            note: row.note,
            locks: addresses(&row.locks),
            engine: row.engine,
            review: row.review,
            forked_from: row.forked_from.map(GenerationId),
            status: row.status.parse().map_err(|e: String| decode(e))?,
            attempt: u32::try_from(row.attempt).unwrap_or_default(),
            last_seq: row.last_seq,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    })
    .transpose()
}

/// Whether a generation has ended, or is gone, and `at` is its last event or beyond.
#[instrument(name = "db.generations.is_over", skip_all)]
pub(in crate::studio) async fn is_over(pool: &PgPool, id: GenerationId, at: Seq) -> Result<bool, DbError> {
    let over = sqlx::query_scalar!(
        r#"select not exists (select from generations where id = $1 and (finished_at is null or last_seq > $2)) as "over!""#,
        id.0,
        at
    );
    Ok(over.fetch_one(pool).await?)
}

/// Begins a run of a generation that is not over, for an attempt of its job. Nothing when it is over, or the attempt does not hold the job.
///
/// Contract: from now on only this run writes to the log. An attempt that was taken over meanwhile cannot take the log back.
#[instrument(name = "db.generations.begin", skip_all)]
pub(in crate::studio) async fn begin_run(
    pool: &PgPool,
    id: GenerationId,
    attempt: (Uuid, Uuid, i32),
    token: Uuid,
) -> Result<Option<Claim>, ClaimError> {
    let (job, worker, number) = attempt;
    let row = sqlx::query!(
        r#"update generations g
           set status = 'running', attempt = g.attempt + 1, lease_token = $2
           from projects p
           where g.id = $1 and p.id = g.project_id and g.status in ('queued', 'running')
             and exists (select from jobs where id = $3 and worker = $4 and attempt = $5)
           returning g.id, g.project_id, p.title, p.directive, g.stages, g.note, g.locks, g.engine, g.reuse, g.review, g.attempt,
                     extract(epoch from now() - g.created_at)::float8 as "waited!""#,
        id.0,
        token,
        job,
        worker,
        number
    )
    .fetch_optional(pool)
    .await
    .map_err(DbError::from)?;
    row.map(|row| {
        let unreadable = || ClaimError::Unreadable(GenerationId(row.id));
        let directive = Directive::parse(&row.directive).map_err(|_| unreadable())?;
        Ok(Claim {
            generation: GenerationId(row.id),
            project: ProjectId(row.project_id),
            about: About::new(ProjectId(row.project_id), row.title.as_deref(), &directive),
            directive,
            stages: stages(&row.stages).map_err(|_| unreadable())?,
            note: row.note,
            locks: addresses(&row.locks),
            engine: row.engine,
            reuse: row.reuse,
            review: row.review,
            attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
            token,
            waited: time::Duration::seconds_f64(row.waited.max(0.0)),
        })
    })
    .transpose()
}

/// Whose a project is now: a guest who signs in while it is made gives it to a member.
///
/// Contract: until the caller's transaction ends, it stays theirs.
#[instrument(name = "db.projects.owner", skip_all)]
pub(in crate::studio) async fn owner(tx: &mut Tx, project: ProjectId) -> Result<Option<UserId>, DbError> {
    let owner = sqlx::query_scalar!("select owner_id from projects where id = $1 for share", project.0);
    Ok(owner.fetch_optional(&mut **tx).await?.map(UserId))
}

/// What a project is called.
#[instrument(name = "db.projects.about", skip_all)]
pub(in crate::studio) async fn about(tx: &mut Tx, project: ProjectId) -> Result<About, DbError> {
    let row =
        sqlx::query!("select title, directive from projects where id = $1", project.0).fetch_one(&mut **tx).await?;
    Ok(About::new(project, row.title.as_deref(), &directive(&row.directive)?))
}

/// Ends a run before its generation's end: another begins it again.
#[instrument(name = "db.generations.release", skip_all)]
pub(in crate::studio) async fn release(pool: &PgPool, claim: &Claim) -> Result<(), DbError> {
    sqlx::query!(
        "update generations set status = 'queued', lease_token = null where id = $1 and lease_token = $2",
        claim.generation.0,
        claim.token
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// A generation that was ended.
pub(in crate::studio) struct EndedRun {
    /// The number of its last event.
    pub(in crate::studio) seq: Seq,
    pub(in crate::studio) owner: UserId,
    pub(in crate::studio) about: About,
}

/// Ends a generation and appends its last event, whoever runs it. `None` when it had ended already.
#[instrument(name = "db.generations.end", skip_all)]
pub(in crate::studio) async fn end(
    tx: &mut Tx,
    id: GenerationId,
    status: GenerationStatus,
    event: &Event,
    now: OffsetDateTime,
) -> Result<Option<EndedRun>, DbError> {
    let ended = sqlx::query!(
        "with ended as (
             update generations
             set status = $5, last_seq = last_seq + 1, lease_token = null, finished_at = $2
             where id = $1 and status in ('queued', 'running')
             returning last_seq, project_id
         ), added as (
             insert into generation_events (generation_id, seq, kind, data) select $1, last_seq, $3, $4 from ended
         )
         select last_seq, p.id, owner_id, title, directive from ended join projects p on p.id = project_id",
        id.0,
        now,
        event.kind(),
        event.data(),
        status.as_str()
    );
    let Some(row) = ended.fetch_optional(&mut **tx).await? else { return Ok(None) };
    let about = About::new(ProjectId(row.id), row.title.as_deref(), &directive(&row.directive)?);
    Ok(Some(EndedRun { seq: row.last_seq, owner: UserId(row.owner_id), about }))
}

/// What somebody may do with a project, and whose it is. `None` when it is not there for them.
///
/// Contract: until the caller's transaction ends, nobody else who changes one of its owner's projects gets past this.
#[instrument(name = "db.projects.lock_for", skip_all)]
pub(in crate::studio) async fn lock_for(
    tx: &mut Tx,
    user: UserId,
    project: ProjectId,
) -> Result<Option<(UserId, RoomRole)>, DbError> {
    let owner = sqlx::query_scalar!(
        "select u.id from projects p join users u on u.id = p.owner_id where p.id = $1 and p.deleted_at is null for update of u",
        project.0
    );
    let Some(owner) = owner.fetch_optional(&mut **tx).await?.map(UserId) else { return Ok(None) };
    if owner == user {
        return Ok(Some((owner, RoomRole::Owner)));
    }
    let role = sqlx::query_scalar!(
        "select m.role from rooms r join room_members m on m.room_id = r.id where r.project_id = $1 and m.user_id = $2",
        project.0,
        user.0
    );
    let role = role.fetch_optional(&mut **tx).await?;
    role.map(|role| Ok((owner, role.parse().map_err(|e: String| decode(e))?))).transpose()
}

/// The stages that a project's unfinished generation is making; none when there is none.
#[instrument(name = "db.generations.being_made", skip_all)]
pub(in crate::studio) async fn being_made(tx: &mut Tx, project: ProjectId) -> Result<Vec<model::Stage>, DbError> {
    let names = sqlx::query_scalar!(
        "select stages from generations where project_id = $1 and status in ('queued', 'running')",
        project.0
    );
    names.fetch_optional(&mut **tx).await?.map_or_else(|| Ok(Vec::new()), |names| stages(&names))
}

/// Whether a project is this person's, or they are in its room.
#[instrument(name = "db.projects.may_read", skip_all)]
pub(in crate::studio) async fn may_read(pool: &PgPool, user: UserId, project: ProjectId) -> Result<bool, DbError> {
    let found = sqlx::query_scalar!(
        r#"select exists (
               select from projects p
               left join rooms r on r.project_id = p.id
               left join room_members m on m.room_id = r.id and m.user_id = $2
               where p.id = $1 and p.deleted_at is null and (p.owner_id = $2 or m.user_id is not null)
           ) as "exists!""#,
        project.0,
        user.0
    );
    Ok(found.fetch_one(pool).await?)
}

/// Notes that somebody worked on a project; says whether others may see it.
#[instrument(name = "db.projects.touch", skip_all)]
pub(in crate::studio) async fn touch_project(
    tx: &mut Tx,
    project: ProjectId,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let touched = sqlx::query_scalar!(
        r#"update projects set updated_at = $2 where id = $1 returning visibility <> 'private' as "is_shown!""#,
        project.0,
        now
    );
    Ok(touched.fetch_optional(&mut **tx).await?.unwrap_or_default())
}

/// Whether others may see a project.
#[instrument(name = "db.projects.is_shown", skip_all)]
pub(in crate::studio) async fn is_shown(tx: &mut Tx, project: ProjectId) -> Result<bool, DbError> {
    let shown =
        sqlx::query_scalar!(r#"select visibility <> 'private' as "is_shown!" from projects where id = $1"#, project.0);
    Ok(shown.fetch_optional(&mut **tx).await?.unwrap_or_default())
}

/// A new project of the same person, with the directive and the title of the one a generation is of. Returns what it is called.
#[instrument(name = "db.projects.copy", skip_all)]
pub(in crate::studio) async fn copy_project(
    tx: &mut Tx,
    of: GenerationId,
    to: ProjectId,
    now: OffsetDateTime,
) -> Result<About, DbError> {
    let copy = sqlx::query!(
        "insert into projects (id, owner_id, directive, title, created_at, updated_at)
         select $2, p.owner_id, p.directive, p.title, $3, $3
         from generations g join projects p on p.id = g.project_id where g.id = $1
         returning title, directive",
        of.0,
        to.0,
        now
    );
    let copy = copy.fetch_one(&mut **tx).await?;
    Ok(About::new(to, copy.title.as_deref(), &directive(&copy.directive)?))
}

/// What was stored was a directive once; if a later version finds it unfit, that is an error, not a crash.
fn directive(text: &str) -> Result<Directive, DbError> {
    Directive::parse(text).map_err(decode)
}
