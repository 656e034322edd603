//! The seeded choice of words: the same seed and node, the same choice, and neighbours that do not follow each other.

use sha2::{Digest, Sha256};

/// A number for one place in what is told.
pub fn choice(seed: &str, node: &str) -> u64 {
    let hash = Sha256::new().chain_update(seed).chain_update([0]).chain_update(node).finalize();
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// One of a list for one place, if the list has any.
pub fn pick<'a, T>(items: &'a [T], seed: &str, node: &str) -> Option<&'a T> {
    let count = u64::try_from(items.len()).ok().filter(|count| *count > 0)?;
    usize::try_from(choice(seed, node) % count).ok().and_then(|at| items.get(at))
}
