//! What the shape of brand files cannot say.

use crate::composer::knowledge::Fault;

use super::knowledge::BrandKnowledge;

/// Every mistake in the brand files.
pub fn check(_knowledge: &BrandKnowledge) -> Vec<Fault> {
    Vec::new()
}
