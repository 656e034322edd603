//! No other site may act for a visitor.

use axum::{
    body::Body,
    http::{HeaderMap, Response, StatusCode, header},
    response::IntoResponse,
};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::problem::ApiError;

/// Refuses requests that change something and come from another origin, by `Sec-Fetch-Site` and `Origin`.
pub fn csrf_layer() -> CsrfLayer<fn(ProtectionError) -> Response<Body>> {
    CsrfLayer::new().with_rejection_response(refuse as fn(ProtectionError) -> Response<Body>)
}

/// Whether a page of this site asks, or no page at all. For connections that stay open: browsers send cookies with those of any site, ask nobody first, and
/// always say where the page is from.
///
/// `site`: the address that people reach this site at, where it is known.
pub(crate) fn is_of_own_page(headers: &HeaderMap, site: &str) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(origin) = text(header::ORIGIN) else { return true };
    // As tower-http's layer does: a proxy in front may end TLS, so that only host and port can be compared.
    let host = origin.split_once("://").map(|(_, host)| host);
    origin == site || host.is_some_and(|host| !host.is_empty() && text(header::HOST) == Some(host))
}

fn refuse(error: ProtectionError) -> Response<Body> {
    tracing::info!(?error, "refused a request from another site");
    let detail = "This request came from another site. Open the page here and try again.";
    ApiError::new(StatusCode::FORBIDDEN, "cross-site", "Refused", detail).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_connect_with_its_cookies() {
        let asked = |pairs: &[(header::HeaderName, &str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
            is_of_own_page(&headers, "https://atlas9.example")
        };
        assert!(asked(&[(header::HOST, "127.0.0.1:3000")]), "programs say nothing");
        assert!(asked(&[(header::HOST, "127.0.0.1:3000"), (header::ORIGIN, "http://127.0.0.1:3000")]));
        assert!(asked(&[(header::HOST, "web-1:3000"), (header::ORIGIN, "https://atlas9.example")]), "behind a proxy");
        for origin in ["https://evil.example", "null", "", "https://", "https://atlas9.example.evil.example", "\u{e9}"]
        {
            assert!(!asked(&[(header::HOST, "atlas9.example"), (header::ORIGIN, origin)]), "{origin}");
        }
    }
}
