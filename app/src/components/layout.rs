//! What stands above and below every page.

use leptos::prelude::*;

use super::sections::{STAGES, parts, stage_title};

/// The masthead: where one is, and the way to one's projects.
#[component]
pub(crate) fn Header() -> impl IntoView {
    view! {
        <header class="masthead">
            <a class="wordmark" href="/">"Atlas" <span class="nine">"9"</span></a>
            <nav aria-label="Main">
                <a href="/projects">"Your projects"</a>
                <a href="/explore">"Explore"</a>
                <a href="/settings">"Account"</a>
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
                "Made on the server. This page "
                <span class="nowrap">"ships no script"</span>
                " unless it streams. Set in Newsreader, Inter and JetBrains Mono."
            </p>
            <p><a href="/api/health">"Status"</a></p>
        </footer>
    }
}

/// The contents of a project: its stages and their parts as links. The style sheet shows an entry once there is something behind it.
#[component]
pub(crate) fn Contents() -> impl IntoView {
    let stages = STAGES.map(|stage| {
        let entries = parts(stage).filter(|part| !part.heading.is_empty()).map(|part| {
            let href = format!("#{}-{}", part.stage, part.slot);
            view! { <li><a href=href>{part.heading}</a></li> }
        });
        let href = format!("#{stage}");
        view! {
            <li>
                <a href=href>{stage_title(stage)}</a>
                <ol>{entries.collect_view()}</ol>
            </li>
        }
    });
    view! { <nav class="contents" aria-label="Contents"><ol>{stages.into_iter().collect_view()}</ol></nav> }.into_any()
}
