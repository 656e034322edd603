//! Drawing: boxes with words in them, wires, and arrows, in the colours of the page.

use std::fmt::Write as _;

use super::layout::{Rect, Segment};

/// What stands first in a box.
pub const TITLE: i32 = 13;
/// All other words.
pub const SMALL: i32 = 11;
/// From line to line.
pub const LINE: i32 = 15;
/// Between a box and its words.
pub const INSIDE: i32 = 8;

const ELLIPSIS: char = '…';

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A part of the product.
    Part,
    /// The product itself, or what keeps everything.
    Chief,
    /// A person.
    Person,
    /// Something outside.
    Outside,
}

/// A drawing under way.
#[derive(Debug)]
pub struct Pen {
    drawn: String,
}

impl Pen {
    /// Begins a drawing of a size.
    pub fn new(width: i32, height: i32, title: &str) -> Self {
        let title = escaped(title);
        let drawn = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\" font-family=\"Inter, system-ui, sans-serif\" font-size=\"{SMALL}\" fill=\"currentColor\"><title>{title}</title>",
            // A label may hold no entities, and no colon that could be taken for an address.
            title.replace(['&', ';', ':', '"', '<'], " ")
        );
        Self { drawn }
    }

    /// The finished drawing.
    pub fn done(mut self) -> String {
        self.drawn.push_str("</svg>");
        self.drawn
    }

    /// A box.
    pub fn frame(&mut self, rect: Rect, kind: Kind) {
        let Rect { x, y, w, h } = rect;
        let (stroke, rx, more) = match kind {
            Kind::Part => ("currentColor", 3, ""),
            Kind::Chief => ("var(--wire-accent, currentColor)", 3, " stroke-width=\"2\""),
            Kind::Person => ("currentColor", 18, ""),
            Kind::Outside => ("var(--wire-quiet, currentColor)", 3, " stroke-dasharray=\"5 3\""),
        };
        self.put(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{rx}\" fill=\"var(--wire-fill, none)\" stroke=\"{stroke}\"{more}/>"
        ));
    }

    /// A box with a title and lines below it, centred.
    pub fn card(&mut self, rect: Rect, kind: Kind, title: &[String], lines: &[String]) {
        self.frame(rect, kind);
        let count = i32::try_from(title.len() + lines.len()).unwrap_or(0);
        let mut y = rect.y + (rect.h - count * LINE) / 2 + LINE - 4;
        for line in title {
            self.text((rect.x + rect.w / 2, y), line, "middle", &format!(" font-size=\"{TITLE}\" font-weight=\"600\""));
            y += LINE;
        }
        for line in lines {
            self.text((rect.x + rect.w / 2, y), line, "middle", " fill=\"var(--wire-quiet, currentColor)\"");
            y += LINE;
        }
    }

    /// A line of words.
    pub fn text(&mut self, (x, y): (i32, i32), words: &str, anchor: &str, more: &str) {
        let anchor = if anchor == "start" { String::new() } else { format!(" text-anchor=\"{anchor}\"") };
        self.put(format_args!("<text x=\"{x}\" y=\"{y}\"{anchor}{more}>{}</text>", escaped(words)));
    }

    /// Lines.
    pub fn wires(&mut self, segments: &[Segment]) {
        if segments.is_empty() {
            return;
        }
        let mut path = String::new();
        for [(x1, y1), (x2, y2)] in segments {
            let _ = if x1 == x2 { write!(path, "M{x1} {y1}V{y2}") } else { write!(path, "M{x1} {y1}H{x2}") };
        }
        self.stroke(&path);
    }

    /// The point of an arrow: where it is, and which way it looks.
    pub fn arrow(&mut self, (x, y): (i32, i32), (dx, dy): (i32, i32)) {
        // The base lies behind the point, three to each side.
        let (bx, by) = (x - dx * 7, y - dy * 7);
        let (sx, sy) = (dy * 3, dx * 3);
        self.put(format_args!(
            "<path d=\"M{x} {y}L{} {}L{} {}Z\" fill=\"var(--wire-quiet, currentColor)\"/>",
            bx + sx,
            by + sy,
            bx - sx,
            by - sy
        ));
    }

    /// A path that is not filled.
    pub fn stroke(&mut self, path: &str) {
        self.put(format_args!("<path d=\"{path}\" fill=\"none\" stroke=\"var(--wire-quiet, currentColor)\"/>"));
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.drawn.write_fmt(what);
    }
}

/// Wires without the parts that words stand on.
pub fn cut(segments: &[Segment], words: &[Rect]) -> Vec<Segment> {
    let mut left = segments.to_vec();
    for rect in words {
        left = left.iter().flat_map(|segment| cut_one(*segment, *rect)).collect();
    }
    left
}

fn cut_one(segment: Segment, rect: Rect) -> Vec<Segment> {
    let [(x1, y1), (x2, y2)] = segment;
    let flat = y1 == y2;
    let (from, to, other) = if flat { (x1.min(x2), x1.max(x2), y1) } else { (y1.min(y2), y1.max(y2), x1) };
    let (low, high, least, most) = if flat {
        (rect.x, rect.x + rect.w, rect.y, rect.y + rect.h)
    } else {
        (rect.y, rect.y + rect.h, rect.x, rect.x + rect.w)
    };
    if other < least || other > most || to <= low || from >= high {
        return vec![segment];
    }
    let piece = |a: i32, b: i32| if flat { [(a, y1), (b, y1)] } else { [(x1, a), (x1, b)] };
    let before = (from < low).then(|| piece(from, low));
    let behind = (to > high).then(|| piece(high, to));
    before.into_iter().chain(behind).collect()
}

/// How wide a text is, about: what is not Latin takes a whole square.
pub fn width(text: &str, size: i32) -> i32 {
    let tenths: i32 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | ':' | '\'' | '|' | '(' | ')' => 38,
            'm' | 'w' | 'M' | 'W' | '→' | '…' => 90,
            c if c.is_uppercase() || c == '_' => 70,
            c if c.is_ascii() || ('à'..='ÿ').contains(&c) => 61,
            c if c < '\u{0600}' => 65,
            _ => 105,
        })
        .sum();
    tenths * size / 100 + 1
}

/// The text, or as much of it as fits with an ellipsis.
pub fn fitted(text: &str, size: i32, room: i32) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) + width("…", size) > room {
            kept.pop();
            break;
        }
    }
    format!("{}{ELLIPSIS}", kept.trim_end())
}

/// A text in at most so many lines that fit, the last with an ellipsis where it does not.
pub fn wrapped(text: &str, size: i32, room: i32, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        let has_room = longer.as_ref().is_some_and(|longer| width(longer, size) <= room);
        match longer.filter(|_| has_room || lines.len() >= most) {
            // What is too much shows as an ellipsis.
            Some(longer) => {
                lines.pop();
                lines.push(longer);
            }
            None => lines.push(word.to_owned()),
        }
        if !has_room && lines.last().is_some_and(|line| line.contains(' ')) {
            break;
        }
    }
    lines.iter().map(|line| fitted(line, size, room)).collect()
}

/// A title in at most two lines; its letters are heavy and take more room.
pub fn headed(text: &str, room: i32) -> Vec<String> {
    wrapped(text, TITLE, room * 9 / 10, 2)
}

/// How wide a title is.
pub fn headed_width(text: &str) -> i32 {
    width(text, TITLE) * 10 / 9 + 1
}

/// Whether a text fits into so many lines without being cut.
pub fn fits(text: &str, size: i32, room: i32, most: usize) -> bool {
    wrapped(text, size, room, most).iter().all(|line| !line.ends_with(ELLIPSIS))
}

fn escaped(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control()).collect();
    kept.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn words_stay_in_their_box() {
        assert_eq!(fitted("short", SMALL, 100), "short");
        for text in
            ["a rather long sentence about something", "一つの長い文章がここにあります", "nospacesanywhereinthisword"]
        {
            for room in [30, 60, 100] {
                for line in wrapped(text, SMALL, room, 2) {
                    assert!(width(&line, SMALL) <= room, "{line} in {room}");
                }
                assert!(wrapped(text, SMALL, room, 2).len() <= 2);
            }
        }
        assert!(fits("list a synthesizer", SMALL, 80, 2) && !fits("list a synthesizer for sale", SMALL, 40, 2));
    }

    #[test]
    fn wires_leave_room_for_words() {
        let words = Rect { x: 10, y: 10, w: 20, h: 10 };
        assert_eq!(cut(&[[(0, 15), (50, 15)]], &[words]), [[(0, 15), (10, 15)], [(30, 15), (50, 15)]]);
        assert_eq!(cut(&[[(20, 0), (20, 12)]], &[words]), [[(20, 0), (20, 10)]]);
        assert_eq!(cut(&[[(0, 40), (50, 40)]], &[words]), [[(0, 40), (50, 40)]]);
    }
}
