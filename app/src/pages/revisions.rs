//! All versions of a project's sections.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{Cursor, Origin, Page, PageLimit, RevisionSummary, Stage};
use server::{http::ApiError, projects::Project};

use super::{id_of_address, page_of, project_of_address};
use crate::{
    components::{sections::stage_title, title::PageTitle},
    context::{caller, services},
};

/// `/projects/{id}/revisions?stage=&cursor=`.
#[component]
pub(crate) fn Revisions() -> impl IntoView {
    let (id, query) = (id_of_address(), use_query_map().read_untracked().clone());
    let stage = query.get("stage").and_then(|stage| stage.parse::<Stage>().ok());
    let cursor = query.get("cursor").filter(|cursor| !cursor.is_empty());
    page_of(load(id, stage, cursor), move |(project, page)| view! { <List project page stage /> }.into_any())
}

async fn load(
    id: String,
    stage: Option<Stage>,
    cursor: Option<String>,
) -> Result<(Project, Page<RevisionSummary>), ApiError> {
    let project = project_of_address(id).await?;
    let cursor = cursor.map(|cursor| cursor.parse::<Cursor>()).transpose()?;
    let user = caller().await?.user();
    let page = services().studio.revisions(user, project.id, stage, cursor, PageLimit::DEFAULT).await?;
    Ok((project, page))
}

#[component]
fn List(project: Project, page: Page<RevisionSummary>, stage: Option<Stage>) -> impl IntoView {
    let base = format!("/projects/{}/revisions", project.id);
    let filters = [None].into_iter().chain(Stage::ALL.map(Some)).map(|choice| {
        let href = choice.map_or_else(|| base.clone(), |stage| format!("{base}?stage={stage}"));
        let current = (choice == stage).then_some("page");
        view! { <li><a href=href aria-current=current>{choice.map_or("All", stage_title)}</a></li> }
    });
    let filters = filters.collect_view();
    let rows: Vec<AnyView> = page.items.iter().map(|revision| row(&base, revision)).collect();
    let older = page.next_cursor.map(|cursor| {
        let of = stage.map(|stage| format!("&stage={stage}")).unwrap_or_default();
        view! { <a class="older" rel="next" href=format!("{base}?cursor={cursor}{of}")>"Older revisions"</a> }
    });
    let empty = rows
        .is_empty()
        .then(|| view! { <p class="quiet">"No revisions yet: a section becomes one when it is complete."</p> });
    let (name, back) = (project.name(), format!("/projects/{}/edit", project.id));
    view! {
        <PageTitle text=format!("Revisions: {}", project.name()) />
        <header class="list-head">
            <p class="label"><a href=back dir="auto">{name}</a></p>
            <h1>"Revisions"</h1>
            <nav class="shelves" aria-label="Sections"><ul role="list">{filters}</ul></nav>
        </header>
        {empty}
        <ol class="revisions" role="list">{rows}</ol>
        <nav class="pager" aria-label="Pages">{older}</nav>
    }
    .into_any()
}

fn row(base: &str, revision: &RevisionSummary) -> AnyView {
    let RevisionSummary { stage, number, .. } = *revision;
    let state = if revision.current {
        Some("in use")
    } else if revision.waits {
        Some("waits for you")
    } else if revision.refused {
        Some("refused")
    } else {
        None
    };
    let address = format!("{base}/{stage}/{number}");
    let when = revision.created_at.replace_nanosecond(0).unwrap_or(revision.created_at);
    let when = when.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    let replay = revision.generation.map(|generation| {
        let href = base.replace("/revisions", &format!("/generations/{generation}"));
        view! { <a href=href>"Watch again"</a> }
    });
    let comment = format!("{}?about={stage}/{number}#composer", base.replace("/revisions", "/room"));
    let shown = when.replace('T', " ").trim_end_matches('Z').to_owned();
    view! {
        <li class="revision">
            <p class="which"><a href=address>{stage_title(stage)} " " {number}</a> {state.map(|state| view! { " " <span class="tag">{state}</span> })}</p>
            <p>{origin(revision)} {revision.note.clone().map(|note| view! { " " <q dir="auto">{note}</q> })}</p>
            <p class="quiet"><time datetime=when>{shown}</time> " UTC, " {size(revision.bytes)} " " {replay} " " <a href=comment>"Comment"</a></p>
        </li>
    }
    .into_any()
}

fn origin(revision: &RevisionSummary) -> String {
    let parent = revision.parent.map(|number| number.to_string()).unwrap_or_default();
    match revision.origin {
        Origin::Generation => "Made by a generation".to_owned(),
        Origin::Edit => format!("Edited by hand, from {parent}"),
        Origin::Restore => format!("Taken back from {parent}"),
        Origin::Import => "Came with an archive".to_owned(),
        Origin::Fork => "Came from the project it was forked from".to_owned(),
    }
}

fn size(bytes: u32) -> String {
    if bytes < 1_000 { format!("{bytes} B") } else { format!("{:.1} kB", f64::from(bytes) / 1_000.0) }
}
