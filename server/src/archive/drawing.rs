//! Drawings that stand alone. On a page they take their colours from it; in a file they bring them along.

use model::sections::Brand;

/// Colours in place of those of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ground {
    ink: String,
    accent: String,
    paper: String,
    quiet: String,
}

impl Ground {
    /// Ink on paper, as this site has it.
    pub(super) fn plain() -> Self {
        let own = |hex: &str| hex.to_owned();
        Self { ink: own("#1d1a14"), accent: own("#a93212"), paper: own("#faf8f3"), quiet: own("#625b4e") }
    }

    /// The brand's own, in its light theme, as far as it has them.
    pub(super) fn of(brand: &Brand) -> Self {
        let role =
            |name: &str, otherwise: String| brand.colour(name).map_or(otherwise, |colour| colour.light.hex.clone());
        let plain = Self::plain();
        Self {
            ink: role("ink", plain.ink),
            accent: role("accent", plain.accent),
            paper: role("paper", plain.paper),
            quiet: role("quiet", plain.quiet),
        }
    }

    pub(super) fn ink(&self) -> &str {
        &self.ink
    }

    pub(super) fn accent(&self) -> &str {
        &self.accent
    }

    pub(super) fn paper(&self) -> &str {
        &self.paper
    }

    pub(super) fn quiet(&self) -> &str {
        &self.quiet
    }

    /// What stands for a custom property, where it is one of ours.
    fn property(&self, name: &str) -> Option<&str> {
        match name {
            "--wire-accent" | "--mark-accent" => Some(&self.accent),
            "--wire-fill" | "--mark-paper" => Some(&self.paper),
            "--wire-quiet" => Some(&self.quiet),
            _ => None,
        }
    }
}

/// A drawing that takes nothing from where it stands. It must be one that `model::svg::check` lets pass.
pub(super) fn stand_alone(svg: &str, ground: &Ground) -> String {
    let mut whole = String::with_capacity(svg.len() + 256);
    for (at, part) in svg.split('<').enumerate() {
        if at == 0 {
            whole.push_str(part);
            continue;
        }
        let tag = end_of_tag(part);
        whole.push('<');
        whole.push_str(&coloured(&part[..tag], ground));
        whole.push_str(&part[tag..]);
    }
    if whole.contains("xmlns=") {
        whole
    } else {
        whole.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1)
    }
}

/// Where a tag ends: at the first `>` outside of quotes.
fn end_of_tag(part: &str) -> usize {
    let mut quote = None;
    for (at, c) in part.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    part.len()
}

fn coloured(tag: &str, ground: &Ground) -> String {
    let mut text = tag.to_owned();
    // From the innermost out: what stands inside of one may be another.
    while let Some(start) = text.rfind("var(") {
        let Some(length) = closing(&text[start..]) else { break };
        let inner = &text[start + 4..start + length];
        let (name, otherwise) = inner.split_once(',').unwrap_or((inner, "currentColor"));
        let colour = ground.property(name.trim()).unwrap_or(otherwise.trim()).to_owned();
        text.replace_range(start..=start + length, &colour);
    }
    text.replace("currentColor", &ground.ink).replace("currentcolor", &ground.ink)
}

/// Where the first bracket that opens is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth <= 1 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_brings_its_colours_along_and_its_words_stay() {
        let svg = r#"<svg viewBox="0 0 8 8"><rect fill="var(--wire-fill, none)" stroke="currentColor" aria-label="a > b"/><path fill="var(--mark-accent, var(--other, currentColor))" stroke="var(--other, red)"/><text>var(--wire-fill) currentColor</text></svg>"#;
        let alone = stand_alone(svg, &Ground::plain());
        assert_eq!(
            alone,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><rect fill=\"#faf8f3\" stroke=\"#1d1a14\" aria-label=\"a > b\"/><path fill=\"#a93212\" stroke=\"red\"/><text>var(--wire-fill) currentColor</text></svg>"
        );
        assert_eq!(model::svg::check(&alone), Ok(()));
    }
}
