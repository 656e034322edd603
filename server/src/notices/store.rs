//! All SQL of the notices.

use model::{SessionId, UserId};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use tracing::instrument;
use url::Url;
use uuid::Uuid;

use super::{About, New, Notice};
use crate::{db::DbError, push::Subscription};

pub(super) type Tx = Transaction<'static, Postgres>;

pub(super) async fn begin(pool: &PgPool) -> Result<Tx, DbError> {
    Ok(pool.begin().await?)
}

/// What somebody wants to hear where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether they can be written to at all.
    pub has_address: bool,
    /// Whether they want mail.
    pub mail: bool,
    /// Until when nothing is mailed or pushed, if that is still to come.
    pub quiet_until: Option<OffsetDateTime>,
    /// How many browsers are pushed to.
    pub browsers: i64,
}

/// Who of some wants to hear it where.
pub(super) struct Wanting {
    pub(super) pushed: Vec<UserId>,
    pub(super) mailed: Vec<UserId>,
}

/// A browser that is pushed to.
pub(super) struct Browser {
    pub(super) id: Uuid,
    pub(super) subscription: Subscription,
}

/// Writes down what people are told, in place of what they were told of the same; those to whom it is news.
#[instrument(name = "db.notices.write", skip_all)]
pub(super) async fn write(
    tx: &mut PgConnection,
    ids: &[Uuid],
    new: &[New],
    now: OffsetDateTime,
) -> Result<Vec<UserId>, DbError> {
    let users: Vec<Uuid> = new.iter().map(|new| new.user.0).collect();
    let keys: Vec<String> = new.iter().map(|new| new.key.clone()).collect();
    let upto: Vec<i64> = new.iter().map(|new| new.upto).collect();
    let data: Vec<String> =
        new.iter().map(|new| serde_json::to_string(&new.about)).collect::<Result<_, _>>().map_err(decode)?;
    let told = sqlx::query_scalar!(
        "insert into notices (id, user_id, key, data, upto, created_at)
         select t.id, t.user_id, t.key, t.data, t.upto, $6
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[]) as t (id, user_id, key, data, upto)
         on conflict (user_id, key) do update
         set data = excluded.data, upto = excluded.upto, created_at = excluded.created_at, seen_at = null, mailed_at = null, pushed_at = null
         where notices.upto < excluded.upto
         returning user_id",
        ids,
        &users,
        &keys,
        &data,
        &upto,
        now
    );
    Ok(told.fetch_all(tx).await?.into_iter().map(UserId).collect())
}

/// Who of these has a browser that is pushed to, and who wants mail.
#[instrument(name = "db.notices.wanting", skip_all)]
pub(super) async fn wanting(tx: &mut PgConnection, users: &[UserId]) -> Result<Wanting, DbError> {
    let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let rows = sqlx::query!(
        r#"select id, email is not null and mail_notices as "mail!",
                  exists (select from push_subscriptions s where s.user_id = users.id) as "push!"
           from users where id = any($1) and disabled_at is null"#,
        &users
    );
    let rows = rows.fetch_all(tx).await?;
    Ok(Wanting {
        pushed: rows.iter().filter(|row| row.push).map(|row| UserId(row.id)).collect(),
        mailed: rows.iter().filter(|row| row.mail).map(|row| UserId(row.id)).collect(),
    })
}

/// Everybody who runs the house.
#[instrument(name = "db.notices.administrators", skip_all)]
pub(super) async fn administrators(tx: &mut PgConnection) -> Result<Vec<UserId>, DbError> {
    let ids =
        sqlx::query_scalar!("select id from users where role = 'admin' and disabled_at is null order by id limit 100");
    Ok(ids.fetch_all(tx).await?.into_iter().map(UserId).collect())
}

struct Row {
    id: Uuid,
    key: String,
    data: String,
    created_at: OffsetDateTime,
    is_seen: bool,
}

impl Row {
    /// What another version wrote in another shape is left out.
    fn notice(self) -> Option<Notice> {
        let about: About = serde_json::from_str(&self.data).ok()?;
        Some(Notice { id: self.id, key: self.key, about, created_at: self.created_at, is_seen: self.is_seen })
    }
}

/// What somebody was told, the newest first.
#[instrument(name = "db.notices.list", skip_all)]
pub(super) async fn list(pool: &PgPool, user: UserId, most: i64) -> Result<Vec<Notice>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, key, data, created_at, seen_at is not null as "is_seen!" from notices
           where user_id = $1 order by created_at desc, id desc limit $2"#,
        user.0,
        most
    );
    Ok(rows.fetch_all(pool).await?.into_iter().filter_map(Row::notice).collect())
}

/// How many of the newest they have not seen.
#[instrument(name = "db.notices.unseen", skip_all)]
pub(super) async fn unseen(pool: &PgPool, user: UserId, most: i64) -> Result<u32, DbError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) filter (where seen_at is null) as "count!" from (
               select seen_at from notices where user_id = $1 order by created_at desc, id desc limit $2
           ) newest"#,
        user.0,
        most
    );
    u32::try_from(count.fetch_one(pool).await?).map_err(decode)
}

/// Somebody has seen everything that there was at a moment.
#[instrument(name = "db.notices.seen", skip_all)]
pub(super) async fn seen(
    pool: &PgPool,
    user: UserId,
    until: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "update notices set seen_at = $3 where user_id = $1 and created_at <= $2 and seen_at is null",
        user.0,
        until,
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// What somebody has neither seen nor been written of, the newest first. From then on it is told.
#[instrument(name = "db.notices.take_for_mail", skip_all)]
pub(super) async fn take_for_mail(
    tx: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
) -> Result<Vec<Notice>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        r#"with taken as (
               update notices set mailed_at = $2 where user_id = $1 and mailed_at is null and seen_at is null
               returning id, key, data, created_at
           )
           select id, key, data, created_at, false as "is_seen!" from taken order by created_at desc, id desc"#,
        user.0,
        now
    );
    Ok(rows.fetch_all(tx).await?.into_iter().filter_map(Row::notice).collect())
}

/// Their address, if they want mail.
#[instrument(name = "db.notices.address", skip_all)]
pub(super) async fn address(tx: &mut PgConnection, user: UserId) -> Result<Option<String>, DbError> {
    let address =
        sqlx::query_scalar!("select email from users where id = $1 and mail_notices and disabled_at is null", user.0);
    Ok(address.fetch_optional(tx).await?.flatten())
}

/// Until when they want quiet, if that is still to come.
#[instrument(name = "db.notices.quiet_until", skip_all)]
pub(super) async fn quiet_until(
    pool: &PgPool,
    user: UserId,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, DbError> {
    let until = sqlx::query_scalar!("select quiet_until from users where id = $1 and quiet_until > $2", user.0, now);
    Ok(until.fetch_optional(pool).await?.flatten())
}

/// What somebody has neither seen nor been pushed, the newest first.
#[instrument(name = "db.notices.unpushed", skip_all)]
pub(super) async fn unpushed(pool: &PgPool, user: UserId, most: i64) -> Result<Vec<Notice>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select n.id, n.key, n.data, n.created_at, false as "is_seen!"
           from notices n join users u on u.id = n.user_id and u.disabled_at is null
           where n.user_id = $1 and n.pushed_at is null and n.seen_at is null
           order by n.created_at desc, n.id desc limit $2"#,
        user.0,
        most
    );
    Ok(rows.fetch_all(pool).await?.into_iter().filter_map(Row::notice).collect())
}

/// A notice was pushed as it was at a moment.
#[instrument(name = "db.notices.pushed", skip_all)]
pub(super) async fn pushed(pool: &PgPool, notice: &Notice, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!(
        "update notices set pushed_at = $3 where id = $1 and created_at = $2",
        notice.id,
        notice.created_at,
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The browsers of somebody that are pushed to.
#[instrument(name = "db.notices.browsers", skip_all)]
pub(super) async fn browsers(pool: &PgPool, user: UserId, most: i64) -> Result<Vec<Browser>, DbError> {
    let rows = sqlx::query!(
        "select id, endpoint, p256dh, auth from push_subscriptions where user_id = $1 order by created_at desc limit $2",
        user.0,
        most
    );
    let rows = rows.fetch_all(pool).await?.into_iter();
    rows.map(|row| {
        let subscription = Subscription {
            endpoint: Url::parse(&row.endpoint).map_err(decode)?,
            p256dh: row.p256dh.try_into().map_err(|_| decode("a key of a browser has another length"))?,
            auth: row.auth.try_into().map_err(|_| decode("a secret of a browser has another length"))?,
        };
        Ok(Browser { id: row.id, subscription })
    })
    .collect()
}

/// Whether a browser of somebody is pushed to.
#[instrument(name = "db.notices.is_subscribed", skip_all)]
pub(super) async fn is_subscribed(pool: &PgPool, user: UserId, endpoint: &str) -> Result<bool, DbError> {
    let is_there = sqlx::query_scalar!(
        r#"select exists (select from push_subscriptions where endpoint = $2 and user_id = $1) as "is_there!""#,
        user.0,
        endpoint
    );
    Ok(is_there.fetch_one(pool).await?)
}

/// A browser wants to be pushed to, what is new from then on.
#[instrument(name = "db.notices.subscribe", skip_all)]
pub(super) async fn subscribe(
    tx: &mut PgConnection,
    id: Uuid,
    (user, session): (UserId, SessionId),
    subscription: &Subscription,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    sqlx::query!(
        "with before as (
             update notices set pushed_at = $6 where user_id = $2 and pushed_at is null
         )
         insert into push_subscriptions (id, user_id, endpoint, p256dh, auth, created_at, session_id) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (endpoint) do update
         set user_id = excluded.user_id, session_id = excluded.session_id, p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at",
        id,
        user.0,
        subscription.endpoint.as_str(),
        subscription.p256dh.as_slice(),
        subscription.auth.as_slice(),
        now,
        session.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Of more browsers than so many, those that came first go.
#[instrument(name = "db.notices.forget_others", skip_all)]
pub(super) async fn forget_others(tx: &mut PgConnection, user: UserId, most: i64) -> Result<(), DbError> {
    sqlx::query!(
        "delete from push_subscriptions where id in (
             select id from push_subscriptions where user_id = $1 order by created_at desc offset $2)",
        user.0,
        most
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A browser is pushed to no more.
#[instrument(name = "db.notices.forget_browser", skip_all)]
pub(super) async fn forget_browser(pool: &PgPool, id: Uuid) -> Result<(), DbError> {
    sqlx::query!("delete from push_subscriptions where id = $1", id).execute(pool).await?;
    Ok(())
}

/// Likewise, as its owner asks.
#[instrument(name = "db.notices.unsubscribe", skip_all)]
pub(super) async fn unsubscribe(pool: &PgPool, user: UserId, endpoint: &str) -> Result<(), DbError> {
    sqlx::query!("delete from push_subscriptions where user_id = $1 and endpoint = $2", user.0, endpoint)
        .execute(pool)
        .await?;
    Ok(())
}

/// What somebody wants to hear where.
#[instrument(name = "db.notices.settings", skip_all)]
pub(super) async fn settings(pool: &PgPool, user: UserId, now: OffsetDateTime) -> Result<Option<Settings>, DbError> {
    let settings = sqlx::query_as!(
        Settings,
        r#"select email is not null as "has_address!", mail_notices as mail,
                  case when quiet_until > $2 then quiet_until end as quiet_until,
                  (select count(*) from push_subscriptions s where s.user_id = users.id) as "browsers!"
           from users where id = $1"#,
        user.0,
        now
    );
    Ok(settings.fetch_optional(pool).await?)
}

/// Whether they want mail, of what is new from then on.
#[instrument(name = "db.notices.set_mail", skip_all)]
pub(super) async fn set_mail(pool: &PgPool, user: UserId, wanted: bool, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!(
        "with changed as (
             update users set mail_notices = $2 where id = $1 and mail_notices <> $2 returning id
         )
         update notices n set mailed_at = $3 from changed where n.user_id = changed.id and n.mailed_at is null",
        user.0,
        wanted,
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Until when they want quiet.
#[instrument(name = "db.notices.set_quiet", skip_all)]
pub(super) async fn set_quiet(pool: &PgPool, user: UserId, until: Option<OffsetDateTime>) -> Result<(), DbError> {
    sqlx::query!("update users set quiet_until = $2 where id = $1", user.0, until).execute(pool).await?;
    Ok(())
}

/// Removes notices of long ago, some at once; how many.
#[instrument(name = "db.notices.forget_before", skip_all)]
pub(super) async fn forget_before(pool: &PgPool, before: OffsetDateTime, most: i64) -> Result<u64, DbError> {
    let gone = sqlx::query!(
        "delete from notices where id = any(array(
             select id from notices where created_at < $1 order by created_at limit $2))",
        before,
        most
    );
    Ok(gone.execute(pool).await?.rows_affected())
}

/// Something is there that this program did not write.
fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DbError {
    DbError::from(sqlx::Error::Decode(error.into()))
}
