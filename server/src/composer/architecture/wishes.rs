//! What a note asks of an architecture.

use std::collections::BTreeSet;

use model::sections::Product;

use super::entries::WishEntry;

/// A note, understood; and what the directive itself asks in the same words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    ids: BTreeSet<String>,
    /// How many people it speaks of.
    pub people: Option<u64>,
    /// Whether a note says nothing that is understood: then chance decides anew.
    pub anew: bool,
}

/// Words that turn what follows into its opposite.
const NOT: [&str; 7] = ["no", "not", "without", "avoid", "drop", "don't", "never"];
/// What people are called when nothing else is said.
const PEOPLE: [&str; 12] = [
    "users",
    "people",
    "members",
    "customers",
    "accounts",
    "employees",
    "students",
    "patients",
    "participants",
    "visitors",
    "guests",
    "clients",
];

impl Wishes {
    /// Reads the directive and a note.
    pub fn read(directive: &str, note: Option<&str>, product: &Product, entries: &[WishEntry]) -> Self {
        let asked = |text: &str| -> BTreeSet<String> {
            let words = words(text);
            let wanted = entries.iter().filter(|entry| entry.phrases.iter().any(|phrase| asks(&words, phrase)));
            wanted.map(|entry| entry.id.clone()).collect()
        };
        let by_note = note.map(asked).unwrap_or_default();
        let note_people = note.and_then(|note| people(note, product));
        let anew = note.is_some() && by_note.is_empty() && note_people.is_none();
        let ids = asked(directive).into_iter().chain(by_note).collect();
        Self { ids, people: note_people.or_else(|| people(directive, product)), anew }
    }

    /// Whether something is wished for.
    pub fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

fn words(text: &str) -> Vec<String> {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'' | '’' | ',' | '.');
    let trimmed = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).replace('’', "'").to_lowercase();
    text.split(|c: char| !kept(c)).map(trimmed).filter(|word| !word.is_empty()).collect()
}

/// Whether the words of a phrase stand there one after another, and nothing before them says no.
fn asks(words: &[String], phrase: &str) -> bool {
    let wanted: Vec<&str> = phrase.split(' ').collect();
    words.windows(wanted.len()).enumerate().any(|(at, found)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        found.iter().zip(&wanted).all(|(word, wanted)| word == wanted)
            && before.is_none_or(|before| !NOT.contains(&before.as_str()))
    })
}

/// "for 100,000 users", "at most 50 members": the number before people.
fn people(text: &str, product: &Product) -> Option<u64> {
    let words = words(text);
    let named: BTreeSet<String> =
        product.personas.iter().filter_map(|p| p.name.split(' ').next_back()).map(str::to_lowercase).collect();
    let is_people = |word: &str| {
        PEOPLE.contains(&word) || word.strip_suffix('s').is_some_and(|one| named.contains(one)) || named.contains(word)
    };
    let counts = words.iter().enumerate().filter_map(|(at, word)| {
        let times = match words.get(at + 1).map(String::as_str) {
            Some("thousand") => 1_000,
            Some("million") => 1_000_000,
            _ => 1,
        };
        let rest = words.get(at + 1 + usize::from(times > 1)..)?.iter().take(2);
        rest.into_iter().any(|word| is_people(word)).then(|| number(word).map(|number| number.saturating_mul(times)))?
    });
    counts.max().filter(|count| *count > 1).map(|count| count.min(1_000_000_000))
}

fn number(word: &str) -> Option<u64> {
    let (digits, times) = match (word.strip_suffix('k'), word.strip_suffix('m')) {
        (Some(digits), _) => (digits, 1_000),
        (_, Some(digits)) => (digits, 1_000_000),
        _ => (word, 1),
    };
    let digits: String = digits.chars().filter(|c| !matches!(c, ',' | '.' | '\'')).collect();
    digits.parse::<u64>().ok().map(|number| number.saturating_mul(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<WishEntry> {
        vec![
            WishEntry { id: "sqlite".into(), phrases: vec!["sqlite".into()] },
            WishEntry { id: "one-process".into(), phrases: vec!["no microservices".into(), "monolith".into()] },
        ]
    }

    #[test]
    fn a_note_is_understood_by_its_words() {
        let read = |note: &str| Wishes::read("An invoice tracker", Some(note), &Product::default(), &entries());
        assert!(read("Use SQLite, please").has("sqlite"));
        assert!(!read("no SQLite").has("sqlite"));
        assert!(read("no microservices").has("one-process") && !read("no microservices").anew);
        assert!(read("something else").anew);
        assert!(!Wishes::read("A monolith of marble", None, &Product::default(), &entries()).anew);
    }

    #[test]
    fn people_are_counted() {
        let read = |text: &str| people(text, &Product::default());
        assert_eq!(read("for 100,000 users"), Some(100_000));
        assert_eq!(read("at most 50 members"), Some(50));
        assert_eq!(read("two million active users"), None);
        assert_eq!(read("2 million active users"), Some(2_000_000));
        assert_eq!(read("20k people"), Some(20_000));
        assert_eq!(read("within 30 minutes"), None);
        assert_eq!(read("at most 3 pictures per person"), None);
    }
}
