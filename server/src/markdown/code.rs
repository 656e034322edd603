//! The code section as Markdown: what the program consists of, then every file.

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
    tree(text, &code.files)?;
    code.files.iter().try_for_each(|file| whole(text, file))
}

/// The files by folder, each with what it is there for.
fn tree(text: &mut String, files: &[SourceFile]) -> std::fmt::Result {
    let mut shown: Vec<&str> = Vec::new();
    for file in files {
        let mut from = 0;
        while let Some(length) = file.path[from..].find('/') {
            let folder = &file.path[..from + length];
            if !shown.contains(&folder) {
                writeln!(text, "{}- `{}/`", indent(folder), name(folder))?;
                shown.push(folder);
            }
            from += length + 1;
        }
        writeln!(text, "{}- `{}`: {}", indent(&file.path), name(&file.path), file.purpose)?;
    }
    Ok(())
}

fn indent(path: &str) -> String {
    "  ".repeat(path.matches('/').count())
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn whole(text: &mut String, file: &SourceFile) -> std::fmt::Result {
    let fence = fence(&file.content);
    let content = file.content.strip_suffix('\n').unwrap_or(&file.content);
    writeln!(text, "\n## `{}`\n\n{}.\n\n{fence}{}\n{content}\n{fence}", file.path, file.purpose, language(&file.path))
}

/// A fence that is longer than any in the text, so that none of them ends it.
fn fence(content: &str) -> String {
    let run = |line: &str| line.trim_start().chars().take_while(|c| *c == '`').count();
    "`".repeat(content.lines().map(run).max().unwrap_or(0).max(2) + 1)
}

fn language(path: &str) -> &'static str {
    match name(path) {
        "Dockerfile" => "dockerfile",
        "Cargo.lock" => "toml",
        file => match file.rsplit('.').next() {
            Some("rs") => "rust",
            Some("toml") => "toml",
            Some("sql") => "sql",
            Some("md") => "markdown",
            Some("yml" | "yaml") => "yaml",
            Some("json") => "json",
            _ => "",
        },
    }
}

#[cfg(test)]
mod tests {
    use model::sections::file_id;

    use super::*;

    fn file(path: &str, content: &str) -> SourceFile {
        SourceFile {
            id: file_id(path),
            path: path.to_owned(),
            purpose: "What it is".to_owned(),
            content: content.to_owned(),
            operations: vec![],
            tables: vec![],
            features: vec![],
        }
    }

    #[test]
    fn no_file_ends_its_own_fence() {
        let files = vec![file("README.md", "a\n````sh\nb\n````\n"), file("src/main.rs", "fn main() {}\n")];
        let page = Code { overview: "A program.".to_owned(), files };
        let text = code(&Directive::parse("A shop").unwrap(), &page);
        assert!(text.contains("\n`````markdown\na\n````sh\nb\n````\n`````\n"), "{text}");
        assert!(text.contains("- `src/`\n  - `main.rs`: What it is\n"), "{text}");
        assert!(text.ends_with("```rust\nfn main() {}\n```\n"), "{text}");
    }
}
