//! Everything somebody has here, in one file.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use model::{Page, PageLimit, ProjectSummary, Shelf, Sorting, UserId};
use serde_json::{Value, json};

use super::{Caller, api::rfc3339, problem::ApiError};
use crate::{accounts::Visitor, projects::Listing, services::Services};

/// `GET /api/account/export`, for a browser: profile, devices, tokens and projects. Projects come a page at a time, so that the file may be
/// large and memory is not.
pub(super) async fn export(State(services): State<Services>, caller: Caller) -> Result<Response, ApiError> {
    let visitor = caller.visitor().ok_or_else(ApiError::not_found)?;
    let head = head(&services, visitor).await?;
    let user = visitor.user;
    let projects = stream::iter([Shelf::Active, Shelf::Archived, Shelf::Deleted])
        .flat_map(move |shelf| pages(services.clone(), user, shelf))
        .enumerate()
        .map(|(at, project)| {
            project.map(|project| Bytes::from(format!("{}{project}", if at == 0 { "\n" } else { ",\n" })))
        });
    let opening = head.to_string();
    let opening = format!("{},\"projects\":[", opening.trim_end_matches('}'));
    let whole = stream::iter([Ok(Bytes::from(opening))])
        .chain(projects)
        .chain(stream::iter([Ok(Bytes::from_static(b"\n]}\n"))]));
    let mut response =
        Body::from_stream(whole.map_err(|error: ApiError| std::io::Error::other(error.0.detail))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
        .insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"atlas9-export.json\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn head(services: &Services, visitor: &Visitor) -> Result<Value, ApiError> {
    let profile = services.accounts.profile(visitor).await?;
    let devices = services.accounts.devices(visitor).await?.into_iter().map(
        |device| json!({ "name": device.name, "since": rfc3339(device.since), "last_seen": rfc3339(device.last_seen) }),
    );
    let tokens = services.accounts.tokens(visitor).await?.into_iter().map(|token| {
        json!({
            "name": token.name,
            "scopes": token.scopes,
            "created_at": rfc3339(token.created_at),
            "expires_at": token.expires_at.map(rfc3339),
            "last_used_at": token.last_used_at.map(rfc3339),
        })
    });
    Ok(json!({
        "profile": {
            "id": profile.user,
            "kind": profile.kind,
            "email": profile.email,
            "name": profile.name,
            "theme": profile.theme,
            "since": rfc3339(profile.since),
        },
        "devices": devices.collect::<Vec<_>>(),
        "api_tokens": tokens.collect::<Vec<_>>(),
    }))
}

/// The projects of a shelf as JSON, with all their sections.
fn pages(
    services: Services,
    user: UserId,
    shelf: Shelf,
) -> impl futures::Stream<Item = Result<String, ApiError>> + Send {
    let listing = Listing { shelf, sorting: Sorting::Oldest, search: None };
    let lists = services.clone();
    stream::try_unfold(Some(None), move |place: Option<Option<String>>| {
        let (services, listing) = (lists.clone(), listing.clone());
        async move {
            let Some(cursor) = place else { return Ok::<_, ApiError>(None) };
            let page = services.projects.list(Some(user), &listing, cursor.as_deref(), PageLimit::DEFAULT).await?;
            let Page { items, next_cursor } = page;
            Ok(Some((stream::iter(items.into_iter().map(Ok)), next_cursor.map(Some))))
        }
    })
    .try_flatten()
    .and_then(move |project| describe(services.clone(), user, project))
}

async fn describe(services: Services, user: UserId, project: ProjectSummary) -> Result<String, ApiError> {
    let draft = services.studio.project_draft(Some(user), project.generation_id).await?;
    let mut described = serde_json::to_value(&project).unwrap_or_default();
    described["sections"] = super::api::sections_json(&draft.sections);
    Ok(described.to_string())
}
