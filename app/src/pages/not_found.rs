//! Nothing at this address.

use leptos::prelude::*;
use leptos_meta::Title;
use server::http::ApiError;

use super::error::error_view;

/// The router's fallback.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found" />
        {error_view(&ApiError::not_found())}
    }
}
