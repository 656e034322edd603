//! All SQL of the projects domain.

use model::{
    CURSOR_WORDS_MAX_CHARS, Cursor, Directive, GenerationId, PageLimit, Picture, ProjectId, ProjectSummary,
    ProjectTitle, SharedSummary, Shelf, UserId, Visibility, WordsCursor,
};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Project, named};
use crate::{
    db::{DbError, above, below},
    events::About,
};

/// Which rows of a list.
pub(super) struct Wanted<'a> {
    pub(super) owner: UserId,
    pub(super) shelf: Shelf,
    /// What is searched for, as `to_tsquery` reads it.
    pub(super) words: Option<&'a str>,
    pub(super) limit: PageLimit,
}

/// A row of a list with its latest generation.
struct Row {
    id: Uuid,
    title: Option<String>,
    directive: String,
    visibility: String,
    archived_at: Option<OffsetDateTime>,
    deleted_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    generation_id: Uuid,
    status: String,
    cover: Option<String>,
}

impl Row {
    fn summary(self) -> Result<ProjectSummary, DbError> {
        let directive = directive(&self.directive)?;
        Ok(ProjectSummary {
            id: ProjectId(self.id),
            title: named(self.title.as_deref(), &directive),
            visibility: visibility(&self.visibility),
            shelf: shelf(self.archived_at, self.deleted_at),
            created_at: self.created_at,
            updated_at: self.updated_at,
            generation_id: GenerationId(self.generation_id),
            status: parsed(&self.status)?,
            cover: cover(self.cover.as_deref()),
            directive,
        })
    }
}

/// A list in one order, whole or searched: one walk of that order's index on the shelf, or a look into the index of words. `$from` and `$order` are SQL.
macro_rules! list {
    ($connection:expr, $wanted:expr, $key:expr, $id:expr, $from:literal, $order:literal) => {{
        let wanted = $wanted;
        let rows = match wanted.words {
            None => rows!($connection, wanted, $key, $id, "$6::text is null", None::<&str>, $from, $order),
            Some(words) => rows!(
                $connection,
                wanted,
                $key,
                $id,
                "to_tsvector('simple', coalesce(p.title, '') || ' ' || p.directive) @@ to_tsquery('simple', $6)",
                words,
                $from,
                $order
            ),
        };
        rows.into_iter().map(Row::summary).collect()
    }};
}

macro_rules! rows {
    ($connection:expr, $wanted:expr, $key:expr, $id:expr, $search:literal, $words:expr, $from:literal, $order:literal) => {
        sqlx::query_as!(
            Row,
            r#"select p.id, p.title, p.directive, p.visibility, p.archived_at, p.deleted_at, p.created_at, p.updated_at,
                      p.latest_generation as "generation_id!", p.latest_status as "status!", p.cover
               from projects p
               where p.owner_id = $1
                 and (case when p.deleted_at is not null then 'deleted' when p.archived_at is not null then 'archived' else 'active' end) = $2
                 and "#
                + $search
                + " and "
                + $from
                + " order by "
                + $order
                + " limit $3",
            $wanted.owner.0,
            $wanted.shelf.as_str(),
            $wanted.limit.fetch(),
            $key,
            $id,
            $words
        )
        .fetch_all($connection)
        .await?
    };
}

#[instrument(name = "db.projects.list_newest", skip_all)]
pub(super) async fn list_newest(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    after: Option<Cursor>,
) -> Result<Vec<ProjectSummary>, DbError> {
    let (time, id) = below(after);
    list!(connection, wanted, time, id, "(p.created_at, p.id) < ($4, $5)", "p.created_at desc, p.id desc")
}

#[instrument(name = "db.projects.list_oldest", skip_all)]
pub(super) async fn list_oldest(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    after: Option<Cursor>,
) -> Result<Vec<ProjectSummary>, DbError> {
    let (time, id) = above(after);
    list!(connection, wanted, time, id, "(p.created_at, p.id) > ($4, $5)", "p.created_at, p.id")
}

#[instrument(name = "db.projects.list_updated", skip_all)]
pub(super) async fn list_updated(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    after: Option<Cursor>,
) -> Result<Vec<ProjectSummary>, DbError> {
    let (time, id) = below(after);
    list!(connection, wanted, time, id, "(p.updated_at, p.id) < ($4, $5)", "p.updated_at desc, p.id desc")
}

#[instrument(name = "db.projects.list_by_title", skip_all)]
pub(super) async fn list_by_title(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    after: Option<&WordsCursor>,
) -> Result<Vec<ProjectSummary>, DbError> {
    // No name comes before nothing.
    let (words, id) = after.map_or(("", Uuid::nil()), |after| (after.words.as_str(), after.id));
    list!(
        connection,
        wanted,
        words,
        id,
        "(lower(coalesce(p.title, left(p.directive, 120))), p.id) > (lower($4), $5)",
        "lower(coalesce(p.title, left(p.directive, 120))), p.id"
    )
}

/// What a row is sorted by when the order is that of titles: what the index on it holds, before it is put in lower case.
pub(super) fn title_key(row: &ProjectSummary) -> String {
    let directive: String = row.directive.as_str().chars().take(CURSOR_WORDS_MAX_CHARS).collect();
    if row.title == row.directive.title(120) { directive } else { row.title.clone() }
}

/// A project with its latest generation, for its owner and whoever is in its room; thrown away, for its owner alone.
#[instrument(name = "db.projects.get", skip_all)]
pub(super) async fn get(pool: &PgPool, user: UserId, id: ProjectId) -> Result<Option<Project>, DbError> {
    let row = sqlx::query_as!(
        ProjectRow,
        r#"select case when p.owner_id = $2 then 'owner' else m.role end as "role!", p.id, p.title, p.directive, p.visibility, p.archived_at, p.deleted_at, p.slug, p.created_at,
                  p.updated_at, p.latest_generation as "generation_id!", p.latest_status as "status!", p.cover
           from projects p
           left join rooms r on r.project_id = p.id
           left join room_members m on m.room_id = r.id and m.user_id = $2
           where p.id = $1 and (p.owner_id = $2 or (m.user_id is not null and p.deleted_at is null))"#,
        id.0,
        user.0
    );
    row.fetch_optional(pool).await?.map(ProjectRow::project).transpose()
}

/// A project that is shown to whoever has its address.
#[instrument(name = "db.projects.shared", skip_all)]
pub(super) async fn shared(pool: &PgPool, slug: &str) -> Result<Option<Project>, DbError> {
    let row = sqlx::query_as!(
        ProjectRow,
        r#"select 'viewer' as "role!", p.id, p.title, p.directive, p.visibility, p.archived_at, p.deleted_at, p.slug, p.created_at,
                  p.updated_at, p.latest_generation as "generation_id!", p.latest_status as "status!", p.cover
           from projects p
           where p.slug = $1 and p.visibility <> 'private' and p.deleted_at is null"#,
        slug
    );
    row.fetch_optional(pool).await?.map(ProjectRow::project).transpose()
}

struct ProjectRow {
    role: String,
    id: Uuid,
    title: Option<String>,
    directive: String,
    visibility: String,
    archived_at: Option<OffsetDateTime>,
    deleted_at: Option<OffsetDateTime>,
    slug: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    generation_id: Uuid,
    status: String,
    cover: Option<String>,
}

impl ProjectRow {
    fn project(self) -> Result<Project, DbError> {
        Ok(Project {
            role: parsed(&self.role)?,
            id: ProjectId(self.id),
            title: self.title.as_deref().and_then(|title| ProjectTitle::parse(title).ok()).flatten(),
            directive: directive(&self.directive)?,
            visibility: visibility(&self.visibility),
            shelf: shelf(self.archived_at, self.deleted_at),
            slug: self.slug,
            created_at: self.created_at,
            updated_at: self.updated_at,
            generation: GenerationId(self.generation_id),
            status: parsed(&self.status)?,
            cover: cover(self.cover.as_deref()),
        })
    }
}

/// Names a project of this owner, or takes its name back; returns who may see it, if there is one.
#[instrument(name = "db.projects.rename", skip_all)]
pub(super) async fn rename(
    pool: &PgPool,
    owner: UserId,
    id: ProjectId,
    title: Option<&str>,
    now: OffsetDateTime,
) -> Result<Option<Visibility>, DbError> {
    let renamed = sqlx::query_scalar!(
        "update projects set title = $3, updated_at = $4 where id = $1 and owner_id = $2 and deleted_at is null
         returning visibility",
        id.0,
        owner.0,
        title,
        now
    );
    Ok(renamed.fetch_optional(pool).await?.as_deref().map(visibility))
}

/// A project before it was put elsewhere.
pub(super) struct Shelved {
    pub(super) about: About,
    pub(super) shelf: Shelf,
    pub(super) visibility: Visibility,
}

/// Puts a project of this owner on a shelf; returns where it was, if there is one. The first time it got there counts.
#[instrument(name = "db.projects.shelve", skip_all)]
pub(super) async fn shelve(
    tx: &mut PgConnection,
    owner: UserId,
    id: ProjectId,
    to: Shelf,
    now: OffsetDateTime,
) -> Result<Option<Shelved>, DbError> {
    let before = sqlx::query!(
        "with before as (
             select id, title, directive, visibility, archived_at, deleted_at from projects
             where id = $1 and owner_id = $2 for update
         )
         update projects p
         set deleted_at = case when $3 = 'deleted' then coalesce(p.deleted_at, $4) end,
             archived_at = case $3 when 'archived' then coalesce(p.archived_at, $4) when 'active' then null else p.archived_at end
         from before where p.id = before.id
         returning before.title, before.directive, before.visibility, before.archived_at, before.deleted_at",
        id.0,
        owner.0,
        to.as_str(),
        now
    );
    let Some(before) = before.fetch_optional(tx).await? else { return Ok(None) };
    let about = About::new(id, before.title.as_deref(), &directive(&before.directive)?);
    let shelf = shelf(before.archived_at, before.deleted_at);
    Ok(Some(Shelved { about, shelf, visibility: visibility(&before.visibility) }))
}

/// Sets who may see a project of this owner; returns who might before, if there is one.
#[instrument(name = "db.projects.share", skip_all)]
pub(super) async fn share(
    tx: &mut PgConnection,
    owner: UserId,
    id: ProjectId,
    to: Visibility,
    slug: &str,
    now: OffsetDateTime,
) -> Result<Option<Visibility>, DbError> {
    let before = sqlx::query_scalar!(
        "with before as (
             select id, visibility from projects where id = $1 and owner_id = $2 and deleted_at is null for update
         )
         update projects p
         set visibility = $3, slug = case when $3 = 'private' then p.slug else coalesce(p.slug, $4) end,
             shared_at = case when $3 = 'private' then p.shared_at when $3 = p.visibility then p.shared_at else $5 end
         from before where p.id = before.id
         returning before.visibility",
        id.0,
        owner.0,
        to.as_str(),
        slug,
        now
    );
    Ok(before.fetch_optional(tx).await?.as_deref().map(visibility))
}

/// What everybody may see, the latest first: all of it, or what `$search`, which is SQL, lets through.
macro_rules! shown {
    ($connection:expr, $after:expr, $limit:expr, $search:literal, $words:expr) => {{
        let (time, id) = below($after);
        let rows = sqlx::query!(
            r#"select id, title, directive, slug as "slug!", shared_at as "shared_at!", cover from projects
               where visibility = 'public' and deleted_at is null and archived_at is null
                 and (shared_at, id) < ($1, $2) and "#
                + $search
                + " order by shared_at desc, id desc limit $3",
            time,
            id,
            $limit.fetch(),
            $words
        )
        .fetch_all($connection)
        .await?;
        let shown = rows.into_iter().map(|row| {
            let directive = directive(&row.directive)?;
            Ok(SharedSummary {
                slug: row.slug,
                title: named(row.title.as_deref(), &directive),
                shared_at: row.shared_at,
                cover: cover(row.cover.as_deref()),
                id: ProjectId(row.id),
                directive,
            })
        });
        shown.collect()
    }};
}

/// What everybody may see, the latest first.
#[instrument(name = "db.projects.explore", skip_all)]
pub(super) async fn explore(
    pool: &PgPool,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<SharedSummary>, DbError> {
    shown!(pool, after, limit, "$4::text is null", None::<&str>)
}

/// What of it has words that `to_tsquery` is told of, likewise.
#[instrument(name = "db.projects.explore_words", skip_all)]
pub(super) async fn explore_words(
    pool: &PgPool,
    words: &str,
    after: Option<Cursor>,
    limit: PageLimit,
) -> Result<Vec<SharedSummary>, DbError> {
    shown!(
        pool,
        after,
        limit,
        "to_tsvector('simple', coalesce(title, '') || ' ' || directive) @@ to_tsquery('simple', $4)",
        words
    )
}

/// Removes some of what was thrown away before `before`, and returns how many.
#[instrument(name = "db.projects.purge", skip_all)]
pub(super) async fn purge(pool: &PgPool, before: OffsetDateTime) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from projects where id in (select id from projects where deleted_at < $1 order by deleted_at limit 50)",
        before
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// What was stored was a directive once; if a later version finds it unfit, that is an error, not a crash.
fn directive(text: &str) -> Result<Directive, DbError> {
    Directive::parse(text).map_err(|e| DbError::Refused(sqlx::Error::Decode(Box::new(e))))
}

fn parsed<T: std::str::FromStr<Err = String>>(text: &str) -> Result<T, DbError> {
    text.parse().map_err(|e: String| DbError::Refused(sqlx::Error::Decode(e.into())))
}

/// A picture that a later version wrote in another way is none.
fn cover(text: Option<&str>) -> Option<Picture> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

/// What nobody declared otherwise is private.
fn visibility(text: &str) -> Visibility {
    text.parse().unwrap_or(Visibility::Private)
}

fn shelf(archived: Option<OffsetDateTime>, deleted: Option<OffsetDateTime>) -> Shelf {
    match (archived, deleted) {
        (_, Some(_)) => Shelf::Deleted,
        (Some(_), None) => Shelf::Archived,
        (None, None) => Shelf::Active,
    }
}
