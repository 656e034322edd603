//! What pages ask of the rooms domain.

use leptos::prelude::*;
use model::{Anchor, MessageId, Notify, PiecePath, RoomId, RoomRole, Stage, UserId};
use server::{
    http::ApiError,
    rooms::{RoomsError, Saying},
};

use super::{FnError, fail, fail_form, see_other, show_form};
use crate::context::{FormState, caller, services};

/// How long a link of a form lets people in.
const WAY_LASTS: time::Duration = time::Duration::days(7);
/// How many may take a link that is nobody's alone.
const WAY_TAKES: u32 = 25;

/// A thread of a room whose page this is.
pub(crate) fn thread_page(room: &str, of: MessageId) -> String {
    format!("{room}?thread={of}")
}

/// Where a message stands on a page.
pub(crate) fn message_anchor(id: MessageId) -> String {
    format!("m-{id}")
}

/// A room, its page, and who asks.
async fn room_of(room: &str) -> Result<(String, RoomId, Option<UserId>), FnError> {
    let room: RoomId = room.parse().map_err(fail)?;
    let user = caller().await.map_err(fail)?.user();
    let standing = services().rooms.standing(user, room).await.map_err(fail)?;
    Ok((standing.page(), room, user))
}

/// A form that cannot be taken comes back with what was typed, unless it is of a room that is not there.
fn again(error: RoomsError, form: FormState) -> FnError {
    if matches!(error, RoomsError::NotFound) { fail(error) } else { fail_form(error, form) }
}

/// What a comment is about, as a form sends it.
fn anchor(stage: &str, revision: Option<u32>, piece: &str) -> Result<Option<Anchor>, ApiError> {
    if stage.is_empty() {
        return Ok(None);
    }
    let bad = |what| ApiError::bad_request(format!("`{what}` cannot be read."));
    let stage: Stage = stage.parse().map_err(|_| bad("stage"))?;
    let revision = revision.ok_or_else(|| bad("revision"))?;
    let piece = (!piece.is_empty()).then(|| PiecePath::parse(piece)).transpose().map_err(|_| bad("piece"))?;
    Ok(Some(Anchor { stage, revision, piece }))
}

/// Says something. Sent twice from one page, it is said once.
#[server(prefix = "/fn", endpoint = "say")]
pub(crate) async fn say(
    room: String,
    client_id: String,
    #[server(default)] body: String,
    #[server(default)] thread: String,
    #[server(default)] stage: String,
    #[server(default)] revision: Option<u32>,
    #[server(default)] piece: String,
) -> Result<(), FnError> {
    let anchor = anchor(&stage, revision, &piece).map_err(fail)?;
    let thread: Option<MessageId> = (!thread.is_empty()).then(|| thread.parse()).transpose().map_err(fail)?;
    let (page, room, user) = room_of(&room).await?;
    let page = thread.map_or_else(|| page.clone(), |of| thread_page(&page, of));
    let form = FormState::of("say", page.clone()).with("body", &body);
    let said = services().rooms.say(user, room, Saying { client_id, body, anchor, thread }).await;
    let said = said.map_err(|error| again(error, form))?;
    see_other(&format!("{page}#{}", message_anchor(said.id)));
    Ok(())
}

/// Lets a message of one's own say something else.
#[server(prefix = "/fn", endpoint = "edit_message")]
pub(crate) async fn edit_message(
    room: String,
    message: String,
    #[server(default)] body: String,
) -> Result<(), FnError> {
    let message: MessageId = message.parse().map_err(fail)?;
    let (page, room, user) = room_of(&room).await?;
    let form = FormState::of("edit_message", format!("{page}?edit={message}")).with("body", &body);
    services().rooms.edit(user, room, message, &body).await.map_err(|error| again(error, form))?;
    see_other(&format!("{page}#{}", message_anchor(message)));
    Ok(())
}

/// Takes a message back. May be sent twice.
#[server(prefix = "/fn", endpoint = "delete_message")]
pub(crate) async fn delete_message(room: String, message: String) -> Result<(), FnError> {
    let message: MessageId = message.parse().map_err(fail)?;
    let (page, room, user) = room_of(&room).await?;
    services().rooms.delete(user, room, message).await.map_err(fail)?;
    see_other(&format!("{page}?done=deleted"));
    Ok(())
}

/// Leaves a mark on a message (`on`), or takes it back (`off`). May be sent twice.
#[server(prefix = "/fn", endpoint = "react")]
pub(crate) async fn react(
    room: String,
    message: String,
    #[server(default)] on: String,
    #[server(default)] off: String,
) -> Result<(), FnError> {
    let message: MessageId = message.parse().map_err(fail)?;
    let (page, room, user) = room_of(&room).await?;
    let (emoji, is_on) = if off.is_empty() { (&on, true) } else { (&off, false) };
    services().rooms.react(user, room, message, emoji, is_on).await.map_err(fail)?;
    see_other(&format!("{page}#{}", message_anchor(message)));
    Ok(())
}

/// Pins a message for everybody, or lets it go. May be sent twice.
#[server(prefix = "/fn", endpoint = "pin_message")]
pub(crate) async fn pin_message(
    room: String,
    message: String,
    #[server(default)] on: Option<String>,
) -> Result<(), FnError> {
    let message: MessageId = message.parse().map_err(fail)?;
    let (page, room, user) = room_of(&room).await?;
    services().rooms.pin(user, room, message, on.is_some()).await.map_err(fail)?;
    see_other(&format!("{page}#{}", message_anchor(message)));
    Ok(())
}

/// Says that everything up to a place is read. May be sent twice.
#[server(prefix = "/fn", endpoint = "mark_read")]
pub(crate) async fn mark_read(room: String, offset: i64) -> Result<(), FnError> {
    let (page, room, user) = room_of(&room).await?;
    services().rooms.read(user, room, offset).await.map_err(fail)?;
    see_other(&page);
    Ok(())
}

/// Makes a way in, and shows its link this once.
#[server(prefix = "/fn", endpoint = "invite")]
pub(crate) async fn invite(room: String, role: String, #[server(default)] address: String) -> Result<(), FnError> {
    let role: RoomRole = role.parse().map_err(|_| fail(ApiError::bad_request("`role` is none there is.")))?;
    let (page, room, user) = room_of(&room).await?;
    let form =
        FormState::of("invite", format!("{page}?open=people")).with("role", role.as_str()).with("address", &address);
    let services = services();
    let for_whom = Some(address.trim()).filter(|address| !address.is_empty());
    let invited = services.rooms.invite(user, room, role, for_whom, (WAY_LASTS, WAY_TAKES)).await;
    let invited = invited.map_err(|error| again(error, FormState { field: Some("address"), ..form.clone() }))?;
    show_form(FormState { secret: Some(services.rooms.link(&invited)), typed: Vec::new(), ..form });
    Ok(())
}

/// Closes a way in. May be sent twice.
#[server(prefix = "/fn", endpoint = "close_invitation")]
pub(crate) async fn close_invitation(room: String, invitation: String) -> Result<(), FnError> {
    let invitation = invitation.parse().map_err(fail)?;
    let (page, room, user) = room_of(&room).await?;
    services().rooms.close_invitation(user, room, invitation).await.map_err(fail)?;
    see_other(&format!("{page}?open=people#people"));
    Ok(())
}

/// Comes in by a link. May be sent twice.
#[server(prefix = "/fn", endpoint = "accept_invitation")]
pub(crate) async fn accept_invitation(token: String) -> Result<(), FnError> {
    let user = super::studio::whoever_asks(&services()).await.map_err(fail)?;
    let standing = services().rooms.accept(user, &token).await.map_err(fail)?;
    see_other(&format!("{}?done=in", standing.page()));
    Ok(())
}

/// Gives somebody another role. May be sent twice.
#[server(prefix = "/fn", endpoint = "set_room_role")]
pub(crate) async fn set_room_role(room: String, member: String, role: String) -> Result<(), FnError> {
    let member: UserId = member.parse().map_err(fail)?;
    let role: RoomRole = role.parse().map_err(|_| fail(ApiError::bad_request("`role` is none there is.")))?;
    let (page, room, user) = room_of(&room).await?;
    services().rooms.set_role(user, room, member, role).await.map_err(fail)?;
    see_other(&format!("{page}?open=people#people"));
    Ok(())
}

/// Leaves the room, or takes somebody out.
#[server(prefix = "/fn", endpoint = "leave_room")]
pub(crate) async fn leave_room(room: String, member: String) -> Result<(), FnError> {
    let member: UserId = member.parse().map_err(fail)?;
    let (page, room, user) = room_of(&room).await?;
    services().rooms.leave(user, room, member).await.map_err(fail)?;
    let to = if user == Some(member) { "/projects".to_owned() } else { format!("{page}?open=people#people") };
    see_other(&to);
    Ok(())
}

/// Opens the room of oneself and somebody with whom one is in another. May be sent twice.
#[server(prefix = "/fn", endpoint = "talk_with")]
pub(crate) async fn talk_with(user: String) -> Result<(), FnError> {
    let other: UserId = user.parse().map_err(fail)?;
    let user = caller().await.map_err(fail)?.user();
    let standing = services().rooms.with(user, other).await.map_err(fail)?;
    see_other(&standing.page());
    Ok(())
}

/// What the reader is told of a room while they are not there. May be sent twice.
#[server(prefix = "/fn", endpoint = "set_room_notify")]
pub(crate) async fn set_room_notify(room: String, notify: String) -> Result<(), FnError> {
    let notify: Notify = notify.parse().map_err(|_| fail(ApiError::bad_request("`notify` is none there is.")))?;
    let (page, room, user) = room_of(&room).await?;
    services().rooms.set_notify(user, room, notify).await.map_err(fail)?;
    see_other(&format!("{page}?open=people#people"));
    Ok(())
}
