//! What differs between two versions of a section, piece by piece, in words that people can read.

use std::{collections::BTreeMap, time::Duration};

use model::{Piece, PiecePath, Stage, sections::Sections};
use serde_json::Value;
use similar::{ChangeTag, DiffOp, TextDiff};

/// However long two pieces are, comparing them ends after this; what is left is then shown as exchanged.
const LONGEST: Duration = Duration::from_millis(200);
/// Lines around a change that stay visible.
const CONTEXT: usize = 3;

/// A piece that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Where it stands.
    pub path: PiecePath,
    /// What it is called.
    pub title: String,
    /// How it differs.
    pub change: Change,
    /// Its lines, those that did not change around a change included. Empty lines of three dots stand for those left out.
    pub lines: Vec<Line>,
}

/// How a piece differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It says something else.
    Edited,
}

/// A line of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether it was there before, is there now, or both.
    pub span: Span,
    /// Its words, or runs of them.
    pub words: Vec<Word>,
}

/// In which versions a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// In both.
    Both,
    /// In the earlier only.
    Before,
    /// In the later only.
    After,
    /// Lines in both were left out here.
    Gap,
}

/// A run of words in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The words.
    pub text: String,
    /// Whether it is these that differ from the other version's line.
    pub differs: bool,
}

/// Compares a section with an earlier version of itself. In the order of the later one; what was removed stands last.
pub fn compare(stage: Stage, before: &Sections, after: &Sections) -> Vec<Changed> {
    let old: BTreeMap<PiecePath, Value> =
        before.pieces(stage).into_iter().map(|piece| (piece.path, piece.value)).collect();
    let now = after.pieces(stage);
    let gone = before.pieces(stage).into_iter().filter(|piece| now.iter().all(|other| other.path != piece.path));
    let changed = now.iter().filter_map(|piece| match old.get(&piece.path) {
        None => Some(one(piece, Change::Added, &[], &lines(&piece.value))),
        Some(value) if *value == piece.value => None,
        Some(value) => Some(one(piece, Change::Edited, &lines(value), &lines(&piece.value))),
    });
    changed.chain(gone.map(|piece| one(&piece, Change::Removed, &lines(&piece.value), &[]))).collect()
}

fn one(piece: &Piece, change: Change, before: &[String], after: &[String]) -> Changed {
    let (before, after) = (before.join("\n"), after.join("\n"));
    let diff = TextDiff::configure().timeout(LONGEST).diff_lines(before.as_str(), after.as_str());
    Changed { path: piece.path.clone(), title: title(piece), change, lines: told(&diff) }
}

/// What a piece is called: by its title or name, else by its place.
fn title(piece: &Piece) -> String {
    let named = ["title", "name", "path", "what", "id"].iter().find_map(|key| piece.value.get(key)?.as_str());
    named.map_or_else(|| piece.path.part().replace('_', " "), str::to_owned)
}

fn told<'a>(diff: &TextDiff<'a, 'a, str>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (nth, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        let skips = group.first().is_some_and(|op| op.old_range().start > 0 || op.new_range().start > 0);
        if nth > 0 || skips {
            lines.push(Line { span: Span::Gap, words: Vec::new() });
        }
        group.iter().for_each(|op| lines.extend(told_op(diff, op)));
    }
    lines
}

fn told_op<'a>(diff: &TextDiff<'a, 'a, str>, op: &DiffOp) -> Vec<Line> {
    let line = |change: similar::InlineChange<'_, str>| Line {
        span: match change.tag() {
            ChangeTag::Equal => Span::Both,
            ChangeTag::Delete => Span::Before,
            ChangeTag::Insert => Span::After,
        },
        words: change
            .iter_strings_lossy()
            .map(|(differs, text)| Word { text: text.trim_end_matches('\n').to_owned(), differs })
            .filter(|word| !word.text.is_empty())
            .collect(),
    };
    diff.iter_inline_changes(op).map(line).collect()
}

/// A piece as lines: what it says, field by field.
fn lines(value: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    write(&mut lines, "", value);
    lines
}

fn write(lines: &mut Vec<String>, name: &str, value: &Value) {
    let labelled = |text: &str| if name.is_empty() { text.to_owned() } else { format!("{name}: {text}") };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter().filter(|(key, _)| *key != "id") {
                let key = key.replace('_', " ");
                write(lines, &if name.is_empty() { key } else { format!("{name} {key}") }, value);
            }
        }
        Value::Array(items) if items.iter().all(|item| !item.is_object()) && items.len() <= 3 => {
            let items: Vec<String> = items.iter().map(plain).collect();
            if items.iter().map(String::len).sum::<usize>() < 80 {
                lines.push(labelled(&items.join(", ")));
            } else {
                lines.extend(items.iter().map(|item| labelled(item)));
            }
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Object(_) => lines.push(labelled(&joined(item))),
                    other => lines.push(labelled(&plain(other))),
                }
            }
        }
        Value::String(text) if text.starts_with("<svg") => {
            lines.push(labelled(&format!("a drawing of {} bytes", text.len())));
        }
        Value::String(text) if text.contains('\n') => {
            lines.extend(name.split_whitespace().next().map(|_| format!("{name}:")));
            lines.extend(text.lines().map(str::to_owned));
        }
        other => lines.push(labelled(&plain(other))),
    }
}

/// A small object in a line of its own: "name: price, type: money".
fn joined(value: &Value) -> String {
    let mut inner = Vec::new();
    write(&mut inner, "", value);
    inner.join(", ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use model::Address;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn with(pieces: &[(&str, Value)]) -> Sections {
        let mut sections = Sections::default();
        for (at, value) in pieces {
            let at: Address = at.parse().unwrap();
            sections.apply(at.stage, &Piece { path: at.path, value: value.clone() }).unwrap();
        }
        sections
    }

    fn risk(id: &str, text: &str) -> (String, Value) {
        (
            format!("product/risks/{id}"),
            json!({"id": id, "text": text, "mitigation": "Asked twice.", "severity": "low"}),
        )
    }

    #[test]
    fn only_what_differs_is_told_and_words_within_a_line_are_marked() {
        let (a, b, c) =
            (risk("a", "The bridge falls down."), risk("a", "The bridge falls apart."), risk("b", "It rains."));
        let before = with(&[(&a.0, a.1.clone()), (&c.0, c.1.clone())]);
        let after = with(&[(&b.0, b.1)]);
        let changed = compare(Stage::Product, &before, &after);
        let kinds: Vec<(String, Change)> = changed.iter().map(|c| (c.path.to_string(), c.change)).collect();
        assert_eq!(kinds, [("risks/a".to_owned(), Change::Edited), ("risks/b".to_owned(), Change::Removed)]);
        let marked: Vec<&str> =
            changed[0].lines.iter().flat_map(|l| &l.words).filter(|w| w.differs).map(|w| w.text.as_str()).collect();
        assert_eq!(marked, ["down.", "apart."]);
        assert!(changed[0].lines.iter().any(|line| line.span == Span::Both), "the lines around it stay");
        assert!(compare(Stage::Product, &after, &after).is_empty());
    }

    #[test]
    fn a_long_file_shows_what_changed_with_a_few_lines_around() {
        let file = |content: String| json!({"id": "a-rs", "path": "a.rs", "purpose": "x", "content": content});
        let text: Vec<String> = (0..200).map(|n| format!("let line_{n} = {n};")).collect();
        let mut other = text.clone();
        other[100] = "let other = 0;".into();
        let before = with(&[("code/files/a-rs", file(text.join("\n")))]);
        let after = with(&[("code/files/a-rs", file(other.join("\n")))]);
        let changed = compare(Stage::Code, &before, &after);
        assert_eq!(changed[0].title, "a.rs");
        assert!(changed[0].lines.len() < 12, "{}", changed[0].lines.len());
        assert_eq!(changed[0].lines[0].span, Span::Gap);
    }
}
