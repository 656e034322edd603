//! What people change about themselves.

use std::time::Duration;

use model::{MailLinkId, Theme};
use serde::{Deserialize, Serialize};

use super::{
    Accounts, AccountsError, Client, LETTERS_FROM, LETTERS_TO, LinkPurpose, Opened, Profile, Visitor,
    address::EmailAddress,
    cookie,
    letters::ADDRESS_CHANGED,
    name,
    password::Password,
    sign_up::words_of,
    store::{self, Tx},
};
use crate::{db::DbError, mail::NewMail};

/// How long the link to a new address works.
const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 3_600);

/// What the letter to a new address needs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ConfirmAddress {
    pub(super) link: MailLinkId,
}

impl Accounts {
    /// What somebody's settings show.
    ///
    /// # Errors
    /// [`AccountsError::NotFound`] when they are gone.
    pub async fn profile(&self, visitor: &Visitor) -> Result<Profile, AccountsError> {
        store::users::profile(self.db.primary(), visitor.user).await?.ok_or(AccountsError::NotFound)
    }

    /// Gives a member another name.
    ///
    /// # Errors
    /// [`AccountsError::Name`].
    pub async fn rename(&self, visitor: &Visitor, typed: &str) -> Result<(), AccountsError> {
        let name = name(typed)?;
        let mut tx = store::begin(self.db.primary()).await?;
        store::users::set_name(&mut tx, visitor.user, &name).await?;
        Ok(self.commit_change(tx, visitor).await?)
    }

    /// Light, dark, or as the device says.
    ///
    /// # Errors
    /// [`DbError`] when it cannot be stored.
    pub async fn set_theme(&self, visitor: &Visitor, theme: Theme) -> Result<(), DbError> {
        let mut tx = store::begin(self.db.primary()).await?;
        store::users::set_theme(&mut tx, visitor.user, theme).await?;
        self.commit_change(tx, visitor).await
    }

    /// Commits a change of what sessions know of their user.
    async fn commit_change(&self, mut tx: Tx, visitor: &Visitor) -> Result<(), DbError> {
        let sessions = store::sessions::note_drops(&mut tx, visitor.user, self.clock.now()).await?;
        store::commit(tx).await?;
        self.forget_sessions(visitor.user, sessions).await;
        Ok(())
    }

    /// Changes a member's password. Every other browser is signed out, and this one gets a new session.
    ///
    /// # Errors
    /// [`AccountsError::WrongPassword`] and [`AccountsError::Password`].
    pub async fn change_password(
        &self,
        visitor: &Visitor,
        current: &str,
        new: &str,
        client: &Client,
    ) -> Result<Opened, AccountsError> {
        let password = Password::parse_new(new)?;
        let known = self.ask_password(visitor, current, client).await?;
        let email = EmailAddress::parse(&known.email)?;
        let password_hash = self.hasher.make(password, words_of(&known.name, &email)).await??;
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        store::users::set_password(&mut tx, visitor.user, &password_hash).await?;
        store::links::void(&mut tx, visitor.user, now).await?;
        let ended = store::sessions::delete(&mut tx, visitor.user, None, None, now).await?;
        let opened = self.open_session(&mut tx, visitor.user, visitor.kind, client).await?;
        self.tell_of_new_password(&mut tx, &known.email).await?;
        store::commit(tx).await?;
        self.postman.ring();
        self.forget_sessions(visitor.user, ended).await;
        Ok(opened)
    }

    /// Writes to a new address; the account has it once its link was followed.
    ///
    /// # Errors
    /// [`AccountsError::WrongPassword`], [`AccountsError::Address`] and [`AccountsError::Limited`].
    pub async fn change_address(
        &self,
        visitor: &Visitor,
        password: &str,
        new: &str,
        client: &Client,
    ) -> Result<(), AccountsError> {
        let email = EmailAddress::parse(new)?;
        self.ask_password(visitor, password, client).await?;
        self.limits.admit(&LETTERS_FROM, &client.network()).await?;
        self.limits.admit(&LETTERS_TO, &email.key).await?;
        let (link, now) = (MailLinkId(self.clock.new_id()), self.clock.now());
        let new = store::links::NewLink {
            id: link,
            purpose: LinkPurpose::ConfirmAddress,
            user: Some(visitor.user),
            email: Some(&email),
            name: None,
            password_hash: None,
            guest: None,
            now,
            expires_at: now + CONFIRM_WITHIN,
        };
        let letter = NewMail {
            id: self.clock.new_id(),
            kind: LinkPurpose::ConfirmAddress.as_str(),
            recipient: &email.address,
            data: ConfirmAddress { link },
        };
        let mut tx = store::begin(self.db.primary()).await?;
        store::links::insert(&mut tx, &new).await?;
        self.postman.enqueue(&mut tx, letter, now).await?;
        store::commit(tx).await?;
        self.postman.ring();
        Ok(())
    }

    /// Gives the account the address that its link was sent to. Needs the account's session: a link alone changes nothing.
    ///
    /// # Errors
    /// [`AccountsError::BadLink`] and [`AccountsError::AddressTaken`].
    pub async fn confirm_address(&self, visitor: &Visitor, sealed: &str) -> Result<(), AccountsError> {
        let (purpose, now) = (LinkPurpose::ConfirmAddress, self.clock.now());
        let id = self.signer.open_link(purpose, sealed).ok_or(AccountsError::BadLink)?;
        let link = store::links::get(self.db.primary(), id, purpose, now).await?.ok_or(AccountsError::BadLink)?;
        let email = link.email.filter(|_| link.user == Some(visitor.user)).ok_or(AccountsError::BadLink)?;
        let old = store::users::credentials_of(self.db.primary(), visitor.user).await?;
        let mut tx = store::begin(self.db.primary()).await?;
        if !store::links::use_up(&mut tx, id, now).await? {
            return Err(AccountsError::BadLink);
        }
        store::users::set_email(&mut tx, visitor.user, &email).await?;
        // Links to the old address must not open the account any more.
        store::links::void(&mut tx, visitor.user, now).await?;
        if let Some(old) = old {
            let letter = NewMail { id: self.clock.new_id(), kind: ADDRESS_CHANGED, recipient: &old.email, data: () };
            self.postman.enqueue(&mut tx, letter, now).await?;
        }
        store::commit(tx).await?;
        self.postman.ring();
        Ok(())
    }

    /// Deletes somebody with everything of theirs, for good. A member says the password. Returns the value of a `Set-Cookie` header.
    ///
    /// # Errors
    /// [`AccountsError::WrongPassword`].
    pub async fn delete_everything(
        &self,
        visitor: &Visitor,
        password: &str,
        client: &Client,
    ) -> Result<String, AccountsError> {
        if visitor.is_member() {
            self.ask_password(visitor, password, client).await?;
        }
        let mut tx = store::begin(self.db.primary()).await?;
        let ended = store::sessions::delete(&mut tx, visitor.user, None, None, self.clock.now()).await?;
        let is_shown = store::users::shows_something(&mut tx, visitor.user).await?;
        store::users::delete(&mut tx, visitor.user).await?;
        self.events.forget(&mut tx, visitor.user).await?;
        let changing = self.shown.changing_of(visitor.user);
        store::commit(tx).await?;
        changing.is_committed_if_shown(is_shown).await;
        self.forget_sessions(visitor.user, ended).await;
        tracing::info!(user = %visitor.user, "somebody deleted everything of theirs");
        Ok(cookie::forget(client.over_tls))
    }
}
