//! The place of a row in a list that is sorted by time and id.

use model::Cursor;
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

/// A moment as cursors carry it.
pub fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// What a list with the latest first compares with: the time and id of the last row that was shown, or what no row comes before. Always something, so
/// that a query need not ask whether there is; a plan for any cursor could not go to its place in the index otherwise.
pub fn below(after: Option<Cursor>) -> (OffsetDateTime, Uuid) {
    after.map_or((END, Uuid::max()), |cursor| (time(cursor), cursor.id))
}

/// Likewise for a list with the earliest first.
pub fn above(after: Option<Cursor>) -> (OffsetDateTime, Uuid) {
    after.map_or((OffsetDateTime::UNIX_EPOCH, Uuid::nil()), |cursor| (time(cursor), cursor.id))
}

/// No row of ours is as late.
pub const END: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

fn time(cursor: Cursor) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.checked_add(Duration::microseconds(cursor.micros)).unwrap_or(END)
}
