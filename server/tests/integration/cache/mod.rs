//! The cache beside a real Redis, of which some are killed, frozen, cut off or emptied.

mod changes;
mod faults;
mod node;
mod several;
mod times;
