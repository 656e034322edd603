//! Writes mail down in the transaction that causes it, and sends it later.

use std::{future::Future, pin::Pin};

use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{KEEP, Letter, Mail, NewMail, SEND_WITHIN, SendMail, Transport, Undeliverable, store};
use crate::{
    clock::Clock,
    db::{Database, DbError},
    jobs::{Failure, Jobs, JobsError, Options},
};

/// The answer of [`Letters::letter`].
pub type LetterFuture<'a> = Pin<Box<dyn Future<Output = Result<Option<Letter>, DbError>> + Send + 'a>>;

/// Puts mail into words.
pub trait Letters: Send + Sync {
    /// The letter for a mail; `None` when there is nobody to write to any more. May be asked twice for one mail.
    fn letter<'a>(&'a self, mail: &'a Mail) -> LetterFuture<'a>;
}

/// Sends mail.
#[derive(Clone)]
pub struct Postman {
    db: Database,
    clock: Clock,
    jobs: Jobs,
    transport: Transport,
}

impl Postman {
    /// A postman who goes nowhere yet.
    pub fn new(db: Database, clock: Clock, jobs: Jobs, transport: Transport) -> Self {
        Self { db, clock, jobs, transport }
    }

    /// Writes a mail down, in the caller's transaction: it is sent if that commits, and only then. [`Postman::ring`] afterwards.
    ///
    /// # Errors
    /// [`DbError`] when it cannot be stored.
    pub async fn enqueue<T: Serialize>(
        &self,
        tx: &mut PgConnection,
        mail: NewMail<'_, T>,
        now: OffsetDateTime,
    ) -> Result<(), DbError> {
        let data = serde_json::to_value(&mail.data).map_err(|e| DbError::Refused(sqlx::Error::Encode(Box::new(e))))?;
        store::insert(tx, mail.id, mail.kind, mail.recipient, &data, now).await?;
        let options = Options { id: Some(mail.id), ..Options::default() };
        match self.jobs.publish(tx, &SendMail { mail: mail.id }, &options).await {
            Ok(_) => Ok(()),
            Err(JobsError::Db(error)) => Err(error),
            Err(error) => Err(DbError::Refused(sqlx::Error::Protocol(error.to_string()))),
        }
    }

    /// Says that something was written down and committed just now. It is found without being told as well, only later.
    pub fn ring(&self) {
        self.jobs.wake::<SendMail>();
    }

    /// How letters leave.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Sends a mail, unless that was done. May run twice: a letter that left without that being written down leaves again, under the same
    /// Message-ID.
    pub(super) async fn send(&self, letters: &dyn Letters, id: Uuid, is_last: bool) -> Result<(), Failure> {
        let pool = self.db.primary();
        let Some(mail) = store::waiting(pool, id).await.map_err(Failure::retry)? else { return Ok(()) };
        let Some(letter) = letters.letter(&mail).await.map_err(Failure::retry)? else {
            return store::sent(pool, id, self.clock.now()).await.map_err(Failure::retry);
        };
        let sent = tokio::time::timeout(SEND_WITHIN, self.transport.send(id, &letter)).await;
        match sent.unwrap_or_else(|_| Err(Undeliverable::NotNow("the server did not answer in time".to_owned()))) {
            Ok(()) => {
                tracing::info!(mail = %id, kind = mail.kind, "mail sent");
                store::sent(pool, id, self.clock.now()).await.map_err(Failure::retry)
            }
            Err(Undeliverable::NotNow(failure)) if !is_last => {
                tracing::warn!(mail = %id, kind = mail.kind, failure, "mail not sent yet");
                store::retry(pool, id, &failure).await.map_err(Failure::retry)?;
                Err(Failure::retry(failure))
            }
            Err(Undeliverable::Never(failure) | Undeliverable::NotNow(failure)) => {
                tracing::error!(mail = %id, kind = mail.kind, failure, "mail given up");
                store::failed(pool, id, self.clock.now(), &failure).await.map_err(Failure::retry)?;
                Err(Failure::give_up(failure))
            }
        }
    }

    /// Forgets mails that ended long ago; returns how many.
    pub(super) async fn forget(&self) -> Result<u64, DbError> {
        store::prune(self.db.primary(), self.clock.now() - KEEP).await
    }
}
