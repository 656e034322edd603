//! Mail: written down in the transaction that causes it, sent later, again after a failure.

mod jobs;
mod postman;
mod store;
mod transport;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

pub use jobs::{SendMail, TidyMail};
pub use postman::{LetterFuture, Letters, Postman};
pub use transport::{Transport, Undeliverable};

/// An attempt to send takes at most this.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// Mails are kept this long after their end, to find out what happened to one.
const KEEP: time::Duration = time::Duration::days(14);

/// What a mail says, to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// A mail that waits to be put into words.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Which.
    pub id: Uuid,
    /// What it is about; the domain that wrote it down knows the words.
    pub kind: String,
    /// To whom, as it was asked for.
    pub recipient: String,
    data: Value,
}

impl Mail {
    /// What was written down with it.
    ///
    /// # Errors
    /// [`serde_json::Error`] when that has another shape.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.data)
    }
}

/// A mail to be written down.
#[derive(Debug, Clone)]
pub struct NewMail<'a, T> {
    /// Which.
    pub id: Uuid,
    /// What it is about.
    pub kind: &'static str,
    /// To whom.
    pub recipient: &'a str,
    /// What its words need.
    pub data: T,
}
