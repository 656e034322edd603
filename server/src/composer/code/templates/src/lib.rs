«about»
//! A request goes through [`router`] to one handler in [`resources`], which says who may call it, reads its body with
//! [`body`], runs SQL that stands in the same file, and answers with a row or a [`problem`].

pub mod answer;
pub mod auth;
pub mod body;
pub mod config;
pub mod idempotency;
«life»pub mod page;
pub mod problem;
pub mod resources;
pub mod value;
pub mod words;

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::«http»,
    routing::get,
};
use serde_json::json;
use sqlx::{PgPool, migrate::Migrator};
use tower_http::{timeout::TimeoutLayer, trace::TraceLayer};

use problem::Problem;

/// The schema, embedded into the program.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

const BODY_MAX_BYTES: usize = 64 * 1024;
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The whole API over one database, as the program serves it and the tests call it.
pub fn router(db: PgPool) -> Router {
    Router::new()
        .merge(resources::routes())
        .route("«health»", get(health))
«openapi_route»        .fallback(|| async { Problem::NoRoute })
        .method_not_allowed_fallback(|| async { Problem::NoMethod })
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(TraceLayer::new_for_http())
        .with_state(db)
}

/// Whether the service can do its work: 503 while the database does not answer.
async fn health(State(db): State<PgPool>) -> (StatusCode, Json<serde_json::Value>) {
    match sqlx::query("select 1").execute(&db).await {
        Ok(_) => (StatusCode::OK, Json(json!({ "status": "ok" }))),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "the database does not answer" }))),
    }
}
«openapi_handler»