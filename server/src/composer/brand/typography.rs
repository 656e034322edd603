//! Typefaces: a pair anybody may use, by the mood of the product and what it is about.

use model::sections::{Typeface, Typography};

use crate::composer::choice::choice;

use super::{
    Subject,
    knowledge::{Face, Pair},
};

/// The licence of every pair in `typefaces.toml`.
const LICENCE: &str = "SIL Open Font License 1.1";
/// What the field's own preference weighs, and the note's wish.
const AT_HOME: u32 = 7;
const ASKED: u32 = 40;

/// The pair that sits best; among equals the directive decides.
pub fn typography(subject: &Subject<'_>, name: &str) -> Option<Typography> {
    let score = |pair: &Pair| (weight(subject, pair), choice(&subject.seed, &format!("typography/{}", pair.id)));
    let pair = subject.knowledge.typefaces.pairs.iter().max_by_key(|pair| score(pair))?;
    let reason = subject.tell(&pair.why, name, "typography/why");
    Some(Typography {
        display: typeface(&pair.display),
        text: typeface(&pair.text),
        reason: format!("{}.", reason.trim_end_matches('.')),
    })
}

/// The leading mood counts most; a mood a note asks for leads.
fn weight(subject: &Subject<'_>, pair: &Pair) -> u32 {
    let of = |nth: usize| subject.moods.get(nth).and_then(|mood| pair.moods.get(mood)).copied().unwrap_or(0);
    let moods = of(0) * 4 + of(1) * 2;
    let domain = subject.domains().into_iter().next();
    let home =
        domain.is_some_and(|domain| pair.domains.iter().any(|own| own == domain)) && subject.wishes.moods.is_empty();
    let serif = !pair.display.fallback.ends_with("sans-serif");
    let asked = subject.wishes.serifs == Some(serif);
    moods + if home { AT_HOME } else { 0 } + if asked { ASKED } else { 0 }
}

fn typeface(face: &Face) -> Typeface {
    Typeface {
        family: face.family.clone(),
        stack: format!("\"{}\", {}", face.family, face.fallback),
        weights: face.weights.clone(),
        licence: LICENCE.to_owned(),
    }
}
