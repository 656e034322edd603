//! PostgreSQL: pools, migrations, and what an error of it means for a caller.

mod keyset;
mod lease;
mod replica;

use std::{sync::Arc, time::Duration};

use model::UserId;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::config::DatabaseConfig;
pub use keyset::{END, above, below, micros};
pub use lease::Lease;
use lease::Leases;
use replica::Replica;

/// The schema, forward and back.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// A primary that takes writes, and a replica for reads that may be a moment old.
#[derive(Debug, Clone)]
pub struct Database {
    primary: PgPool,
    worker: PgPool,
    leases: Leases,
    /// How the primary itself is reached, whatever stands before it.
    direct: Arc<PgConnectOptions>,
    replica: Option<Replica>,
}

/// Which part of the connections for requests is for short queries: one of three.
const LEASED_SHARE: u32 = 3;

/// The number of the lock that whoever migrates holds.
const MIGRATING: i64 = 0x6174_6c61_7339;
/// How long another instance may migrate, and how often one that waits looks.
const MIGRATING_MAX: Duration = Duration::from_secs(1_800);
const MIGRATING_LOOK: Duration = Duration::from_millis(200);

/// A connection that was used this lately is there: to ask it first would double every wait.
const TRUSTED: Duration = Duration::from_secs(1);

/// Connections of a worker: one that listens, one for each lane, and some to give signs of life and write things down.
const WORKER_POOL: u32 = 10;
/// The queue's table is empty now and holds a million rows a minute later. Whatever the planner believes, its indexes are the way, and a scan of the
/// whole table with all that is dead in it never is.
/// A process that is stopped in the middle of a transaction keeps nobody from leading in its place.
const WORKER_OPTIONS: [(&str, &str); 5] = [
    NO_JIT,
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

impl DbError {
    /// Whether it refused a text that somebody sent because no text may hold what is in it: a zero (SQLSTATE 22021).
    pub fn is_of_text(&self) -> bool {
        let Self::Refused(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| code == "22021")
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
        let direct = options(&config.primary)?;
        let for_leases = config.pool / LEASED_SHARE;
        let requests = trusting(pool(config)).max_connections(config.pool - for_leases);
        let leased = trusting(pool(config)).max_connections(for_leases).min_connections(0);
        let ((requests, way), (leased, leased_way)) = match &config.pooler {
            Some(url) => {
                let way = through_pooler(url)?;
                // Servers behind it are lent to every pool, so that each must be set up alike.
                ((set_up(requests), way.clone()), (set_up(leased), way))
            }
            None => ((requests, direct.clone()), (leased, direct.clone().options(LEASED))),
        };
        let leases = Leases::new(leased.connect_lazy_with(leased_way), config.acquire);
        let primary = requests.connect_with(way).await?;
        let replica = match &config.replica {
            Some(url) => Some(Replica::new(pool(config).connect_lazy_with(options(url)?))),
            None => None,
        };
        // Whoever uses it asks again when a connection turns out to be gone; trying each one before would double every wait.
        let worker = pool(config).max_connections(WORKER_POOL).min_connections(0).test_before_acquire(false);
        let worker = worker.connect_lazy_with(direct.clone().options(WORKER_OPTIONS));
        Ok(Self { primary, worker, leases, direct: Arc::new(direct), replica })
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

    /// For queries of somebody who expects to find what they have just written, and which are planned for what they look for.
    ///
    /// # Errors
    /// [`DbError::Away`] when there is no connection to spare.
    pub async fn connection_for(&self, user: UserId) -> Result<Lease, DbError> {
        Ok(Lease::of(self.reader_for(user).await.acquire().await?))
    }

    /// For one short statement that writes, or reads what was just written, and has one good plan whatever it is about.
    ///
    /// # Errors
    /// [`DbError::Away`] when there is no connection to spare.
    pub async fn lease(&self) -> Result<Lease, DbError> {
        self.leases.lease().await
    }

    /// For one short query of somebody who expects to find what they have just written, which has one good plan whatever it looks for.
    ///
    /// # Errors
    /// [`DbError::Away`] when there is no connection to spare.
    pub async fn lease_for(&self, user: UserId) -> Result<Lease, DbError> {
        let reader = self.reader_for(user).await;
        if std::ptr::eq(reader, &self.primary) { self.lease().await } else { Ok(Lease::of(reader.acquire().await?)) }
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
        let pools = [("primary", &self.primary), ("leased", self.leases.pool()), ("worker", &self.worker)]
            .into_iter()
            .chain(replica);
        pools.map(|(name, pool)| (name, pool_use(pool))).collect()
    }

    /// Brings the schema forward to this program's version.
    ///
    /// # Errors
    /// [`MigrateError`] when a migration fails; the database is left at the last one that worked.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        let mut connection = self.patient_connection().await?;
        be_alone(&mut connection).await?;
        drop_unfinished_indexes(&mut connection).await?;
        MIGRATIONS.run(&mut connection).await
    }

    /// Takes every migration back. All data is lost.
    ///
    /// # Errors
    /// [`MigrateError`] when one fails.
    pub async fn revert_all(&self) -> Result<(), MigrateError> {
        let mut connection = self.patient_connection().await?;
        be_alone(&mut connection).await?;
        MIGRATIONS.undo(&mut connection, 0).await
    }

    /// A connection on which a statement may take as long as it takes, and wait for another instance that migrates.
    async fn patient_connection(&self) -> Result<PgConnection, MigrateError> {
        let patient =
            PgConnectOptions::clone(&self.direct).options([("statement_timeout", "0"), ("lock_timeout", "0")]);
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
        self.leases.close().await;
        self.primary.close().await;
        if let Some(replica) = &self.replica {
            replica.pool.close().await;
        }
    }
}

/// Waits until no other instance migrates; from then on this one does, for as long as its connection lasts. Asked again and again, because whoever waits
/// for a lock in a statement holds a snapshot, and an index that is made concurrently waits for all of those.
async fn be_alone(connection: &mut PgConnection) -> Result<(), MigrateError> {
    for _ in 0..MIGRATING_MAX.as_millis() / MIGRATING_LOOK.as_millis() {
        let is_alone = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "alone!""#, MIGRATING);
        if is_alone.fetch_one(&mut *connection).await? {
            return Ok(());
        }
        tokio::time::sleep(MIGRATING_LOOK).await;
    }
    Err(sqlx::Error::Protocol("another instance has been migrating for half an hour".to_owned()).into())
}

/// An index that was being made concurrently when its migration failed is there and serves nobody: it is made anew.
async fn drop_unfinished_indexes(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let unfinished = sqlx::query_scalar!(
        r#"select format('drop index concurrently %s', indexrelid::regclass) as "drop!" from pg_index
           join pg_class on pg_class.oid = indexrelid
           where not indisvalid and relnamespace = current_schema()::regnamespace"#
    );
    for drop in unfinished.fetch_all(&mut *connection).await? {
        tracing::warn!(statement = drop, "an index that was not finished is made anew");
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *connection).await?;
    }
    Ok(())
}

fn pool_use(pool: &PgPool) -> (u32, u32, u32) {
    let open = pool.size();
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    (open.saturating_sub(idle), open, pool.options().get_max_connections())
}

/// No query of ours runs for so long that it would be worth compiling. PostgreSQL goes by what it expects one to cost, which with `enable_seqscan` off is more
/// than anything: it spent a second of a processor on compiling a look at ten rows.
const NO_JIT: (&str, &str) = ("jit", "off");

/// No query of ours runs this long, and none is waited for so long in a transaction; one that does holds a connection and locks others wait for.
const LIMITS: [(&str, &str); 4] =
    [("statement_timeout", "15s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "15s"), NO_JIT];

/// The same for short queries that walk one index. They are planned once: left to itself, PostgreSQL plans such a query anew each time where a table is large,
/// because it holds a plan for one owner to be cheaper, and planning takes longer than the query.
const LEASED: [(&str, &str); 5] =
    [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], ("plan_cache_mode", "force_generic_plan")];

fn options(url: &str) -> Result<PgConnectOptions, DbError> {
    Ok(plain_options(url)?.options(LIMITS))
}

fn plain_options(url: &str) -> Result<PgConnectOptions, DbError> {
    let options: PgConnectOptions = url.parse().map_err(DbError::Refused)?;
    Ok(options.application_name("atlas9"))
}

/// Without what PgBouncer refuses when a connection begins. Statements stay prepared: it has to keep a server for each of us (`pool_mode = session`), or
/// to know them (`max_prepared_statements`, from 1.21 on).
fn through_pooler(url: &str) -> Result<PgConnectOptions, DbError> {
    Ok(plain_options(url)?.extra_float_digits(None))
}

/// Sets, once a connection is there, what else is said when it begins.
fn set_up(pool: PgPoolOptions) -> PgPoolOptions {
    pool.after_connect(|connection, _| {
        Box::pin(async move {
            for (name, value) in LIMITS {
                sqlx::query!("select set_config($1, $2, false)", name, value).fetch_one(&mut *connection).await?;
            }
            Ok(())
        })
    })
}

fn pool(config: &DatabaseConfig) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(config.pool)
        .min_connections(1)
        .acquire_timeout(config.acquire)
        .idle_timeout(Duration::from_secs(300))
        .max_lifetime(Duration::from_secs(1_800))
}

/// Connections that are not asked first whether they are there, as long as they were used a moment ago. Not for a replica, which may go while the primary
/// answers: a read must not fail for that.
fn trusting(pool: PgPoolOptions) -> PgPoolOptions {
    pool.test_before_acquire(false).before_acquire(|connection, metadata| {
        Box::pin(async move {
            if metadata.idle_for >= TRUSTED {
                connection.ping().await?;
            }
            Ok(true)
        })
    })
}
