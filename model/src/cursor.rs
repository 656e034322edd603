//! Keyset pagination: an opaque cursor names the last row seen, so that pages neither skip nor repeat when rows come and go.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const CURSOR_BYTES: usize = 24;
/// What a cursor of a list sorted by words begins with. One sorted by time cannot: its times are not negative.
const WORDS_MARK: u8 = 0xFF;
/// The longest key in characters; longer ones are compared by their beginning.
pub const CURSOR_WORDS_MAX_CHARS: usize = 120;
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

/// Likewise for a list sorted by words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordsCursor {
    /// The row's words, as the list compares them.
    pub words: String,
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

impl fmt::Display for WordsCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[WORDS_MARK], self.id.as_bytes().as_slice(), self.words.as_bytes()].concat();
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for WordsCursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let (id, words) =
            bytes.strip_prefix(&[WORDS_MARK]).and_then(|rest| rest.split_at_checked(16)).ok_or(BadCursor)?;
        let words = std::str::from_utf8(words).map_err(|_| BadCursor)?;
        // PostgreSQL knows no text with a zero in it.
        if words.contains('\0') || words.chars().count() > CURSOR_WORDS_MAX_CHARS {
            return Err(BadCursor);
        }
        Ok(Self { words: words.to_owned(), id: Uuid::from_slice(id).map_err(|_| BadCursor)? })
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
    pub fn cut<C: fmt::Display>(mut rows: Vec<T>, limit: PageLimit, cursor: impl Fn(&T) -> C) -> Self {
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
    fn a_cursor_of_words_is_never_one_of_time() {
        let cursor = WordsCursor { words: "über den wolken".to_owned(), id: Uuid::from_u128(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        let short = WordsCursor { words: "1234567".to_owned(), ..cursor.clone() };
        assert_eq!(short.to_string().parse::<Cursor>(), Err(BadCursor), "24 bytes, but no time");
        assert_eq!(Cursor { micros: 7, id: Uuid::nil() }.to_string().parse::<WordsCursor>(), Err(BadCursor));
        for words in ["a\0b".to_owned(), "x".repeat(CURSOR_WORDS_MAX_CHARS + 1)] {
            assert_eq!(WordsCursor { words, ..cursor.clone() }.to_string().parse::<WordsCursor>(), Err(BadCursor));
        }
        assert_eq!("_w".parse::<WordsCursor>(), Err(BadCursor));
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
