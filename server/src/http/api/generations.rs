//! Generations: started, looked at, stopped, accepted or refused, forked.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use model::{Address, Draft, Ending, GenerationId, ProjectId, Receipt, Stage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{rfc3339, sections_json};
use crate::{
    http::{
        extract::{Caller, JsonBody},
        problem::ApiError,
    },
    services::Services,
    studio::Wish,
};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct NewGeneration {
    stages: Vec<String>,
    note: Option<String>,
    locks: Vec<String>,
    provider: Option<String>,
    /// Only what is out of date, whatever `stages` and `locks` say.
    stale: bool,
    /// An answer that was given to the same question within the hour will do.
    reuse: bool,
    /// What is made waits to be accepted.
    review: bool,
}

impl NewGeneration {
    fn wish(&self) -> Result<Wish, ApiError> {
        let stages = self.stages.iter().map(|name| name.parse::<Stage>()).collect::<Result<_, _>>();
        let locks = self.locks.iter().map(|text| text.parse::<Address>()).collect::<Result<_, _>>();
        Ok(Wish {
            stages: stages.map_err(|e| ApiError::unprocessable("unknown-stage", e.to_string()))?,
            note: self.note.clone(),
            locks: locks.map_err(|e| ApiError::unprocessable("bad-lock", e.to_string()))?,
            engine: self.provider.clone(),
            reuse: self.reuse,
            review: self.review,
            forked_from: None,
        })
    }
}

/// `POST /api/projects/{id}/generations`.
pub(in crate::http) async fn create_generation(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<NewGeneration>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let project: ProjectId = id.parse()?;
    let user = caller.user().ok_or_else(ApiError::not_found)?;
    let wish = body.wish()?;
    let generation = if body.stale {
        services.studio.rebuild(user, project, wish).await?
    } else {
        services.studio.generate(user, project, wish).await?
    };
    Ok((StatusCode::ACCEPTED, Json(json!({ "generation_id": generation }))))
}

/// `GET /api/generations/{id}`.
pub(in crate::http) async fn get_generation(
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
        "locks": generation.locks,
        "provider": generation.engine,
        "review": generation.review,
        "forked_from": generation.forked_from,
        "status": generation.status,
        "attempts": generation.attempt,
        "last_seq": generation.last_seq,
        "created_at": rfc3339(generation.created_at),
        "finished_at": generation.finished_at.map(rfc3339),
        "error": error_of(&draft),
        "receipt": draft.receipt,
        "sections": sections_json(&draft.sections),
    })))
}

fn error_of(draft: &Draft) -> Option<Value> {
    match &draft.ending {
        Some(Ending::Failed { message, retryable }) => Some(json!({ "message": message, "retryable": retryable })),
        _ => None,
    }
}

/// `POST /api/generations/{id}/cancellation`. May be sent twice.
pub(in crate::http) async fn cancel_generation(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let id: GenerationId = id.parse()?;
    services.studio.cancel(caller.user(), id).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "generation_id": id }))))
}

/// `GET /api/generations/{id}/receipt`: what it cost; of one that was stopped, as far as it came.
pub(in crate::http) async fn receipt(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Receipt>, ApiError> {
    Ok(Json(services.studio.receipt(caller.user(), id.parse()?).await?))
}

/// `POST /api/generations/{id}/acceptance`: what it proposes becomes the sections. May be sent twice.
pub(in crate::http) async fn accept(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    services.studio.accept(caller.user().ok_or_else(ApiError::not_found)?, id.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/generations/{id}/refusal`: what it proposes stays among the revisions. May be sent twice.
pub(in crate::http) async fn refuse(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    services.studio.refuse(caller.user().ok_or_else(ApiError::not_found)?, id.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewFork {
    stage: String,
    note: Option<String>,
}

/// `POST /api/generations/{id}/forks` `{"stage"}`: a new project with everything before that stage; the rest is made anew.
pub(in crate::http) async fn fork(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<NewFork>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let user = caller.user().ok_or_else(ApiError::not_found)?;
    let stage: Stage =
        body.stage.parse().map_err(|e: model::BadStage| ApiError::unprocessable("unknown-stage", e.to_string()))?;
    let started = services.studio.fork(user, id.parse()?, stage, body.note).await?;
    let answer = json!({ "project_id": started.project, "generation_id": started.generation });
    Ok((StatusCode::CREATED, Json(answer)))
}
