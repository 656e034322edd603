//! Who wrote something: until a replica has it, they read from the primary.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use model::UserId;

use super::extract::Caller;
use crate::services::Services;

/// Who sent a request that may change something. Travels with it, for whoever finds out to say.
#[derive(Debug, Clone, Default)]
pub struct Writer(Arc<OnceLock<UserId>>);

impl Writer {
    /// It is this one.
    pub fn is(&self, user: Option<UserId>) {
        if let Some(user) = user {
            let _ = self.0.set(user);
        }
    }
}

/// Remembers how far the database was after a request that may have changed something, before the answer to it leads anybody to read that.
pub async fn remember_writes(State(services): State<Services>, mut request: Request, next: Next) -> Response {
    if request.method().is_safe() || !services.db.has_replica() {
        return next.run(request).await;
    }
    let writer = Writer::default();
    request.extensions_mut().insert(writer.clone());
    let response = next.run(request).await;
    // Whoever came in by this request is somebody else from now on.
    let newcomer = newcomer(response.headers(), &services).await;
    for user in [newcomer, writer.0.get().copied()].into_iter().flatten() {
        services.db.wrote(user).await;
    }
    response
}

/// Whose session an answer opens.
async fn newcomer(answer: &HeaderMap, services: &Services) -> Option<UserId> {
    let cookies = answer.get_all(header::SET_COOKIE).iter().filter_map(|set| set.to_str().ok()?.split(';').next());
    let cookies = cookies.collect::<Vec<_>>().join("; ");
    let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(cookies).ok()?)]);
    Caller::of(&headers, services).await.ok()?.user()
}
