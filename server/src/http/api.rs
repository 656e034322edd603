//! Routes for programs: thin adapters over the domains' verbs.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{Directive, Draft, Ending, GenerationId, Page, PageLimit, ProjectId, ProjectSummary, Stage, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    extract::{Caller, JsonBody, comes_by_tls},
    problem::ApiError,
};
use crate::{services::Services, studio::Wish};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewProject {
    directive: String,
}

#[derive(Serialize)]
struct ProjectStarted {
    project_id: ProjectId,
    generation_id: GenerationId,
}

/// `POST /api/projects`. Somebody unknown becomes a guest.
pub(super) async fn create_project(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<NewProject>,
) -> Result<Response, ApiError> {
    let directive = Directive::parse(&body.directive)?;
    let (owner, set_cookie) = owner(&services, &caller, &headers).await?;
    let started = services.studio.start_project(owner, &directive).await?;
    let body = ProjectStarted { project_id: started.project, generation_id: started.generation };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Some(cookie) = set_cookie.and_then(|cookie| cookie.parse().ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn owner(
    services: &Services,
    caller: &Caller,
    headers: &HeaderMap,
) -> Result<(UserId, Option<String>), ApiError> {
    match caller.user() {
        Some(user) => Ok((user, None)),
        None => {
            let guest = services.accounts.create_guest(comes_by_tls(headers)).await?;
            Ok((guest.visitor.user, Some(guest.set_cookie)))
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

/// `GET /api/projects?limit=&cursor=`.
pub(super) async fn list_projects(
    State(services): State<Services>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ProjectSummary>>, ApiError> {
    let limit = match query.limit.as_deref() {
        None | Some("") => None,
        Some(text) => {
            Some(text.parse::<u32>().map_err(|_| ApiError::bad_request("`limit` takes a number from 1 to 100."))?)
        }
    };
    let cursor = query.cursor.as_deref().filter(|cursor| !cursor.is_empty());
    Ok(Json(services.projects.list(caller.user(), cursor, PageLimit::capped(limit)).await?))
}

/// `GET /api/projects/{id}`.
pub(super) async fn get_project(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let project = services.projects.get(caller.user(), id.parse()?).await?;
    let draft = services.studio.project_draft(caller.user(), project.generation).await?;
    Ok(Json(json!({
        "id": project.id,
        "directive": project.directive,
        "visibility": project.visibility,
        "created_at": rfc3339(project.created_at),
        "generation_id": project.generation,
        "status": project.status,
        "sections": sections(&draft),
    })))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NewGeneration {
    stages: Vec<String>,
    note: Option<String>,
    locks: Vec<String>,
    provider: Option<String>,
}

/// `POST /api/projects/{id}/generations`.
pub(super) async fn create_generation(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<NewGeneration>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let project: ProjectId = id.parse()?;
    let user = caller.user().ok_or_else(ApiError::not_found)?;
    let stages = body.stages.iter().map(|name| name.parse::<Stage>()).collect::<Result<_, _>>();
    let stages = stages.map_err(|e| ApiError::unprocessable("unknown-stage", e.to_string()))?;
    if !body.locks.is_empty() {
        return Err(ApiError::unprocessable("locks-not-available", "Pieces cannot be locked yet; send no locks."));
    }
    if body.provider.as_deref().is_some_and(|provider| provider != "composer") {
        return Err(ApiError::unprocessable("unknown-provider", "The only engine here is \"composer\"."));
    }
    let generation = services.studio.generate(user, project, Wish { stages, note: body.note }).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "generation_id": generation }))))
}

/// `GET /api/generations/{id}`.
pub(super) async fn get_generation(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let generation = services.studio.generation(caller.user(), id.parse()?).await?;
    let draft = services.studio.draft(caller.user(), generation.id).await?;
    Ok(Json(json!({
        "id": generation.id,
        "project_id": generation.project,
        "stages": generation.stages,
        "note": generation.note,
        "status": generation.status,
        "attempts": generation.attempt,
        "last_seq": generation.last_seq,
        "created_at": rfc3339(generation.created_at),
        "finished_at": generation.finished_at.map(rfc3339),
        "error": error_of(&draft),
        "receipt": draft.receipt,
        "sections": sections(&draft),
    })))
}

fn sections(draft: &Draft) -> Value {
    json!({ "product": draft.sections.product, "brand": draft.sections.brand })
}

fn error_of(draft: &Draft) -> Option<Value> {
    match &draft.ending {
        Some(Ending::Failed { message, retryable }) => Some(json!({ "message": message, "retryable": retryable })),
        _ => None,
    }
}

/// `POST /api/generations/{id}/cancellation`. May be sent twice.
pub(super) async fn cancel_generation(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let id: GenerationId = id.parse()?;
    services.studio.cancel(caller.user(), id).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "generation_id": id }))))
}

/// Anything else under `/api`.
pub(super) async fn no_such_route() -> ApiError {
    ApiError::not_found()
}

/// A route that exists, asked in a way it does not answer.
pub(super) async fn wrong_method() -> ApiError {
    let detail = "This address does not take that method; the Allow header says which it takes.";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "Method not allowed", detail)
}

fn rfc3339(time: time::OffsetDateTime) -> String {
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
