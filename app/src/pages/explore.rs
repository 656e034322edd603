//! What people show to everybody.

use std::sync::Arc;

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;
use model::{Page, PageLimit, SharedSummary};
use server::{http::ApiError, shown::list_tag};

use super::error::error_view;
use crate::{
    components::{
        photo::{THUMBNAIL, photo},
        social::Social,
        title::PageTitle,
    },
    context::{for_everybody, services},
};

/// `/explore`: the same bytes for everyone.
#[component]
pub(crate) fn Explore() -> impl IntoView {
    for_everybody([list_tag()]);
    let cursor = use_query_map().read_untracked().get("cursor").filter(|cursor| !cursor.is_empty());
    let list = Suspend::new(async move {
        match services().projects.explore(cursor.as_deref(), PageLimit::DEFAULT).await {
            Ok(page) => Either::Left(view! { <List page=Arc::unwrap_or_clone(page) is_first=cursor.is_none() /> }),
            Err(error) => Either::Right(error_view(&ApiError::from(error))),
        }
    });
    view! {
        <PageTitle text="Explore" described=true />
        <Social title="Explore" description="Products that people made with Atlas9 from one directive each, and show to everybody." />
        <Suspense>{list}</Suspense>
    }
}

#[component]
fn List(page: Page<SharedSummary>, is_first: bool) -> impl IntoView {
    let is_empty = page.items.is_empty();
    let rows = page.items.into_iter().map(|project| view! { <Row project /> }).collect_view();
    let older =
        page.next_cursor.map(|cursor| view! { <a rel="next" href=format!("/explore?cursor={cursor}")>"Older"</a> });
    let newest = (!is_first).then(|| view! { <a rel="first" href="/explore">"Latest"</a> });
    view! {
        <header class="explore-head">
            <h1>"Explore"</h1>
            <p class="lede">"Products that people made from one directive each, and show to everybody."</p>
        </header>
        {if is_empty {
            Either::Left(view! {
                <div class="empty">
                    <p>"Nobody shows anything yet. Open one of your projects and make it public, and it stands here."</p>
                    <p><a class="button primary" href="/#directive">"Start something"</a></p>
                </div>
            })
        } else {
            Either::Right(view! { <ol class="explore">{rows}</ol> })
        }}
        <nav class="pager" aria-label="Pages">{newest} {older}</nav>
    }
}

#[component]
fn Row(project: SharedSummary) -> impl IntoView {
    let when = project.shared_at.date().to_string();
    let page = format!("/p/{}", project.slug);
    let directive = project.directive.title(280);
    let words = (directive != project.title).then(|| view! { <p dir="auto">{directive}</p> });
    view! {
        <li>
            {project.cover.map(|cover| photo(&cover, THUMBNAIL))}
            <h2><a href=page dir="auto">{project.title}</a></h2>
            {words}
            <p class="quiet"><time datetime=when.clone()>{when.clone()}</time></p>
        </li>
    }
}
