//! The little English that sections need wherever they are shown.

/// "a" or "an", by sound as far as spelling tells: an hour, a unit, an MRI.
pub fn article(phrase: &str) -> &'static str {
    let word = phrase.split([' ', '-']).next().unwrap_or_default();
    let lower = word.to_lowercase();
    let starts = |list: &[&str]| list.iter().any(|start| lower.starts_with(start));
    let acronym = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let vowel = if acronym {
        word.starts_with(['A', 'E', 'F', 'H', 'I', 'L', 'M', 'N', 'O', 'R', 'S', 'X', '8'])
    } else if starts(&["hour", "honest", "honour", "honor", "heir"]) {
        true
    } else if starts(&["uni", "use", "usu", "usa", "util", "eu", "one", "once", "ubiq", "uro", "ute"]) {
        starts(&["unin", "unim", "unid"])
    } else {
        lower.starts_with(['a', 'e', 'i', 'o', 'u', 'é', 'à', 'ä', 'ö', 'ü', '8'])
    };
    if vowel { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_follow_the_sound() {
        for word in ["apple", "hour", "MRI scan", "umbrella", "uninstalled app", "8-bit game", "escrow hold"] {
            assert_eq!(article(word), "an", "{word}");
        }
        for word in ["synthesizer", "unit", "user", "one-off", "European", "URL", "zindle", "CT scan", ""] {
            assert_eq!(article(word), "a", "{word}");
        }
    }
}
