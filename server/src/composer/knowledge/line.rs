//! Lines with slots: sentences that wait for the directive's words.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};
use unicode_properties::UnicodeEmoji;

use crate::composer::inflect::capitalised;

/// A line of knowledge, parsed: text and slots in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Slot { name: String, with_article: bool, capital: bool },
}

/// A line that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// A brace without its partner.
    #[error("a brace is not closed in \"{0}\"")]
    Brace(String),
    /// An empty line says nothing.
    #[error("the line is empty")]
    Empty,
}

/// What slots are filled with.
pub trait Slots {
    /// The words for a slot as they read inside a sentence, with "a", "an" or whatever fits when an article is wanted.
    /// `None` means that no such slot exists.
    fn fill(&self, slot: &str, with_article: bool) -> Option<String>;

    /// Whether a slot for many of something holds a word without a plural: "some equipment is".
    fn is_mass(&self, _slot: &str) -> bool {
        false
    }

    /// Whether a slot for one of something holds a word that is a plural all the same: "some dues are".
    fn is_plural_only(&self, _slot: &str) -> bool {
        false
    }

    /// A verb written for many, as it reads after a word without a plural.
    fn third(&self, _verb: &str) -> Option<String> {
        None
    }
}

/// What a line written for a plural says before a word that has none.
const MASS_BEFORE: [(&str, &str); 4] =
    [("many ", "much "), ("few ", "little "), ("fewer ", "less "), ("These ", "This ")];

impl Line {
    /// Parses `… {slot} … {a slot} …`.
    ///
    /// # Errors
    /// [`BadLine`] when it is empty or its braces do not match.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        if text.trim().is_empty() {
            return Err(BadLine::Empty);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let unbalanced = || BadLine::Brace(text.to_owned());
            let after = rest[open..].strip_prefix('{').ok_or_else(unbalanced)?;
            let (slot, tail) = after.split_once('}').filter(|(slot, _)| !slot.contains('{')).ok_or_else(unbalanced)?;
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            parts.push(Self::slot(slot));
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    fn slot(text: &str) -> Part {
        let (with_article, name) = match text.split_once(' ') {
            Some(("a" | "an" | "A" | "An", name)) => (true, name),
            _ => (false, text),
        };
        let capital = text.starts_with(char::is_uppercase);
        Part::Slot { name: name.to_lowercase(), with_article, capital }
    }

    /// The names of its slots.
    pub fn slots(&self) -> BTreeSet<&str> {
        self.0
            .iter()
            .filter_map(|part| if let Part::Slot { name, .. } = part { Some(name.as_str()) } else { None })
            .collect()
    }

    /// The slots that begin a sentence.
    pub fn openings(&self) -> Vec<&str> {
        let begins = |at: usize| match at.checked_sub(1).and_then(|before| self.0.get(before)) {
            None => true,
            Some(Part::Text(text)) => [". ", "? ", "! "].iter().any(|end| text.ends_with(end)),
            Some(Part::Slot { .. }) => false,
        };
        let slots = self.0.iter().enumerate().filter(|(at, _)| begins(*at));
        slots
            .filter_map(|(_, part)| if let Part::Slot { name, .. } = part { Some(name.as_str()) } else { None })
            .collect()
    }

    /// The line with its slots filled, and a capital at the start of each sentence.
    pub fn tell(&self, slots: &impl Slots) -> String {
        sentences_capitalised(&self.fill(slots))
    }

    /// The line with its slots filled, for use inside a sentence.
    pub fn fill(&self, slots: &impl Slots) -> String {
        let mut told = String::new();
        let (mut after_mass, mut after_many) = (false, false);
        for part in &self.0 {
            match part {
                Part::Text(text) if after_mass => told.push_str(&after_mass_word(text, slots)),
                Part::Text(text) if after_many => told.push_str(&after_plural_word(text)),
                Part::Text(text) => told.push_str(text),
                Part::Slot { name, with_article, capital } => {
                    let mass = !with_article && slots.is_mass(name);
                    after_mass = mass && !ends_in_preposition(&told);
                    after_many = *with_article && !ends_in_preposition(&told) && slots.is_plural_only(name);
                    let words = slots.fill(name, *with_article).unwrap_or_else(|| name.clone());
                    if let Some((many, much)) = MASS_BEFORE.iter().find(|(many, _)| mass && told.ends_with(many)) {
                        told.truncate(told.len() - many.len());
                        told.push_str(much);
                    }
                    told.push_str(&if *capital { capitalised(&words) } else { words });
                }
            }
        }
        told
    }
}

/// The text after "some dues", with its verb in the plural.
fn after_plural_word(text: &str) -> String {
    const VERBS: [(&str, &str); 3] = [(" is ", " are "), (" has ", " have "), (" was ", " were ")];
    let verb = VERBS.iter().find_map(|(one, many)| Some((text.strip_prefix(one)?, many)));
    verb.map_or_else(|| text.to_owned(), |(rest, many)| format!("{many}{rest}"))
}

/// "answers about sign language turn up": what follows a preposition is not what the verb after it speaks of.
fn ends_in_preposition(text: &str) -> bool {
    const PREPOSITIONS: [&str; 14] =
        ["about", "at", "between", "by", "for", "from", "in", "into", "of", "on", "over", "to", "with", "without"];
    text.trim_end().rsplit(' ').next().is_some_and(|word| PREPOSITIONS.contains(&word))
}

/// The text after a word without a plural, with its verb in the singular.
fn after_mass_word(text: &str, slots: &impl Slots) -> String {
    let word = text.strip_prefix(' ').map(|rest| rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default());
    let third = word.and_then(|word| Some((word, slots.third(word)?)));
    third.map_or_else(|| text.to_owned(), |(word, third)| format!(" {third}{}", &text[1 + word.len()..]))
}

/// Slots may open a sentence, and they come in lower case.
fn sentences_capitalised(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut starts = true;
    for (at, c) in text.char_indices() {
        if starts && c.is_alphanumeric() {
            told.extend(c.to_uppercase());
            starts = false;
        } else {
            // A pictogram opens a sentence as well as a letter does; a quotation mark does not.
            starts &= !c.is_emoji_char() || c.is_ascii();
            told.push(c);
        }
        if matches!(c, '.' | '!' | '?') {
            starts = text[at + c.len_utf8()..].starts_with(' ');
        }
    }
    told
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// One line, or several of which one is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a line of text with {slots}, or a list of such lines")]
pub enum Text {
    /// The only way to say it.
    One(Line),
    /// Ways to say it.
    Many(Vec<Line>),
}

impl Text {
    /// All its lines.
    pub fn lines(&self) -> &[Line] {
        match self {
            Self::One(line) => std::slice::from_ref(line),
            Self::Many(lines) => lines,
        }
    }

    /// The line that `choice` falls on: the same choice, the same line.
    pub fn pick(&self, choice: u64) -> Option<&Line> {
        let lines = self.lines();
        let count = u64::try_from(lines.len()).ok().filter(|count| *count > 0)?;
        usize::try_from(choice % count).ok().and_then(|at| lines.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Words;
    impl Slots for Words {
        fn fill(&self, slot: &str, with_article: bool) -> Option<String> {
            (slot == "thing").then(|| if with_article { "an hour meter" } else { "hour meter" }.to_owned())
        }
    }

    #[test]
    fn slots_are_filled_and_sentences_begin_with_a_capital() {
        let line = Line::parse("{thing} lost? {a thing} costs 3.5 e.g. more. the end").unwrap();
        assert_eq!(line.tell(&Words), "Hour meter lost? An hour meter costs 3.5 e.g. More. The end");
        assert_eq!(line.slots().into_iter().collect::<Vec<_>>(), ["thing"]);
    }

    struct Care;
    impl Slots for Care {
        fn fill(&self, _slot: &str, _with_article: bool) -> Option<String> {
            Some("plant care".to_owned())
        }

        fn is_mass(&self, slot: &str) -> bool {
            slot == "things"
        }

        fn is_plural_only(&self, slot: &str) -> bool {
            slot == "dues"
        }

        fn third(&self, verb: &str) -> Option<String> {
            ["are", "have"].contains(&verb).then(|| if verb == "are" { "is" } else { "has" }.to_owned())
        }
    }

    #[test]
    fn verbs_and_amounts_agree_with_words_that_have_no_plural() {
        let told = |line: &str| Line::parse(line).unwrap().fill(&Care);
        assert_eq!(told("see how {things} have changed"), "see how plant care has changed");
        assert_eq!(told("too few {things}, and {things} are late"), "too little plant care, and plant care is late");
        assert_eq!(told("how {a dues} is paid"), "how plant care are paid");
        assert_eq!(told("{things} area"), "plant care area");
        assert_eq!(told("answers about {things} are kept"), "answers about plant care are kept");
    }

    #[test]
    fn a_pictogram_opens_a_sentence() {
        let line = Line::parse("🎉 from the first to the last").unwrap();
        assert_eq!(line.tell(&Words), "🎉 from the first to the last");
    }

    #[test]
    fn loose_braces_are_refused() {
        for bad in ["{thing", "thing}", "a {b {c}", " "] {
            assert!(Line::parse(bad).is_err(), "{bad}");
        }
    }
}
