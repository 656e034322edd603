//! The brand section.

use leptos::prelude::*;
use model::sections::Brand;

use super::running_text;

/// The pieces of a part as views.
pub(super) fn pieces(brand: &Brand, slot: &str) -> Vec<AnyView> {
    match slot {
        "tagline" => running_text("tagline", &brand.tagline),
        _ => Vec::new(),
    }
}
