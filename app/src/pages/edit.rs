//! The streaming editor: the page as it is now, kept up to date by an island.

use std::{collections::BTreeMap, time::Duration};

use leptos::prelude::*;
use model::{CheckResult, Draft, RoomRole, Stage};
use server::{
    http::ApiError,
    projects::Project,
    studio::{Follower, Workbench},
};

use super::{file::files_of, id_of_address, label, page_of, project_of_address};
use crate::{
    components::{
        directive_form::DirectiveHeading,
        generation_forms::{Again, Stop},
        island_scripts::IslandScripts,
        layout::Contents,
        progress::{receipt_view, state, status_sentence},
        project_forms::{Manage, TakeAway},
        sections::{Around, Rendered},
        title::PageTitle,
        workbench::{KeyHelp, OutOfDate, PieceBar, Proposal, listed},
    },
    context::{caller, services},
    islands::Editor,
};

/// The page holds every piece made so far.
#[component]
pub(crate) fn Edit() -> impl IntoView {
    let id = id_of_address();
    page_of(load(id), |(project, bench)| view! { <Editing project bench /> }.into_any())
}

async fn load(id: String) -> Result<(Project, Workbench), ApiError> {
    let project = project_of_address(id).await?;
    let (user, services) = (caller().await?.user(), services());
    let studio = &services.studio;
    let mut bench = studio.workbench(user, project.generation).await?;
    if bench.draft.ending.is_none() && bench.draft.stages.values().all(|stage| stage.pieces.is_empty()) {
        let follower = studio.follow(user, project.generation, bench.draft.seq).await?;
        let _ = tokio::time::timeout(FIRST_PIECE_WITHIN, first_piece(&mut bench.draft, follower)).await;
    }
    Ok((project, bench))
}

/// How long a page with nothing to show waits for something. A browser takes longer to open a page, and then the piece is in its first frame.
const FIRST_PIECE_WITHIN: Duration = Duration::from_millis(60);

async fn first_piece(draft: &mut Draft, mut follower: Follower) {
    while draft.ending.is_none() && draft.stages.values().all(|stage| stage.pieces.is_empty()) {
        let Some(events) = follower.next().await else { return };
        draft.read(&events);
    }
}

#[component]
fn Editing(project: Project, bench: Workbench) -> impl IntoView {
    let read = format!("/projects/{}", project.id);
    let (pieces, revisions) = (format!("{read}/pieces"), format!("{read}/revisions"));
    let replay = format!("{read}/generations/{}", project.generation);
    let managed = project.clone();
    let (may_edit, is_owner, room) =
        (project.role.may_edit(), project.role == RoomRole::Owner, format!("/projects/{}/room", project.id));
    let (state, sentence) = (state(&bench.draft), status_sentence(&bench.draft));
    let rendered = Rendered::of(Around { sections: &bench.draft.sections, files: Some(&files_of(project.id)) });
    let stale = listed(bench.staleness.stale.iter().map(|stale| &stale.piece));
    let checks = if bench.checks.is_empty() { drafted_checks(&bench.draft) } else { bench.checks.clone() };
    let workbench = if may_edit { workbench_html(&bench) } else { String::new() };
    view! {
        <PageTitle text=project.name() />
        <IslandScripts />
        <Editor>
            <article
                class="project"
                data-generation=project.generation.to_string()
                data-project=project.id.to_string()
                data-seq=bench.draft.seq
                data-state=state
                data-locks=listed(bench.locks.iter())
                data-stale=stale
            >
                <header class="project-head">
                    <p class="label" dir="auto">{label(&project)}</p>
                    <DirectiveHeading directive=project.directive />
                    <div class="bar">
                        <p class="progress" role="status" data-status="">{sentence}</p>
                        {may_edit.then(|| view! { <Stop generation=project.generation.to_string() /> })}
                        <a href=read>"Read"</a>
                        <a href=pieces>"Pieces"</a>
                        <a href=revisions>"Revisions"</a>
                        <a href=room>"Room"</a>
                        <a class="when-over" href=replay>"Replay"</a>
                        {is_owner.then(|| view! { <Manage project=managed /> })}
                    </div>
                </header>
                <Contents made=Some(rendered.held()) />
                <div class="workbench" data-refresh="" inner_html=workbench></div>
                {rendered.view(&checks)}
                {receipt_view(bench.draft.receipt.as_ref())}
                <TakeAway base=format!("/api/projects/{}", project.id) />
                {may_edit.then(|| view! { <Again project=project.id.to_string() engines=services().studio.engines() /> <PieceBar /> })}
            </article>
            {may_edit.then(|| view! { <KeyHelp /> })}
        </Editor>
    }
    .into_any()
}

/// What waits and what is out of date, as markup: the island takes it over as a whole after an edit.
fn workbench_html(bench: &Workbench) -> String {
    let project = bench.generation.project;
    let proposal = (!bench.proposed.is_empty()).then(|| {
        view! { <Proposal project generation=bench.generation.id proposed=bench.proposed.clone() /> }.to_html()
    });
    let stale = (!bench.staleness.is_none())
        .then(|| view! { <OutOfDate project staleness=bench.staleness.clone() /> }.to_html());
    proposal.into_iter().chain(stale).collect()
}

/// Checks as the log tells them, while a generation runs.
pub(super) fn drafted_checks(draft: &Draft) -> BTreeMap<Stage, Vec<CheckResult>> {
    draft.stages.iter().map(|(stage, made)| (*stage, made.checks.clone())).collect()
}
