//! The words of the domain's mail. Which letter an address gets, and whether any, is decided here, where nobody waits for an answer.

use model::MailLinkId;

use super::{
    Accounts, LinkPurpose,
    address::EmailAddress,
    password_reset::RESET_WITHIN,
    profile::ConfirmAddress,
    sign_up::ConfirmSignUp,
    store::{self, links::NewLink, users::Credentials},
};
use crate::{
    db::DbError,
    events::webhooks::{DISABLED_LETTER, SwitchedOff},
    mail::{Letter, LetterFuture, Letters, Mail},
    notices::{Digest, NOTICES_LETTER},
};

pub(super) const PASSWORD_CHANGED: &str = "password-changed";
pub(super) const ADDRESS_CHANGED: &str = "address-changed";

impl Letters for Accounts {
    fn letter<'a>(&'a self, mail: &'a Mail) -> LetterFuture<'a> {
        Box::pin(async move {
            match mail.kind.as_str() {
                "confirm-sign-up" => self.sign_up_letter(mail).await,
                "confirm-address" => self.address_letter(mail).await,
                "reset-password" => self.reset_letter(mail).await,
                PASSWORD_CHANGED => Ok(Some(self.password_changed(&mail.recipient))),
                ADDRESS_CHANGED => Ok(Some(self.address_changed(&mail.recipient))),
                DISABLED_LETTER => Ok(self.webhook_disabled(mail)),
                NOTICES_LETTER => Ok(self.notices(mail)),
                kind => {
                    tracing::error!(mail = %mail.id, kind, "nobody knows the words of this mail");
                    Ok(None)
                }
            }
        })
    }
}

impl Accounts {
    async fn sign_up_letter(&self, mail: &Mail) -> Result<Option<Letter>, DbError> {
        let Some(ConfirmSignUp { link }) = data(mail) else { return Ok(None) };
        let Some(email) = address(mail) else { return Ok(None) };
        if let Some(known) = store::users::credentials(self.db.primary(), &email.key).await? {
            return Ok(Some(self.has_account(&known)));
        }
        let text = format!(
            "Somebody, probably you, wants an account at Atlas9 with this address.\n\n\
             Follow this link within 24 hours to make it yours:\n\n{}\n\n\
             In another browser than the one you signed up with, it asks for the password you chose.\n\n\
             If it was not you, do nothing: without the link there is no account.\n",
            self.link(LinkPurpose::ConfirmSignUp, link)
        );
        Ok(Some(Letter { to: mail.recipient.clone(), subject: "Confirm your address for Atlas9".to_owned(), text }))
    }

    /// To the address as the account has it, never as it was typed: letters that only look alike may be somebody else's mailbox.
    fn has_account(&self, known: &Credentials) -> Letter {
        let text = format!(
            "Somebody, probably you, wanted to sign up at Atlas9 with this address. It has an account already.\n\n\
             Sign in:              {site}/login\n\
             Forgot the password:  {site}/reset\n\n\
             If it was not you, do nothing: nothing has changed.\n",
            site = self.site
        );
        Letter { to: known.email.clone(), subject: "You have an account at Atlas9".to_owned(), text }
    }

    async fn address_letter(&self, mail: &Mail) -> Result<Option<Letter>, DbError> {
        let Some(ConfirmAddress { link }) = data(mail) else { return Ok(None) };
        let Some(email) = address(mail) else { return Ok(None) };
        if let Some(known) = store::users::credentials(self.db.primary(), &email.key).await? {
            return Ok(Some(self.has_account(&known)));
        }
        let text = format!(
            "Somebody, probably you, wants to use this address for their account at Atlas9.\n\n\
             Follow this link within 24 hours, in a browser that is signed in:\n\n{}\n\n\
             If it was not you, do nothing.\n",
            self.link(LinkPurpose::ConfirmAddress, link)
        );
        Ok(Some(Letter { to: mail.recipient.clone(), subject: "Confirm your new address for Atlas9".to_owned(), text }))
    }

    /// The link's id is the mail's, so that a letter written twice holds one link.
    async fn reset_letter(&self, mail: &Mail) -> Result<Option<Letter>, DbError> {
        let Some(email) = address(mail) else { return Ok(None) };
        let known = store::users::credentials(self.db.primary(), &email.key).await?;
        let Some(known) = known.filter(|known| !known.is_disabled) else { return Ok(None) };
        let (id, purpose, now) = (MailLinkId(mail.id), LinkPurpose::ResetPassword, self.clock.now());
        let new = NewLink {
            id,
            purpose,
            user: Some(known.user),
            email: None,
            name: None,
            password_hash: None,
            guest: None,
            now,
            expires_at: now + RESET_WITHIN,
        };
        let mut tx = store::begin(self.db.primary()).await?;
        store::links::insert(&mut tx, &new).await?;
        store::commit(tx).await?;
        let text = format!(
            "Somebody, probably you, forgot the password of your account at Atlas9.\n\n\
             Follow this link within an hour to choose a new one. It works once:\n\n{}\n\n\
             If it was not you, do nothing: your password stays as it is.\n",
            self.link(purpose, id)
        );
        Ok(Some(Letter { to: known.email, subject: "A new password for Atlas9".to_owned(), text }))
    }

    fn password_changed(&self, to: &str) -> Letter {
        let text = format!(
            "The password of your account at Atlas9 was changed, and every other browser was signed out.\n\n\
             If it was not you, choose a new one at once: {}/reset\n",
            self.site
        );
        Letter { to: to.to_owned(), subject: "Your password was changed".to_owned(), text }
    }

    fn webhook_disabled(&self, mail: &Mail) -> Option<Letter> {
        let SwitchedOff { url, is_gone } = data(mail)?;
        let why = if is_gone { "it answered that it is gone (410)" } else { "nothing arrived there for three days" };
        let text = format!(
            "The webhook to\n\n{url}\n\nis switched off: {why}.\n\n\
             What was tried, and a way to switch it on again: {}/settings/webhooks\n",
            self.site
        );
        Some(Letter { to: mail.recipient.clone(), subject: "A webhook of yours is switched off".to_owned(), text })
    }

    fn notices(&self, mail: &Mail) -> Option<Letter> {
        let digest: Digest = data(mail)?;
        Some(Letter { to: mail.recipient.clone(), subject: digest.subject(), text: digest.text(&self.site) })
    }

    fn address_changed(&self, to: &str) -> Letter {
        let text = "Your account at Atlas9 has another address now. This one opens nothing any more.\n\n\
                    If it was not you, write to whoever runs the site.\n"
            .to_owned();
        Letter { to: to.to_owned(), subject: "Your account has another address".to_owned(), text }
    }
}

/// What was written down with a mail; if another version wrote it, there is no letter.
fn data<T: serde::de::DeserializeOwned>(mail: &Mail) -> Option<T> {
    mail.data().inspect_err(|error| tracing::error!(mail = %mail.id, %error, "a mail cannot be read")).ok()
}

fn address(mail: &Mail) -> Option<EmailAddress> {
    EmailAddress::parse(&mail.recipient).ok()
}
