//! API tokens.

use model::{Scope, TokenId, UserId};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tracing::instrument;
use uuid::Uuid;

use super::word;
use crate::{accounts::ApiToken, db::DbError};

/// A token to be stored.
pub(in crate::accounts) struct NewToken<'a> {
    pub(in crate::accounts) id: TokenId,
    pub(in crate::accounts) user: UserId,
    pub(in crate::accounts) name: &'a str,
    pub(in crate::accounts) secret_hash: &'a [u8],
    pub(in crate::accounts) scopes: &'a [Scope],
    pub(in crate::accounts) now: OffsetDateTime,
    pub(in crate::accounts) expires_at: Option<OffsetDateTime>,
}

/// What a request with a token needs to know.
pub(in crate::accounts) struct Stored {
    pub(in crate::accounts) user: UserId,
    pub(in crate::accounts) secret_hash: Vec<u8>,
    pub(in crate::accounts) scopes: Vec<Scope>,
    pub(in crate::accounts) last_used_at: Option<OffsetDateTime>,
}

/// Stores a token unless its user has `most` already; says whether it did. The caller has locked the user.
#[instrument(name = "db.api_tokens.insert", skip_all)]
pub(in crate::accounts) async fn insert(tx: &mut PgConnection, new: &NewToken<'_>, most: i64) -> Result<bool, DbError> {
    let scopes: Vec<String> = new.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    sqlx::query!("select id from users where id = $1 for update", new.user.0).fetch_optional(&mut *tx).await?;
    let inserted = sqlx::query!(
        "insert into api_tokens (id, user_id, name, secret_hash, scopes, created_at, expires_at)
         select $1, $2, $3, $4, $5, $6, $7
         where (select count(*) from api_tokens where user_id = $2 and (expires_at is null or expires_at > $6)) < $8",
        new.id.0,
        new.user.0,
        new.name,
        new.secret_hash,
        &scopes,
        new.now,
        new.expires_at,
        most
    );
    Ok(inserted.execute(tx).await?.rows_affected() == 1)
}

/// Tokens of many at once, each with its hash; they are for whatever they are made for, and nobody counts them.
#[instrument(name = "db.tokens.insert_many", skip_all)]
pub(in crate::accounts) async fn insert_many(
    tx: &mut PgConnection,
    tokens: &[(TokenId, UserId, [u8; 32])],
    scopes: &[Scope],
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<(), DbError> {
    let ids: Vec<_> = tokens.iter().map(|(id, ..)| id.0).collect();
    let users: Vec<_> = tokens.iter().map(|(_, user, _)| user.0).collect();
    let hashes: Vec<_> = tokens.iter().map(|(.., hash)| hash.to_vec()).collect();
    let scopes: Vec<String> = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into api_tokens (id, user_id, name, secret_hash, scopes, created_at, expires_at)
         select id, who, 'Load test', hash, $4, $5, $6
         from unnest($1::uuid[], $2::uuid[], $3::bytea[]) as token (id, who, hash)",
        &ids,
        &users,
        &hashes,
        &scopes,
        now,
        expires_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The token, unless it has expired or its user may not come in.
#[instrument(name = "db.api_tokens.get", skip_all)]
pub(in crate::accounts) async fn get(
    pool: &PgPool,
    id: TokenId,
    now: OffsetDateTime,
) -> Result<Option<Stored>, DbError> {
    let row = sqlx::query!(
        "select t.user_id, t.secret_hash, t.scopes, t.last_used_at from api_tokens t join users u on u.id = t.user_id
         where t.id = $1 and (t.expires_at is null or t.expires_at > $2) and u.disabled_at is null",
        id.0,
        now
    );
    row.fetch_optional(pool)
        .await?
        .map(|row| {
            Ok(Stored {
                user: UserId(row.user_id),
                secret_hash: row.secret_hash,
                scopes: row.scopes.iter().map(|scope| word(scope)).collect::<Result<_, _>>()?,
                last_used_at: row.last_used_at,
            })
        })
        .transpose()
}

/// Those of some tokens that can still be used.
#[instrument(name = "db.api_tokens.open", skip_all)]
pub(in crate::accounts) async fn open(
    pool: &PgPool,
    ids: &[Uuid],
    now: OffsetDateTime,
) -> Result<Vec<TokenId>, DbError> {
    let open = sqlx::query_scalar!(
        "select t.id from api_tokens t join users u on u.id = t.user_id
         where t.id = any($1) and (t.expires_at is null or t.expires_at > $2) and u.disabled_at is null",
        ids,
        now
    );
    Ok(open.fetch_all(pool).await?.into_iter().map(TokenId).collect())
}

#[instrument(name = "db.api_tokens.touch", skip_all)]
pub(in crate::accounts) async fn touch(pool: &PgPool, id: TokenId, now: OffsetDateTime) -> Result<(), DbError> {
    sqlx::query!("update api_tokens set last_used_at = $2 where id = $1", id.0, now).execute(pool).await?;
    Ok(())
}

/// Somebody's tokens, newest first.
#[instrument(name = "db.api_tokens.list", skip_all)]
pub(in crate::accounts) async fn list(pool: &PgPool, user: UserId, limit: i64) -> Result<Vec<ApiToken>, DbError> {
    let rows = sqlx::query!(
        "select id, name, scopes, created_at, expires_at, last_used_at from api_tokens where user_id = $1
         order by created_at desc, id desc limit $2",
        user.0,
        limit
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ApiToken {
                id: TokenId(row.id),
                name: row.name,
                scopes: row.scopes.iter().map(|scope| word(scope)).collect::<Result<_, _>>()?,
                created_at: row.created_at,
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
            })
        })
        .collect()
}

/// Revokes a token of this user; says whether there was one.
#[instrument(name = "db.api_tokens.delete", skip_all)]
pub(in crate::accounts) async fn delete(pool: &PgPool, user: UserId, id: TokenId) -> Result<bool, DbError> {
    let deleted = sqlx::query!("delete from api_tokens where id = $1 and user_id = $2", id.0, user.0);
    Ok(deleted.execute(pool).await?.rows_affected() == 1)
}

/// Revokes all tokens of this user.
#[instrument(name = "db.api_tokens.delete_all", skip_all)]
pub(in crate::accounts) async fn delete_all(tx: &mut PgConnection, user: UserId) -> Result<(), DbError> {
    sqlx::query!("delete from api_tokens where user_id = $1", user.0).execute(tx).await?;
    Ok(())
}
