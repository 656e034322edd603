//! Pieces and revisions: edited, locked, listed, restored.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{Address, Page, ProjectId, RevisionSummary, Stage, UserId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ListQuery;
use crate::{
    http::{
        extract::{Caller, JsonBody},
        problem::ApiError,
    },
    services::Services,
};

#[derive(Deserialize)]
pub(in crate::http) struct StageQuery {
    stage: Option<String>,
}

/// `GET /api/projects/{id}/revisions?stage=&limit=&cursor=`.
pub(in crate::http) async fn list_revisions(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
    Query(of): Query<StageQuery>,
) -> Result<Json<Page<RevisionSummary>>, ApiError> {
    let stage = of.stage.as_deref().filter(|stage| !stage.is_empty()).map(stage).transpose()?;
    let cursor = query.cursor().map(str::parse).transpose()?;
    Ok(Json(services.studio.revisions(caller.user(), id.parse()?, stage, cursor, query.limit()?).await?))
}

/// `GET /api/projects/{id}/revisions/{stage}/{number}`: one version of a section.
pub(in crate::http) async fn get_revision(
    State(services): State<Services>,
    caller: Caller,
    Path((id, of, number)): Path<(String, String, String)>,
) -> Result<Json<Value>, ApiError> {
    let number = number.parse().map_err(|_| ApiError::not_found())?;
    let of = of.parse::<Stage>().map_err(|_| ApiError::not_found())?;
    let revision = services.studio.revision(caller.user(), id.parse()?, of, number).await?;
    let mut all = super::sections_json(&revision.sections);
    let section = all.get_mut(of.as_str()).map(Value::take);
    Ok(Json(json!({ "stage": of, "number": revision.number, "section": section })))
}

/// `POST /api/projects/{id}/revisions/{stage}/{number}/restoration`: that version again, as a new one. `If-Match` names the one it follows.
pub(in crate::http) async fn restore(
    State(services): State<Services>,
    caller: Caller,
    Path((id, of, number)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let number = number.parse().map_err(|_| ApiError::not_found())?;
    let (of, expected) = (stage(&of)?, expected(&headers)?);
    let number = services.studio.restore(user(&caller)?, id.parse()?, of, number, expected).await?;
    Ok(at_revision(number))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewValue {
    value: Value,
}

/// `PUT /api/projects/{id}/pieces/{stage}/{part}[/{id}]` `{"value"}`: puts a piece in its place. `If-Match` names the revision of the section that
/// the change is meant for.
pub(in crate::http) async fn put_piece(
    State(services): State<Services>,
    caller: Caller,
    Path((id, at)): Path<(String, String)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<NewValue>,
) -> Result<Response, ApiError> {
    let (at, expected) = (address(&at)?, expected(&headers)?);
    Ok(at_revision(services.studio.edit(user(&caller)?, id.parse()?, &at, body.value, expected).await?))
}

/// `DELETE /api/projects/{id}/pieces/{stage}/{part}/{id}`: takes a piece away. `If-Match` as for changing it.
pub(in crate::http) async fn remove_piece(
    State(services): State<Services>,
    caller: Caller,
    Path((id, at)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (at, expected) = (address(&at)?, expected(&headers)?);
    Ok(at_revision(services.studio.remove(user(&caller)?, id.parse()?, &at, expected).await?))
}

/// `PUT /api/projects/{id}/locks/{address}`: that piece stays, whatever is made. May be sent twice.
pub(in crate::http) async fn lock(
    state: State<Services>,
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    set_lock(&state, &caller, &path, true).await
}

/// `DELETE` of a lock takes it back. May be sent twice.
pub(in crate::http) async fn unlock(
    state: State<Services>,
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    set_lock(&state, &caller, &path, false).await
}

async fn set_lock(
    services: &Services,
    caller: &Caller,
    (id, at): &(String, String),
    locked: bool,
) -> Result<StatusCode, ApiError> {
    services.studio.lock(user(caller)?, id.parse()?, &address(at)?, locked).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/projects/{id}/state`: numbers of the sections, locks, checks, and what is out of date.
pub(in crate::http) async fn state(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id: ProjectId = id.parse()?;
    let project = services.projects.get(caller.user(), id).await?;
    let bench = services.studio.workbench(caller.user(), project.generation).await?;
    let stale = bench.staleness.stale.iter().map(|stale| json!({ "piece": stale.piece, "because": stale.because }));
    Ok(Json(json!({
        "revisions": bench.numbers,
        "locks": bench.locks,
        "checks": bench.checks,
        "stale": stale.collect::<Vec<_>>(),
        "unanswered": bench.staleness.unanswered,
        "proposed": bench.proposed.iter().map(|(stage, number)| json!({ "stage": stage, "number": number })).collect::<Vec<_>>(),
    })))
}

fn user(caller: &Caller) -> Result<UserId, ApiError> {
    caller.user().ok_or_else(ApiError::not_found)
}

fn stage(name: &str) -> Result<Stage, ApiError> {
    name.parse().map_err(|e: model::BadStage| ApiError::bad_request(format!("{e}.")))
}

fn address(text: &str) -> Result<Address, ApiError> {
    text.parse().map_err(|e: model::BadAddress| ApiError::bad_request(format!("{e}.")))
}

/// The revision that a change is meant for. A change without it might overwrite what its sender has never seen.
fn expected(headers: &HeaderMap) -> Result<u32, ApiError> {
    let text = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).map(|text| text.trim_matches('"'));
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        let detail = "Send `If-Match` with the number of the revision that you are changing; GET /state of the project tells it.";
        ApiError::new(StatusCode::PRECONDITION_REQUIRED, "revision-required", "Which revision is this for?", detail)
    })
}

fn at_revision(number: u32) -> Response {
    let mut response = Json(json!({ "revision": number })).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{number}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
