//! The rooms somebody is in.

use leptos::prelude::*;
use model::RoomSummary;
use server::http::ApiError;

use super::page_of;
use crate::{
    components::title::PageTitle,
    context::{caller, services},
    functions::rooms::room_page,
};

/// `/rooms`.
#[component]
pub(crate) fn Rooms() -> impl IntoView {
    page_of(load(), |rooms| rooms_view(&rooms))
}

async fn load() -> Result<Vec<RoomSummary>, ApiError> {
    match caller().await?.user() {
        Some(user) => Ok(services().rooms.list(user).await?),
        None => Ok(Vec::new()),
    }
}

fn rooms_view(rooms: &[RoomSummary]) -> AnyView {
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
        </header>
        {empty}
        <ul class="lines">{rows}</ul>
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
            <p><a href=room_page(room.project) dir="auto"><strong>{room.name.clone()}</strong></a> " " {unread}</p>
            <p class="quiet">{room.role.as_str()}</p>
        </li>
    }
    .into_any()
}
