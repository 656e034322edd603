//! What browsers send, and what of it is believed. Nothing of it is shown as it came.

use model::vitals::Vital;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::cube::Dimensions;

/// The most bytes of one beacon.
pub const BEACON_MAX: usize = 16 * 1_024;
/// The most measurements of one beacon: a page life has some of each name.
pub const MEASUREMENTS_MAX: usize = 50;
/// The longest id of a page life.
const PAGE_MAX: usize = 64;
/// What stands where nothing was said, or nothing that is known.
const UNKNOWN: &str = "unknown";
/// Releases that this program does not know, all together.
pub(super) const OTHER_RELEASE: &str = "other";
/// The longest name of a release.
const RELEASE_MAX: usize = 40;

pub(super) const DEVICES: [&str; 4] = ["phone", "tablet", "desktop", UNKNOWN];
/// `NetworkInformation.effectiveType` (https://wicg.github.io/netinfo/).
pub(super) const CONNECTIONS: [&str; 5] = ["slow-2g", "2g", "3g", "4g", UNKNOWN];
/// As the `web-vitals` library has them.
const NAVIGATIONS: [&str; 7] =
    ["navigate", "reload", "back-forward", "back-forward-cache", "prerender", "restore", UNKNOWN];
const RATINGS: [&str; 3] = ["good", "needs-improvement", "poor"];

/// A measurement that is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Of what.
    pub vital: Vital,
    /// In its own unit.
    pub value: f64,
    /// Where and on what.
    pub dimensions: Dimensions,
    /// How the page was come to.
    pub navigation: &'static str,
    /// Of which page life.
    pub page: String,
}

/// Why a beacon is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BadBeacon {
    /// It is not JSON, or not in this form.
    #[error("the beacon cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It holds nothing, or too much.
    #[error("a beacon holds 1 to {MEASUREMENTS_MAX} measurements")]
    Count,
    /// A field says what cannot be.
    #[error("measurement {at}: {field} is not one that is known, or out of range")]
    Field {
        /// Which measurement, from 1.
        at: usize,
        /// Which field.
        field: &'static str,
    },
}

/// A measurement as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    name: String,
    value: f64,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    rating: Option<String>,
    #[serde(default)]
    navigation_type: Option<String>,
    #[serde(default)]
    route: Option<String>,
    #[serde(default)]
    release: Option<String>,
    #[serde(default)]
    device: Option<String>,
    #[serde(default)]
    connection: Option<String>,
}

/// One, or an array of them.
struct Beacon(Vec<Sent>);

impl<'de> Deserialize<'de> for Beacon {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
        let read = |error: serde_json::Error| D::Error::custom(error);
        if raw.get().trim_start().starts_with('[') {
            serde_json::from_str(raw.get()).map(Self).map_err(read)
        } else {
            serde_json::from_str(raw.get()).map(|one| Self(vec![one])).map_err(read)
        }
    }
}

/// What a beacon can be about.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// Patterns of addresses that there are.
    pub(super) routes: &'a [&'static str],
    /// Releases that this program knows. What another release sends counts, under a name for all of them.
    pub(super) releases: &'a [String],
}

/// Reads a beacon.
///
/// # Errors
/// [`BadBeacon`] for the first thing that cannot be; nothing of the beacon counts then.
pub(super) fn read(body: &[u8], known: Known<'_>) -> Result<Vec<Measurement>, BadBeacon> {
    let Beacon(sent) = serde_json::from_slice(body)?;
    if sent.is_empty() || sent.len() > MEASUREMENTS_MAX {
        return Err(BadBeacon::Count);
    }
    let read = |(place, sent)| measurement(sent, known).map_err(|field| BadBeacon::Field { at: place + 1, field });
    sent.into_iter().enumerate().map(read).collect()
}

fn measurement(sent: Sent, known: Known<'_>) -> Result<Measurement, &'static str> {
    let vital: Vital = sent.name.parse().map_err(|_| "name")?;
    if !(0.0..=vital.most()).contains(&sent.value) {
        return Err("value");
    }
    if sent.rating.is_some_and(|rating| !RATINGS.contains(&rating.as_str())) {
        return Err("rating");
    }
    let route = match sent.route.as_deref() {
        None => UNKNOWN,
        Some(route) => known.routes.iter().find(|known| **known == route).ok_or("route")?,
    };
    let page = sent.id.unwrap_or_default();
    if page.len() > PAGE_MAX || !page.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err("id");
    }
    Ok(Measurement {
        vital,
        value: sent.value,
        dimensions: Dimensions {
            route,
            device: one_of(&DEVICES, sent.device.as_deref()).ok_or("device")?,
            connection: one_of(&CONNECTIONS, sent.connection.as_deref()).ok_or("connection")?,
            release: release(sent.release, known.releases).ok_or("release")?,
        },
        navigation: one_of(&NAVIGATIONS, sent.navigation_type.as_deref()).ok_or("navigationType")?,
        page,
    })
}

/// The known word that was said; [`UNKNOWN`] when nothing was.
fn one_of(known: &[&'static str], said: Option<&str>) -> Option<&'static str> {
    let said = said.unwrap_or(UNKNOWN);
    known.iter().copied().find(|known| *known == said)
}

/// Whether a release may be called so.
pub fn is_release(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    (1..=RELEASE_MAX).contains(&name.len()) && name.bytes().all(is_part)
}

fn release(said: Option<String>, known: &[String]) -> Option<String> {
    let Some(said) = said else { return Some(OTHER_RELEASE.to_owned()) };
    if !is_release(&said) {
        return None;
    }
    Some(if known.contains(&said) { said } else { OTHER_RELEASE.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ROUTES: [&str; 2] = ["/", "/projects/{id}"];
    const KNOWN: Known<'_> = Known { routes: &ROUTES, releases: &[] };

    fn read_json(body: &serde_json::Value) -> Result<Vec<Measurement>, BadBeacon> {
        read(body.to_string().as_bytes(), Known { routes: &ROUTES, releases: &["1.2.3".to_owned()] })
    }

    fn field(body: &serde_json::Value) -> &'static str {
        match read_json(body) {
            Err(BadBeacon::Field { field, .. }) => field,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn name_and_value_are_enough_and_everything_else_is_known_or_unknown() {
        let read = read_json(&json!({"name": "LCP", "value": 812.4})).unwrap().remove(0);
        assert_eq!((read.vital, read.value, read.navigation, read.page.as_str()), (Vital::Lcp, 812.4, UNKNOWN, ""));
        let Dimensions { route, device, connection, release } = read.dimensions;
        assert_eq!((route, device, connection, release.as_str()), (UNKNOWN, UNKNOWN, UNKNOWN, OTHER_RELEASE));
        let whole = json!([{
            "name": "CLS", "value": 0, "id": "v5-1795280463-12", "rating": "needs-improvement", "navigationType": "back-forward-cache",
            "route": "/projects/{id}", "release": "1.2.3", "device": "phone", "connection": "slow-2g", "delta": 3,
        }]);
        let read = read_json(&whole).unwrap().remove(0);
        assert_eq!((read.dimensions.route, read.dimensions.release.as_str()), ("/projects/{id}", "1.2.3"));
    }

    #[test]
    fn what_cannot_be_is_refused_by_field() {
        let with = |name: &str, value: serde_json::Value| {
            let mut sent = json!({"name": "LCP", "value": 1});
            sent[name] = value;
            sent
        };
        for (name, value) in [
            ("name", json!("lcp")),
            ("name", json!("LCP'; drop table vital_days; --")),
            ("value", json!(-1)),
            ("value", json!(600_001)),
            ("value", json!(1e308)),
            ("id", json!("x".repeat(65))),
            ("id", json!("<script>")),
            ("rating", json!("excellent")),
            ("navigationType", json!("teleport")),
            ("route", json!("/projects/019a5f0c")),
            ("route", json!("")),
            ("release", json!("")),
            ("release", json!("1.0\u{0}")),
            ("release", json!("9".repeat(41))),
            ("device", json!("toaster")),
            ("connection", json!("5g")),
        ] {
            assert_eq!(field(&with(name, value)), name);
        }
        assert_eq!(field(&json!({"name": "CLS", "value": 51})), "value");
    }

    #[test]
    fn a_release_that_nobody_here_made_has_no_name() {
        let read = read_json(&json!({"name": "LCP", "value": 1, "release": "6.6.6"})).unwrap().remove(0);
        assert_eq!(read.dimensions.release, OTHER_RELEASE);
    }

    #[test]
    fn what_is_no_beacon_is_refused() {
        for body in [
            "",
            "null",
            "7",
            "\"LCP\"",
            "[]",
            "[7]",
            "{}",
            "{\"name\":\"LCP\"}",
            "{\"name\":\"LCP\",\"value\":NaN}",
            "{\"name\":\"LCP\",\"value\":\"1\"}",
            "{\"name\":\"LCP\",\"value\":1e999}",
            "\u{feff}[]",
            "[[[[[[",
        ] {
            assert!(read(body.as_bytes(), KNOWN).is_err(), "{body}");
        }
        let many = vec![json!({"name": "LCP", "value": 1}); MEASUREMENTS_MAX + 1];
        assert!(matches!(read_json(&json!(many)), Err(BadBeacon::Count)));
        assert!(read(&[0xff, 0xfe, 0x00], KNOWN).is_err());
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&body, KNOWN);
        }
    }
}
