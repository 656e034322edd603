//! What the address asks for: of how many days, which vital, and of which visits.

use model::vitals::Vital;
use server::vitals::{DAYS_DEFAULT, Filter, Part};

use super::words::{CONNECTIONS, DEVICES, UNKNOWN};
use crate::functions::url_encoded;

/// The page's address.
pub(super) const HERE: &str = "/speed";
/// How many days can be looked back on.
pub(super) const DAYS: [u16; 3] = [7, 28, 90];
/// The vital that is shown in full where nobody says which.
const VITAL: Vital = Vital::Lcp;
/// The longest name of a release.
const RELEASE_MAX: usize = 40;

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) days: u16,
    pub(super) vital: Vital,
    pub(super) filter: Filter,
}

impl Default for Asked {
    fn default() -> Self {
        Self { days: DAYS_DEFAULT, vital: VITAL, filter: Filter::default() }
    }
}

impl Asked {
    /// Reads a query. What cannot be meant is as if it were not there, and a sentence says what can; nothing of it is repeated.
    pub(super) fn read(said: impl Fn(&str) -> Option<String>, routes: &[&str]) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        let mut read = |name: &str, is_one: &dyn Fn(&str) -> bool, else_what: &dyn Fn() -> String| {
            let value = said(name).filter(|value| !value.is_empty())?;
            let is_one = is_one(&value);
            if !is_one {
                notes.push(else_what());
            }
            is_one.then_some(value)
        };
        let is_days = |value: &str| DAYS.iter().any(|days| days.to_string() == value);
        let days = read("days", &is_days, &|| {
            format!("\u{201c}days\u{201d} takes {}; these are the last {DAYS_DEFAULT}.", listed(DAYS))
        });
        let vital = read("vital", &|value| value.parse::<Vital>().is_ok(), &|| {
            format!("\u{201c}vital\u{201d} takes {}; this is {VITAL}.", listed(Vital::ALL))
        });
        let route = read("route", &|value| value == UNKNOWN || routes.contains(&value), &|| {
            "\u{201c}route\u{201d} takes the pattern of a page\u{2019}s address, such as /projects/{id}; these are all pages.".to_owned()
        });
        let device = read("device", &|value| names(&DEVICES).any(|name| name == value), &|| {
            format!("\u{201c}device\u{201d} takes {}; these are all devices.", listed(names(&DEVICES)))
        });
        let connection = read("connection", &|value| names(&CONNECTIONS).any(|name| name == value), &|| {
            format!("\u{201c}connection\u{201d} takes {}; these are all connections.", listed(names(&CONNECTIONS)))
        });
        let release = read("release", &is_release, &|| {
            "\u{201c}release\u{201d} takes the name of a release; these are all releases.".to_owned()
        });
        let asked = Self {
            days: days.and_then(|days| days.parse().ok()).unwrap_or(DAYS_DEFAULT),
            vital: vital.and_then(|vital| vital.parse().ok()).unwrap_or(VITAL),
            filter: Filter { route, device, connection, release },
        };
        (asked, notes)
    }

    /// The same of other days.
    pub(super) fn of_days(&self, days: u16) -> Self {
        Self { days, ..self.clone() }
    }

    /// The same with another vital in full.
    pub(super) fn of_vital(&self, vital: Vital) -> Self {
        Self { vital, ..self.clone() }
    }

    /// The same of one value of a part.
    pub(super) fn of(&self, part: Part, value: &str) -> Self {
        let mut asked = self.clone();
        let place = match part {
            Part::Route => &mut asked.filter.route,
            Part::Device => &mut asked.filter.device,
            Part::Connection => &mut asked.filter.connection,
            Part::Release => &mut asked.filter.release,
        };
        *place = Some(value.to_owned());
        asked
    }

    /// The same of all visits.
    pub(super) fn of_all(&self) -> Self {
        Self { filter: Filter::default(), ..self.clone() }
    }

    /// Whether it is of all visits.
    pub(super) fn is_of_all(&self) -> bool {
        self.filter == Filter::default()
    }

    /// Where that is shown.
    pub(super) fn address(&self) -> String {
        self.at(HERE)
    }

    /// The same question at another address; what goes without saying is not said.
    pub(super) fn at(&self, path: &str) -> String {
        let parts = Part::ALL.map(|part| Some((part.as_str(), self.filter.of(part)?.to_owned())));
        let said = [
            (self.days != DAYS_DEFAULT).then(|| ("days", self.days.to_string())),
            (self.vital != VITAL).then(|| ("vital", self.vital.to_string())),
        ];
        let said = said.into_iter().chain(parts).flatten();
        let query: Vec<String> = said.map(|(name, value)| format!("{name}={}", url_encoded(&value))).collect();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    }
}

fn names(known: &'static [(&'static str, &'static str)]) -> impl Iterator<Item = &'static str> {
    known.iter().map(|(name, _)| *name)
}

fn is_release(name: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    name.len() <= RELEASE_MAX && name.bytes().all(is_of_name)
}

/// Names as a person lists them.
fn listed(names: impl IntoIterator<Item = impl ToString>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: [&str; 2] = ["/", "/projects/{id}"];

    fn read(query: &[(&str, &str)]) -> (Asked, Vec<String>) {
        let said = |name: &str| query.iter().find(|(said, _)| *said == name).map(|(_, value)| (*value).to_owned());
        Asked::read(said, &ROUTES)
    }

    #[test]
    fn an_address_is_read_back_as_what_it_was_made_of() {
        let asked = Asked::default().of_days(90).of_vital(Vital::FirstPiece);
        let asked = asked.of(Part::Route, "/projects/{id}").of(Part::Release, "0.1.0+ab12");
        let address = "/speed?days=90&vital=first-piece&route=/projects/%7Bid%7D&release=0.1.0%2Bab12";
        assert_eq!(asked.address(), address);
        let said = [
            ("days", "90"),
            ("vital", "first-piece"),
            ("route", "/projects/{id}"),
            ("release", "0.1.0+ab12"),
            ("device", ""),
        ];
        assert_eq!(read(&said), (asked.clone(), vec![]));
        assert_eq!(asked.of_all().at("/x"), "/x?days=90&vital=first-piece");
        assert_eq!(Asked::default().address(), "/speed");
    }

    #[test]
    fn what_cannot_be_meant_is_left_out_and_told_without_repeating_it() {
        let hostile = "<script>alert(1)</script>\0\u{202e}'; drop table vital_days; --";
        for (name, default) in [
            ("days", "takes 7, 28 or 90; these are the last 28"),
            (
                "vital",
                "takes LCP, INP, CLS, FCP, TTFB, FID, first-piece, stream-gap, hydration or long-task; this is LCP",
            ),
            ("route", "these are all pages"),
            ("device", "takes phone, tablet, desktop or unknown; these are all devices"),
            ("connection", "takes slow-2g, 2g, 3g, 4g or unknown; these are all connections"),
            ("release", "these are all releases"),
        ] {
            let (asked, notes) = read(&[(name, hostile)]);
            assert_eq!(asked, Asked::default(), "{name}");
            assert!(notes.len() == 1 && notes[0].contains(default), "{name}: {notes:?}");
            assert!(!notes[0].contains("script"), "{name}");
        }
    }

    #[test]
    fn numbers_that_are_none_and_names_that_are_nearly_one_are_not_meant() {
        for days in ["0", "8", "028", "+7", "-7", "7.0", "99999999999999999999", "٧"] {
            assert_eq!(read(&[("days", days)]).0.days, 28, "{days}");
        }
        for (name, value) in [("vital", "lcp"), ("route", "/projects/1"), ("device", "Phone"), ("connection", "5g")] {
            assert_eq!(read(&[(name, value)]).1.len(), 1, "{name}={value}");
        }
        assert_eq!(read(&[("release", &"9".repeat(41))]).1.len(), 1);
        assert_eq!(read(&[("route", "unknown"), ("device", "unknown")]).1, Vec::<String>::new());
    }
}
