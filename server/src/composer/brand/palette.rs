//! The palette: one hue with a reason, solved into two themes, and a name, a purpose and the contrasts for every role.

use std::collections::BTreeSet;

use model::sections::{Colour, Contrast, Tone};

use crate::composer::choice::{choice, pick};

use super::{
    Subject,
    colour::{Oklch, Shown, hue_distance},
    knowledge::{HueEntry, Neutrals},
    mood::Neutral,
    theme::{APART, Base, MUTED, PART, TEXT, Theme, dark, light},
    wishes::Temperature,
};

const WARM_HUE: f64 = 85.0;
const COOL_HUE: f64 = 250.0;
/// Hues a note's "warmer" and "cooler" lean towards.
const FIRE: f64 = 45.0;
const SEA: f64 = 235.0;
/// The palette of a product.
pub fn palette(subject: &Subject<'_>) -> Vec<Colour> {
    let (entry, base) = base(subject);
    let (light, dark) = (light(base), dark(base));
    Namer::new(subject, &entry, base).colours(&light, &dark)
}

/// The hue to build on: the note's, else one of the field's, else one of the kind's; a little off, so that two products differ.
fn base(subject: &Subject<'_>) -> (HueEntry, Base) {
    let entry = hue_entry(subject);
    let asked = subject.wishes.hue.is_some();
    let jitter = f64::from(u32::try_from(choice(&subject.seed, "palette/jitter") % 13).unwrap_or(6)) - 6.0;
    let manner = subject.manner();
    let neutral = match subject.wishes.temperature {
        Some(Temperature::Warmer) => Neutral::Warm,
        Some(Temperature::Cooler) => Neutral::Cool,
        None => manner.map_or(Neutral::Warm, |manner| manner.neutral),
    };
    let hue = if asked { entry.hue } else { entry.hue + jitter };
    let chroma = if asked { entry.chroma } else { entry.chroma * manner.map_or(1.0, |manner| manner.chroma) };
    let neutral_hue = match neutral {
        Neutral::Warm => WARM_HUE,
        Neutral::Cool => COOL_HUE,
        Neutral::Own => entry.hue,
    };
    (entry, Base { hue, chroma, neutral_hue, tint: manner.map_or(1.0, |manner| manner.tint) })
}

fn hue_entry(subject: &Subject<'_>) -> HueEntry {
    let colours = &subject.knowledge.colours;
    if let Some(asked) = &subject.wishes.hue {
        return asked.clone();
    }
    let of_domain = subject.domains().into_iter().find_map(|domain| colours.domains.get(domain));
    let of_kind = colours.archetypes.get(subject.archetype()).or_else(|| colours.archetypes.get("core"));
    let unwanted = |entry: &&HueEntry| subject.wishes.no_hues.iter().all(|no| hue_distance(*no, entry.hue) > 35.0);
    let from = |list: Option<&Vec<HueEntry>>| -> Vec<HueEntry> {
        list.into_iter().flatten().filter(unwanted).cloned().collect()
    };
    let mut choices = from(of_domain);
    if choices.is_empty() || subject.wishes.temperature.is_some() {
        choices.extend(from(of_kind));
    }
    let towards = match subject.wishes.temperature {
        Some(Temperature::Warmer) => Some(FIRE),
        Some(Temperature::Cooler) => Some(SEA),
        None => None,
    };
    let chosen = match towards {
        Some(hue) => choices.iter().min_by(|a, b| hue_distance(a.hue, hue).total_cmp(&hue_distance(b.hue, hue))),
        None => pick(&choices, &subject.seed, "palette/hue"),
    };
    chosen.cloned().unwrap_or(HueEntry { hue: 255.0, chroma: 0.12, why: "plain ink".to_owned() })
}

/// Id, name, purpose, and which of a theme's colours it is.
type Role = (&'static str, String, String, fn(&Theme) -> Shown);

/// Gives every role its name, purpose and contrasts.
struct Namer<'a> {
    subject: &'a Subject<'a>,
    entry: &'a HueEntry,
    base: Base,
    neutrals: Option<&'a Neutrals>,
}

impl<'a> Namer<'a> {
    fn new(subject: &'a Subject<'a>, entry: &'a HueEntry, base: Base) -> Self {
        let neutrals = subject.knowledge.colours.neutrals.values();
        let nearest = neutrals
            .min_by(|a, b| hue_distance(a.hue, base.neutral_hue).total_cmp(&hue_distance(b.hue, base.neutral_hue)));
        Self { subject, entry, base, neutrals: nearest }
    }

    fn colours(&self, light: &Theme, dark: &Theme) -> Vec<Colour> {
        let mut taken = BTreeSet::new();
        let accent = self.anchor(light.accent, &mut taken);
        let statuses = [light.success, light.warning, light.danger].map(|shown| self.anchor(shown, &mut taken));
        let [success, warning, danger] = statuses;
        let own = |list: fn(&Neutrals) -> &Vec<String>, role: &str| {
            let names =
                self.neutrals.map(list).and_then(|names| pick(names, &self.subject.seed, &format!("palette/{role}")));
            names.cloned().unwrap_or_else(|| "Neutral".to_owned())
        };
        let wash = format!("{accent}, thinned");
        let why = format!("Links, buttons and the mark: {}", self.entry.why);
        let roles: [Role; 12] = [
            ("paper", own(|n| &n.paper, "paper"), "The page".to_owned(), |t| t.paper),
            ("raised", own(|n| &n.raised, "raised"), "Cards, menus and fields that lie on the page".to_owned(), |t| {
                t.raised
            }),
            ("ink", own(|n| &n.ink, "ink"), "Text and headings".to_owned(), |t| t.ink),
            (
                "quiet",
                own(|n| &n.quiet, "quiet"),
                "Dates, captions and hints: the faintest that text may be".to_owned(),
                |t| t.quiet,
            ),
            ("line", own(|n| &n.line, "line"), "Hairlines between things; they carry no meaning".to_owned(), |t| {
                t.line
            }),
            ("edge", own(|n| &n.edge, "edge"), "Borders of fields, boxes and buttons".to_owned(), |t| t.edge),
            ("accent", accent, why, |t| t.accent),
            ("accent-wash", wash, "Behind what is selected, new or quoted".to_owned(), |t| t.wash),
            (
                "on-accent",
                format!("{} on the accent", own(|n| &n.raised, "raised")),
                "Words on a filled button".to_owned(),
                |t| t.on_accent,
            ),
            ("success", success, "It worked; always with a word or sign beside it".to_owned(), |t| t.success),
            ("warning", warning, "Look before you go on; always with a word or sign".to_owned(), |t| t.warning),
            ("danger", danger, self.danger_purpose(), |t| t.danger),
        ];
        let told = roles.into_iter().map(|(id, name, purpose, role)| Colour {
            id: id.to_owned(),
            name,
            purpose,
            light: tone(id, role(light), light),
            dark: tone(id, role(dark), dark),
        });
        told.collect()
    }

    fn danger_purpose(&self) -> String {
        let near = hue_distance(25.0, self.base.hue) < APART && self.base.chroma > MUTED;
        let told = if near {
            "It did not work, or cannot be taken back; kept apart from the accent, which is red as well"
        } else {
            "It did not work, or cannot be taken back"
        };
        told.to_owned()
    }

    /// The nearest name. One that is at home in the field counts as nearer; none is given twice.
    fn anchor(&self, shown: Shown, taken: &mut BTreeSet<String>) -> String {
        let domains = self.subject.domains();
        let anchors = self.subject.knowledge.colours.anchors.iter().filter(|anchor| {
            !taken.contains(&anchor.name)
                && (anchor.domains.is_empty() || anchor.domains.iter().any(|domain| domains.contains(&domain.as_str())))
        });
        let distance = |at: [f64; 3], at_home: bool| {
            let apart = Oklch::new(at[0] / 100.0, at[1], at[2]).distance(shown.oklch);
            if at_home { apart * 0.6 } else { apart }
        };
        let nearest = anchors
            .min_by(|a, b| distance(a.at, !a.domains.is_empty()).total_cmp(&distance(b.at, !b.domains.is_empty())));
        let name = nearest.map_or_else(|| "Accent".to_owned(), |anchor| anchor.name.clone());
        taken.insert(name.clone());
        name
    }
}

fn tone(role: &str, shown: Shown, theme: &Theme) -> Tone {
    let mut grounds: Vec<(&str, Shown, f64)> = Vec::new();
    match role {
        "ink" | "quiet" => grounds.extend([
            ("paper", theme.paper, TEXT),
            ("raised", theme.raised, TEXT),
            ("accent-wash", theme.wash, TEXT),
        ]),
        "accent" | "success" | "warning" | "danger" => {
            grounds.extend([("paper", theme.paper, TEXT), ("raised", theme.raised, TEXT)]);
        }
        "edge" => grounds.extend([("paper", theme.paper, PART), ("raised", theme.raised, PART)]),
        "on-accent" => grounds.push(("accent", theme.accent, TEXT)),
        _ => {}
    }
    let contrasts = grounds.into_iter().map(|(on, ground, needs)| Contrast {
        on: on.to_owned(),
        ratio: (shown.contrast(ground) * 100.0).floor() / 100.0,
        needs,
    });
    Tone { oklch: shown.css(), hex: shown.hex(), contrasts: contrasts.collect() }
}
