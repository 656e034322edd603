//! Who composes next. Composing takes a processor, and there are only so many: whoever has nothing to show yet goes first, so that a crowd
//! that comes at once does not wait for the whole product of whoever came a moment earlier.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// A lower rank goes first.
pub(super) type Rank = u8;

/// Turns at something of which there are so many.
#[derive(Clone)]
pub(super) struct Turns(Arc<Mutex<Queue>>);

struct Queue {
    free: usize,
    tickets: u64,
    /// Those who wait, first come first served within a rank.
    waiting: BTreeMap<(Rank, u64), oneshot::Sender<Turn>>,
}

/// A turn, for as long as it is held.
pub(super) struct Turn(Option<Turns>);

impl Turns {
    /// So many at once.
    pub(super) fn new(at_once: usize) -> Self {
        Self(Arc::new(Mutex::new(Queue { free: at_once.max(1), tickets: 0, waiting: BTreeMap::new() })))
    }

    /// Waits for a turn. Whoever stops waiting leaves the queue.
    pub(super) async fn wait(&self, rank: Rank) -> Turn {
        let coming = {
            let mut queue = self.queue();
            if queue.free > 0 {
                queue.free -= 1;
                return Turn(Some(self.clone()));
            }
            let (sender, coming) = oneshot::channel();
            queue.tickets += 1;
            let ticket = queue.tickets;
            queue.waiting.insert((rank, ticket), sender);
            coming
        };
        // The queue is never dropped while somebody holds or waits for a turn.
        coming.await.unwrap_or(Turn(None))
    }

    /// Gives a turn that has come back to the next in the queue who still waits.
    fn pass_on(&self) {
        loop {
            let mut queue = self.queue();
            let Some((_, next)) = queue.waiting.pop_first() else {
                queue.free += 1;
                return;
            };
            drop(queue);
            match next.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // Whoever left has not had it; the loop goes on with it.
                Err(mut unclaimed) => unclaimed.0 = None,
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::{FutureExt, future::join_all};
    use pretty_assertions::assert_eq;

    use super::*;

    #[tokio::test]
    async fn the_lower_rank_goes_first_and_then_whoever_came_first() {
        let turns = Turns::new(1);
        let held = turns.wait(0).await;
        let order = Mutex::new(Vec::new());
        let waiting = [("late", 1), ("later", 1), ("first", 0)].map(|(name, rank)| {
            let (turns, order) = (&turns, &order);
            async move {
                let _turn = turns.wait(rank).await;
                order.lock().unwrap().push(name);
            }
        });
        tokio::join!(join_all(waiting), async { drop(held) });
        assert_eq!(*order.lock().unwrap(), ["first", "late", "later"]);
    }

    #[tokio::test]
    async fn a_turn_that_nobody_takes_is_not_lost() {
        let turns = Turns::new(2);
        let held = (turns.wait(0).await, turns.wait(0).await);
        let mut gives_up = Box::pin(turns.wait(0));
        assert!((&mut gives_up).now_or_never().is_none());
        let mut was_given = Box::pin(turns.wait(0));
        assert!((&mut was_given).now_or_never().is_none());
        drop(gives_up);
        drop(held);
        // One was sent to somebody who leaves without having taken it.
        drop(was_given);
        for _ in 0..2 {
            let turn = tokio::time::timeout(Duration::from_secs(1), turns.wait(1)).await;
            std::mem::forget(turn.unwrap());
        }
        assert!(turns.wait(0).now_or_never().is_none(), "and there are no more than there were");
    }
}
