//! How a path stands: it turns only after several runs in a row that say so, in either direction, so that nobody is woken by a hiccup or told that all is
//! well by a single lucky run.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Runs in a row that turn how a path stands.
pub const CONTRARY_MAX: i32 = 3;

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should.
    Passed,
    /// As it should, and too late.
    Slow,
    /// Not at all.
    Failed,
}

impl Outcome {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Slow => "slow",
            Self::Failed => "failed",
        }
    }
}

/// How a path stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_failing: bool,
    /// Runs in a row that said the contrary.
    pub(super) contrary: i32,
    pub(super) since: OffsetDateTime,
}

impl Standing {
    /// A path that nobody knows anything about is whole.
    pub(super) const fn new(since: OffsetDateTime) -> Self {
        Self { is_failing: false, contrary: 0, since }
    }

    /// How it stands after a run, and whether that turned it.
    pub(super) fn after(self, outcome: Outcome, at: OffsetDateTime) -> (Self, bool) {
        let says_failing = outcome != Outcome::Passed;
        if says_failing == self.is_failing {
            return (Self { contrary: 0, ..self }, false);
        }
        if self.contrary + 1 < CONTRARY_MAX {
            return (Self { contrary: self.contrary + 1, ..self }, false);
        }
        (Self { is_failing: says_failing, contrary: 0, since: at }, true)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// Which of these runs turned it.
    fn turns(outcomes: &[Outcome]) -> Vec<usize> {
        let mut standing = Standing::new(datetime!(2026-11-21 12:00 UTC));
        let mut turns = Vec::new();
        for (place, outcome) in outcomes.iter().enumerate() {
            let (next, turned) = standing.after(*outcome, datetime!(2026-11-21 12:01 UTC));
            standing = next;
            if turned {
                turns.push(place);
            }
        }
        turns
    }

    #[test]
    fn it_turns_after_three_in_a_row_and_a_hiccup_changes_nothing() {
        use Outcome::{Failed, Passed, Slow};
        assert_eq!(turns(&[Failed, Passed, Failed, Failed, Passed, Slow]), [] as [usize; 0]);
        assert_eq!(turns(&[Passed, Failed, Slow, Failed, Failed]), [3]);
        assert_eq!(turns(&[Failed, Failed, Failed, Passed, Passed, Failed, Passed, Passed, Passed]), [2, 8]);
    }
}
