//! All SQL of what everybody is shown.

use model::ProjectId;
use sqlx::PgConnection;
use tracing::instrument;
use uuid::Uuid;

use crate::db::DbError;

/// Those of these projects that others may see.
#[instrument(name = "db.projects.shown", skip_all)]
pub(super) async fn shown(connection: &mut PgConnection, of: &[Uuid]) -> Result<Vec<ProjectId>, DbError> {
    let shown = sqlx::query_scalar!("select id from projects where id = any($1) and visibility <> 'private'", of);
    Ok(shown.fetch_all(connection).await?.into_iter().map(ProjectId).collect())
}
