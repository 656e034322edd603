//! How many connections one person has.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::UserId;

/// Connections of one person to this instance.
const EACH_MAX: usize = 20;

/// Counts connections of each person to this instance.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Arc<Mutex<HashMap<UserId, usize>>>);

/// One connection; it counts until the last copy is dropped.
#[derive(Debug, Clone)]
pub(super) struct Admitted(#[expect(dead_code, reason = "counts as long as it is held")] Arc<Counted>);

#[derive(Debug)]
struct Counted {
    all: Connections,
    user: UserId,
}

impl Connections {
    /// One more of somebody, unless they have enough.
    pub(super) fn admit(&self, user: UserId) -> Option<Admitted> {
        let mut counts = self.lock();
        if counts.get(&user).is_some_and(|count| *count >= EACH_MAX) {
            return None;
        }
        let count = counts.entry(user).or_default();
        *count += 1;
        Some(Admitted(Arc::new(Counted { all: self.clone(), user })))
    }

    /// Whether somebody has any.
    pub(super) fn has(&self, user: UserId) -> bool {
        self.lock().contains_key(&user)
    }

    /// Everybody who has any.
    pub(super) fn people(&self) -> Vec<UserId> {
        self.lock().keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.all.lock();
        let Some(count) = counts.get_mut(&self.user) else { return };
        *count -= 1;
        if *count == 0 {
            counts.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn nobody_has_more_than_their_share_and_what_ends_counts_no_more() {
        let (connections, [one, two]) = (Connections::default(), [1, 2].map(|id| UserId(Uuid::from_u128(id))));
        let mut theirs: Vec<_> = (0..EACH_MAX).map(|_| connections.admit(one).unwrap()).collect();
        assert!(connections.admit(one).is_none());
        assert!(connections.admit(two).is_some());
        let copy = theirs.pop();
        let held = copy.clone();
        drop(copy);
        assert!(connections.admit(one).is_none());
        drop(held);
        assert!(connections.admit(one).is_some());
        drop(theirs);
        assert!(connections.lock().is_empty());
    }
}
