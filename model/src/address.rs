//! Where a piece stands in a project: its stage and its path in that stage's section.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{PiecePath, Stage};

/// A piece of a project: `product/features/list-thing`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// Of which section.
    pub stage: Stage,
    /// Where in it.
    pub path: PiecePath,
}

/// A text that is no address of a piece.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" addresses no piece: expected a stage and a path, such as product/summary or design/screens/list-offers"
)]
pub struct BadAddress(pub String);

impl Address {
    /// The address of a piece of a list.
    pub fn of(stage: Stage, part: &str, id: &str) -> Option<Self> {
        Some(Self { stage, path: PiecePath::parse(&format!("{part}/{id}")).ok()? })
    }

    /// The address of a piece that stands alone in its part.
    pub fn single(stage: Stage, part: &str) -> Option<Self> {
        Some(Self { stage, path: PiecePath::parse(part).ok()? })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.stage, self.path)
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress(text.chars().take(80).collect());
        let (stage, path) = text.split_once('/').ok_or_else(bad)?;
        Ok(Self { stage: stage.parse().map_err(|_| bad())?, path: PiecePath::parse(path).map_err(|_| bad())? })
    }
}

impl TryFrom<String> for Address {
    type Error = BadAddress;

    fn try_from(text: String) -> Result<Self, BadAddress> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_and_others_are_refused() {
        for good in ["product/summary", "design/screens/search-listings"] {
            assert_eq!(good.parse::<Address>().unwrap().to_string(), good);
        }
        for bad in ["", "product", "product/", "nothing/summary", "product/a/b/c", "product/../x"] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
