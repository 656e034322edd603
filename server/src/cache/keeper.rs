//! Changes on their way: at once in this process, over Redis to the others, and kept while Redis is away. One task hears what others change and finds out
//! what it missed.

use std::{
    collections::HashMap,
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use redis::{ErrorKind, RedisError, RedisResult};
use tokio::{sync::broadcast::error::RecvError, time::timeout};

use super::{
    Cache, Change, Tag,
    marks::{Learnt, Marks, News},
    remote::{ASK_WITHIN, REMEMBERED, news},
};
use crate::bus::Bus;

/// Tags that are told of at once.
const TAGS_AT_ONCE: usize = 500;
/// Tags that wait for Redis at most; past that everything goes.
const PENDING_MAX: usize = 10_000;
/// How often to ask whether a change was missed.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How long Redis is left alone between two tries, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Answers in a row, as soon as a request needs them, after which requests ask Redis again.
const QUICK_ANSWERS: u32 = 3;

/// Changes that Redis does not have yet, with this instance's own count of the last of each.
pub(super) type Pending = HashMap<(Tag, Change), u64>;

impl Cache {
    /// Holds here from now on; told to the others now, or when Redis is back.
    pub(super) async fn change(&self, tags: &[Tag], change: Change) {
        // Before anything is waited for: whoever asked may go away at any time.
        let here = self.change_soon(tags, change);
        for tags in tags.chunks(TAGS_AT_ONCE) {
            if let Some(news) = self.0.remote.mark(self.marks(Marks::heard), change, tags).await {
                self.settle(&news, here).await;
                self.is_told(tags.iter().map(|tag| (tag, here)), change);
            }
        }
    }

    /// Holds here from now on; the keeper tells the others within a second, or when Redis is back. Returns this instance's own count of it.
    pub(super) fn change_soon(&self, tags: &[Tag], change: Change) -> u64 {
        self.0.metrics.changed(change);
        let here = self.learn(|marks| marks.change_here(tags, change));
        self.put_off(tags, change, here);
        here
    }

    /// Hears what others change, and finds out what was missed, until the program stops.
    pub async fn keep(self, bus: Bus) {
        let mut heard = bus.listen(self.0.remote.channel());
        self.come_back().await;
        let mut ask = tokio::time::interval(ASK_EVERY);
        ask.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let seen = tokio::select! {
                () = self.0.tasks.stopping() => return drop(self.tell_pending().await),
                () = self.0.remote.left_alone() => self.lose_redis().await,
                message = heard.recv() => match message {
                    Ok(message) => match news(&message) {
                        Some(news) => self.hear(&news).await,
                        None => Ok(()),
                    },
                    Err(RecvError::Lagged(_)) => self.catch_up().await,
                    Err(RecvError::Closed) => {
                        heard = bus.listen(self.0.remote.channel());
                        Ok(())
                    }
                },
                _ = ask.tick() => self.look_around().await,
            };
            if let Err(error) = seen {
                tracing::debug!(%error, "what changed is not known yet");
            }
        }
    }

    /// Whether every change up to a count is known.
    pub(super) fn knows(&self, clock: u64) -> bool {
        self.marks(Marks::known) == clock
    }

    /// Catches up within the time that a request has.
    pub(super) async fn catch_up_soon(&self) -> bool {
        matches!(timeout(ASK_WITHIN, self.catch_up()).await, Ok(Ok(())))
    }

    async fn lose_redis(&self) -> RedisResult<()> {
        self.0.metrics.outages.inc();
        self.come_back().await;
        Ok(())
    }

    /// Asks until Redis answers and everything is told and known; only then may requests ask it again.
    async fn come_back(&self) {
        let mut pause = FIRST_PAUSE;
        while let Err(error) = self.meet().await {
            tracing::debug!(%error, "Redis is still away");
            tokio::select! { () = self.0.tasks.stopping() => return, () = tokio::time::sleep(pause) => {} }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.0.remote.is_back();
        // What was put off between the last look and now would wait for the next change.
        if self.tell_pending().await.is_ok() {
            tracing::debug!("this instance shares its cache");
        }
    }

    async fn meet(&self) -> RedisResult<()> {
        self.catch_up().await?;
        self.tell_pending().await?;
        // A server that is there but slow would be left alone again by the first request that asks it, and cost each time what one may cost.
        for _ in 0..QUICK_ANSWERS {
            let late = |_| RedisError::from((ErrorKind::Io, "Redis is slow"));
            timeout(ASK_WITHIN, self.0.remote.clock()).await.map_err(late)??;
        }
        Ok(())
    }

    async fn look_around(&self) -> RedisResult<()> {
        self.look_at_memory();
        if !self.knows(self.0.remote.clock().await?) {
            self.catch_up().await?;
        }
        let long_ago = self.marks(Marks::known).saturating_sub(REMEMBERED);
        self.learn(|marks| marks.forget_before(long_ago));
        self.tell_pending().await
    }

    fn look_at_memory(&self) {
        let (metrics, memory) = (&self.0.metrics, &self.0.memory);
        // What is past its time is otherwise thrown away, and counted, only when something is put in.
        memory.run_pending_tasks();
        metrics.under_way.set(i64::try_from(self.0.flights.len()).unwrap_or(i64::MAX));
        metrics.entries.set(i64::try_from(memory.entry_count()).unwrap_or(i64::MAX));
        metrics.bytes.set(i64::try_from(memory.weighted_size()).unwrap_or(i64::MAX));
    }

    async fn hear(&self, news: &News) -> RedisResult<()> {
        let learnt = self.learn(|marks| marks.learn(news));
        self.make_up_for(learnt).await
    }

    async fn make_up_for(&self, learnt: Learnt) -> RedisResult<()> {
        match learnt {
            Learnt::All => Ok(()),
            Learnt::Missed => self.catch_up().await,
            Learnt::Lost => {
                self.change_everything().await?;
                self.catch_up().await
            }
        }
    }

    /// Nobody can say what Redis has forgotten.
    async fn change_everything(&self) -> RedisResult<()> {
        tracing::warn!("everything that is kept is made anew: Redis was put back to an earlier state");
        self.0.remote.mark_again(self.marks(Marks::heard), Change::Gone, &[Tag::everything()]).await.map(drop)
    }

    /// Learns what changed since the last count that is known.
    async fn catch_up(&self) -> RedisResult<()> {
        let heard = self.marks(Marks::heard);
        // Makes sure that there is a count, for Redis may be new.
        let clock = self.0.remote.mark_again(heard, Change::Gone, &[]).await?.version;
        if clock < heard {
            self.change_everything().await?;
        }
        loop {
            let changes = self.0.remote.changes(self.marks(Marks::known)).await?;
            let (version, is_whole) = (changes.version, changes.is_whole);
            self.learn(|marks| marks.catch_up(changes.era, changes.rows, version));
            if is_whole {
                return Ok(());
            }
        }
    }

    async fn settle(&self, news: &News, here: u64) {
        let learnt = self.learn(|marks| marks.settle(news, here));
        if !matches!(timeout(ASK_WITHIN, self.make_up_for(learnt)).await, Ok(Ok(()))) {
            tracing::debug!("what others changed is not known yet");
        }
    }

    /// Keeps a change for when Redis is back.
    fn put_off(&self, tags: &[Tag], change: Change, here: u64) {
        let mut pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.len() + tags.len() > PENDING_MAX {
            let everything = [Tag::everything()];
            let here = self.learn(|marks| marks.change_here(&everything, Change::Gone));
            pending.clear();
            pending.extend(everything.map(|tag| ((tag, Change::Gone), here)));
            return;
        }
        pending.extend(tags.iter().map(|tag| ((tag.clone(), change), here)));
    }

    /// Tells the others what was changed while Redis was away.
    async fn tell_pending(&self) -> RedisResult<()> {
        for change in [Change::Gone, Change::Stale] {
            let waiting: Vec<(Tag, u64)> = {
                let pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
                pending
                    .iter()
                    .filter(|((_, of), _)| *of == change)
                    .map(|((tag, _), here)| (tag.clone(), *here))
                    .collect()
            };
            for some in waiting.chunks(TAGS_AT_ONCE) {
                let tags: Vec<Tag> = some.iter().map(|(tag, _)| tag.clone()).collect();
                let news = self.0.remote.mark_again(self.marks(Marks::heard), change, &tags).await?;
                let here = some.iter().map(|(_, here)| *here).max().unwrap_or_default();
                self.settle(&news, here).await;
                self.is_told(some.iter().map(|(tag, here)| (tag, *here)), change);
            }
        }
        Ok(())
    }

    /// Redis has changes. What was changed again in the meantime is told again.
    fn is_told<'t>(&self, changes: impl Iterator<Item = (&'t Tag, u64)>, change: Change) {
        let mut pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for (tag, here) in changes {
            let entry = (tag.clone(), change);
            if pending.get(&entry) == Some(&here) {
                pending.remove(&entry);
            }
        }
    }

    /// Changes what is known of changes; every hit looks again from now on.
    fn learn<T>(&self, learn: impl FnOnce(&mut Marks) -> T) -> T {
        let mut marks = self.0.marks.write().unwrap_or_else(PoisonError::into_inner);
        let learnt = learn(&mut marks);
        self.0.state.fetch_add(1, Ordering::Release);
        learnt
    }
}
