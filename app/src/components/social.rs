//! What other sites show of a link to a public page (the Open Graph protocol, ogp.me).

use leptos::prelude::*;
use leptos_meta::Meta;

use crate::context::services;

/// Description, title and picture of a public page.
#[component]
pub(crate) fn Social(#[prop(into)] title: String, #[prop(into)] description: String) -> impl IntoView {
    // Fetched from elsewhere, so that its address is whole.
    let image = format!("{}/social.png", services().config.site());
    view! {
        <Meta name="description" content=description.clone() />
        <Meta property="og:site_name" content="Atlas9" />
        <Meta property="og:title" content=title />
        <Meta property="og:description" content=description />
        <Meta property="og:image" content=image />
        <Meta name="twitter:card" content="summary_large_image" />
    }
}
