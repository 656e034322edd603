//! Rooms: what is said there, who is there, and the ways in. What `docs/realtime.md` does over socket.io, for programs that ask now and then.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::{
    Anchor, Contact, InvitationId, Member, Message, MessageId, Notify, Page, ProjectId, RoomId, RoomPlace, RoomRole,
    RoomSummary, Stage, UserId,
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ListQuery;
use crate::{
    http::{
        extract::{Caller, JsonBody},
        problem::ApiError,
    },
    rooms::{Invitation, Invited, Saying, Since, Standing},
    services::Services,
};

/// How long a way in works when nobody says, in hours; and how many may take it.
const WAY_LASTS_HOURS: u32 = 7 * 24;
const WAY_TAKES: u32 = 10;

/// `GET /api/rooms`: one's own, what was said last first.
pub(in crate::http) async fn list_rooms(
    State(services): State<Services>,
    caller: Caller,
) -> Result<Json<Page<RoomSummary>>, ApiError> {
    let items = match caller.user() {
        Some(user) => services.rooms.list(user).await?,
        None => Vec::new(),
    };
    Ok(Json(Page { items, next_cursor: None }))
}

/// `GET /api/projects/{id}/room`: which room that is, what one may do there, and how far its log is.
pub(in crate::http) async fn room_of_project(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id: ProjectId = id.parse()?;
    Ok(Json(describe(&services.rooms.of_project(caller.user(), id).await?)))
}

/// `PUT /api/people/{user}/room`: the room of oneself and somebody with whom one is in another. May be sent twice.
pub(in crate::http) async fn room_with(
    State(services): State<Services>,
    caller: Caller,
    Path(user): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(describe(&services.rooms.with(caller.user(), user.parse()?).await?)))
}

/// `GET /api/people`: everybody with whom one is in a room, and whether they are here right now.
pub(in crate::http) async fn list_contacts(
    State(services): State<Services>,
    caller: Caller,
) -> Result<Json<Page<Contact>>, ApiError> {
    let items = match caller.user() {
        Some(user) => services.rooms.contacts(user).await?,
        None => Vec::new(),
    };
    Ok(Json(Page { items, next_cursor: None }))
}

fn describe(standing: &Standing) -> Value {
    json!({
        "room": standing.room,
        "project": standing.project,
        "role": standing.role,
        "place": standing.place,
        "read_to": standing.read_to,
    })
}

#[derive(Deserialize)]
pub(in crate::http) struct AboutQuery {
    stage: Option<String>,
    revision: Option<String>,
}

/// `GET /api/rooms/{room}/messages?limit=&cursor=`: what was said, the latest first; with `stage` and `revision`, what was said about that.
pub(in crate::http) async fn list_messages(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
    Query(query): Query<ListQuery>,
    Query(about): Query<AboutQuery>,
) -> Result<Json<Page<Message>>, ApiError> {
    let (rooms, user, room, limit) = (&services.rooms, caller.user(), room.parse()?, query.limit()?);
    let page = match (about.stage.as_deref(), about.revision.as_deref()) {
        (None, None) => rooms.history(user, room, query.cursor(), limit).await?,
        (Some(stage), Some(revision)) => {
            let stage: Stage = stage.parse().map_err(|_| ApiError::bad_request("`stage` names no stage."))?;
            let revision = revision.parse().map_err(|_| ApiError::bad_request("`revision` takes a number."))?;
            rooms.about(user, room, (stage, revision), query.cursor(), limit).await?
        }
        _ => return Err(ApiError::bad_request("`stage` and `revision` go together.")),
    };
    Ok(Json(page))
}

/// `GET /api/rooms/{room}/messages/{message}/replies?limit=&cursor=`: what was answered, the earliest first.
pub(in crate::http) async fn list_replies(
    State(services): State<Services>,
    caller: Caller,
    Path((room, message)): Path<(String, String)>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Message>>, ApiError> {
    let (room, message, limit) = (room.parse()?, message.parse()?, query.limit()?);
    Ok(Json(services.rooms.thread(caller.user(), room, message, query.cursor(), limit).await?))
}

/// `GET /api/rooms/{room}/pinned`.
pub(in crate::http) async fn list_pinned(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
) -> Result<Json<Page<Message>>, ApiError> {
    let items = services.rooms.pinned(caller.user(), room.parse()?).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewMessage {
    client_id: String,
    body: String,
    #[serde(default)]
    anchor: Option<Anchor>,
    #[serde(default)]
    thread: Option<MessageId>,
}

/// `POST /api/rooms/{room}/messages`: 201; 200 when it was sent before under that `client_id`.
pub(in crate::http) async fn say(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
    JsonBody(new): JsonBody<NewMessage>,
) -> Result<Response, ApiError> {
    let NewMessage { client_id, body, anchor, thread } = new;
    let saying = Saying { client_id, body, anchor, thread };
    let said = services.rooms.say(caller.user(), room.parse()?, saying).await?;
    let status = if said.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(json!({ "id": said.id, "place": said.place }))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewBody {
    body: String,
}

/// `PATCH /api/rooms/{room}/messages/{message}` `{"body"}`: one's own.
pub(in crate::http) async fn edit_message(
    State(services): State<Services>,
    caller: Caller,
    Path((room, message)): Path<(String, String)>,
    JsonBody(new): JsonBody<NewBody>,
) -> Result<StatusCode, ApiError> {
    services.rooms.edit(caller.user(), room.parse()?, message.parse()?, &new.body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/rooms/{room}/messages/{message}`. May be sent twice.
pub(in crate::http) async fn delete_message(
    State(services): State<Services>,
    caller: Caller,
    Path((room, message)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    services.rooms.delete(caller.user(), room.parse()?, message.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/rooms/{room}/messages/{message}/reactions/{emoji}`. May be sent twice.
pub(in crate::http) async fn react(
    state: State<Services>,
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    mark(&state, &caller, &path, true).await
}

/// `DELETE` of a reaction takes it back. May be sent twice.
pub(in crate::http) async fn take_reaction_back(
    state: State<Services>,
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    mark(&state, &caller, &path, false).await
}

async fn mark(
    services: &Services,
    caller: &Caller,
    (room, message, emoji): &(String, String, String),
    on: bool,
) -> Result<StatusCode, ApiError> {
    services.rooms.react(caller.user(), room.parse()?, message.parse()?, emoji, on).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/rooms/{room}/messages/{message}/pin`. May be sent twice.
pub(in crate::http) async fn pin(
    State(services): State<Services>,
    caller: Caller,
    Path((room, message)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    services.rooms.pin(caller.user(), room.parse()?, message.parse()?, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE` of a pin lets it go. May be sent twice.
pub(in crate::http) async fn unpin(
    State(services): State<Services>,
    caller: Caller,
    Path((room, message)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    services.rooms.pin(caller.user(), room.parse()?, message.parse()?, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(in crate::http) struct SinceQuery {
    epoch: Option<Uuid>,
    after: Option<i64>,
}

/// `GET /api/rooms/{room}/log?epoch=&after=`: what happened since a place, or that the room has to be loaded anew.
pub(in crate::http) async fn log(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
    Query(since): Query<SinceQuery>,
) -> Result<Json<Value>, ApiError> {
    let known = since.epoch.zip(since.after).map(|(epoch, offset)| RoomPlace { epoch, offset });
    let (standing, missed) = services.rooms.since(caller.user(), room.parse()?, known).await?;
    Ok(Json(match missed {
        Since::Entries(entries) => json!({ "place": standing.place, "entries": entries }),
        Since::Reload => json!({ "place": standing.place, "reload": true }),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ReadTo {
    offset: i64,
}

/// `PUT /api/rooms/{room}/read` `{"offset"}`: how far one has read. Never goes back.
pub(in crate::http) async fn read(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
    JsonBody(to): JsonBody<ReadTo>,
) -> Result<StatusCode, ApiError> {
    services.rooms.read(caller.user(), room.parse()?, to.offset).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewNotify {
    notify: Notify,
}

/// `PUT /api/rooms/{room}/notify` `{"notify"}`: what one is told of while one is not there: `all`, `mentions` or `nothing`.
pub(in crate::http) async fn set_notify(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
    JsonBody(new): JsonBody<NewNotify>,
) -> Result<StatusCode, ApiError> {
    services.rooms.set_notify(caller.user(), room.parse()?, new.notify).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/rooms/{room}/members`.
pub(in crate::http) async fn list_members(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
) -> Result<Json<Page<Member>>, ApiError> {
    let items = services.rooms.members(caller.user(), room.parse()?).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewRole {
    role: RoomRole,
}

/// `PUT /api/rooms/{room}/members/{user}` `{"role"}`: gives somebody who is there another role. May be sent twice.
pub(in crate::http) async fn set_role(
    State(services): State<Services>,
    caller: Caller,
    Path((room, user)): Path<(String, String)>,
    JsonBody(new): JsonBody<NewRole>,
) -> Result<StatusCode, ApiError> {
    services.rooms.set_role(caller.user(), room.parse()?, user.parse::<UserId>()?, new.role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/rooms/{room}/members/{user}`: leaves, or takes somebody out. Whoever took them out may send it twice.
pub(in crate::http) async fn leave(
    State(services): State<Services>,
    caller: Caller,
    Path((room, user)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    services.rooms.leave(caller.user(), room.parse()?, user.parse::<UserId>()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewInvitation {
    role: RoomRole,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    hours: Option<u32>,
    #[serde(default)]
    uses: Option<u32>,
}

/// `POST /api/rooms/{room}/invitations`: 201 with `url`, which is told this once.
pub(in crate::http) async fn invite(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
    JsonBody(new): JsonBody<NewInvitation>,
) -> Result<Response, ApiError> {
    let lives = time::Duration::hours(new.hours.unwrap_or(WAY_LASTS_HOURS).into());
    let (room, uses): (RoomId, u32) = (room.parse()?, new.uses.unwrap_or(WAY_TAKES));
    let invited = services.rooms.invite(caller.user(), room, new.role, new.address.as_deref(), (lives, uses)).await?;
    let Invited { invitation, .. } = &invited;
    let mut told = describe_way(invitation);
    told["url"] = json!(services.rooms.link(&invited));
    Ok((StatusCode::CREATED, Json(told)).into_response())
}

fn describe_way(way: &Invitation) -> Value {
    json!({
        "id": way.id,
        "role": way.role,
        "address": way.address,
        "created_at": way.created_at.unix_timestamp(),
        "expires_at": way.expires_at.unix_timestamp(),
        "used": way.used,
        "uses": way.uses_max,
    })
}

/// `GET /api/rooms/{room}/invitations`: those that work.
pub(in crate::http) async fn list_invitations(
    State(services): State<Services>,
    caller: Caller,
    Path(room): Path<String>,
) -> Result<Json<Page<Value>>, ApiError> {
    let ways = services.rooms.invitations(caller.user(), room.parse()?).await?;
    Ok(Json(Page { items: ways.iter().map(describe_way).collect(), next_cursor: None }))
}

/// `DELETE /api/rooms/{room}/invitations/{invitation}`. May be sent twice.
pub(in crate::http) async fn close_invitation(
    State(services): State<Services>,
    caller: Caller,
    Path((room, invitation)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let invitation: InvitationId = invitation.parse()?;
    services.rooms.close_invitation(caller.user(), room.parse()?, invitation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/invitations/{token}`: comes in by a link.
pub(in crate::http) async fn accept_invitation(
    State(services): State<Services>,
    caller: Caller,
    Path(token): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let user = caller.user().ok_or_else(ApiError::not_found)?;
    Ok(Json(describe(&services.rooms.accept(user, &token).await?)))
}
