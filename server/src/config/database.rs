//! Where the data is.

use std::{fmt, time::Duration};

use super::{BadConfig, Variables, bad, without_password};

/// PostgreSQL.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `DATABASE_URL`: the primary.
    pub primary: String,
    /// `DATABASE_POOLER_URL`: the primary by way of PgBouncer, for requests. Work behind them, which listens and holds locks, and migrations go to the
    /// primary itself.
    pub pooler: Option<String>,
    /// `DATABASE_REPLICA_URL`: where reads may go; the primary when not set.
    pub replica: Option<String>,
    /// `DATABASE_POOL`: the most connections for requests. A worker has ten more, and a replica as many.
    pub pool: u32,
    /// How long a request waits for a connection before it answers 503.
    pub acquire: Duration,
}

impl DatabaseConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let primary = address(variables, "DATABASE_URL")?;
        Ok(Self {
            primary: primary.unwrap_or_else(|| "postgres://atlas9@127.0.0.1:5432/atlas9".to_owned()),
            pooler: address(variables, "DATABASE_POOLER_URL")?,
            replica: address(variables, "DATABASE_REPLICA_URL")?,
            pool: variables
                .value("DATABASE_POOL", 20, "the most connections for requests, 4 to 100", |n| (4..=100).contains(n))?,
            acquire: Duration::from_secs(2),
        })
    }
}

fn address(variables: &Variables, variable: &'static str) -> Result<Option<String>, BadConfig> {
    match variables.text(variable) {
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(Some(url.to_owned())),
        Some(url) => Err(bad(
            variable,
            &without_password(url),
            "it takes an address such as postgres://user:password@host:5432/database",
        )),
        None => Ok(None),
    }
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("primary", &without_password(&self.primary))
            .field("pooler", &self.pooler.as_deref().map(without_password))
            .field("replica", &self.replica.as_deref().map(without_password))
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}
