//! PostgreSQL: pools, migrations, and what an error of it means for a caller.

mod keyset;

use std::time::Duration;

use sqlx::{
    Connection, PgConnection, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{config::DatabaseConfig, rest::Rest};
pub use keyset::{micros, place};

/// The schema, forward and back.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// A primary that takes writes, and a replica for reads that may be a moment old.
#[derive(Debug, Clone)]
pub struct Database {
    primary: PgPool,
    worker: PgPool,
    replica: Option<Replica>,
}

/// A pool that may be away; then the primary reads, and it is not asked again for a while.
#[derive(Debug, Clone)]
struct Replica {
    pool: PgPool,
    rest: Rest,
}

/// How long a replica that did not answer is left alone.
const REPLICA_REST: Duration = Duration::from_secs(10);

/// Connections of a worker: one that listens, one for each lane, and some to give signs of life and write things down.
const WORKER_POOL: u32 = 10;
/// The queue's table is empty now and holds a million rows a minute later. Whatever the planner believes, its indexes are the way, and a scan of the
/// whole table with all that is dead in it never is.
/// A process that is stopped in the middle of a transaction keeps nobody from leading in its place.
const WORKER_OPTIONS: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("idle_in_transaction_session_timeout", "5s"),
];

/// The database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It cannot be reached or has no connection to spare. Trying again later may help.
    #[error("the database cannot be reached: {0}")]
    Away(#[source] sqlx::Error),
    /// It answered with an error nobody expected.
    #[error("the database refused: {0}")]
    Refused(#[source] sqlx::Error),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let away = match &error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
            // 57P: the server shuts down or starts up. 08: connection lost. 53300: too many connections.
            sqlx::Error::Database(e) => {
                e.code().is_some_and(|c| c.starts_with("57P") || c.starts_with("08") || c == "53300")
            }
            sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
            _ => false,
        };
        if away { Self::Away(error) } else { Self::Refused(error) }
    }
}

/// What several wait for together is told to each of them.
impl From<&Self> for DbError {
    fn from(error: &Self) -> Self {
        match error {
            Self::Away(error) => Self::Away(sqlx::Error::Protocol(error.to_string())),
            Self::Refused(error) => Self::Refused(sqlx::Error::Protocol(error.to_string())),
        }
    }
}

/// What the database says within `patience`. A connection that was cut somewhere on the way never says anything.
///
/// # Errors
/// [`DbError::Away`] when it does not, and its own errors.
pub async fn within<T>(patience: Duration, asked: impl Future<Output = Result<T, DbError>>) -> Result<T, DbError> {
    tokio::time::timeout(patience, asked).await.unwrap_or(Err(DbError::Away(sqlx::Error::PoolTimedOut)))
}

/// The name of the constraint that a statement violated, if that is what went wrong.
pub fn violated_constraint(error: &sqlx::Error) -> Option<&str> {
    match error {
        sqlx::Error::Database(error) => error.constraint(),
        _ => None,
    }
}

impl Database {
    /// Connects. The primary must answer now; the replica may come later, until then the primary reads as well.
    ///
    /// # Errors
    /// [`DbError::Away`] when the primary does not answer.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, DbError> {
        let primary = pool(config).connect_with(options(&config.primary)?).await?;
        let replica = match &config.replica {
            Some(url) => Some(Replica { pool: pool(config).connect_lazy_with(options(url)?), rest: Rest::default() }),
            None => None,
        };
        // Whoever uses it asks again when a connection turns out to be gone; trying each one before would double every wait.
        let worker = pool(config).max_connections(WORKER_POOL).min_connections(0).test_before_acquire(false);
        let worker = worker.connect_lazy_with(options(&config.primary)?.options(WORKER_OPTIONS));
        Ok(Self { primary, worker, replica })
    }

    /// For writes, and for reads that must see what was just written.
    pub fn primary(&self) -> &PgPool {
        &self.primary
    }

    /// The primary, for whoever looks after jobs and nobody else: jobs that use up all other connections must not keep their worker from giving
    /// a sign of life.
    pub fn worker(&self) -> &PgPool {
        &self.worker
    }

    /// For reads that may be a moment old.
    pub async fn reader(&self) -> &PgPool {
        match &self.replica {
            Some(replica) if replica.answers().await => &replica.pool,
            _ => &self.primary,
        }
    }

    /// What tells this database from all others, on whatever way it is reached: the cluster's identifier, and the database's own in it. One that was
    /// restored from a dump is another.
    ///
    /// # Errors
    /// [`DbError`] when it does not say.
    pub async fn identity(&self) -> Result<String, DbError> {
        let identity = sqlx::query_scalar!(
            r#"select system_identifier::text || '-' || d.oid::text as "identity!"
               from pg_control_system(), pg_database d where d.datname = current_database()"#
        );
        Ok(identity.fetch_one(&self.primary).await?)
    }

    /// Whether the primary answers within `patience`.
    pub async fn answers(&self, patience: Duration) -> bool {
        let asked = sqlx::query_scalar!("select 1").fetch_one(&self.primary);
        matches!(tokio::time::timeout(patience, asked).await, Ok(Ok(_)))
    }

    /// Connections of the primary's pool: in use, open, and the most there may be.
    pub fn pool_use(&self) -> (u32, u32, u32) {
        pool_use(&self.primary)
    }

    /// Likewise of each pool, by its name: the replica's only where there is one.
    pub fn pools(&self) -> Vec<(&'static str, (u32, u32, u32))> {
        let replica = self.replica.as_ref().map(|replica| ("replica", &replica.pool));
        let pools = [("primary", &self.primary), ("worker", &self.worker)].into_iter().chain(replica);
        pools.map(|(name, pool)| (name, pool_use(pool))).collect()
    }

    /// Brings the schema forward to this program's version.
    ///
    /// # Errors
    /// [`MigrateError`] when a migration fails; the database is left at the last one that worked.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        MIGRATIONS.run(&mut self.patient_connection().await?).await
    }

    /// Takes every migration back. All data is lost.
    ///
    /// # Errors
    /// [`MigrateError`] when one fails.
    pub async fn revert_all(&self) -> Result<(), MigrateError> {
        MIGRATIONS.undo(&mut self.patient_connection().await?, 0).await
    }

    /// A connection on which a statement may take as long as it takes, and wait for another instance that migrates.
    async fn patient_connection(&self) -> Result<PgConnection, MigrateError> {
        let options = self.primary.connect_options();
        let patient = options.as_ref().clone().options([("statement_timeout", "0"), ("lock_timeout", "0")]);
        Ok(PgConnection::connect_with(&patient).await?)
    }

    /// Whether the schema is at this program's version.
    ///
    /// # Errors
    /// [`DbError`] when the database cannot say.
    pub async fn is_migrated(&self) -> Result<bool, DbError> {
        let newest = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
        let known = sqlx::query_scalar!(r#"select to_regclass('_sqlx_migrations') is not null as "known!""#)
            .fetch_one(&self.primary)
            .await?;
        if !known {
            return Ok(false);
        }
        // Not a checked query: the table is made by the first migration, not by ours.
        let at: Option<i64> = sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
            .fetch_one(&self.primary)
            .await?;
        Ok(at.unwrap_or_default() >= newest)
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.worker.close().await;
        self.primary.close().await;
        if let Some(replica) = &self.replica {
            replica.pool.close().await;
        }
    }
}

fn pool_use(pool: &PgPool) -> (u32, u32, u32) {
    let open = pool.size();
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    (open.saturating_sub(idle), open, pool.options().get_max_connections())
}

impl Replica {
    async fn answers(&self) -> bool {
        if self.rest.left().is_some() {
            return false;
        }
        let answers = self.pool.acquire().await.is_ok();
        if !answers {
            self.rest.begin(REPLICA_REST);
            tracing::warn!("the replica does not answer; the primary reads for now");
        }
        answers
    }
}

fn options(url: &str) -> Result<PgConnectOptions, DbError> {
    let options: PgConnectOptions = url.parse().map_err(DbError::Refused)?;
    // No query of ours runs this long, and none is waited for so long in a transaction; one that does holds a connection and locks others wait for.
    let limits = [("statement_timeout", "15s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "15s")];
    Ok(options.application_name("atlas9").options(limits))
}

fn pool(config: &DatabaseConfig) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(config.pool)
        .min_connections(1)
        .acquire_timeout(config.acquire)
        .idle_timeout(Duration::from_secs(300))
        .max_lifetime(Duration::from_secs(1_800))
}
