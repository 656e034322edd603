//! A piece: one addressable part of a section as it streams.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

const PATH_MAX_BYTES: usize = 200;

/// Where a piece stands in its section: `summary`, or `features/list-thing` for one of many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PiecePath(String);

/// A text that addresses no piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a piece is addressed as `part` or `part/id`, of letters, digits, - and _, in at most {PATH_MAX_BYTES} bytes")]
pub struct BadPath;

impl PiecePath {
    /// Checks an address from outside.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        let word = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        let segments: Vec<&str> = text.split('/').collect();
        if text.len() <= PATH_MAX_BYTES && segments.len() <= 2 && segments.iter().all(|s| word(s)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadPath)
        }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part of the section it belongs to: `features` of `features/list-thing`.
    pub fn part(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// Which one of its part it is, for parts that hold many.
    pub fn id(&self) -> Option<&str> {
        self.0.split_once('/').map(|(_, id)| id)
    }
}

impl fmt::Display for PiecePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PiecePath {
    type Error = BadPath;

    fn try_from(text: String) -> Result<Self, BadPath> {
        Self::parse(&text)
    }
}

impl From<PiecePath> for String {
    fn from(path: PiecePath) -> Self {
        path.0
    }
}

/// One part of a section with its address. Writing a piece to a path that is taken replaces what was there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// Where it stands.
    pub path: PiecePath,
    /// What it is: a string, or an object with the fields of its part.
    pub value: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_or_two_plain_segments() {
        let path = PiecePath::parse("features/list-thing").unwrap();
        assert_eq!((path.part(), path.id()), ("features", Some("list-thing")));
        assert_eq!(PiecePath::parse("summary").unwrap().id(), None);
        for bad in ["", "/", "a/", "/a", "a/b/c", "a b", "../x", "a\"b", "<a>", &"x".repeat(201)] {
            assert_eq!(PiecePath::parse(bad), Err(BadPath), "{bad}");
        }
    }
}
