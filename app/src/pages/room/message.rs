//! One message.

use leptos::prelude::*;
use model::{Anchor, Message, MessageId, Picture, PictureFormat, ProjectId, REACTIONS, RoomId, RoomRole, UserId};
use server::rooms::room_page;

use crate::{
    components::{
        photo::{SHOWN, photo},
        sections::stage_title,
    },
    functions::rooms::{message_anchor, thread_page},
    pages::moment,
};

/// Where messages stand and who reads them.
#[derive(Clone, Copy)]
pub(super) struct Around {
    /// In which room.
    pub(super) room: RoomId,
    /// Of which project; of none where two talk alone.
    pub(super) project: Option<ProjectId>,
    /// Who reads.
    pub(super) reader: UserId,
    /// What they may do.
    pub(super) role: RoomRole,
    /// Whether these are the answers to another.
    pub(super) is_thread: bool,
}

impl Around {
    /// The page of the room.
    pub(super) fn page(self) -> String {
        room_page(self.room, self.project)
    }
}

/// A message with what can be done about it.
pub(super) fn message_view(message: &Message, around: Around) -> AnyView {
    let Around { project, reader, role, is_thread, .. } = around;
    let is_own = message.author.as_ref().is_some_and(|author| author.id == reader);
    let is_gone = message.deleted_at.is_some();
    let name = message.author.as_ref().map_or("Somebody who is gone", |author| &author.name).to_owned();
    let body =
        if is_gone { "<p class=\"quiet\">This message was taken back.</p>".to_owned() } else { message.html.clone() };
    let about = project.zip(message.anchor.as_ref()).map(|(project, anchor)| about_view(project, anchor));
    let picture = message.picture.as_ref().map(picture_view);
    let marks = (!is_gone).then(|| marks_view(message, around));
    let answers = (!is_thread).then(|| {
        let words = match message.replies {
            0 if is_gone || !role.may_talk() => return None,
            0 => "Reply".to_owned(),
            1 => "1 reply".to_owned(),
            many => format!("{many} replies"),
        };
        Some(view! { <a href=format!("{}#thread", thread_page(&around.page(), message.id)) data-replies=message.replies>{words}</a> })
    });
    let verbs = (!is_gone && (is_own || role.may_edit())).then(|| verbs_view(message, around, is_own));
    view! {
        <li
            class="message"
            id=message_anchor(message.id)
            data-message=message.id.to_string()
            data-offset=message.offset
            data-own=is_own.then_some("")
        >
            <p class="who">
                <strong dir="auto" data-author="">{name}</strong>
                " "
                {moment(message.created_at)}
                <span class="quiet" data-edited="" hidden=message.edited_at.is_none()>" edited"</span>
                <span class="tag" data-pinned="" hidden=message.pinned_at.is_none()>"pinned"</span>
            </p>
            {about}
            <div class="said" dir="auto" data-body="" inner_html=body></div>
            <div data-picture="">{picture}</div>
            <div class="verbs">{marks} {answers} {verbs}</div>
        </li>
    }
    .into_any()
}

/// What came with a message, and the whole of it behind that.
fn picture_view(picture: &Picture) -> AnyView {
    let largest = picture.sizes.last().map(|size| size.address(PictureFormat::WebP));
    // A link has a name, also when nobody said what it shows.
    let label = picture.description.is_empty().then_some("Picture");
    view! { <a class="shown" href=largest aria-label=label>{photo(picture, SHOWN)}</a> }.into_any()
}

/// What a message is about, as a link to it.
pub(super) fn about_view(project: ProjectId, anchor: &Anchor) -> AnyView {
    let href = format!("/projects/{project}/revisions/{}/{}", anchor.stage, anchor.revision);
    let piece = anchor.piece.as_ref().map(|piece| format!(", {piece}"));
    view! {
        <p class="about quiet">
            "About " <a href=href>{stage_title(anchor.stage)} ", revision " {anchor.revision}</a> {piece}
        </p>
    }
    .into_any()
}

/// The marks that a message has, and those that it can be given.
fn marks_view(message: &Message, around: Around) -> AnyView {
    let is_theirs =
        |emoji: &str| message.reactions.iter().any(|mark| mark.emoji == emoji && mark.by.contains(&around.reader));
    let given = message.reactions.iter().map(|mark| mark_button(&mark.emoji, mark.by.len(), is_theirs(&mark.emoji)));
    let given = given.collect_view();
    if !around.role.may_talk() {
        return view! { <span class="marks" data-marks="">{given}</span> }.into_any();
    }
    let others = REACTIONS.into_iter().filter(|emoji| !message.reactions.iter().any(|mark| mark.emoji == *emoji));
    let others = others.map(|emoji| view! { <button name="on" value=emoji>{emoji}</button> }).collect_view();
    view! {
        <form method="post" action="/fn/react" class="marks" data-live="react">
            <input type="hidden" name="room" value=around.room.to_string() />
            <input type="hidden" name="message" value=message.id.to_string() />
            <span data-marks="">{given}</span>
            <details class="choose">
                <summary aria-label="React">"☺"</summary>
                <span class="row">{others}</span>
            </details>
        </form>
    }
    .into_any()
}

fn mark_button(emoji: &str, count: usize, is_theirs: bool) -> AnyView {
    let label = format!("{emoji} {count}, {}", if is_theirs { "take yours back" } else { "join" });
    let (name, pressed) = if is_theirs { ("off", "true") } else { ("on", "false") };
    view! {
        <button name=name value=emoji.to_owned() data-count=count aria-pressed=pressed aria-label=label>{emoji.to_owned()} " " {count}</button>
    }
    .into_any()
}

/// What its author, and whoever looks after the room, can do about a message.
fn verbs_view(message: &Message, around: Around, is_own: bool) -> AnyView {
    let (room, id) = (around.room.to_string(), message.id.to_string());
    let is_pinned = message.pinned_at.is_some();
    let edit = is_own.then(|| view! { <a href=edit_page(around, message.id)>"Edit"</a> });
    let pin = around.role.may_edit().then(|| {
        view! {
            <form method="post" action="/fn/pin_message" data-live="pin">
                <input type="hidden" name="room" value=room.clone() />
                <input type="hidden" name="message" value=id.clone() />
                {(!is_pinned).then(|| view! { <input type="hidden" name="on" value="on" /> })}
                <button type="submit">{if is_pinned { "Unpin" } else { "Pin" }}</button>
            </form>
        }
    });
    view! {
        <details class="choose">
            <summary>"More"</summary>
            <div class="row">
                {edit} {pin}
                <form method="post" action="/fn/delete_message" data-live="delete">
                    <input type="hidden" name="room" value=room.clone() />
                    <input type="hidden" name="message" value=id.clone() />
                    <button type="submit">"Take back"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// The page on which a message of one's own is changed.
fn edit_page(around: Around, id: MessageId) -> String {
    format!("{}?edit={id}#edit", around.page())
}
