//! What stands above and below every page.

use leptos::prelude::*;

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
                " unless it streams."
            </p>
            <p><a href="/api/health">"Status"</a></p>
        </footer>
    }
}
