//! What marks are drawn with.

use std::fmt::Write as _;

/// The colour of text around it.
pub const INK: &str = "currentColor";
/// The brand's own.
pub const ACCENT: &str = "var(--mark-accent, currentColor)";
/// What lies behind it.
pub const PAPER: &str = "var(--mark-paper, Canvas)";

/// Collects shapes.
#[derive(Debug, Default)]
pub struct Pen {
    body: String,
}

// Writing to a string cannot fail.
impl Pen {
    /// A line with round ends.
    pub fn stroke(&mut self, d: &str, width: f64, colour: &str) {
        let _ = write!(
            self.body,
            r#"<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"/>"#
        );
    }

    /// A line with flat ends, for what is cut off.
    pub fn bar(&mut self, d: &str, width: f64, colour: &str) {
        let _ = write!(
            self.body,
            r#"<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>"#
        );
    }

    /// An area; what lies inside twice is a hole.
    pub fn area(&mut self, d: &str, colour: &str) {
        let _ = write!(self.body, r#"<path d="{d}" fill="{colour}" fill-rule="evenodd"/>"#);
    }

    /// A disc.
    pub fn disc(&mut self, x: f64, y: f64, r: f64, colour: &str) {
        let _ = write!(self.body, r#"<circle cx="{}" cy="{}" r="{}" fill="{colour}"/>"#, N(x), N(y), N(r));
    }

    /// A circle line.
    pub fn ring(&mut self, x: f64, y: f64, r: f64, width: f64, colour: &str) {
        let _ = write!(
            self.body,
            r#"<circle cx="{}" cy="{}" r="{}" fill="none" stroke="{colour}" stroke-width="{width}"/>"#,
            N(x),
            N(y),
            N(r)
        );
    }

    /// A rectangle with round corners.
    pub fn block(&mut self, [x, y, width, height]: [f64; 4], corner: f64, colour: &str) {
        let _ = write!(
            self.body,
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="{corner}" fill="{colour}"/>"#,
            N(x),
            N(y),
            N(width),
            N(height)
        );
    }

    /// Everything `draw` draws, turned or moved.
    pub fn placed(&mut self, transform: &str, draw: impl FnOnce(&mut Self)) {
        let _ = write!(self.body, r#"<g transform="{transform}">"#);
        draw(self);
        self.body.push_str("</g>");
    }

    /// The drawing.
    pub fn into_svg(self) -> String {
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{}</svg>"#, self.body)
    }
}

/// A number as short as it can be written.
pub struct N(pub f64);

impl std::fmt::Display for N {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        write!(f, "{}", if rounded == 0.0 { 0.0 } else { rounded })
    }
}

/// The point at an angle (degrees, clockwise from the right) on a circle around the middle.
pub fn around(radius: f64, degrees: f64) -> (f64, f64) {
    around_point(32.0, 32.0, radius, degrees)
}

/// The same around any point.
pub fn around_point(x: f64, y: f64, radius: f64, degrees: f64) -> (f64, f64) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    (x + radius * cos, y + radius * sin)
}

/// An arc as path data, clockwise from one angle to another.
pub fn arc([x, y, radius]: [f64; 3], from: f64, to: f64) -> String {
    let ((ax, ay), (bx, by)) = (around_point(x, y, radius, from), around_point(x, y, radius, to));
    let large = u8::from((to - from).rem_euclid(360.0) > 180.0);
    format!("M{} {}A{radius} {radius} 0 {large} 1 {} {}", N(ax), N(ay), N(bx), N(by))
}

/// Small decisions, the same for the same seed.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// Chance from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of `count`, from 0.
    pub fn of(&mut self, count: u64) -> u64 {
        let drawn = self.0 % count.max(1);
        self.0 = (self.0 / count.max(1)).rotate_right(7) ^ 0x9e37_79b9_7f4a_7c15;
        drawn
    }

    /// One of a list.
    pub fn one<T: Copy>(&mut self, [first, rest @ ..]: [T; 3]) -> T {
        match self.of(3) {
            0 => first,
            1 => rest[0],
            _ => rest[1],
        }
    }

    /// Ink and accent, or the other way round.
    pub fn pair(&mut self) -> (&'static str, &'static str) {
        if self.of(3) == 0 { (ACCENT, INK) } else { (INK, ACCENT) }
    }
}
