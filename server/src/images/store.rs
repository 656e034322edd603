//! All SQL of the images.

use model::{ImageId, MessageId, Picture, ProjectId, UserId};
use sqlx::{PgConnection, PgExecutor, PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::{Subject, Viewed, Waiting};
use crate::{
    blobs::Digest,
    cache::Tag,
    db::DbError,
    shown::{person_tag, project_tag, projects_tag},
};

/// A picture that was sent.
pub(super) struct New<'a> {
    pub(super) id: ImageId,
    pub(super) subject: Subject,
    pub(super) original: &'a Digest,
    pub(super) description: &'a str,
    pub(super) now: OffsetDateTime,
}

/// A picture to be made ready.
pub(super) struct Sent {
    pub(super) subject: Subject,
    pub(super) original: Digest,
    pub(super) description: String,
}

pub(super) type Tx = Transaction<'static, Postgres>;

pub(super) async fn begin(pool: &PgPool) -> Result<Tx, DbError> {
    Ok(pool.begin().await?)
}

pub(super) async fn commit(tx: Tx) -> Result<(), DbError> {
    Ok(tx.commit().await?)
}

/// Whether this is a project of theirs that was not thrown away, they themselves as a member, or a message of their own that they did not take back.
#[instrument(name = "db.images.is_theirs", skip_all)]
pub(super) async fn is_theirs(executor: impl PgExecutor<'_>, subject: Subject, user: UserId) -> Result<bool, DbError> {
    let Ids { project, user: member, message } = subject.ids();
    let is_theirs = sqlx::query_scalar!(
        r#"select exists (select from projects where id = $1 and owner_id = $3 and deleted_at is null)
               or exists (select from users where id = $2 and id = $3 and kind = 'member')
               or exists (select from messages m join room_members r on r.room_id = m.room_id and r.user_id = $3 and r.role <> 'viewer'
                          where m.id = $4 and m.author_id = $3 and m.deleted_at is null) as "is_theirs!""#,
        project,
        member,
        user.0,
        message
    );
    Ok(is_theirs.fetch_one(executor).await?)
}

/// Nobody else changes the picture of this until the transaction ends.
#[instrument(name = "db.images.lock", skip_all)]
pub(super) async fn lock(tx: &mut PgConnection, subject: Subject) -> Result<(), DbError> {
    let Ids { project, user, message } = subject.ids();
    sqlx::query!("select id from projects where id = $1 for no key update", project).fetch_optional(&mut *tx).await?;
    sqlx::query!("select id from users where id = $1 for no key update", user).fetch_optional(&mut *tx).await?;
    // In the order of those who say something: the room, and then the message.
    let room = sqlx::query!(
        "select r.id from rooms r where r.id = (select room_id from messages where id = $1) for no key update",
        message
    );
    room.fetch_optional(&mut *tx).await?;
    sqlx::query!("select id from messages where id = $1 for no key update", message).fetch_optional(tx).await?;
    Ok(())
}

/// Whether others may see a project.
#[instrument(name = "db.images.is_shown", skip_all)]
pub(super) async fn is_shown(tx: &mut PgConnection, project: ProjectId) -> Result<bool, DbError> {
    let is_shown = sqlx::query_scalar!(
        r#"select exists (select from projects where id = $1 and visibility <> 'private') as "is_shown!""#,
        project.0
    );
    Ok(is_shown.fetch_one(tx).await?)
}

/// Writes down a picture that was sent, in place of one that is not ready yet or was refused.
#[instrument(name = "db.images.insert", skip_all)]
pub(super) async fn insert(tx: &mut PgConnection, new: &New<'_>) -> Result<(), DbError> {
    let Ids { project, user, message } = new.subject.ids();
    let before = sqlx::query!(
        "delete from images where (project_id = $1 or user_id = $2 or message_id = $3) and state <> 'ready'",
        project,
        user,
        message
    );
    before.execute(&mut *tx).await?;
    sqlx::query!(
        "insert into images (id, project_id, user_id, message_id, state, description, original, created_at)
         values ($1, $2, $3, $4, 'waiting', $5, $6, $7)",
        new.id.0,
        project,
        user,
        message,
        new.description,
        new.original.as_str(),
        new.now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A picture that waits to be made ready, if it still does.
#[instrument(name = "db.images.get_sent", skip_all)]
pub(super) async fn sent(pool: &PgPool, id: ImageId) -> Result<Option<Sent>, DbError> {
    let row = sqlx::query!(
        r#"select project_id, user_id, message_id, original as "original!", description from images
           where id = $1 and state = 'waiting'"#,
        id.0
    );
    Ok(row.fetch_optional(pool).await?.and_then(|row| {
        let subject = Subject::of(Ids { project: row.project_id, user: row.user_id, message: row.message_id })?;
        Some(Sent { subject, original: Digest::named(&row.original)?, description: row.description })
    }))
}

/// A picture is ready, in place of the one that was: says so where it is shown. Does nothing when it waits no more.
#[instrument(name = "db.images.set_ready", skip_all)]
pub(super) async fn set_ready(
    tx: &mut PgConnection,
    id: ImageId,
    subject: Subject,
    picture: &Picture,
) -> Result<bool, DbError> {
    let Ids { project, user, message } = subject.ids();
    // In the order of those who send one: first what it is of, then the picture.
    lock(tx, subject).await?;
    let waits = sqlx::query_scalar!("select id from images where id = $1 and state = 'waiting' for update", id.0);
    if waits.fetch_optional(&mut *tx).await?.is_none() {
        return Ok(false);
    }
    let before = sqlx::query!(
        "delete from images where (project_id = $1 or user_id = $2 or message_id = $3) and state = 'ready'",
        project,
        user,
        message
    );
    before.execute(&mut *tx).await?;
    sqlx::query!("update images set state = 'ready', original = null where id = $1", id.0).execute(&mut *tx).await?;
    let files: Vec<String> = picture.sizes.iter().flat_map(|size| [size.avif.clone(), size.webp.clone()]).collect();
    sqlx::query!(
        "insert into image_files (image_id, digest) select $1, unnest($2::text[]) on conflict do nothing",
        id.0,
        &files
    )
    .execute(&mut *tx)
    .await?;
    show(tx, subject, Some(picture)).await?;
    Ok(true)
}

/// Sets what is shown of a project or of a person.
#[instrument(name = "db.images.show", skip_all)]
async fn show(tx: &mut PgConnection, subject: Subject, picture: Option<&Picture>) -> Result<(), DbError> {
    let picture = picture.map(serde_json::to_string).transpose();
    let picture = picture.map_err(|e| DbError::Refused(sqlx::Error::Encode(Box::new(e))))?;
    match subject {
        Subject::Project(id) => {
            sqlx::query!("update projects set cover = $2 where id = $1", id.0, picture).execute(tx).await?
        }
        Subject::User(id) => {
            sqlx::query!("update users set avatar = $2 where id = $1", id.0, picture).execute(tx).await?
        }
        // The room's log tells of it too.
        Subject::Message(_) => return Ok(()),
    };
    Ok(())
}

/// A picture cannot be made ready.
#[instrument(name = "db.images.refuse", skip_all)]
pub(super) async fn refuse(pool: &PgPool, id: ImageId, reason: &str) -> Result<(), DbError> {
    // One that was refused before has gone when this one was sent.
    sqlx::query!(
        "update images set state = 'refused', original = null, reason = $2 where id = $1 and state = 'waiting'",
        id.0,
        reason
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Takes the picture away, whatever becomes of it. Says whether there was one.
#[instrument(name = "db.images.delete", skip_all)]
pub(super) async fn delete(tx: &mut PgConnection, subject: Subject) -> Result<bool, DbError> {
    let Ids { project, user, message } = subject.ids();
    let gone = sqlx::query!(
        "delete from images where project_id = $1 or user_id = $2 or message_id = $3",
        project,
        user,
        message
    );
    let gone = gone.execute(&mut *tx).await?.rows_affected();
    show(tx, subject, None).await?;
    Ok(gone > 0)
}

/// What is known of the picture that was sent last, unless it is shown.
#[instrument(name = "db.images.waiting", skip_all)]
pub(super) async fn waiting(pool: &PgPool, subject: Subject) -> Result<Option<Waiting>, DbError> {
    let Ids { project, user, message } = subject.ids();
    let row = sqlx::query!(
        "select reason from images where (project_id = $1 or user_id = $2 or message_id = $3) and state <> 'ready'
         order by created_at desc limit 1",
        project,
        user,
        message
    );
    Ok(row.fetch_optional(pool).await?.map(|row| row.reason.map_or(Waiting::ForItsTurn, Waiting::Refused)))
}

/// Whether a picture was sent, whatever became of it.
#[instrument(name = "db.images.is_there", skip_all)]
pub(super) async fn is_there(pool: &PgPool, subject: Subject) -> Result<bool, DbError> {
    let Ids { project, user, message } = subject.ids();
    let is_there = sqlx::query_scalar!(
        r#"select exists (select from images where project_id = $1 or user_id = $2 or message_id = $3) as "is_there!""#,
        project,
        user,
        message
    );
    Ok(is_there.fetch_one(pool).await?)
}

/// The picture of a person.
#[instrument(name = "db.images.avatar", skip_all)]
pub(super) async fn avatar(pool: &PgPool, user: UserId) -> Result<Option<Picture>, DbError> {
    let text = sqlx::query_scalar!("select avatar from users where id = $1", user.0).fetch_optional(pool).await?;
    Ok(text.flatten().and_then(|text| serde_json::from_str(&text).ok()))
}

/// Who may see a file of a picture, and on which projects and people that hangs; a few of them, where the same picture is of many.
#[instrument(name = "db.images.viewed", skip_all)]
pub(super) async fn viewed(
    pool: &PgPool,
    file: &Digest,
    user: Option<UserId>,
) -> Result<Option<(Viewed, Vec<Tag>)>, DbError> {
    let row = sqlx::query!(
        r#"select bool_or(i.user_id is not null or (p.visibility <> 'private' and p.deleted_at is null)) as "is_public",
                  bool_or(p.owner_id = $2 or (p.deleted_at is null and exists (
                      select from rooms r join room_members m on m.room_id = r.id where r.project_id = p.id and m.user_id = $2
                  )) or exists (
                      select from messages s join room_members m on m.room_id = s.room_id
                      join rooms r on r.id = s.room_id left join projects q on q.id = r.project_id and q.deleted_at is null
                      where s.id = i.message_id and s.deleted_at is null and m.user_id = $2 and (r.project_id is null or q.id is not null)
                  )) as "is_own",
                  (array_agg(p.id) filter (where p.id is not null))[1:20] as projects,
                  (array_agg(i.user_id) filter (where i.user_id is not null))[1:20] as people
           from image_files f
           join images i on i.id = f.image_id
           left join projects p on p.id = i.project_id
           where f.digest = $1"#,
        file.as_str(),
        user.map(|user| user.0)
    );
    let row = row.fetch_one(pool).await?;
    let viewed = match (row.is_public, row.is_own) {
        (Some(true), _) => Viewed::ByEverybody,
        (_, Some(true)) => Viewed::ByOwner,
        _ => return Ok(None),
    };
    let projects = row.projects.into_iter().flatten().map(|id| project_tag(ProjectId(id)));
    let people = row.people.into_iter().flatten().map(|id| person_tag(UserId(id)));
    Ok(Some((viewed, projects.chain(people).chain([projects_tag()]).collect())))
}

/// The id of what a picture is of, in the column of its sort.
struct Ids {
    project: Option<Uuid>,
    user: Option<Uuid>,
    message: Option<Uuid>,
}

impl Subject {
    fn ids(self) -> Ids {
        let none = Ids { project: None, user: None, message: None };
        match self {
            Self::Project(id) => Ids { project: Some(id.0), ..none },
            Self::User(id) => Ids { user: Some(id.0), ..none },
            Self::Message(id) => Ids { message: Some(id.0), ..none },
        }
    }

    fn of(ids: Ids) -> Option<Self> {
        let Ids { project, user, message } = ids;
        let project = project.map(|id| Self::Project(ProjectId(id)));
        project.or(user.map(|id| Self::User(UserId(id)))).or(message.map(|id| Self::Message(MessageId(id))))
    }
}
