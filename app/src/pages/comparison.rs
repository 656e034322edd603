//! Two versions of a section, piece by piece: below each other or side by side.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use model::{Stage, sections::Sections};
use server::{
    http::ApiError,
    projects::Project,
    studio::{Change, Changed, Line, Span, compare},
};

use super::{id_of_address, page_of, project_of_address};
use crate::{
    components::{sections::stage_title, title::PageTitle},
    context::{caller, services},
};

/// The most lines that a page shows; what is beyond is said to be there.
const LINES_MAX: usize = 4_000;

/// `/projects/{id}/revisions/{stage}/{number}?against=&view=`: what a revision changed; by default against the one before it.
#[component]
pub(crate) fn Comparison() -> impl IntoView {
    let (id, params, query) = (id_of_address(), use_params_map(), use_query_map());
    let stage = params.read_untracked().get("stage").and_then(|stage| stage.parse::<Stage>().ok());
    let number = params.read_untracked().get("number").and_then(|number| number.parse::<u32>().ok());
    let against = query.read_untracked().get("against").and_then(|number| number.parse::<u32>().ok());
    let side_by_side = query.read_untracked().get("view").is_some_and(|view| view == "side");
    page_of(load(id, stage, number, against), move |compared| view! { <Compared compared side_by_side /> }.into_any())
}

struct Compared {
    project: Project,
    stage: Stage,
    number: u32,
    against: u32,
    /// The number of the section as it is, which a restoration follows.
    current: u32,
    changed: Vec<Changed>,
}

async fn load(
    id: String,
    stage: Option<Stage>,
    number: Option<u32>,
    against: Option<u32>,
) -> Result<Compared, ApiError> {
    let (stage, number) = stage.zip(number).ok_or_else(ApiError::not_found)?;
    let project = project_of_address(id).await?;
    let (user, services) = (caller().await?.user(), services());
    let studio = &services.studio;
    let after = studio.revision(user, project.id, stage, number).await?;
    let current = studio.current(project.id).await?.numbers.get(&stage).copied().unwrap_or_default();
    // A proposal is compared with the section as it is; any other revision with the one before it.
    let usual = if number > current { current } else { number.saturating_sub(1) };
    let against = against.unwrap_or(usual);
    let before = match against {
        0 => Sections::default(),
        against => studio.revision(user, project.id, stage, against).await?.sections,
    };
    // Long files take a while to compare.
    let changed = tokio::task::spawn_blocking(move || compare(stage, &before, &after.sections)).await;
    let changed = changed.map_err(|_| ApiError::internal())?;
    Ok(Compared { project, stage, number, against, current, changed })
}

#[component]
fn Compared(compared: Compared, side_by_side: bool) -> impl IntoView {
    let Compared { project, stage, number, against, current, changed } = compared;
    let base = format!("/projects/{}/revisions", project.id);
    let here = format!("{base}/{stage}/{number}?against={against}");
    let views = [("inline", "Below each other", !side_by_side), ("side", "Side by side", side_by_side)].map(
        |(view, label, on)| {
            let href = format!("{here}&view={view}");
            view! { <li><a href=href aria-current=on.then_some("page")>{label}</a></li> }
        },
    );
    let views = views.into_iter().collect_view();
    let title = format!("{} {number}", stage_title(stage));
    let told = match (against, changed.len()) {
        (0, count) => format!("The first revision: {count} pieces."),
        (_, 0) => format!("Nothing differs from revision {against}."),
        (_, 1) => format!("One piece differs from revision {against}."),
        (_, count) => format!("{count} pieces differ from revision {against}."),
    };
    let total: usize = changed.iter().map(|piece| piece.lines.len()).sum();
    let mut left = LINES_MAX;
    let pieces: Vec<AnyView> = changed
        .into_iter()
        .map(|mut piece| {
            piece.lines.truncate(left);
            left -= piece.lines.len();
            piece_view(piece, side_by_side)
        })
        .collect();
    let cut = (total > LINES_MAX)
        .then(|| view! { <p class="quiet">{format!("{} more lines are not shown.", total - LINES_MAX)}</p> });
    let restore = (number != current).then(|| {
        view! {
            <form method="post" action="/fn/restore_revision">
                <input type="hidden" name="project" value=project.id.to_string() />
                <input type="hidden" name="stage" value=stage.as_str() />
                <input type="hidden" name="number" value=number.to_string() />
                <input type="hidden" name="expected" value=current.to_string() />
                <button type="submit">"Use this version again"</button>
                " " <span class="help">"It becomes the newest revision; nothing is lost."</span>
            </form>
        }
    });
    let back = base.clone();
    view! {
        <PageTitle text=title.clone() />
        <article class="comparison">
            <header class="list-head">
                <p class="label"><a href=back>"Revisions"</a></p>
                <h1>{title}</h1>
                <p>{told}</p>
                <nav class="shelves" aria-label="How to compare"><ul role="list">{views}</ul></nav>
                <Against base=format!("{base}/{stage}/{number}") against number side_by_side />
                {restore}
            </header>
            {pieces}
            {cut}
        </article>
    }
    .into_any()
}

/// Another version to compare with.
#[component]
fn Against(base: String, against: u32, number: u32, side_by_side: bool) -> impl IntoView {
    let last = number.saturating_sub(1).max(against);
    view! {
        <form method="get" action=base class="field-row">
            <label for="against">"Compare with revision"</label>
            <input id="against" name="against" type="number" min="0" max=last value=against.to_string() />
            {side_by_side.then(|| view! { <input type="hidden" name="view" value="side" /> })}
            <button type="submit">"Compare"</button>
        </form>
    }
    .into_any()
}

fn piece_view(piece: Changed, side_by_side: bool) -> AnyView {
    let word = match piece.change {
        Change::Added => "new",
        Change::Removed => "gone",
        Change::Edited => "changed",
    };
    let label = format!("Changes of {}", piece.title);
    let body = if side_by_side { side(&piece.lines) } else { inline(&piece.lines) };
    view! {
        <section class="diff">
            <h2 dir="auto">{piece.title} " " <span class="tag">{word}</span></h2>
            <p class="quiet"><code>{piece.path.to_string()}</code></p>
            <div class="scroll" tabindex="0" role="region" aria-label=label>{body}</div>
        </section>
    }
    .into_any()
}

/// One line after another: what went, then what came.
fn inline(lines: &[Line]) -> AnyView {
    let rows: Vec<AnyView> =
        lines.iter().map(|line| view! { <li class=class(line.span)>{words(line)}</li> }.into_any()).collect();
    view! { <ol class="lines" role="list">{rows}</ol> }.into_any()
}

/// The earlier version on the left, the later on the right; what replaces what stands beside it.
fn side(lines: &[Line]) -> AnyView {
    let mut rows: Vec<AnyView> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let run = |span: Span, from: usize| lines[from..].iter().take_while(|line| line.span == span).count();
        let (gone, from) = (run(Span::Before, at), at);
        let came = run(Span::After, at + gone);
        if gone + came == 0 {
            let line = &lines[at];
            let (left, right) = (words(line), words(line));
            rows.push(view! { <tr class=class(line.span)><td>{left}</td><td>{right}</td></tr> }.into_any());
            at += 1;
            continue;
        }
        for nth in 0..gone.max(came) {
            let left = (nth < gone).then(|| words(&lines[from + nth]));
            let right = (nth < came).then(|| words(&lines[from + gone + nth]));
            rows.push(view! { <tr><td class="before">{left}</td><td class="after">{right}</td></tr> }.into_any());
        }
        at += gone + came;
    }
    view! {
        <table class="sides">
            <thead><tr><th scope="col">"Before"</th><th scope="col">"After"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn class(span: Span) -> &'static str {
    match span {
        Span::Both => "both",
        Span::Before => "before",
        Span::After => "after",
        Span::Gap => "gap",
    }
}

/// A line with what differs in it marked; a screen reader hears which version it is of.
fn words(line: &Line) -> AnyView {
    let marked = |text: String, differs: bool| match (differs, line.span) {
        (true, Span::Before) => view! { <del>{text}</del> }.into_any(),
        (true, _) => view! { <ins>{text}</ins> }.into_any(),
        (false, _) => text.into_any(),
    };
    let said = match line.span {
        Span::Before => Some("Before: "),
        Span::After => Some("After: "),
        Span::Both => None,
        Span::Gap => Some("…"),
    };
    let said = said.map(|said| view! { <span class="visually-hidden">{said}</span> });
    let words: Vec<AnyView> = line.words.iter().map(|word| marked(word.text.clone(), word.differs)).collect();
    view! { {said} {words} }.into_any()
}
