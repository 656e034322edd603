//! What speaks for a name and what against it. Every mark says why; the score is their weighted mean and nothing else.

use model::sections::{Mark, NameCandidate};

use super::{
    super::{Subject, sounds},
    make::{Making, Raw},
    written,
};

/// The longest a name may be.
const MOST_LETTERS: usize = 12;
const LEAST_LETTERS: usize = 3;

/// Judges names for one product.
pub struct Judge<'a> {
    subject: &'a Subject<'a>,
}

/// What was found out about the sound of a name.
struct Sound {
    syllables: usize,
    cluster: usize,
    hiatus: bool,
    clash: bool,
}

impl<'a> Judge<'a> {
    /// A judge for this product.
    pub fn new(subject: &'a Subject<'a>) -> Self {
        Self { subject }
    }

    /// A name with its marks; `None` when it must not be a name at all.
    pub fn judge(&self, raw: &Raw) -> Option<NameCandidate> {
        let sound = self.acceptable(raw)?;
        Some(self.candidate(&written(&raw.text), raw, &sound))
    }

    /// Marks for a name somebody asked for, whatever it is.
    pub fn wished(&self, name: &str) -> NameCandidate {
        let text: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        let sound = sound_of(&text, 0);
        let raw = Raw {
            nearness: self.nearness_of(&text),
            text: if text.is_empty() { "name".to_owned() } else { text },
            making: Making::Wished,
            parts: Vec::new(),
            seam: 0,
            reason: "The note asks for it.".to_owned(),
        };
        // What cannot be said is judged as if it had to be spelt out.
        let sound =
            sound.unwrap_or(Sound { syllables: raw.text.chars().count(), cluster: 4, hiatus: true, clash: true });
        self.candidate(name, &raw, &sound)
    }

    fn acceptable(&self, raw: &Raw) -> Option<Sound> {
        let avoid = &self.subject.knowledge.avoid;
        let text = raw.text.as_str();
        let curated = raw.making == Making::Word;
        let sized = (LEAST_LETTERS..=MOST_LETTERS).contains(&text.len());
        let tripled = text.as_bytes().windows(3).any(|three| three[0] == three[1] && three[1] == three[2]);
        let unfortunate = !curated && avoid.substrings.iter().any(|bad| text.contains(bad.as_str()));
        let worn = !curated && avoid.endings.iter().any(|end| text.ends_with(end.as_str()));
        let ordinary = !curated && (avoid.ordinary.contains(text) || self.subject.lexicon.verb(text).is_some());
        if !sized || tripled || unfortunate || worn || ordinary || self.is_generic(text) || self.is_known(text) {
            return None;
        }
        sound_of(text, raw.seam)
    }

    /// Whether the name is just a word of the directive, or what everybody calls such a product.
    fn is_generic(&self, text: &str) -> bool {
        let said = self.subject.understood.reading.words.iter().any(|word| word.forms.iter().any(|form| form == text));
        said || self.subject.lexicon.is_form(text)
            || self.subject.lexicon.is_person(text)
            || text == self.subject.kind()
    }

    fn is_known(&self, text: &str) -> bool {
        let known = &self.subject.knowledge.avoid.known;
        known.contains(text) || text.len() > 5 && self.nearest_known(text, 1).is_some_and(|near| near.len() > 5)
    }

    /// The well-known name that is at most so many letters away, the nearest first.
    fn nearest_known(&self, text: &str, most: usize) -> Option<&'a str> {
        let known = self.subject.knowledge.avoid.known.iter().filter(|known| known.len() > 3);
        // Lengths rule out nearly all of them before letters are compared.
        let similar = known.filter(|known| known.len().abs_diff(text.len()) <= most);
        let near = similar.map(|known| (strsim::osa_distance(known, text), known.as_str()));
        near.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
    }

    fn nearness_of(&self, text: &str) -> u32 {
        let words = &self.subject.understood.reading.words;
        let inside =
            words.iter().flat_map(|word| &word.forms).any(|form| form.len() > 3 && text.contains(form.as_str()));
        let data = &self.subject.knowledge.names;
        let of_field = self.subject.domains().into_iter().filter_map(|domain| data.domains.get(domain));
        let field = of_field
            .flat_map(|field| field.roots.keys().chain(field.words.keys()))
            .any(|word| text.contains(word.as_str()));
        if inside {
            90
        } else if field {
            80
        } else {
            30
        }
    }

    fn candidate(&self, name: &str, raw: &Raw, sound: &Sound) -> NameCandidate {
        let weighted = [
            (25, say(sound)),
            (14, spell(raw)),
            (if self.subject.wishes.short { 50 } else { 14 }, short(raw)),
            (20, recalls(raw)),
            (15, self.distinct(raw)),
            (12, self.fits(raw)),
        ];
        let weights: u32 = weighted.iter().map(|(weight, _)| weight).sum();
        let sum: u32 = weighted.iter().map(|(weight, mark)| weight * u32::from(mark.points)).sum();
        NameCandidate {
            id: id_of(name),
            name: name.to_owned(),
            reason: raw.reason.clone(),
            score: u8::try_from((sum + weights / 2) / weights).unwrap_or(100),
            marks: weighted.into_iter().map(|(_, mark)| mark).collect(),
        }
    }

    fn distinct(&self, raw: &Raw) -> Mark {
        let near = self.nearest_known(&raw.text, raw.text.len() / 4);
        let (points, why) = match (raw.making, near) {
            (_, Some(known)) if known == raw.text => (5, "the name of a well-known company or product".to_owned()),
            (_, Some(known)) => (50, format!("not far from {}, which everybody knows", written(known))),
            (Making::Word, _) => (58, "a word in the dictionary: others may use it too".to_owned()),
            (Making::Compound, _) => (86, "two known words that hardly ever stand together".to_owned()),
            (Making::Wished, _) => {
                (75, "not one of the names everybody knows; more than that has to be searched".to_owned())
            }
            (Making::Blend | Making::Coined, _) => (93, "nobody else is called that".to_owned()),
        };
        mark("distinct", points, why)
    }

    fn fits(&self, raw: &Raw) -> Mark {
        if let Some(making) = self.subject.wishes.making {
            let asked = making == raw.making.key();
            let why = if asked { "made the way the note asks" } else { "not made the way the note asks" };
            return mark("fits the character", if asked { 100 } else { 10 }, why.to_owned());
        }
        let Some(manner) = self.subject.manner().filter(|_| raw.making != Making::Wished) else {
            return mark("fits the character", 70, "the note's own choice".to_owned());
        };
        let points = match raw.making {
            Making::Word => manner.words,
            Making::Compound => manner.compounds,
            Making::Blend => manner.blends,
            Making::Coined | Making::Wished => manner.coined,
        };
        let why = manner.why.get(raw.making.key()).cloned().unwrap_or_default();
        mark("fits the character", u32::from(points), why)
    }
}

/// How the name is said; `None` when it cannot be. A seam is where one word ends and the next begins.
fn sound_of(text: &str, seam: usize) -> Option<Sound> {
    let whole = sounds::spoken(text);
    if seam == 0 {
        let whole = whole?;
        return Some(Sound { syllables: whole.syllables, cluster: whole.cluster, hiatus: whole.hiatus, clash: false });
    }
    let (one, two) = (sounds::spoken(text.get(..seam)?)?, sounds::spoken(text.get(seam..)?)?);
    let meets = one.ends_open() && text[seam..].starts_with(['a', 'e', 'i', 'o', 'u']);
    Some(Sound {
        syllables: one.syllables + two.syllables,
        cluster: whole.map_or_else(|| one.cluster.max(two.cluster) + 1, |whole| whole.cluster),
        hiatus: meets || one.hiatus || two.hiatus,
        clash: one.clashes_with(&two),
    })
}

fn say(sound: &Sound) -> Mark {
    let count = match sound.syllables {
        1 => 94,
        2 => 100,
        3 => 90,
        4 => 68,
        _ => 30,
    };
    let mut why = vec![match sound.syllables {
        1 => "one syllable".to_owned(),
        count => format!("{} syllables", number(count)),
    }];
    let mut points: u32 = count;
    if sound.cluster > 2 {
        points = points.saturating_sub(u32::try_from(sound.cluster - 2).unwrap_or(0) * 12);
        why.push(format!("{} consonants in a row", number(sound.cluster)));
    }
    if sound.clash {
        points = points.saturating_sub(30);
        why.push("the two halves run into one another".to_owned());
    }
    if sound.hiatus {
        points = points.saturating_sub(10);
        why.push("two vowels meet".to_owned());
    }
    if why.len() == 1 {
        why.push("no cluster to stumble over".to_owned());
    }
    mark("easy to say", points, why.join(", "))
}

fn spell(raw: &Raw) -> Mark {
    let base: u32 = match raw.making {
        Making::Word => 98,
        Making::Compound => 94,
        Making::Blend => 80,
        Making::Coined | Making::Wished => 86,
    };
    let puzzles = sounds::puzzles(&raw.text);
    let cost = if matches!(raw.making, Making::Word | Making::Compound) { 7 } else { 12 };
    let points = base.saturating_sub(cost * u32::try_from(puzzles.len()).unwrap_or(0));
    let why = match (puzzles.as_slice(), raw.making) {
        ([], Making::Word | Making::Compound) => "written as people know it".to_owned(),
        ([], _) => "written as it sounds".to_owned(),
        (some, _) => format!("one has to know about {}", some.join(" and ")),
    };
    mark("easy to spell", points, why)
}

fn short(raw: &Raw) -> Mark {
    let letters = raw.text.chars().count();
    let points = match letters {
        0..=2 => 40,
        3 => 85,
        4..=6 => 100,
        7 => 95,
        8 => 88,
        9 => 77,
        10 => 62,
        11 => 46,
        12 => 32,
        _ => 12,
    };
    mark("short", points, format!("{} letters", number(letters)))
}

fn recalls(raw: &Raw) -> Mark {
    let why = match raw.nearness {
        86.. => "made of the subject's own words",
        70..=85 => "one half is the subject's, or both are near it",
        55..=69 => "hints at it",
        _ => "says nothing about the subject",
    };
    mark("recalls the subject", raw.nearness, why.to_owned())
}

fn mark(about: &str, points: u32, why: String) -> Mark {
    Mark { about: about.to_owned(), points: u8::try_from(points.min(100)).unwrap_or(100), why }
}

/// Lower case, letters and digits only, as a piece's address wants it.
fn id_of(name: &str) -> String {
    let id: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if id.is_empty() { "name".to_owned() } else { id }
}

fn number(count: usize) -> String {
    const WORDS: [&str; 13] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    WORDS.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}
