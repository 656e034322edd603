//! The palette: one hue with a reason, and every role as light or dark as it must be for people to read it.
//!
//! Lightness is not picked but solved for, on the eight-bit colours a screen shows, so that the contrast stated is the contrast there is.

use std::collections::BTreeSet;

use model::sections::{Colour, Contrast, Tone};

use crate::composer::choice::{choice, pick};

use super::{
    Subject,
    colour::{Oklch, Shown, hue_distance},
    knowledge::{HueEntry, Neutrals},
    mood::Neutral,
    wishes::Temperature,
};

/// WCAG 2.2, 1.4.3: text.
const TEXT: f64 = 4.5;
/// WCAG 2.2, 1.4.11: parts of controls.
const PART: f64 = 3.0;
/// Solved for a little more, so that what is cut to two decimals still holds.
const SPARE: f64 = 0.05;

const WARM_HUE: f64 = 85.0;
const COOL_HUE: f64 = 250.0;
/// Hues a note's "warmer" and "cooler" lean towards.
const FIRE: f64 = 45.0;
const SEA: f64 = 235.0;
/// Statuses keep at least this far from the accent, so that a button is no alarm.
const APART: f64 = 26.0;

/// What the solving starts from.
#[derive(Debug, Clone, Copy)]
pub struct Base {
    /// The accent's hue.
    pub hue: f64,
    /// The accent's chroma before gamut mapping.
    pub chroma: f64,
    /// The hue of paper and ink.
    pub neutral_hue: f64,
    /// How much of that hue one sees, about 1.
    pub tint: f64,
}

/// One theme, solved.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// The page.
    pub paper: Shown,
    /// What lies on it.
    pub raised: Shown,
    /// Text.
    pub ink: Shown,
    /// Lesser text.
    pub quiet: Shown,
    /// Hairlines.
    pub line: Shown,
    /// Borders of controls.
    pub edge: Shown,
    /// The brand's colour.
    pub accent: Shown,
    /// Its tint.
    pub wash: Shown,
    /// Text on the accent.
    pub on_accent: Shown,
    /// It worked.
    pub success: Shown,
    /// Have a look.
    pub warning: Shown,
    /// It did not.
    pub danger: Shown,
}

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

/// The light theme.
pub fn light(base: Base) -> Theme {
    let neutral = |l: f64, c: f64| Oklch::new(l, c * base.tint, base.neutral_hue).shown();
    let (paper, raised) = (neutral(0.978, 0.009), neutral(0.993, 0.004));
    let wash = Oklch::new(0.93, (base.chroma * 0.32).min(0.05), base.hue).shown();
    let hues = Hues::beside(base);
    let text = |l, c, h| darkest_needed(Oklch::new(l, c, h), &[paper, raised], TEXT);
    let accent = text(0.56, base.chroma, base.hue);
    Theme {
        paper,
        raised,
        wash,
        accent,
        on_accent: raised,
        ink: darkest_needed(Oklch::new(0.24, 0.018 * base.tint, base.neutral_hue), &[paper, raised, wash], 9.0),
        quiet: darkest_needed(Oklch::new(0.50, 0.02 * base.tint, base.neutral_hue), &[paper, raised, wash], TEXT),
        line: neutral(0.905, 0.014),
        edge: darkest_needed(Oklch::new(0.64, 0.022 * base.tint, base.neutral_hue), &[paper, raised], PART),
        success: text(0.53, 0.12, hues.success),
        warning: text(0.56, 0.12, hues.warning),
        danger: text(0.53, 0.18, hues.danger),
    }
}

/// The dark theme: not the light one turned over, but near black with softer ink and a paler accent.
pub fn dark(base: Base) -> Theme {
    let neutral = |l: f64, c: f64| Oklch::new(l, c * base.tint, base.neutral_hue).shown();
    let (paper, raised) = (neutral(0.185, 0.010), neutral(0.225, 0.012));
    let wash = Oklch::new(0.30, (base.chroma * 0.35).min(0.055), base.hue).shown();
    let hues = Hues::beside(base);
    let text = |l, c, h| lightest_needed(Oklch::new(l, c, h), &[paper, raised], TEXT);
    Theme {
        paper,
        raised,
        wash,
        accent: text(0.74, base.chroma * 0.9, base.hue),
        on_accent: paper,
        ink: lightest_needed(Oklch::new(0.925, 0.012 * base.tint, base.neutral_hue), &[paper, raised, wash], 9.0),
        quiet: lightest_needed(Oklch::new(0.71, 0.016 * base.tint, base.neutral_hue), &[paper, raised, wash], TEXT),
        line: neutral(0.31, 0.012),
        edge: lightest_needed(Oklch::new(0.56, 0.018 * base.tint, base.neutral_hue), &[paper, raised], PART),
        success: text(0.76, 0.12, hues.success),
        warning: text(0.80, 0.12, hues.warning),
        danger: text(0.72, 0.15, hues.danger),
    }
}

/// The hues of statuses, moved away from the accent where they would be taken for it.
struct Hues {
    success: f64,
    warning: f64,
    danger: f64,
}

impl Hues {
    fn beside(base: Base) -> Self {
        let apart = |hue: f64, towards: f64| {
            let away = APART - hue_distance(hue, base.hue);
            if away > 0.0 && base.chroma > 0.04 {
                hue + towards.signum() * (away + hue_distance(hue, base.hue) * side(hue, base.hue, towards))
            } else {
                hue
            }
        };
        // Green may turn to teal or to leaf, amber to yellow, red to crimson; none into one of the others.
        let signed = |hue: f64| (hue - base.hue + 540.0).rem_euclid(360.0) - 180.0;
        Self {
            success: apart(152.0, if signed(152.0) >= 0.0 { 1.0 } else { -1.0 }),
            warning: apart(78.0, 1.0),
            danger: apart(25.0, -1.0),
        }
    }
}

/// How often the distance to the accent has to be walked as well: twice over when the accent lies in the way, not at all otherwise.
fn side(hue: f64, accent: f64, towards: f64) -> f64 {
    let ahead = (accent - hue + 540.0).rem_euclid(360.0) - 180.0;
    if ahead * towards > 0.0 { 2.0 } else { 0.0 }
}

/// The colour itself if it is dark enough on every ground, else the lightest that is.
fn darkest_needed(wanted: Oklch, grounds: &[Shown], needs: f64) -> Shown {
    solve(wanted, grounds, needs, 0.0)
}

/// The colour itself if it is light enough on every ground, else the darkest that is.
fn lightest_needed(wanted: Oklch, grounds: &[Shown], needs: f64) -> Shown {
    solve(wanted, grounds, needs, 1.0)
}

/// Bisects lightness between what is wanted and the end of the scale, where contrast is greatest. Contrast grows towards that end but for
/// the steps of rounding, so that the last thousandths are walked.
fn solve(wanted: Oklch, grounds: &[Shown], needs: f64, end: f64) -> Shown {
    let at = |l: f64| Oklch::new(l, wanted.c, wanted.h).shown();
    let holds = |l: f64| grounds.iter().all(|ground| at(l).contrast(*ground) >= needs + SPARE);
    if holds(wanted.l) {
        return at(wanted.l);
    }
    let (mut fails, mut works) = (wanted.l, end);
    while (works - fails).abs() > 0.001 {
        let middle = f64::midpoint(fails, works);
        if holds(middle) { works = middle } else { fails = middle }
    }
    while !holds(works) && (works - end).abs() > 0.001 {
        works += 0.001 * (end - works).signum();
    }
    at(works)
}

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
        let roles: [(&str, String, String, fn(&Theme) -> Shown); 12] = [
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
        let near = hue_distance(25.0, self.base.hue) < APART && self.base.chroma > 0.04;
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
            grounds.extend([("paper", theme.paper, TEXT), ("raised", theme.raised, TEXT)])
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The guarantee, checked on the hex codes by arithmetic of its own.
    fn ratio(one: Shown, other: Shown) -> f64 {
        let luminance = |hex: &str| {
            let channel = |at: usize| {
                let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (luminance(&one.hex()), luminance(&other.hex()));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn assert_readable(base: Base) {
        for (name, theme) in [("light", light(base)), ("dark", dark(base))] {
            for (role, shown) in [
                ("ink", theme.ink),
                ("quiet", theme.quiet),
                ("accent", theme.accent),
                ("success", theme.success),
                ("warning", theme.warning),
                ("danger", theme.danger),
            ] {
                for ground in [theme.paper, theme.raised] {
                    assert!(ratio(shown, ground) >= 4.5, "{role} in {name} of {base:?}: {}", ratio(shown, ground));
                }
            }
            assert!(
                ratio(theme.ink, theme.wash) >= 4.5 && ratio(theme.quiet, theme.wash) >= 4.5,
                "wash in {name} of {base:?}"
            );
            assert!(ratio(theme.on_accent, theme.accent) >= 4.5, "on-accent in {name} of {base:?}");
            assert!(
                ratio(theme.edge, theme.paper) >= 3.0 && ratio(theme.edge, theme.raised) >= 3.0,
                "edge in {name} of {base:?}"
            );
        }
    }

    #[test]
    fn every_hue_can_be_read_in_both_themes() {
        for hue in 0..360 {
            for chroma in [0.0, 0.05, 0.12, 0.2, 0.37] {
                let base = Base { hue: f64::from(hue), chroma, neutral_hue: f64::from(hue), tint: 1.3 };
                assert_readable(base);
            }
        }
    }

    #[test]
    fn statuses_keep_away_from_the_accent_and_from_each_other() {
        for hue in 0..360 {
            let base = Base { hue: f64::from(hue), chroma: 0.15, neutral_hue: 85.0, tint: 1.0 };
            let hues = Hues::beside(base);
            for status in [hues.success, hues.warning, hues.danger] {
                assert!(hue_distance(status, base.hue) >= APART - 0.001, "{status} beside {hue}");
            }
            assert!(hue_distance(hues.warning, hues.danger) > 30.0, "amber and red beside {hue}");
            assert!(
                hue_distance(hues.warning, hues.success) > 20.0,
                "amber and green beside {hue}: {} {}",
                hues.warning,
                hues.success
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]
        #[test]
        fn every_base_can_be_read(hue in -720.0..720.0_f64, chroma in 0.0..0.4_f64, neutral_hue in 0.0..360.0_f64, tint in 0.0..2.5_f64) {
            assert_readable(Base { hue, chroma, neutral_hue, tint });
        }
    }
}
