//! The five stages and the order in which they can run.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One step of a generation. The declaration order is the order in which a page shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// What to build.
    Product,
    /// What it is called and how it speaks.
    Brand,
    /// How it looks.
    Design,
    /// How it is put together.
    Architecture,
    /// The program.
    Code,
}

/// The name of no stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no stage is called \"{0}\": the stages are product, brand, design, architecture and code")]
pub struct BadStage(pub String);

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 5] = [Self::Product, Self::Brand, Self::Design, Self::Architecture, Self::Code];

    /// Its name in logs, addresses and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Brand => "brand",
            Self::Design => "design",
            Self::Architecture => "architecture",
            Self::Code => "code",
        }
    }

    /// The stages whose sections this one is made from. Stages that need the same ones can run in parallel.
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::Product => &[],
            Self::Brand | Self::Design | Self::Architecture => &[Self::Product],
            Self::Code => &[Self::Product, Self::Design, Self::Architecture],
        }
    }

    /// Whether another stage, or what that one is made from, is made from this one: what follows when this one is made anew. A stage
    /// follows itself.
    pub fn makes_stale(self, other: Self) -> bool {
        other == self || other.needs().iter().any(|needed| self.makes_stale(*needed))
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = BadStage;

    fn from_str(text: &str) -> Result<Self, BadStage> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| BadStage(text.chars().take(40).collect()))
    }
}
