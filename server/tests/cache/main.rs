//! The cache beside a real Redis, of which some are killed, frozen, cut off or emptied.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests may")]

#[path = "../support/mod.rs"]
mod support;

mod changes;
mod faults;
#[path = "../support/fleet.rs"]
mod fleet;
mod node;
mod several;
mod times;
