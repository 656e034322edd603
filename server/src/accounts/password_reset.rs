//! A new password for somebody who has forgotten theirs.

use std::time::Duration;

use model::{MailLinkId, UserId};

use super::{
    Accounts, AccountsError, Client, LETTERS_FROM, LETTERS_TO, LinkPurpose,
    address::EmailAddress,
    password::Password,
    sign_up::words_of,
    store::{self, links::Link},
};
use crate::mail::NewMail;

/// How long the link works.
pub(super) const RESET_WITHIN: Duration = Duration::from_secs(3_600);

impl Accounts {
    /// Writes to the address if it has an account. Whether it has is looked up when the letter is written, not here, so that the
    /// answer takes the same time.
    ///
    /// # Errors
    /// [`AccountsError::Address`] and [`AccountsError::Limited`].
    pub async fn request_reset(&self, email: &str, client: &Client) -> Result<(), AccountsError> {
        let email = EmailAddress::parse(email)?;
        self.limits.admit(&LETTERS_FROM, &client.network()).await?;
        self.limits.admit(&LETTERS_TO, &email.key).await?;
        let letter = NewMail {
            id: self.clock.new_id(),
            kind: LinkPurpose::ResetPassword.as_str(),
            recipient: &email.address,
            data: (),
        };
        let mut tx = store::begin(self.db.primary()).await?;
        self.postman.enqueue(&mut tx, letter, self.clock.now()).await?;
        store::commit(tx).await?;
        self.postman.ring();
        Ok(())
    }

    /// Whether a link still works.
    ///
    /// # Errors
    /// [`AccountsError::BadLink`].
    pub async fn reset_link(&self, sealed: &str) -> Result<(), AccountsError> {
        self.reset_of(sealed).await.map(|_| ())
    }

    /// Sets a new password by a link, which works once. Everybody who was signed in is signed out, and neither another link nor an API token works any more.
    ///
    /// # Errors
    /// [`AccountsError::BadLink`], and [`AccountsError::Password`] when the new one will not do; the link still works then.
    pub async fn reset_password(&self, sealed: &str, password: &str) -> Result<(), AccountsError> {
        let (link, user) = self.reset_of(sealed).await?;
        let password = Password::parse_new(password)?;
        let known = store::users::credentials_of(self.db.primary(), user).await?.ok_or(AccountsError::BadLink)?;
        let email = EmailAddress::parse(&known.email)?;
        let password_hash = self.hasher.make(password, words_of(&known.name, &email)).await??;
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        if !store::links::use_up(&mut tx, link.id, now).await? {
            return Err(AccountsError::BadLink);
        }
        store::links::void(&mut tx, user, now).await?;
        store::users::set_password(&mut tx, user, &password_hash).await?;
        let ended = store::sessions::delete(&mut tx, user, None, None, now).await?;
        // Whoever knew the old password may have made themselves a way in that outlives it.
        store::tokens::delete_all(&mut tx, user).await?;
        self.tell_of_new_password(&mut tx, &known.email).await?;
        store::commit(tx).await?;
        self.postman.ring();
        self.forget_sessions(user, ended).await;
        tracing::info!(%user, "somebody chose a new password by a link");
        Ok(())
    }

    /// Tells an account's address that its password changed, in case it was not its owner.
    pub(super) async fn tell_of_new_password(&self, tx: &mut store::Tx, address: &str) -> Result<(), AccountsError> {
        let letter =
            NewMail { id: self.clock.new_id(), kind: super::letters::PASSWORD_CHANGED, recipient: address, data: () };
        Ok(self.postman.enqueue(tx, letter, self.clock.now()).await?)
    }

    async fn reset_of(&self, sealed: &str) -> Result<(Link, UserId), AccountsError> {
        let purpose = LinkPurpose::ResetPassword;
        let id: MailLinkId = self.signer.open_link(purpose, sealed).ok_or(AccountsError::BadLink)?;
        let link = store::links::get(self.db.primary(), id, purpose, self.clock.now()).await?;
        let link = link.ok_or(AccountsError::BadLink)?;
        let user = link.user.ok_or(AccountsError::BadLink)?;
        Ok((link, user))
    }
}
