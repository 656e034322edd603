//! Text into words, with their places, so that everything said later can be traced back to what was typed.

use std::ops::Range;

use unicode_properties::UnicodeEmoji;
use unicode_segmentation::UnicodeSegmentation;

/// A word, number or mark of the directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Bytes of the directive it covers.
    pub span: Range<usize>,
    /// Its text in lower case, with straight apostrophes.
    pub lower: String,
    /// What it is.
    pub kind: Kind,
}

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, perhaps with hyphens and apostrophes inside.
    Word,
    /// Begins with a digit.
    Number,
    /// Punctuation, or a symbol with a meaning: `,` `.` `<` `&`.
    Mark,
    /// A pictogram.
    Emoji,
}

/// Splits a text by Unicode word boundaries (UAX #29); words joined by a hyphen stay one word.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (start, part) in text.split_word_bound_indices() {
        let Some(kind) = kind(part) else { continue };
        let token = Token { span: start..start + part.len(), lower: part.to_lowercase().replace('’', "'"), kind };
        match tokens.as_mut_slice() {
            [.., word, hyphen] if joins(word, hyphen, &token) => {
                word.span.end = token.span.end;
                word.lower = format!("{}-{}", word.lower, token.lower);
                tokens.pop();
            }
            [.., word]
                if token.lower == "'"
                    && word.kind == Kind::Word
                    && word.lower.ends_with('s')
                    && word.span.end == start =>
            {
                word.span.end = token.span.end;
                word.lower.push('\'');
            }
            [.., mark] if mark.lower == "<" || mark.lower == ">" => {
                if token.lower == "=" && mark.span.end == token.span.start {
                    mark.lower.push('=');
                    mark.span.end = token.span.end;
                } else {
                    tokens.push(token);
                }
            }
            _ => tokens.push(token),
        }
    }
    tokens
}

fn kind(part: &str) -> Option<Kind> {
    let first = part.chars().next()?;
    if part.trim().is_empty() {
        part.contains('\n').then_some(Kind::Mark)
    } else if first.is_numeric() {
        Some(Kind::Number)
    } else if part.chars().any(char::is_alphabetic) {
        Some(Kind::Word)
    } else if first.is_emoji_char() && !first.is_ascii() {
        Some(Kind::Emoji)
    } else {
        Some(Kind::Mark)
    }
}

fn joins(word: &Token, hyphen: &Token, next: &Token) -> bool {
    matches!(hyphen.lower.as_str(), "-" | "‑")
        && word.kind != Kind::Mark
        && next.kind == Kind::Word
        && word.span.end == hyphen.span.start
        && hyphen.span.end == next.span.start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.lower).collect()
    }

    #[test]
    fn words_keep_their_hyphens_and_apostrophes() {
        assert_eq!(words("Second-hand books, don’t ship"), ["second-hand", "books", ",", "don't", "ship"]);
        assert_eq!(words("<= 50 users – now"), ["<=", "50", "users", "–", "now"]);
        assert_eq!(words("my kids’ chores"), ["my", "kids'", "chores"]);
    }

    #[test]
    fn every_span_is_a_slice_of_the_text() {
        let text = "Für 🐝 Imker: ein Völker-Buch\nمرحبا 日本語";
        for token in tokens(text) {
            assert!(text.get(token.span.clone()).is_some(), "{token:?}");
        }
    }
}
