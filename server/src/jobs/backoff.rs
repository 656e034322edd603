//! How long a job waits before it is tried again.

use std::time::Duration;

/// A pause that doubles with every attempt, up to a limit. A random part of it is left out, so that jobs which failed together do not come back
/// together ("equal jitter": M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// However many there were.
    pub most: Duration,
}

impl Backoff {
    /// Two seconds, four, eight …, at most an hour.
    pub const USUAL: Self = Self { first: Duration::from_secs(2), most: Duration::from_secs(3_600) };

    /// The pause after so many failures; `chance` is between 0 and 1.
    pub fn pause(self, failures: u16, chance: f64) -> Duration {
        let doubled = 2_u32.checked_pow(u32::from(failures.saturating_sub(1))).unwrap_or(u32::MAX);
        let whole = self.first.saturating_mul(doubled).min(self.most);
        whole / 2 + (whole / 2).mul_f64(chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_never_fall_below_half() {
        let backoff = Backoff { first: Duration::from_secs(2), most: Duration::from_secs(60) };
        let whole: Vec<u64> = (1..=7).map(|failures| backoff.pause(failures, 1.0).as_secs()).collect();
        assert_eq!(whole, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.pause(3, 0.0), Duration::from_secs(4));
        assert_eq!(backoff.pause(u16::MAX, 1.0), Duration::from_secs(60));
    }
}
