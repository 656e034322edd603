//! What a note asks of a brand.

use crate::composer::{lexicon::Lexicon, reading::Reading};

use super::{knowledge::BrandKnowledge, knowledge::HueEntry, mood::Mood};

/// Names longer than this are no names.
const NAME_MAX_CHARS: usize = 40;

/// A note, understood.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The name it settles on.
    pub name: Option<String>,
    /// The hue it asks for.
    pub hue: Option<HueEntry>,
    /// Hues it rules out.
    pub no_hues: Vec<f64>,
    /// Warmer or cooler colours.
    pub temperature: Option<Temperature>,
    /// Moods it asks for.
    pub moods: Vec<Mood>,
    /// Whether names should be short.
    pub short: bool,
    /// Names of one making, by the names of `moods.toml`: words, compounds, blends, coined.
    pub making: Option<&'static str>,
    /// Whether letters should have serifs.
    pub serifs: Option<bool>,
    /// Which drawing the mark should be.
    pub mark: Option<&'static str>,
    /// Whether it says nothing that is understood, or asks for something else without saying what: then chance decides anew.
    pub anew: bool,
}

/// Which way colours should lean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temperature {
    /// Towards the fire.
    Warmer,
    /// Towards the sea.
    Cooler,
}

impl Wishes {
    /// Reads a note. `drawings` are the names of marks it may ask for.
    pub fn read(note: &str, reading: &Reading, knowledge: &BrandKnowledge, drawings: &[&'static str]) -> Self {
        let mut wishes = Self { name: name_in(note), ..Self::default() };
        let mut understood = wishes.name.is_some();
        let wanted = |word: &str| reading.words.iter().any(|w| !w.negated && w.forms.iter().any(|form| form == word));
        for word in &reading.words {
            for form in &word.forms {
                let hue = knowledge.colours.words.get(form);
                if word.negated || ruled_out(note, form) {
                    wishes.no_hues.extend(hue.map(|entry| entry.hue));
                } else {
                    wishes.hue = wishes.hue.or_else(|| hue.cloned());
                    wishes.moods.extend(knowledge.moods.of_word(form).into_iter().flatten().map(|(mood, _)| *mood));
                }
            }
        }
        wishes.temperature = match () {
            () if wanted("warmer") => Some(Temperature::Warmer),
            () if wanted("cooler") || wanted("colder") => Some(Temperature::Cooler),
            () => None,
        };
        wishes.short = wanted("shorter") || wanted("short");
        wishes.making = [
            (["real", "plain", "existing"], "words"),
            (["invented", "made-up", "coined"], "coined"),
            (["compound", "joined", "double"], "compounds"),
            (["pun", "blend", "portmanteau"], "blends"),
        ]
        .into_iter()
        .find(|(words, _)| words.iter().any(|word| wanted(word)))
        .map(|(_, making)| making);
        wishes.serifs = match () {
            () if wanted("sans") || wanted("grotesque") => Some(false),
            () if wanted("serif") => Some(true),
            () => None,
        };
        wishes.mark = drawings.iter().copied().find(|drawing| wanted(drawing));
        if wanted("initial") || wanted("letter") {
            wishes.mark = Some("monogram");
        }
        understood |= wishes.hue.is_some() || !wishes.no_hues.is_empty() || wishes.temperature.is_some();
        understood |= !wishes.moods.is_empty() || wishes.short || wishes.making.is_some();
        understood |= wishes.serifs.is_some() || wishes.mark.is_some();
        wishes.anew =
            !understood || ["another", "other", "different", "new", "again", "else"].iter().any(|word| wanted(word));
        wishes
    }
}

/// "not green", "no blue": the reader of directives knows these as limits on things, here they are about colours.
fn ruled_out(note: &str, word: &str) -> bool {
    let note = note.to_lowercase();
    ["not ", "no ", "without ", "instead of ", "less "].iter().any(|no| note.contains(&format!("{no}{word}")))
}

/// "call it Foo", "name it “Foo Bar”", "the name is Foo": the words behind, as typed.
fn name_in(note: &str) -> Option<String> {
    const LEADS: [&str; 9] = [
        "call it ",
        "name it ",
        "named ",
        "called ",
        "call this ",
        "name this ",
        "the name is ",
        "name should be ",
        "name must be ",
    ];
    let lower = note.to_lowercase();
    // Lower case may be longer in bytes for a few letters; then the note is not one of ours to cut.
    let lead =
        (lower.len() == note.len()).then(|| LEADS.iter().find_map(|lead| Some(lower.find(lead)? + lead.len())))??;
    let rest = note.get(lead..)?.trim_start();
    let quoted = rest.strip_prefix(['"', '“', '\'', '‘', '«', '*']);
    let name = match quoted {
        Some(inner) => inner.split(['"', '”', '\'', '’', '»', '*']).next()?,
        None => unquoted(rest),
    };
    let name: String =
        name.trim().trim_end_matches(['.', '!', '?', ',', ';', ':']).chars().take(NAME_MAX_CHARS).collect();
    name.chars().any(char::is_alphanumeric).then(|| name.trim().to_owned())
}

/// Up to the end of the clause; and of several words only as many as are capitalised.
fn unquoted(rest: &str) -> &str {
    let clause = rest.split([',', ';', '.', '!', '?', '\n', '(', ')']).next().unwrap_or_default();
    let clause = ["and ", "but ", "with ", "please", "instead"]
        .iter()
        .fold(clause, |clause, stop| clause.find(&format!(" {stop}")).map_or(clause, |at| &clause[..at]));
    let mut end = 0;
    for word in clause.split_inclusive(' ') {
        if end > 0 && !word.starts_with(|c: char| c.is_uppercase() || c.is_numeric()) {
            break;
        }
        end += word.len();
    }
    &clause[..end]
}

/// A name that fits what its words are made of: "iPhone" stays, "zindle" becomes "Zindle".
pub fn as_name(text: &str, _lexicon: &Lexicon) -> String {
    if text.chars().any(char::is_uppercase) { text.to_owned() } else { crate::composer::inflect::capitalised(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_behind_the_words_that_announce_it() {
        for (note, name) in [
            ("call it Foo", Some("Foo")),
            ("Please call it zindle.", Some("zindle")),
            ("name it “Patch & Sons”, and make it warmer", Some("Patch & Sons")),
            ("call it Green Lantern and use green", Some("Green Lantern")),
            ("warmer", None),
            ("call it !!", None),
        ] {
            assert_eq!(name_in(note).as_deref(), name, "{note}");
        }
    }
}
