//! What measurements are told apart by, and the cube of all ways to do so: a measurement counts once in each of its sixteen sides.

use std::collections::HashMap;

use model::vitals::{Histogram, Vital};
use serde::{Deserialize, Serialize};

/// What stands for any.
pub(super) const ANY: &str = "";

/// The longest value of a part, in bytes.
const VALUE_MAX: usize = 200;

/// Where something was measured, and on what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dimensions {
    /// The pattern of the page's address, never the address.
    pub route: &'static str,
    /// A phone, a tablet or a desktop.
    pub device: &'static str,
    /// How fast its connection is said to be.
    pub connection: &'static str,
    /// The release that made the page.
    pub release: String,
}

/// One of the things that measurements are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The pattern of the page's address.
    Route,
    /// A phone, a tablet or a desktop.
    Device,
    /// How fast the connection is said to be.
    Connection,
    /// The release that made the page.
    Release,
}

impl Part {
    /// All of them, in the order of [`Parts`].
    pub const ALL: [Self; 4] = [Self::Route, Self::Device, Self::Connection, Self::Release];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Device => "device",
            Self::Connection => "connection",
            Self::Release => "release",
        }
    }

    const fn bit(self) -> Side {
        1 << self as i16
    }
}

/// Route, device, connection and release; [`ANY`] for any.
pub(super) type Parts = [String; 4];

/// Which parts are told apart, as bits.
pub(super) type Side = i16;

/// Of what vitals are told: each part one value, or any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Of this route.
    pub route: Option<String>,
    /// On this sort of device.
    pub device: Option<String>,
    /// Over this sort of connection.
    pub connection: Option<String>,
    /// Of this release.
    pub release: Option<String>,
}

impl Filter {
    /// What a part is to be, or any.
    pub fn of(&self, part: Part) -> Option<&str> {
        match part {
            Part::Route => self.route.as_deref(),
            Part::Device => self.device.as_deref(),
            Part::Connection => self.connection.as_deref(),
            Part::Release => self.release.as_deref(),
        }
    }

    /// The first part whose value cannot be one that is stored.
    pub fn malformed(&self) -> Option<Part> {
        let is_stored = |value: &str| value.len() <= VALUE_MAX && !value.chars().any(char::is_control);
        Part::ALL.into_iter().find(|part| self.of(*part).is_some_and(|value| !is_stored(value)))
    }

    pub(super) fn parts(&self) -> [Option<&str>; 4] {
        Part::ALL.map(|part| self.of(part))
    }

    /// The side that has one row for what is asked.
    pub(super) fn side(&self) -> Side {
        Part::ALL.into_iter().filter(|part| self.of(*part).is_some()).map(Part::bit).sum()
    }

    /// The sides that tell what is asked by one more part.
    pub(super) fn sides_beyond(&self) -> Vec<(Part, Side)> {
        let free = Part::ALL.into_iter().filter(|part| self.of(*part).is_none());
        free.map(|part| (part, self.side() | part.bit())).collect()
    }
}

/// A place in the cube.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) side: Side,
    pub(super) vital: Vital,
    pub(super) parts: Parts,
}

/// What was measured of one combination of all parts.
#[derive(Debug, Clone)]
pub(super) struct Combination {
    pub(super) vital: Vital,
    pub(super) parts: Parts,
    pub(super) histogram: Histogram,
}

/// Counts each combination in these sides.
pub(super) fn cube(
    combinations: &[Combination],
    sides: impl IntoIterator<Item = Side> + Clone,
) -> HashMap<Cell, Histogram> {
    let mut cells: HashMap<Cell, Histogram> = HashMap::new();
    for Combination { vital, parts, histogram } in combinations {
        for side in sides.clone() {
            let told = |part: Part| side & part.bit() != 0;
            let parts = Part::ALL.map(|part| if told(part) { parts[part as usize].clone() } else { ANY.to_owned() });
            cells.entry(Cell { side, vital: *vital, parts }).or_default().merge(histogram);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measurement_counts_once_in_each_side() {
        let of = |route: &str, device: &str, value: f64| {
            let mut histogram = Histogram::default();
            histogram.add(value);
            Combination { vital: Vital::Lcp, parts: [route, device, "4g", "1.0"].map(str::to_owned), histogram }
        };
        let all = [of("/", "phone", 100.0), of("/", "desktop", 200.0), of("/projects", "phone", 300.0)];
        let cells = cube(&all, 0..16);
        for side in 0..16 {
            let counts = cells.iter().filter(|(cell, _)| cell.side == side).map(|(_, histogram)| histogram.count());
            assert_eq!(counts.sum::<u64>(), 3, "side {side}");
        }
        let count = |side: Side, parts: [&str; 4]| {
            cells.get(&Cell { side, vital: Vital::Lcp, parts: parts.map(str::to_owned) }).map(Histogram::count)
        };
        assert_eq!(count(0, [ANY; 4]), Some(3));
        assert_eq!((count(1, ["/", "", "", ""]), count(1, ["/projects", "", "", ""])), (Some(2), Some(1)));
        assert_eq!((count(2, ["", "phone", "", ""]), count(8, ["", "", "", "1.0"])), (Some(2), Some(3)));
        assert_eq!(count(15, ["/", "phone", "4g", "1.0"]), Some(1));
    }

    #[test]
    fn a_filter_names_the_side_that_answers_it() {
        let filter = Filter { device: Some("phone".to_owned()), ..Filter::default() };
        assert_eq!((Filter::default().side(), filter.side()), (0, 2));
        assert_eq!(filter.sides_beyond(), [(Part::Route, 3), (Part::Connection, 6), (Part::Release, 10)]);
    }
}
