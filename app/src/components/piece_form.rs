//! The form in which a piece is changed by hand.

use leptos::prelude::*;
use model::{
    Address, Piece, ProjectId,
    fields::{Field, FieldKind, fields},
};

use super::{escaped, form::state_of};
use crate::{context::FormState, functions::revisions::WHOLE};

/// The form of a piece. After an edit that cannot be taken it comes back with what was typed and why.
#[component]
pub(crate) fn PieceForm(project: ProjectId, at: Address, piece: Piece, expected: u32) -> impl IntoView {
    let state = state_of("edit_piece");
    let inputs: Vec<AnyView> = fields(&piece.value).into_iter().map(|field| input(field, &state)).collect();
    let error = state.error.map(|error| view! { <p class="error whole" role="alert">{error}</p> });
    view! {
        <form class="piece-form" method="post" action="/fn/edit_piece" data-piece-form="">
            {error}
            <input type="hidden" name="project" value=project.to_string() />
            <input type="hidden" name="address" value=at.to_string() />
            <input type="hidden" name="expected" value=expected.to_string() />
            {inputs}
            <div class="row">
                <button class="primary" type="submit">"Save as a new revision"</button>
            </div>
        </form>
    }
    .into_any()
}

fn input(field: Field, state: &FormState) -> AnyView {
    let key = if field.name.is_empty() { WHOLE.to_owned() } else { field.name.clone() };
    let value = state.typed_in(&key).unwrap_or(field.value);
    let (name, id) = (format!("fields[{key}]"), format!("field-{}", key.replace('.', "-")));
    let label_for = id.clone();
    let is_list = field.kind == FieldKind::List;
    let control = match field.kind {
        FieldKind::Line | FieldKind::Number => line(name, id, value),
        FieldKind::Text => area(name, id, &value, "running", 4),
        FieldKind::List => area(name, id, &value, "list", value.lines().count().max(2) + 1),
        FieldKind::Code => area(name, id, &value, "code", 24),
        FieldKind::Choice(options) => choice(name, id, options, &value),
        FieldKind::YesNo => choice(name, id, vec!["yes".to_owned(), "no".to_owned()], &value),
    };
    let help = is_list.then(|| view! { <p class="help">"One entry a line."</p> });
    view! {
        <div class="field">
            <label for=label_for>{field.label}</label>
            {control}
            {help}
        </div>
    }
    .into_any()
}

fn line(name: String, id: String, value: String) -> AnyView {
    view! { <input type="text" name=name id=id value=value dir="auto" autocomplete="off" /> }.into_any()
}

fn area(name: String, id: String, value: &str, class: &'static str, rows: usize) -> AnyView {
    // A line break right after the tag would be dropped by the browser; one more keeps it.
    let text = format!("\n{}", escaped(value));
    let spelling = if class == "code" { "false" } else { "true" };
    view! { <textarea class=class name=name id=id rows=rows dir="auto" spellcheck=spelling autocomplete="off">{text}</textarea> }
        .into_any()
}

fn choice(name: String, id: String, options: Vec<String>, value: &str) -> AnyView {
    let options = options.into_iter().map(|option| {
        let (chosen, words) = (option == value, option.clone());
        view! { <option value=option selected=chosen>{words}</option> }
    });
    view! { <select name=name id=id>{options.collect_view()}</select> }.into_any()
}
