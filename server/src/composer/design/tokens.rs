//! The values a design is made of, in the Design Tokens format: the brand's colours and typefaces, what they are for, and the measures.

use std::collections::BTreeSet;

use model::sections::{Brand, Colour, SpaceStep, Token, TokenKind, Tone as Shade, TypeStep, Typography};
use serde_json::{Value, json};

use crate::composer::{
    blueprint::ascii_words,
    brand::{Look, Mood},
};

use super::{
    Subject,
    knowledge::DesignKnowledge,
    scales::sizes,
    tone::Tone,
    wishes::{Corners, Wishes},
};

/// What colours are for. The last says what stands in for it where lines should be stronger.
const ROLES: [(&str, &str, &str, &str); 13] = [
    ("page", "paper", "Behind everything", "paper"),
    ("surface", "raised", "What lies on the page: cards, panels, fields", "raised"),
    ("text", "ink", "What is read", "ink"),
    ("text-quiet", "quiet", "What is read second: names of fields, dates", "quiet"),
    ("border", "line", "Hairlines between rows and around cards", "edge"),
    ("control-border", "edge", "The outline of whatever takes input", "ink"),
    ("action", "accent", "The one filled button of a page, and links", "accent"),
    ("on-action", "on-accent", "Words on the filled button", "on-accent"),
    ("selected", "accent-wash", "Behind what is chosen or new", "accent-wash"),
    ("focus", "accent", "The ring around what has the keyboard", "accent"),
    ("positive", "success", "States that went well", "success"),
    ("caution", "warning", "States somebody should look at", "warning"),
    ("negative", "danger", "States that went wrong, and steps that cannot be taken back", "danger"),
];
/// Other tokens that every design has.
const ALWAYS: [&str; 17] = [
    "font-display",
    "font-text",
    "weight-text",
    "weight-strong",
    "weight-display",
    "leading-text",
    "leading-heading",
    "space-row",
    "space-card",
    "size-target",
    "size-row",
    "size-measure",
    "radius-control",
    "radius-card",
    "radius-button",
    "radius-pill",
    "duration-quick",
];
/// The most states that get a colour of their own.
const STATES: usize = 8;
/// A finger needs this many pixels.
const TARGET: u16 = 44;

/// Colours and typefaces, as the brand has them.
pub struct Identity {
    palette: Vec<Colour>,
    typography: Option<Typography>,
}

impl Identity {
    /// Those of the brand; what it lacks is what the composer would have given it.
    pub fn of(look: &Look, brand: Option<&Brand>) -> Self {
        let mut palette: Vec<Colour> = brand.map(|brand| brand.palette.clone()).unwrap_or_default();
        for colour in &look.palette {
            if palette.iter().all(|own| own.id != colour.id) {
                palette.push(colour.clone());
            }
        }
        let typography = brand.and_then(|brand| brand.typography.clone()).or_else(|| look.typography.clone());
        Self { palette, typography }
    }

    /// Whether headings have serifs.
    pub fn has_serifs(&self) -> bool {
        self.typography.as_ref().is_some_and(|type_| {
            let stack = type_.display.stack.trim_end();
            stack.ends_with("serif") && !stack.ends_with("sans-serif")
        })
    }

    /// The weight of a step: the heaviest a heading may have, the middle for names, the lightest for text.
    pub fn weight(&self, family: &str, step: &str) -> u16 {
        let Some(type_) = &self.typography else { return 400 };
        let face = if family == "display" { &type_.display } else { &type_.text };
        let wanted = match step {
            "subheading" | "figure" | "strong" => 600,
            _ if family == "display" => 600,
            _ => 400,
        };
        face.weights.iter().copied().min_by_key(|weight| weight.abs_diff(wanted)).unwrap_or(400).clamp(1, 1000)
    }
}

/// Ids of the tokens that every design has, for components to name.
pub fn known_ids(knowledge: &DesignKnowledge) -> BTreeSet<String> {
    let roles = ROLES.iter().map(|(id, ..)| format!("color-{id}"));
    // A product that counts nothing has no step for figures; its components then do without that token.
    let types = knowledge.scales.type_steps.iter().map(|step| format!("text-{}", step.id));
    let spaces = knowledge.scales.space.iter().map(|step| format!("space-{}", step.id));
    let more = ALWAYS.iter().map(|id| (*id).to_owned()).chain(["duration-steady".to_owned()]);
    roles.chain(types).chain(spaces).chain(more).collect()
}

/// Every token: colours, what they are for, type, distances, shapes, motion. Aliases come after what they refer to.
pub fn tokens(subject: &Subject<'_>, identity: &Identity, types: &[TypeStep], spaces: &[SpaceStep]) -> Vec<Token> {
    let mut list = List::default();
    for colour in &identity.palette {
        let value = |shade: &Shade| colour_value(shade);
        list.both("color", &colour.id, TokenKind::Color, value(&colour.light), value(&colour.dark), &colour.purpose);
    }
    for (id, plain, purpose, strong) in ROLES {
        let role = if subject.wishes.contrast { strong } else { plain };
        list.one("color", id, TokenKind::Color, json!(format!("{{color.{role}}}")), purpose);
    }
    state_colours(subject, &mut list);
    type_tokens(subject, identity, types, &mut list);
    measures(subject, spaces, &mut list);
    shapes(subject, &mut list);
    motion(subject, &mut list);
    list.tokens
}

#[derive(Default)]
struct List {
    tokens: Vec<Token>,
    ids: BTreeSet<String>,
}

impl List {
    fn one(&mut self, group: &str, name: &str, kind: TokenKind, light: Value, purpose: &str) {
        self.push(group, name, kind, light, None, purpose);
    }

    fn both(&mut self, group: &str, name: &str, kind: TokenKind, light: Value, dark: Value, purpose: &str) {
        self.push(group, name, kind, light, Some(dark), purpose);
    }

    /// A name that is taken keeps its first meaning.
    fn push(&mut self, group: &str, name: &str, kind: TokenKind, light: Value, dark: Option<Value>, purpose: &str) {
        let id = format!("{group}-{name}");
        if self.ids.insert(id.clone()) {
            self.tokens.push(Token {
                id,
                kind,
                dark: dark.filter(|dark| *dark != light),
                light,
                purpose: purpose.to_owned(),
            });
        }
    }
}

/// OKLCH as the brand writes it, or sRGB where that cannot be read.
fn colour_value(shade: &Shade) -> Value {
    let inner = shade.oklch.trim().strip_prefix("oklch(").and_then(|rest| rest.strip_suffix(')'));
    let numbers: Vec<f64> = inner.into_iter().flat_map(str::split_whitespace).filter_map(number).collect();
    match numbers.as_slice() {
        [l, c, h] => json!({ "colorSpace": "oklch", "components": [l, c, h], "hex": shade.hex }),
        _ => {
            let channel = |at: usize| {
                let byte = shade.hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok()).unwrap_or(0);
                (f64::from(byte) / 255.0 * 1_000.0).round() / 1_000.0
            };
            json!({ "colorSpace": "srgb", "components": [channel(1), channel(3), channel(5)], "hex": shade.hex })
        }
    }
}

/// A number, or a percentage as a share.
fn number(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(share) => share.parse::<f64>().ok().map(|share| (share * 10.0).round() / 1_000.0),
        None => text.parse().ok(),
    }
}

/// What the states of the thing people see most of look like.
fn state_colours(subject: &Subject<'_>, list: &mut List) {
    let Some(kept) = subject.kept() else { return };
    let one = subject.one(kept);
    for state in kept.states.iter().take(STATES) {
        let name = ascii_words(state).join("-");
        let role = match subject.knowledge.scales.tones.of(state) {
            Tone::Plain | Tone::Over => "text-quiet",
            Tone::Positive => "positive",
            Tone::Caution => "caution",
            Tone::Negative => "negative",
        };
        if !name.is_empty() && name.len() <= 40 {
            let purpose = format!("State of {one}: {state}");
            list.one("color", &format!("state-{name}"), TokenKind::Color, json!(format!("{{color.{role}}}")), &purpose);
        }
    }
}

fn type_tokens(subject: &Subject<'_>, identity: &Identity, types: &[TypeStep], list: &mut List) {
    let family = |stack: &str| {
        let names = stack.split(',').map(|name| name.trim().trim_matches(['"', '\'']).to_owned());
        json!(names.filter(|name| !name.is_empty()).collect::<Vec<_>>())
    };
    let (display, text) = identity.typography.as_ref().map_or((json!(["serif"]), json!(["sans-serif"])), |type_| {
        (family(&type_.display.stack), family(&type_.text.stack))
    });
    list.one("font", "display", TokenKind::FontFamily, display, "Headings");
    list.one("font", "text", TokenKind::FontFamily, text, "Everything else");
    for (name, family, step, purpose) in [
        ("text", "text", "text", "Sentences and facts"),
        ("strong", "text", "strong", "Names in rows, buttons, figures"),
        ("display", "display", "title", "Headings"),
    ] {
        list.one("weight", name, TokenKind::FontWeight, json!(identity.weight(family, step)), purpose);
    }
    for step in types {
        let size = json!({ "value": step.size, "unit": "rem" });
        list.one("text", &step.id, TokenKind::Dimension, size, &step.purpose);
    }
    let leading = |id: &str| types.iter().find(|step| step.id == id).map_or(1.5, |step| step.line_height);
    list.one("leading", "text", TokenKind::Number, json!(leading("text")), "Running text");
    list.one("leading", "heading", TokenKind::Number, json!(leading("heading")), "Headings of more than one line");
    let target = sizes(subject).map_or(TARGET, |sizes| sizes.row);
    list.one("size", "row", TokenKind::Dimension, pixels(target), "The least height of a row");
    list.one(
        "size",
        "target",
        TokenKind::Dimension,
        pixels(TARGET),
        "The least height and width of what a finger meets",
    );
    list.one(
        "size",
        "measure",
        TokenKind::Dimension,
        json!({ "value": 38, "unit": "rem" }),
        "The widest that running text becomes: about 70 letters",
    );
}

fn pixels(value: u16) -> Value {
    json!({ "value": value, "unit": "px" })
}

fn measures(subject: &Subject<'_>, spaces: &[SpaceStep], list: &mut List) {
    for step in spaces {
        list.one("space", &step.id, TokenKind::Dimension, pixels(step.pixels), &step.purpose);
    }
    let many = subject.kept().map_or_else(|| "entries".to_owned(), |kept| subject.many(kept));
    list.one(
        "space",
        "row",
        TokenKind::Dimension,
        json!("{space.s}"),
        &format!("Above and below the words in a row of {many}"),
    );
    list.one("space", "card", TokenKind::Dimension, json!("{space.m}"), "Inside cards and panels");
}

/// Corners in pixels, of controls and of cards.
pub fn corners(mood: Mood, wishes: &Wishes) -> (u16, u16) {
    match (wishes.corners, mood) {
        (Some(Corners::Sharp), _) => (0, 0),
        (Some(Corners::Round), _) | (None, Mood::Playful) => (12, 18),
        (None, Mood::Calm) => (6, 10),
        (None, Mood::Exact | Mood::Bold) => (2, 4),
        (None, Mood::Crafted) => (3, 4),
        (None, Mood::Warm) => (8, 12),
    }
}

fn shapes(subject: &Subject<'_>, list: &mut List) {
    let (control, card) = corners(subject.mood(), &subject.wishes);
    let mut radius = |name, value, purpose| list.one("radius", name, TokenKind::Dimension, value, purpose);
    radius("control", pixels(control), "Fields and choices");
    radius("card", pixels(card), "Cards, panels and pictures");
    radius("pill", pixels(999), "States and switches");
    let button = if subject.wishes.corners == Some(Corners::Round) { "{radius.pill}" } else { "{radius.control}" };
    radius("button", json!(button), "Buttons");
    list.one("line", "hair", TokenKind::Dimension, pixels(1), "Hairlines and outlines");
    list.one("line", "focus", TokenKind::Dimension, pixels(2), "The ring of focus, and the mark of where one is");
}

fn motion(subject: &Subject<'_>, list: &mut List) {
    let (quick, steady, ease) = match subject.mood() {
        _ if subject.wishes.still => (0, 0, [0.0, 0.0, 1.0, 1.0]),
        Mood::Playful => (160, 320, [0.34, 1.4, 0.64, 1.0]),
        Mood::Exact | Mood::Bold => (80, 160, [0.2, 0.0, 0.0, 1.0]),
        Mood::Crafted => (120, 240, [0.3, 0.0, 0.2, 1.0]),
        Mood::Calm | Mood::Warm => (140, 280, [0.4, 0.0, 0.2, 1.0]),
    };
    let time = |value: u16| json!({ "value": value, "unit": "ms" });
    list.one("duration", "quick", TokenKind::Duration, time(quick), "What answers a finger: buttons, switches");
    list.one("duration", "steady", TokenKind::Duration, time(steady), "What comes or goes: panels, questions");
    list.one(
        "ease",
        "standard",
        TokenKind::CubicBezier,
        json!(ease),
        "Everything that moves; nothing does where less motion is asked for",
    );
}
