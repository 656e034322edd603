//! What stands above and below every page.

use leptos::prelude::*;

use super::sections::{Part, STAGES, parts, stage_title};
use crate::context::{is_for_administrator, of_request};

/// The masthead: where one is, and the way to one's projects.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let path = of_request(|parts| parts.uri.path().to_owned()).unwrap_or_default();
    let mut pages =
        vec![("/projects", "Your projects"), ("/rooms", "Rooms"), ("/explore", "Explore"), ("/settings", "Account")];
    if is_for_administrator() {
        pages.extend([("/jobs", "Jobs"), ("/operations", "Operations")]);
    }
    let links = pages.into_iter().map(|(href, words)| {
        let current = (path == href).then_some("page");
        view! { <a href=href aria-current=current>{words}</a> }
    });
    view! {
        <header class="masthead">
            <a class="wordmark" href="/">"Atlas" <span class="nine">"9"</span></a>
            <nav aria-label="Main">
                {links.collect_view()}
                <a class="new" href="/#directive">"New"</a>
            </nav>
        </header>
    }
}

/// The foot of the page.
#[component]
pub(crate) fn Footer() -> impl IntoView {
    view! {
        <footer class="colophon">
            <p>
                "Made on the server. Unless it streams, this page’s only script measures "
                <span class="nowrap">"how fast it is."</span>
                " Set in Newsreader, Inter and JetBrains Mono."
            </p>
            <p><a href="/speed">"Speed"</a> " · " <a href="/status">"Status"</a></p>
        </footer>
    }
}

/// The contents of a project: its stages and their parts as links. An entry shows once there is something behind it.
#[component]
pub(crate) fn Contents(
    /// The parts that hold something. Nothing for a page that streams: there the style sheet looks what has come.
    made: Option<Vec<Part>>,
) -> impl IntoView {
    let is_empty = |wanted: &dyn Fn(&Part) -> bool| made.as_ref().is_some_and(|made| !made.iter().any(wanted));
    let stages = STAGES.map(|stage| {
        let entries = parts(stage).filter(|part| !part.heading.is_empty()).map(|part| {
            let href = format!("#{}-{}", part.stage, part.slot);
            view! { <li hidden=is_empty(&|other| *other == part)><a href=href>{part.heading}</a></li> }
        });
        let href = format!("#{stage}");
        view! {
            <li hidden=is_empty(&|part| part.stage == stage)>
                <a href=href>{stage_title(stage)}</a>
                <ol>{entries.collect_view()}</ol>
            </li>
        }
    });
    view! { <nav class="contents" aria-label="Contents"><ol>{stages.into_iter().collect_view()}</ol></nav> }.into_any()
}
