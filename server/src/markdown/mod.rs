//! Sections as Markdown: for a terminal, a file, and whoever reads them as a diff.

mod architecture;
mod brand;
mod code;
mod design;
mod product;

use model::{CheckResult, Directive, Stage, sections::Sections};

pub use architecture::architecture;
pub use brand::brand;
pub use code::code;
pub use design::design;
pub use product::product;

/// The section of a stage as Markdown; none where there is no telling it yet.
pub fn section(stage: Stage, directive: &Directive, sections: &Sections) -> Option<String> {
    match stage {
        Stage::Product => Some(product(directive, &sections.product)),
        Stage::Brand => Some(brand(directive, &sections.brand)),
        Stage::Design => Some(design(directive, &sections.design)),
        Stage::Architecture => Some(architecture(directive, &sections.architecture)),
        Stage::Code => Some(code(directive, &sections.code)),
    }
}

/// Checks of a section as a list.
pub fn checks(results: &[CheckResult]) -> String {
    let line =
        |check: &CheckResult| format!("- {} {}: {}\n", if check.passed { "✓" } else { "✗" }, check.name, check.reason);
    format!("## Checks\n\n{}", results.iter().map(line).collect::<String>())
}

/// A text that ends with one newline.
fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end())
}
