//! API tokens, for programs.

use std::time::Duration;

use model::{Scope, TokenId, UserId};
use subtle::ConstantTimeEq;

use super::{Accounts, AccountsError, ApiToken, Visitor, cookie::Token, name, store};
use crate::db::DbError;

/// Tokens one person may have.
const TOKENS_MAX: i64 = 20;
/// The longest life of a token that ends by itself, in days.
const DAYS_MAX: u32 = 366;
/// That a token was used is written at most this often.
const USED_EVERY: Duration = Duration::from_secs(3_600);

/// A token as asked for.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// After how many days it ends by itself, if it does.
    pub days: Option<u32>,
}

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Which token.
    pub token: TokenId,
    /// Whose.
    pub user: UserId,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
}

impl Accounts {
    /// Makes a token and returns its words. They are shown once: only a hash is kept.
    ///
    /// # Errors
    /// [`AccountsError`] for what the person can mend.
    pub async fn create_token(&self, visitor: &Visitor, wish: NewApiToken) -> Result<String, AccountsError> {
        if !visitor.is_member() {
            return Err(AccountsError::NotMember);
        }
        let (name, mut scopes) = (name(&wish.name)?, wish.scopes);
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(AccountsError::NoScope);
        }
        if wish.days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
            return Err(AccountsError::BadLifetime);
        }
        let token = Token { id: self.clock.new_id(), secret: self.clock.new_secret()? };
        let now = self.clock.now();
        let new = store::tokens::NewToken {
            id: TokenId(token.id),
            user: visitor.user,
            name: &name,
            secret_hash: &token.hash(),
            scopes: &scopes,
            now,
            expires_at: wish.days.map(|days| now + time::Duration::days(days.into())),
        };
        let mut tx = store::begin(self.db.primary()).await?;
        if !store::tokens::insert(&mut tx, &new, TOKENS_MAX).await? {
            return Err(AccountsError::TooManyTokens(TOKENS_MAX));
        }
        store::commit(tx).await?;
        Ok(self.signer.seal_api_token(&token))
    }

    /// Whose token this is and what it may be used for. The signature is checked before the store is asked.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn identify_token(&self, words: &str) -> Result<Option<Bearer>, DbError> {
        let Some(token) = self.signer.open_api_token(words) else { return Ok(None) };
        let (id, now) = (TokenId(token.id), self.clock.now());
        let Some(stored) = store::tokens::get(self.db.primary(), id, now).await? else { return Ok(None) };
        if !bool::from(stored.secret_hash.ct_eq(&token.hash())) {
            return Ok(None);
        }
        if stored.last_used_at.is_none_or(|last| now - last > USED_EVERY) {
            store::tokens::touch(self.db.primary(), id, now).await?;
        }
        Ok(Some(Bearer { token: id, user: stored.user, scopes: stored.scopes }))
    }

    /// Somebody's tokens, newest first.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn tokens(&self, visitor: &Visitor) -> Result<Vec<ApiToken>, DbError> {
        store::tokens::list(self.db.primary(), visitor.user, 2 * TOKENS_MAX).await
    }

    /// Revokes a token. May be asked twice.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot.
    pub async fn revoke_token(&self, visitor: &Visitor, token: TokenId) -> Result<(), DbError> {
        if store::tokens::delete(self.db.primary(), visitor.user, token).await? {
            self.tell_revoked(token);
        }
        Ok(())
    }
}
