//! Marks, drawn from geometry on a grid of 64: few shapes, thick enough for 16 pixels, coloured by whoever shows them.
//!
//! `currentColor` is the ink, `--mark-accent` the accent and `--mark-paper` what shows through; a mark must also read in one colour.

mod letters;
mod pen;
mod signs;
mod things;

use model::sections::Logo;

use crate::composer::choice::choice;

use super::Subject;
use pen::{Chance, Pen};

/// A way to draw a mark.
pub struct Construction {
    /// As `marks.toml` calls it.
    pub name: &'static str,
    /// What it shows.
    pub idea: &'static str,
    draw: fn(&mut Pen, &mut Chance),
}

/// The drawing of a letter.
const MONOGRAM: &str = "monogram";
/// Of a hundred marks this many are the name's letter, where one can be drawn.
const LETTERS: u64 = 18;
/// And this many of the others come from the kind of product, where the field has drawings of its own.
const KINDS: u64 = 25;

/// Every construction there is.
pub fn all() -> impl Iterator<Item = &'static Construction> {
    signs::SIGNS.iter().chain(things::THINGS.iter())
}

/// The names knowledge and notes may ask for.
pub fn names() -> Vec<&'static str> {
    all().map(|construction| construction.name).chain([MONOGRAM]).collect()
}

/// The mark of a product.
pub fn logo(subject: &Subject<'_>, name: &str) -> Logo {
    let seed = format!("{}\n{name}", subject.seed);
    let chance = Chance::new(choice(&seed, "logo/shape"));
    let by_letter = choice(&subject.seed, "logo/letter") % 100 < LETTERS;
    let construction = match subject.wishes.mark {
        Some(MONOGRAM) => None,
        Some(asked) => find(asked),
        None if by_letter => None,
        None => fitting(subject),
    };
    let letter = letters::initial(name);
    match (construction, letter) {
        (None, Some(letter)) => drawn(
            &format!("The letter {letter}, {}", letters::idea(choice(&seed, "logo/shape"))),
            |pen, chance| letters::monogram(pen, chance, letter),
            chance,
        ),
        (Some(construction), _) => drawn(construction.idea, construction.draw, chance),
        (None, None) => match fitting(subject).or_else(|| find("orbit")) {
            Some(construction) => drawn(construction.idea, construction.draw, chance),
            None => drawn("A disc", |pen, _| pen.disc(32.0, 32.0, 24.0, pen::INK), chance),
        },
    }
}

/// One construction by name, drawn with one chance: for sheets to look at, and for tests.
#[cfg(test)]
pub fn sample(name: &str, seed: u64) -> Logo {
    let construction = find(name).unwrap();
    drawn(construction.idea, construction.draw, Chance::new(seed))
}

#[cfg(test)]
pub fn sample_letter(letter: char, seed: u64) -> Logo {
    drawn("A letter", |pen, chance| letters::monogram(pen, chance, letter), Chance::new(seed))
}

fn find(name: &str) -> Option<&'static Construction> {
    all().find(|construction| construction.name == name)
}

fn fitting(subject: &Subject<'_>) -> Option<&'static Construction> {
    let marks = &subject.knowledge.marks;
    let of_domain = subject.domains().into_iter().find_map(|domain| marks.domains.get(domain));
    let of_kind = marks.archetypes.get(subject.archetype()).or_else(|| marks.archetypes.get("core"));
    let kind_leads = choice(&subject.seed, "logo/kind") % 100 < KINDS;
    let list = if kind_leads { of_kind.or(of_domain) } else { of_domain.or(of_kind) };
    crate::composer::choice::pick(list?, &subject.seed, "logo/which").and_then(|name| find(name))
}

fn drawn(idea: &str, draw: impl Fn(&mut Pen, &mut Chance), mut chance: Chance) -> Logo {
    let mut pen = Pen::default();
    draw(&mut pen, &mut chance);
    Logo { idea: idea.to_owned(), svg: pen.into_svg() }
}
