//! Leaving somebody alone for a while who did not answer, so that not everybody waits for them in turn.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Until when somebody is left alone. All copies know.
#[derive(Debug, Clone, Default)]
pub struct Rest(Arc<Mutex<Option<Instant>>>);

impl Rest {
    /// How long they are still to be left alone; nothing when they may be asked.
    pub fn left(&self) -> Option<Duration> {
        let left = self.until().and_then(|until| until.checked_duration_since(Instant::now()));
        left.filter(|left| !left.is_zero())
    }

    /// They did not answer: for so long nobody asks. Says whether this is news, for whoever tells of it.
    pub fn begin(&self, pause: Duration) -> bool {
        let (mut until, now) = (self.until(), Instant::now());
        until.replace(now + pause).is_none_or(|before| before <= now)
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_rests_is_asked_again_when_the_time_is_over() {
        let rest = Rest::default();
        let copy = rest.clone();
        assert_eq!(rest.left(), None);
        assert!(rest.begin(Duration::from_secs(60)));
        assert!(copy.left().is_some_and(|left| left > Duration::from_secs(50)));
        assert!(!copy.begin(Duration::from_millis(1)), "it is known");
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(copy.left(), None);
        assert!(rest.begin(Duration::from_secs(60)), "it is news again");
    }
}
