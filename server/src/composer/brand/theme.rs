//! A theme from a hue: every role as light or dark as it must be for people to read it.
//!
//! Lightness is not picked but solved for, on the eight-bit colours a screen shows, so that the contrast stated is the contrast there is.

use super::colour::{Oklch, Shown, hue_distance};

/// WCAG 2.2, 1.4.3: text.
pub const TEXT: f64 = 4.5;
/// WCAG 2.2, 1.4.11: parts of controls.
pub const PART: f64 = 3.0;
/// Solved for a little more, so that what is cut to two decimals still holds.
const SPARE: f64 = 0.05;

/// Statuses keep at least this far from the accent, so that a button is no alarm.
pub const APART: f64 = 26.0;
/// An accent with less chroma than this is told from a status by being muted.
pub const MUTED: f64 = 0.09;

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
            if away > 0.0 && base.chroma > MUTED {
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
