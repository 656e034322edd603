//! The document's title.

use leptos::prelude::*;
use leptos_meta::Title;

use super::escaped;

/// Sets the title of the page, which may hold words of a user. leptos_meta 0.8 writes a title into the document as it is, so that it is
/// escaped here.
#[component]
pub(crate) fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    let title = if text.is_empty() { "Atlas9".to_owned() } else { format!("{text} · Atlas9") };
    view! { <Title text=escaped(&title) /> }
}
