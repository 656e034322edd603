//! What the accounts domain cannot do, and why.

use super::{
    address::BadAddress,
    password::{BadPassword, HashingError},
    store::users::StoreMemberError,
};
use crate::{clock::NoRandomness, db::DbError, limits::Limited};

/// Something the accounts domain could not do. The words are for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The address.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The new password.
    #[error(transparent)]
    Password(#[from] BadPassword),
    /// The name.
    #[error("Use a name of 1 to 80 characters, without control characters.")]
    Name,
    /// Address and password do not go together. It does not say which of them is wrong, nor whether the address has an account.
    #[error("Address and password do not go together.")]
    WrongCredentials,
    /// The password that was asked for once more.
    #[error("That is not your password.")]
    WrongPassword,
    /// The operator closed the account.
    #[error("This account is closed. Write to whoever runs this site.")]
    Disabled,
    /// A link that was used, is too old, or was never ours.
    #[error("This link does not work: it was used before, is too old, or was not copied whole. Ask for a new one.")]
    BadLink,
    /// The address got an account in the meantime.
    #[error("This address has an account. Sign in instead.")]
    AddressTaken,
    /// Guests have no such thing.
    #[error("This needs an account. Sign up, or sign in.")]
    NotMember,
    /// An API token's scopes.
    #[error("Choose at least one thing that the token may be used for.")]
    NoScope,
    /// An API token's life.
    #[error("A token lives 1 to 366 days, or until it is revoked.")]
    BadLifetime,
    /// Too many API tokens.
    #[error("{0} tokens are the most. Revoke one you do not use.")]
    TooManyTokens(i64),
    /// There is no such device or token.
    #[error("there is no such thing of yours")]
    NotFound,
    /// Too many tries.
    #[error("Too many tries. Wait {} and try again.", spoken(.0.retry_after.as_secs()))]
    Limited(#[from] Limited),
    /// Too many people sign in at this moment.
    #[error("Too many people are signing in at this moment. Try again in a few seconds.")]
    Busy,
    /// Passwords cannot be hashed.
    #[error("passwords cannot be hashed: {0}")]
    Hashing(String),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No session can be made without.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl From<HashingError> for AccountsError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => Self::Busy,
            HashingError::NoRandomness(error) => Self::NoRandomness(error),
            HashingError::Failed(reason) => Self::Hashing(reason),
        }
    }
}

impl From<StoreMemberError> for AccountsError {
    fn from(error: StoreMemberError) -> Self {
        match error {
            StoreMemberError::AddressTaken => Self::AddressTaken,
            StoreMemberError::Db(error) => Self::Db(error),
        }
    }
}

/// Seconds as a person says them, rounded up.
fn spoken(seconds: u64) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        91..=5_400 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3_600)),
    }
}
