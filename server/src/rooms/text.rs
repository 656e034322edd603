//! What people say in a room: tidied as it comes, kept as it was typed, and shown as markup of ours in which nothing of theirs can act.
//!
//! The markup is a part of [CommonMark](https://spec.commonmark.org): emphasis, code, quotes, lists and links. Tags that somebody types are shown as they
//! were typed, pictures as their words, headings as bold lines. Addresses lead to where everybody can see that they do.

use std::collections::BTreeSet;

use model::{MESSAGE_MAX_CHARS, UserId};
use pulldown_cmark::{Event, Options, Parser, Tag, TextMergeStream};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use url::Url;

/// Marks above and below one letter; no language has more, and who piles more up wants to cover what stands around.
const MARKS_MAX: usize = 4;
/// Empty lines in a row.
const GAP_MAX: usize = 2;
/// How deep quotes and lists go; what is deeper stands at that depth.
const DEPTH_MAX: usize = 12;
/// Bytes of markup that may come of a message: with it, an entry of the log stays below the 64 kB of a packet and of its row, whatever was typed.
const HTML_MAX_BYTES: usize = 32_000;
/// Where links may lead.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Why nothing can be said like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// Nothing is left of it.
    #[error("Write something first.")]
    Empty,
    /// It is too long.
    #[error("A message has at most {MESSAGE_MAX_CHARS} characters. Shorten it, or say it in two.")]
    TooLong,
    /// What is shown for it is too long, of names and links above all.
    #[error("This message has too many links, names or marks. Shorten it, or say it in two.")]
    TooRich,
}

/// Somebody who can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Who.
    pub id: UserId,
    /// What they are called in this room.
    pub name: String,
}

/// A message as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Markup of ours.
    pub html: String,
    /// Whom it names.
    pub mentions: BTreeSet<UserId>,
}

/// Tidies what was typed: composed letters, one kind of line end, nothing that turns the direction of what follows, hides, or piles up.
///
/// # Errors
/// [`BadMessage`] when nothing is left, or too much.
pub fn tidy(typed: &str) -> Result<String, BadMessage> {
    // Before anything else, so that nobody is made to normalise megabytes.
    if typed.chars().take(4 * MESSAGE_MAX_CHARS + 1).count() > 4 * MESSAGE_MAX_CHARS {
        return Err(BadMessage::TooLong);
    }
    let (mut tidied, mut marks, mut ends) = (String::with_capacity(typed.len()), 0, 0);
    for c in typed.replace("\r\n", "\n").replace('\r', "\n").nfc().filter(|c| is_shown(*c)) {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        ends = if c == '\n' { ends + 1 } else { 0 };
        if marks <= MARKS_MAX && ends <= GAP_MAX + 1 {
            tidied.push(c);
        }
    }
    let tidied = tidied.trim();
    if tidied.is_empty() {
        return Err(BadMessage::Empty);
    }
    if tidied.chars().count() > MESSAGE_MAX_CHARS {
        return Err(BadMessage::TooLong);
    }
    Ok(tidied.to_owned())
}

/// Joiners stay: families and flags are put together with them, and Persian needs them.
fn is_shown(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides = matches!(c, '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{ad}');
    !turns && !hides && (c == '\n' || c == '\t' || !c.is_control())
}

/// A tidied message as markup; `people` are those whom `@` and their name means.
///
/// # Errors
/// [`BadMessage::TooRich`].
pub fn show(body: &str, people: &[Named]) -> Result<Shown, BadMessage> {
    let mut writer = Writer { shown: Shown::default(), open: Vec::new(), links: 0, code: 0, people };
    writer.shown.html.reserve(body.len() + body.len() / 2);
    for event in TextMergeStream::new(Parser::new_ext(body, Options::ENABLE_STRIKETHROUGH)) {
        writer.write(event);
        if writer.shown.html.len() > HTML_MAX_BYTES {
            return Err(BadMessage::TooRich);
        }
    }
    Ok(writer.shown)
}

/// Whether somebody may be named in a text.
pub fn may_name(body: &str) -> bool {
    body.contains('@')
}

struct Writer<'a> {
    shown: Shown,
    /// What is open, by how it ends; nothing for what is not written.
    open: Vec<Option<Open>>,
    links: usize,
    code: usize,
    people: &'a [Named],
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Open(&'static str);

const LINK: Open = Open("</a>");
const CODE: Open = Open("</code></pre>");

impl Writer<'_> {
    fn write(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(_) => self.end(),
            Event::Text(text) if self.links > 0 || self.code > 0 => self.escape(&text),
            Event::Text(text) => self.words(&text),
            Event::Code(text) => {
                self.push("<code>");
                self.escape(&text);
                self.push("</code>");
            }
            Event::SoftBreak | Event::HardBreak => self.push("<br>"),
            Event::Rule => self.push("<hr>"),
            Event::Html(text) | Event::InlineHtml(text) => self.escape(&text),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let (begin, end) = match tag {
            Tag::Paragraph | Tag::HtmlBlock => ("<p>", Open("</p>")),
            Tag::Heading { .. } => ("<p><strong>", Open("</strong></p>")),
            Tag::BlockQuote(_) => ("<blockquote>", Open("</blockquote>")),
            Tag::CodeBlock(_) => ("<pre><code>", CODE),
            Tag::List(None) => ("<ul>", Open("</ul>")),
            Tag::List(Some(_)) => ("<ol>", Open("</ol>")),
            Tag::Item => ("<li>", Open("</li>")),
            Tag::Emphasis => ("<em>", Open("</em>")),
            Tag::Strong => ("<strong>", Open("</strong>")),
            Tag::Strikethrough => ("<del>", Open("</del>")),
            Tag::Link { dest_url, .. } => {
                let address = Url::parse(dest_url).ok().filter(is_open_to_all).filter(|_| self.links == 0);
                if let Some(address) = &address {
                    self.begin_link(address);
                }
                self.open.push(address.map(|_| LINK));
                return;
            }
            _ => return self.open.push(None),
        };
        if self.open.len() >= DEPTH_MAX {
            return self.open.push(None);
        }
        self.code += usize::from(end == CODE);
        self.push(begin);
        self.open.push(Some(end));
    }

    fn end(&mut self) {
        let Some(Some(end)) = self.open.pop() else { return };
        self.links -= usize::from(end == LINK);
        self.code -= usize::from(end == CODE);
        self.push(end.0);
    }

    fn begin_link(&mut self, address: &Url) {
        self.links += 1;
        self.push("<a rel=\"nofollow noopener noreferrer ugc\" href=\"");
        self.escape(address.as_str());
        self.push("\">");
    }

    /// Running text, with addresses that lead somewhere and names of those who are here.
    fn words(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['h', '@']) {
            let (before, from) = rest.split_at(at);
            self.escape(before);
            let is_begin = before.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
            rest = if let Some(after) = is_begin.then(|| self.address(from).or_else(|| self.mention(from))).flatten() {
                after
            } else {
                self.escape(&from[..1]);
                &from[1..]
            };
        }
        self.escape(rest);
    }

    /// Writes the address that a text begins with; what comes after it.
    fn address<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return None;
        }
        let end = text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(text.len());
        // A full stop ends the sentence, and a bracket what it opened, not the address.
        let typed = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
        let address = Url::parse(typed).ok().filter(|address| address.host().is_some())?;
        self.begin_link(&address);
        self.escape(typed);
        self.links -= 1;
        self.push(LINK.0);
        Some(&text[typed.len()..])
    }

    /// Writes the name that a text begins with, the longest one that is known; what comes after it.
    fn mention<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let after = text.strip_prefix('@')?;
        let begins = |named: &&Named| {
            let after_name = after.get(named.name.len()..)?;
            let is_it = !named.name.is_empty() && after[..named.name.len()].eq_ignore_ascii_case(&named.name);
            (is_it && !after_name.starts_with(char::is_alphanumeric)).then_some(after_name)
        };
        let named = self.people.iter().filter(|named| begins(named).is_some()).max_by_key(|named| named.name.len())?;
        let rest = begins(&named)?;
        self.shown.mentions.insert(named.id);
        self.push("<strong class=\"mention\">@");
        self.escape(&named.name);
        self.push("</strong>");
        Some(rest)
    }

    fn push(&mut self, markup: &str) {
        self.shown.html.push_str(markup);
    }

    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.push("&amp;"),
                '<' => self.push("&lt;"),
                '>' => self.push("&gt;"),
                '"' => self.push("&quot;"),
                '\'' => self.push("&#39;"),
                other => self.shown.html.push(other),
            }
        }
    }
}

fn is_open_to_all(address: &Url) -> bool {
    // A name before the host looks like the host to whoever only glances at it.
    SCHEMES.contains(&address.scheme()) && address.username().is_empty() && address.password().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn shown(body: &str) -> String {
        show(&tidy(body).unwrap(), &[]).unwrap().html
    }

    fn somebody(id: u128, name: &str) -> Named {
        Named { id: UserId(Uuid::from_u128(id)), name: name.to_owned() }
    }

    #[test]
    fn what_markdown_means_is_shown() {
        for (typed, expected) in [
            ("one\ntwo", "<p>one<br>two</p>"),
            (
                "*soft* **loud** ~~gone~~ `let x`",
                "<p><em>soft</em> <strong>loud</strong> <del>gone</del> <code>let x</code></p>",
            ),
            ("> said\n\n1. a\n2. b", "<blockquote><p>said</p></blockquote><ol><li>a</li><li>b</li></ol>"),
            ("```rust\n<b>&\n```", "<pre><code>&lt;b&gt;&amp;\n</code></pre>"),
            ("# Loud", "<p><strong>Loud</strong></p>"),
        ] {
            assert_eq!(shown(typed), expected);
        }
    }

    #[test]
    fn nothing_that_is_typed_acts() {
        for typed in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[click](javascript:alert(1))",
            "[click](JaVaScRiPt:alert(1))",
            "[click](data:text/html;base64,PHNjcmlwdD4=)",
            "![x](https://tracker.example/pixel.png)",
            "[bank](https://bank.example@evil.example/)",
            "<a href=\"https://evil.example\">x</a>",
            "[x](https://a.example/\"onmouseover=\"alert(1))",
        ] {
            let html = shown(typed);
            for forbidden in
                ["<script", "<img", "href=\"javascript", "href=\"data", "\"onmouseover", "href=\"https://bank"]
            {
                assert!(!html.to_lowercase().contains(forbidden), "{typed} became {html}");
            }
        }
    }

    #[test]
    fn addresses_lead_somewhere_and_sentences_end() {
        let html = shown("See https://atlas9.example/p/a_b?x=1&y=2. (http://x.example) or mailto:no https://");
        assert!(
            html.contains(
                r#"href="https://atlas9.example/p/a_b?x=1&amp;y=2">https://atlas9.example/p/a_b?x=1&amp;y=2</a>. ("#
            ),
            "{html}"
        );
        assert!(html.contains(r#"href="http://x.example/">http://x.example</a>) or mailto:no https://"#), "{html}");
        assert_eq!(html.matches("rel=\"nofollow noopener noreferrer ugc\"").count(), 2);
    }

    #[test]
    fn the_longest_name_that_is_here_is_meant() {
        let people = [somebody(1, "Ada"), somebody(2, "Ada Byron"), somebody(3, "Jo")];
        let said = show("@ada byron and @Ada, not @Joan or a@Jo or @nobody", &people).unwrap();
        assert_eq!(said.mentions, BTreeSet::from([people[0].id, people[1].id]));
        assert!(
            said.html
                .contains("<strong class=\"mention\">@Ada Byron</strong> and <strong class=\"mention\">@Ada</strong>,")
        );
        assert!(show("`@Ada` [@Ada](https://a.example)", &people).unwrap().mentions.is_empty());
    }

    #[test]
    fn tricks_with_letters_are_taken_out() {
        assert_eq!(tidy("a\u{202e}b\u{2066}c\u{200b}d\u{0}e").unwrap(), "abcde");
        let piled = format!("z{}", "\u{336}".repeat(60));
        assert_eq!(tidy(&piled).unwrap().chars().count(), 1 + MARKS_MAX);
        assert_eq!(tidy("e\u{301}").unwrap(), "é");
        assert_eq!(tidy("👩‍👩‍👧 می‌خواهم").unwrap(), "👩‍👩‍👧 می‌خواهم");
        assert_eq!(tidy("a\r\n\r\n\r\n\r\n\r\nb").unwrap(), "a\n\n\nb");
    }

    #[test]
    fn nothing_and_too_much_are_refused_in_words() {
        for typed in ["", " \n ", "\u{200b}\u{202e}"] {
            assert_eq!(tidy(typed), Err(BadMessage::Empty));
        }
        assert_eq!(tidy(&"x".repeat(MESSAGE_MAX_CHARS + 1)), Err(BadMessage::TooLong));
        assert!(tidy(&"x".repeat(MESSAGE_MAX_CHARS)).is_ok());
    }

    /// The row of a log and a packet hold 64 kB; every character of these costs more than most.
    #[test]
    fn whatever_is_said_fits_into_the_log_or_is_refused() {
        let people = [somebody(1, "."), somebody(2, &"ü".repeat(80))];
        let packed = |part: &str| part.repeat(MESSAGE_MAX_CHARS / part.chars().count());
        let one_link = format!("http://a/{}", "😀".repeat(MESSAGE_MAX_CHARS - 9));
        let rich = [packed("@. "), one_link];
        for typed in rich {
            assert_eq!(show(&tidy(&typed).unwrap(), &people), Err(BadMessage::TooRich), "{}", &typed[..9]);
        }
        let name = format!("@{} ", people[1].name);
        for part in ["\"", "\\", "😀", "\n>", "*a*", "- \n", "`\"`", "[](mailto:) ", "http://a ", &name] {
            let body = tidy(&packed(part)).unwrap();
            let html = show(&body, &people).unwrap().html;
            let written = serde_json::to_string(&(&body, &html)).unwrap().len();
            assert!(written < 60_000, "{written} bytes of {part}");
        }
    }

    proptest! {
        #[test]
        fn markup_is_ours_and_closed_whatever_is_typed(typed in "[ -~\\n]{0,200}|(> |\\* |`|<b>|</p>|\\[a\\]\\(|@Ada|https://a|_|\\*\\*|\\n){0,60}") {
            let Ok(body) = tidy(&typed) else { return Ok(()) };
            let html = show(&body, &[somebody(1, "Ada")]).unwrap().html;
            let mut open = Vec::new();
            for part in html.split('<').skip(1) {
                let tag = part.split('>').next().unwrap();
                let name = tag.split(' ').next().unwrap();
                prop_assert!(!tag.contains("on") || name == "a" || name == "strong" || name == "/strong", "{tag}");
                match name.strip_prefix('/') {
                    Some(name) => prop_assert_eq!(open.pop(), Some(name.to_owned())),
                    None if matches!(name, "br" | "hr") => {}
                    None => {
                        let ours = ["p", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"];
                        prop_assert!(ours.contains(&name), "{name}");
                        open.push(name.to_owned());
                    }
                }
            }
            prop_assert!(open.is_empty(), "{open:?}");
        }
    }
}
