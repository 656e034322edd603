//! Ways to make a name. None of them judges; that is done afterwards, by the same rules for all.

use std::collections::BTreeMap;

use crate::composer::{brand::knowledge::Glossed, choice::choice};

use super::{super::Subject, LOOKED_AT};

/// How a name was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Making {
    /// A real word.
    Word,
    /// Two words joined.
    Compound,
    /// Two words that share sounds.
    Blend,
    /// A root with an old ending.
    Coined,
    /// Somebody asked for it.
    Wished,
}

impl Making {
    /// As `moods.toml` calls it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Word => "words",
            Self::Compound => "compounds",
            Self::Blend => "blends",
            Self::Coined | Self::Wished => "coined",
        }
    }
}

/// How near a part of a name is to the subject, 0 to 100.
type Nearness = u32;
const OWN: Nearness = 100;
const FIELD: Nearness = 95;
const KIND: Nearness = 80;
const PLAIN: Nearness = 45;

/// A name before it is judged.
#[derive(Debug, Clone)]
pub struct Raw {
    /// Lower case.
    pub text: String,
    /// How it was made.
    pub making: Making,
    /// What it was made of.
    pub parts: Vec<String>,
    /// Where its parts meet, in bytes; 0 where they do not.
    pub seam: usize,
    /// How near it is to the subject.
    pub nearness: Nearness,
    /// How it was made, in words.
    pub reason: String,
}

/// A word to make names of.
#[derive(Debug, Clone)]
struct Part {
    text: String,
    gloss: String,
    nearness: Nearness,
}

/// Every name that can be made.
pub fn all(subject: &Subject<'_>) -> Vec<Raw> {
    let pool = Pool::of(subject);
    let mut made = pool.words();
    made.extend(pool.compounds());
    made.extend(pool.blends());
    made.extend(pool.coined());
    let mut seen = std::collections::BTreeSet::new();
    made.retain(|raw| seen.insert(raw.text.clone()));
    made
}

/// The words of one directive, by what they can do in a name.
struct Pool {
    roots: Vec<Part>,
    tails: Vec<Part>,
    words: Vec<Part>,
    blends: Vec<Part>,
    endings: Vec<Part>,
}

impl Pool {
    fn of(subject: &Subject<'_>) -> Self {
        let data = &subject.knowledge.names;
        let looked_at = |folder: &str, words: &Glossed, nearness: Nearness| -> Vec<Part> {
            let mut shuffled: Vec<(&String, &String)> = words.iter().collect();
            shuffled.sort_by_key(|(word, _)| choice(&subject.seed, &format!("names/{folder}/{word}")));
            shuffled.truncate(words.len().div_ceil(LOOKED_AT));
            shuffled
                .into_iter()
                .map(|(word, gloss)| Part { text: word.clone(), gloss: gloss.clone(), nearness })
                .collect()
        };
        let mut roots = own_words(subject);
        let (mut tails, mut words) = (Vec::new(), Vec::new());
        if let Some(field) = subject.domains().into_iter().find_map(|domain| data.domains.get(domain)) {
            roots.extend(looked_at("roots", &field.roots, FIELD));
            words.extend(looked_at("words", &field.words, FIELD));
        }
        if let Some(kind) = data.archetypes.get(subject.archetype()) {
            tails.extend(looked_at("tails", &kind.tails, KIND));
            words.extend(looked_at("words", &kind.words, KIND - 5));
        }
        if roots.len() < 3 {
            roots.extend(looked_at("plain-roots", &data.plain.roots, PLAIN));
            words.extend(looked_at("plain-words", &data.plain.words, PLAIN));
        }
        if tails.len() < 3 {
            tails.extend(looked_at("plain-tails", &data.plain.tails, PLAIN));
        }
        Self {
            roots,
            tails,
            words,
            blends: looked_at("blends", &data.plain.blends, PLAIN),
            endings: looked_at("endings", &data.endings, PLAIN),
        }
    }

    fn words(&self) -> Vec<Raw> {
        let made = self.words.iter().map(|word| Raw {
            text: word.text.clone(),
            making: Making::Word,
            parts: vec![word.text.clone()],
            seam: 0,
            nearness: word.nearness,
            reason: format!("A real word: *{}*, {}.", word.text, word.gloss),
        });
        made.collect()
    }

    fn compounds(&self) -> Vec<Raw> {
        let pairs = self.roots.iter().flat_map(|root| self.tails.iter().map(move |tail| (root, tail)));
        let made = pairs.filter(|(root, tail)| root.text != tail.text && root.text.len() + tail.text.len() > 5).map(
            |(root, tail)| Raw {
                text: format!("{}{}", root.text, tail.text),
                making: Making::Compound,
                parts: vec![root.text.clone(), tail.text.clone()],
                seam: root.text.len(),
                nearness: (root.nearness * 3 + tail.nearness * 2) / 5,
                reason: format!("*{}*, {}, and *{}*, {}.", root.text, root.gloss, tail.text, tail.gloss),
            },
        );
        made.collect()
    }

    /// Two words of which the first ends as the second begins: "octave" and "avenue" share four letters.
    fn blends(&self) -> Vec<Raw> {
        let firsts: Vec<&Part> = self.roots.iter().chain(&self.words).collect();
        let seconds: Vec<&Part> = self.blends.iter().chain(&self.words).chain(&self.roots).chain(&self.tails).collect();
        let mut made = Vec::new();
        for first in firsts {
            for second in &seconds {
                let Some(shared) = overlap(&first.text, &second.text) else { continue };
                let text = format!("{}{}", first.text, &second.text[shared..]);
                made.push(Raw {
                    reason: format!(
                        "*{}*, {}, runs into *{}*, {}: they share “{}”.",
                        first.text,
                        first.gloss,
                        second.text,
                        second.gloss,
                        &second.text[..shared]
                    ),
                    text,
                    making: Making::Blend,
                    parts: vec![first.text.clone(), second.text.clone()],
                    seam: 0,
                    nearness: (first.nearness * 3 + second.nearness * 2) / 5,
                });
            }
        }
        made
    }

    fn coined(&self) -> Vec<Raw> {
        let pairs = self.roots.iter().flat_map(|root| self.endings.iter().map(move |ending| (root, ending)));
        let made = pairs.filter_map(|(root, ending)| {
            let stem = stem_before(&root.text, &ending.text)?;
            Some(Raw {
                text: format!("{stem}{}", ending.text),
                making: Making::Coined,
                parts: vec![root.text.clone(), ending.text.clone()],
                seam: 0,
                nearness: root.nearness.saturating_sub(12),
                reason: format!("*{}*, {}, with *-{}*, {}.", root.text, root.gloss, ending.text, ending.gloss),
            })
        });
        made.collect()
    }
}

/// The directive's own nouns, as far as they are short enough: the thing's, its people's, and those nobody knows.
fn own_words(subject: &Subject<'_>) -> Vec<Part> {
    let understood = subject.understood;
    let lexicon = subject.lexicon;
    let thing = understood.cast.thing.as_ref();
    let known_field = !subject.domains().is_empty();
    let others = understood.reading.things.iter().take(3).chain(understood.reading.actors.iter().take(2));
    let phrases = thing.into_iter().chain(others.filter(|_| !known_field));
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for phrase in phrases {
        for word in phrase.words.iter().skip(phrase.modifiers) {
            let singular = plain_letters(&lexicon.inflect.singular(word));
            let dull = lexicon.is_form(&singular)
                || lexicon.is_vague(&singular)
                || lexicon.is_adjective(&singular)
                || subject.knowledge.avoid.dull.contains(&singular);
            let person = lexicon.is_person(&singular) || singular.ends_with("ing") || singular.ends_with("ed");
            let text = match singular.len() {
                3..=6 if !person => singular.clone(),
                7.. => match clipped(&singular) {
                    Some(clip) => clip,
                    None => continue,
                },
                _ => continue,
            };
            if !dull && text.chars().all(|c| c.is_ascii_lowercase()) {
                let gloss = if text == singular {
                    "the directive's own word".to_owned()
                } else {
                    format!("short for {singular}")
                };
                parts.entry(text.clone()).or_insert(Part { text, gloss, nearness: OWN });
            }
        }
    }
    parts.into_values().collect()
}

/// "synthesizer" as "synth": up to the consonants behind the first vowel, if they end a syllable and there are two of them.
fn clipped(word: &str) -> Option<String> {
    let is_vowel = |c: char| "aeiouy".contains(c);
    let first = word.char_indices().skip_while(|(_, c)| !is_vowel(*c)).find(|(_, c)| !is_vowel(*c))?.0;
    let end = word[first..].find(is_vowel).map_or(word.len(), |at| first + at);
    let clip = word.get(..end)?;
    ((4..=6).contains(&clip.len()) && end - first >= 3 && super::super::sounds::spoken(clip).is_some())
        .then(|| clip.to_owned())
}

/// Without diacritics, so that a name can be typed anywhere: "völker" as "volker".
fn plain_letters(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for c in word.to_lowercase().chars() {
        match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => plain.push('a'),
            'ç' | 'ć' | 'č' => plain.push('c'),
            'è'..='ë' | 'ē' | 'ę' | 'ě' => plain.push('e'),
            'ì'..='ï' | 'ı' => plain.push('i'),
            'ñ' | 'ń' | 'ň' => plain.push('n'),
            'ò'..='ö' | 'ø' | 'ő' => plain.push('o'),
            'ù'..='ü' | 'ů' | 'ű' => plain.push('u'),
            'ý' | 'ÿ' => plain.push('y'),
            'š' | 'ś' | 'ş' => plain.push('s'),
            'ž' | 'ź' | 'ż' => plain.push('z'),
            'ł' => plain.push('l'),
            'ğ' => plain.push('g'),
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            other => plain.push(other),
        }
    }
    plain
}

/// How many letters the first word's end shares with the second's beginning: a vowel and a consonant at least, and neither word whole.
fn overlap(first: &str, second: &str) -> Option<usize> {
    let most = first.len().min(second.len()).saturating_sub(1);
    let shared = (2..=most).rev().find(|shared| first.ends_with(&second[..*shared]))?;
    let sound = &second[..shared];
    let is_vowel = |c: char| "aeiou".contains(c);
    let audible = sound.contains(is_vowel) && sound.contains(|c| !is_vowel(c)) || ["th", "sh", "ch"].contains(&sound);
    // Two letters of an unstressed ending are not heard as a word beginning.
    let weak = shared == 2 && ["er", "an", "al", "en", "on", "or", "ar", "el", "le", "in"].contains(&sound);
    // A silent e is no sound to share.
    let silent = shared == 2 && first.ends_with('e');
    (audible && !silent && !weak && first.len() - shared >= 2 && second.len() - shared >= 2).then_some(shared)
}

/// The root as it stands before an ending: "pestle" as "pestl" before a vowel, never a clash of letters.
fn stem_before<'r>(root: &'r str, ending: &str) -> Option<&'r str> {
    let is_vowel = |c: char| "aeiouy".contains(c);
    let opens = ending.starts_with(is_vowel);
    let stem = if opens { root.strip_suffix(is_vowel).unwrap_or(root) } else { root };
    let clash = stem.chars().last() == ending.chars().next() || !opens && stem.ends_with(['w', 'y']);
    let broken = stem.ends_with(['q', 'u', 'c']) || stem.ends_with("er") && opens;
    (stem.len() >= 3 && !clash && !broken).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blends_share_what_is_heard() {
        assert_eq!(overlap("octave", "avenue"), Some(3));
        assert_eq!(overlap("synth", "thread"), Some(2));
        assert_eq!(overlap("patch", "chapter"), Some(2));
        assert_eq!(overlap("patch", "row"), None);
        assert_eq!(overlap("glide", "deep"), None, "a silent e is not shared");
        assert_eq!(overlap("row", "row"), None);
    }

    #[test]
    fn long_words_are_clipped_where_a_syllable_ends() {
        assert_eq!(clipped("synthesizer").as_deref(), Some("synth"));
        assert_eq!(clipped("inspection"), None);
        assert_eq!(clipped("collector"), None);
    }
}
