//! Colours that a model chose, made true: shown as a screen can show them, with contrasts that were worked out rather than guessed.

use model::{
    Piece,
    sections::{Brand, Colour, Contrast, Tone},
};
use serde_json::json;

use crate::composer::brand::colour::{Oklch, Shown};

/// WCAG 2.2, 1.4.3 and 1.4.11.
const TEXT: f64 = 4.5;
const PART: f64 = 3.0;

/// What a role must be legible on, and how well.
fn grounds(role: &str) -> &'static [(&'static str, f64)] {
    match role {
        "ink" | "quiet" => &[("paper", TEXT), ("raised", TEXT), ("accent-wash", TEXT)],
        "accent" | "success" | "warning" | "danger" => &[("paper", TEXT), ("raised", TEXT)],
        "edge" => &[("paper", PART), ("raised", PART)],
        "on-accent" => &[("accent", TEXT)],
        _ => &[],
    }
}

/// Takes a colour's `oklch` at its word and works out the rest.
///
/// # Errors
/// What is wrong with it, in words for the model: a notation that cannot be read, or a contrast that is too low.
pub(super) fn made_true(piece: &mut Piece, brand: &Brand) -> Result<(), String> {
    let Ok(mut colour) = serde_json::from_value::<Colour>(piece.value.clone()) else { return Ok(()) };
    for (theme, of) in [("light", pick_light as fn(&Colour) -> &Tone), ("dark", pick_dark)] {
        let shown = parse(&of(&colour).oklch).ok_or_else(|| format!("its {theme} tone must be oklch(l% c h)"))?;
        let mut contrasts = Vec::new();
        for (on, needs) in grounds(&colour.id) {
            let Some(ground) = brand.colour(on).and_then(|ground| parse(&of(ground).oklch)) else { continue };
            let ratio = (shown.contrast(ground) * 100.0).floor() / 100.0;
            if ratio < *needs {
                return Err(format!("its {theme} tone has a contrast of {ratio} on {on}; {needs} is needed"));
            }
            contrasts.push(Contrast { on: (*on).to_owned(), ratio, needs: *needs });
        }
        let tone = Tone { oklch: shown.css(), hex: shown.hex(), contrasts };
        if theme == "light" { colour.light = tone } else { colour.dark = tone }
    }
    piece.value = json!(colour);
    Ok(())
}

fn pick_light(colour: &Colour) -> &Tone {
    &colour.light
}

fn pick_dark(colour: &Colour) -> &Tone {
    &colour.dark
}

/// `oklch(62.3% 0.142 28.1)`, brought into what a screen can show.
fn parse(text: &str) -> Option<Shown> {
    let inner = text.trim().strip_prefix("oklch(")?.strip_suffix(')')?;
    let mut parts = inner.split_whitespace();
    let lightness = parts.next()?;
    let lightness = match lightness.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok()? / 100.0,
        None => lightness.parse().ok()?,
    };
    let (chroma, hue) =
        (parts.next()?.parse::<f64>().ok()?, parts.next()?.trim_end_matches("deg").parse::<f64>().ok()?);
    let fit = (0.0..=1.0).contains(&lightness) && (0.0..=0.5).contains(&chroma) && (-360.0..=720.0).contains(&hue);
    (fit && parts.next().is_none()).then(|| Oklch::new(lightness, chroma, hue).shown())
}

#[cfg(test)]
mod tests {
    use model::PiecePath;
    use pretty_assertions::assert_eq;
    use serde_json::Value;

    use super::*;

    fn colour(id: &str, light: &str, dark: &str) -> Piece {
        let tone = |oklch: &str| json!({"oklch": oklch, "hex": "#123456", "contrasts": [{"on": "x", "ratio": 21.0, "needs": 1.0}]});
        let value = json!({"id": id, "name": "n", "purpose": "p", "light": tone(light), "dark": tone(dark)});
        Piece { path: PiecePath::parse(&format!("palette/{id}")).unwrap(), value }
    }

    fn with_paper() -> Brand {
        let mut brand = Brand::default();
        let mut paper = colour("paper", "oklch(97% 0.01 85)", "oklch(20% 0.01 85)");
        made_true(&mut paper, &brand).unwrap();
        brand.apply(&paper).unwrap();
        brand
    }

    #[test]
    fn hex_and_contrasts_are_worked_out_whatever_the_model_says_of_them() {
        let mut ink = colour("ink", "oklch(25% 0.02 85)", "oklch(92% 0.02 85)");
        made_true(&mut ink, &with_paper()).unwrap();
        let light = &ink.value["light"];
        assert_ne!(light["hex"], "#123456");
        assert_eq!(
            (&light["contrasts"][0]["on"], light["contrasts"].as_array().map(Vec::len)),
            (&Value::from("paper"), Some(1))
        );
        assert!(light["contrasts"][0]["ratio"].as_f64() > Some(10.0));
    }

    #[test]
    fn what_cannot_be_read_on_its_ground_is_refused_with_the_reason() {
        let mut pale = colour("ink", "oklch(80% 0.02 85)", "oklch(92% 0.02 85)");
        assert!(made_true(&mut pale, &with_paper()).unwrap_err().contains("contrast"));
        let mut odd = colour("ink", "red", "oklch(92% 0.02 85)");
        assert!(made_true(&mut odd, &with_paper()).unwrap_err().contains("oklch"));
    }
}
