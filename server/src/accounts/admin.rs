//! What whoever runs the installation decides about its users.

use model::Role;

use super::{Accounts, AccountsError, UserLine, address::EmailAddress, store};
use crate::db::DbError;

/// A decision about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// They look after the installation.
    Promote,
    /// They do not any more.
    Demote,
    /// They may not come in; what is theirs stays.
    Disable,
    /// They may again.
    Enable,
}

impl Accounts {
    /// Users, newest first; guests as well when asked for.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn users(&self, guests: bool, limit: u32) -> Result<Vec<UserLine>, DbError> {
        store::users::list(self.db.primary(), guests, limit.into()).await
    }

    /// Carries out a decision about the member with this address. May be asked twice.
    ///
    /// # Errors
    /// [`AccountsError::NotFound`] when nobody has the address.
    pub async fn administer(&self, email: &str, change: Change) -> Result<(), AccountsError> {
        let (email, now) = (EmailAddress::parse(email)?, self.clock.now());
        let (role, disabled_at) = match change {
            Change::Promote => (Some(Role::Admin), None),
            Change::Demote => (Some(Role::Member), None),
            Change::Disable => (None, Some(Some(now))),
            Change::Enable => (None, Some(None)),
        };
        let mut tx = store::begin(self.db.primary()).await?;
        let user = store::users::administer(&mut tx, &email.key, role, disabled_at).await?;
        let user = user.ok_or(AccountsError::NotFound)?;
        let sessions = match change {
            Change::Disable => store::sessions::delete(&mut tx, user, None, None, now).await?,
            _ => store::sessions::note_drops(&mut tx, user, now).await?,
        };
        store::commit(tx).await?;
        self.forget_sessions(user, sessions).await;
        Ok(())
    }
}
