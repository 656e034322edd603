//! What a note asks of a design.

use crate::composer::reading::Reading;

use super::knowledge::Density;

/// A note, understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// More or less on a screen.
    pub density: Option<Density>,
    /// Steps by which type grows or shrinks.
    pub type_shift: i32,
    /// Rounder or sharper corners.
    pub corners: Option<Corners>,
    /// Nothing moves.
    pub still: bool,
    /// Dark comes first.
    pub dark: bool,
    /// Stronger lines.
    pub contrast: bool,
    /// Fewer screens.
    pub fewer: bool,
    /// The main screens beside the page, or above it.
    pub nav: Option<Nav>,
    /// Whether it says nothing that is understood, or asks for something else without saying what: then chance decides anew.
    pub anew: bool,
}

/// How corners look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corners {
    /// Square.
    Sharp,
    /// Round.
    Round,
}

/// Where the main screens are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nav {
    /// Above the page.
    Top,
    /// Beside it.
    Side,
}

const DENSER: [&str; 9] =
    ["dense", "denser", "compact", "tight", "tighter", "more on a screen", "more rows", "enterprise", "data-heavy"];
const AIRIER: [&str; 10] = [
    "airy",
    "airier",
    "spacious",
    "roomy",
    "generous",
    "white space",
    "whitespace",
    "more space",
    "breathing",
    "less dense",
];
const BIGGER: [&str; 12] = [
    "bigger type",
    "larger type",
    "bigger text",
    "larger text",
    "large text",
    "large type",
    "big type",
    "bigger font",
    "larger font",
    "large print",
    "easier to read",
    "older people",
];
const SMALLER: [&str; 6] =
    ["smaller type", "smaller text", "smaller font", "small type", "small text", "less large type"];
const ROUND: [&str; 6] = ["playful", "round", "rounder", "rounded", "friendly", "softer"];
const SHARP: [&str; 7] = ["sharp", "sharper", "square", "angular", "serious", "strict", "no rounded corners"];
const STILL: [&str; 6] = ["no motion", "no animation", "no animations", "without animation", "less motion", "still"];
const DARK: [&str; 5] = ["dark first", "dark mode first", "dark theme first", "dark by default", "mainly dark"];
const CONTRAST: [&str; 4] = ["high contrast", "more contrast", "stronger lines", "higher contrast"];
const FEWER: [&str; 6] = ["fewer screens", "less screens", "fewer pages", "minimal", "simpler", "mvp"];
const TOP: [&str; 4] = ["top navigation", "navigation on top", "top bar", "no sidebar"];
const SIDE: [&str; 4] = ["sidebar", "side navigation", "navigation on the left", "side bar"];
const ANEW: [&str; 6] = ["another", "other", "different", "new", "again", "else"];

impl Wishes {
    /// Reads a note. `elsewhere` says whether the colours and typefaces have understood something of it.
    pub fn read(note: &str, reading: &Reading, elsewhere: bool) -> Self {
        let note = format!(" {} ", note.to_lowercase().replace(|c: char| !c.is_alphanumeric() && c != '-', " "));
        let note = note.split_whitespace().collect::<Vec<_>>().join(" ");
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| is_said(&note, phrase));
        let mut wishes = Self {
            density: match () {
                () if says(&AIRIER) => Some(Density::Airy),
                () if says(&DENSER) => Some(Density::Dense),
                () => None,
            },
            type_shift: if says(&BIGGER) { 1 } else { -i32::from(says(&SMALLER)) },
            corners: match () {
                () if says(&SHARP) => Some(Corners::Sharp),
                () if says(&ROUND) => Some(Corners::Round),
                () => None,
            },
            still: says(&STILL),
            dark: says(&DARK),
            contrast: says(&CONTRAST),
            fewer: says(&FEWER),
            nav: match () {
                () if says(&TOP) => Some(Nav::Top),
                () if says(&SIDE) => Some(Nav::Side),
                () => None,
            },
            anew: false,
        };
        let wanted = |word: &str| reading.words.iter().any(|w| !w.negated && w.forms.iter().any(|form| form == word));
        let understood = elsewhere || wishes != Self::default();
        wishes.anew = !understood || ANEW.iter().any(|word| wanted(word));
        wishes
    }
}

/// Whether a note says a phrase, as whole words and without a "not" before it.
fn is_said(note: &str, phrase: &str) -> bool {
    let padded = format!(" {note} ");
    let Some(at) = padded.find(&format!(" {phrase} ")) else { return false };
    let before = &padded[..at];
    !["not", "no", "less", "never", "without", "isn't"].iter().any(|no| before.ends_with(&format!(" {no}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(note: &str) -> Wishes {
        Wishes::read(note, &Reading::default(), false)
    }

    #[test]
    fn a_note_is_understood_in_whole_words_and_without_what_it_rules_out() {
        assert_eq!(read("Make it dense!").density, Some(Density::Dense));
        assert_eq!(read("less dense, please").density, Some(Density::Airy));
        assert_eq!(read("not dense").density, None);
        assert_eq!(read("condensed letters").density, None);
        assert_eq!((read("bigger type").type_shift, read("smaller text").type_shift), (1, -1));
        assert_eq!(read("playful").corners, Some(Corners::Round));
        assert!(read("fewer screens, no sidebar").fewer && read("fewer screens, no sidebar").nav == Some(Nav::Top));
        assert!(read("dark first").dark && !read("dark first").anew);
        assert!(read("something with more pizzazz").anew);
    }
}
