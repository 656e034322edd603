//! Measurements, counts and what they are told apart by, in words.

use model::vitals::{Rating, Unit, Vital};
use server::vitals::Part;

pub(super) use crate::pages::status::words::count;

/// Sorts of device, as they are stored and as they are called.
pub(super) const DEVICES: [(&str, &str); 4] =
    [("phone", "phone"), ("tablet", "tablet"), ("desktop", "desktop"), (UNKNOWN, NOT_SAID)];
/// Sorts of connection, likewise. Browsers tell nothing finer than 4G.
pub(super) const CONNECTIONS: [(&str, &str); 5] =
    [("slow-2g", "slow 2G"), ("2g", "2G"), ("3g", "3G"), ("4g", "4G or better"), (UNKNOWN, NOT_SAID)];
/// What is stored where a browser said nothing.
pub(super) const UNKNOWN: &str = "unknown";
const NOT_SAID: &str = "not said";
/// Releases that nobody here knows, as they are stored.
const OTHER_RELEASE: &str = "other";

/// In the place of a figure that would be of fewer samples than make a fact.
pub(super) const TOO_FEW: &str = "too few to say";

/// A vital as it is called where there is little room.
pub(super) fn short(vital: Vital) -> &'static str {
    if is_abbreviated(vital) { vital.as_str() } else { long(vital) }
}

/// Its whole name.
pub(super) fn long(vital: Vital) -> &'static str {
    vital.words().split_once(": ").map_or(vital.words(), |(name, _)| name)
}

/// What it measures.
pub(super) fn meaning(vital: Vital) -> &'static str {
    vital.words().split_once(": ").map_or("", |(_, meaning)| meaning)
}

/// Whether it is known by an abbreviation.
pub(super) fn is_abbreviated(vital: Vital) -> bool {
    vital.as_str().bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A measurement, as exactly as histograms know it.
pub(super) fn measured(vital: Vital, value: f64) -> String {
    match vital.unit() {
        Unit::Milliseconds => milliseconds(value),
        Unit::Score if value >= 0.0995 => trimmed(format!("{value:.2}")),
        Unit::Score => trimmed(format!("{value:.3}")),
    }
}

/// A duration in three figures or fewer.
pub(super) fn milliseconds(value: f64) -> String {
    let seconds = value / 1_000.0;
    match value {
        ..9.95 => format!("{} ms", trimmed(format!("{value:.1}"))),
        ..999.5 => format!("{value:.0} ms"),
        ..9_995.0 => format!("{} s", trimmed(format!("{seconds:.2}"))),
        ..99_950.0 => format!("{} s", trimmed(format!("{seconds:.1}"))),
        _ => format!("{seconds:.0} s"),
    }
}

/// A decimal without zeros that say nothing.
fn trimmed(decimal: String) -> String {
    decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// So many samples.
pub(super) fn samples(number: u64) -> String {
    if number == 1 { "1 sample".to_owned() } else { format!("{} samples", count(number)) }
}

/// A share of a whole, and never all or nothing unless it is.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 1.0 => "under 1 %".to_owned(),
        percent if percent > 99.0 && percent < 100.0 => "over 99 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// A rating in words.
pub(super) fn rated(rating: Rating) -> &'static str {
    match rating {
        Rating::Good => "good",
        Rating::NeedsWork => "needs work",
        Rating::Poor => "poor",
    }
}

/// The class whose mark stands for a rating, in drawings and beside its word.
pub(super) fn mark(rating: Rating) -> &'static str {
    match rating {
        Rating::Good => "first",
        Rating::NeedsWork => "rest",
        Rating::Poor => "second",
    }
}

/// The bands of a vital: where good ends, and where poor begins.
pub(super) fn bands(vital: Vital) -> [String; 2] {
    let (good, poor) = vital.bands();
    [format!("good up to {}", measured(vital, good)), format!("poor beyond {}", measured(vital, poor))]
}

/// A part as a heading.
pub(super) fn heading(part: Part) -> &'static str {
    match part {
        Part::Route => "Page",
        Part::Device => "Device",
        Part::Connection => "Connection",
        Part::Release => "Release",
    }
}

/// What stands for any value of a part.
pub(super) fn any(part: Part) -> &'static str {
    match part {
        Part::Route => "All pages",
        Part::Device => "All devices",
        Part::Connection => "All connections",
        Part::Release => "All releases",
    }
}

/// What a value of a part is called.
pub(super) fn called(part: Part, value: &str) -> String {
    let known: &[(&str, &str)] = match part {
        Part::Route => &[(UNKNOWN, NOT_SAID)],
        Part::Device => &DEVICES,
        Part::Connection => &CONNECTIONS,
        Part::Release => &[(OTHER_RELEASE, "another")],
    };
    known.iter().find(|(stored, _)| *stored == value).map_or(value, |(_, words)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_has_three_figures_and_its_unit() {
        let times = [0.0, 4.25, 9.96, 640.4, 999.6, 1_284.0, 2_500.0, 4_000.0, 12_840.0, 99_960.0, 600_000.0];
        let words = times.map(|time| measured(Vital::Lcp, time));
        assert_eq!(
            words,
            ["0 ms", "4.2 ms", "10 ms", "640 ms", "1 s", "1.28 s", "2.5 s", "4 s", "12.8 s", "100 s", "600 s"]
        );
        let scores = [0.0, 0.0041, 0.0996, 0.1, 0.25, 0.3041, 50.0].map(|score| measured(Vital::Cls, score));
        assert_eq!(scores, ["0", "0.004", "0.1", "0.1", "0.25", "0.3", "50"]);
    }

    #[test]
    fn counts_are_read_by_the_thousand_and_shares_are_not_rounded_to_all_or_nothing() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 0, 2_000].map(samples), ["1 sample", "0 samples", "2,000 samples"]);
        let shares = [0.0, 0.004, 0.01, 0.426, 0.99, 0.996, 1.0].map(percent);
        assert_eq!(shares, ["0 %", "under 1 %", "1 %", "43 %", "99 %", "over 99 %", "100 %"]);
    }

    #[test]
    fn a_vital_is_told_for_whoever_knows_the_abbreviation_and_for_whoever_does_not() {
        assert_eq!([short(Vital::Lcp), short(Vital::FirstPiece)], ["LCP", "First piece"]);
        assert_eq!(long(Vital::Lcp), "Largest Contentful Paint");
        for vital in Vital::ALL {
            assert!(!meaning(vital).is_empty() && !long(vital).contains(':'), "{vital}");
        }
        assert_eq!(bands(Vital::Cls), ["good up to 0.1", "poor beyond 0.25"]);
    }

    #[test]
    fn a_value_that_has_no_words_of_its_own_is_its_own_word() {
        assert_eq!(called(Part::Connection, "4g"), "4G or better");
        assert_eq!(called(Part::Device, UNKNOWN), "not said");
        assert_eq!(called(Part::Route, "/projects/{id}"), "/projects/{id}");
        assert_eq!(called(Part::Release, "0.1.0"), "0.1.0");
    }
}
