//! A path and its days, for tests.

use server::vitals::checks::{CheckStatus, DayStatus, Path, State};
use time::{Duration, macros::date};

/// A day so many days before the last.
pub(super) fn day(ago: i64, passed: u32, slow: u32, failed: u32) -> DayStatus {
    DayStatus { day: date!(2026 - 11 - 21) - Duration::days(ago), passed, slow, failed }
}

/// A path of which nothing is known but its days.
pub(super) fn check(path: Path, days: impl IntoIterator<Item = DayStatus>) -> CheckStatus {
    let days = days.into_iter().collect();
    CheckStatus { path, state: State::Unknown, since: None, last: None, uptime: None, today: None, days }
}
