//! `Idempotency-Key`: a caller that is not sure whether its request arrived may send it again.

use axum::{extract::FromRequestParts, http::request::Parts};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{auth::Caller, body::Body, problem::Problem};

const KEY_MAX_BYTES: usize = 200;

/// The key of a request, if it has one.
#[derive(Debug)]
pub struct Key(Option<String>);

/// Which row a request is about.
#[derive(Debug, Clone, Copy)]
pub enum Claim {
    /// One that is still to be made, with this id.
    New(Uuid),
    /// One that an earlier request with the same key made.
    Made(Uuid),
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        match header.to_str() {
            Ok(key) if (1..=KEY_MAX_BYTES).contains(&key.len()) => Ok(Self(Some(key.to_owned()))),
            _ => Err(Problem::Malformed(format!("An Idempotency-Key has 1 to {KEY_MAX_BYTES} ASCII characters."))),
        }
    }
}

impl Key {
    /// Ties the key to a row in the transaction that makes it. A second request with the key waits here until the first has
    /// ended, so that two at once make one row.
    ///
    /// # Errors
    /// [`Problem::Conflict`] when the key came with another body before.
    pub async fn claim(
        self,
        db: &mut PgConnection,
        caller: &Caller,
        table: &str,
        body: &Body,
    ) -> Result<Claim, Problem> {
        let id = Uuid::now_v7();
        let Some(key) = self.0 else { return Ok(Claim::New(id)) };
        let digest = body.digest()?;
        let claimed =
            sqlx::query(CLAIM).bind(caller.id).bind(&key).bind(table).bind(&digest).bind(id).execute(&mut *db);
        if claimed.await?.rows_affected() == 1 {
            return Ok(Claim::New(id));
        }
        let made: Option<Uuid> =
            sqlx::query_scalar(MADE).bind(caller.id).bind(&key).bind(table).bind(&digest).fetch_optional(db).await?;
        let other = || Problem::Conflict("This Idempotency-Key came with another request before.".to_owned());
        made.map(Claim::Made).ok_or_else(other)
    }
}

const CLAIM: &str = "
    insert into idempotency_keys (caller_id, key, table_name, body_digest, row_id)
    values ($1, $2, $3, $4, $5)
    on conflict do nothing";

const MADE: &str = "
    select row_id
    from idempotency_keys
    where caller_id = $1 and key = $2 and table_name = $3 and body_digest = $4";
