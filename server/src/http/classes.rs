//! What costs more than other answers, by class of route: how often one network may ask for it. What changes something is counted by the domains, for whoever
//! does it; this is for whoever only reads, whom nobody has to know.

use std::time::Duration;

use axum::{
    extract::{Query, Request, State},
    http::{Method, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{extract::client_of, problem::ApiError};
use crate::{limits::Quota, services::Services};

/// Looks for words in many rows.
const SEARCHES: Quota = Quota { name: "searches", burst: 60, every: Duration::from_millis(500) };
/// Packs or draws a file.
const FILES: Quota = Quota { name: "files", burst: 60, every: Duration::from_secs(1) };
/// Reads a file of a picture; a list shows many at once.
const PICTURES: Quota = Quota { name: "pictures", burst: 3_000, every: Duration::from_millis(10) };

/// Answers 429 with `Retry-After` to a network that asks too often for what costs much. Counted by this process alone: nobody waits for it.
pub async fn limit_classes(State(services): State<Services>, request: Request, next: Next) -> Response {
    let Some(quota) = class_of(&request) else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    let client = client_of(&parts, &services);
    // This machine itself is let through, as a guest is.
    if !client.address.is_loopback()
        && let Err(limited) = services.limits.admit_here(quota, &client.network())
    {
        return ApiError::from(limited).into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

fn class_of(request: &Request) -> Option<&'static Quota> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let steps: Vec<&str> = request.uri().path().split('/').skip(1).take(5).collect();
    match steps[..] {
        ["explore" | "projects"] | ["api", "explore" | "projects"] => is_search(request.uri()).then_some(&SEARCHES),
        ["p", _, file] | ["api", "projects", _, file] => {
            (file.starts_with("export.") || file == "card.png").then_some(&FILES)
        }
        ["api", "account", "export"] => Some(&FILES),
        ["images", _] => Some(&PICTURES),
        _ => None,
    }
}

/// As the handlers read it.
fn is_search(uri: &Uri) -> bool {
    let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
    query.is_ok_and(|Query(pairs)| pairs.iter().any(|(name, words)| name == "q" && !words.is_empty()))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn what_costs_much_is_told_from_the_rest() {
        let class = |method: &str, uri: &str| {
            let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
            class_of(&request).map(|quota| quota.name)
        };
        for uri in [
            "/explore?q=a",
            "/api/explore?limit=3&q=a",
            "/projects?sort=title&q=a",
            "/api/projects?q=%20",
            "/explore?%71=a",
        ] {
            assert_eq!(class("GET", uri), Some("searches"), "{uri}");
        }
        for uri in ["/p/a/export.zip", "/api/projects/a/export.md", "/p/a/card.png", "/api/account/export"] {
            assert_eq!(class("GET", uri), Some("files"), "{uri}");
        }
        assert_eq!(class("HEAD", "/images/a.avif"), Some("pictures"));
        for uri in
            ["/", "/explore", "/explore?q=", "/projects?cursor=q=", "/p/a", "/p/a/files/export.ts", "/p/a/b/export.zip"]
        {
            assert_eq!(class("GET", uri), None, "{uri}");
        }
        assert_eq!(class("POST", "/api/projects?q=a"), None);
    }
}
