//! What handlers take from a request: who calls, and a JSON body, with errors that say what to do.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use bytes::Bytes;
use model::{Scope, UserId};
use serde::de::DeserializeOwned;

use super::{body_max_bytes, problem::ApiError, writes::Writer};
use crate::{
    accounts::{Bearer, Client, Visitor},
    services::Services,
};

/// How long a body may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Who calls.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody we know.
    Nobody,
    /// Somebody's browser, by its session's cookie.
    Browser(Visitor),
    /// Somebody's program, by an API token.
    Program(UserId),
}

impl Caller {
    /// The caller's user.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Nobody => None,
            Self::Browser(visitor) => Some(visitor.user),
            Self::Program(user) => Some(*user),
        }
    }

    /// The caller's session, when it is a browser.
    pub fn visitor(&self) -> Option<&Visitor> {
        match self {
            Self::Browser(visitor) => Some(visitor),
            Self::Nobody | Self::Program(_) => None,
        }
    }

    /// Reads it from a request's cookies.
    ///
    /// # Errors
    /// 503 when the store cannot be asked.
    pub async fn of(headers: &HeaderMap, services: &Services) -> Result<Self, ApiError> {
        // A browser may send several Cookie headers over HTTP/2.
        for cookies in headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            if let Some(visitor) = services.accounts.identify(Some(cookies)).await? {
                return Ok(Self::Browser(visitor));
            }
        }
        Ok(Self::Nobody)
    }

    async fn of_request(parts: &Parts, services: &Services) -> Result<Self, ApiError> {
        let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
            return Self::of(&parts.headers, services).await;
        };
        let words = authorization.to_str().ok().and_then(|value| value.split_once(' '));
        match words {
            Some((scheme, words)) if scheme.eq_ignore_ascii_case("bearer") => {
                Self::of_token(words.trim(), &parts.method, services).await
            }
            _ => Err(ApiError::bad_token()),
        }
    }

    /// Reads it from an API token, which must be good for this method: there is no falling back to another way in.
    async fn of_token(words: &str, method: &Method, services: &Services) -> Result<Self, ApiError> {
        let known = services.accounts.identify_token(words).await?;
        let Bearer { user, scopes, .. } = known.ok_or_else(ApiError::bad_token)?;
        let needed = if method.is_safe() { Scope::Read } else { Scope::Write };
        if scopes.contains(&needed) { Ok(Self::Program(user)) } else { Err(ApiError::out_of_scope(needed)) }
    }
}

impl FromRequestParts<Services> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let caller = Self::of_request(parts, services).await?;
        if let Some(writer) = parts.extensions.get::<Writer>() {
            writer.is(caller.user());
        }
        Ok(caller)
    }
}

/// Whether the browser came by HTTPS, as the proxy in front says.
pub fn comes_by_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// From where a request comes.
pub fn client_of(parts: &Parts, services: &Services) -> Client {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Client {
        address: forwarded_for(&parts.headers, peer, services),
        device: device(agent),
        over_tls: services.config.is_https() || comes_by_tls(&parts.headers),
    }
}

/// The nearest address that no proxy of ours vouches for: from the right, because everything to the left of it may be made up.
fn forwarded_for(headers: &HeaderMap, peer: IpAddr, services: &Services) -> IpAddr {
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    let mut nearest = peer;
    for hop in hops.into_iter().rev() {
        // What stands left of a hop that cannot be read was not vouched for by anybody.
        let Some(hop) = address(hop.trim()).filter(|_| services.config.http.trusts(nearest)) else { break };
        nearest = hop;
    }
    nearest
}

/// A hop as proxies write it: an address, with its port or without.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = || hop.trim_start_matches('[').trim_end_matches(']').parse().ok();
    hop.parse::<SocketAddr>().map(|hop| hop.ip()).ok().or_else(bare)
}

/// Browser and system in words, from what the browser says of itself. Only for the eyes of whoever is signed in with it.
fn device(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 8] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "An unknown browser".to_owned(),
    }
}

impl FromRequestParts<Services> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Self::Rejection> {
        Ok(client_of(parts, services))
    }
}

/// A JSON body.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Services> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, services: &Services) -> Result<Self, ApiError> {
        let limit = body_max_bytes(request.uri().path());
        match Json::<T>::from_request(request, services).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::unsupported("application/json")),
            Err(JsonRejection::BytesRejection(e)) if e.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(ApiError::larger_than(limit))
            }
            Err(error) => {
                Err(ApiError::bad_request(format!("The body is not the JSON this route takes: {}", error.body_text())))
            }
        }
    }
}

/// A body as it was sent, for whoever checks its signature: of up to `MAX` bytes, which the route's limit is to be as well.
pub(super) struct RawBody<const MAX: usize>(pub(super) Bytes);

impl<State: Send + Sync, const MAX: usize> FromRequest<State> for RawBody<MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &State) -> Result<Self, ApiError> {
        match tokio::time::timeout(BODY_WITHIN, Bytes::from_request(request, state)).await {
            Ok(Ok(body)) => Ok(Self(body)),
            Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(ApiError::larger_than(MAX)),
            Ok(Err(_)) | Err(_) => Err(ApiError::bad_request("The body did not arrive whole.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_name_its_owner_recognises() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
                "Chrome on Linux",
            ),
            ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("<script>", "An unknown browser"),
            ("", "An unknown browser"),
        ] {
            assert_eq!(device(agent), name);
        }
    }
}
