//! All pieces of a project as a list: the way to edit and lock them without script.

use std::collections::BTreeSet;

use leptos::prelude::*;
use model::{Address, Stage};
use server::{http::ApiError, projects::Project, studio::Workbench};

use super::{id_of_address, page_of, project_of_address};
use crate::{
    components::{sections::stage_title, title::PageTitle},
    context::{caller, services},
    functions::revisions::piece_page,
};

/// `/projects/{id}/pieces`.
#[component]
pub(crate) fn Pieces() -> impl IntoView {
    let id = id_of_address();
    page_of(load(id), |(project, bench)| view! { <List project bench /> }.into_any())
}

async fn load(id: String) -> Result<(Project, Workbench), ApiError> {
    let project = project_of_address(id).await?;
    let bench = services().studio.workbench(caller().await?.user(), project.generation).await?;
    Ok((project, bench))
}

#[component]
fn List(project: Project, bench: Workbench) -> impl IntoView {
    let stale: BTreeSet<Address> = bench.staleness.stale.iter().map(|stale| stale.piece.clone()).collect();
    let stages: Vec<AnyView> = Stage::ALL
        .into_iter()
        .map(|stage| {
            let pieces = bench.draft.sections.addresses(stage);
            let rows: Vec<AnyView> =
                pieces.iter().map(|at| row(&project, at, bench.locks.contains(at), stale.contains(at))).collect();
            let empty = rows.is_empty().then(|| view! { <p class="quiet">"Not made yet."</p> });
            view! { <section><h2>{stage_title(stage)}</h2> {empty} <ul class="pieces" role="list">{rows}</ul></section> }.into_any()
        })
        .collect();
    let (name, back) = (project.name(), format!("/projects/{}/edit", project.id));
    view! {
        <PageTitle text=format!("Pieces: {}", project.name()) />
        <article class="narrow">
            <p class="label"><a href=back dir="auto">{name}</a></p>
            <h1>"All pieces"</h1>
            <p class="help">"Each can be edited and locked by itself. A locked piece stays as it is, whatever is made anew."</p>
            {stages}
        </article>
    }
    .into_any()
}

fn row(project: &Project, at: &Address, is_locked: bool, is_stale: bool) -> AnyView {
    let (href, words) = (piece_page(project.id, at), at.path.to_string());
    let tag = |word: &'static str| view! { " " <span class="tag">{word}</span> };
    view! { <li><a href=href><code>{words}</code></a> {is_locked.then(|| tag("locked"))} {is_stale.then(|| tag("out of date"))}</li> }
        .into_any()
}
