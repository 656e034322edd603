//! Users: guests and members.

use model::{Role, Theme, UserId, UserKind};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;

use super::word;
use crate::{
    accounts::{Profile, UserLine, address::EmailAddress},
    db::{DbError, violated_constraint},
};

/// What signing in needs to know of a member.
pub(in crate::accounts) struct Credentials {
    pub(in crate::accounts) user: UserId,
    pub(in crate::accounts) email: String,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) password_hash: String,
    pub(in crate::accounts) is_disabled: bool,
}

/// A new member's words.
pub(in crate::accounts) struct NewMember<'a> {
    pub(in crate::accounts) email: &'a EmailAddress,
    pub(in crate::accounts) name: &'a str,
    pub(in crate::accounts) password_hash: &'a str,
}

/// Why a member was not stored.
#[derive(Debug, thiserror::Error)]
pub(in crate::accounts) enum StoreMemberError {
    #[error("the address has an account")]
    AddressTaken,
    #[error(transparent)]
    Db(#[from] DbError),
}

fn taken_or(error: sqlx::Error) -> StoreMemberError {
    match violated_constraint(&error) {
        Some("users_email_key") => StoreMemberError::AddressTaken,
        _ => StoreMemberError::Db(error.into()),
    }
}

#[instrument(name = "db.users.insert_guest", skip_all)]
pub(in crate::accounts) async fn insert_guest(
    tx: &mut PgConnection,
    id: UserId,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!("insert into users (id, kind, created_at) values ($1, 'guest', $2)", id.0, now).execute(tx).await?;
    Ok(())
}

#[instrument(name = "db.users.insert_guests", skip_all)]
pub(in crate::accounts) async fn insert_guests(
    tx: &mut PgConnection,
    guests: &[(UserId, String)],
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let (ids, names): (Vec<_>, Vec<_>) = guests.iter().map(|(id, name)| (id.0, name.clone())).unzip();
    sqlx::query!(
        "insert into users (id, kind, name, created_at)
         select id, 'guest', name, $3 from unnest($1::uuid[], $2::text[]) as guest (id, name)",
        &ids,
        &names,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[instrument(name = "db.users.insert_member", skip_all)]
pub(in crate::accounts) async fn insert_member(
    tx: &mut PgConnection,
    id: UserId,
    new: &NewMember<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreMemberError> {
    let inserted = sqlx::query!(
        "insert into users (id, kind, email, email_key, name, password_hash, created_at)
         values ($1, 'member', $2, $3, $4, $5, $6)",
        id.0,
        new.email.address,
        new.email.key,
        new.name,
        new.password_hash,
        now
    );
    inserted.execute(tx).await.map(|_| ()).map_err(taken_or)
}

/// Makes a member of a guest, who keeps everything. `false` when there is no such guest any more.
#[instrument(name = "db.users.promote_guest", skip_all)]
pub(in crate::accounts) async fn promote_guest(
    tx: &mut PgConnection,
    guest: UserId,
    new: &NewMember<'_>,
) -> Result<bool, StoreMemberError> {
    let promoted = sqlx::query!(
        "update users set kind = 'member', email = $2, email_key = $3, name = $4, password_hash = $5
         where id = $1 and kind = 'guest'",
        guest.0,
        new.email.address,
        new.email.key,
        new.name,
        new.password_hash
    );
    promoted.execute(tx).await.map(|done| done.rows_affected() == 1).map_err(taken_or)
}

/// Gives everything of a guest to a member, and removes the guest.
#[instrument(name = "db.users.merge_guest", skip_all)]
pub(in crate::accounts) async fn merge_guest(
    tx: &mut PgConnection,
    guest: UserId,
    into: UserId,
) -> Result<(), DbError> {
    let is_guest = sqlx::query_scalar!("select id from users where id = $1 and kind = 'guest' for update", guest.0);
    if is_guest.fetch_optional(&mut *tx).await?.is_none() {
        return Ok(());
    }
    sqlx::query!("update projects set owner_id = $2 where owner_id = $1", guest.0, into.0).execute(&mut *tx).await?;
    merge_rooms(&mut *tx, guest, into).await?;
    sqlx::query!("delete from users where id = $1", guest.0).execute(tx).await?;
    Ok(())
}

/// What a guest is in rooms, said there, and was called there. Where both are, the one who may do more stays.
async fn merge_rooms(tx: &mut PgConnection, guest: UserId, into: UserId) -> Result<(), DbError> {
    sqlx::query!(
        "insert into room_members as m (room_id, user_id, role, read_to, notify, joined_at)
         select room_id, $2, role, read_to, notify, joined_at from room_members where user_id = $1
         on conflict (room_id, user_id) do update set
             role = (array['owner', 'editor', 'commenter', 'viewer'])[least(
                 array_position(array['owner', 'editor', 'commenter', 'viewer'], m.role),
                 array_position(array['owner', 'editor', 'commenter', 'viewer'], excluded.role))],
             read_to = greatest(m.read_to, excluded.read_to)",
        guest.0,
        into.0
    )
    .execute(&mut *tx)
    .await?;
    // Rooms of two change hands, unless the member talks with the same person already: that one stays, and the guest's goes with the guest.
    sqlx::query!(
        "update rooms r set first_id = least(other, $2), second_id = greatest(other, $2)
         from (select id, case when first_id = $1 then second_id else first_id end as other from rooms where $1 in (first_id, second_id)) d
         where r.id = d.id and other <> $2
           and not exists (select from rooms o where o.first_id = least(other, $2) and o.second_id = greatest(other, $2))",
        guest.0,
        into.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update messages m set author_id = $2 where author_id = $1
         and not exists (select from messages o where o.room_id = m.room_id and o.author_id = $2 and o.client_id = m.client_id)",
        guest.0,
        into.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into reactions (message_id, user_id, emoji, created_at)
         select message_id, $2, emoji, created_at from reactions where user_id = $1 on conflict do nothing",
        guest.0,
        into.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into mentions (message_id, user_id) select message_id, $2 from mentions where user_id = $1
         on conflict do nothing",
        guest.0,
        into.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether others see anything of somebody: a project, or their picture.
#[instrument(name = "db.users.shows_something", skip_all)]
pub(in crate::accounts) async fn shows_something(tx: &mut PgConnection, user: UserId) -> Result<bool, DbError> {
    let shows = sqlx::query_scalar!(
        r#"select exists (select from projects where owner_id = $1 and visibility <> 'private')
               or exists (select from users where id = $1 and avatar is not null) as "shows!""#,
        user.0
    );
    Ok(shows.fetch_one(tx).await?)
}

#[instrument(name = "db.users.credentials", skip_all)]
pub(in crate::accounts) async fn credentials(pool: &PgPool, key: &str) -> Result<Option<Credentials>, DbError> {
    let row = sqlx::query!(
        r#"select id, email as "email!", name as "name!", password_hash as "password_hash!", disabled_at from users
           where email_key = $1 and kind = 'member'"#,
        key
    );
    Ok(row.fetch_optional(pool).await?.map(|row| Credentials {
        user: UserId(row.id),
        email: row.email,
        name: row.name,
        password_hash: row.password_hash,
        is_disabled: row.disabled_at.is_some(),
    }))
}

#[instrument(name = "db.users.credentials_of", skip_all)]
pub(in crate::accounts) async fn credentials_of(pool: &PgPool, user: UserId) -> Result<Option<Credentials>, DbError> {
    let key = sqlx::query_scalar!(
        r#"select email_key as "key!" from users where id = $1 and kind = 'member' and disabled_at is null"#,
        user.0
    );
    match key.fetch_optional(pool).await? {
        Some(key) => credentials(pool, &key).await,
        None => Ok(None),
    }
}

#[instrument(name = "db.users.profile", skip_all)]
pub(in crate::accounts) async fn profile<'e>(
    pool: impl sqlx::PgExecutor<'e>,
    user: UserId,
) -> Result<Option<Profile>, DbError> {
    let row =
        sqlx::query!("select kind, role, email, name, theme, created_at, avatar from users where id = $1", user.0);
    row.fetch_optional(pool)
        .await?
        .map(|row| {
            Ok(Profile {
                user,
                kind: word(&row.kind)?,
                role: word(&row.role)?,
                email: row.email,
                name: row.name,
                theme: word(&row.theme)?,
                since: row.created_at,
                avatar: row.avatar.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            })
        })
        .transpose()
}

#[instrument(name = "db.users.set_password", skip_all)]
pub(in crate::accounts) async fn set_password(
    tx: &mut PgConnection,
    user: UserId,
    password_hash: &str,
) -> Result<(), DbError> {
    sqlx::query!("update users set password_hash = $2 where id = $1 and kind = 'member'", user.0, password_hash)
        .execute(tx)
        .await?;
    Ok(())
}

#[instrument(name = "db.users.set_name", skip_all)]
pub(in crate::accounts) async fn set_name(tx: &mut PgConnection, user: UserId, name: &str) -> Result<(), DbError> {
    sqlx::query!("update users set name = $2 where id = $1 and kind = 'member'", user.0, name).execute(tx).await?;
    Ok(())
}

#[instrument(name = "db.users.set_theme", skip_all)]
pub(in crate::accounts) async fn set_theme(tx: &mut PgConnection, user: UserId, theme: Theme) -> Result<(), DbError> {
    sqlx::query!("update users set theme = $2 where id = $1", user.0, theme.as_str()).execute(tx).await?;
    Ok(())
}

/// Gives an account another address.
#[instrument(name = "db.users.set_email", skip_all)]
pub(in crate::accounts) async fn set_email(
    tx: &mut PgConnection,
    user: UserId,
    email: &EmailAddress,
) -> Result<(), StoreMemberError> {
    let changed = sqlx::query!(
        "update users set email = $2, email_key = $3 where id = $1 and kind = 'member'",
        user.0,
        email.address,
        email.key
    );
    changed.execute(tx).await.map(|_| ()).map_err(taken_or)
}

/// Deletes a user; sessions, tokens and projects go with them.
#[instrument(name = "db.users.delete", skip_all)]
pub(in crate::accounts) async fn delete(tx: &mut PgConnection, user: UserId) -> Result<(), DbError> {
    sqlx::query!("delete from users where id = $1", user.0).execute(tx).await?;
    Ok(())
}

/// Sets what an operator decides about a member: role, and whether they may come in. `None` when nobody has the address.
#[instrument(name = "db.users.administer", skip_all)]
pub(in crate::accounts) async fn administer(
    tx: &mut PgConnection,
    key: &str,
    role: Option<Role>,
    disabled_at: Option<Option<OffsetDateTime>>,
) -> Result<Option<UserId>, DbError> {
    let changed = sqlx::query_scalar!(
        "update users set role = coalesce($2, role), disabled_at = case when $3 then $4 else disabled_at end
         where email_key = $1 returning id",
        key,
        role.map(Role::as_str),
        disabled_at.is_some(),
        disabled_at.flatten()
    );
    Ok(changed.fetch_optional(tx).await?.map(UserId))
}

/// Users, newest first: members, and guests as well when asked for.
#[instrument(name = "db.users.list", skip_all)]
pub(in crate::accounts) async fn list(pool: &PgPool, guests: bool, limit: i64) -> Result<Vec<UserLine>, DbError> {
    let rows = sqlx::query!(
        r#"select id, kind, role, email, name, created_at, disabled_at,
                  (select count(*) from projects where owner_id = u.id and deleted_at is null) as "projects!"
           from users u
           where $1 or kind = 'member'
           order by created_at desc, id desc limit $2"#,
        guests,
        limit
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(UserLine {
                user: UserId(row.id),
                kind: word::<UserKind>(&row.kind)?,
                role: word(&row.role)?,
                email: row.email,
                name: row.name,
                since: row.created_at,
                is_disabled: row.disabled_at.is_some(),
                projects: row.projects,
            })
        })
        .collect()
}
