//! Notices: what one was told, and which browsers are told when no page is open.

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
};
use model::{Page, SessionId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{
    http::{
        extract::{Caller, JsonBody},
        problem::ApiError,
    },
    notices::Notice,
    services::Services,
};

/// `GET /api/notices`: one's own, the newest first.
pub(in crate::http) async fn list_notices(
    State(services): State<Services>,
    caller: Caller,
) -> Result<Json<Page<Notice>>, ApiError> {
    let items = match caller.user() {
        Some(user) => services.notices.list(user).await?,
        None => Vec::new(),
    };
    Ok(Json(Page { items, next_cursor: None }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SeenUntil {
    #[serde(with = "time::serde::rfc3339")]
    until: OffsetDateTime,
}

/// `PUT /api/notices/seen` `{"until"}`: everything that there was at that moment. May be sent twice.
pub(in crate::http) async fn notices_seen(
    State(services): State<Services>,
    caller: Caller,
    JsonBody(seen): JsonBody<SeenUntil>,
) -> Result<StatusCode, ApiError> {
    services.notices.seen(person(&caller)?, seen.until).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/account/push`: what `PushSubscription.toJSON()` says of the browser that asks. May be sent twice.
pub(in crate::http) async fn subscribe(
    State(services): State<Services>,
    caller: Caller,
    JsonBody(told): JsonBody<Value>,
) -> Result<StatusCode, ApiError> {
    let (user, session) = browser(&caller)?;
    services.notices.subscribe(user, session, &told.to_string()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(in crate::http) struct Endpoint {
    endpoint: String,
}

/// `GET /api/account/push?endpoint=`: whether that browser is told.
pub(in crate::http) async fn is_subscribed(
    State(services): State<Services>,
    caller: Caller,
    Query(asked): Query<Endpoint>,
) -> Result<Json<Value>, ApiError> {
    let is_told = services.notices.is_subscribed(browser(&caller)?.0, &asked.endpoint).await?;
    Ok(Json(json!({ "is_told": is_told })))
}

/// `DELETE /api/account/push` `{"endpoint"}`: that browser is told no more. May be sent twice.
pub(in crate::http) async fn unsubscribe(
    State(services): State<Services>,
    caller: Caller,
    JsonBody(told): JsonBody<Endpoint>,
) -> Result<StatusCode, ApiError> {
    services.notices.unsubscribe(browser(&caller)?.0, &told.endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn person(caller: &Caller) -> Result<UserId, ApiError> {
    caller.user().ok_or_else(ApiError::not_found)
}

/// Whoever sits before a browser: a program that a token lets in is no browser.
fn browser(caller: &Caller) -> Result<(UserId, SessionId), ApiError> {
    caller.visitor().map(|visitor| (visitor.user, visitor.session)).ok_or_else(ApiError::not_found)
}
