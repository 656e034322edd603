//! A circuit breaker: a provider that fails again and again is left alone for a while, then tried once.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::time::Instant;

/// Failures in a row that open it.
const FAILURES: u32 = 3;
/// How long it stays open.
pub(super) const REST: Duration = Duration::from_secs(30);

/// Of one provider, in this process. What other processes see of it they find out for themselves.
#[derive(Debug)]
pub(super) struct Breaker {
    state: Mutex<State>,
    rest: Duration,
    /// 0 closed, 1 trying, 2 open.
    gauge: Gauge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One call is under way that decides.
    Trying,
}

/// Leave for one call. It must say how the call went; dropped without a word, it says nothing about the provider.
#[derive(Debug)]
pub(super) struct Pass {
    breaker: Arc<Breaker>,
    is_trial: bool,
    told: bool,
}

impl Breaker {
    /// One that stays open for `rest`.
    pub(super) fn new(rest: Duration, gauge: Gauge) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::Closed { failures: 0 }), rest, gauge })
    }

    /// How long it is still open; none when a call may be made.
    pub(super) fn rest(&self) -> Option<Duration> {
        Self::rest_of(*self.lock())
    }

    fn rest_of(state: State) -> Option<Duration> {
        match state {
            State::Closed { .. } => None,
            State::Open { until } => {
                Some(until.saturating_duration_since(Instant::now())).filter(|rest| !rest.is_zero())
            }
            State::Trying => Some(Duration::from_secs(1)),
        }
    }

    /// Leave to make a call, or how long to wait for it.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Pass, Duration> {
        let mut state = self.lock();
        if let Some(rest) = Self::rest_of(*state) {
            return Err(rest);
        }
        let is_trial = matches!(*state, State::Open { .. });
        if is_trial {
            self.set(&mut state, State::Trying);
        }
        Ok(Pass { breaker: Arc::clone(self), is_trial, told: false })
    }

    fn set(&self, state: &mut State, to: State) {
        *state = to;
        self.gauge.set(match to {
            State::Closed { .. } => 0,
            State::Trying => 1,
            State::Open { .. } => 2,
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    pub(super) fn went_well(mut self) {
        self.told = true;
        let mut state = self.breaker.lock();
        // A call that was begun before the breaker opened proves nothing about now.
        if self.is_trial || matches!(*state, State::Closed { .. }) {
            self.breaker.set(&mut state, State::Closed { failures: 0 });
        }
    }

    pub(super) fn failed(mut self) {
        self.told = true;
        let mut state = self.breaker.lock();
        let open = State::Open { until: Instant::now() + self.breaker.rest };
        let next = match *state {
            State::Closed { failures } if failures + 1 < FAILURES => State::Closed { failures: failures + 1 },
            State::Closed { .. } => open,
            State::Trying if self.is_trial => open,
            other => other,
        };
        self.breaker.set(&mut state, next);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.is_trial && !self.told {
            let mut state = self.breaker.lock();
            self.breaker.set(&mut state, State::Open { until: Instant::now() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(60);

    fn open() -> Arc<Breaker> {
        let breaker = Breaker::new(SHORT, Gauge::default());
        (0..FAILURES).for_each(|_| breaker.enter().unwrap().failed());
        breaker
    }

    #[tokio::test]
    async fn failures_in_a_row_open_it_and_one_call_after_the_rest_decides() {
        let breaker = open();
        assert!(breaker.enter().is_err() && breaker.rest().is_some() && breaker.gauge.get() == 2);
        tokio::time::sleep(SHORT).await;
        let trial = breaker.enter().unwrap();
        assert!(breaker.enter().is_err(), "one at a time");
        trial.failed();
        assert!(breaker.enter().is_err(), "again");
        tokio::time::sleep(SHORT).await;
        breaker.enter().unwrap().went_well();
        assert_eq!((breaker.rest(), breaker.gauge.get()), (None, 0));
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let breaker = Breaker::new(REST, Gauge::default());
        for _ in 0..10 {
            breaker.enter().unwrap().failed();
            breaker.enter().unwrap().failed();
            breaker.enter().unwrap().went_well();
        }
        assert_eq!(breaker.rest(), None);
    }

    #[tokio::test]
    async fn a_trial_that_was_cancelled_lets_the_next_one_try() {
        let breaker = open();
        tokio::time::sleep(SHORT).await;
        drop(breaker.enter().unwrap());
        assert!(breaker.enter().is_ok());
    }
}
