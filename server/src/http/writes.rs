//! Who wrote something: until a replica has it, they read from the primary.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use model::UserId;

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
    if let Some(user) = writer.0.get() {
        services.db.wrote(*user).await;
    }
    response
}
