//! A generation watched again, from its log: to any point of it, and forked there.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{Draft, GenerationId, Seq, Stage};
use server::{http::ApiError, projects::Project, studio::Generation};

use super::{
    id_of_address, page_of,
    receipt::{generation_of, generation_of_address},
};
use crate::{
    components::{
        layout::Contents,
        progress::status_sentence,
        sections::{Around, Rendered, stage_title},
        title::PageTitle,
    },
    context::{caller, services},
};

/// `/projects/{id}/generations/{generation}?at=`.
#[component]
pub(crate) fn Replay() -> impl IntoView {
    let (id, generation) = (id_of_address(), generation_of_address());
    let at = use_query_map().read_untracked().get("at").and_then(|at| at.parse::<Seq>().ok());
    page_of(load(id, generation, at), |watched| view! { <Watching watched /> }.into_any())
}

struct Watched {
    project: Project,
    generation: Generation,
    at: Seq,
    draft: Draft,
    /// Where each stage began to show.
    stages: Vec<(Stage, Seq)>,
}

async fn load(id: String, generation: Option<GenerationId>, at: Option<Seq>) -> Result<Watched, ApiError> {
    let (project, generation) = generation_of(id, generation).await?;
    let at = at.unwrap_or(generation.last_seq).clamp(0, generation.last_seq);
    let (draft, stages) = services().studio.replay(caller().await?.user(), generation.id, at).await?;
    Ok(Watched { project, generation, at, draft, stages })
}

#[component]
fn Watching(watched: Watched) -> impl IntoView {
    let Watched { project, generation, at, draft, stages } = watched;
    let here = format!("/projects/{}/generations/{}", project.id, generation.id);
    let last = generation.last_seq;
    let marks = stages.into_iter().map(|(stage, seq)| {
        let href = format!("{here}?at={seq}");
        view! { <li><a href=href>{stage_title(stage)}</a></li> }
    });
    let marks = marks.collect_view();
    let checks = draft.stages.iter().map(|(stage, made)| (*stage, made.checks.clone())).collect();
    let rendered = Rendered::of(Around { sections: &draft.sections, files: Some(&format!("{here}/files")) });
    let step = (last / 20).max(1);
    let (back, forth) = ((at - step).max(0), (at + step).min(last));
    let (name, project_page, receipt) =
        (project.name(), format!("/projects/{}/edit", project.id), format!("{here}/receipt"));
    let said = if at < last { status_now(&draft) } else { status_sentence(&draft) };
    view! {
        <PageTitle text=format!("Again: {}", project.name()) />
        <article class="project replay">
            <header class="project-head">
                <p class="label"><a href=project_page dir="auto">{name}</a></p>
                <h1>"Watch it again"</h1>
                {generation.note.clone().map(|note| view! { <p>"With the note " <q dir="auto">{note}</q></p> })}
                <form class="scrubber" method="get" action=here.clone() data-scrubber="">
                    <label for="at">{format!("Event {at} of {last}")}</label>
                    <input id="at" name="at" type="range" min="0" max=last value=at.to_string() />
                    <button type="submit">"Show"</button>
                    <a rel="prev" href=format!("{here}?at={back}")>"Back"</a>
                    <a rel="next" href=format!("{here}?at={forth}")>"On"</a>
                </form>
                <nav class="marks" aria-label="Stages"><ul role="list">{marks}</ul></nav>
                <p class="progress" role="status">{said}</p>
                <p><a href=receipt>"Receipt"</a></p>
            </header>
            <Contents made=Some(rendered.held()) />
            {rendered.view(&checks)}
            <Fork generation />
        </article>
    }
    .into_any()
}

/// What was going on at a moment before the end.
fn status_now(draft: &Draft) -> String {
    let now = draft.stages.values().rev().find(|stage| !stage.is_done()).map(|stage| stage.message.clone());
    now.unwrap_or_else(|| "Nothing has happened yet".to_owned())
}

/// A new project that goes another way from one of its stages.
#[component]
fn Fork(generation: Generation) -> impl IntoView {
    let options = Stage::ALL.map(|stage| view! { <option value=stage.as_str()>{stage_title(stage)}</option> });
    view! {
        <form class="again" method="post" action="/fn/fork_generation">
            <h2>"Go another way from here"</h2>
            <p class="help">"A new project begins with everything before the stage you choose; that stage and what follows is made anew. This one stays as it is."</p>
            <input type="hidden" name="generation" value=generation.id.to_string() />
            <div class="row">
                <label for="fork-stage">"From"</label>
                <select id="fork-stage" name="stage">{options.into_iter().collect_view()}</select>
                <label for="fork-note">"With the note"</label>
                <input type="text" id="fork-note" name="note" maxlength="4000" dir="auto" autocomplete="off" />
                <button class="primary" type="submit">"Fork"</button>
            </div>
        </form>
    }
    .into_any()
}
