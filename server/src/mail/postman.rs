//! Sends what was written down, one after the other, until the program stops.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{ATTEMPTS_MAX, KEEP, Letter, Mail, PAUSE, PAUSE_MAX, SEND_WITHIN, Transport, Undeliverable, store};
use crate::{
    clock::Clock,
    db::{Database, DbError},
    tasks::Tasks,
};

/// How often to look for mail that another process wrote down, or whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often to forget old mail.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

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
    transport: Transport,
    ring: Arc<Notify>,
}

impl Postman {
    /// A postman who goes nowhere yet.
    pub fn new(db: Database, clock: Clock, transport: Transport) -> Self {
        Self { db, clock, transport, ring: Arc::default() }
    }

    /// Says that something was written down just now. It is found without being told as well, only later.
    pub fn ring(&self) {
        self.ring.notify_one();
    }

    /// How letters leave.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Sends until the program stops.
    pub async fn run(self, letters: Arc<dyn Letters>, tasks: Tasks) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut prune = tokio::time::interval(PRUNE_EVERY);
        loop {
            tokio::select! {
                () = tasks.stopping() => return,
                () = self.ring.notified() => {}
                _ = look.tick() => {}
                _ = prune.tick() => {
                    if let Err(error) = store::prune(self.db.primary(), self.clock.now() - KEEP).await {
                        tracing::debug!(%error, "old mail was not forgotten this time");
                    }
                }
            }
            while !tasks.stop_token().is_cancelled() {
                match self.send_one(letters.as_ref()).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "mail waits: the database is away");
                        break;
                    }
                }
            }
        }
    }

    /// Sends the mail that is due longest. `false` when none is.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked; the mail is tried again then.
    pub async fn send_one(&self, letters: &dyn Letters) -> Result<bool, DbError> {
        let now = self.clock.now();
        let Some(claimed) = store::claim(self.db.primary(), now, now + SEND_WITHIN * 2).await? else {
            return Ok(false);
        };
        let mail = claimed.mail;
        let Some(letter) = letters.letter(&mail).await? else {
            store::sent(self.db.primary(), mail.id, self.clock.now()).await?;
            return Ok(true);
        };
        let sent = tokio::time::timeout(SEND_WITHIN, self.transport.send(mail.id, &letter)).await;
        match sent.unwrap_or_else(|_| Err(Undeliverable::NotNow("the server did not answer in time".to_owned()))) {
            Ok(()) => {
                tracing::info!(mail = %mail.id, kind = mail.kind, "mail sent");
                store::sent(self.db.primary(), mail.id, self.clock.now()).await?;
            }
            Err(Undeliverable::NotNow(failure)) if claimed.attempts < ATTEMPTS_MAX => {
                tracing::warn!(mail = %mail.id, kind = mail.kind, attempts = claimed.attempts, failure, "mail not sent yet");
                store::retry(self.db.primary(), mail.id, self.clock.now() + pause(claimed.attempts), &failure).await?;
            }
            Err(Undeliverable::Never(failure) | Undeliverable::NotNow(failure)) => {
                tracing::error!(mail = %mail.id, kind = mail.kind, failure, "mail given up");
                store::failed(self.db.primary(), mail.id, self.clock.now(), &failure).await?;
            }
        }
        Ok(true)
    }
}

/// The pause after so many attempts.
fn pause(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(16);
    (PAUSE * 2_u32.pow(doublings)).min(PAUSE_MAX)
}
