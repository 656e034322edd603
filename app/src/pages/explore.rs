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
    functions::url_encoded,
};

/// `/explore`, whole or searched: the same bytes for everyone.
#[component]
pub(crate) fn Explore() -> impl IntoView {
    for_everybody([list_tag()]);
    let query = use_query_map().read_untracked().clone();
    let cursor = query.get("cursor").filter(|cursor| !cursor.is_empty());
    let search = query.get("q").filter(|search| !search.trim().is_empty());
    let list = Suspend::new(async move {
        match services().projects.explore(search.as_deref(), cursor.as_deref(), PageLimit::DEFAULT).await {
            Ok(page) => {
                Either::Left(view! { <List page=Arc::unwrap_or_clone(page) search is_first=cursor.is_none() /> })
            }
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
fn List(page: Page<SharedSummary>, search: Option<String>, is_first: bool) -> impl IntoView {
    let is_empty = page.items.is_empty();
    let rows = page.items.into_iter().map(|project| view! { <Row project /> }).collect_view();
    let asked = search.as_deref().map(url_encoded);
    let older = page.next_cursor.map(|cursor| {
        let href = match &asked {
            Some(asked) => format!("/explore?q={asked}&cursor={cursor}"),
            None => format!("/explore?cursor={cursor}"),
        };
        view! { <a rel="next" href=href>"Older"</a> }
    });
    let newest = (!is_first).then(|| {
        let href = asked.as_ref().map_or_else(|| "/explore".to_owned(), |asked| format!("/explore?q={asked}"));
        view! { <a rel="first" href=href>"Latest"</a> }
    });
    // While nobody shows anything there is nothing to search.
    let form = (!is_empty || search.is_some() || !is_first).then(|| view! { <Search search=search.clone() /> });
    view! {
        <header class="explore-head">
            <h1>"Explore"</h1>
            <p class="lede">"Products that people made from one directive each, and show to everybody."</p>
        </header>
        {form}
        {if is_empty {
            Either::Left(view! { <Empty search /> })
        } else {
            Either::Right(view! { <ol class="explore">{rows}</ol> })
        }}
        <nav class="pager" aria-label="Pages">{newest} {older}</nav>
    }
}

#[component]
fn Search(search: Option<String>) -> impl IntoView {
    view! {
        <form class="search" method="get" action="/explore" role="search" aria-label="What people show">
            <label class="visually-hidden" for="search">"Search names and directives"</label>
            <input id="search" type="search" name="q" value=search.unwrap_or_default() placeholder="Search names and directives" dir="auto" autocomplete="off" />
            <button type="submit">"Search"</button>
        </form>
    }
}

#[component]
fn Empty(search: Option<String>) -> impl IntoView {
    let (text, href, way_on) = match search {
        Some(search) => (
            format!("Nobody shows anything that says \u{201c}{}\u{201d}.", search.trim()),
            "/explore",
            "Everything that people show",
        ),
        None => (
            "Nobody shows anything yet. Open one of your projects and make it public, and it stands here.".to_owned(),
            "/#directive",
            "Start something",
        ),
    };
    view! {
        <div class="empty">
            <p dir="auto">{text}</p>
            <p><a class="button primary" href=href>{way_on}</a></p>
        </div>
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
