//! Sections as Markdown: for a terminal, a file, and whoever reads them as a diff.

mod brand;
mod design;
mod product;

pub use brand::brand;
pub use design::design;
pub use product::product;

/// A text that ends with one newline.
fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end())
}
