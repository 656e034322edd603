//! Routes for programs: thin adapters over the domains' verbs.

mod analytics;
mod generations;
mod hooks;
mod jobs;
mod notices;
mod revisions;
mod rooms;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{
    Directive, GenerationId, Page, PageLimit, ProjectId, ProjectSummary, Shelf, Sorting, Stage, UserId, Visibility,
    sections::Sections,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    CachePolicy,
    extract::{Caller, JsonBody},
    problem::ApiError,
    ready::CACHE_TAG,
};
use crate::{
    accounts::Client,
    projects::{Listing, Project},
    services::Services,
    shown::list_tag,
    studio::Wish,
};
pub(super) use {analytics::*, generations::*, hooks::*, jobs::*, notices::*, revisions::*, rooms::*};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewProject {
    directive: String,
    /// All when empty.
    #[serde(default)]
    stages: Vec<Stage>,
    #[serde(default)]
    provider: Option<String>,
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
    client: Client,
    JsonBody(body): JsonBody<NewProject>,
) -> Result<Response, ApiError> {
    let directive = Directive::parse(&body.directive)?;
    let (owner, set_cookie) = owner(&services, &caller, &client).await?;
    let wish = Wish { stages: body.stages, engine: body.provider, ..Wish::default() };
    let started = services.studio.start_project_as(owner, &directive, wish).await?;
    let body = ProjectStarted { project_id: started.project, generation_id: started.generation };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Some(cookie) = set_cookie.and_then(|cookie| cookie.parse().ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whoever calls; somebody unknown becomes a guest, with the cookie to set.
pub(super) async fn owner(
    services: &Services,
    caller: &Caller,
    client: &Client,
) -> Result<(UserId, Option<String>), ApiError> {
    match caller.user() {
        Some(user) => Ok((user, None)),
        None => {
            let guest = services.accounts.admit_guest(client).await?;
            Ok((guest.visitor.user, Some(guest.set_cookie)))
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    limit: Option<String>,
    cursor: Option<String>,
    q: Option<String>,
    sort: Option<String>,
    shelf: Option<String>,
}

impl ListQuery {
    fn limit(&self) -> Result<PageLimit, ApiError> {
        let limit = chosen::<u32>(self.limit.as_deref());
        Ok(PageLimit::capped(limit.map_err(|_| ApiError::bad_request("`limit` takes a number from 1 to 100."))?))
    }

    fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref().filter(|cursor| !cursor.is_empty())
    }

    fn listing(&self) -> Result<Listing, ApiError> {
        let bad = |name: &str, reason: String| ApiError::bad_request(format!("`{name}`: {reason}."));
        Ok(Listing {
            shelf: chosen(self.shelf.as_deref()).map_err(|e| bad("shelf", e))?.unwrap_or(Shelf::Active),
            sorting: chosen(self.sort.as_deref()).map_err(|e| bad("sort", e))?.unwrap_or(Sorting::Newest),
            search: self.q.clone(),
        })
    }
}

/// A query parameter's value; an empty one is none.
fn chosen<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, T::Err> {
    text.filter(|text| !text.is_empty()).map(str::parse).transpose()
}

/// `GET /api/projects?limit=&cursor=&q=&sort=&shelf=`.
pub(super) async fn list_projects(
    State(services): State<Services>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ProjectSummary>>, ApiError> {
    let (listing, limit) = (query.listing()?, query.limit()?);
    Ok(Json(services.projects.list(caller.user(), &listing, query.cursor(), limit).await?))
}

/// `GET /api/explore?limit=&cursor=&q=`. The same for everybody.
pub(super) async fn explore(
    State(services): State<Services>,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let page = services.projects.explore(query.q.as_deref(), query.cursor(), query.limit()?).await?;
    let mut response = Json(&*page).into_response();
    if services.shown.is_kept_outside() {
        response.extensions_mut().insert(CachePolicy::Listed);
    } else {
        response.extensions_mut().insert(CachePolicy::Revalidate);
    }
    if let Ok(tag) = list_tag().for_others().parse() {
        response.headers_mut().insert(CACHE_TAG, tag);
    }
    Ok(response)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ProjectChange {
    title: Option<String>,
    visibility: Option<String>,
}

/// `PATCH /api/projects/{id}`: title (empty takes it back), visibility, or both.
pub(super) async fn change_project(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<ProjectChange>,
) -> Result<Json<Value>, ApiError> {
    let id: ProjectId = id.parse()?;
    let visibility = body.visibility.as_deref().map(str::parse::<Visibility>).transpose();
    let visibility =
        visibility.map_err(|e| ApiError::unprocessable("bad-visibility", format!("`visibility`: {e}.")))?;
    if let Some(title) = &body.title {
        services.projects.rename(caller.user(), id, title).await?;
    }
    if let Some(visibility) = visibility {
        services.projects.share(caller.user(), id, visibility).await?;
    }
    Ok(Json(describe(&services.projects.get(caller.user(), id).await?)))
}

/// `POST /api/projects/{id}/archival`. May be sent twice.
pub(super) async fn archive(state: State<Services>, caller: Caller, id: Path<String>) -> Result<StatusCode, ApiError> {
    shelve(&state, &caller, &id, Shelf::Archived).await
}

/// `POST /api/projects/{id}/deletion` and `DELETE /api/projects/{id}`: into the bin, for thirty days. May be sent twice.
pub(super) async fn throw_away(
    state: State<Services>,
    caller: Caller,
    id: Path<String>,
) -> Result<StatusCode, ApiError> {
    shelve(&state, &caller, &id, Shelf::Deleted).await
}

/// `DELETE` of an archival or a deletion takes it back. May be sent twice.
pub(super) async fn take_back(
    state: State<Services>,
    caller: Caller,
    id: Path<String>,
) -> Result<StatusCode, ApiError> {
    shelve(&state, &caller, &id, Shelf::Active).await
}

async fn shelve(services: &Services, caller: &Caller, id: &str, shelf: Shelf) -> Result<StatusCode, ApiError> {
    services.projects.shelve(caller.user(), id.parse()?, shelf).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn describe(project: &Project) -> Value {
    json!({
        "id": project.id,
        "title": project.name(),
        "directive": project.directive,
        "visibility": project.visibility,
        "shelf": project.shelf,
        "shared_at_path": project.slug.as_ref().filter(|_| project.visibility != Visibility::Private).map(|slug| format!("/p/{slug}")),
        "created_at": rfc3339(project.created_at),
        "updated_at": rfc3339(project.updated_at),
        "generation_id": project.generation,
        "status": project.status,
    })
}

/// `GET /api/projects/{id}`.
pub(super) async fn get_project(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let project = services.projects.get(caller.user(), id.parse()?).await?;
    let draft = services.studio.project_draft(caller.user(), project.generation).await?;
    let mut described = describe(&project);
    described["sections"] = sections_json(&draft.sections);
    Ok(Json(described))
}

/// All sections by the names of their stages; what was not made is empty.
pub(super) fn sections_json(sections: &Sections) -> Value {
    json!({
        "product": sections.product,
        "brand": sections.brand,
        "design": sections.design,
        "architecture": sections.architecture,
        "code": sections.code,
    })
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

pub(super) fn rfc3339(time: time::OffsetDateTime) -> String {
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
