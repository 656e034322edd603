//! What handlers take and give beside rows and problems.

use axum::{
    Json,
    extract::{FromRequestParts, Path},
    http::{StatusCode, header::LOCATION, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use uuid::Uuid;

use crate::problem::Problem;

/// A row as JSON, or why not.
pub type Answer<T> = Result<Json<T>, Problem>;

/// A row that was made, and where it is from now on.
#[derive(Debug)]
pub struct Created<T> {
    location: String,
    row: T,
}

impl<T> Created<T> {
    /// The row with this key, below the path it was posted to.
    pub fn at(path: &str, id: Uuid, row: T) -> Self {
        Self { location: format!("{path}/{id}"), row }
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, [(LOCATION, self.location)], Json(self.row)).into_response()
    }
}

/// The id in a path. What is no id leads nowhere.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::NoRoute)?;
        Ok(Self(id))
    }
}
