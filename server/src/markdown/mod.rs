//! Sections as Markdown: for a terminal, a file, and whoever reads them as a diff.

mod brand;
mod code;
mod product;

pub use brand::brand;
pub use code::code;
pub use product::product;

/// A text that ends with one newline.
fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end())
}
