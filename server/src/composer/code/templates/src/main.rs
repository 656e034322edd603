//! The program: serves the API, brings the database up to date, hands out tokens.

use std::{env, error::Error, process::ExitCode};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing::info;

use «lib»::{
    MIGRATIONS,
    auth::{self, Role},
    config::Config,
    router,
    words::Words,
};

const USAGE: &str = "\
Usage: «crate» [COMMAND]

  serve              brings the database up to date, then serves the API; this is the default
  migrate            brings the database up to date
  token NAME ROLE    makes a caller and prints its token, which is shown this once";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] | ["serve"] => serve().await,
        ["migrate"] => Ok(MIGRATIONS.run(&Config::from_env()?.connect().await?).await?),
        ["token", name, role] => token(name, role).await,
        _ => Err(USAGE.into()),
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let config = Config::from_env()?;
    tracing_subscriber::fmt().with_max_level(config.log).init();
    let db = config.connect().await?;
    // Takes a lock in the database, so that several instances may start at once.
    MIGRATIONS.run(&db).await?;
    let listener = TcpListener::bind(config.address).await?;
    info!(address = %listener.local_addr()?, "serving");
    axum::serve(listener, router(db)).with_graceful_shutdown(stopped()).await?;
    Ok(())
}

async fn token(name: &str, role: &str) -> Result<(), Box<dyn Error>> {
    let role = Role::parse(role).ok_or_else(|| format!("The role must be one of {}.", Role::list()))?;
    let db = Config::from_env()?.connect().await?;
    MIGRATIONS.run(&db).await?;
    println!("{}", auth::new_caller(&db, name, role).await?);
    Ok(())
}

/// Ends with the first request to stop, so that requests under way are still answered.
async fn stopped() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
