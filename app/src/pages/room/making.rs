//! What is being made of the project, as everybody in the room sees it come.

use leptos::prelude::*;
use model::Draft;
use server::projects::Project;

use crate::{
    components::{
        progress::{state, status_sentence},
        sections::{Around, Rendered},
    },
    pages::{edit::drafted_checks, file::files_of},
};

/// All that is there so far; the island adds what comes.
pub(super) fn making_view(project: &Project, draft: &Draft) -> AnyView {
    let rendered = Rendered::of(Around { sections: &draft.sections, files: Some(&files_of(project.id)) });
    view! {
        <section
            class="making"
            aria-label="What is being made"
            tabindex="0"
            data-generation=project.generation.to_string()
            data-seq=draft.seq
            data-state=state(draft)
        >
            <p class="progress" role="status" data-status="">{status_sentence(draft)}</p>
            {rendered.view(&drafted_checks(draft))}
        </section>
    }
    .into_any()
}
