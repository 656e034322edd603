//! Hours that are over become part of their day; samples and days that are old go.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{
    Vitals,
    buffer::hour_of,
    cube::{Side, cube},
    store,
};
use crate::{
    db::DbError,
    jobs::{Failure, Job, Kinds, Queue, Rules},
};
use model::vitals::Vital;

/// Samples are kept this long as they came.
pub const KEEP_SAMPLES: Duration = Duration::days(14);
/// Days are kept this long by every combination of parts, and this long by one part.
const KEEP_COMBINED: Duration = Duration::days(100);
const KEEP_DAYS: Duration = Duration::days(800);
/// An hour is over when nobody can be writing of it any more.
const GRACE: Duration = Duration::minutes(5);
/// Hours are kept this long after they have become part of a day.
const KEEP_HOURS: Duration = Duration::days(2);
/// Days that there is room for ahead, should nobody make more.
const ROOM_DAYS: i32 = 4;
/// Rows that go at once, so that no statement takes long.
const AT_ONCE: i64 = 10_000;
/// All sides of the cube.
pub(super) const SIDES: std::ops::Range<Side> = 0..16;

/// Makes days of hours, makes room for samples, and forgets what is old.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TidyVitals {}

impl Job for TidyVitals {
    const KIND: &'static str = "tidy-vitals";
    const RULES: Rules = Rules { queue: Queue::Upkeep, ..Rules::USUAL };
}

impl Vitals {
    /// Adds what is done in the background.
    #[must_use]
    pub fn kinds(&self, kinds: Kinds) -> Kinds {
        let vitals = self.clone();
        kinds.on::<TidyVitals, _, _>(move |_, _| {
            let vitals = vitals.clone();
            async move { vitals.tidy().await.map_err(Failure::retry) }
        })
    }

    /// Does what is due; nothing when asked again at once.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot; what was done until then is done.
    pub async fn tidy(&self) -> Result<(), DbError> {
        let (pool, now) = (self.db.primary(), self.clock.now());
        self.make_room().await?;
        while self.roll_next().await? {}
        store::drop_partitions(pool, (now - KEEP_SAMPLES).date()).await?;
        while store::prune_hours(pool, now - KEEP_HOURS, AT_ONCE).await? > 0 {}
        while store::prune_days(pool, (now - KEEP_DAYS).date(), (now - KEEP_COMBINED).date(), AT_ONCE).await? > 0 {}
        Ok(())
    }

    /// Makes room for the samples of these days.
    pub(super) async fn make_room(&self) -> Result<(), DbError> {
        store::make_partitions(self.db.primary(), self.clock.now().date(), ROOM_DAYS).await
    }

    /// Adds the next hours that are over to the day they are of. Whoever does this at the same time waits, and finds the hours after these.
    async fn roll_next(&self) -> Result<bool, DbError> {
        let mut tx = self.db.primary().begin().await?;
        let last = store::lock_rolled(&mut tx).await?;
        let Some(first) = store::first_hour_after(&mut tx, last).await? else { return Ok(false) };
        let end = end_of_day(first).min(hour_of(self.clock.now() - GRACE));
        if first >= end {
            return Ok(false);
        }
        for vital in Vital::ALL {
            let hours = store::combinations(&mut tx, vital, first, end).await?;
            let mut cells = cube(&hours, SIDES);
            for (cell, known) in store::cells(&mut tx, first.date(), &cells).await? {
                if let Some(histogram) = cells.get_mut(&cell) {
                    histogram.merge(&known);
                }
            }
            store::set_cells(&mut tx, first.date(), &cells).await?;
        }
        store::set_rolled(&mut tx, end - Duration::hours(1)).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The midnight after a moment, in UTC.
fn end_of_day(at: OffsetDateTime) -> OffsetDateTime {
    at.date().midnight().assume_utc() + Duration::days(1)
}
