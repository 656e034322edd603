//! How the program is doing, for machines that look after it.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::problem::ApiError;
use crate::services::Services;

/// A check that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /api/health`: 200, or 503 when PostgreSQL is away. Without Redis the program is degraded, not down.
pub(super) async fn health(State(services): State<Services>) -> (StatusCode, Json<Value>) {
    let (database, redis) = tokio::join!(services.db.answers(PATIENCE), services.bus.answers(PATIENCE));
    let (used, open, most) = services.db.pool_use();
    let status = match (database, redis) {
        (true, true) => "ok",
        (true, false) => "degraded",
        (false, _) => "unhealthy",
    };
    let code = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |up: bool| if up { "up" } else { "down" };
    let body = json!({
        "status": status,
        "database": word(database),
        "redis": word(redis),
        "pool": { "used": used, "open": open, "max": most },
        "cache": services.cache.figures(),
        "uptime": services.began.elapsed().as_secs(),
    });
    (code, Json(body))
}

/// `GET /api/ready`: whether requests should be sent here: the schema is there and the program is not about to end.
pub(super) async fn ready(State(services): State<Services>) -> Result<Json<Value>, ApiError> {
    if services.tasks.is_stopping() || !services.db.is_migrated().await? {
        return Err(ApiError::unavailable());
    }
    Ok(Json(json!({ "status": "ready" })))
}

/// `GET /metrics`, from this machine only: a request that came through a proxy is not from here.
pub(super) async fn metrics(State(services): State<Services>, request: Request) -> Result<Response, ApiError> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let local = peer.is_some_and(|ip| ip.is_loopback()) && !request.headers().contains_key("x-forwarded-for");
    if !local {
        return Err(ApiError::not_found());
    }
    Ok(metrics_for_anyone(State(services)).await)
}

/// `GET /metrics` on a listener of its own.
pub(super) async fn metrics_for_anyone(State(services): State<Services>) -> Response {
    services.metrics.look(&services.db);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], services.metrics.encode()).into_response()
}
