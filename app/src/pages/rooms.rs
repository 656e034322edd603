//! The rooms somebody is in, and whom they know from there.

use leptos::prelude::*;
use model::{Contact, RoomSummary};
use server::{http::ApiError, rooms::room_page};

use super::{page_of, room::talk_form};
use crate::{
    components::title::PageTitle,
    context::{caller, services},
};

/// `/rooms`.
#[component]
pub(crate) fn Rooms() -> impl IntoView {
    page_of(load(), |loaded| rooms_view(&loaded))
}

#[derive(Default)]
struct Loaded {
    rooms: Vec<RoomSummary>,
    contacts: Vec<Contact>,
    /// Notices that they have not seen.
    unseen: u32,
}

async fn load() -> Result<Loaded, ApiError> {
    let Some(user) = caller().await?.user() else { return Ok(Loaded::default()) };
    let services = services();
    Ok(Loaded {
        rooms: services.rooms.list(user).await?,
        contacts: services.rooms.contacts(user).await?,
        unseen: services.notices.unseen(user).await?,
    })
}

fn rooms_view(loaded: &Loaded) -> AnyView {
    let Loaded { rooms, contacts, unseen } = loaded;
    let empty = rooms.is_empty().then(|| {
        view! {
            <p class="quiet">
                "You are in no room yet. Each project has one: open it from the project’s page, or follow a link that somebody sends you."
            </p>
        }
    });
    let rows = rooms.iter().map(row).collect_view();
    view! {
        <PageTitle text="Rooms" />
        <header class="list-head">
            <h1>"Rooms"</h1>
            <p><a href="/notices">"Notices"</a> " " {(*unseen > 0).then(|| view! { <span class="tag">{*unseen} " new"</span> })}</p>
        </header>
        {empty}
        <ul class="lines">{rows}</ul>
        {(!contacts.is_empty()).then(|| contacts_view(contacts))}
    }
    .into_any()
}

/// Whom they are in rooms with. Whether those are here, nobody else is told.
fn contacts_view(contacts: &[Contact]) -> AnyView {
    let row = |contact: &Contact| {
        view! {
            <li>
                <p>
                    <strong dir="auto">{contact.speaker.name.clone()}</strong> " "
                    {contact.is_here.then(|| view! { <span class="tag">"here"</span> })}
                </p>
                {talk_form(&contact.speaker)}
            </li>
        }
    };
    let rows = contacts.iter().map(row).collect_view();
    view! {
        <section aria-labelledby="people-title">
            <h2 id="people-title">"People"</h2>
            <ul class="lines">{rows}</ul>
        </section>
    }
    .into_any()
}

fn row(room: &RoomSummary) -> AnyView {
    let more = |count: u32| if count >= 100 { "100 or more".to_owned() } else { count.to_string() };
    let unread = (room.unread > 0).then(|| {
        let named = if room.named > 0 { format!(", {} to you", more(room.named)) } else { String::new() };
        view! { <span class="tag">{more(room.unread)} " unread" {named}</span> }
    });
    view! {
        <li>
            <p><a href=room_page(room.room, room.project) dir="auto"><strong>{room.name.clone()}</strong></a> " " {unread}</p>
            <p class="quiet">{if room.project.is_some() { room.role.as_str() } else { "the two of you" }}</p>
        </li>
    }
    .into_any()
}
