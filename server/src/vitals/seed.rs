//! Makes measurements up, for trying out how the program copes with many: as if visitors had come for weeks.

use std::collections::HashMap;

use model::vitals::{Histogram, Vital};
use time::{Duration, OffsetDateTime};

use super::{
    Measurement, Vitals,
    beacon::{CONNECTIONS, DEVICES, OTHER_RELEASE},
    buffer::{Key, Sample, hour_of},
    cube::Dimensions,
    rollup::KEEP_SAMPLES,
    store,
};
use crate::db::DbError;

/// Why nothing was made up.
#[derive(Debug, thiserror::Error)]
pub enum CannotSeed {
    /// There are true measurements, which would be mixed up with these.
    #[error("this database holds measurements already; make some up in an empty one")]
    NotEmpty,
    /// The store failed; what was made until then is there.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Pages that are visited, the most visited first.
const ROUTES: [&str; 12] = [
    "/",
    "/p/{slug}",
    "/explore",
    "/projects/{id}/edit",
    "/projects/{id}",
    "/projects",
    "/login",
    "/signup",
    "/settings",
    "/projects/{id}/revisions",
    "/speed",
    "/status",
];
/// What is measured on each visit, with the middle and the spread of its logarithm; the middle of CLS is in thousandths.
const SHAPES: [(Vital, f64, f64); 6] = [
    (Vital::Lcp, 640.0, 0.55),
    (Vital::Inp, 48.0, 0.7),
    (Vital::Cls, 4.0, 1.4),
    (Vital::Fcp, 430.0, 0.5),
    (Vital::Ttfb, 90.0, 0.8),
    (Vital::Hydration, 60.0, 0.5),
];
/// A release lasts this long.
const RELEASE_DAYS: i64 = 8;
/// Samples written at once.
const AT_ONCE: usize = 20_000;

impl Vitals {
    /// Makes up so many measurements, spread over the last days, and counts them as all others are. `progress` hears how many there are.
    ///
    /// # Errors
    /// [`CannotSeed`].
    pub async fn seed(&self, samples: u64, days: u16, mut progress: impl FnMut(u64)) -> Result<(), CannotSeed> {
        if !store::is_empty(self.db.reader().await).await? {
            return Err(CannotSeed::NotEmpty);
        }
        let now = self.clock.now();
        let (mut random, writer) = (Random(0x9e37_79b9_7f4a_7c15), self.clock.new_id());
        let (days, mut made) = (i64::from(days.max(1)), 0);
        for ago in (0..days).rev() {
            let day = now.date() - Duration::days(ago);
            let share = samples * (days - ago).unsigned_abs() / days.unsigned_abs() - made;
            let visits = share / SHAPES.len() as u64;
            self.seed_day(day.midnight().assume_utc().min(now), visits, &mut random, writer).await?;
            made += visits * SHAPES.len() as u64;
            self.tidy().await?;
            progress(made);
        }
        Ok(())
    }

    async fn seed_day(
        &self,
        day: OffsetDateTime,
        visits: u64,
        random: &mut Random,
        writer: uuid::Uuid,
    ) -> Result<(), DbError> {
        let release = format!("0.0.{}", day.to_julian_day() as i64 / RELEASE_DAYS);
        store::set_release(self.db.primary(), &release, day).await?;
        let now = self.clock.now();
        let keep = day > now - KEEP_SAMPLES + Duration::days(1);
        if keep {
            store::make_partitions(self.db.primary(), day.date(), 1).await?;
        }
        let (mut counted, mut batch) = (HashMap::<Key, Histogram>::new(), Vec::new());
        let length = (now - day).min(Duration::days(1));
        for _ in 0..visits {
            let at = day + length * random.share();
            let dimensions = random.dimensions(&release);
            for (vital, middle, spread) in SHAPES {
                let value = vital.unscaled(middle * (spread * random.normal()).exp()).min(vital.most());
                let key = Key { hour: hour_of(at), vital, dimensions: dimensions.clone() };
                counted.entry(key).or_default().add(vital.scaled(value));
                if keep {
                    let (dimensions, page) = (dimensions.clone(), String::new());
                    batch.push(Sample {
                        at,
                        measurement: Measurement { vital, value, dimensions, navigation: "navigate", page },
                    });
                }
            }
            if batch.len() >= AT_ONCE {
                store::insert_samples(self.db.primary(), &std::mem::take(&mut batch)).await?;
            }
        }
        store::insert_samples(self.db.primary(), &batch).await?;
        let rows: Vec<(&Key, Vec<u8>)> = counted.iter().map(|(key, histogram)| (key, histogram.to_bytes())).collect();
        for rows in rows.chunks(AT_ONCE) {
            store::set_hours(self.db.primary(), writer, rows).await?;
        }
        Ok(())
    }
}

/// Numbers that look random and are the same each time: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least 0, less than 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed around 0, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.share(), self.share());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// One of them, each half as often as the one before.
    fn one_of(&mut self, of: &[&'static str]) -> &'static str {
        let place = self.next().trailing_ones() as usize;
        of[place.min(of.len() - 1)]
    }

    fn dimensions(&mut self, release: &str) -> Dimensions {
        let release = if self.share() < 0.02 { OTHER_RELEASE } else { release };
        Dimensions {
            route: self.one_of(&ROUTES),
            device: self.one_of(&DEVICES),
            connection: self.one_of(&["4g", "3g", CONNECTIONS[4], "2g"]),
            release: release.to_owned(),
        }
    }
}
