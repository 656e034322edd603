//! English word forms: number, article and tense, for words nobody has seen before as well as for those in the lexicon.

use std::collections::{HashMap, HashSet};

pub use model::article;

/// Irregular forms, as the lexicon gives them.
#[derive(Debug, Default)]
pub struct Inflector {
    plural_of: HashMap<String, String>,
    singular_of: HashMap<String, String>,
    uncountable: HashSet<String>,
    singular_s: HashSet<String>,
    past_of: HashMap<String, (String, String)>,
    doubling: Vec<String>,
}

impl Inflector {
    /// Takes irregular plurals (`person → people`), words without a plural, singulars in s (bus, lens), and irregular verbs
    /// (`buy → bought, bought`).
    pub fn new(
        plurals: &HashMap<String, String>,
        uncountable: impl IntoIterator<Item = String>,
        singular_s: impl IntoIterator<Item = String>,
        irregular_verbs: &HashMap<String, Vec<String>>,
    ) -> Self {
        let past_of: HashMap<String, (String, String)> = irregular_verbs
            .iter()
            .filter_map(|(verb, forms)| {
                let past = forms.first()?;
                Some((verb.clone(), (past.clone(), forms.get(1).unwrap_or(past).clone())))
            })
            .collect();
        let doubling = past_of
            .iter()
            .filter(|(verb, (past, _))| past.len() == verb.len() + 3 && doubles(verb, past))
            .map(|(verb, _)| verb.clone())
            .collect();
        Self {
            plural_of: plurals.clone(),
            singular_of: plurals.iter().map(|(one, many)| (many.clone(), one.clone())).collect(),
            uncountable: uncountable.into_iter().collect(),
            singular_s: singular_s.into_iter().collect(),
            past_of,
            doubling,
        }
    }

    /// The plural of a word or phrase: its last word changes ("hive inspection" → "hive inspections").
    pub fn plural(&self, phrase: &str) -> String {
        if self.is_uncountable(phrase) {
            return phrase.to_owned();
        }
        on_last_word(phrase, |word| {
            let lower = word.to_lowercase();
            let stays =
                self.singular_s.contains(&lower) && ["ics", "ies", "news"].iter().any(|end| lower.ends_with(end));
            if stays || self.uncountable.contains(&lower) || self.singular_of.contains_key(&lower) {
                return word.to_owned();
            }
            match self.plural_of.get(&lower) {
                Some(plural) => like(word, plural),
                None => regular_plural(word),
            }
        })
    }

    /// The singular of a word or phrase; a word that is singular already stays.
    pub fn singular(&self, phrase: &str) -> String {
        on_last_word(phrase, |word| {
            let lower = word.to_lowercase();
            if self.has_no_ending(&lower) {
                return word.to_owned();
            }
            let before_es = lower.strip_suffix("es").filter(|stem| self.singular_s.contains(*stem));
            match self.singular_of.get(&lower) {
                Some(singular) => like(word, singular),
                None if before_es.is_some() => word[..word.len() - 2].to_owned(),
                None => regular_singular(word),
            }
        })
    }

    /// Whether a word looks like a plural.
    pub fn is_plural(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        !self.has_no_ending(&lower) && (self.singular_of.contains_key(&lower) || regular_singular(&lower) != lower)
    }

    /// Whether the last word of a phrase, or its last two, have no plural.
    pub fn is_uncountable(&self, phrase: &str) -> bool {
        let lower = phrase.to_lowercase();
        let two = lower.rmatch_indices(' ').nth(1).map_or(lower.as_str(), |(at, _)| &lower[at + 1..]);
        self.uncountable.contains(two) || self.uncountable.contains(lower.rsplit([' ', '-']).next().unwrap_or(&lower))
    }

    /// Whether a word without a singular is a plural all the same: clothes.
    pub fn is_plural_only(&self, phrase: &str) -> bool {
        phrase.ends_with('s') && !phrase.ends_with("ss") && !phrase.ends_with("ics") && !phrase.ends_with("news")
    }

    fn has_no_ending(&self, lower: &str) -> bool {
        self.uncountable.contains(lower) || self.singular_s.contains(lower)
    }

    /// Third person singular: "sells", "catches", "tries".
    pub fn third(&self, verb: &str) -> String {
        on_first_word(verb, |verb| match verb {
            "have" => "has".to_owned(),
            "be" => "is".to_owned(),
            _ if ["do", "go", "veto", "echo"].iter().any(|end| verb.ends_with(end)) => format!("{verb}es"),
            _ => regular_plural(verb),
        })
    }

    /// Present participle: "selling", "planning", "writing".
    pub fn gerund(&self, verb: &str) -> String {
        on_first_word(verb, |verb| {
            if let Some(stem) = verb.strip_suffix("ie") {
                format!("{stem}ying")
            } else if verb.ends_with('e') && !ends_with_any(verb, &["ee", "oe", "ye"]) && verb != "be" {
                format!("{}ing", &verb[..verb.len() - 1])
            } else if self.doubles_consonant(verb) {
                format!("{verb}{}ing", &verb[verb.len() - 1..])
            } else {
                format!("{verb}ing")
            }
        })
    }

    /// Past participle: "sold", "planned", "tried".
    pub fn participle(&self, verb: &str) -> String {
        on_first_word(verb, |verb| self.past_of.get(verb).map_or_else(|| self.regular_past(verb), |(_, p)| p.clone()))
    }

    /// Every form a verb can take in a text, itself included.
    pub fn verb_forms(&self, verb: &str) -> Vec<(String, VerbForm)> {
        let past = self.past_of.get(verb).map_or_else(|| self.regular_past(verb), |(p, _)| p.clone());
        vec![
            (verb.to_owned(), VerbForm::Base),
            (self.third(verb), VerbForm::Third),
            (self.gerund(verb), VerbForm::Gerund),
            (past, VerbForm::Past),
            (self.participle(verb), VerbForm::Past),
        ]
    }

    fn regular_past(&self, verb: &str) -> String {
        if verb.ends_with('e') {
            format!("{verb}d")
        } else if consonant_y(verb) {
            format!("{}ied", &verb[..verb.len() - 1])
        } else if self.doubles_consonant(verb) {
            format!("{verb}{}ed", &verb[verb.len() - 1..])
        } else {
            format!("{verb}ed")
        }
    }

    /// Stop, plan, swap double their last letter; visit, open, show do not.
    fn doubles_consonant(&self, verb: &str) -> bool {
        let bytes = verb.as_bytes();
        let [.., a, b, c] = bytes else { return false };
        let short = bytes.iter().filter(|b| is_vowel(**b)).count() == 1;
        let closed = !is_vowel(*a) && is_vowel(*b) && !is_vowel(*c) && !matches!(c, b'w' | b'x' | b'y');
        verb.is_ascii() && closed && (short || self.doubling.iter().any(|known| known == verb))
    }
}

/// Which form of a verb a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerbForm {
    /// sell
    Base,
    /// sells
    Third,
    /// selling
    Gerund,
    /// sold
    Past,
}

/// With a small first letter, as in the middle of a sentence; a name with capitals inside ("PostgreSQL", "SMS gateway") keeps them.
pub fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let rest = chars.as_str();
    let is_name = rest.split(' ').next().is_some_and(|word| word.chars().any(char::is_uppercase));
    if is_name { text.to_owned() } else { first.to_lowercase().chain(rest.chars()).collect() }
}

/// The text with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// "a, b and c".
pub fn joined(items: &[String]) -> String {
    listed(items, "and")
}

/// "a, b or c", with the word that comes before the last.
pub fn listed(items: &[String], before_last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} {before_last} {last}", head.join(", ")),
    }
}

fn on_last_word(phrase: &str, change: impl Fn(&str) -> String) -> String {
    match phrase.rfind([' ', '-']) {
        Some(at) => format!("{}{}", &phrase[..=at], change(&phrase[at + 1..])),
        None => change(phrase),
    }
}

fn on_first_word(phrase: &str, change: impl Fn(&str) -> String) -> String {
    match phrase.split_once(' ') {
        Some((first, rest)) => format!("{} {rest}", change(first)),
        None => change(phrase),
    }
}

/// Gives `form` the capital of `word`, so that "People" stays capitalised.
fn like(word: &str, form: &str) -> String {
    if word.chars().next().is_some_and(char::is_uppercase) { capitalised(form) } else { form.to_owned() }
}

/// Adds the plural (and third person) ending. A word that does not end in a Latin letter stays as it is: there is no telling.
fn regular_plural(word: &str) -> String {
    let lower = word.to_lowercase();
    if !lower.ends_with(|c: char| c.is_ascii_alphanumeric() || ('à'..='ÿ').contains(&c)) {
        word.to_owned()
    } else if consonant_y(&lower) {
        format!("{}ies", &word[..word.len() - 1])
    } else if ends_with_any(&lower, &["s", "x", "z", "ch", "sh"]) {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

fn regular_singular(word: &str) -> String {
    let lower = word.to_lowercase();
    let keep = |cut: usize, add: &str| format!("{}{add}", &word[..word.len() - cut]);
    if lower.len() < 4
        || !lower.is_ascii() && !lower.ends_with('s')
        || ends_with_any(&lower, &["ss", "us", "is", "ous"])
    {
        word.to_owned()
    } else if lower.ends_with("ies") && lower.len() > 4 {
        keep(3, "y")
    } else if ends_with_any(&lower, &["sses", "shes", "ches", "xes", "zzes"]) {
        keep(2, "")
    } else if lower.ends_with('s') {
        keep(1, "")
    } else {
        word.to_owned()
    }
}

fn doubles(verb: &str, past: &str) -> bool {
    verb.chars().last().is_some_and(|last| past == format!("{verb}{last}ed"))
}

fn consonant_y(word: &str) -> bool {
    let bytes = word.as_bytes();
    matches!(bytes, [.., before, b'y'] if before.is_ascii_alphabetic() && !is_vowel(*before))
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u')
}

fn ends_with_any(word: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflector() -> Inflector {
        let plurals =
            HashMap::from([("person".to_owned(), "people".to_owned()), ("shelf".to_owned(), "shelves".to_owned())]);
        let verbs = HashMap::from([
            ("buy".to_owned(), vec!["bought".to_owned(), "bought".to_owned()]),
            ("submit".to_owned(), vec!["submitted".to_owned(), "submitted".to_owned()]),
        ]);
        Inflector::new(
            &plurals,
            ["equipment".to_owned()],
            ["bus".to_owned(), "dress".to_owned(), "series".to_owned()],
            &verbs,
        )
    }

    #[test]
    fn numbers_come_and_go_without_damage() {
        let words = inflector();
        for (one, many) in [
            ("vintage synthesizer", "vintage synthesizers"),
            ("hive inspection", "hive inspections"),
            ("battery", "batteries"),
            ("match", "matches"),
            ("box", "boxes"),
            ("person", "people"),
            ("book shelf", "book shelves"),
            ("zindle", "zindles"),
            ("course", "courses"),
            ("toy", "toys"),
            ("invoice", "invoices"),
            ("wedding dress", "wedding dresses"),
            ("bus", "buses"),
            ("series", "series"),
        ] {
            assert_eq!(words.plural(one), many);
            assert_eq!(words.singular(many), one);
            assert_eq!(words.singular(one), one);
        }
        assert_eq!(words.plural("equipment"), "equipment");
        assert_eq!(words.plural("people"), "people");
        assert_eq!(words.plural("🎉"), "🎉");
        assert_eq!(words.plural("本"), "本");
    }

    #[test]
    fn verbs_take_their_forms() {
        let words = inflector();
        let forms = |verb: &str| (words.third(verb), words.gerund(verb), words.participle(verb));
        let own = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!([words.third("undo"), words.third("go")], ["undoes", "goes"]);
        assert_eq!(forms("buy"), own("buys", "buying", "bought"));
        assert_eq!(forms("swap"), own("swaps", "swapping", "swapped"));
        assert_eq!(forms("submit"), own("submits", "submitting", "submitted"));
        assert_eq!(forms("visit"), own("visits", "visiting", "visited"));
        assert_eq!(forms("carry"), own("carries", "carrying", "carried"));
        assert_eq!(forms("share"), own("shares", "sharing", "shared"));
        assert_eq!(forms("agree"), own("agrees", "agreeing", "agreed"));
        assert_eq!(forms("check in"), own("checks in", "checking in", "checked in"));
        assert_eq!(forms("frizzle"), own("frizzles", "frizzling", "frizzled"));
    }
}
