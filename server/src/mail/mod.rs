//! Mail: written down in the transaction that causes it, sent later, again after a failure.

mod postman;
mod store;
mod transport;

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub use postman::{LetterFuture, Letters, Postman};
pub use transport::{Transport, Undeliverable};

use crate::db::DbError;

/// A mail is given up after this many attempts, which take about a day.
const ATTEMPTS_MAX: i32 = 10;
/// The first pause after a failure; each further one is twice as long, up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_secs(30);
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3_600);
/// Whoever sends a mail has this long before another may try.
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

/// Writes a mail down, in the caller's transaction: it is sent if that commits, and only then.
///
/// # Errors
/// [`DbError`] when it cannot be stored.
pub async fn enqueue<T: Serialize>(
    tx: &mut PgConnection,
    mail: NewMail<'_, T>,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let data = serde_json::to_value(&mail.data).map_err(|e| DbError::Refused(sqlx::Error::Encode(Box::new(e))))?;
    store::insert(tx, mail.id, mail.kind, mail.recipient, &data, now).await
}
