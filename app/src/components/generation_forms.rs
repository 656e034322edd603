//! Stopping a generation, and making another.

use leptos::prelude::*;
use model::Stage;

use super::sections::stage_title;

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
pub(crate) fn Again(
    project: String,
    /// The engines one can choose from; nothing to choose when there is only one.
    #[prop(optional)]
    engines: Vec<String>,
) -> impl IntoView {
    let stages = Stage::ALL.map(|stage| {
        let (name, id) = (format!("stages[{stage}]"), format!("again-{stage}"));
        let label_for = id.clone();
        view! { <span class="choice"><input type="checkbox" name=name id=id value="on" /> <label for=label_for>{stage_title(stage)}</label></span> }
    });
    let choice = (engines.len() > 1).then(|| {
        let options = engines.into_iter().map(|engine| {
            let words = engine.clone();
            view! { <option value=engine>{words}</option> }
        });
        view! {
            <p>
                <label for="again-engine">"Begin with"</label> " "
                <select id="again-engine" name="engine"><option value="">"the first that can"</option> {options.collect_view()}</select>
            </p>
        }
    });
    view! {
        <form class="again when-over" method="post" action="/fn/regenerate">
            <h2><label for="note">"Make it again, differently"</label></h2>
            <p class="help" id="note-help">
                "For instance: \u{201c}fewer features\u{201d}, \u{201c}add SMS reminders\u{201d}, \u{201c}without escrow\u{201d}. Leave it empty to make the same again."
            </p>
            <input type="hidden" name="project" value=project />
            <fieldset class="stages">
                <legend>"Which sections? None ticked means all."</legend>
                {stages.into_iter().collect_view()}
            </fieldset>
            {choice}
            <p><span class="choice"><input type="checkbox" name="review" id="again-review" value="yes" /> <label for="again-review">"Show me the difference before it replaces what is there"</label></span></p>
            <div class="row">
                <input type="text" id="note" name="note" maxlength="4000" dir="auto" autocomplete="off" aria-describedby="note-help" />
                <button class="primary" type="submit">"Make it again"</button>
            </div>
        </form>
    }
    .into_any()
}
