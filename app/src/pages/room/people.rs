//! Who is in a room, and the ways in.

use leptos::{either::Either, prelude::*};
use model::{Member, Notify, RoomId, RoomRole, Speaker, UserId};
use server::rooms::Invitation;

use crate::{
    components::form::{Field, FormError, state_of},
    pages::moment,
};

/// Roles somebody can be given, and what they mean.
const ROLES: [(RoomRole, &str); 3] = [
    (RoomRole::Editor, "edits the project too"),
    (RoomRole::Commenter, "reads and talks"),
    (RoomRole::Viewer, "reads and watches"),
];

/// What somebody can be told of.
const NOTIFY: [(Notify, &str); 3] = [
    (Notify::All, "everything that is said"),
    (Notify::Mentions, "what names or answers you"),
    (Notify::Nothing, "nothing"),
];

/// What the part of the page that tells of people shows.
#[derive(Clone)]
pub(super) struct People {
    pub(super) room: RoomId,
    /// Whether two talk alone here.
    pub(super) is_direct: bool,
    pub(super) reader: UserId,
    pub(super) role: RoomRole,
    /// What the reader is told of while they are not there.
    pub(super) notify: Notify,
    pub(super) members: Vec<Member>,
    /// For who looks after the room.
    pub(super) ways: Vec<Invitation>,
    pub(super) is_open: bool,
}

/// Everybody, and how to ask others in.
pub(super) fn people_view(people: &People) -> AnyView {
    let rows = people.members.iter().map(|member| member_row(people, member)).collect_view();
    let count = match people.members.len() {
        1 => "1 member".to_owned(),
        many => format!("{many} members"),
    };
    let invite = people.role.may_edit().then(|| invite_view(people));
    view! {
        <details class="people" id="people" open=people.is_open>
            <summary>{count} " " <span class="quiet" data-here=""></span></summary>
            <ul class="lines" data-members="">{rows}</ul>
            {notify_form(people)}
            {invite}
        </details>
    }
    .into_any()
}

fn member_row(people: &People, member: &Member) -> AnyView {
    let (room, id) = (people.room.to_string(), member.speaker.id);
    let is_self = id == people.reader;
    let is_owner = member.role == RoomRole::Owner;
    let verbs = if people.role == RoomRole::Owner && !is_owner {
        Some(Either::Left(
            view! { <div class="row">{role_form(&room, member)} {out_form(&room, id, "Take out")}</div> },
        ))
    } else if is_self && !is_owner && !people.is_direct {
        Some(Either::Right(out_form(&room, id, "Leave")))
    } else {
        None
    };
    let write = (!is_self && !people.is_direct).then(|| talk_form(&member.speaker));
    view! {
        <li data-member=id.to_string() data-name=member.speaker.name.clone()>
            <p>
                <span class="presence" data-presence="" hidden=true>"here"</span>
                <strong dir="auto">{member.speaker.name.clone()}</strong>
                {is_self.then_some(" (you)")}
                " "
                <span class="quiet">{member.role.as_str()}</span>
            </p>
            {write}
            {verbs}
        </li>
    }
    .into_any()
}

fn notify_form(people: &People) -> AnyView {
    let chosen = people.notify;
    let options = NOTIFY.map(|(notify, words)| {
        view! { <option value=notify.as_str() selected=notify == chosen>{words}</option> }
    });
    view! {
        <form method="post" action="/fn/set_room_notify" class="row">
            <input type="hidden" name="room" value=people.room.to_string() />
            <label for="notify">"While you are not here, tell you of"</label>
            <select id="notify" name="notify">{options.collect_view()}</select>
            <button type="submit">"Set"</button>
        </form>
    }
    .into_any()
}

/// Opens the room of the reader and somebody else.
pub(in crate::pages) fn talk_form(speaker: &Speaker) -> AnyView {
    let (id, label) = (speaker.id, format!("Write to {}", speaker.name));
    view! {
        <form method="post" action="/fn/talk_with">
            <input type="hidden" name="user" value=id.to_string() />
            <button type="submit" aria-label=label>"Write to them"</button>
        </form>
    }
    .into_any()
}

fn role_form(room: &str, member: &Member) -> AnyView {
    let id = member.speaker.id.to_string();
    let label = format!("What {} may do", member.speaker.name);
    view! {
        <form method="post" action="/fn/set_room_role" class="row">
            <input type="hidden" name="room" value=room.to_owned() />
            <input type="hidden" name="member" value=id />
            <select name="role" aria-label=label>{role_options(member.role)}</select>
            <button type="submit">"Set"</button>
        </form>
    }
    .into_any()
}

fn role_options(chosen: RoomRole) -> AnyView {
    ROLES
        .map(|(role, words)| {
            view! { <option value=role.as_str() selected=role == chosen>{role.as_str()} ": " {words}</option> }
        })
        .collect_view()
        .into_any()
}

fn out_form(room: &str, id: UserId, words: &'static str) -> AnyView {
    view! {
        <form method="post" action="/fn/leave_room">
            <input type="hidden" name="room" value=room.to_owned() />
            <input type="hidden" name="member" value=id.to_string() />
            <button type="submit">{words}</button>
        </form>
    }
    .into_any()
}

fn invite_view(people: &People) -> AnyView {
    let state = state_of("invite");
    let chosen = state.typed_in("role").and_then(|role| role.parse().ok()).unwrap_or(RoomRole::Commenter);
    let link = state.secret.map(|link| {
        view! {
            <div class="notice" role="status">
                <p>"Send this link to whom you want to let in. It is shown this once."</p>
                <p><code class="wrap" dir="ltr">{link}</code></p>
            </div>
        }
    });
    let room = people.room.to_string();
    let ways = people.ways.iter().map(|way| way_row(&room, way)).collect_view();
    view! {
        <section aria-labelledby="invite-title">
            <h3 id="invite-title">"Ask somebody in"</h3>
            {link}
            <form method="post" action="/fn/invite" class="fields">
                <FormError form="invite" />
                <input type="hidden" name="room" value=room.clone() />
                <div class="field">
                    <label for="invite-role">"As"</label>
                    <select id="invite-role" name="role">{role_options(chosen)}</select>
                </div>
                <Field
                    form="invite"
                    name="address"
                    label="Their address, if the link is for them alone"
                    kind="email"
                    is_optional=true
                    help="Without one, up to 25 people can come in by the link. It works for seven days."
                />
                <button type="submit">"Make a link"</button>
            </form>
            <ul class="lines">{ways}</ul>
        </section>
    }
    .into_any()
}

fn way_row(room: &str, way: &Invitation) -> AnyView {
    let whom = way
        .address
        .clone()
        .unwrap_or_else(|| format!("whoever has the link, {} of {} have come", way.used, way.uses_max));
    view! {
        <li>
            <p><strong>{way.role.as_str()}</strong> ", for " <span dir="auto">{whom}</span> ", until " {moment(way.expires_at)}</p>
            <form method="post" action="/fn/close_invitation">
                <input type="hidden" name="room" value=room.to_owned() />
                <input type="hidden" name="invitation" value=way.id.to_string() />
                <button type="submit">"Close"</button>
            </form>
        </li>
    }
    .into_any()
}
