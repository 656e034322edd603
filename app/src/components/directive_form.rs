//! The box in which everything begins.

use leptos::prelude::*;
use model::{DIRECTIVE_MAX_CHARS, Directive};

use super::escaped;
use crate::context::FormState;

/// The form that starts a project. After a directive that cannot be used it comes back with what was typed and why.
#[component]
pub(crate) fn DirectiveForm() -> impl IntoView {
    let state = use_context::<FormState>().filter(|state| state.form == "start_generation");
    let reason = state.as_ref().and_then(|state| state.error.clone());
    // A line break right after the tag would be dropped by the browser; one more keeps it.
    let typed = state.and_then(|state| state.typed_in("directive"));
    let typed = typed.map(|directive| format!("\n{}", escaped(&directive))).unwrap_or_default();
    let described = if reason.is_some() { "directive-error directive-help" } else { "directive-help" };
    view! {
        <form class="directive" method="post" action="/fn/start_generation">
            <label for="directive">"What do you want to build?"</label>
            {reason.clone().map(|reason| view! { <p class="error" id="directive-error" role="alert">{reason}</p> })}
            // No maxlength: a longer text must not be cut while it is pasted; the answer says by how much it is too long.
            <textarea
                id="directive"
                name="directive"
                rows="4"
                required
                dir="auto"
                autofocus=reason.is_some()
                aria-invalid=reason.is_some().then_some("true")
                aria-describedby=described
                placeholder="A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading"
            >
                {typed}
            </textarea>
            <div class="row">
                <p class="help" id="directive-help">
                    "One sentence is enough: who does what, with which things, within which limits. "
                    {format!("At most {} characters.", grouped(DIRECTIVE_MAX_CHARS))}
                </p>
                <button class="primary" type="submit">"Build it"</button>
            </div>
        </form>
    }
}

/// From this length on a directive is a text, and is set as one.
const LONG_CHARS: usize = 280;

/// What was asked for, as the heading of its pages.
#[component]
pub(crate) fn DirectiveHeading(directive: Directive) -> impl IntoView {
    let long = directive.as_str().chars().count() > LONG_CHARS;
    view! { <h1 dir="auto" class:long=long>{directive.as_str().to_owned()}</h1> }
}

/// 4000 as "4,000".
fn grouped(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}
