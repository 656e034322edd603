//! Keyset pagination: an opaque cursor names the last row seen, so that pages neither skip nor repeat when rows come and go.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const CURSOR_BYTES: usize = 24;
/// From 1970 to the end of 9999: no row of ours is of another time, and PostgreSQL knows them all.
const TIMES: std::ops::Range<i64> = 0..253_402_300_800_000_000;

/// The place after which the next page starts: the sort key of the last row, and its id to break ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The row's time, in microseconds since the Unix epoch: the resolution PostgreSQL keeps.
    pub micros: i64,
    /// The row's id.
    pub id: Uuid,
}

/// A text that no page of ours handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cursor is not valid: start again from the first page")]
pub struct BadCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0_u8; CURSOR_BYTES];
        bytes[..8].copy_from_slice(&self.micros.to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let bytes: [u8; CURSOR_BYTES] = bytes.try_into().map_err(|_| BadCursor)?;
        let (time, id) = bytes.split_at(8);
        let micros = i64::from_be_bytes(time.try_into().map_err(|_| BadCursor)?);
        if !TIMES.contains(&micros) {
            return Err(BadCursor);
        }
        Ok(Self { micros, id: Uuid::from_slice(id).map_err(|_| BadCursor)? })
    }
}

/// How many rows a page may hold: 20 unless told, never more than 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u16);

impl PageLimit {
    /// The page size nobody asked for.
    pub const DEFAULT: Self = Self(20);
    /// The largest page handed out.
    pub const MAX: u16 = 100;

    /// Takes what a caller asked for and caps it; zero and nothing mean the default.
    pub fn capped(asked: Option<u32>) -> Self {
        match asked {
            None | Some(0) => Self::DEFAULT,
            Some(n) => Self(u16::try_from(n).unwrap_or(Self::MAX).min(Self::MAX)),
        }
    }

    /// Rows on a page.
    pub fn rows(self) -> usize {
        self.0.into()
    }

    /// Rows to fetch: one more than shown tells whether there is a next page without counting.
    pub fn fetch(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts the extra row of [`PageLimit::fetch`] off and makes the cursor from the last row that stays.
    pub fn cut(mut rows: Vec<T>, limit: PageLimit, cursor: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next_cursor = rows.last().filter(|_| more).map(|row| cursor(row).to_string());
        Self { items: rows, next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_address_bar() {
        let cursor = Cursor { micros: 1_750_000_000_123_456, id: Uuid::from_u128(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        let far = |micros| Cursor { micros, id: Uuid::nil() }.to_string();
        for bad in ["", "abc", "%%%", "AAAA", &"A".repeat(500), "🐝", &far(i64::MAX), &far(i64::MIN), &far(-1)] {
            assert_eq!(bad.parse::<Cursor>(), Err(BadCursor), "{bad}");
        }
    }

    #[test]
    fn limits_are_capped_not_refused() {
        let rows = |asked| PageLimit::capped(asked).rows();
        assert_eq!((rows(None), rows(Some(0)), rows(Some(7)), rows(Some(4_000_000_000))), (20, 20, 7, 100));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let cursor = |n: &i64| Cursor { micros: *n, id: Uuid::nil() };
        let limit = PageLimit::capped(Some(2));
        assert_eq!(Page::cut(vec![1, 2], limit, cursor).next_cursor, None);
        let page = Page::cut(vec![1, 2, 3], limit, cursor);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(page.next_cursor.unwrap().parse::<Cursor>().unwrap().micros, 2);
    }
}
