//! The document's title.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use super::escaped;

/// What a page that says nothing of itself is about.
const PRODUCT: &str = "Atlas9 turns one sentence into a product a team can start from, piece by piece while you watch.";

/// Sets the title of the page, which may hold words of a user. leptos_meta 0.8 writes a title into the document as it is, so that it is
/// escaped here. A page is `described` when its `Social` says what it is about.
#[component]
pub(crate) fn PageTitle(#[prop(into)] text: String, #[prop(optional)] described: bool) -> impl IntoView {
    let title = if text.is_empty() { "Atlas9".to_owned() } else { format!("{text} · Atlas9") };
    let description = (!described).then(|| view! { <Meta name="description" content=PRODUCT /> });
    view! {
        <Title text=escaped(&title) />
        {description}
    }
}
