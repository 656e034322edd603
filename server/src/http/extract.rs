//! What handlers take from a request: who calls, and a JSON body, with errors that say what to do.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use model::UserId;
use serde::de::DeserializeOwned;

use super::problem::ApiError;
use crate::{accounts::Visitor, services::Services};

/// Who calls, if anybody we know.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub Option<Visitor>);

impl Caller {
    /// The caller's user.
    pub fn user(&self) -> Option<UserId> {
        self.0.map(|visitor| visitor.user)
    }

    /// Reads it from a request's headers.
    ///
    /// # Errors
    /// 503 when the store cannot be asked.
    pub async fn of(headers: &HeaderMap, services: &Services) -> Result<Self, ApiError> {
        // A browser may send several Cookie headers over HTTP/2.
        for cookies in headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            if let Some(visitor) = services.accounts.identify(Some(cookies)).await? {
                return Ok(Self(Some(visitor)));
            }
        }
        Ok(Self(None))
    }
}

impl FromRequestParts<Services> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        Self::of(&parts.headers, services).await
    }
}

/// Whether the browser came by HTTPS, as the proxy in front says.
pub fn comes_by_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// A JSON body.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Services> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, services: &Services) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, services).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::unsupported("application/json")),
            Err(JsonRejection::BytesRejection(e)) if e.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(ApiError::too_large())
            }
            Err(error) => {
                Err(ApiError::bad_request(format!("The body is not the JSON this route takes: {}", error.body_text())))
            }
        }
    }
}
