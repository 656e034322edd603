//! People and their browsers. For now everybody is a guest: the first thing somebody makes makes the guest as well.

mod cookie;
mod store;

use std::time::Duration;

use model::{SessionId, UserId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use cookie::COOKIE_NAME;
use cookie::{Signer, Token};

use crate::{
    clock::{Clock, NoRandomness},
    config::Secret,
    db::{Database, DbError},
};

/// How long a browser keeps the cookie; browsers allow no more. Whether it still opens anything is for the session to say.
const COOKIE_AGE: Duration = Duration::from_secs(400 * 24 * 3_600);
/// A guest's session ends this long after its last use.
const SESSION_IDLE: Duration = Duration::from_secs(180 * 24 * 3_600);
/// `last_seen_at` is written at most this often, so that reading a page does not write a row.
const SEEN_EVERY: Duration = Duration::from_secs(3_600);

/// The accounts domain.
#[derive(Clone)]
pub struct Accounts {
    db: Database,
    clock: Clock,
    signer: Signer,
}

/// Somebody with a valid session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor {
    /// Who.
    pub user: UserId,
    /// In which browser.
    pub session: SessionId,
}

/// A new guest, and what their browser is to keep.
#[derive(Debug)]
pub struct NewGuest {
    /// Who.
    pub visitor: Visitor,
    /// The value of a `Set-Cookie` header.
    pub set_cookie: String,
}

/// Something the accounts domain could not do.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No session can be made without.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Accounts {
    /// Makes the domain.
    pub fn new(db: Database, clock: Clock, secret: &Secret) -> Self {
        Self { db, clock, signer: Signer::new(secret) }
    }

    /// Who sends this `Cookie` header. The signature is checked before any store is asked; a forged, foreign or expired cookie is
    /// the same as none.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn identify(&self, cookies: Option<&str>) -> Result<Option<Visitor>, DbError> {
        let Some(token) = cookies.and_then(cookie::find).and_then(|value| self.signer.open(value)) else {
            return Ok(None);
        };
        let now = self.clock.now();
        let Some(row) = store::session(self.db.primary(), token.session.0, now).await? else { return Ok(None) };
        if !bool::from(row.secret_hash.ct_eq(&hash(&token.secret))) {
            return Ok(None);
        }
        if now - row.last_seen_at > SEEN_EVERY {
            store::touch_session(self.db.primary(), token.session.0, now, now + SESSION_IDLE).await?;
        }
        Ok(Some(Visitor { user: UserId(row.user_id), session: token.session }))
    }

    /// Makes a guest with a session. `over_tls` says whether the browser came by HTTPS, so that the cookie never leaves it otherwise.
    ///
    /// # Errors
    /// [`AccountsError`] when it cannot be stored or no secret can be made.
    pub async fn create_guest(&self, over_tls: bool) -> Result<NewGuest, AccountsError> {
        let now = self.clock.now();
        let token = Token { session: SessionId(self.clock.new_id()), secret: self.clock.new_secret()? };
        let visitor = Visitor { user: UserId(self.clock.new_id()), session: token.session };
        let new = store::NewSession {
            session: visitor.session.0,
            user: visitor.user.0,
            secret_hash: &hash(&token.secret),
            now,
            expires_at: now + SESSION_IDLE,
        };
        store::create_guest(self.db.primary(), new).await?;
        Ok(NewGuest { visitor, set_cookie: cookie::set(&self.signer.seal(&token), COOKIE_AGE, over_tls) })
    }

    /// Deletes a user and everything of theirs.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn delete(&self, user: UserId) -> Result<(), DbError> {
        store::delete_user(self.db.primary(), user.0).await
    }
}

/// The secret is 32 random bytes, so that a plain hash is enough: there is nothing to guess.
fn hash(secret: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(secret).into()
}
