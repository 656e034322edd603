//! One piece, to be changed by hand.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{
    Address, Piece,
    sections::Sections,
    trace::{Stale, sources},
};
use server::{http::ApiError, projects::Project};

use super::{id_of_address, page_of, project_of_address};
use crate::{
    components::{form::state_of, piece_form::PieceForm, title::PageTitle},
    context::{caller, services},
    functions::revisions::{piece_anchor, piece_page},
};

/// `/projects/{id}/edit/{stage}/{part}[/{id}]`.
#[component]
pub(crate) fn PiecePage() -> impl IntoView {
    let (id, piece) = (id_of_address(), use_params_map().read_untracked().get("piece").unwrap_or_default());
    page_of(async move { load(id, &piece).await }, |opened| view! { <Editing opened /> }.into_any())
}

/// A piece with what an editor has to know of it.
struct Opened {
    project: Project,
    at: Address,
    piece: Piece,
    expected: u32,
    is_locked: bool,
    stale: Option<Stale>,
    /// What it was made from.
    from: Vec<Address>,
    /// What was made from it.
    into: Vec<Address>,
}

async fn load(id: String, piece: &str) -> Result<Opened, ApiError> {
    let at: Address = piece.parse().map_err(|_| ApiError::not_found())?;
    let project = project_of_address(id).await?;
    let bench = services().studio.workbench(caller().await?.user(), project.generation).await?;
    let piece = bench.draft.sections.piece(&at).ok_or_else(ApiError::not_found)?;
    let (from, into) = neighbours(&at, &bench.draft.sections);
    Ok(Opened {
        from,
        into,
        expected: bench.numbers.get(&at.stage).copied().unwrap_or_default(),
        is_locked: bench.locks.contains(&at),
        stale: bench.staleness.of(&at).cloned(),
        project,
        at,
        piece,
    })
}

/// What a piece was made from, and what was made from it.
fn neighbours(at: &Address, sections: &Sections) -> (Vec<Address>, Vec<Address>) {
    let (mut from, mut into) = (Vec::new(), Vec::new());
    for (piece, sources) in sources(sections) {
        if sources.contains(at) {
            into.push(piece.clone());
        }
        if piece == *at {
            from = sources.into_iter().filter(|source| sections.piece(source).is_some()).collect();
        }
    }
    (from, into)
}

#[component]
fn Editing(opened: Opened) -> impl IntoView {
    let Opened { project, at, piece, expected, is_locked, stale, from, into } = opened;
    let back = format!("/projects/{}/edit#{}", project.id, piece_anchor(&at));
    let title = title_of(&piece);
    let changed = state_of("edit_piece").error.is_some().then(|| {
        let compare = format!("/projects/{}/revisions/{}/{expected}", project.id, at.stage);
        view! { <p class="help"><a href=compare>"What changed in the last revision"</a></p> }
    });
    view! {
        <PageTitle text=format!("Edit: {title}") />
        <article class="narrow piece-page">
            <p class="label"><a href=back>"Back to the project"</a></p>
            <h1 dir="auto">{title}</h1>
            <p class="quiet"><code>{at.to_string()}</code> " in revision " {expected}</p>
            {stale.map(|stale| stale_view(&project, stale, expected))}
            {changed}
            <PieceForm project=project.id at=at.clone() piece expected />
            {trace_view(&project, "Made from", from)}
            {trace_view(&project, "Made from it", into)}
            <Tools project at expected is_locked />
        </article>
    }
    .into_any()
}

/// What a piece is called: by its title or name, else by its place.
fn title_of(piece: &Piece) -> String {
    let named = ["title", "name", "path", "what"].iter().find_map(|key| piece.value.get(key)?.as_str());
    named.map_or_else(|| piece.path.part().replace('_', " "), str::to_owned)
}

/// Why it is out of date, and the way to say that it is right all the same.
fn stale_view(project: &Project, stale: Stale, expected: u32) -> AnyView {
    let because = stale.because.iter().map(|source| {
        let (href, words) = (format!("/projects/{}/edit#{}", project.id, piece_anchor(source)), source.to_string());
        view! { <li><a href=href><code>{words}</code></a></li> }
    });
    view! {
        <section class="notice" aria-label="Out of date">
            <p>"Out of date: what it was made from has changed."</p>
            <ul>{because.collect_view()}</ul>
            <form method="post" action="/fn/settle_piece">
                <input type="hidden" name="project" value=project.id.to_string() />
                <input type="hidden" name="address" value=stale.piece.to_string() />
                <input type="hidden" name="expected" value=expected.to_string() />
                <button type="submit">"It is right as it is"</button>
            </form>
        </section>
    }
    .into_any()
}

/// Pieces to go on to; nothing when there are none.
fn trace_view(project: &Project, heading: &'static str, pieces: Vec<Address>) -> Option<AnyView> {
    let links: Vec<AnyView> = pieces
        .iter()
        .map(|at| {
            let (href, words) = (piece_page(project.id, at), at.to_string());
            view! { <li><a href=href><code>{words}</code></a></li> }.into_any()
        })
        .collect();
    let view = view! { <section class="trace"><h2>{heading}</h2> <ul class="refs" role="list">{links}</ul></section> };
    (!pieces.is_empty()).then(|| view.into_any())
}

#[component]
fn Tools(project: Project, at: Address, expected: u32, is_locked: bool) -> impl IntoView {
    let lock = if is_locked { "Unlock" } else { "Lock" };
    let help = if is_locked {
        "It stays as it is, whatever is made anew."
    } else {
        "Locked, it stays as it is, whatever is made anew."
    };
    let can_go = at.path.id().is_some();
    let removal = can_go.then(|| {
        view! {
            <form method="post" action="/fn/remove_piece">
                <input type="hidden" name="project" value=project.id.to_string() />
                <input type="hidden" name="address" value=at.to_string() />
                <input type="hidden" name="expected" value=expected.to_string() />
                <button type="submit" class="quiet">"Remove it"</button>
                <span class="help">"An earlier revision brings it back."</span>
            </form>
        }
    });
    view! {
        <div class="piece-tools">
            <form method="post" action="/fn/lock_piece">
                <input type="hidden" name="project" value=project.id.to_string() />
                <input type="hidden" name="address" value=at.to_string() />
                {(!is_locked).then(|| view! { <input type="hidden" name="locked" value="yes" /> })}
                <button type="submit">{lock}</button>
                <span class="help">{help}</span>
            </form>
            {removal}
        </div>
    }
    .into_any()
}
