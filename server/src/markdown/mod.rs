//! Sections as Markdown: for a terminal, a file, and whoever reads them as a diff.

mod architecture;
mod brand;
mod product;

pub use architecture::architecture;
pub use brand::brand;
pub use product::product;

/// A text that ends with one newline.
fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end())
}
