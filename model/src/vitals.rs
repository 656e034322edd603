//! Vitals: how fast pages feel to those who visit them, measured in their browsers. Names, units and bands here; how many measurements make a
//! percentile is in [`Histogram`].

mod histogram;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use histogram::{Histogram, RELATIVE_ERROR};

/// Something that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vital {
    /// Largest Contentful Paint.
    Lcp,
    /// Interaction to Next Paint.
    Inp,
    /// Cumulative Layout Shift.
    Cls,
    /// First Contentful Paint.
    Fcp,
    /// Time to First Byte.
    Ttfb,
    /// First Input Delay, which INP took the place of: browsers that are old still send it.
    Fid,
    /// From the wish to the first piece in the editor.
    FirstPiece,
    /// The longest wait between two pieces while a section was being made.
    StreamGap,
    /// From the island's start to its being alive.
    Hydration,
    /// The longest task while pieces came.
    LongTask,
}

/// How a measurement is to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rating {
    /// As it should be.
    Good,
    /// It will do.
    NeedsWork,
    /// People go away.
    Poor,
}

/// In what a vital is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// A number without a unit, kept in thousandths.
    Score,
}

impl Vital {
    /// All of them, the most telling first.
    pub const ALL: [Self; 10] = [
        Self::Lcp,
        Self::Inp,
        Self::Cls,
        Self::Fcp,
        Self::Ttfb,
        Self::Fid,
        Self::FirstPiece,
        Self::StreamGap,
        Self::Hydration,
        Self::LongTask,
    ];
    /// Google's Core Web Vitals.
    pub const CORE: [Self; 3] = [Self::Lcp, Self::Inp, Self::Cls];

    /// As it is sent and stored. Those of the web have the names of the `web-vitals` library.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lcp => "LCP",
            Self::Inp => "INP",
            Self::Cls => "CLS",
            Self::Fcp => "FCP",
            Self::Ttfb => "TTFB",
            Self::Fid => "FID",
            Self::FirstPiece => "first-piece",
            Self::StreamGap => "stream-gap",
            Self::Hydration => "hydration",
            Self::LongTask => "long-task",
        }
    }

    /// What it is, for whoever does not know the abbreviation.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Lcp => "Largest Contentful Paint: until the main thing is there",
            Self::Inp => "Interaction to Next Paint: from a click to what it changes",
            Self::Cls => "Cumulative Layout Shift: how much what is there moves",
            Self::Fcp => "First Contentful Paint: until anything is there",
            Self::Ttfb => "Time to First Byte: until the server answers",
            Self::Fid => "First Input Delay: until the first click is heard",
            Self::FirstPiece => "First piece: from the wish to the first thing that was made",
            Self::StreamGap => "Stream gap: the longest wait between two pieces",
            Self::Hydration => "Hydration: until the editor is alive",
            Self::LongTask => "Long task: the longest that the page did not answer while pieces came",
        }
    }

    /// In what it is measured.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Cls => Unit::Score,
            _ => Unit::Milliseconds,
        }
    }

    /// Up to the first it is good, beyond the second poor. Those of the web are Google's (https://web.dev/articles/vitals, /fcp, /ttfb, /fid); those of
    /// our own follow INP: what somebody notices, and what makes them wonder whether anything happens.
    pub const fn bands(self) -> (f64, f64) {
        match self {
            Self::Lcp => (2_500.0, 4_000.0),
            Self::Inp => (200.0, 500.0),
            Self::Cls => (0.1, 0.25),
            Self::Fcp => (1_800.0, 3_000.0),
            Self::Ttfb => (800.0, 1_800.0),
            Self::Fid => (100.0, 300.0),
            Self::FirstPiece => (500.0, 2_000.0),
            Self::StreamGap => (1_000.0, 5_000.0),
            Self::Hydration => (200.0, 500.0),
            Self::LongTask => (50.0, 200.0),
        }
    }

    /// The most that can be true: a browser that says more sleeps, lies or is broken.
    pub const fn most(self) -> f64 {
        match self {
            Self::Cls => 50.0,
            _ => 600_000.0,
        }
    }

    /// How a measurement is to be judged.
    pub fn rating(self, value: f64) -> Rating {
        match self.bands() {
            (good, _) if value <= good => Rating::Good,
            (_, poor) if value <= poor => Rating::NeedsWork,
            _ => Rating::Poor,
        }
    }

    /// A measurement in the unit that histograms count in: milliseconds, or thousandths.
    pub fn scaled(self, value: f64) -> f64 {
        match self.unit() {
            Unit::Milliseconds => value,
            Unit::Score => value * 1_000.0,
        }
    }

    /// Back from the unit that histograms count in.
    pub fn unscaled(self, scaled: f64) -> f64 {
        match self.unit() {
            Unit::Milliseconds => scaled,
            Unit::Score => scaled / 1_000.0,
        }
    }
}

impl fmt::Display for Vital {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// There is no vital of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownVital;

impl FromStr for Vital {
    type Err = UnknownVital;

    fn from_str(name: &str) -> Result<Self, UnknownVital> {
        Self::ALL.into_iter().find(|vital| vital.as_str() == name).ok_or(UnknownVital)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_no_other() {
        for vital in Vital::ALL {
            assert_eq!(vital.as_str().parse(), Ok(vital));
        }
        for other in ["", "lcp", "LCP ", "first_piece", "TBT"] {
            assert_eq!(other.parse::<Vital>(), Err(UnknownVital));
        }
    }

    #[test]
    fn a_measurement_is_judged_by_its_bands_and_each_bound_is_the_better_side() {
        assert_eq!(Vital::Lcp.rating(2_500.0), Rating::Good);
        assert_eq!(Vital::Lcp.rating(2_500.1), Rating::NeedsWork);
        assert_eq!(Vital::Cls.rating(0.25), Rating::NeedsWork);
        assert_eq!(Vital::Cls.rating(0.3), Rating::Poor);
        for vital in Vital::ALL {
            let (good, poor) = vital.bands();
            assert!(0.0 < good && good < poor && poor < vital.most(), "{vital}");
            assert!((vital.unscaled(vital.scaled(good)) - good).abs() < 1e-9, "{vital}");
        }
    }
}
