//! The program itself, as a process: at a terminal, and as Prometheus and a collector of traces meet it.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may, and so may what they stand on"
)]

mod metrics;
#[path = "../../server/tests/integration/support/mod.rs"]
mod support;
mod terminal;
mod traces;
