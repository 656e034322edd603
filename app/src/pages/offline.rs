//! Nothing could be fetched.

use leptos::prelude::*;
use leptos_meta::Meta;

use crate::{components::title::PageTitle, context::for_everybody};

/// `/offline`: the same bytes for everyone. A browser keeps it (`public/sw.js`), and shows it in the place of a page that it cannot fetch.
#[component]
pub(crate) fn Offline() -> impl IntoView {
    for_everybody([]);
    view! {
        <PageTitle text="No connection" />
        <Meta name="robots" content="noindex" />
        <div class="error-page">
            <h1>"No connection"</h1>
            <p class="lede">
                "This page could not be fetched: your device is offline, or Atlas9 cannot be reached from where you are. "
                "What you have made is kept, and what is being made goes on without you."
            </p>
            // An empty address is the one that was asked for.
            <p><a href="">"Try again"</a> " when you are back on the network."</p>
        </div>
    }
}
