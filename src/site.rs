//! The built site: where it is, and the router over it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use app::{PageContext, assets::Assets};
use axum::{Router, middleware};
use leptos::config::LeptosOptions;
use serde::Deserialize;
use server::{
    config::Config,
    http::{
        Overload, ReadyPages, compression_layer, observe, refuse_excess, security_headers, serve_ready, tag_answers,
        tell_encodings, write_cache_headers,
    },
    rooms::live::{self, Lane},
    services::Services,
};
use tower::ServiceBuilder;

const LEPTOS_TOML: &str = include_str!("../Leptos.toml");

/// Which sources this was built of, as `bin/build` says.
const BUILD: &str = match option_env!("ATLAS9_BUILD") {
    Some(build) => build,
    None => "dev",
};

/// `[site]` of Leptos.toml.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct SiteOptions {
    root: String,
    pkg_dir: String,
    output_name: String,
}

#[derive(Debug, Deserialize)]
struct File {
    site: SiteOptions,
}

/// Where the site is, what Leptos has to know about it, and the names of its files.
///
/// # Errors
/// When there is no built site.
pub(crate) fn find(services: &Services) -> anyhow::Result<PageContext> {
    let file: File = toml::from_str(LEPTOS_TOML)?;
    let root = services.config.http.site.clone().unwrap_or_else(|| PathBuf::from(&file.site.root));
    let hashes = hash_file();
    let assets = Assets::find(&root, hashes.as_deref())?;
    let options = LeptosOptions::builder()
        .output_name(file.site.output_name)
        .site_root(root.display().to_string())
        .site_pkg_dir(file.site.pkg_dir)
        .site_addr(services.config.http.address)
        .hash_files(assets.css.matches('.').count() > 1)
        .build();
    let release = release(&services.config);
    Ok(PageContext {
        services: services.clone(),
        assets: Arc::new(assets),
        site: root.into(),
        options: Arc::new(options),
        release: release.into(),
    })
}

/// What this release is called: by default the version, and which build of it. `bin/build` names it after its sources.
pub(crate) fn release(config: &Config) -> String {
    let build = || format!("{}-{BUILD}", env!("CARGO_PKG_VERSION"));
    config.http.release.clone().unwrap_or_else(build)
}

/// The build writes the hashes of its files beside the program.
fn hash_file() -> Option<PathBuf> {
    std::env::current_exe().ok()?.parent().map(|folder: &Path| folder.join("hash.txt"))
}

/// Pages that are kept, as these sources with this style render them here. A build that does not name its files by their content may change under its
/// name, and keeps none; nor does one that was not told of which sources it is.
fn ready_pages(context: &PageContext) -> ReadyPages {
    let (assets, services) = (&context.assets, &context.services);
    let build = [&*context.release, BUILD, &assets.css, &assets.js, &assets.wasm, &services.config.site()].join(" ");
    let is_known = context.options.hash_files && BUILD != "dev";
    let is_served = |path: &&str| *path != "/styleguide" || services.config.http.styleguide;
    let paths: Vec<&str> = app::READY.into_iter().filter(|path| is_known && is_served(path)).collect();
    ReadyPages::new(services.cache.clone(), &services.shown, &build, &paths)
}

/// Keeps the files that pages refer to for instances of other releases. A build that does not name them by their content has none to keep.
pub(crate) fn keep_files(context: &PageContext) {
    if context.options.hash_files {
        let (releases, folder) = (context.services.releases.clone(), context.site.join("pkg"));
        let tasks = context.services.tasks.clone();
        let keep = move || releases.clone().keep(folder.clone(), tasks.clone());
        context.services.tasks.keep("release files", keep);
    }
}

/// Everything the program answers, inside of request id and log, security and cache headers.
pub(crate) async fn router(context: &PageContext, lane: &Lane) -> Router {
    let services = &context.services;
    let overload = Overload::new(services.config.http.under_way, services.metrics.overload.clone());
    let service = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(services.clone(), observe))
        .layer(middleware::from_fn_with_state(services.config.is_https(), security_headers))
        .layer(middleware::from_fn(live::name_route))
        .layer(live::layer(services, app::drawing(), lane).await)
        .layer(middleware::from_fn_with_state(ready_pages(context), serve_ready))
        .layer(middleware::from_fn_with_state(overload, refuse_excess))
        .layer(middleware::from_fn(write_cache_headers))
        .layer(middleware::from_fn(tell_encodings))
        .layer(compression_layer())
        .layer(middleware::from_fn(tag_answers))
        .service(app::routes(context.clone()));
    // As one service: a router would put each layer around each of its routes, boxed, and copy them all for every request.
    Router::new().fallback_service(service)
}
