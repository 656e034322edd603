//! All SQL of the accounts domain, a table a file.

pub(super) mod links;
pub(super) mod sessions;
pub(super) mod tokens;
pub(super) mod users;

use sqlx::{PgPool, Postgres, Transaction};

use crate::db::DbError;

pub(super) type Tx = Transaction<'static, Postgres>;

pub(super) async fn begin(pool: &PgPool) -> Result<Tx, DbError> {
    Ok(pool.begin().await?)
}

pub(super) async fn commit(tx: Tx) -> Result<(), DbError> {
    Ok(tx.commit().await?)
}

/// A word as one of the choices it stands for; the database checks that it is one.
fn word<T: std::str::FromStr<Err = String>>(text: &str) -> Result<T, DbError> {
    text.parse().map_err(|e: String| DbError::Refused(sqlx::Error::Decode(e.into())))
}
