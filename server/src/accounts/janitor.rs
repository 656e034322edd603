//! What has to be done now and then: telling the cache what it missed, and forgetting what nobody can use any more.

use std::time::Duration;

use super::{Accounts, store};
use crate::{db::DbError, tasks::Tasks};

/// How soon a cache that was away learns what it missed.
const TELL_EVERY: Duration = Duration::from_secs(5);
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);
/// Rows that go at once, so that no statement takes long.
const AT_ONCE: i64 = 500;

impl Accounts {
    /// Keeps the domain tidy until the program stops.
    pub async fn keep_tidy(self, tasks: Tasks) {
        let mut tell = tokio::time::interval(TELL_EVERY);
        let mut prune = tokio::time::interval(PRUNE_EVERY);
        loop {
            let done = tokio::select! {
                () = tasks.stopping() => return,
                _ = tell.tick() => self.tell_cache().await,
                _ = prune.tick() => self.prune().await,
            };
            if let Err(error) = done {
                tracing::debug!(%error, "not tidied up this time");
            }
        }
    }

    /// Drops from the cache what could not be dropped when it changed.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn tell_cache(&self) -> Result<(), DbError> {
        let sessions = store::sessions::drops(self.db.primary(), AT_ONCE).await?;
        if !sessions.is_empty() && self.cache.drop_sessions(&sessions).await {
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
