//! Versions of sections: appended, accepted or refused, never changed.

use std::collections::BTreeMap;

use model::{Cursor, GenerationId, Origin, ProjectId, RevisionSummary, Stage, StageReceipt, UserId, trace::Basis};
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Tx, decode, stages};
use crate::{
    db::{DbError, below, violated_constraint},
    studio::FirstPieces,
};

/// A revision about to be stored.
pub(in crate::studio) struct NewRevision<'a> {
    pub(in crate::studio) id: Uuid,
    pub(in crate::studio) project: ProjectId,
    pub(in crate::studio) stage: Stage,
    pub(in crate::studio) origin: Origin,
    pub(in crate::studio) content: &'a str,
    pub(in crate::studio) basis: &'a Basis,
    pub(in crate::studio) generation: Option<GenerationId>,
    pub(in crate::studio) author: Option<UserId>,
    pub(in crate::studio) parent: Option<u32>,
    pub(in crate::studio) receipt: Option<&'a StageReceipt>,
    pub(in crate::studio) checks: &'a [model::CheckResult],
    /// Whether it is the section from now on; a proposal otherwise.
    pub(in crate::studio) accepted: bool,
}

/// A stored revision.
#[derive(Debug, Clone)]
pub(in crate::studio) struct Stored {
    pub(in crate::studio) stage: Stage,
    pub(in crate::studio) number: u32,
    pub(in crate::studio) content: String,
    pub(in crate::studio) basis: Option<Basis>,
    pub(in crate::studio) checks: Vec<model::CheckResult>,
}

/// Stages of this generation that are complete: they are never made twice.
#[instrument(name = "db.revisions.stages_done", skip_all)]
pub(in crate::studio) async fn stages_done(pool: &PgPool, id: GenerationId) -> Result<Vec<Stage>, DbError> {
    let names =
        sqlx::query_scalar!("select stage from revisions where generation_id = $1", id.0).fetch_all(pool).await?;
    stages(&names)
}

/// Stores a section as the project's next revision of its stage, and returns its number. Whoever calls keeps others from counting at the
/// same time: by the lease of a generation, or by the lock of the owner.
#[instrument(name = "db.revisions.insert", skip_all)]
pub(in crate::studio) async fn insert_revision(
    tx: &mut Tx,
    new: &NewRevision<'_>,
    now: OffsetDateTime,
) -> Result<u32, DbError> {
    let number = sqlx::query_scalar!(
        "insert into revisions (id, project_id, stage, number, origin, generation_id, author_id, parent, content, basis, receipt, checks,
                                created_at, accepted_at)
         select $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12::timestamptz, case when $13 then $12::timestamptz end
         from revisions where project_id = $2 and stage = $3
         returning number",
        new.id,
        new.project.0,
        new.stage.as_str(),
        new.origin.as_str(),
        new.generation.map(|id| id.0),
        new.author.map(|id| id.0),
        new.parent.and_then(|number| i32::try_from(number).ok()),
        new.content,
        json(new.basis)?,
        new.receipt.map(json).transpose()?,
        json(&new.checks)?,
        now,
        new.accepted
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(u32::try_from(number).unwrap_or_default())
}

/// Writes down again what a revision was made from, once its neighbours are made as well.
#[instrument(name = "db.revisions.set_basis", skip_all)]
pub(in crate::studio) async fn set_basis(
    tx: &mut Tx,
    of: GenerationId,
    stage: Stage,
    basis: &Basis,
) -> Result<(), DbError> {
    sqlx::query!(
        "update revisions set basis = $3 where generation_id = $1 and stage = $2",
        of.0,
        stage.as_str(),
        json(basis)?
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The receipts of the stages that a generation has made, in the order in which they were done.
#[instrument(name = "db.revisions.receipts", skip_all)]
pub(in crate::studio) async fn receipts(pool: &PgPool, of: GenerationId) -> Result<Vec<StageReceipt>, DbError> {
    let texts = sqlx::query_scalar!(
        r#"select receipt as "receipt!" from revisions
           where generation_id = $1 and receipt is not null order by created_at, id"#,
        of.0
    );
    texts.fetch_all(pool).await?.iter().map(|text| serde_json::from_str(text).map_err(decode)).collect()
}

/// How soon the last revisions had their first piece, by stage and engine, in milliseconds.
#[instrument(name = "db.revisions.first_pieces", skip_all)]
pub(in crate::studio) async fn first_pieces(
    pool: &PgPool,
    since: OffsetDateTime,
    most: i64,
) -> Result<Vec<FirstPieces>, DbError> {
    // Ids are made in the order of time, so that the last ones are found without an index of their own.
    let rows = sqlx::query!(
        r#"select stage, engine as "engine!", count(*) as "samples!",
                  percentile_cont(array[0.5, 0.75, 0.95]) within group (order by first_piece) as "percentiles!"
           from (select stage, coalesce(receipt::jsonb -> 'engine' ->> 'provider', receipt::jsonb ->> 'engine') as engine,
                        (receipt::jsonb ->> 'first_piece_ms')::float8 as first_piece, created_at
                 from revisions where receipt is not null order by id desc limit $2) as latest
           where created_at >= $1 and engine is not null and first_piece is not null
           group by stage, engine order by engine, min(created_at)"#,
        since,
        most
    );
    let first_pieces = rows.fetch_all(pool).await?.into_iter().map(|row| {
        let [p50, p75, p95] = row.percentiles[..] else { return Err(DbError::from(sqlx::Error::RowNotFound)) };
        let stage = row.stage.parse().map_err(decode)?;
        Ok(FirstPieces { stage, engine: row.engine, samples: row.samples.unsigned_abs(), p50, p75, p95 })
    });
    first_pieces.collect()
}

/// A project's sections as they are: the newest accepted revision of each stage.
#[instrument(name = "db.revisions.current", skip_all)]
pub(in crate::studio) async fn current(pool: &PgPool, project: ProjectId) -> Result<Vec<Stored>, DbError> {
    let rows = sqlx::query!(
        "select distinct on (stage) stage, number, content, basis, checks from revisions
         where project_id = $1 and accepted_at is not null
         order by stage, number desc",
        project.0
    );
    let rows = rows.fetch_all(pool).await?;
    rows.into_iter().map(|row| stored(&row.stage, row.number, row.content, row.basis, row.checks)).collect()
}

/// Their numbers alone.
#[instrument(name = "db.revisions.numbers", skip_all)]
pub(in crate::studio) async fn numbers(pool: &PgPool, project: ProjectId) -> Result<BTreeMap<Stage, u32>, DbError> {
    let rows = sqlx::query!(
        r#"select stage, max(number) as "number!" from revisions
           where project_id = $1 and accepted_at is not null group by stage"#,
        project.0
    );
    let rows = rows.fetch_all(pool).await?;
    rows.iter()
        .map(|row| Ok((row.stage.parse().map_err(decode)?, u32::try_from(row.number).unwrap_or_default())))
        .collect()
}

/// Likewise of some stages, as a generation found and made them: its own revisions before those that were accepted.
#[instrument(name = "db.revisions.as_made", skip_all)]
pub(in crate::studio) async fn as_made(
    pool: &PgPool,
    project: ProjectId,
    by: GenerationId,
) -> Result<Vec<Stored>, DbError> {
    let rows = sqlx::query!(
        "select distinct on (stage) stage, number, content, basis, checks from revisions
         where project_id = $1 and (accepted_at is not null or generation_id = $2)
         order by stage, (generation_id is not distinct from $2) desc, number desc",
        project.0,
        by.0
    );
    let rows = rows.fetch_all(pool).await?;
    rows.into_iter().map(|row| stored(&row.stage, row.number, row.content, row.basis, row.checks)).collect()
}

/// One revision of a project.
#[instrument(name = "db.revisions.get", skip_all)]
pub(in crate::studio) async fn revision(
    pool: &PgPool,
    project: ProjectId,
    stage: Stage,
    number: u32,
) -> Result<Option<Stored>, DbError> {
    let row = sqlx::query!(
        "select stage, number, content, basis, checks from revisions where project_id = $1 and stage = $2 and number = $3",
        project.0,
        stage.as_str(),
        i32::try_from(number).unwrap_or(i32::MAX)
    );
    let row = row.fetch_optional(pool).await?;
    row.map(|row| stored(&row.stage, row.number, row.content, row.basis, row.checks)).transpose()
}

/// The number of a stage's section, locked against others who would follow it; 0 when there is none yet.
#[instrument(name = "db.revisions.current_number", skip_all)]
pub(in crate::studio) async fn current_number(tx: &mut Tx, project: ProjectId, stage: Stage) -> Result<u32, DbError> {
    let number = sqlx::query_scalar!(
        r#"select coalesce(max(number), 0) as "number!" from revisions
           where project_id = $1 and stage = $2 and accepted_at is not null"#,
        project.0,
        stage.as_str()
    );
    Ok(u32::try_from(number.fetch_one(&mut **tx).await?).unwrap_or_default())
}

/// What of a generation waits to be accepted: stages with the numbers of its revisions.
#[instrument(name = "db.revisions.proposed", skip_all)]
pub(in crate::studio) async fn proposed(pool: &PgPool, by: GenerationId) -> Result<Vec<(Stage, u32)>, DbError> {
    let rows = sqlx::query!(
        "select stage, number from revisions
         where generation_id = $1 and accepted_at is null and refused_at is null order by created_at, id",
        by.0
    );
    let rows = rows.fetch_all(pool).await?;
    rows.iter()
        .map(|row| Ok((row.stage.parse().map_err(decode)?, u32::try_from(row.number).unwrap_or_default())))
        .collect()
}

/// Accepts a proposal, unless something newer was accepted meanwhile. `false` when it was, or when it is no proposal any more.
#[instrument(name = "db.revisions.accept", skip_all)]
pub(in crate::studio) async fn accept(
    tx: &mut Tx,
    project: ProjectId,
    stage: Stage,
    number: u32,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let accepted = sqlx::query!(
        "update revisions r set accepted_at = $4
         where project_id = $1 and stage = $2 and number = $3 and accepted_at is null and refused_at is null
           and not exists (select from revisions newer where newer.project_id = $1 and newer.stage = $2
                           and newer.number > $3 and newer.accepted_at is not null)",
        project.0,
        stage.as_str(),
        i32::try_from(number).unwrap_or(i32::MAX),
        now
    );
    Ok(accepted.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Refuses what of a generation waits to be accepted.
#[instrument(name = "db.revisions.refuse", skip_all)]
pub(in crate::studio) async fn refuse(tx: &mut Tx, by: GenerationId, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!(
        "update revisions set refused_at = $2 where generation_id = $1 and accepted_at is null and refused_at is null",
        by.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A project's revisions, newest first, after `after`.
#[instrument(name = "db.revisions.list", skip_all)]
pub(in crate::studio) async fn list(
    pool: &PgPool,
    project: ProjectId,
    stage: Option<Stage>,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<(Uuid, RevisionSummary)>, DbError> {
    let (at, id) = below(after);
    let rows = sqlx::query!(
        r#"select r.id, r.stage, r.number, r.origin, r.parent, r.generation_id, g.note as "note?", r.created_at,
                  r.accepted_at, r.refused_at, length(r.content) as "bytes!",
                  r.accepted_at is not null and not exists (
                      select from revisions newer where newer.project_id = r.project_id and newer.stage = r.stage
                      and newer.number > r.number and newer.accepted_at is not null) as "current!"
           from revisions r left join generations g on g.id = r.generation_id
           where r.project_id = $1 and ($2::text is null or r.stage = $2)
             and (r.created_at, r.id) < ($3, $4)
           order by r.created_at desc, r.id desc limit $5"#,
        project.0,
        stage.map(Stage::as_str),
        at,
        id,
        limit
    );
    let rows = rows.fetch_all(pool).await?;
    rows.into_iter()
        .map(|row| {
            let summary = RevisionSummary {
                stage: row.stage.parse().map_err(decode)?,
                number: u32::try_from(row.number).unwrap_or_default(),
                origin: row.origin.parse().map_err(|e: String| decode(e))?,
                parent: row.parent.and_then(|number| u32::try_from(number).ok()),
                generation: row.generation_id.map(GenerationId),
                note: row.note,
                created_at: row.created_at,
                bytes: u32::try_from(row.bytes).unwrap_or_default(),
                waits: row.accepted_at.is_none() && row.refused_at.is_none(),
                refused: row.refused_at.is_some(),
                current: row.current,
            };
            Ok((row.id, summary))
        })
        .collect()
}

/// Whether two people wanted to follow the same revision at once, and this one came second.
pub(in crate::studio) fn came_second(error: &DbError) -> bool {
    matches!(error, DbError::Refused(error) if violated_constraint(error) == Some("revisions_number_once"))
}

fn stored(
    stage: &str,
    number: i32,
    content: String,
    basis: Option<String>,
    checks: Option<String>,
) -> Result<Stored, DbError> {
    Ok(Stored {
        stage: stage.parse().map_err(decode)?,
        number: u32::try_from(number).unwrap_or_default(),
        content,
        // Those of an older version are taken for unknown.
        basis: basis.and_then(|text| serde_json::from_str(&text).ok()),
        checks: checks.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
    })
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(decode)
}
