//! The design section: what the product looks like, from its smallest values to its screens.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{BadPiece, ScreenKind, bad, put, shaped};
use crate::{Piece, PiecePath, svg};

const SECTION: &str = "design";

/// How the product looks. Every list is in the order in which a reader should meet it; ids are unique within their list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Design {
    /// What this product's design has to do above all, in two or three sentences.
    pub approach: String,
    /// Every value that the design is made of, by name.
    pub tokens: Vec<Token>,
    /// Sizes of type, largest first.
    pub type_scale: Vec<TypeStep>,
    /// Distances, smallest first.
    pub space_scale: Vec<SpaceStep>,
    /// What people see, in the order in which they come across it.
    pub screens: Vec<Screen>,
    /// What screens are built from.
    pub components: Vec<Component>,
}

/// A named value of the design, as the Design Tokens format (W3C community group, 2025.10) has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Its group and name, joined by hyphens: `color-accent`. The first word is the group.
    pub id: String,
    /// The `$type`.
    #[serde(rename = "type")]
    pub kind: TokenKind,
    /// The `$value` in the light theme: what the type asks for, or an alias `{color.accent}`.
    pub light: Value,
    /// The `$value` in the dark theme, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dark: Option<Value>,
    /// What it is for.
    pub purpose: String,
}

/// The types of tokens that are used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenKind {
    /// `{"colorSpace": "oklch", "components": [l, c, h], "hex": "#rrggbb"}`.
    Color,
    /// `{"value": 16, "unit": "px"}`.
    Dimension,
    /// A family name or a list of them.
    FontFamily,
    /// 1 to 1000.
    FontWeight,
    /// A plain number: a line height.
    Number,
    /// `{"value": 120, "unit": "ms"}`.
    Duration,
    /// Four numbers.
    CubicBezier,
}

/// One of the two themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A size of type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeStep {
    /// Its name: `title`.
    pub id: String,
    /// In rem.
    pub size: f64,
    /// As a factor of the size.
    pub line_height: f64,
    /// 1 to 1000.
    pub weight: u16,
    /// Which of the two families: `display` or `text`.
    pub family: String,
    /// What is set in it.
    pub purpose: String,
}

/// A distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceStep {
    /// Its name: `m`.
    pub id: String,
    /// In pixels.
    pub pixels: u16,
    /// Where it is used.
    pub purpose: String,
}

/// Something people see and act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// Unique among screens.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Its address: `/listings/{id}`.
    pub route: String,
    /// How it is laid out.
    pub kind: ScreenKind,
    /// What people come here for.
    pub purpose: String,
    /// Who uses it, as ids of actors; everybody when empty.
    #[serde(default)]
    pub actors: Vec<String>,
    /// How it looks when there is nothing, too much, no connection …
    pub states: Vec<ScreenState>,
    /// Ids of the features it serves.
    pub features: Vec<String>,
    /// Ids of the entities it shows.
    pub entities: Vec<String>,
    /// Ids of the operations of the API it calls, where they are known.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Ids of the screens one gets to from here.
    #[serde(default)]
    pub leads_to: Vec<String>,
    /// Ids of the components it is built from.
    #[serde(default)]
    pub components: Vec<String>,
    /// The drawing: one `<svg>` element that [`svg::check`] finds harmless. Strokes and letters are `currentColor`; it may use the custom
    /// properties `--wire-accent`, `--wire-fill` and `--wire-quiet` when they are set.
    pub wireframe: String,
}

/// One way a screen may look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenState {
    /// "empty", "loading", "error", or one of its own.
    pub name: String,
    /// What is shown then, and what one can do.
    pub shows: String,
}

/// Something that screens are built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Unique among components.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it does for people.
    pub purpose: String,
    /// How it can look: "default", "pressed", "disabled" …
    pub states: Vec<String>,
    /// What has to hold for everybody: keyboard, screen reader, size.
    pub access: String,
    /// Ids of the tokens it uses.
    pub tokens: Vec<String>,
}

super::identified!(Token, TypeStep, SpaceStep, Screen, Component);

impl Token {
    /// Its name with dots, as aliases write it: `color.accent`.
    pub fn name(&self) -> String {
        self.id.replacen('-', ".", 1)
    }

    /// Its value in a theme.
    pub fn value(&self, scheme: Scheme) -> &Value {
        match (scheme, &self.dark) {
            (Scheme::Dark, Some(dark)) => dark,
            _ => &self.light,
        }
    }
}

/// The name an alias refers to: `color.accent` of `{color.accent}`.
pub fn alias(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix('{')?.strip_suffix('}')
}

impl Design {
    /// The tokens of a theme as one document in the Design Tokens format, 2025.10: <https://www.designtokens.org/tr/2025.10/format/>.
    pub fn tokens_document(&self, scheme: Scheme) -> Value {
        let mut groups: Map<String, Value> = Map::new();
        for token in &self.tokens {
            let (group, name) = token.id.split_once('-').unwrap_or(("other", &token.id));
            let group = groups.entry(group.to_owned()).or_insert_with(|| json!({}));
            group[name] = json!({
                "$type": token.kind,
                "$value": token.value(scheme),
                "$description": token.purpose,
            });
        }
        Value::Object(groups)
    }

    /// The screen called `id`.
    pub fn screen(&self, id: &str) -> Option<&Screen> {
        self.screens.iter().find(|screen| screen.id == id)
    }

    /// The section as the pieces it streams as, in reading order. [`Design::apply`] puts them together again.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut one = |path: &str, value| {
            if let Ok(path) = PiecePath::parse(path) {
                pieces.push(Piece { path, value });
            }
        };
        if !self.approach.is_empty() {
            one("approach", json!(self.approach));
        }
        self.screens.iter().for_each(|s| one(&format!("screens/{}", s.id), json!(s)));
        self.components.iter().for_each(|c| one(&format!("components/{}", c.id), json!(c)));
        self.type_scale.iter().for_each(|t| one(&format!("type_scale/{}", t.id), json!(t)));
        self.space_scale.iter().for_each(|s| one(&format!("space_scale/{}", s.id), json!(s)));
        self.tokens.iter().for_each(|t| one(&format!("tokens/{}", t.id), json!(t)));
        pieces
    }

    /// Puts one piece in its place; a path that is taken is replaced, so that applying a piece twice changes nothing.
    ///
    /// # Errors
    /// [`BadPiece`] when the section has no such part, the value does not have its shape, or a drawing could do anything but be looked
    /// at. The section is left as it was.
    pub fn apply(&mut self, piece: &Piece) -> Result<(), BadPiece> {
        match piece.path.part() {
            "approach" => self.approach = shaped(SECTION, piece)?,
            "tokens" => put(SECTION, &mut self.tokens, piece)?,
            "type_scale" => put(SECTION, &mut self.type_scale, piece)?,
            "space_scale" => put(SECTION, &mut self.space_scale, piece)?,
            "screens" => {
                let screen: Screen = shaped(SECTION, piece)?;
                svg::check(&screen.wireframe).map_err(|e| bad(SECTION, piece, &e.to_string()))?;
                put(SECTION, &mut self.screens, piece)?;
            }
            "components" => put(SECTION, &mut self.components, piece)?,
            _ => return Err(bad(SECTION, piece, "there is no such part")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn sample() -> Design {
        let token = |id: &str, light: Value, dark: Option<Value>| Token {
            id: id.into(),
            kind: TokenKind::Color,
            light,
            dark,
            purpose: "Text".into(),
        };
        let screen = Screen {
            id: "listings".into(),
            title: "Listings".into(),
            route: "/listings".into(),
            kind: ScreenKind::Search,
            purpose: "Find one.".into(),
            actors: vec![],
            states: vec![ScreenState { name: "empty".into(), shows: "Nothing yet.".into() }],
            features: vec!["find".into()],
            entities: vec!["listing".into()],
            operations: vec!["list-listings".into()],
            leads_to: vec![],
            components: vec![],
            wireframe:
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="4" height="4"/></svg>"#.into(),
        };
        Design {
            approach: "Facts first.".into(),
            tokens: vec![
                token(
                    "color-ink",
                    json!({"colorSpace": "srgb", "components": [0, 0, 0]}),
                    Some(json!("{color.paper}")),
                ),
                token("color-paper", json!("#fff"), None),
            ],
            screens: vec![screen],
            ..Design::default()
        }
    }

    #[test]
    fn pieces_put_together_give_the_section_even_when_some_come_twice() {
        let mut again = Design::default();
        for piece in sample().pieces().iter().chain(sample().pieces().iter().rev()) {
            again.apply(piece).unwrap();
        }
        assert_eq!(again, sample());
    }

    #[test]
    fn a_wireframe_that_acts_is_refused() {
        let mut design = sample();
        let mut piece = sample().pieces().into_iter().find(|piece| piece.path.part() == "screens").unwrap();
        piece.value["wireframe"] = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>");
        assert!(design.apply(&piece).is_err());
        assert_eq!(design, sample());
    }

    #[test]
    fn a_token_document_nests_by_group_and_takes_the_values_of_its_theme() {
        let (light, dark) = (sample().tokens_document(Scheme::Light), sample().tokens_document(Scheme::Dark));
        assert_eq!(light["color"]["ink"]["$value"]["colorSpace"], "srgb");
        assert_eq!(alias(&dark["color"]["ink"]["$value"]), Some("color.paper"));
        assert_eq!(dark["color"]["paper"]["$value"], light["color"]["paper"]["$value"]);
    }
}
