//! The brand section: what the product is called, how it speaks and what it looks like.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BadPiece, bad, put, shaped};
use crate::{Piece, PiecePath, svg};

const SECTION: &str = "brand";

/// How a product presents itself. Every list is in the order in which a reader should meet it; ids are unique within their list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brand {
    /// Names it could have, best first.
    pub names: Vec<NameCandidate>,
    /// The one that was chosen.
    pub name: Option<ChosenName>,
    /// What stands below the name: a handful of words.
    pub tagline: String,
    /// How it speaks.
    pub voice: Option<Voice>,
    /// Sentences of the product, in its voice.
    pub samples: Vec<Sample>,
    /// Its colours by role, in both themes.
    pub palette: Vec<Colour>,
    /// Its typefaces.
    pub typography: Option<Typography>,
    /// Its mark.
    pub logo: Option<Logo>,
}

/// A name the product could have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NameCandidate {
    /// The name in lower case, letters and digits only.
    pub id: String,
    /// The name as written.
    pub name: String,
    /// How it was made and what it says.
    pub reason: String,
    /// How good it is, 0 to 100: the weighted mean of its marks.
    pub score: u8,
    /// What the score is made of.
    pub marks: Vec<Mark>,
}

/// One thing a name was judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What was judged: "easy to say".
    pub about: String,
    /// 0 to 100.
    pub points: u8,
    /// Why, in a clause.
    pub why: String,
}

/// The name that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenName {
    /// The name as written.
    pub name: String,
    /// Why this one.
    pub reason: String,
}

/// How the product speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// Three or four traits.
    pub traits: Vec<Trait>,
    /// What writers should do.
    #[serde(rename = "do")]
    pub dos: Vec<String>,
    /// What they should not.
    #[serde(rename = "dont")]
    pub donts: Vec<String>,
}

/// A trait of the voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trait {
    /// One word: "exact".
    pub name: String,
    /// What that means when writing.
    pub meaning: String,
}

/// Words as they stand somewhere in the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Unique among samples.
    pub id: String,
    /// Where they stand: "When there is no listing yet".
    pub place: String,
    /// The words.
    pub text: String,
}

/// A colour by its role, in both themes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Colour {
    /// The role: paper, raised, ink, quiet, line, accent, on-accent …
    pub id: String,
    /// What the colour is called.
    pub name: String,
    /// Where it is used.
    pub purpose: String,
    /// In the light theme.
    pub light: Tone,
    /// In the dark theme.
    pub dark: Tone,
}

/// A colour as a screen shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tone {
    /// CSS Color 4 notation: `oklch(62.3% 0.142 28.1)`. Inside sRGB.
    pub oklch: String,
    /// The same in sRGB: `#a93212`. Contrast is worked out from this one.
    pub hex: String,
    /// How well it can be read on other roles of its theme.
    pub contrasts: Vec<Contrast>,
}

/// A contrast ratio as WCAG 2.2 defines it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// The role behind it.
    pub on: String,
    /// 1 to 21, cut to two decimals.
    pub ratio: f64,
    /// What level AA asks for in this use: 4.5 for text, 3 for parts of controls.
    pub needs: f64,
}

/// Typefaces that go together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typography {
    /// For headings.
    pub display: Typeface,
    /// For running text.
    pub text: Typeface,
    /// Why these two.
    pub reason: String,
}

/// A typeface anybody may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typeface {
    /// Its family name.
    pub family: String,
    /// A `font-family` value with what stands in for it.
    pub stack: String,
    /// The weights that are used.
    pub weights: Vec<u16>,
    /// Under which licence it may be used.
    pub licence: String,
}

/// A mark, drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// What it shows, and so its text alternative.
    pub idea: String,
    /// The drawing: one `<svg>` element that [`svg::check`] finds harmless. It takes its colours from `currentColor` and from the custom
    /// properties `--mark-accent` and `--mark-paper` when they are set.
    pub svg: String,
}

super::identified!(NameCandidate, Sample, Colour);

impl Brand {
    /// The section as the pieces it streams as, in reading order. [`Brand::apply`] puts them together again.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut one = |path: &str, value| {
            if let Ok(path) = PiecePath::parse(path) {
                pieces.push(Piece { path, value });
            }
        };
        self.names.iter().for_each(|n| one(&format!("names/{}", n.id), json!(n)));
        self.name.iter().for_each(|n| one("name", json!(n)));
        if !self.tagline.is_empty() {
            one("tagline", json!(self.tagline));
        }
        // Colours before the mark, which is shown in them.
        self.palette.iter().for_each(|c| one(&format!("palette/{}", c.id), json!(c)));
        self.logo.iter().for_each(|l| one("logo", json!(l)));
        self.typography.iter().for_each(|t| one("typography", json!(t)));
        self.voice.iter().for_each(|v| one("voice", json!(v)));
        self.samples.iter().for_each(|s| one(&format!("samples/{}", s.id), json!(s)));
        pieces
    }

    /// Puts one piece in its place; a path that is taken is replaced, so that applying a piece twice changes nothing.
    ///
    /// # Errors
    /// [`BadPiece`] when the section has no such part, the value does not have its shape, a colour is none, or a drawing could do
    /// anything but be looked at. The section is left as it was.
    pub fn apply(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        match piece.path.part() {
            "names" => put(SECTION, &mut self.names, piece)?,
            "name" => self.name = Some(shaped(SECTION, piece)?),
            "tagline" => self.tagline = shaped(SECTION, piece)?,
            "voice" => self.voice = Some(shaped(SECTION, piece)?),
            "samples" => put(SECTION, &mut self.samples, piece)?,
            "palette" => self.put_colour(piece)?,
            "typography" => self.typography = Some(shaped(SECTION, piece)?),
            "logo" => {
                let logo: Logo = shaped(SECTION, piece)?;
                svg::check(&logo.svg).map_err(|e| bad(SECTION, piece, &e.to_string()))?;
                self.logo = Some(logo);
            }
            _ => return Err(bad(SECTION, piece, "there is no such part")),
        }
        Ok(())
    }

    /// Colours end up in style attributes, so that they must be colours and nothing else.
    fn put_colour(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        let colour: Colour = shaped(SECTION, piece)?;
        let is_hex = |text: &str| {
            text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
        };
        let is_oklch = |text: &str| {
            text.strip_prefix("oklch(")
                .and_then(|rest| rest.strip_suffix(')'))
                .is_some_and(|inner| inner.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'%' | b' ')))
        };
        if [&colour.light, &colour.dark].iter().any(|tone| !is_hex(&tone.hex) || !is_oklch(&tone.oklch)) {
            return Err(bad(SECTION, piece, "its tones must be #rrggbb and oklch(l% c h)"));
        }
        put(SECTION, &mut self.palette, piece)
    }

    /// The colour that plays a role.
    pub fn colour(&self, role: &str) -> Option<&Colour> {
        self.palette.iter().find(|colour| colour.id == role)
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::Value;

    use super::*;

    fn sample() -> Brand {
        let tone = |hex: &str| Tone { oklch: "oklch(50% 0.1 30)".into(), hex: hex.into(), contrasts: Vec::new() };
        Brand {
            tagline: "Ends meet.".into(),
            palette: vec![Colour {
                id: "ink".into(),
                name: "Soot".into(),
                purpose: "Text".into(),
                light: tone("#1d1a14"),
                dark: tone("#ebe5d7"),
            }],
            logo: Some(Logo {
                idea: "A ring".into(),
                svg: r#"<svg viewBox="0 0 8 8" xmlns="http://www.w3.org/2000/svg"><circle cx="4" cy="4" r="3"/></svg>"#
                    .into(),
            }),
            ..Brand::default()
        }
    }

    #[test]
    fn pieces_put_together_give_the_section_even_when_some_come_twice() {
        let mut again = Brand::default();
        for piece in sample().pieces().iter().chain(sample().pieces().iter().rev()) {
            again.apply(piece).unwrap();
        }
        assert_eq!(again, sample());
    }

    #[test]
    fn a_colour_that_is_more_than_a_colour_and_a_drawing_that_acts_are_refused() {
        let mut brand = sample();
        let mut colour = json!(sample().palette[0]);
        colour["light"]["hex"] = Value::from("red;background:url(x)");
        let mut logo = json!(sample().logo);
        logo["svg"] = Value::from("<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>");
        for (path, value) in [("palette/ink", colour), ("logo", logo)] {
            let piece = Piece { path: PiecePath::parse(path).unwrap(), value };
            assert!(brand.apply(&piece).is_err(), "{path}");
        }
        assert_eq!(brand, sample());
    }
}
