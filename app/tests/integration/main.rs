//! What is answered over HTTP, by the whole router, on real services.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may, and so may what they stand on"
)]

mod accounts;
mod archive;
mod browser;
mod checks;
mod http;
mod jobs;
mod ready;
mod revisions;
#[path = "../../../server/tests/integration/support/mod.rs"]
mod support;
#[path = "../../../server/tests/integration/support/web.rs"]
mod web;
