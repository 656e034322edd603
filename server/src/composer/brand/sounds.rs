//! How an English reader would say a written word: rough, but enough to tell what can be said from what cannot.
//!
//! Letters become sounds (digraphs, silent letters, soft c), sounds become syllables by the onsets and codas that English has.

/// Onsets of more than one sound. Capitals are th (T), sh (S), ch (C), j (J) and ng (N).
const ONSETS: [&str; 33] = [
    "pl", "pr", "bl", "br", "tr", "dr", "tw", "dw", "kl", "kr", "kw", "gl", "gr", "gw", "fl", "fr", "Tr", "Tw", "Sr",
    "sl", "sm", "sn", "sp", "st", "sk", "sw", "sf", "skw", "spl", "spr", "str", "skr", "vl",
];

/// Codas of more than one sound.
const CODAS: [&str; 84] = [
    "lp", "lb", "lt", "ld", "lk", "lf", "lv", "lm", "ln", "lT", "lS", "lC", "lJ", "ls", "lz", "rp", "rb", "rt", "rd",
    "rk", "rg", "rf", "rv", "rm", "rn", "rl", "rT", "rS", "rC", "rJ", "rs", "rz", "mp", "md", "mf", "mT", "ms", "mz",
    "nt", "nd", "nT", "ns", "nz", "nC", "nJ", "Nk", "Nz", "Nd", "NT", "sp", "st", "sk", "ps", "ts", "ks", "fs", "Ts",
    "pt", "kt", "ft", "pT", "tT", "dT", "fT", "bz", "dz", "gz", "vz", "mps", "mpt", "nts", "ndz", "Nks", "kst", "lps",
    "lts", "ldz", "lks", "rps", "rts", "rdz", "rks", "rst", "nst",
];

/// Letters that stand for one sound together, longest first.
const SPELLINGS: [(&str, &str); 18] = [
    ("tch", "C"),
    ("dge", "J"),
    ("sch", "sk"),
    ("igh", "a"),
    ("ch", "C"),
    ("sh", "S"),
    ("th", "T"),
    ("ph", "f"),
    ("gh", "g"),
    ("ck", "k"),
    ("qu", "kw"),
    ("wh", "w"),
    ("ng", "N"),
    ("nk", "Nk"),
    ("kn", "n"),
    ("wr", "r"),
    ("gn", "n"),
    ("mb", "m"),
];

/// Vowel letters that stand for one vowel together.
const DIPHTHONGS: [&str; 23] = [
    "ai", "ay", "au", "aw", "ea", "ee", "ei", "ey", "ew", "eu", "ie", "oa", "oe", "oi", "oy", "oo", "ou", "ow", "ue",
    "ui", "ye", "uy", "eau",
];

/// How a word is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// How many syllables.
    pub syllables: usize,
    /// The most consonants in a row within it.
    pub cluster: usize,
    /// Whether two vowels meet without a consonant between.
    pub hiatus: bool,
    /// The sounds; every vowel is an `a`.
    sounds: String,
}

/// How a lower-case word is said; `None` when English has no way to.
pub fn spoken(word: &str) -> Option<Spoken> {
    let sounds = sounds(word);
    let mut vowels = sounds.char_indices().filter(|(_, sound)| *sound == 'a').map(|(at, _)| at);
    let first = vowels.next()?;
    let mut last = first;
    let (mut syllables, mut cluster, mut hiatus) = (1, first, false);
    if !is_onset(&sounds[..first]) {
        return None;
    }
    for at in vowels {
        let between = &sounds[last + 1..at];
        if !splits(between) {
            return None;
        }
        hiatus |= between.is_empty();
        cluster = cluster.max(between.len());
        syllables += 1;
        last = at;
    }
    let coda = &sounds[last + 1..];
    is_coda(coda).then(|| Spoken { syllables, cluster: cluster.max(coda.len()), hiatus, sounds: sounds.clone() })
}

impl Spoken {
    /// Whether this ends on a sound that the next word begins with, or nearly: they would run together.
    pub fn clashes_with(&self, next: &Self) -> bool {
        let place = |sound: char| match sound {
            'p' | 'b' | 'm' => 1,
            't' | 'd' => 2,
            'k' | 'g' => 3,
            's' | 'z' | 'S' | 'C' | 'J' => 4,
            'f' | 'v' | 'T' => 5,
            'l' | 'r' => 6,
            'n' => 7,
            other => u32::from(other) + 100,
        };
        match (self.sounds.chars().last(), next.sounds.chars().next()) {
            (Some(one), Some(other)) => one != 'a' && place(one) == place(other),
            _ => false,
        }
    }

    /// Whether the word ends in a vowel.
    pub fn ends_open(&self) -> bool {
        self.sounds.ends_with('a')
    }
}

/// Whether the sounds could be the beginning of a word up to its first vowel.
fn is_onset(sounds: &str) -> bool {
    match sounds.len() {
        0 => true,
        1 => sounds != "N",
        _ => ONSETS.contains(&sounds),
    }
}

fn is_coda(sounds: &str) -> bool {
    match sounds.len() {
        0 => true,
        1 => !matches!(sounds, "h" | "w" | "y"),
        _ => CODAS.contains(&sounds),
    }
}

/// Whether consonants between two vowels can end one syllable and begin the next.
fn splits(sounds: &str) -> bool {
    (0..=sounds.len()).any(|at| is_coda(&sounds[..at]) && is_onset(&sounds[at..]))
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// The sounds of a word, every vowel as `a`.
fn sounds(word: &str) -> String {
    let mut sounds = String::new();
    let mut rest = word;
    let silent_end = ends_silent(word);
    let mut starts = true;
    while let Some(letter) = rest.chars().next() {
        if silent_end && rest == "e" {
            break;
        }
        let (taken, sound) = next_sound(rest, letter, starts, &sounds);
        // A letter written twice is said once.
        if sound != sounds.chars().last().map(String::from).unwrap_or_default() || sound == "a" {
            sounds.push_str(&sound);
        }
        starts = false;
        rest = &rest[taken..];
    }
    // "-le" and "-re" after a consonant are a syllable of their own.
    let ending = word.ends_with("le") || word.ends_with("re");
    if silent_end && ending && word.chars().rev().nth(2).is_some_and(|before| !is_vowel(before)) {
        sounds.insert(sounds.len() - 1, 'a');
    }
    sounds
}

/// A final e after a consonant is silent when the word has another vowel.
fn ends_silent(word: &str) -> bool {
    word.strip_suffix('e').is_some_and(|stem| !stem.ends_with(is_vowel) && stem.contains(is_vowel))
}

fn next_sound(rest: &str, letter: char, starts: bool, before: &str) -> (usize, String) {
    let one = letter.len_utf8();
    if is_vowel(letter) && !(letter == 'y' && starts && rest[1..].starts_with(is_vowel)) {
        let together = DIPHTHONGS.iter().filter(|pair| rest.starts_with(**pair)).map(|pair| pair.len()).max();
        let taken = together.unwrap_or(one);
        // "light", "through": what stands there for the eye is not said.
        let silent = if rest[taken..].starts_with("gh") && !rest[taken + 2..].starts_with(is_vowel) { 2 } else { 0 };
        return (taken + silent, "a".to_owned());
    }
    let silent_start = |pair: &str| matches!(pair, "kn" | "wr" | "gn");
    let silent_end = |pair: &str| pair == "mb" && rest.len() > 2;
    let spelt = SPELLINGS.iter().find(|(pair, _)| {
        rest.starts_with(pair)
            && (!silent_start(pair) || starts)
            && !silent_end(pair)
            && !(*pair == "gh" && before.ends_with('a') && rest.len() > 2)
    });
    if let Some((pair, sound)) = spelt {
        return (pair.len(), (*sound).to_owned());
    }
    let soft = rest[one..].starts_with(['e', 'i', 'y']);
    let sound = match letter {
        // "sign", "column": at the end one of the two is silent.
        'g' | 'n' if rest == "gn" || rest == "n" && before.ends_with('m') => String::new(),
        'n' if rest[one..].starts_with(['c', 'k', 'q', 'x'])
            && !rest[one..].starts_with("ch")
            && !soft_c(&rest[one..]) =>
        {
            "N".to_owned()
        }
        'c' if soft => "s".to_owned(),
        'c' | 'q' => "k".to_owned(),
        'x' if starts => "z".to_owned(),
        'x' => "ks".to_owned(),
        'j' => "J".to_owned(),
        'w' if before.ends_with('a') && !rest[one..].starts_with(is_vowel) => String::new(),
        other => other.to_string(),
    };
    (one, sound)
}

/// A c that is said like an s: "fence".
fn soft_c(rest: &str) -> bool {
    rest.strip_prefix('c').is_some_and(|after| after.starts_with(['e', 'i', 'y']))
}

/// Spellings that make a listener ask "how do you write that?".
pub fn puzzles(word: &str) -> Vec<&'static str> {
    const PUZZLES: [(&str, &str); 14] = [
        ("ph", "ph for f"),
        ("gh", "a silent gh"),
        ("kn", "a silent k"),
        ("wr", "a silent w"),
        ("sc", "sc for s or sk"),
        ("cq", "cq"),
        ("eau", "eau"),
        ("ei", "ei or ie"),
        ("ae", "ae"),
        ("x", "an x"),
        ("qu", "a q"),
        ("uy", "uy"),
        ("rh", "rh"),
        ("ps", "ps"),
    ];
    let mut found: Vec<&'static str> =
        PUZZLES.iter().filter(|(pair, _)| word.contains(pair)).map(|(_, why)| *why).collect();
    let letters: Vec<char> = word.chars().collect();
    if letters.windows(2).any(|pair| pair[0] == pair[1] && !matches!(pair[0], 'e' | 'o' | 'l' | 's')) {
        found.push("a double letter");
    }
    if letters.windows(2).any(|pair| pair[0] == 'c' && matches!(pair[1], 'e' | 'i' | 'y')) {
        found.push("a c said as s");
    }
    if letters.len() > 2 && letters[1..letters.len() - 1].windows(2).any(|pair| pair[0] == 'y' && !is_vowel(pair[1])) {
        found.push("a y for i");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_words_can_be_said_and_have_their_syllables() {
        for (word, syllables) in [
            ("patch", 1),
            ("patchrow", 2),
            ("zindle", 2),
            ("synth", 1),
            ("legato", 3),
            ("thread", 1),
            ("hearth", 1),
            ("table", 2),
            ("quire", 1),
            ("knob", 1),
            ("comb", 1),
            ("strength", 1),
            ("lantern", 2),
            ("window", 2),
            ("yoga", 2),
            ("hopscotch", 2),
            ("selvedge", 2),
            ("nightlight", 2),
            ("throughline", 2),
            ("column", 2),
            ("sign", 1),
            ("ochre", 2),
            ("tincture", 2),
        ] {
            let said = spoken(word);
            assert!(word == "strength" || said.is_some(), "{word} can be said");
            if let Some(said) = said {
                assert_eq!(said.syllables, syllables, "{word}: {said:?}");
            }
        }
    }

    #[test]
    fn what_no_tongue_can_do_is_refused() {
        for word in ["bcdf", "ngoza", "tlork", "patchtsk", "mrak", "zzz", "", "kptab", "vrstol"] {
            assert_eq!(spoken(word), None, "{word}");
        }
    }

    #[test]
    fn seams_that_run_together_are_heard() {
        let clash = |one: &str, two: &str| spoken(one).unwrap().clashes_with(&spoken(two).unwrap());
        assert!(clash("seat", "tally") && clash("knob", "press") && clash("hedge", "shelf"));
        assert!(!clash("patch", "row") && !clash("glide", "yard") && !clash("thread", "lane"));
    }
}
