//! Percentiles of what was measured: of hours that are over by the day, of those under way by themselves.

use std::collections::BTreeMap;

use model::vitals::{Histogram, Rating, Vital};
use serde::Serialize;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

use super::{
    RELEASES_MAX, Vitals,
    cube::{Combination, Filter, Part, cube},
    store,
};
use crate::db::DbError;

/// The most days that are told of, and how many where nobody says.
pub const DAYS_MAX: u16 = 90;
/// See [`DAYS_MAX`].
pub const DAYS_DEFAULT: u16 = 28;
/// With fewer samples nothing is told as a fact.
pub const SAMPLES_MIN: u64 = 50;
/// The share that counts: three of four visitors have it no worse.
const SHARE: f64 = 0.75;
/// Values of a part that are told of: those with the most samples.
const VALUES_MAX: usize = 60;

/// What was measured, all together, and one vital by its parts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// How many days, today included.
    pub days: u16,
    /// The first of them, in UTC.
    #[serde(with = "iso_date")]
    pub since: Date,
    /// Each vital that was measured.
    pub vitals: Vec<VitalSummary>,
    /// The vital that was asked for, if it was measured.
    pub detail: Option<Detail>,
    /// Releases that came in these days, the latest first.
    pub releases: Vec<Release>,
}

/// What was measured of one vital.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VitalSummary {
    /// Its name.
    pub name: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One vital in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    /// Its name.
    pub name: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub figures: Figures,
    /// By the day, the earliest first; days without any are left out.
    pub trend: Vec<Day>,
    /// How many were how long.
    pub histogram: Vec<Bin>,
    /// By each part that is not fixed, the value with the most samples first.
    pub by: BTreeMap<Part, Vec<Value>>,
}

/// Figures of some samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// How many.
    pub samples: u64,
    /// Half are no worse.
    pub p50: f64,
    /// Three of four are no worse.
    pub p75: f64,
    /// Between what that lies with a certainty of 95 %.
    pub p75_between: (f64, f64),
    /// Nineteen of twenty are no worse.
    pub p95: f64,
    /// How three of four have it, unless there are too few samples to say.
    pub rating: Option<Rating>,
    /// Shares that are good, need work and are poor.
    pub shares: [f64; 3],
}

/// A day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// Which, in UTC.
    #[serde(with = "iso_date")]
    pub day: Date,
    /// What came of it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Samples that are about as long.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// None of them is longer; those of the bin before are shorter than all of them.
    pub up_to: f64,
    /// How many.
    pub samples: u64,
}

/// One value of a part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Value {
    /// As it is stored.
    pub value: String,
    /// What came of it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// A release of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// When it first served a page.
    #[serde(with = "time::serde::rfc3339")]
    pub first_seen_at: OffsetDateTime,
}

time::serde::format_description!(iso_date, Date, "[year]-[month]-[day]");

/// Histograms of what is asked, as they come together.
#[derive(Default)]
struct Gathered {
    totals: BTreeMap<Vital, Histogram>,
    days: BTreeMap<Date, Histogram>,
    by: BTreeMap<Part, BTreeMap<String, Histogram>>,
}

impl Vitals {
    /// What was measured in the last days, today included, with one vital in full.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be asked.
    pub async fn summary(&self, filter: &Filter, vital: Vital, days: u16) -> Result<Summary, DbError> {
        let now = self.clock.now().to_offset(UtcOffset::UTC);
        let days = days.clamp(1, DAYS_MAX);
        let since = now.date() - Duration::days(i64::from(days) - 1);
        let gathered = self.gather(filter, vital, since).await?;
        let mut releases = store::releases(self.db.reader().await, RELEASES_MAX).await?;
        releases.retain(|release| release.first_seen_at.date() >= since);
        let total = |(vital, histogram): (&Vital, &Histogram)| {
            Some(VitalSummary { name: vital.as_str(), figures: Figures::of(*vital, histogram)? })
        };
        let vitals = gathered.totals.iter().filter_map(total).collect();
        Ok(Summary { days, since, vitals, detail: detail(vital, gathered), releases })
    }

    async fn gather(&self, filter: &Filter, vital: Vital, since: Date) -> Result<Gathered, DbError> {
        let pool = self.db.reader().await;
        let sides = filter.sides_beyond();
        let numbers: Vec<i16> = sides.iter().map(|(_, side)| *side).collect();
        let mut gathered = Gathered::default();
        for (day, of, histogram) in store::totals(pool, since, filter).await? {
            gathered.count(vital, day, of, &histogram);
        }
        for (side, mut parts, histogram) in store::by_part(pool, since, vital, &numbers, filter).await? {
            if let Some((part, _)) = sides.iter().find(|(_, of)| *of == side) {
                gathered.count_part(*part, std::mem::take(&mut parts[*part as usize]), &histogram);
            }
        }
        let from = since.midnight().assume_utc();
        let under_way = store::combinations_under_way(pool, from, filter).await?;
        for (day, combination) in &under_way {
            gathered.count(vital, *day, combination.vital, &combination.histogram);
        }
        let of_vital = under_way.into_iter().map(|(_, combination)| combination).filter(|one| one.vital == vital);
        let of_vital: Vec<Combination> = of_vital.collect();
        for (part, side) in sides {
            for (mut cell, histogram) in cube(&of_vital, [side]) {
                gathered.count_part(part, std::mem::take(&mut cell.parts[part as usize]), &histogram);
            }
        }
        Ok(gathered)
    }
}

impl Gathered {
    fn count(&mut self, in_full: Vital, day: Date, vital: Vital, histogram: &Histogram) {
        self.totals.entry(vital).or_default().merge(histogram);
        if vital == in_full {
            self.days.entry(day).or_default().merge(histogram);
        }
    }

    fn count_part(&mut self, part: Part, value: String, histogram: &Histogram) {
        self.by.entry(part).or_default().entry(value).or_default().merge(histogram);
    }
}

/// One vital in full; nothing when it was not measured.
fn detail(vital: Vital, gathered: Gathered) -> Option<Detail> {
    let all = gathered.totals.get(&vital)?;
    let day = |(day, histogram): (Date, Histogram)| Some(Day { day, figures: Figures::of(vital, &histogram)? });
    let part = |(part, values): (Part, BTreeMap<String, Histogram>)| {
        let value =
            |(value, histogram): (String, Histogram)| Some(Value { value, figures: Figures::of(vital, &histogram)? });
        let mut values: Vec<Value> = values.into_iter().filter_map(value).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.figures.samples));
        values.truncate(VALUES_MAX);
        (part, values)
    };
    Some(Detail {
        name: vital.as_str(),
        figures: Figures::of(vital, all)?,
        histogram: bins(vital, all),
        trend: gathered.days.into_iter().filter_map(day).collect(),
        by: gathered.by.into_iter().map(part).collect(),
    })
}

/// The most bins that a drawing has use for.
const BINS_MAX: usize = 48;

/// Buckets of a histogram put together until they are few: neighbours, always as many.
fn bins(vital: Vital, histogram: &Histogram) -> Vec<Bin> {
    let buckets: Vec<(f64, u32)> = histogram.buckets().collect();
    let bin = |buckets: &[(f64, u32)]| {
        let (up_to, _) = buckets.last()?;
        Some(Bin { up_to: vital.unscaled(*up_to), samples: buckets.iter().map(|(_, count)| u64::from(*count)).sum() })
    };
    buckets.chunks(buckets.len().div_ceil(BINS_MAX).max(1)).filter_map(bin).collect()
}

impl Figures {
    fn of(vital: Vital, histogram: &Histogram) -> Option<Self> {
        let at = |share| histogram.quantile(share).map(|scaled| vital.unscaled(scaled));
        let p75 = at(SHARE)?;
        let (low, high) = histogram.interval(SHARE)?;
        let (good, poor) = vital.bands();
        let up_to = |value: f64| histogram.share_up_to(vital.scaled(value));
        let (good, fair) = (up_to(good), up_to(poor));
        Some(Self {
            samples: histogram.count(),
            p50: at(0.5)?,
            p75,
            p75_between: (vital.unscaled(low), vital.unscaled(high)),
            p95: at(0.95)?,
            rating: (histogram.count() >= SAMPLES_MIN).then(|| vital.rating(p75)),
            shares: [good, fair - good, 1.0 - fair],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = f64>) -> Histogram {
        let mut histogram = Histogram::default();
        values.into_iter().for_each(|value| histogram.add(value));
        histogram
    }

    #[test]
    fn below_fifty_samples_nothing_is_judged() {
        let few = Figures::of(Vital::Lcp, &of((1..50).map(f64::from))).unwrap();
        let enough = Figures::of(Vital::Lcp, &of((1..=50).map(f64::from))).unwrap();
        assert_eq!((few.samples, few.rating), (49, None));
        assert_eq!((enough.samples, enough.rating), (50, Some(Rating::Good)));
    }

    #[test]
    fn a_score_is_told_in_its_own_unit_and_its_shares_make_a_whole() {
        let scores = (0..100).map(|n| Vital::Cls.scaled(f64::from(n) / 250.0));
        let figures = Figures::of(Vital::Cls, &of(scores)).unwrap();
        assert!((figures.p75 - 0.3).abs() < 0.01, "{}", figures.p75);
        assert!((figures.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((figures.shares[0] - 0.26).abs() < 0.02, "{:?}", figures.shares);
    }

    #[test]
    fn a_drawing_has_few_bins_and_none_is_lost() {
        let histogram = of((0..5_000).map(|n| f64::from(n) * 7.3));
        let bins = bins(Vital::Lcp, &histogram);
        assert!(bins.len() <= BINS_MAX, "{}", bins.len());
        assert_eq!(bins.iter().map(|bin| bin.samples).sum::<u64>(), 5_000);
        assert!(bins.windows(2).all(|pair| pair[0].up_to < pair[1].up_to));
    }
}
