//! No other site may act for a visitor.

use axum::{
    body::Body,
    http::{Response, StatusCode},
    response::IntoResponse,
};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::problem::ApiError;

/// Refuses requests that change something and come from another origin, by `Sec-Fetch-Site` and `Origin`.
pub fn csrf_layer() -> CsrfLayer<fn(ProtectionError) -> Response<Body>> {
    CsrfLayer::new().with_rejection_response(refuse as fn(ProtectionError) -> Response<Body>)
}

fn refuse(error: ProtectionError) -> Response<Body> {
    tracing::info!(?error, "refused a request from another site");
    let detail = "This request came from another site. Open the page here and try again.";
    ApiError::new(StatusCode::FORBIDDEN, "cross-site", "Refused", detail).into_response()
}
