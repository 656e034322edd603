//! The document around every page.

use axum::{extract::MatchedPath, http::header::CONTENT_SECURITY_POLICY};
use leptos::{either::Either, prelude::*};
use leptos_meta::MetaTags;
use model::{ProjectId, Theme};

use crate::{
    app::App,
    context::{assets, known, of_request, services},
    functions::answer_header,
};

/// The whole document. No page but one with islands refers to another script than the reporter, and none holds one.
pub(crate) fn shell() -> impl IntoView {
    let theme = theme_of_reader();
    // What the reporter says of where it measures: never the address itself.
    let route = pattern();
    let release = services().vitals.release().map(str::to_owned);
    // The editor needs script; without it the page to read is the one that streams.
    let without_script = project_of_editor().map(|read| {
        let refresh = format!("0;url={read}");
        view! { <noscript><meta http-equiv="refresh" content=refresh /></noscript> }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme data-route=route data-release=release>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf8f3" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#16150f" />
                <Style page=route />
                <link rel="icon" href="/icon.svg" type="image/svg+xml" />
                {without_script}
                <MetaTags />
            </head>
            <body>
                <App />
                <Reporter />
            </body>
        </html>
    }
}

/// The style sheet. Whoever opens the landing page is here for the first time and has nothing yet, so that it holds what it needs in itself and is
/// painted a round trip sooner; the whole sheet is fetched when nothing else is, for the page after this one.
#[component]
fn Style(page: Option<&'static str>) -> impl IntoView {
    let assets = assets();
    match assets.landing.as_ref().filter(|_| page == Some("/")) {
        Some(style) => {
            answer_header(CONTENT_SECURITY_POLICY, &style.policy);
            Either::Left(view! {
                <style inner_html=style.css.clone()></style>
                <link rel="prefetch" href=assets.css.clone() />
            })
        }
        None => Either::Right(view! { <link rel="stylesheet" href=assets.css.clone() /> }),
    }
}

/// What measures the page for whoever reads it. The last of a document, and of low priority: nothing waits for it.
#[component]
pub(crate) fn Reporter() -> impl IntoView {
    assets().reporter.clone().map(|src| view! { <script type="module" src=src fetchpriority="low"></script> })
}

/// The pattern of this page's address; nothing where a form is shown again at the address it was sent to.
fn pattern() -> Option<&'static str> {
    let matched = of_request(|parts| parts.extensions.get::<MatchedPath>().cloned())??;
    let matched = matched.as_str();
    services().vitals.routes().iter().find(|route| **route == matched).copied()
}

/// The theme that whoever reads has chosen, when it is not the device's.
fn theme_of_reader() -> Option<&'static str> {
    let theme = known()?.0.ok()?.visitor()?.theme;
    (theme != Theme::System).then(|| theme.as_str())
}

/// The page to read that belongs to the editor asked for, if it is one.
fn project_of_editor() -> Option<String> {
    let id = |path: &str| path.strip_prefix("/projects/")?.strip_suffix("/edit")?.parse::<ProjectId>().ok();
    let id = of_request(|parts| id(parts.uri.path()))??;
    Some(format!("/projects/{id}"))
}
