//! All SQL of the studio domain.

mod events;
mod generations;
mod imports;
mod locks;
mod revisions;

use model::{Address, Directive, GenerationId, ProjectId, Stage};
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

use crate::{db::DbError, events::About};
pub(super) use {events::*, generations::*, imports::*, locks::*, revisions::*};

pub(super) type Tx = Transaction<'static, Postgres>;

/// A run of a generation, which ends when another begins.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) generation: GenerationId,
    pub(super) project: ProjectId,
    /// The project as others are told of it.
    pub(super) about: About,
    pub(super) directive: Directive,
    pub(super) stages: Vec<Stage>,
    pub(super) note: Option<String>,
    /// Pieces that stay.
    pub(super) locks: Vec<Address>,
    /// The engine to begin with.
    pub(super) engine: Option<String>,
    /// Whether an earlier answer will do.
    pub(super) reuse: bool,
    /// Whether what it makes waits to be accepted.
    pub(super) review: bool,
    /// How often it was begun, this time included.
    pub(super) attempt: u32,
    pub(super) token: Uuid,
    pub(super) waited: time::Duration,
}

/// Why an append was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum AppendError {
    /// Somebody else has the generation now, or it has ended.
    #[error("the lease was lost")]
    LeaseLost,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Why nothing was claimed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClaimError {
    /// It was claimed, but is of a kind that this version does not know.
    #[error("generation {0} cannot be read by this version")]
    Unreadable(GenerationId),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What happens to the generation together with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes on.
    GoesOn,
    /// Its last event is among those appended.
    Done,
    /// Likewise.
    Failed,
}

pub(super) async fn begin(pool: &PgPool) -> Result<Tx, DbError> {
    Ok(pool.begin().await?)
}

pub(super) async fn commit(tx: Tx) -> Result<(), DbError> {
    Ok(tx.commit().await?)
}

fn stages(names: &[String]) -> Result<Vec<Stage>, DbError> {
    names.iter().map(|name| name.parse().map_err(decode)).collect()
}

/// Addresses as stored; one that this version does not know addresses nothing here.
fn addresses(texts: &[String]) -> Vec<Address> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DbError {
    DbError::Refused(sqlx::Error::Decode(error.into()))
}
