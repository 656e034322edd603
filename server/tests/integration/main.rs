//! What the domains promise, each on a database of its own in the real PostgreSQL, beside the real Redis. One program, because linking one takes
//! longer than most of what is tried in it.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests may, and so may what they stand on"
)]

mod accounts;
mod archive;
mod bus;
mod cache;
#[path = "support/qstash.rs"]
mod fake;
mod faults;
#[path = "support/fleet.rs"]
mod fleet;
mod hooks;
mod images;
mod jobs;
mod metrics;
#[path = "support/models.rs"]
mod models;
mod notices;
mod people_and_projects;
mod plans;
mod pooler;
mod providers;
mod pusher;
mod release_files;
mod releases;
mod replica;
mod revisions;
mod rooms;
mod studio;
mod support;
mod transports;
mod vitals;
#[path = "support/web.rs"]
mod web;
mod webhooks;
