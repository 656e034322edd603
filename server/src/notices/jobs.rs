//! The notices' background jobs: telling somebody elsewhere.

use std::time::Duration;

use futures::future::join_all;
use model::UserId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BROWSERS_MAX, Digest, NOTICES_LETTER, Notice, Notices, store};
use crate::{
    db::DbError,
    jobs::{Backoff, Failure, Job, Kinds, Queue, Rules},
    mail::NewMail,
    push::{PushError, Urgency},
};

/// Notices that are pushed at once; whoever has missed more finds them in the product.
const PUSHED_AT_ONCE: i64 = 5;
/// How long a push service keeps what a browser that is away is told.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);

/// Pushes what is new to somebody's browsers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PushNotices {
    /// Whose.
    pub user: UserId,
}

impl Job for PushNotices {
    const KIND: &'static str = "push-notices";
    const RULES: Rules = Rules {
        queue: Queue::Webhooks,
        attempts: 6,
        time_limit: Duration::from_secs(120),
        backoff: Backoff { first: Duration::from_secs(5), most: Duration::from_secs(900) },
        ..Rules::USUAL
    };
}

/// Writes somebody one letter of all that is new.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailNotices {
    /// To whom.
    pub user: UserId,
    /// In which turn: there is one letter in each.
    pub turn: i64,
}

impl Job for MailNotices {
    const KIND: &'static str = "mail-notices";
}

/// Forgets notices of long ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyNotices {}

impl Job for TidyNotices {
    const KIND: &'static str = "tidy-notices";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}

impl Notices {
    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let (pushing, mailing, tidying) = (self.clone(), self.clone(), self.clone());
        let kinds = kinds.on::<PushNotices, _, _>(move |job, context| {
            let notices = pushing.clone();
            async move { notices.push_to(job.user, context.is_last()).await }
        });
        let kinds = kinds.on::<MailNotices, _, _>(move |job, _| {
            let notices = mailing.clone();
            async move {
                notices.unless_quiet(job.user).await?;
                notices.mail_to(job.user).await.map_err(Failure::retry)
            }
        });
        kinds.on::<TidyNotices, _, _>(move |_, _| {
            let notices = tidying.clone();
            async move { notices.tidy().await.map_err(Failure::retry) }
        })
    }

    /// Puts a job off for as long as somebody wants quiet.
    async fn unless_quiet(&self, user: UserId) -> Result<(), Failure> {
        let now = self.clock.now();
        match store::quiet_until(self.db.primary(), user, now).await.map_err(Failure::retry)? {
            None => Ok(()),
            Some(until) => Err(Failure::put_off("they want quiet", (until - now).try_into().unwrap_or_default())),
        }
    }

    /// The letter and that it was written are one transaction.
    async fn mail_to(&self, user: UserId) -> Result<(), DbError> {
        let now = self.clock.now();
        let mut tx = store::begin(self.db.primary()).await?;
        let Some(address) = store::address(&mut tx, user).await? else { return Ok(()) };
        let taken = store::take_for_mail(&mut tx, user, now).await?;
        if taken.is_empty() {
            return Ok(());
        }
        let data = Digest { abouts: taken.into_iter().map(|notice| notice.about).collect() };
        let mail = NewMail { id: self.clock.new_id(), kind: NOTICES_LETTER, recipient: &address, data };
        self.postman.enqueue(&mut tx, mail, now).await?;
        tx.commit().await.map_err(DbError::from)?;
        self.postman.ring();
        Ok(())
    }

    /// Each notice to each browser. Should one not be reached, all are told again later, in place of the first time; what cannot be told in the end stands in the
    /// product, and nobody has to look into that.
    async fn push_to(&self, user: UserId, is_last: bool) -> Result<(), Failure> {
        self.unless_quiet(user).await?;
        let (pool, now) = (self.db.primary(), self.clock.now());
        let notices = store::unpushed(pool, user, PUSHED_AT_ONCE).await.map_err(Failure::retry)?;
        let browsers = store::browsers(pool, user, BROWSERS_MAX).await.map_err(Failure::retry)?;
        for notice in notices {
            let told = join_all(browsers.iter().map(|browser| self.push_one(&notice, browser))).await;
            match told.into_iter().find_map(Result::err) {
                Some(failure) if !is_last => return Err(failure),
                Some(failure) => tracing::info!(%failure, "a browser was not told in the end"),
                None => {}
            }
            store::pushed(pool, &notice, now).await.map_err(Failure::retry)?;
        }
        Ok(())
    }

    async fn push_one(&self, notice: &Notice, browser: &store::Browser) -> Result<(), Failure> {
        let about = &notice.about;
        let shown = json!({ "title": about.title(), "body": about.text(), "href": about.href(), "tag": notice.key });
        // While the browser is away, the latest of each thing is enough.
        let topic = notice.id.simple().to_string();
        let (to, text) = (&browser.subscription, shown.to_string());
        match self.push.send(to, text.as_bytes(), KEPT_FOR, Some(&topic), Urgency::Normal).await {
            Ok(_) => Ok(()),
            // Under another key of ours it counts no more.
            Err(PushError::Gone | PushError::Refused(401 | 403)) => {
                store::forget_browser(self.db.primary(), browser.id).await.map_err(Failure::retry)
            }
            Err(PushError::Later { why, after: Some(after) }) => Err(Failure::retry_after(why, after)),
            Err(PushError::Later { why, after: None }) => Err(Failure::retry(why)),
            Err(error) => {
                tracing::warn!(host = to.host(), %error, "a browser was not told");
                Ok(())
            }
        }
    }
}
