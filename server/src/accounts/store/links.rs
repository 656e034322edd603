//! What links in mails stand for.

use model::{MailLinkId, UserId};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;

use crate::{
    accounts::{LinkPurpose, address::EmailAddress},
    db::DbError,
};

/// A link to be stored.
pub(in crate::accounts) struct NewLink<'a> {
    pub(in crate::accounts) id: MailLinkId,
    pub(in crate::accounts) purpose: LinkPurpose,
    pub(in crate::accounts) user: Option<UserId>,
    pub(in crate::accounts) email: Option<&'a EmailAddress>,
    pub(in crate::accounts) name: Option<&'a str>,
    pub(in crate::accounts) password_hash: Option<&'a str>,
    pub(in crate::accounts) guest: Option<UserId>,
    pub(in crate::accounts) now: OffsetDateTime,
    pub(in crate::accounts) expires_at: OffsetDateTime,
}

/// A link as stored.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct Link {
    pub(in crate::accounts) id: MailLinkId,
    pub(in crate::accounts) user: Option<UserId>,
    pub(in crate::accounts) email: Option<EmailAddress>,
    pub(in crate::accounts) name: Option<String>,
    pub(in crate::accounts) password_hash: Option<String>,
    pub(in crate::accounts) guest: Option<UserId>,
}

#[instrument(name = "db.mail_links.insert", skip_all)]
pub(in crate::accounts) async fn insert(tx: &mut PgConnection, new: &NewLink<'_>) -> Result<(), DbError> {
    sqlx::query!(
        "insert into mail_links (id, purpose, user_id, email, email_key, name, password_hash, guest_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing",
        new.id.0,
        new.purpose.as_str(),
        new.user.map(|user| user.0),
        new.email.map(|email| email.address.as_str()),
        new.email.map(|email| email.key.as_str()),
        new.name,
        new.password_hash,
        new.guest.map(|guest| guest.0),
        new.now,
        new.expires_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The link, unless it was used or is too old.
#[instrument(name = "db.mail_links.get", skip_all)]
pub(in crate::accounts) async fn get(
    pool: &PgPool,
    id: MailLinkId,
    purpose: LinkPurpose,
    now: OffsetDateTime,
) -> Result<Option<Link>, DbError> {
    let row = sqlx::query!(
        "select user_id, email, email_key, name, password_hash, guest_id from mail_links
         where id = $1 and purpose = $2 and used_at is null and expires_at > $3",
        id.0,
        purpose.as_str(),
        now
    );
    Ok(row.fetch_optional(pool).await?.map(|row| Link {
        id,
        user: row.user_id.map(UserId),
        email: row.email.zip(row.email_key).map(|(address, key)| EmailAddress { address, key }),
        name: row.name,
        password_hash: row.password_hash,
        guest: row.guest_id.map(UserId),
    }))
}

/// Marks a link as used. `false` when it was used already or is too old: of two who come at once, one gets `true`.
#[instrument(name = "db.mail_links.use", skip_all)]
pub(in crate::accounts) async fn use_up(
    tx: &mut PgConnection,
    id: MailLinkId,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let used = sqlx::query!(
        "update mail_links set used_at = $2, password_hash = null where id = $1 and used_at is null and expires_at > $2",
        id.0,
        now
    );
    Ok(used.execute(tx).await?.rows_affected() == 1)
}

/// Voids all links of a user.
#[instrument(name = "db.mail_links.void", skip_all)]
pub(in crate::accounts) async fn void(tx: &mut PgConnection, user: UserId, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!("update mail_links set used_at = $2 where user_id = $1 and used_at is null", user.0, now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets links that nobody can use any more.
#[instrument(name = "db.mail_links.prune", skip_all)]
pub(in crate::accounts) async fn prune(pool: &PgPool, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!("delete from mail_links where expires_at <= $1", now).execute(pool).await?;
    Ok(())
}
