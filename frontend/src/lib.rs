//! The WASM entry: hydrates the islands of `app`, nothing else.

// Named so that the islands are linked: the page finds them by their exported names.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the loader before it hydrates the page's islands one by one.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
