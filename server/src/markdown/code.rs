//! The code section as Markdown: what there is, then every file.

use std::fmt::Write as _;

use model::{
    Directive,
    sections::{Code, SourceFile},
};

/// The section as Markdown, with one trailing newline.
pub fn code(directive: &Directive, code: &Code) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, directive, code);
    super::ended(&text)
}

fn write(text: &mut String, directive: &Directive, code: &Code) -> std::fmt::Result {
    writeln!(text, "# The code for: {}\n\n{}\n\n## Files\n", directive.title(120), code.overview)?;
    for file in &code.files {
        writeln!(text, "- `{}`: {}", file.path, file.purpose)?;
    }
    for file in &code.files {
        let fence = fence(file);
        let ends = if file.content.ends_with('\n') { "" } else { "\n" };
        writeln!(text, "\n## {}\n\n{fence}{}\n{}{ends}{fence}", file.path, language(&file.path), file.content)?;
    }
    Ok(())
}

/// Longer than any run of backticks in the file, so that nothing in it ends the block.
fn fence(file: &SourceFile) -> String {
    let longest = file.content.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat((longest + 1).max(3))
}

fn language(path: &str) -> &str {
    match path.rsplit_once('.').map_or("", |(_, kind)| kind) {
        "rs" => "rust",
        "yml" | "yaml" => "yaml",
        "md" => "markdown",
        kind @ ("toml" | "json" | "sql") => kind,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_fences_of_its_own_stays_within_its_block() {
        let file = |content: &str| SourceFile {
            id: "readme-md".into(),
            path: "README.md".into(),
            purpose: "x".into(),
            content: content.into(),
            operations: vec![],
            tables: vec![],
            features: vec![],
        };
        let code = |content: &str| Code { overview: String::new(), files: vec![file(content)] };
        let told = super::code(&Directive::parse("x").unwrap(), &code("a\n````\nb"));
        assert!(told.contains("`````markdown\na\n````\nb\n`````"), "{told}");
    }
}
