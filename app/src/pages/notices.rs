//! What somebody was told while they looked elsewhere.

use leptos::prelude::*;
use server::{http::ApiError, notices::Notice};
use time::format_description::well_known::Rfc3339;

use super::{moment, page_of};
use crate::{
    components::title::PageTitle,
    context::{caller, services},
};

/// `/notices`.
#[component]
pub(crate) fn NoticesPage() -> impl IntoView {
    page_of(load(), |notices| notices_view(&notices))
}

async fn load() -> Result<Vec<Notice>, ApiError> {
    match caller().await?.user() {
        Some(user) => Ok(services().notices.list(user).await?),
        None => Ok(Vec::new()),
    }
}

fn notices_view(notices: &[Notice]) -> AnyView {
    let empty = notices.is_empty().then(|| {
        view! { <p class="quiet">"Nothing has happened while you were away. What is said in your rooms then will stand here."</p> }
    });
    let is_unseen = notices.iter().any(|notice| !notice.is_seen);
    // Of what comes while the page is read, nobody has seen anything.
    let newest = notices.first().filter(|_| is_unseen).and_then(|notice| notice.created_at.format(&Rfc3339).ok());
    let seen = newest.map(|until| {
        view! {
            <form method="post" action="/fn/notices_seen">
                <input type="hidden" name="until" value=until />
                <button type="submit">"Mark all as read"</button>
            </form>
        }
    });
    let rows = notices.iter().map(row).collect_view();
    view! {
        <PageTitle text="Notices" />
        <header class="list-head">
            <h1>"Notices"</h1>
            {seen}
        </header>
        {empty}
        <ul class="lines">{rows}</ul>
        <p class="quiet">"By mail, in this browser, or not for a while: " <a href="/settings#notices">"say where you want to hear of it"</a> "."</p>
    }
    .into_any()
}

fn row(notice: &Notice) -> AnyView {
    let Notice { about, is_seen, created_at, .. } = notice;
    view! {
        <li>
            <div>
                <p>
                    <a href=about.href() dir="auto"><strong>{about.title()}</strong></a> " "
                    {(!is_seen).then(|| view! { <span class="tag">"new"</span> })}
                </p>
                <p class="quiet" dir="auto">{about.text()}</p>
                <p>{moment(*created_at)}</p>
            </div>
        </li>
    }
    .into_any()
}
