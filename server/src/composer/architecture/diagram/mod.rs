//! Pictures.
#![allow(dead_code)]
mod layout;
