//! Rates, shares, durations and bytes in words.

use crate::pages::status::words::count;

/// How many came in a second.
pub(super) fn per_second(rate: f64) -> String {
    match rate {
        ..0.005 => "0 / s".to_owned(),
        ..0.995 => format!("{rate:.2} / s"),
        ..9.95 => format!("{rate:.1} / s"),
        _ => format!("{rate:.0} / s"),
    }
}

/// A part of a whole, and never none or all unless it is.
pub(super) fn share(part: u64, whole: u64) -> String {
    if part == 0 || part >= whole {
        return if part == 0 { "0 %" } else { "100 %" }.to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "words are no more precise")]
    let percent = part as f64 / whole as f64 * 100.0;
    match percent {
        ..0.1 => "under 0.1 %".to_owned(),
        ..9.95 => format!("{percent:.1} %"),
        ..99.0 => format!("{percent:.0} %"),
        _ => "over 99 %".to_owned(),
    }
}

/// Milliseconds, so that those of a column can be compared.
pub(super) fn milliseconds(value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a small number, and not negative"
    )]
    let whole = value.round().max(0.0) as u64;
    if value < 9.95 { format!("{value:.1}") } else { count(whole) }
}

/// Bytes in the largest unit that has at least one of them.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let Some((size, unit)) = UNITS.into_iter().find(|(size, _)| number >= *size) else { return format!("{number} B") };
    // To the tenth, and by whole numbers: no figure of a disk is too large for them.
    let tenths = number / (size / 10);
    if tenths < 100 { format!("{}.{} {unit}", tenths / 10, tenths % 10) } else { format!("{} {unit}", tenths / 10) }
}

/// Millionths of a US dollar.
pub(super) fn dollars(micros: u64) -> String {
    let cents = micros / 10_000;
    if micros > 0 && cents == 0 {
        return "under $0.01".to_owned();
    }
    format!("${}.{:02}", count(cents / 100), cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_as_many_figures_as_say_something() {
        let words = [0.0, 0.001, 0.0666, 0.999, 3.44, 9.96, 1_234.5].map(per_second);
        assert_eq!(words, ["0 / s", "0 / s", "0.07 / s", "1.0 / s", "3.4 / s", "10 / s", "1234 / s"]);
    }

    #[test]
    fn a_share_is_not_rounded_to_none_or_all() {
        let words = [(0, 0), (0, 9), (1, 100_000), (1, 1_000), (1, 8), (999, 1_000), (9, 9)];
        let words = words.map(|(part, whole)| share(part, whole));
        assert_eq!(words, ["0 %", "0 %", "under 0.1 %", "0.1 %", "12 %", "over 99 %", "100 %"]);
    }

    #[test]
    fn sizes_and_sums_are_told_in_units_that_people_know() {
        let sizes = [0, 999, 1_000, 181_900_000, 9_990_000_000, 41_000_000_000, 2_500_000_000_000];
        assert_eq!(sizes.map(bytes), ["0 B", "999 B", "1.0 kB", "181 MB", "9.9 GB", "41 GB", "2.5 TB"]);
        assert_eq!([0, 9_999, 10_000, 1_234_560_000].map(dollars), ["$0.00", "under $0.01", "$0.01", "$1,234.56"]);
        assert_eq!([0.0, 0.42, 9.94, 9.96, 1_284.4].map(milliseconds), ["0.0", "0.4", "9.9", "10", "1,284"]);
    }
}
