//! What the environment says, read once at start. See `.env.example`.

use std::{env, net::SocketAddr, str::FromStr, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tracing::level_filters::LevelFilter;

/// How the service is run.
#[derive(Debug, Clone)]
pub struct Config {
    /// What it listens on.
    pub address: SocketAddr,
    /// How much it says.
    pub log: LevelFilter,
    database: PgConnectOptions,
    connections: u32,
}

/// A variable of the environment that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct BadConfig {
    name: &'static str,
    reason: String,
}

impl Config {
    /// Reads the environment; everything but `DATABASE_URL` has a default.
    ///
    /// # Errors
    /// [`BadConfig`] for the first variable that will not do.
    pub fn from_env() -> Result<Self, BadConfig> {
        let database: PgConnectOptions = variable("DATABASE_URL", None)?;
        Ok(Self {
            address: variable("ADDRESS", Some("127.0.0.1:«port»"))?,
            log: variable("LOG", Some("info"))?,
            // Lists leave out filters by "$4 is null or …": planned for the values at hand, they use the filter's index.
            database: database.options([("plan_cache_mode", "force_custom_plan"), ("statement_timeout", "20s")]),
            connections: variable("DATABASE_CONNECTIONS", Some("10"))?,
        })
    }

    /// Connects to the database.
    ///
    /// # Errors
    /// [`sqlx::Error`] when it does not answer.
    pub async fn connect(&self) -> Result<PgPool, sqlx::Error> {
        let pool = PgPoolOptions::new().max_connections(self.connections).acquire_timeout(Duration::from_secs(5));
        pool.connect_with(self.database.clone()).await
    }
}

fn variable<T: FromStr<Err: ToString>>(name: &'static str, default: Option<&str>) -> Result<T, BadConfig> {
    let bad = |reason: String| BadConfig { name, reason };
    let text = env::var(name).ok().or_else(|| default.map(str::to_owned));
    text.ok_or_else(|| bad("is not set".to_owned()))?.parse().map_err(|error: T::Err| bad(error.to_string()))
}
