//! The whole API, over a database of its own for each test. `DATABASE_URL` says on which server those are made.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on should say where")]

«modules»
