//! Mail's background jobs: sending one, and forgetting old ones.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Letters, Postman, SEND_WITHIN};
use crate::jobs::{Backoff, Failure, Job, Kinds, Queue, Rules};

/// Sends a mail that was written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendMail {
    /// Which.
    pub mail: Uuid,
}

impl Job for SendMail {
    const KIND: &'static str = "send-mail";
    /// Ten attempts take about a day.
    const RULES: Rules = Rules {
        queue: Queue::Mail,
        attempts: 10,
        time_limit: Duration::from_secs(SEND_WITHIN.as_secs() + 10),
        backoff: Backoff { first: Duration::from_secs(30), most: Duration::from_secs(6 * 3_600) },
        priority: 0,
        on_failure: None,
    };
}

/// Forgets mails that ended long ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyMail {}

impl Job for TidyMail {
    const KIND: &'static str = "tidy-mail";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}

impl Postman {
    /// Adds what mail does in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds, letters: Arc<dyn Letters>) -> Kinds {
        let (sender, tidier) = (self.clone(), self.clone());
        kinds
            .on::<SendMail, _, _>(move |job, context| {
                let (postman, letters) = (sender.clone(), Arc::clone(&letters));
                async move { postman.send(letters.as_ref(), job.mail, context.is_last()).await }
            })
            .on::<TidyMail, _, _>(move |_, _| {
                let postman = tidier.clone();
                async move { postman.forget().await.map(drop).map_err(Failure::retry) }
            })
    }
}
