//! Nothing at this address.

use leptos::prelude::*;
use server::http::ApiError;

use super::error::error_view;
use crate::components::title::PageTitle;

/// The router's fallback.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <PageTitle text="Not found" />
        {error_view(&ApiError::not_found())}
    }
}
