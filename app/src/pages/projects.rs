//! One's projects, newest first.

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;
use model::{Page, ProjectSummary};

use super::error::error_view;
use crate::{
    components::{progress::status_word, title::PageTitle},
    context::Failure,
    functions::projects::list_projects,
};

/// The list, a page at a time.
#[component]
pub(crate) fn Projects() -> impl IntoView {
    let cursor = use_query_map().read_untracked().get("cursor");
    let failure = Failure::default();
    provide_context(failure.clone());
    let list = Suspend::new(async move {
        match list_projects(cursor.clone(), None).await {
            Ok(page) => Either::Left(view! { <List page is_first=cursor.is_none() /> }),
            Err(_) => {
                let error = failure.take().map_or_else(server::http::ApiError::internal, |(parts, _)| {
                    server::http::ApiError(Box::new(parts))
                });
                Either::Right(error_view(&error))
            }
        }
    });
    view! {
        <PageTitle text="Your projects" />
        <Suspense>{list}</Suspense>
    }
}

#[component]
fn List(page: Page<ProjectSummary>, is_first: bool) -> impl IntoView {
    let is_empty = page.items.is_empty();
    let rows = page.items.into_iter().map(|project| view! { <Row project /> }).collect_view();
    let older = page.next_cursor.map(|cursor| {
        view! { <a class="older" rel="next" href=format!("/projects?cursor={cursor}")>"Older projects"</a> }
    });
    let newest = (!is_first).then(|| view! { <a rel="first" href="/projects">"Newest projects"</a> });
    view! {
        <h1>"Your projects"</h1>
        {if is_empty {
            Either::Left(view! {
                <div class="empty">
                    <p class="lede">"Nothing here yet. Everything you start from this browser is listed on this page."</p>
                    <p><a class="button primary" href="/#directive">"Start something"</a></p>
                </div>
            })
        } else {
            Either::Right(view! { <ol class="projects">{rows}</ol> })
        }}
        <nav class="pager" aria-label="Pages">{newest} {older}</nav>
    }
}

#[component]
fn Row(project: ProjectSummary) -> impl IntoView {
    let when = project.created_at.date().to_string();
    let state = project.status.as_str();
    view! {
        <li>
            <a href=format!("/projects/{}", project.id) dir="auto">{project.directive.title(120)}</a>
            <p class="quiet">
                <time datetime=when.clone()>{when.clone()}</time> " · "
                <span class=format!("state {state}")>{status_word(project.status)}</span>
            </p>
        </li>
    }
}
