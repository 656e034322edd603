//! What wireframes are drawn with: a few paints and faces, so that all of them look drawn by one hand.
//!
//! Shapes of one paint become one path and words of one face one group, which keeps a drawing small. A layer is painted in the order of the
//! paints below, words last; [`Pen::above`] begins the next layer.

use std::{collections::BTreeMap, fmt::Write as _};

use super::letters::{fitted, width};

/// A drawing's size.
pub const WIDTH: f64 = 640.0;
/// A drawing's size.
pub const HEIGHT: f64 = 420.0;

/// Lesser lines and words.
const QUIET: &str = "var(--wire-quiet, currentColor)";
/// The main action, and what is chosen.
const ACCENT: &str = "var(--wire-accent, currentColor)";
/// The sheet itself: what lies above something else, and words on the accent.
const SHEET: &str = "var(--wire-fill, Canvas)";

/// How a shape is painted, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paint {
    /// The sheet, over what lies below.
    Sheet,
    /// A tint of ink.
    Wash,
    /// A tint of the accent.
    Glow,
    /// Words that are only hinted at.
    Bar,
    /// A hairline.
    Hair,
    /// The outline of whatever takes input.
    Edge,
    /// A thin line in ink.
    Ink,
    /// A thin line in the accent.
    Line,
    /// Filled with the accent.
    Accent,
    /// Filled with ink.
    Dot,
    /// A line on the accent.
    OnAccent,
}

impl Paint {
    fn attributes(self) -> String {
        match self {
            Self::Sheet => format!("fill=\"{SHEET}\""),
            Self::Wash => "fill=\"currentColor\" fill-opacity=\".06\"".to_owned(),
            Self::Glow => format!("fill=\"{ACCENT}\" fill-opacity=\".13\""),
            Self::Bar => "fill=\"currentColor\" fill-opacity=\".16\"".to_owned(),
            Self::Hair => "fill=\"none\" stroke=\"currentColor\" stroke-opacity=\".18\"".to_owned(),
            Self::Edge => "fill=\"none\" stroke=\"currentColor\" stroke-opacity=\".42\"".to_owned(),
            Self::Ink => {
                "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\" stroke-linecap=\"round\" stroke-linejoin=\"round\"".to_owned()
            }
            Self::Line => format!(
                "fill=\"none\" stroke=\"{ACCENT}\" stroke-width=\"1.8\" stroke-linecap=\"round\" stroke-linejoin=\"round\""
            ),
            Self::Accent => format!("fill=\"{ACCENT}\""),
            Self::Dot => "fill=\"currentColor\"".to_owned(),
            Self::OnAccent => format!(
                "fill=\"none\" stroke=\"{SHEET}\" stroke-width=\"1.8\" stroke-linecap=\"round\" stroke-linejoin=\"round\""
            ),
        }
    }
}

/// How words are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// What a page is called.
    Title,
    /// The same where it is long.
    LongTitle,
    /// The same where it is very long.
    LongestTitle,
    /// A large figure.
    Figure,
    /// What a part of a page is called.
    Head,
    /// What is read.
    Text,
    /// Names, and what can be pressed.
    Strong,
    /// What is read second.
    Small,
    /// What leads elsewhere.
    Link,
    /// Words on the filled button.
    OnAccent,
    /// What is over.
    Struck,
}

impl Face {
    /// In units of the drawing.
    pub fn size(self) -> f64 {
        match self {
            Self::Title => 23.0,
            Self::LongTitle => 19.5,
            Self::LongestTitle => 17.0,
            Self::Figure => 26.0,
            Self::Head => 15.0,
            Self::Text | Self::Strong | Self::Link | Self::OnAccent => 13.5,
            Self::Small | Self::Struck => 12.5,
        }
    }

    fn is_bold(self) -> bool {
        matches!(self, Self::Head | Self::Strong | Self::OnAccent | Self::Link)
    }

    fn attributes(self, display: &str) -> String {
        let size = self.size();
        match self {
            Self::Title | Self::LongTitle | Self::LongestTitle | Self::Figure => {
                format!("font-size=\"{size}\" font-family=\"{display}\" font-weight=\"500\"")
            }
            Self::Head | Self::Strong => format!("font-size=\"{size}\" font-weight=\"600\""),
            Self::Text => format!("font-size=\"{size}\""),
            Self::Small => format!("font-size=\"{size}\" fill=\"{QUIET}\""),
            Self::Link => format!("font-size=\"{size}\" font-weight=\"600\" fill=\"{ACCENT}\""),
            Self::OnAccent => format!("font-size=\"{size}\" font-weight=\"600\" fill=\"{SHEET}\""),
            Self::Struck => format!("font-size=\"{size}\" fill=\"{QUIET}\" fill-opacity=\".7\""),
        }
    }
}

/// Which end of a word its place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Where it begins.
    Start,
    /// Its middle.
    Middle,
    /// Where it ends.
    End,
}

/// A rectangle to draw in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Area {
    /// A rectangle by its left upper corner and size.
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    /// Its right edge.
    pub fn right(self) -> f64 {
        self.x + self.w
    }

    /// Its lower edge.
    pub fn bottom(self) -> f64 {
        self.y + self.h
    }

    /// The middle from top to bottom.
    pub fn middle(self) -> f64 {
        self.y + self.h / 2.0
    }

    /// Smaller by as much on all sides.
    pub fn inset(self, by: f64) -> Self {
        Self::new(self.x + by, self.y + by, (self.w - 2.0 * by).max(0.0), (self.h - 2.0 * by).max(0.0))
    }

    /// Its upper part, and what is left below a gap.
    pub fn split_top(self, h: f64, gap: f64) -> (Self, Self) {
        let rest = Self::new(self.x, self.y + h + gap, self.w, (self.h - h - gap).max(0.0));
        (Self { h, ..self }, rest)
    }

    /// What is left above a gap, and its lower part.
    pub fn split_bottom(self, h: f64, gap: f64) -> (Self, Self) {
        let top = (self.h - h - gap).max(0.0);
        (Self { h: top, ..self }, Self::new(self.x, self.bottom() - h, self.w, h))
    }

    /// Its left part, and what is left beside a gap.
    pub fn split_left(self, w: f64, gap: f64) -> (Self, Self) {
        let rest = Self::new(self.x + w + gap, self.y, (self.w - w - gap).max(0.0), self.h);
        (Self { w, ..self }, rest)
    }

    /// As many columns of one width as are asked for.
    pub fn columns(self, count: u32, gap: f64) -> Vec<Self> {
        let n = f64::from(count.max(1));
        let w = ((self.w - gap * (n - 1.0)) / n).max(0.0);
        (0..count.max(1)).map(|at| Self { x: self.x + f64::from(at) * (w + gap), w, ..self }).collect()
    }

    /// As many rows of one height as fit.
    pub fn rows(self, h: f64) -> Vec<Self> {
        let mut rows = Vec::new();
        let mut y = self.y;
        while h > 0.0 && y + h <= self.bottom() + 0.5 && rows.len() < 40 {
            rows.push(Self { y, h, ..self });
            y += h;
        }
        rows
    }
}

/// Collects shapes and words.
#[derive(Debug)]
pub struct Pen {
    body: String,
    shapes: BTreeMap<Paint, String>,
    words: BTreeMap<Face, String>,
    display: &'static str,
}

// Writing to a string cannot fail.
impl Pen {
    /// A pen that sets headings in letters with or without serifs.
    pub fn new(serifs: bool) -> Self {
        let display = if serifs { "Newsreader, Georgia, serif" } else { "Inter, system-ui, sans-serif" };
        Self { body: String::new(), shapes: BTreeMap::new(), words: BTreeMap::new(), display }
    }

    /// Any shape, as path data.
    pub fn path(&mut self, paint: Paint, d: &str) {
        self.shapes.entry(paint).or_default().push_str(d);
    }

    /// A rectangle with round corners.
    pub fn rect(&mut self, paint: Paint, area: Area, radius: f64) {
        let Area { x, y, w, h } = area;
        let r = radius.min(w / 2.0).min(h / 2.0).max(0.0);
        let d = self.shapes.entry(paint).or_default();
        if r < 0.5 {
            let _ = write!(d, "M{} {}h{}v{}h{}z", N(x), N(y), N(w), N(h), N(-w));
            return;
        }
        let (across, down, r1) = (N(w - 2.0 * r), N(h - 2.0 * r), N(r));
        let _ = write!(
            d,
            "M{} {}h{across}a{r1} {r1} 0 0 1 {r1} {r1}v{down}a{r1} {r1} 0 0 1 -{r1} {r1}h-{across}a{r1} {r1} 0 0 1 -{r1} -{r1}v-{down}a{r1} {r1} 0 0 1 {r1} -{r1}z",
            N(x + r),
            N(y)
        );
    }

    /// A disc or a circle, by its paint.
    pub fn round(&mut self, paint: Paint, x: f64, y: f64, r: f64) {
        let (r1, d1) = (N(r), N(2.0 * r));
        let d = self.shapes.entry(paint).or_default();
        let _ = write!(d, "M{} {}a{r1} {r1} 0 1 0 {d1} 0a{r1} {r1} 0 1 0 -{d1} 0z", N(x - r), N(y));
    }

    /// A line from left to right.
    pub fn across(&mut self, paint: Paint, x: f64, y: f64, w: f64) {
        let d = self.shapes.entry(paint).or_default();
        let _ = write!(d, "M{} {}h{}", N(x), N(y.floor() + 0.5), N(w));
    }

    /// A line from top to bottom.
    pub fn down(&mut self, paint: Paint, x: f64, y: f64, h: f64) {
        let d = self.shapes.entry(paint).or_default();
        let _ = write!(d, "M{} {}v{}", N(x.floor() + 0.5), N(y), N(h));
    }

    /// Words from a place on, cut where they would be wider than `max`. Returns their width.
    pub fn words(&mut self, face: Face, x: f64, y: f64, max: f64, text: &str) -> f64 {
        self.set(face, Anchor::Start, x, y, max, text)
    }

    /// Words at a place, by which end of them it is.
    pub fn set(&mut self, face: Face, anchor: Anchor, x: f64, y: f64, max: f64, text: &str) -> f64 {
        let text = fitted(text, face.size(), face.is_bold(), max);
        if text.is_empty() {
            return 0.0;
        }
        let anchored = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let group = self.words.entry(face).or_default();
        let _ = write!(group, "<text x=\"{}\" y=\"{}\"{anchored}>{}</text>", N(x), N(y), escaped(&text));
        width(&text, face.size(), face.is_bold())
    }

    /// How wide words are.
    pub fn width(face: Face, text: &str) -> f64 {
        width(text, face.size(), face.is_bold())
    }

    /// What comes now lies above what was drawn.
    pub fn above(&mut self) {
        for (paint, d) in std::mem::take(&mut self.shapes) {
            let _ = write!(self.body, "<path {} d=\"{d}\"/>", paint.attributes());
        }
        for (face, words) in std::mem::take(&mut self.words) {
            let _ = write!(self.body, "<g {}>{words}</g>", face.attributes(self.display));
        }
    }

    /// The drawing, with its text alternative.
    pub fn into_svg(mut self, title: &str) -> String {
        self.above();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" fill=\"currentColor\" font-family=\"Inter, system-ui, sans-serif\"><title>{}</title>{}</svg>",
            escaped(title),
            self.body
        )
    }
}

/// Text as it may stand in an SVG: without what XML does not allow.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// A number with at most one decimal.
pub struct N(pub f64);

impl std::fmt::Display for N {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 10.0).round() / 10.0;
        write!(f, "{}", if rounded == 0.0 { 0.0 } else { rounded })
    }
}
