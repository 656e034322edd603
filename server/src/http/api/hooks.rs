//! Webhooks of others.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};

use crate::{
    events::{HOOK_BODY_MAX, HookHeaders, Taken},
    http::{extract::RawBody, problem::ApiError},
    services::Services,
};

/// `POST /api/hooks/{source}`, signed after Standard Webhooks: 202 when it is written down, 200 when it had been before.
pub(in crate::http) async fn take_hook(
    State(services): State<Services>,
    Path(source): Path<String>,
    headers: HeaderMap,
    RawBody(body): RawBody<HOOK_BODY_MAX>,
) -> Result<StatusCode, ApiError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let headers = HookHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
    };
    match services.hooks.take(&source, headers, &body).await? {
        Taken::Now => Ok(StatusCode::ACCEPTED),
        Taken::Before => Ok(StatusCode::OK),
    }
}
