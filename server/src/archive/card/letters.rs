//! How wide words are, where lines break, and which words can be written at all with the letters at hand.

use skrifa::{FontRef, GlyphId, MetadataProvider, instance::LocationRef, instance::Size, metrics::GlyphMetrics};

pub(super) const NEWSREADER: &[u8] = include_bytes!("../../../assets/fonts/newsreader-500.ttf");
pub(super) const INTER: &[u8] = include_bytes!("../../../assets/fonts/inter-400.ttf");

/// In which letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    Display,
    Text,
}

impl Hand {
    /// Family and weight.
    pub(super) fn css(self) -> (&'static str, u16) {
        match self {
            Self::Display => ("Newsreader", 500),
            Self::Text => ("Inter", 400),
        }
    }
}

/// The letters at hand. What the display face lacks, the text face stands in for.
pub(super) struct Letters {
    display: Option<FontRef<'static>>,
    text: Option<FontRef<'static>>,
}

impl Letters {
    pub(super) fn new() -> Self {
        Self { display: FontRef::new(NEWSREADER).ok(), text: FontRef::new(INTER).ok() }
    }

    /// A text without what cannot be written: pictures and control characters go. None when too little of it is left to be understood.
    pub(super) fn readable(&self, text: &str) -> Option<String> {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (mut kept, mut letters, mut lost) = (String::new(), 0, 0);
        for c in words.chars() {
            letters += u32::from(c.is_alphanumeric());
            if c == ' ' || self.glyph(Hand::Display, c).is_some() {
                kept.push(c);
            } else {
                lost += u32::from(c.is_alphanumeric());
            }
        }
        let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
        (letters > 0 && lost * 5 <= letters).then_some(kept)
    }

    /// A text in lines of at most `room` points; what does not fit into `most` lines is cut, and says so.
    pub(super) fn wrap(&self, text: &str, hand: Hand, size: f32, room: f32, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        // More words than this fit on no card.
        for word in text.split(' ').filter(|word| !word.is_empty()).take(200) {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, hand, size) <= room {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = self.broken(word, hand, size, room, &mut lines);
            if lines.len() > most {
                break;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = self.cut(last, hand, size, room);
            }
        }
        lines
    }

    /// Breaks a word that is wider than a line; what is left of it begins the next one.
    fn broken(&self, word: &str, hand: Hand, size: f32, room: f32, lines: &mut Vec<String>) -> String {
        let mut part = String::new();
        for c in word.chars().take(300) {
            part.push(c);
            if self.width(&part, hand, size) > room {
                part.pop();
                lines.push(std::mem::take(&mut part));
                part.push(c);
            }
        }
        part
    }

    fn cut(&self, line: &str, hand: Hand, size: f32, room: f32) -> String {
        let mut line = line.to_owned();
        while !line.is_empty() && self.width(&format!("{line}…"), hand, size) > room {
            line.pop();
        }
        format!("{}…", line.trim_end_matches([' ', ',', ';', ':', '.', '-']))
    }

    fn width(&self, text: &str, hand: Hand, size: f32) -> f32 {
        let at = |font: &Option<FontRef<'static>>| {
            font.as_ref().map(|font| font.glyph_metrics(Size::new(size), LocationRef::default()))
        };
        let (display, inter) = (at(&self.display), at(&self.text));
        let advance = |c: char| {
            let (own, glyph) = self.glyph(hand, c)?;
            let metrics: &GlyphMetrics<'_> = if own == Hand::Display { display.as_ref()? } else { inter.as_ref()? };
            metrics.advance_width(glyph)
        };
        text.chars().map(|c| advance(c).unwrap_or(size * 0.6)).sum()
    }

    /// The glyph of a character, and the hand that has it.
    fn glyph(&self, hand: Hand, c: char) -> Option<(Hand, GlyphId)> {
        let of =
            |font: &Option<FontRef<'static>>| font.as_ref()?.charmap().map(c).filter(|glyph| *glyph != GlyphId::NOTDEF);
        let display = (hand == Hand::Display).then(|| of(&self.display)).flatten();
        display.map(|glyph| (Hand::Display, glyph)).or_else(|| Some((Hand::Text, of(&self.text)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_wide_as_there_is_room_and_end_with_a_sign_when_cut() {
        let letters = Letters::new();
        let lines = letters.wrap("one two three four five six seven eight nine ten", Hand::Text, 40.0, 200.0, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| letters.width(line, Hand::Text, 40.0) <= 200.0), "{lines:?}");
        assert!(lines[2].ends_with('…'));
        let word = letters.wrap(&"m".repeat(50), Hand::Display, 90.0, 300.0, 2);
        assert!(word.len() == 2 && word[1].ends_with('…'), "{word:?}");
        assert!(letters.wrap("", Hand::Text, 40.0, 200.0, 3).is_empty());
    }

    #[test]
    fn what_cannot_be_written_is_left_out_or_the_whole_is() {
        let letters = Letters::new();
        assert_eq!(letters.readable("Bees 🐝 & honey").as_deref(), Some("Bees & honey"));
        assert_eq!(letters.readable("Книги\n и \u{7}кофе").as_deref(), Some("Книги и кофе"));
        for lost in ["سوق للكتب", "本の市場", "🎉", "", "a 本の市場"] {
            assert_eq!(letters.readable(lost), None, "{lost}");
        }
    }
}
