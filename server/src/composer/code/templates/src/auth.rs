//! Who calls: bearer tokens, kept as hashes, and the roles they stand for.

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use sha2::{Digest, Sha256};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::{
    problem::Problem,
    words::{Words, words},
};

words! {
    /// What a caller is here for. The service's own tasks and whoever looks after it are [`Role::«system»`].
    Role {
«roles»
    }
}

/// A caller whose token is known.
#[derive(Debug, Clone, FromRow)]
pub struct Caller {
    /// Its key in `api_callers`.
    pub id: Uuid,
    /// What it may do.
    pub role: Role,
}

impl Caller {
    /// Lets through callers in one of these roles; [`Role::«system»`] may do everything.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for everybody else.
    pub fn must_be(&self, roles: &[Role]) -> Result<(), Problem> {
        if self.role == Role::«system» || roles.contains(&self.role) {
            return Ok(());
        }
        Err(Problem::Forbidden(self.role.as_str()))
    }
}

impl FromRequestParts<PgPool> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, db: &PgPool) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(bearer).ok_or(Problem::Unauthorized)?;
        let caller = sqlx::query_as("select id, role from api_callers where token_hash = $1 and disabled_at is null");
        caller.bind(hash(token)).fetch_optional(db).await?.ok_or(Problem::Unauthorized)
    }
}

/// The token of an `Authorization` header. The scheme's name may be written in any case.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Makes a caller and returns its token, which is kept nowhere.
///
/// # Errors
/// [`Problem`] when the database does not answer.
pub async fn new_caller(db: &PgPool, name: &str, role: Role) -> Result<String, Problem> {
    // 244 random bits: a plain hash keeps them, where a password would need a slow one.
    let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    sqlx::query("insert into api_callers (id, name, role, token_hash) values ($1, $2, $3, $4)")
        .bind(Uuid::now_v7())
        .bind(name)
        .bind(role)
        .bind(hash(&token))
        .execute(db)
        .await?;
    Ok(token)
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
