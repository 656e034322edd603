//! What a person reads when something is not there, not theirs, or not working.

use leptos::prelude::*;
use server::http::ApiError;

use super::set_error_status;
use crate::{
    components::layout::{Footer, Header},
    context::assets,
    shell::Reporter,
};

/// An error inside a page, with the page's status set to match.
pub(crate) fn error_view(error: &ApiError) -> impl IntoView + use<> {
    set_error_status(error.0.status.as_u16());
    view! { <ErrorBody status=error.0.status.as_u16() title=error.0.title detail=error.0.detail.clone() /> }
}

/// The words.
#[component]
pub(crate) fn ErrorBody(status: u16, title: &'static str, detail: String) -> impl IntoView {
    view! {
        <div class="error-page">
            <p class="status">{status}</p>
            <h1>{title}</h1>
            <p class="lede">{detail}</p>
            <p><a href="/">"Start something new"</a> " or go to " <a href="/projects">"your projects"</a> "."</p>
        </div>
    }
}

/// A whole document, for errors outside of any page.
#[component]
pub(crate) fn ErrorDocument(status: u16, title: &'static str, detail: String, request_id: String) -> impl IntoView {
    let reference = (status >= 500 && !request_id.is_empty())
        .then(|| view! { <p class="quiet">"Request " <code>{request_id}</code></p> });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{format!("{title} · Atlas9")}</title>
                <link rel="stylesheet" href=assets().css.clone() />
                <link rel="icon" href="/icon.svg" type="image/svg+xml" />
            </head>
            <body>
                <Header />
                <main id="main">
                    <ErrorBody status title detail />
                    {reference}
                </main>
                <Footer />
                <Reporter />
            </body>
        </html>
    }
}
