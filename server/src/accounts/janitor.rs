//! What has to be done now and then: telling the cache what it missed, and forgetting what nobody can use any more.

use std::time::Duration;

use super::{Accounts, TidyAccounts, store};
use crate::{
    db::DbError,
    jobs::{Failure, Kinds},
    tasks::Tasks,
};

/// How soon a cache that was away learns what it missed.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// Rows that go at once, so that no statement takes long.
const AT_ONCE: i64 = 500;

impl Accounts {
    /// Tells the cache until the program stops.
    pub async fn keep_cache_told(self, tasks: Tasks) {
        let mut tell = tokio::time::interval(TELL_EVERY);
        loop {
            tokio::select! { () = tasks.stopping() => return, _ = tell.tick() => {} }
            if let Err(error) = self.tell_cache().await {
                tracing::debug!(%error, "the cache was not told this time");
            }
        }
    }

    /// Hears which sessions other instances end, until the program stops.
    pub async fn hear_of_sessions(self, tasks: Tasks) {
        self.sessions.hear(&tasks).await;
    }

    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let accounts = self.clone();
        kinds.on::<TidyAccounts, _, _>(move |_, _| {
            let accounts = accounts.clone();
            async move { accounts.prune().await.map_err(Failure::retry) }
        })
    }

    /// Drops from the cache what could not be dropped when it changed.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn tell_cache(&self) -> Result<(), DbError> {
        let sessions = store::sessions::drops(self.db.primary(), AT_ONCE).await?;
        if !sessions.is_empty() && self.sessions.drop_sessions(&sessions).await {
            store::sessions::dropped(self.db.primary(), &sessions).await?;
        }
        Ok(())
    }

    async fn prune(&self) -> Result<(), DbError> {
        let now = self.clock.now();
        store::links::prune(self.db.primary(), now).await?;
        while store::sessions::prune(self.db.primary(), now, AT_ONCE).await? > 0 {}
        Ok(())
    }
}
