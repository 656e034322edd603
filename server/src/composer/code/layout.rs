//! Rust as rustfmt lays it out with `use_small_heuristics = "Max"`: on one line where that fits, otherwise one part a line. Only the few
//! forms that the generated files need.

use super::names::comment;

/// The longest line.
const WIDTH: usize = 120;

/// Rust that is being written.
#[derive(Debug, Default)]
pub struct Source {
    text: String,
}

impl Source {
    /// A line, or several.
    pub fn line(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.text.push_str(text.as_ref());
        self.text.push('\n');
        self
    }

    /// An empty line.
    pub fn gap(&mut self) -> &mut Self {
        self.line("")
    }

    /// A doc comment, if there is anything to say.
    pub fn doc(&mut self, indent: usize, text: &str) -> &mut Self {
        let text = comment(text);
        if !text.is_empty() {
            self.line(format!("{}/// {text}", spaces(indent)));
        }
        self
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.text
    }
}

/// An expression that can be laid out in two ways.
pub enum Expr {
    /// `head` with its opening bracket, items, and what follows the closing bracket.
    List(String, Vec<String>, String),
    /// `head`, calls with their dots, and what follows the last.
    Chain(String, Vec<String>, String),
}

impl Expr {
    /// A bracketed list: `foo(`, `Step {`, `&[`.
    pub fn list(head: &str, items: impl IntoIterator<Item = String>, tail: &str) -> Self {
        Self::List(head.to_owned(), items.into_iter().collect(), tail.to_owned())
    }

    /// A chain of calls.
    pub fn chain(head: &str, calls: impl IntoIterator<Item = String>, tail: &str) -> Self {
        Self::Chain(head.to_owned(), calls.into_iter().collect(), tail.to_owned())
    }

    /// On one line.
    pub fn flat(&self) -> String {
        match self {
            Self::List(head, items, tail) => {
                let pad = if head.ends_with('{') { " " } else { "" };
                format!("{head}{pad}{}{pad}{}{tail}", items.join(", "), closing(head))
            }
            Self::Chain(head, calls, tail) => format!("{head}{}{tail}", calls.concat()),
        }
    }

    /// One part a line; the first line is not indented.
    fn tall(&self, indent: usize) -> String {
        let (here, inner) = (spaces(indent), indent + 4);
        match self {
            // A single item that is broken up itself shares its first and last line with the brackets.
            Self::List(head, items, tail) if items.len() == 1 && items[0].contains('\n') => {
                format!("{head}{}{}{tail}", items[0].replace("\n    ", "\n"), closing(head))
            }
            Self::List(head, items, tail) => {
                let lines: String = items.iter().map(|item| format!("{},\n", field(inner, item))).collect();
                format!("{head}\n{lines}{here}{}{tail}", closing(head))
            }
            Self::Chain(head, calls, tail) => {
                let lines: Vec<String> = calls.iter().map(|one| call(inner, one)).collect();
                format!("{head}\n{}{tail}", lines.join("\n"))
            }
        }
    }

    /// As a statement or the end of a block.
    pub fn alone(&self, indent: usize) -> String {
        let flat = self.flat();
        format!("{}{}", spaces(indent), if fits(indent, &flat) { flat } else { self.tall(indent) })
    }

    /// As an item of a list that is broken up: with a comma behind it, and without indentation before it.
    pub fn item(&self, indent: usize, left: &str) -> String {
        let left = if left.is_empty() { String::new() } else { format!("{left} ") };
        let flat = self.flat();
        if fits(indent + 1, &format!("{left}{flat}")) {
            format!("{left}{flat}")
        } else if !left.is_empty() && fits(indent + 5, &flat) {
            format!("{}\n{}{flat}", left.trim_end(), spaces(indent + 4))
        } else {
            format!("{left}{}", self.tall(indent))
        }
    }

    /// As a `use`: on one line unless a name has braces of its own, which then gets a line.
    pub fn import(&self) -> String {
        let Self::List(head, items, tail) = self else { return self.flat() };
        if let [one] = items.as_slice() {
            return format!("{}{one}{tail}", head.trim_end_matches('{'));
        }
        let flat = format!("{head}{}}}{tail}", items.join(", "));
        if !items.iter().any(|item| item.contains('{')) && fits(0, &flat) {
            return flat;
        }
        format!("{head}\n{}}}{tail}", packed(items))
    }

    /// After `let x =` or `field:`. What fits neither beside nor below it is broken up.
    pub fn after(&self, indent: usize, left: &str) -> String {
        let flat = self.flat();
        let beside = format!("{left} {flat}");
        let text = if fits(indent, &beside) {
            beside
        } else if fits(indent + 4, &flat) {
            format!("{left}\n{}{flat}", spaces(indent + 4))
        } else {
            format!("{left} {}", self.tall(indent))
        };
        format!("{}{text}", spaces(indent))
    }
}

/// Names to import: plain ones share lines, those with a path have their own.
fn packed(items: &[String]) -> String {
    let (mut text, mut line) = (String::new(), String::new());
    let end = |line: &mut String, text: &mut String| {
        if !line.is_empty() {
            text.push_str(&format!("    {line}\n"));
            line.clear();
        }
    };
    for item in items {
        let nested = item.contains("::");
        if nested || !fits(5, &format!("{line} {item},")) {
            end(&mut line, &mut text);
        }
        line = format!("{line} {item},").trim_start().to_owned();
        if nested {
            end(&mut line, &mut text);
        }
    }
    end(&mut line, &mut text);
    text
}

/// An item of a list; a field whose call does not fit beside its name breaks before the call's dot.
fn field(indent: usize, item: &str) -> String {
    let flat = format!("{}{item}", spaces(indent));
    match item.split_once(": fields.") {
        Some((name, call)) if width(&flat) >= WIDTH => {
            format!("{}{name}: fields\n{}.{call}", spaces(indent), spaces(indent + 4))
        }
        _ => flat,
    }
}

/// A call of a chain; a route that does not fit has its path and its handlers on lines of their own.
fn call(indent: usize, call: &str) -> String {
    let flat = format!("{}{call}", spaces(indent));
    let parts =
        call.strip_prefix(".route(").and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.split_once(", "));
    match parts {
        Some((path, handlers)) if width(&flat) > WIDTH => {
            Expr::list(".route(", [path.to_owned(), handlers.to_owned()], "").alone(indent)
        }
        _ => flat,
    }
}

/// Whether a text fits on a line.
pub fn fits(indent: usize, text: &str) -> bool {
    indent + width(text) <= WIDTH && !text.contains('\n')
}

/// How many columns a text takes: pictographs and the scripts of East Asia take two each.
fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}')
}

/// As many spaces.
pub fn spaces(count: usize) -> String {
    " ".repeat(count)
}

fn closing(head: &str) -> char {
    match head.chars().last() {
        Some('[') => ']',
        Some('{') => '}',
        _ => ')',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_on_a_line_and_what_does_not_is_one_part_a_line() {
        let short = || ["a".to_owned(), "b".to_owned()];
        assert_eq!(Expr::list("foo(", short(), ";").alone(4), "    foo(a, b);");
        assert_eq!(Expr::list("Self {", short(), "").alone(0), "Self { a, b }");
        let (x, y) = ("x".repeat(70), "y".repeat(70));
        let long = Expr::list("foo(", [x.clone(), y.clone()], ";");
        assert_eq!(long.after(0, "let z ="), format!("let z = foo(\n    {x},\n    {y},\n);"));
        assert_eq!(Expr::chain("a", [".b()".to_owned()], ";").alone(0), "a.b();");
    }

    #[test]
    fn what_fits_below_a_name_but_not_beside_it_goes_below() {
        let call = Expr::list("f(", ["x".repeat(110)], ";");
        assert_eq!(call.after(0, "let name ="), format!("let name =\n    f({});", "x".repeat(110)));
    }
}
