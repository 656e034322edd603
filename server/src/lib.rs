//! What happens behind a page of Atlas9: one folder a domain, no HTML.

pub mod composer;
