//! Signing in.

use model::{UserId, UserKind};

use super::{
    Accounts, AccountsError, Client, Opened, SIGN_INS_FROM, SIGN_INS_INTO, Visitor,
    address::EmailAddress,
    password::Password,
    store::{self, users::Credentials},
};

/// What somebody typed to sign in.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

impl Accounts {
    /// Opens a session for whoever knows the password. The browser's old session ends; what a guest made in it goes into the account.
    ///
    /// # Errors
    /// [`AccountsError::WrongCredentials`], the same and after the same time whether or not the address has an account.
    pub async fn sign_in(
        &self,
        typed: Entry,
        visitor: Option<&Visitor>,
        client: &Client,
    ) -> Result<Opened, AccountsError> {
        self.limits.admit(&SIGN_INS_FROM, &client.network()).await?;
        let password = Password::parse(&typed.password).map_err(|_| AccountsError::WrongCredentials)?;
        // What is no address has no account; it is hashed against nobody like any other that has none.
        let email = EmailAddress::parse(&typed.email).ok();
        let key = email.as_ref().map_or_else(|| typed.email.to_lowercase(), |email| email.key.clone());
        self.limits.admit(&SIGN_INS_INTO, &key).await?;
        let known = match email {
            Some(email) => store::users::credentials(self.db.primary(), &email.key).await?,
            None => None,
        };
        let stored = known.as_ref().map(|known| known.password_hash.clone());
        let right = self.hasher.matches(password, stored).await?;
        match known {
            Some(known) if right && known.is_disabled => Err(AccountsError::Disabled),
            Some(known) if right => self.let_in(&known, visitor, client).await,
            _ => {
                tracing::warn!(network = client.told(), "a sign-in failed");
                Err(AccountsError::WrongCredentials)
            }
        }
    }

    async fn let_in(
        &self,
        known: &Credentials,
        visitor: Option<&Visitor>,
        client: &Client,
    ) -> Result<Opened, AccountsError> {
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        let mut ended = Vec::new();
        if let Some(visitor) = visitor {
            ended = store::sessions::delete(&mut tx, visitor.user, Some(visitor.session), None, now).await?;
            if !visitor.is_member() {
                self.merge_guest(&mut tx, visitor.user, known.user).await?;
            }
        }
        let opened = self.open_session(&mut tx, known.user, UserKind::Member, client).await?;
        store::commit(tx).await?;
        if let Some(visitor) = visitor {
            self.forget_sessions(visitor.user, ended).await;
        }
        tracing::info!(user = %known.user, "somebody signed in");
        Ok(opened)
    }

    /// Gives a member what they made as a guest, and what happened to it.
    pub(super) async fn merge_guest(
        &self,
        tx: &mut store::Tx,
        guest: UserId,
        member: UserId,
    ) -> Result<(), AccountsError> {
        store::users::merge_guest(tx, guest, member).await?;
        self.events.give(tx, guest, member).await?;
        Ok(())
    }

    /// Whether this is the password of the member who asks for something that needs it once more.
    pub(super) async fn ask_password(
        &self,
        visitor: &Visitor,
        typed: &str,
        client: &Client,
    ) -> Result<Credentials, AccountsError> {
        self.limits.admit(&SIGN_INS_FROM, &client.network()).await?;
        self.limits.admit(&SIGN_INS_INTO, &visitor.user.to_string()).await?;
        let known = store::users::credentials_of(self.db.primary(), visitor.user).await?;
        let known = known.ok_or(AccountsError::NotMember)?;
        let password = Password::parse(typed).map_err(|_| AccountsError::WrongPassword)?;
        if self.hasher.matches(password, Some(known.password_hash.clone())).await? {
            Ok(known)
        } else {
            tracing::warn!(user = %visitor.user, network = client.told(), "a password asked for once more was wrong");
            Err(AccountsError::WrongPassword)
        }
    }
}
