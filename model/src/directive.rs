//! What the user typed.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// The most characters (Unicode scalar values) a directive may hold after trimming.
pub const DIRECTIVE_MAX_CHARS: usize = 4_000;

/// A directive: 1 to [`DIRECTIVE_MAX_CHARS`] characters, trimmed, in Unicode NFC, with `\n` as its only line break and no
/// other control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Directive(String);

/// Why a text cannot be a directive, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDirective {
    /// Nothing but white space and invisible characters.
    #[error("Say in a sentence what you want to build: the directive is empty.")]
    Empty,
    /// More than [`DIRECTIVE_MAX_CHARS`] characters.
    #[error("The directive has {chars} characters; {DIRECTIVE_MAX_CHARS} is the most. Shorten it by {}.", .chars - DIRECTIVE_MAX_CHARS)]
    TooLong {
        /// How many it has.
        chars: usize,
    },
    /// A control character that no keyboard types, most likely pasted from a binary file.
    #[error("Character {position} of the directive is a control character (U+{code:04X}). Remove it and try again.")]
    Control {
        /// Which character, counted from 1.
        position: usize,
        /// Its code point.
        code: u32,
    },
}

impl Directive {
    /// Reads a directive as it comes from a form, an API call or a command line.
    ///
    /// Line breaks become `\n` (a browser sends `\r\n`), other typed white space a blank; the rest of the text stays as it is.
    pub fn parse(raw: &str) -> Result<Self, BadDirective> {
        let text = if raw.bytes().all(is_plain) { Cow::Borrowed(raw) } else { Cow::Owned(normalised(raw)) };
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
        if text.is_empty() {
            return Err(BadDirective::Empty);
        }
        if let Some((at, c)) = text.chars().enumerate().find(|(_, c)| c.is_control() && *c != '\n') {
            return Err(BadDirective::Control { position: at + 1, code: c.into() });
        }
        match text.chars().count() {
            chars if chars > DIRECTIVE_MAX_CHARS => Err(BadDirective::TooLong { chars }),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The directive as stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The directive cut to at most `chars` characters at the end of a word, for titles and lists.
    pub fn title(&self, chars: usize) -> String {
        let mut line = String::with_capacity(self.0.len());
        for word in self.0.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if line.chars().count() <= chars {
            return line;
        }
        let cut: String = line.chars().take(chars.saturating_sub(1)).collect();
        let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
        format!("{}…", whole.trim_end_matches([',', ';', ':', '.', '-']))
    }
}

/// ASCII that is stored as it was typed: most text is, and lists read many.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n')
}

fn normalised(raw: &str) -> String {
    let lines = raw.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    lines.replace(['\t', '\u{b}', '\u{c}'], " ").nfc().collect()
}

/// Characters that take no room and say nothing at the edge of a text: a directive of these alone is empty.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
}

impl TryFrom<String> for Directive {
    type Error = BadDirective;

    fn try_from(raw: String) -> Result<Self, BadDirective> {
        Self::parse(&raw)
    }
}

impl From<Directive> for String {
    fn from(directive: Directive) -> Self {
        directive.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn white_space_and_invisible_characters_alone_are_empty() {
        for raw in ["", "   ", "\r\n\t", "\u{200b}\u{feff}", "\u{202e} \u{2066}"] {
            assert_eq!(Directive::parse(raw), Err(BadDirective::Empty), "{raw:?}");
        }
    }

    #[test]
    fn the_limit_counts_characters_not_bytes() {
        assert!(Directive::parse(&"é".repeat(DIRECTIVE_MAX_CHARS)).is_ok());
        assert!(Directive::parse(&"🐝".repeat(DIRECTIVE_MAX_CHARS)).is_ok());
        let error = Directive::parse(&"a".repeat(DIRECTIVE_MAX_CHARS + 5)).unwrap_err();
        assert_eq!(error, BadDirective::TooLong { chars: DIRECTIVE_MAX_CHARS + 5 });
        assert!(error.to_string().contains("Shorten it by 5"));
    }

    #[test]
    fn control_characters_are_refused_with_their_place() {
        assert_eq!(Directive::parse("an \u{0}app"), Err(BadDirective::Control { position: 4, code: 0 }));
        assert_eq!(Directive::parse("\u{1b}[31mred"), Err(BadDirective::Control { position: 1, code: 0x1b }));
    }

    #[test]
    fn line_breaks_and_composed_letters_have_one_form() {
        assert_eq!(Directive::parse("  cafe\u{301}\r\nbar\tbaz ").unwrap().as_str(), "café\nbar baz");
    }

    #[test]
    fn right_to_left_text_and_joined_emoji_stay_as_typed() {
        for text in ["سوق للكتب المستعملة", "👩‍🌾 planner", "می‌خواهم"] {
            assert_eq!(Directive::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_title_ends_at_a_word() {
        let directive = Directive::parse("A marketplace where collectors buy and sell, with escrow").unwrap();
        assert_eq!(directive.title(46), "A marketplace where collectors buy and sell…");
        assert_eq!(directive.title(200), directive.as_str());
    }

    proptest! {
        #[test]
        fn parsing_is_total_and_idempotent(raw in ".{0,200}") {
            if let Ok(directive) = Directive::parse(&raw) {
                prop_assert_eq!(Directive::parse(directive.as_str()), Ok(directive));
            }
        }
    }
}
