//! What happens behind a page of Atlas9: one folder a domain, no HTML.

pub mod accounts;
pub mod archive;
pub mod blobs;
pub mod bus;
pub mod cache;
pub mod clock;
pub mod composer;
pub mod config;
pub mod db;
pub mod events;
pub mod http;
pub mod images;
pub mod jobs;
pub mod limits;
pub mod mail;
pub mod markdown;
pub mod metrics;
pub mod outbound;
pub mod projects;
pub mod providers;
pub mod rest;
pub mod services;
pub mod shown;
pub mod studio;
pub mod tasks;
pub mod vitals;
