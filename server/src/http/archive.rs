//! Routes for files: projects to take away and to bring back, and the picture that other sites show.

use axum::{
    Json,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::json;

use super::{
    CachePolicy, api,
    extract::Caller,
    problem::ApiError,
    ready::CACHE_TAG,
    upload::{FORM_BYTES, Taken, Upload, is},
};
use crate::{
    accounts::Client,
    archive::{File, Format, zip::ARCHIVE_MAX_BYTES},
    services::Services,
    shown::project_tag,
};

/// The largest body with an archive: one of the largest size, and some room for what a form puts around it.
pub const UPLOAD_MAX_BYTES: usize = ARCHIVE_MAX_BYTES + FORM_BYTES;
const ARCHIVES: Taken = Taken {
    media_types: &["application/zip", "application/x-zip-compressed", "application/octet-stream"],
    in_words: "application/zip",
    max_bytes: UPLOAD_MAX_BYTES,
};

macro_rules! exports {
    ($($owned:ident, $shared:ident, $format:ident;)*) => {$(
        pub(super) async fn $owned(state: State<Services>, caller: Caller, id: Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
            export(&state, &caller, &id, Format::$format, &headers).await
        }

        pub(super) async fn $shared(state: State<Services>, slug: Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
            export_shared(&state, &slug, Format::$format, &headers).await
        }
    )*};
}
exports! {
    export_zip, shared_zip, Zip;
    export_markdown, shared_markdown, Markdown;
    export_json, shared_json, Json;
}

/// `GET /api/projects/{id}/export.zip`, `.md` and `.json`, for the owner.
async fn export(
    services: &Services,
    caller: &Caller,
    id: &str,
    format: Format,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let project = services.projects.get(caller.user(), id.parse()?).await?;
    let file = services.archive.export(&project, format, known(headers)).await?;
    Ok(answer(file, CachePolicy::Private, true))
}

/// `GET /p/{slug}/export.zip`, `.md` and `.json`, for whoever has the address.
async fn export_shared(
    services: &Services,
    slug: &str,
    format: Format,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let project = services.projects.shared(slug).await?;
    let file = services.archive.export(&project, format, known(headers)).await?;
    Ok(answer(file, CachePolicy::Revalidate, true))
}

/// `GET /p/{slug}/card.png`.
pub(super) async fn card(
    State(services): State<Services>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let project = services.projects.shared(&slug).await?;
    let file = services.archive.card(&project, known(&headers)).await?;
    let policy = if services.shown.is_kept_outside() { CachePolicy::Shared } else { CachePolicy::Revalidate };
    let mut response = answer(file, policy, false);
    let headers = response.headers_mut();
    headers.extend(project_tag(project.id).for_others().parse().ok().map(|tag| (CACHE_TAG, tag)));
    // It is there to be shown by others.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    Ok(response)
}

/// `POST /api/projects/import`, or `/fn/import_archive` from a page: an archive as the body, or as the file of a form. Somebody unknown becomes a guest. A form leads to the project.
pub(super) async fn import(
    State(services): State<Services>,
    caller: Caller,
    client: Client,
    request: Request,
) -> Result<Response, ApiError> {
    let from_form = is(request.headers(), header::ACCEPT, "text/html");
    let place = services.archive.place()?;
    let archive = Upload::read(request, &services, &ARCHIVES).await?.file;
    let (owner, set_cookie) = api::owner(&services, &caller, &client).await?;
    let started = services.archive.import(owner, archive).await?;
    drop(place);
    let path = format!("/projects/{}", started.project);
    let mut response = if from_form {
        Redirect::to(&path).into_response()
    } else {
        let body = json!({ "project_id": started.project, "generation_id": started.generation });
        (StatusCode::CREATED, [(header::LOCATION, path)], Json(body)).into_response()
    };
    if let Some(cookie) = set_cookie.and_then(|cookie| cookie.parse().ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn known(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok())
}

/// A file, or that whoever asks has it already.
fn answer(file: File, policy: CachePolicy, to_save: bool) -> Response {
    let tag = format!("\"{}\"", file.tag.as_str());
    let mut response = match file.bytes {
        Some(bytes) => Body::from(bytes).into_response(),
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    response.extensions_mut().insert(policy);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.extend(tag.parse().ok().map(|tag: HeaderValue| (header::ETAG, tag)));
    if to_save {
        let disposition = format!("attachment; filename=\"{}\"", file.name);
        headers.extend(disposition.parse().ok().map(|value: HeaderValue| (header::CONTENT_DISPOSITION, value)));
    }
    response
}
