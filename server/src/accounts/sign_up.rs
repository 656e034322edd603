//! Signing up: a letter to the address, and an account once somebody who knows the password has followed its link.

use std::time::Duration;

use model::{MailLinkId, UserId, UserKind};
use serde::{Deserialize, Serialize};

use super::{
    Accounts, AccountsError, Client, LETTERS_FROM, LETTERS_TO, LinkPurpose, Opened, Visitor,
    address::EmailAddress,
    name,
    password::Password,
    store::{self, links::Link, users::NewMember},
};
use crate::{events::Event, mail::NewMail};

/// How long the link works.
pub(super) const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 3_600);

/// What somebody typed to sign up.
#[derive(Debug, Clone)]
pub struct Registration {
    /// What they want to be called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// What the letter needs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ConfirmSignUp {
    pub(super) link: MailLinkId,
}

impl Accounts {
    /// Writes to the address: with a link that makes the account, or, when it has one, saying so. Whoever asks sees no difference. A browser
    /// nobody knows yet becomes a guest's, so that it is recognised when it follows the link.
    ///
    /// # Errors
    /// [`AccountsError`] for what the person can mend, and [`AccountsError::Limited`].
    pub async fn sign_up(
        &self,
        typed: Registration,
        visitor: Option<&Visitor>,
        client: &Client,
    ) -> Result<Option<Opened>, AccountsError> {
        let name = name(&typed.name)?;
        let email = EmailAddress::parse(&typed.email)?;
        let password = Password::parse_new(&typed.password)?;
        self.limits.admit(&LETTERS_FROM, &client.network()).await?;
        self.limits.admit(&LETTERS_TO, &email.key).await?;
        let known = words_of(&name, &email);
        let password_hash = self.hasher.make(password, known).await??;
        let guest = match visitor {
            Some(_) => None,
            None => Some(self.create_guest(client).await?),
        };
        let known_as = visitor.or(guest.as_ref().map(|guest| &guest.visitor));
        let (link, now) = (MailLinkId(self.clock.new_id()), self.clock.now());
        let new = store::links::NewLink {
            id: link,
            purpose: LinkPurpose::ConfirmSignUp,
            user: None,
            email: Some(&email),
            name: Some(&name),
            password_hash: Some(&password_hash),
            guest: known_as.filter(|visitor| !visitor.is_member()).map(|visitor| visitor.user),
            now,
            expires_at: now + CONFIRM_WITHIN,
        };
        let letter = NewMail {
            id: self.clock.new_id(),
            kind: LinkPurpose::ConfirmSignUp.as_str(),
            recipient: &email.address,
            data: ConfirmSignUp { link },
        };
        let mut tx = store::begin(self.db.primary()).await?;
        store::links::insert(&mut tx, &new).await?;
        self.postman.enqueue(&mut tx, letter, now).await?;
        store::commit(tx).await?;
        self.postman.ring();
        Ok(guest)
    }

    /// Whether a link still works, and whether this browser must say the password to use it: it need not when it is the one that signed up.
    ///
    /// # Errors
    /// [`AccountsError::BadLink`].
    pub async fn sign_up_link(&self, sealed: &str, visitor: Option<&Visitor>) -> Result<bool, AccountsError> {
        let link = self.sign_up_of(sealed).await?;
        Ok(!is_of_browser(&link, visitor))
    }

    /// Makes the account, and signs this browser in. A link followed in another browser needs the password as well: else somebody could
    /// sign up with a stranger's address and a password of their own, and wait for the stranger to follow the link.
    ///
    /// # Errors
    /// [`AccountsError::BadLink`], [`AccountsError::WrongPassword`], [`AccountsError::AddressTaken`].
    pub async fn confirm_sign_up(
        &self,
        sealed: &str,
        password: Option<&str>,
        visitor: Option<&Visitor>,
        client: &Client,
    ) -> Result<Opened, AccountsError> {
        let link = self.sign_up_of(sealed).await?;
        if !is_of_browser(&link, visitor) {
            self.limits.admit(&super::SIGN_INS_FROM, &client.network()).await?;
            self.limits.admit(&super::SIGN_INS_INTO, &link.id.to_string()).await?;
            let password = Password::parse(password.unwrap_or_default())?;
            if !self.hasher.matches(password, link.password_hash.clone()).await? {
                return Err(AccountsError::WrongPassword);
            }
        }
        self.make_member(&link, visitor, client).await
    }

    async fn sign_up_of(&self, sealed: &str) -> Result<Link, AccountsError> {
        let purpose = LinkPurpose::ConfirmSignUp;
        let id = self.signer.open_link(purpose, sealed).ok_or(AccountsError::BadLink)?;
        store::links::get(self.db.primary(), id, purpose, self.clock.now()).await?.ok_or(AccountsError::BadLink)
    }

    async fn make_member(
        &self,
        link: &Link,
        visitor: Option<&Visitor>,
        client: &Client,
    ) -> Result<Opened, AccountsError> {
        let (Some(email), Some(name), Some(password_hash)) = (&link.email, &link.name, &link.password_hash) else {
            return Err(AccountsError::BadLink);
        };
        let (now, new) = (self.clock.now(), NewMember { email, name, password_hash });
        let mut tx = store::begin(self.db.primary()).await?;
        if !store::links::use_up(&mut tx, link.id, now).await? {
            return Err(AccountsError::BadLink);
        }
        let promoted = match link.guest {
            Some(guest) if store::users::promote_guest(&mut tx, guest, &new).await? => Some(guest),
            _ => None,
        };
        let member = promoted.unwrap_or_else(|| UserId(self.clock.new_id()));
        if promoted.is_none() {
            store::users::insert_member(&mut tx, member, &new, now).await?;
        }
        // Whatever the guest's browser held lets nobody into the account.
        let mut ended = store::sessions::delete(&mut tx, member, None, None, now).await?;
        if let Some(visitor) = visitor {
            ended.extend(store::sessions::delete(&mut tx, visitor.user, Some(visitor.session), None, now).await?);
            if !visitor.is_member() {
                self.merge_guest(&mut tx, visitor.user, member).await?;
            }
        }
        let opened = self.open_session(&mut tx, member, UserKind::Member, client).await?;
        self.events.publish(&mut tx, Some(member), &Event::AccountCreated(member)).await?;
        store::commit(tx).await?;
        self.events.wake();
        self.forget_sessions(member, ended).await;
        tracing::info!(user = %member, "somebody signed up");
        Ok(opened)
    }
}

/// Whether this browser is the one that asked for the link.
fn is_of_browser(link: &Link, visitor: Option<&Visitor>) -> bool {
    link.guest.is_some() && link.guest == visitor.map(|visitor| visitor.user)
}

/// What a password must not be made of.
pub(super) fn words_of(name: &str, email: &EmailAddress) -> Vec<String> {
    let words = name.split_whitespace().chain(email.address.split(['@', '.', '-', '_', '+']));
    words.map(str::to_lowercase).chain([email.key.clone()]).collect()
}
