//! Serving and working until told to stop.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use server::{
    clock::Clock,
    config::Config,
    db::MIGRATIONS,
    http::metrics_routes,
    rooms::live::Lane,
    services::{self, Services},
};
use tokio::{net::TcpListener, signal};

use crate::{connections, logging, site};

/// Requests under way get this long to finish, then background work this long to stop: ten seconds in all.
const DRAIN: Duration = Duration::from_secs(4);
const STOP: Duration = Duration::from_secs(4);

/// `atlas9 serve`.
pub(crate) async fn serve(with_worker: bool) -> anyhow::Result<ExitCode> {
    let services = start().await?;
    anyhow::ensure!(
        services.db.is_migrated().await?,
        "the database schema is not at this version; run `atlas9 migrate` first"
    );
    let context = site::find(&services)?;
    let address = services.config.http.address;
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} (ATLAS9_ADDR)"))?;
    serve_metrics(&services).await?;
    if with_worker {
        services.start_work();
    }
    tracing::info!(address = %format!("http://{}", listener.local_addr()?), worker = with_worker, "serving");
    let stop = services.tasks.stop_token();
    let until_told = async move {
        tokio::select! { () = told_to_stop() => {}, () = stop.cancelled() => {} }
        tracing::info!("stopping");
        // Streams end now, so that readers go elsewhere and the drain can finish.
        stop.cancel();
    };
    let lane = Lane::start()?;
    let app = site::router(&context, &lane).await;
    services.start_serving();
    site::keep_files(&context);
    let stopping = services.tasks.stop_token();
    let serving = connections::serve(listener, app, lane, services.config.http.connections, stopping.clone());
    let in_time = async {
        stopping.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    services.tasks.spawn("signals", until_told);
    tokio::select! {
        () = serving => {}
        () = in_time => tracing::warn!("some requests did not finish in time"),
    }
    finish(services).await
}

/// Metrics on a listener of their own, where one is wanted (`ATLAS9_METRICS_ADDR`).
async fn serve_metrics(services: &Services) -> anyhow::Result<()> {
    let Some(address) = services.config.http.metrics else { return Ok(()) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} (ATLAS9_METRICS_ADDR)"))?;
    let (router, stop) = (metrics_routes(services.clone()), services.tasks.stop_token());
    services.tasks.spawn("metrics", async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    });
    Ok(())
}

/// `atlas9 work`.
pub(crate) async fn work() -> anyhow::Result<ExitCode> {
    let services = start().await?;
    anyhow::ensure!(
        services.db.is_migrated().await?,
        "the database schema is not at this version; run `atlas9 migrate` first"
    );
    serve_metrics(&services).await?;
    services.start_work();
    tracing::info!("working");
    told_to_stop().await;
    tracing::info!("stopping");
    finish(services).await
}

/// `atlas9 migrate`.
pub(crate) async fn migrate(revert_all: bool) -> anyhow::Result<ExitCode> {
    let config = Config::from_env()?;
    logging::start(&config)?;
    let db = services::database(&config).await?;
    if revert_all {
        db.revert_all().await.context("a migration could not be taken back")?;
        tracing::info!("every migration was taken back");
    } else {
        db.migrate().await.context("a migration failed; the database is at the last one that worked")?;
        tracing::info!(
            migrations = MIGRATIONS.iter().filter(|m| m.migration_type.is_up_migration()).count(),
            "the schema is at this version"
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn start() -> anyhow::Result<Services> {
    let config = Config::from_env()?;
    logging::start(&config)?;
    if config.secret.is_temporary {
        tracing::warn!(
            "ATLAS9_SECRET is not set: cookies are void after a restart, and other instances do not know them"
        );
    }
    let services = Services::start(config, Clock::system()).await?;
    services.metrics.is_release(&site::release(&services.config));
    Ok(services)
}

async fn finish(services: Services) -> anyhow::Result<ExitCode> {
    if services.stop(STOP).await {
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    } else {
        tracing::warn!("stopped before all work had ended; it will be taken up again");
        Ok(ExitCode::FAILURE)
    }
}

/// SIGTERM or Ctrl-C.
async fn told_to_stop() {
    let interrupt = async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminate = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}
