//! What other sites show of a link to a public page (the Open Graph protocol, ogp.me).

use leptos::prelude::*;
use leptos_meta::Meta;

use crate::context::services;

/// Description, title and picture of a public page: the site's own, unless the page has one at `picture`.
#[component]
pub(crate) fn Social(
    #[prop(into)] title: String,
    #[prop(into)] description: String,
    #[prop(optional, into)] picture: Option<String>,
) -> impl IntoView {
    // Fetched from elsewhere, so that its address is whole.
    let image = format!("{}{}", services().config.site(), picture.as_deref().unwrap_or("/social.png"));
    let size = picture.map(|_| {
        view! {
            <Meta property="og:image:width" content="1200" />
            <Meta property="og:image:height" content="630" />
        }
    });
    view! {
        <Meta name="description" content=description.clone() />
        <Meta property="og:site_name" content="Atlas9" />
        <Meta property="og:title" content=title.clone() />
        <Meta property="og:description" content=description />
        <Meta property="og:image" content=image.clone() />
        {size}
        <Meta property="og:image:alt" content=title />
        <Meta name="twitter:card" content="summary_large_image" />
        <Meta name="twitter:image" content=image />
    }
}
