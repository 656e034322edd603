//! The place of a row in a list that is sorted by time and id.

use model::Cursor;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A moment as cursors carry it.
pub fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// What a query compares with: the time and id of the last row that was shown; nothing before the first page, and for a time that no
/// calendar holds.
pub fn place(after: Option<Cursor>) -> (Option<OffsetDateTime>, Option<Uuid>) {
    let time = |cursor: Cursor| OffsetDateTime::UNIX_EPOCH.checked_add(Duration::microseconds(cursor.micros));
    after.map_or((None, None), |cursor| (time(cursor), Some(cursor.id)))
}
