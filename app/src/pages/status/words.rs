//! States, shares, durations and counts in words.

use server::vitals::checks::{Path, State};
use time::Duration;

/// How everything stands, in one sentence.
pub(super) fn sentence(states: &[(Path, State)]) -> String {
    let of = |wanted: State| {
        let paths = states.iter().filter(|(_, state)| *state == wanted);
        paths.map(|(path, _)| thing(*path)).collect::<Vec<_>>()
    };
    let (broken, unknown) = (of(State::Broken), of(State::Unknown));
    match (broken.len(), unknown.len()) {
        (_, unknown) if unknown == states.len() => "Nobody has looked lately.".to_owned(),
        (broken, _) if broken == states.len() => "Nothing works.".to_owned(),
        (0, 0) => "Everything works.".to_owned(),
        (0, _) => format!("Nobody has looked at {} lately; the rest works.", listed(&unknown)),
        (1, _) => capitalised(&format!("{} does not work.", broken[0])),
        _ => capitalised(&format!("{} do not work.", listed(&broken))),
    }
}

/// A path inside of a sentence.
fn thing(path: Path) -> &'static str {
    match path {
        Path::Health => "the program with its stores",
        Path::Landing => "the first page",
        Path::Projects => "the list of projects",
        Path::Generation => "making a product",
    }
}

/// Names as a person lists them.
fn listed(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A share of visits in percent, with as many decimals as one visit more or less would change, and rounded down: it never claims more than was seen.
pub(super) fn uptime(share: f64, visits: u64) -> String {
    let decimals: u8 = match visits {
        0..1_000 => 0,
        1_000..10_000 => 1,
        10_000..100_000 => 2,
        _ => 3,
    };
    let scale = 10_f64.powi(decimals.into());
    // What is a whole number may lie next to it as a share: by less than any number of visits could.
    let percent = (share * 100.0 * scale + 1e-6).floor() / scale;
    if share > 0.0 && percent == 0.0 {
        return "under 1 %".to_owned();
    }
    let decimals = if percent == 100.0 { 0 } else { decimals.into() };
    format!("{percent:.decimals$} %")
}

/// A duration in the units that people count in. A clock that is behind counts as none at all.
pub(in crate::pages) fn lasting(duration: Duration) -> String {
    let seconds = duration.whole_seconds().max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    match hours {
        _ if minutes == 0 => format!("{seconds} s"),
        0 => format!("{minutes} min"),
        ..48 if minutes % 60 == 0 => format!("{hours} h"),
        ..48 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} days", hours / 24),
    }
}

/// So long before now.
pub(super) fn ago(duration: Duration) -> String {
    format!("{} ago", lasting(duration))
}

/// Milliseconds, in three figures or fewer.
pub(super) fn took(milliseconds: f64) -> String {
    match milliseconds {
        ..9.95 => format!("{milliseconds:.1} ms"),
        ..999.5 => format!("{milliseconds:.0} ms"),
        ..9_995.0 => format!("{:.2} s", milliseconds / 1_000.0),
        _ => format!("{:.1} s", milliseconds / 1_000.0),
    }
}

/// A count, its thousands apart.
pub(in crate::pages) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut words = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// So many of something.
pub(in crate::pages) fn many(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Path::{Generation, Health, Landing, Projects};
    use State::{Broken, Unknown, Works};

    fn said(states: [State; 4]) -> String {
        sentence(&Path::ALL.into_iter().zip(states).collect::<Vec<_>>())
    }

    #[test]
    fn one_sentence_tells_how_everything_stands() {
        assert_eq!(Path::ALL, [Health, Landing, Projects, Generation]);
        assert_eq!(said([Works; 4]), "Everything works.");
        assert_eq!(said([Unknown; 4]), "Nobody has looked lately.");
        assert_eq!(said([Broken; 4]), "Nothing works.");
        assert_eq!(said([Works, Works, Works, Broken]), "Making a product does not work.");
        assert_eq!(said([Unknown, Broken, Works, Broken]), "The first page and making a product do not work.");
        let three = "The program with its stores, the first page and the list of projects do not work.";
        assert_eq!(said([Broken, Broken, Broken, Unknown]), three);
        assert_eq!(
            said([Works, Works, Unknown, Unknown]),
            "Nobody has looked at the list of projects and making a product lately; the rest works."
        );
    }

    #[test]
    fn uptime_claims_no_more_than_was_seen() {
        let of = |up: u32, all: u32| uptime(f64::from(up) / f64::from(all), all.into());
        assert_eq!([of(1, 1), of(129_600, 129_600), of(0, 7)], ["100 %", "100 %", "0 %"]);
        assert_eq!([of(9, 10), of(499, 500), of(29, 100)], ["90 %", "99 %", "29 %"]);
        assert_eq!([of(999, 1_000), of(9_999, 10_000), of(129_599, 129_600)], ["99.9 %", "99.99 %", "99.999 %"]);
        assert_eq!([of(1, 500), of(128_304, 129_600)], ["under 1 %", "99.000 %"]);
        for up in 0..100_u32 {
            assert_eq!(of(up, 100), format!("{up} %"));
        }
    }

    #[test]
    fn durations_are_told_in_units_that_people_count_in() {
        let words =
            [-5, 0, 59, 60, 3_599, 3_600, 7_260, 172_740, 172_800, 7_776_000].map(Duration::seconds).map(lasting);
        assert_eq!(
            words,
            ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "2 h 1 min", "47 h 59 min", "2 days", "90 days"]
        );
        assert_eq!(
            [4.21, 212.4, 999.6, 1_284.0, 12_840.0].map(took),
            ["4.2 ms", "212 ms", "1.00 s", "1.28 s", "12.8 s"]
        );
    }

    #[test]
    fn counts_are_read_by_the_thousand() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(many(1, "visit", "visits"), "1 visit");
        assert_eq!(many(1_440, "visit", "visits"), "1,440 visits");
        assert_eq!(
            [listed(&[]), listed(&["a"]), listed(&["a", "b"]), listed(&["a", "b", "c"])],
            ["", "a", "a and b", "a, b and c"]
        );
    }
}
