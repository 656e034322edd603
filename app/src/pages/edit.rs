//! The streaming editor: the page as it is now, kept up to date by an island.

use leptos::{either::Either, prelude::*};
use leptos_meta::{Link, Script};
use model::Draft;
use server::{http::ApiError, projects::Project};

use super::{error::error_view, id_of_address, label, project_of_address};
use crate::{
    components::{
        directive_form::DirectiveHeading,
        generation_forms::{Again, Stop},
        layout::Contents,
        progress::{receipt_view, state, status_sentence},
        project_forms::Manage,
        sections::sections_view,
        title::PageTitle,
    },
    context::{assets, caller, services},
    islands::Editor,
};

/// The page holds every piece made so far.
#[component]
pub(crate) fn Edit() -> impl IntoView {
    let id = id_of_address();
    let page = Suspend::new(async move {
        match load(id).await {
            Ok((project, draft)) => Either::Left(view! { <Editing project draft /> }),
            Err(error) => Either::Right(error_view(&error)),
        }
    });
    view! { <Suspense>{page}</Suspense> }
}

async fn load(id: String) -> Result<(Project, Draft), ApiError> {
    let project = project_of_address(id).await?;
    let draft = services().studio.project_draft(caller().await?.user(), project.generation).await?;
    Ok((project, draft))
}

#[component]
fn Editing(project: Project, draft: Draft) -> impl IntoView {
    let read = format!("/projects/{}", project.id);
    let (running, managed) = (draft.ending.is_none(), project.clone());
    let (state, sentence, generation) = (state(&draft), status_sentence(&draft), project.generation.to_string());
    view! {
        <PageTitle text=project.name() />
        {running.then(|| view! { <IslandScripts /> })}
        <Editor>
            <article class="project" data-generation=project.generation.to_string() data-seq=draft.seq data-state=state>
                <header class="project-head">
                    <p class="label" dir="auto">{label(&project)}</p>
                    <DirectiveHeading directive=project.directive />
                    <div class="bar">
                        <p class="progress" role="status" data-status="">{sentence}</p>
                        <Stop generation />
                        <a href=read>"Read"</a>
                        <Manage project=managed />
                    </div>
                </header>
                <Contents />
                {sections_view(&draft.sections)}
                {receipt_view(draft.receipt.as_ref())}
                <Again project=project.id.to_string() />
            </article>
        </Editor>
    }
}

/// What a page with islands needs, and no other page has: the loader, and a head start for what it will load.
#[component]
fn IslandScripts() -> impl IntoView {
    let assets = assets();
    let loader = format!("{}&js={}&wasm={}", assets.loader, assets.js, assets.wasm);
    view! {
        <Link rel="modulepreload" href=assets.js />
        <Link rel="preload" href=assets.wasm as_="fetch" type_="application/wasm" crossorigin="anonymous" />
        <Script type_="module" src=loader />
    }
}
