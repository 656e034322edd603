//! Stopping a generation, and making another.

use leptos::prelude::*;

/// The stop button; shown while the generation runs.
#[component]
pub(crate) fn Stop(generation: String) -> impl IntoView {
    view! {
        <form class="when-running" method="post" action="/fn/cancel_generation" data-stop="">
            <input type="hidden" name="generation" value=generation />
            <button type="submit">"Stop"</button>
        </form>
    }
}

/// Making it again, with a note; shown when nothing runs.
#[component]
pub(crate) fn Again(project: String) -> impl IntoView {
    view! {
        <form class="again when-over" method="post" action="/fn/regenerate">
            <h2><label for="note">"Make it again, differently"</label></h2>
            <p class="help" id="note-help">
                "For instance: \u{201c}fewer features\u{201d}, \u{201c}add SMS reminders\u{201d}, \u{201c}without escrow\u{201d}. Leave it empty to make the same again."
            </p>
            <input type="hidden" name="project" value=project />
            <div class="row">
                <input type="text" id="note" name="note" maxlength="4000" dir="auto" autocomplete="off" aria-describedby="note-help" />
                <button class="primary" type="submit">"Make it again"</button>
            </div>
        </form>
    }
}
