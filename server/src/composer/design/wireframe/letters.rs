//! How wide words are, so that none runs out of its box. Widths are those of Inter in thousandths of its size, by groups of letters that
//! are about as wide; other scripts are counted as wide as they ever are.

/// How wide a text is at a size.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let thousandths: f64 = text.chars().map(letter).sum();
    thousandths * size / 1_000.0 * if bold { 1.06 } else { 1.02 }
}

/// The text, cut with an ellipsis where it would be wider than `max`.
pub fn fitted(text: &str, size: f64, bold: bool, max: f64) -> String {
    let text = text.trim();
    if width(text, size, bold) <= max {
        return text.to_owned();
    }
    let mut cut = String::new();
    let room = max - width("…", size, bold);
    let mut used = 0.0;
    for c in text.chars() {
        used += width(c.encode_utf8(&mut [0; 4]), size, bold);
        if used > room {
            break;
        }
        cut.push(c);
    }
    let cut = cut.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '-' | '·'));
    // One letter and an ellipsis say nothing.
    if cut.chars().count() < 2 { String::new() } else { format!("{cut}…") }
}

fn letter(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '’' | '|' | '!' | ' ' => 270.0,
        'I' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | '·' => 375.0,
        's' | 'c' | 'k' | 'v' | 'x' | 'y' | 'z' | 'J' => 555.0,
        'm' | 'M' | 'W' | '@' | '%' | '…' | '—' => 900.0,
        'w' | 'A'..='Z' => 715.0,
        'a'..='z' | '0'..='9' | '–' | '“' | '”' | '"' => 610.0,
        c if c.is_ascii() => 640.0,
        c if ('\u{a0}'..'\u{250}').contains(&c) => {
            if c.is_uppercase() {
                760.0
            } else {
                620.0
            }
        }
        c if ('\u{370}'..'\u{530}').contains(&c) => 760.0,
        _ => 1_050.0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_that_fit_stay_and_others_end_in_an_ellipsis() {
        assert_eq!(fitted("Offers", 13.0, false, 100.0), "Offers");
        assert_eq!(fitted("Offers on a listing", 13.0, false, 70.0), "Offers o…");
        assert_eq!(fitted("Offers", 13.0, false, 8.0), "");
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_its_box(text in "\\PC{0,60}", max in 0.0..300.0_f64, bold: bool) {
            let cut = fitted(&text, 13.0, bold, max);
            prop_assert!(cut.is_empty() || width(&cut, 13.0, bold) <= max, "{cut}");
        }
    }
}
