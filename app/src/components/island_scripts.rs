//! The scripts of pages that have islands.

use leptos::prelude::*;
use leptos_meta::{Link, Script};

use crate::context::assets;

/// What a page with islands needs, and no other page has: the loader, and a head start for what it will load.
#[component]
pub(crate) fn IslandScripts() -> impl IntoView {
    let assets = assets();
    let loader = format!("{}&js={}&wasm={}", assets.loader, assets.js, assets.wasm);
    view! {
        <Link rel="modulepreload" href=assets.js.clone() />
        <Link rel="preload" href=assets.wasm.clone() as_="fetch" type_="application/wasm" crossorigin="anonymous" />
        <Script type_="module" src=loader />
    }
}
