//! A link into a room.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use server::{http::ApiError, rooms::Way};

use super::page_of;
use crate::{
    components::title::PageTitle,
    context::{caller, services},
};

/// `/invitations/{token}`. Opening it changes nothing: programs that look at links in letters do so too.
#[component]
pub(crate) fn Invitation() -> impl IntoView {
    let token = use_params_map().read_untracked().get("token").unwrap_or_default();
    page_of(load(token), |(token, way, is_member)| invitation_view(token, &way, is_member))
}

async fn load(token: String) -> Result<(String, Way, bool), ApiError> {
    let is_member = caller().await?.visitor().is_some_and(server::accounts::Visitor::is_member);
    let way = services().rooms.way(&token).await?;
    Ok((token, way, is_member))
}

fn invitation_view(token: String, way: &Way, is_member: bool) -> AnyView {
    let by = way.by.clone().unwrap_or_else(|| "Somebody".to_owned());
    let login = format!("/login?next=/invitations/{token}");
    // Whoever has an account is known by its address; a guest has none.
    let come_in = (is_member || !way.is_for_one).then(|| {
        view! {
            <form method="post" action="/fn/accept_invitation">
                <input type="hidden" name="token" value=token />
                <button type="submit" class="primary">"Come in"</button>
            </form>
        }
    });
    let sign_in = (!is_member).then(|| {
        let why = if way.is_for_one {
            "The link is for one address. Sign in with the account that has it."
        } else {
            "Without an account you come in as a guest of this browser."
        };
        view! { <p class="quiet">{why} " " <a href=login>"Sign in"</a></p> }
    });
    view! {
        <PageTitle text="Come in" />
        <div class="narrow">
            <h1 dir="auto">{way.project.clone()}</h1>
            <p class="lede"><span dir="auto">{by}</span> " asks you into the room of this project, as " {way.role.as_str()} "."</p>
            {come_in}
            {sign_in}
        </div>
    }
    .into_any()
}
