//! Notices: what people are told of while they look elsewhere. In the product at once; by web push and by mail if they want that, by jobs, and not while they
//! want quiet. Of each thing there is one notice, which tells what is new of it.

mod house;
mod jobs;
mod store;
mod words;

use std::{collections::BTreeSet, time::Duration};

use model::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::sync::broadcast;
use uuid::Uuid;

pub use house::{House, LookAtHouse};
pub use jobs::{MailNotices, PushNotices, TidyNotices};
pub use store::Settings;
pub use words::{About, Digest, NOTICES_LETTER};

use crate::{
    bus::Bus,
    clock::Clock,
    config::NoticesConfig,
    db::{Database, DbError},
    jobs::{BATCH_MAX, Dedup, Flow, Jobs, JobsError, Options},
    limits::{Limited, Limits, Quota},
    mail::Postman,
    push::{BadSubscription, Push, Subscription},
};

/// Notices of one person that are shown, and how long they are kept.
const SHOWN_MAX: i64 = 100;
const KEEP: time::Duration = time::Duration::days(60);
/// Rows that go at once, so that no statement takes long.
const AT_ONCE: i64 = 500;
/// Browsers of one person that are pushed to; of more, those that came first are forgotten.
const BROWSERS_MAX: i64 = 10;
/// People whose browsers are pushed to at once.
const PUSHED_AT_ONCE: u16 = 16;
/// The longest quiet that can be asked for.
const QUIET_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Where instances hear whom to tell that there is something new.
const CHANNEL: &str = "atlas9:notices";
/// People in one message between instances.
const TOLD_AT_ONCE: usize = 500;

/// Changes of what somebody wants to hear.
const CHANGES: Quota = Quota { name: "notice-settings", burst: 20, every: Duration::from_secs(3) };

/// The notices domain.
#[derive(Clone)]
pub struct Notices {
    db: Database,
    bus: Bus,
    clock: Clock,
    jobs: Jobs,
    limits: Limits,
    postman: Postman,
    push: Push,
    config: NoticesConfig,
}

/// What the domain works with.
pub struct Parts {
    /// PostgreSQL.
    pub db: Database,
    /// Redis.
    pub bus: Bus,
    /// Time and ids.
    pub clock: Clock,
    /// Who sends them.
    pub jobs: Jobs,
    /// How often who may try what.
    pub limits: Limits,
    /// Mail.
    pub postman: Postman,
    /// Web push.
    pub push: Push,
    /// When people are told.
    pub config: NoticesConfig,
}

/// Something to tell somebody.
#[derive(Debug, Clone)]
pub struct New {
    /// Whom.
    pub user: UserId,
    /// Of what: what is told of the same takes its place.
    pub key: String,
    /// How far it tells. Whoever was told so far is not told again.
    pub upto: i64,
    /// What.
    pub about: About,
}

/// Something that somebody was told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notice {
    /// Which.
    pub id: Uuid,
    /// Of what: of each thing there is one.
    pub key: String,
    /// What it tells.
    #[serde(flatten)]
    pub about: About,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Whether they have seen it.
    pub is_seen: bool,
}

/// Something the notices domain could not do.
#[derive(Debug, thiserror::Error)]
pub enum NoticesError {
    /// There is nobody to tell, or nothing to be seen.
    #[error("there is no such notice")]
    NotFound,
    /// What a browser said of itself.
    #[error(transparent)]
    BadSubscription(#[from] BadSubscription),
    /// Too long.
    #[error("quiet can be asked for up to 30 days")]
    TooQuiet,
    /// Too much at once.
    #[error("Too much at once. Wait {} seconds and try again.", .0.retry_after.as_secs().max(1))]
    Limited(#[from] Limited),
    /// The jobs.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Notices {
    /// Makes the domain.
    pub fn new(parts: Parts) -> Self {
        let Parts { db, bus, clock, jobs, limits, postman, push, config } = parts;
        Self { db, bus, clock, jobs, limits, postman, push, config }
    }

    /// How long something has to have been there before anybody is told of it.
    pub fn after(&self) -> Duration {
        self.config.after
    }

    /// Writes down what people are to be told, in the caller's transaction; those to whom it is news. [`Notices::told`] afterwards.
    ///
    /// # Errors
    /// [`JobsError`], [`DbError`].
    pub async fn write(&self, tx: &mut PgConnection, new: &[New]) -> Result<Vec<UserId>, NoticesError> {
        let now = self.clock.now();
        let ids: Vec<Uuid> = new.iter().map(|_| self.clock.new_id()).collect();
        let told = store::write(tx, &ids, new, now).await?;
        let wanting = store::wanting(tx, &told).await?;
        let pushes: Vec<_> = wanting.pushed.into_iter().map(|user| PushNotices { user }).collect();
        for some in pushes.chunks(BATCH_MAX) {
            self.jobs.publish_all(tx, some, &pushing()).await?;
        }
        // One letter for all that is new when the time comes.
        let every = self.config.mail_every.as_secs().max(1).cast_signed();
        let turn = now.unix_timestamp().div_euclid(every) + 1;
        let at = OffsetDateTime::from_unix_timestamp(turn * every).unwrap_or(now);
        let options = Options { not_before: Some(at), dedup: Dedup::ByContent, ..Options::default() };
        let letters: Vec<_> = wanting.mailed.into_iter().map(|user| MailNotices { user, turn }).collect();
        for some in letters.chunks(BATCH_MAX) {
            self.jobs.publish_all(tx, some, &options).await?;
        }
        Ok(told)
    }

    /// Tells those who are here that there is something new, and sets to work whoever tells the others.
    pub fn told(&self, users: &[UserId]) {
        for some in users.chunks(TOLD_AT_ONCE) {
            if let Ok(message) = serde_json::to_vec(some) {
                self.bus.publish(CHANNEL, message.into());
            }
        }
        self.jobs.wake::<PushNotices>();
        self.jobs.wake::<MailNotices>();
    }

    /// Tells every administrator, once of each thing.
    ///
    /// # Errors
    /// As [`Notices::write`].
    pub async fn tell_administrators(&self, key: &str, about: &About) -> Result<(), NoticesError> {
        let mut tx = store::begin(self.db.primary()).await?;
        let new = |user| New { user, key: key.to_owned(), upto: 1, about: about.clone() };
        let new: Vec<New> = store::administrators(&mut tx).await?.into_iter().map(new).collect();
        let told = self.write(&mut tx, &new).await?;
        tx.commit().await.map_err(DbError::from)?;
        self.told(&told);
        Ok(())
    }

    /// Hears for whom there is something new; [`told_of`] reads for whom.
    pub fn listen(&self) -> broadcast::Receiver<bytes::Bytes> {
        self.bus.listen(CHANNEL)
    }

    /// What somebody was told, the newest first.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn list(&self, user: UserId) -> Result<Vec<Notice>, DbError> {
        store::list(self.db.primary(), user, SHOWN_MAX).await
    }

    /// How many notices somebody has not seen.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn unseen(&self, user: UserId) -> Result<u32, DbError> {
        store::unseen(self.db.primary(), user, SHOWN_MAX).await
    }

    /// Somebody has seen everything up to a moment. May be said twice.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn seen(&self, user: UserId, until: OffsetDateTime) -> Result<(), DbError> {
        store::seen(self.db.primary(), user, until, self.clock.now()).await
    }

    /// What somebody wants to hear where.
    ///
    /// # Errors
    /// [`NoticesError::NotFound`] for nobody.
    pub async fn settings(&self, user: UserId) -> Result<Settings, NoticesError> {
        store::settings(self.db.primary(), user, self.clock.now()).await?.ok_or(NoticesError::NotFound)
    }

    /// Whether they want mail.
    ///
    /// # Errors
    /// [`NoticesError::Limited`].
    pub async fn set_mail(&self, user: UserId, wanted: bool) -> Result<(), NoticesError> {
        self.limits.admit(&CHANGES, &user.to_string()).await?;
        Ok(store::set_mail(self.db.primary(), user, wanted, self.clock.now()).await?)
    }

    /// Nothing is mailed or pushed for so long; for no time, it is again.
    ///
    /// # Errors
    /// [`NoticesError::TooQuiet`], [`NoticesError::Limited`].
    pub async fn set_quiet(&self, user: UserId, quiet: Duration) -> Result<(), NoticesError> {
        if quiet > QUIET_MAX {
            return Err(NoticesError::TooQuiet);
        }
        self.limits.admit(&CHANGES, &user.to_string()).await?;
        let until = (!quiet.is_zero()).then(|| self.clock.now() + quiet);
        store::set_quiet(self.db.primary(), user, until).await?;
        if until.is_none() {
            // What was put off until the end of it is due now.
            self.jobs.publish_now(&PushNotices { user }, &pushing()).await?;
            self.jobs.publish_now(&MailNotices { user, turn: 0 }, &Options::default()).await?;
        }
        Ok(())
    }

    /// What a browser needs to know before it may be pushed to.
    pub fn push_key(&self) -> &str {
        self.push.public_key()
    }

    /// Whether a browser of somebody is pushed to.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn is_subscribed(&self, user: UserId, endpoint: &str) -> Result<bool, DbError> {
        store::is_subscribed(self.db.primary(), user, endpoint).await
    }

    /// A browser of somebody wants to be pushed to, as long as they are signed in there. May be said twice; whoever says it last has it.
    ///
    /// # Errors
    /// [`NoticesError::BadSubscription`], [`NoticesError::Limited`].
    pub async fn subscribe(&self, user: UserId, session: SessionId, told: &str) -> Result<(), NoticesError> {
        let subscription = Subscription::parse(told)?;
        self.limits.admit(&CHANGES, &user.to_string()).await?;
        let (id, now) = (self.clock.new_id(), self.clock.now());
        let mut tx = store::begin(self.db.primary()).await?;
        store::subscribe(&mut tx, id, (user, session), &subscription, now).await?;
        store::forget_others(&mut tx, user, BROWSERS_MAX).await?;
        tx.commit().await.map_err(DbError::from)?;
        Ok(())
    }

    /// A browser of somebody wants to be pushed to no more. May be said twice.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn unsubscribe(&self, user: UserId, endpoint: &str) -> Result<(), DbError> {
        store::unsubscribe(self.db.primary(), user, endpoint).await
    }

    /// Forgets what was told long ago.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn tidy(&self) -> Result<(), DbError> {
        let before = self.clock.now() - KEEP;
        while store::forget_before(self.db.primary(), before, AT_ONCE).await? > 0 {}
        Ok(())
    }
}

/// Browsers are told some at once: one whose push service is slow must not keep people's webhooks waiting, which are sent by the same slots.
fn pushing() -> Options {
    let flow = Flow { key: "push".to_owned(), parallelism: Some(PUSHED_AT_ONCE), rate: None };
    Options { flow: Some(flow), ..Options::default() }
}

/// For whom there is something new.
pub fn told_of(message: &[u8]) -> BTreeSet<UserId> {
    serde_json::from_slice(message).unwrap_or_default()
}
