//! Lists, page by page: newest first, and a cursor that stays where it is while rows come and go.

use std::{fmt, str::FromStr};

use axum::{
    extract::{FromRequestParts, Query as AxumQuery},
    http::request::Parts,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::problem::Problem;

/// Filters and paging from the query string; what does not fit is a problem that says so.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = AxumQuery::try_from_uri(&parts.uri).map_err(|error| Problem::Malformed(error.body_text()))?;
        Ok(Self(query.0))
    }
}

/// A page of rows.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` rows, out of one row more: whether there is that one tells whether there is another page.
    pub fn of(mut rows: Vec<T>, limit: Limit, place: impl Fn(&T) -> Cursor) -> Self {
        let has_more = rows.len() > usize::from(limit.0);
        rows.truncate(usize::from(limit.0));
        let next_cursor = rows.last().filter(|_| has_more).map(|row| place(row).to_string());
        Self { items: rows, next_cursor }
    }
}

/// How many rows a page has: 1 to 100.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u16")]
pub struct Limit(u16);

impl Limit {
    /// How many rows to fetch for a page, see [`Page::of`].
    pub fn and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<u16> for Limit {
    type Error = &'static str;

    fn try_from(limit: u16) -> Result<Self, &'static str> {
        if (1..=100).contains(&limit) { Ok(Self(limit)) } else { Err("must be from 1 to 100") }
    }
}

/// A place in a list: after the row with this time and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cursor {
    /// When that row was made.
    pub time: OffsetDateTime,
    /// Its id, for rows of the same moment.
    pub id: Uuid,
}

impl Default for Cursor {
    /// Before the newest row: what is made later than this is nobody's worry.
    fn default() -> Self {
        Self { time: time::macros::datetime!(9999-12-31 0:00 UTC), id: Uuid::max() }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.time.unix_timestamp_nanos() / 1_000, self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let read = |text: &str| {
            let (time, id) = text.split_once('-')?;
            let micros = i128::from(i64::from_str_radix(time, 16).ok()?);
            let time = OffsetDateTime::from_unix_timestamp_nanos(micros * 1_000).ok()?;
            Some(Self { time, id: Uuid::try_parse(id).ok()? })
        };
        read(text).ok_or("is no cursor of this list")
    }
}

impl TryFrom<String> for Cursor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_to_the_caller_and_back() {
        let cursor = Cursor { time: time::macros::datetime!(2031-05-04 09:30:00.123456 UTC), id: Uuid::now_v7() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "-", "x-y", "7fffffffffffffff-00000000000000000000000000000000", "1-1"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_that_holds_everything_is_the_last() {
        let place = |_: &u8| Cursor::default();
        assert_eq!(Page::of(vec![1, 2], Limit(2), place).next_cursor, None);
        let page = Page::of(vec![1, 2, 3], Limit(2), place);
        assert_eq!((page.items, page.next_cursor.is_some()), (vec![1, 2], true));
    }
}
