//! All SQL of the projects domain.

use model::{Cursor, Directive, GenerationId, PageLimit, ProjectId, ProjectSummary, UserId, Visibility};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use tracing::instrument;

use super::Project;
use crate::db::DbError;

/// Projects of one owner after a cursor, newest first, with their latest generation: one index walk and one look-up a row.
#[instrument(name = "db.projects.list", skip_all)]
pub(super) async fn list(
    pool: &PgPool,
    owner: UserId,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<ProjectSummary>, DbError> {
    let (before, id) = after.map_or((None, None), |cursor| (time_of(cursor), Some(cursor.id)));
    let rows = sqlx::query!(
        "select p.id, p.directive, p.created_at, g.id as generation_id, g.status
         from projects p
         cross join lateral (
             select id, status from generations where project_id = p.id order by created_at desc, id desc limit 1
         ) g
         where p.owner_id = $1 and ($2::timestamptz is null or (p.created_at, p.id) < ($2, $3))
         order by p.created_at desc, p.id desc
         limit $4",
        owner.0,
        before,
        id,
        limit.fetch()
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ProjectSummary {
                id: ProjectId(row.id),
                directive: directive(&row.directive)?,
                created_at: row.created_at,
                generation_id: GenerationId(row.generation_id),
                status: parsed(&row.status)?,
            })
        })
        .collect()
}

/// A project of this owner with its latest generation.
#[instrument(name = "db.projects.get", skip_all)]
pub(super) async fn get(pool: &PgPool, owner: UserId, id: ProjectId) -> Result<Option<Project>, DbError> {
    let row = sqlx::query!(
        "select p.id, p.directive, p.visibility, p.created_at, g.id as generation_id, g.status
         from projects p
         cross join lateral (
             select id, status from generations where project_id = p.id order by created_at desc, id desc limit 1
         ) g
         where p.id = $1 and p.owner_id = $2",
        id.0,
        owner.0
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Project {
            id: ProjectId(row.id),
            directive: directive(&row.directive)?,
            visibility: visibility(&row.visibility),
            created_at: row.created_at,
            generation: GenerationId(row.generation_id),
            status: parsed(&row.status)?,
        })
    })
    .transpose()
}

fn time_of(cursor: Cursor) -> Option<OffsetDateTime> {
    OffsetDateTime::UNIX_EPOCH.checked_add(Duration::microseconds(cursor.micros))
}

/// What was stored was a directive once; if a later version finds it unfit, that is an error, not a crash.
fn directive(text: &str) -> Result<Directive, DbError> {
    Directive::parse(text).map_err(|e| DbError::Refused(sqlx::Error::Decode(Box::new(e))))
}

fn parsed<T: std::str::FromStr<Err = String>>(text: &str) -> Result<T, DbError> {
    text.parse().map_err(|e: String| DbError::Refused(sqlx::Error::Decode(e.into())))
}

/// What nobody declared otherwise is private.
fn visibility(text: &str) -> Visibility {
    match text {
        "public" => Visibility::Public,
        "unlisted" => Visibility::Unlisted,
        _ => Visibility::Private,
    }
}
