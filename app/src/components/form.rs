//! Parts of forms: fields with label, help and what is wrong with them, and what came of a form.

use leptos::prelude::*;

use crate::context::FormState;

/// The state of a form that was posted and is shown again; nothing of any other form.
pub(crate) fn state_of(form: &'static str) -> FormState {
    use_context::<FormState>().filter(|state| state.form == form).unwrap_or_default()
}

/// A labelled field. What was typed comes back, unless it is a password.
#[component]
pub(crate) fn Field(
    /// The form's server function.
    form: &'static str,
    /// The name it is sent by.
    name: &'static str,
    /// What to type.
    label: &'static str,
    /// The kind of input.
    #[prop(default = "text")]
    kind: &'static str,
    /// What a browser may fill in by itself.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What helps to type the right thing.
    #[prop(optional)]
    help: &'static str,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: String,
    /// Whether it may be left empty.
    #[prop(optional)]
    is_optional: bool,
) -> impl IntoView {
    let state = state_of(form);
    let typed = state.typed_in(name);
    let value = (kind != "password").then(|| typed.unwrap_or(value)).filter(|value| !value.is_empty());
    let error = state.error.filter(|_| state.field == Some(name));
    let (id, error_id, help_id) =
        (format!("{form}-{name}"), format!("{form}-{name}-error"), format!("{form}-{name}-help"));
    let described = [error.as_ref().map(|_| error_id.clone()), (!help.is_empty()).then(|| help_id.clone())];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let inputmode = (autocomplete == "username" || autocomplete == "email").then_some("email");
    let wrong = error.is_some();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {error.map(|error| view! { <p class="error" id=error_id role="alert">{error}</p> })}
            <input
                id=id
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                inputmode=inputmode
                autocapitalize=inputmode.map(|_| "none")
                spellcheck=(inputmode.is_some() || kind == "password").then_some("false")
                required=!is_optional
                dir="auto"
                autofocus=wrong
                aria-invalid=wrong.then_some("true")
                aria-describedby=(!described.is_empty()).then_some(described)
            />
            {(!help.is_empty()).then(|| view! { <p class="help" id=help_id>{help}</p> })}
        </div>
    }
    .into_any()
}

/// What is wrong with a form as a whole.
#[component]
pub(crate) fn FormError(form: &'static str) -> impl IntoView {
    let state = state_of(form);
    let error = state.error.filter(|_| state.field.is_none());
    error.map(|error| view! { <p class="error whole" role="alert">{error}</p> })
}

/// What came of something, above the page.
#[component]
pub(crate) fn Notice(#[prop(into)] text: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <div class="notice" role="status">
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}
