//! Routes for pictures that people bring: covers of projects, pictures of themselves, what they show each other in rooms, and the files of all.

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use model::{DESCRIPTION_MAX_CHARS, MessageId, Picture, ProjectId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CachePolicy,
    extract::Caller,
    problem::ApiError,
    ready::CACHE_TAG,
    upload::{FORM_BYTES, Taken, Upload, is},
};
use crate::{
    cache::Tag,
    images::{self, IMAGE_MAX_BYTES, ImagesError, Subject, Viewed, Waiting},
    rooms::Saying,
    services::Services,
};

/// The largest body with a picture.
pub(super) const PICTURE_MAX_BYTES: usize = IMAGE_MAX_BYTES + FORM_BYTES;
const PICTURES: Taken = Taken {
    media_types: &["image/", "application/octet-stream"],
    in_words: "image/jpeg, image/png, image/webp or image/gif",
    max_bytes: PICTURE_MAX_BYTES,
};

#[derive(Deserialize, Default)]
pub(super) struct Described {
    /// What the picture shows, when the body is the picture itself.
    #[serde(default)]
    description: String,
}

/// `PUT /api/projects/{id}/cover?description=`: the picture as the body. A job makes it ready.
pub(super) async fn put_cover(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<Described>,
    request: Request,
) -> Result<Response, ApiError> {
    let subject = Subject::Project(id.parse()?);
    take(&services, &caller, subject, query, request).await
}

/// `PUT /api/account/picture?description=`: likewise, of a member.
pub(super) async fn put_avatar(
    State(services): State<Services>,
    caller: Caller,
    Query(query): Query<Described>,
    request: Request,
) -> Result<Response, ApiError> {
    let subject = Subject::User(person(&caller)?);
    take(&services, &caller, subject, query, request).await
}

async fn take(
    services: &Services,
    caller: &Caller,
    subject: Subject,
    query: Described,
    request: Request,
) -> Result<Response, ApiError> {
    services.images.make_sure(caller.user(), subject).await?;
    let place = services.images.place(caller.user()).await?;
    let upload = Upload::read(request, services, &PICTURES).await?;
    let image = services.images.set(caller.user(), subject, upload.file, &query.description).await?;
    drop(place);
    Ok((StatusCode::ACCEPTED, Json(json!({ "image_id": image, "state": "waiting" }))).into_response())
}

/// `PUT /api/rooms/{room}/messages/{message}/picture?description=`: likewise, of a message of one's own. Everybody in the room is told when it is ready.
pub(super) async fn put_shown(
    State(services): State<Services>,
    caller: Caller,
    Path((_, message)): Path<(String, String)>,
    Query(query): Query<Described>,
    request: Request,
) -> Result<Response, ApiError> {
    let subject = Subject::Message(message.parse()?);
    take(&services, &caller, subject, query, request).await
}

/// `GET /api/projects/{id}/cover`: the picture that is shown, and what became of the one that was sent last.
pub(super) async fn get_cover(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id: ProjectId = id.parse()?;
    let project = services.projects.get(caller.user(), id).await?;
    let waiting = services.images.waiting(Subject::Project(id)).await?;
    Ok(Json(described(project.cover.as_ref(), waiting)))
}

/// `GET /api/account/picture`.
pub(super) async fn get_avatar(State(services): State<Services>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let user = person(&caller)?;
    let (picture, waiting) = (services.images.avatar(user).await?, services.images.waiting(Subject::User(user)).await?);
    Ok(Json(described(picture.as_ref(), waiting)))
}

/// Whoever has an account before them: a program that a token lets in changes nothing of it.
fn person(caller: &Caller) -> Result<UserId, ApiError> {
    caller.visitor().map(|visitor| visitor.user).ok_or_else(ApiError::not_found)
}

fn described(picture: Option<&Picture>, waiting: Option<Waiting>) -> Value {
    let (state, reason) = match waiting {
        Some(Waiting::ForItsTurn) => ("waiting", None),
        Some(Waiting::Refused(reason)) => ("refused", Some(reason)),
        None if picture.is_some() => ("ready", None),
        None => ("none", None),
    };
    json!({ "state": state, "reason": reason, "picture": picture })
}

/// `DELETE /api/projects/{id}/cover`. May be sent twice.
pub(super) async fn delete_cover(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    services.images.remove(caller.user(), Subject::Project(id.parse()?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/account/picture`. May be sent twice.
pub(super) async fn delete_avatar(State(services): State<Services>, caller: Caller) -> Result<StatusCode, ApiError> {
    let user = person(&caller)?;
    services.images.remove(Some(user), Subject::User(user)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /fn/set_picture`, from a page: a form with `project` (of whoever sends it when empty), `description` and the file. Leads back to where it was sent from.
pub(super) async fn set_from_form(
    State(services): State<Services>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let place = services.images.place(caller.user()).await?;
    let upload = Upload::read(request, &services, &PICTURES).await?;
    let field = |name: &str| upload.fields.get(name).map(String::as_str).unwrap_or_default();
    let (subject, page) = match field("project") {
        "" => (Subject::User(person(&caller)?), "/settings?done=picture#picture".to_owned()),
        project => {
            let project: ProjectId = project.parse()?;
            (Subject::Project(project), format!("/projects/{project}?open=cover#cover"))
        }
    };
    if upload.file.is_empty() {
        return Err(ApiError::unprocessable("no-file", "Choose a picture first, and then send it."));
    }
    services.images.set(caller.user(), subject, upload.file.clone(), field("description")).await?;
    drop(place);
    Ok(Redirect::to(&page).into_response())
}

/// `POST /fn/say_with_picture`, from the page of a room: a form with `room`, `client_id`, `body`, `thread` and the file. Sent twice, it is said once. What is said
/// tells what the picture shows.
pub(super) async fn say_from_form(
    State(services): State<Services>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let place = services.images.place(caller.user()).await?;
    let upload = Upload::read(request, &services, &PICTURES).await?;
    let field = |name: &str| upload.fields.get(name).map(String::as_str).unwrap_or_default();
    let standing = services.rooms.standing(caller.user(), field("room").parse()?).await?;
    if upload.file.is_empty() {
        return Err(ApiError::unprocessable("no-file", "Choose a picture first, and then send it."));
    }
    // Before anything is said that would have to be taken back.
    images::look(&upload.file).await.map_err(ImagesError::from)?;
    let thread: Option<MessageId> = Some(field("thread")).filter(|id| !id.is_empty()).map(str::parse).transpose()?;
    let (client_id, body) = (field("client_id").to_owned(), field("body").to_owned());
    let words: Vec<&str> = body.split_whitespace().collect();
    let shows =
        words.join(" ").chars().filter(|char| !char.is_control()).take(DESCRIPTION_MAX_CHARS).collect::<String>();
    let saying = Saying { client_id, body, anchor: None, thread };
    let said = services.rooms.say(caller.user(), standing.room, saying).await?;
    let subject = Subject::Message(said.id);
    // What was said before may have come without its picture.
    if said.is_new || !services.images.is_there(subject).await? {
        services.images.set(caller.user(), subject, upload.file.clone(), &shows).await?;
    }
    drop(place);
    let page = standing.page();
    let page = thread.map_or_else(|| page.clone(), |of| format!("{page}?thread={of}"));
    Ok(Redirect::to(&format!("{page}#m-{}", said.id)).into_response())
}

/// `GET /images/{digest}.avif` and `.webp`. What is under such a name never changes.
pub(super) async fn file(
    State(services): State<Services>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tag = format!("\"{}\"", name.split('.').next().unwrap_or_default());
    let is_known = is(&headers, header::IF_NONE_MATCH, &tag);
    let (file, format) = services.images.file(caller.user(), &name, is_known).await?;
    let mut response = match file.bytes {
        Some(bytes) => Body::from(bytes).into_response(),
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    // What nobody can take back from a shared cache is not given to one.
    let is_kept_outside = file.viewed == Viewed::ByEverybody && services.shown.is_kept_outside();
    let policy = if is_kept_outside { CachePolicy::Immutable } else { CachePolicy::PrivateImmutable };
    response.extensions_mut().insert(policy);
    let tags = file.tags.iter().map(Tag::for_others).collect::<Vec<_>>().join(",");
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(tags).ok().filter(|_| is_kept_outside).map(|tags| (CACHE_TAG, tags)));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    Ok(response)
}
