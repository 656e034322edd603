//! Which language a directive is in, and what can be kept of one that is not English: its words, nothing else.

use std::collections::HashSet;

use super::{
    phrases::Phrase,
    tags::{Tag, Word},
    tokens::{Kind, Token},
};
use crate::composer::lexicon::Lexicon;

/// The most words kept of a directive that cannot be parsed.
const KEPT_WORDS: usize = 12;

/// The language's ISO 639-1 code. Words of the Latin script that no language claims are taken for English with invented nouns.
pub fn detect(text: &str, tokens: &[Token], lexicon: &Lexicon) -> String {
    let words: Vec<&str> = tokens.iter().filter(|t| t.kind == Kind::Word).map(|t| t.lower.as_str()).collect();
    if words.is_empty() {
        return "und".to_owned();
    }
    match whatlang::detect_script(text) {
        Some(whatlang::Script::Latin) | None => latin(&words, lexicon),
        Some(whatlang::Script::Hangul) => "ko".to_owned(),
        Some(whatlang::Script::Hiragana | whatlang::Script::Katakana) => "ja".to_owned(),
        Some(whatlang::Script::Mandarin) => if has_kana(text) { "ja" } else { "zh" }.to_owned(),
        Some(script) => other_script(text, script),
    }
}

fn latin(words: &[&str], lexicon: &Lexicon) -> String {
    let english = lexicon.english_hits(words.iter().copied());
    let best = lexicon
        .languages
        .iter()
        .map(|(code, language)| (words.iter().filter(|word| language.words.contains(**word)).count(), code))
        .max_by_key(|(hits, code)| (*hits, std::cmp::Reverse(*code)));
    match best {
        Some((hits, code)) if hits > english && (hits >= 2 || english == 0) => code.clone(),
        _ => "en".to_owned(),
    }
}

fn other_script(text: &str, script: whatlang::Script) -> String {
    match (script, whatlang::detect_lang(text)) {
        (whatlang::Script::Cyrillic, Some(whatlang::Lang::Ukr)) => "uk".to_owned(),
        (whatlang::Script::Cyrillic, _) => "ru".to_owned(),
        (whatlang::Script::Arabic, Some(whatlang::Lang::Pes)) => "fa".to_owned(),
        (whatlang::Script::Arabic, _) => "ar".to_owned(),
        (whatlang::Script::Hebrew, _) => "he".to_owned(),
        (whatlang::Script::Devanagari, _) => "hi".to_owned(),
        (whatlang::Script::Greek, _) => "el".to_owned(),
        (whatlang::Script::Thai, _) => "th".to_owned(),
        _ => "und".to_owned(),
    }
}

fn has_kana(text: &str) -> bool {
    text.chars().any(|c| ('\u{3040}'..='\u{30ff}').contains(&c))
}

/// The words of a directive that carry meaning, as typed, each once. Where a script does not part its words, runs between
/// particles stand for words.
pub fn content_words(text: &str, tokens: &[Token], language: &str, lexicon: &Lexicon) -> Vec<Phrase> {
    let empty = HashSet::new();
    let function = lexicon.languages.get(language).map_or(&empty, |l| &l.words);
    // German writes nouns with a capital; where nobody bothers to, all words are kept.
    let nouns_are_capitalised =
        language == "de" && tokens.iter().skip(1).any(|token| text[token.span.clone()].starts_with(char::is_uppercase));
    let unspaced = matches!(language, "ja" | "zh" | "th");
    let mut runs: Vec<Word> = Vec::new();
    let mut previous_end = None;
    for token in tokens {
        let no_noun = nouns_are_capitalised && text[token.span.clone()].starts_with(char::is_lowercase);
        let particle = function.contains(&token.lower) || is_bare_kana(token, language);
        let content = token.kind == Kind::Word && !particle && !no_noun;
        let word = Word { span: token.span.clone(), lower: token.lower.clone(), tag: Tag::Noun };
        match runs.last_mut() {
            Some(run)
                if content
                    && unspaced
                    && previous_end == Some(token.span.start)
                    && run.span.end == token.span.start =>
            {
                run.span.end = token.span.end;
                run.lower.push_str(&token.lower);
            }
            _ if content => runs.push(word),
            _ => {}
        }
        previous_end = Some(token.span.end);
    }
    let mut seen = HashSet::new();
    let names_more = runs.iter().any(|run| !lexicon.is_form(&run.lower));
    let fresh =
        runs.into_iter().filter(|run| seen.insert(run.lower.clone()) && !(names_more && lexicon.is_form(&run.lower)));
    let mut kept: Vec<Phrase> = fresh.take(KEPT_WORDS).map(|run| Phrase::of(text, &[run])).collect();
    // Without a grammar a capital may mean anything (in German: a noun), so words stay exactly as typed.
    kept.iter_mut().for_each(|phrase| phrase.inner.clone_from(&phrase.text));
    kept
}

/// Japanese endings and particles are written in hiragana alone; content words hardly ever are.
fn is_bare_kana(token: &Token, language: &str) -> bool {
    language == "ja" && token.lower.chars().all(|c| ('\u{3040}'..='\u{309f}').contains(&c))
}
