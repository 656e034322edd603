//! JSON objects in running text. A model is asked for one object a line, and mostly gives it; some put fences, prose or commas around
//! lines, spread an object over several, or leave one unfinished and begin the next.

/// The most bytes one object may have.
pub(super) const OBJECT_MAX_BYTES: usize = 256 * 1_024;
/// How a piece begins at the start of a line. Inside an object that is not finished it says that the object never will be.
const BEGINNING: &str = "{\"path\"";

/// Something that was found in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// An object, by its braces; what is inside may still be wrong.
    Object(String),
    /// An object that was never finished, or has no end; as much of it as may be shown to the model.
    Broken(String),
}

/// Finds objects as the text comes in.
#[derive(Debug, Default)]
pub(super) struct Objects {
    /// The object that is being read, or the beginning of a line of which it is not clear yet whether it is one.
    held: String,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Bytes of the present line, as far as they may turn out to be a new beginning.
    line: Line,
    found: Vec<Found>,
}

/// What the present line may still be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Line {
    /// Nothing but blanks, list marks or commas so far: an object may begin.
    #[default]
    Fresh,
    /// Prose: nothing begins before the next line.
    Prose,
    /// Within an object, at the start of a line: `usize` bytes of [`BEGINNING`] were there.
    Matching(usize),
}

impl Objects {
    /// Takes text, and gives what was found in it.
    pub(super) fn feed(&mut self, text: &str) -> Vec<Found> {
        for c in text.chars() {
            if self.depth == 0 { self.outside(c) } else { self.inside(c) }
        }
        std::mem::take(&mut self.found)
    }

    /// No more text comes: what is unfinished stays so.
    pub(super) fn finish(&mut self) -> Option<Found> {
        let held = std::mem::take(&mut self.held);
        (std::mem::take(&mut self.depth) > 0).then(|| broken(held))
    }

    fn outside(&mut self, c: char) {
        match c {
            '\n' => self.line = Line::Fresh,
            '{' if self.line == Line::Fresh => self.begin(),
            // What stands around objects in arrays, lists and fences.
            ' ' | '\t' | '\r' | '[' | ']' | ',' | '-' | '*' | '`' if self.line == Line::Fresh => {}
            _ => self.line = Line::Prose,
        }
    }

    fn begin(&mut self) {
        self.held.clear();
        self.held.push('{');
        (self.depth, self.in_string, self.escaped) = (1, false, false);
        self.line = Line::Prose;
    }

    fn inside(&mut self, c: char) {
        self.held.push(c);
        if self.begins_anew(c) {
            let rest = self.held.split_off(self.held.len() - BEGINNING.len());
            let unfinished = std::mem::replace(&mut self.held, rest);
            self.found.push(broken(unfinished));
            (self.depth, self.in_string, self.escaped, self.line) = (1, false, false, Line::Prose);
            return;
        }
        match c {
            _ if self.escaped => self.escaped = false,
            '\\' if self.in_string => self.escaped = true,
            '"' => self.in_string = !self.in_string,
            '{' if !self.in_string => self.depth += 1,
            '}' if !self.in_string => self.depth -= 1,
            _ => {}
        }
        if self.depth == 0 {
            self.found.push(Found::Object(std::mem::take(&mut self.held)));
            self.line = Line::Fresh;
        } else if self.held.len() > OBJECT_MAX_BYTES {
            let held = std::mem::take(&mut self.held);
            self.found.push(broken(held));
            (self.depth, self.line) = (0, Line::Prose);
        }
    }

    /// Whether the line that is being read has just turned out to begin another piece.
    fn begins_anew(&mut self, c: char) -> bool {
        let matched = match (c, self.line) {
            ('\n', _) => 0,
            (_, Line::Matching(count)) if BEGINNING.as_bytes().get(count).copied().map(char::from) == Some(c) => {
                count + 1
            }
            _ => {
                self.line = Line::Prose;
                return false;
            }
        };
        self.line = Line::Matching(matched);
        matched == BEGINNING.len()
    }
}

fn broken(mut text: String) -> Found {
    let mut end = text.len().min(600);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    Found::Broken(text)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    fn read(chunks: &[&str]) -> Vec<Found> {
        let mut objects = Objects::default();
        let mut found: Vec<Found> = chunks.iter().flat_map(|chunk| objects.feed(chunk)).collect();
        found.extend(objects.finish());
        found
    }

    fn object(text: &str) -> Found {
        Found::Object(text.to_owned())
    }

    #[test]
    fn an_object_is_found_as_soon_as_it_is_whole() {
        let mut objects = Objects::default();
        assert_eq!(objects.feed("{\"path\":\"a\",\"value\":\"}{\\\"\""), []);
        assert_eq!(objects.feed("}"), [object("{\"path\":\"a\",\"value\":\"}{\\\"\"}")]);
    }

    #[test]
    fn fences_prose_lists_and_arrays_around_objects_are_passed_over() {
        let text = "Sure! Here {you} go:\n```json\n[\n  {\"path\": \"a\"},\n  {\"path\": \"b\"}\n]\n```\n- {\"path\":\"c\"}, {\"path\":\"d\"}\nDone {x}.";
        let whole = [r#"{"path": "a"}"#, r#"{"path": "b"}"#, r#"{"path":"c"}"#, r#"{"path":"d"}"#];
        assert_eq!(read(&[text]), whole.map(object));
    }

    #[test]
    fn an_object_may_be_spread_over_lines() {
        let text = "{\n  \"path\": \"a\",\n  \"value\": {\"id\": \"x\"}\n}\n";
        assert_eq!(read(&[text]), [object(text.trim_end())]);
    }

    #[test]
    fn an_unfinished_object_costs_itself_alone() {
        let text = "{\"path\":\"a\",\"value\":\"never closed\n{\"path\":\"b\"}\n{\"path\":\"c\"";
        let found = read(&[text]);
        let broken = |text: &str| Found::Broken(text.to_owned());
        assert_eq!(
            found,
            [
                broken("{\"path\":\"a\",\"value\":\"never closed\n"),
                object("{\"path\":\"b\"}"),
                broken("{\"path\":\"c\"")
            ]
        );
    }

    #[test]
    fn an_object_without_end_is_given_up_and_the_next_line_counts_again() {
        let long = format!("{{\"path\":\"a\",\"value\":\"{}", "x".repeat(OBJECT_MAX_BYTES));
        let found = read(&[&long, "xx\"}\n{\"path\":\"b\"}"]);
        assert!(matches!(&found[0], Found::Broken(text) if text.len() == 600));
        assert_eq!(found[1..], [object("{\"path\":\"b\"}")]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_text_is_split(cuts in proptest::collection::vec(0usize..60, 0..8)) {
            let text = "```\n{\"path\":\"é\",\"value\":\"\\\"🐝\\\\\"}\n{\"path\":\"x\n{\"path\":\"b\"}";
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| text.is_char_boundary(*cut)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&str> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
            prop_assert_eq!(read(&chunks), read(&[text]));
        }

        #[test]
        fn any_text_is_taken(text in ".{0,300}") {
            read(&[&text]);
        }
    }
}
