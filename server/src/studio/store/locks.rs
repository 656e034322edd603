//! Pieces that their owner wants to keep.

use model::{Address, ProjectId};
use sqlx::PgPool;
use time::OffsetDateTime;
use tracing::instrument;

use super::{Tx, addresses};
use crate::db::DbError;

/// A project's locks, in the order of their addresses.
#[instrument(name = "db.piece_locks.list", skip_all)]
pub(in crate::studio) async fn locks(pool: &PgPool, project: ProjectId) -> Result<Vec<Address>, DbError> {
    let texts =
        sqlx::query_scalar!("select address from piece_locks where project_id = $1 order by address", project.0);
    Ok(addresses(&texts.fetch_all(pool).await?))
}

/// Likewise, in a transaction.
#[instrument(name = "db.piece_locks.list_in", skip_all)]
pub(in crate::studio) async fn locks_in(tx: &mut Tx, project: ProjectId) -> Result<Vec<Address>, DbError> {
    let texts =
        sqlx::query_scalar!("select address from piece_locks where project_id = $1 order by address", project.0);
    Ok(addresses(&texts.fetch_all(&mut **tx).await?))
}

/// Locks a piece, unless there are too many. `false` when there are.
#[instrument(name = "db.piece_locks.insert", skip_all)]
pub(in crate::studio) async fn lock(
    tx: &mut Tx,
    project: ProjectId,
    address: &Address,
    most: i64,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from piece_locks where project_id = $1 and address <> $2"#,
        project.0,
        address.to_string()
    );
    if count.fetch_one(&mut **tx).await? >= most {
        return Ok(false);
    }
    sqlx::query!(
        "insert into piece_locks (project_id, address, created_at) values ($1, $2, $3) on conflict do nothing",
        project.0,
        address.to_string(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// Takes a lock away.
#[instrument(name = "db.piece_locks.delete", skip_all)]
pub(in crate::studio) async fn unlock(tx: &mut Tx, project: ProjectId, address: &Address) -> Result<(), DbError> {
    sqlx::query!("delete from piece_locks where project_id = $1 and address = $2", project.0, address.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
