use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::composer::knowledge::Files;

#[derive(Debug, Deserialize)]
struct ByHand {
    reading: Vec<Expected>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Expected {
    directive: String,
    language: String,
    #[serde(default)]
    form: String,
    #[serde(default)]
    actors: Vec<String>,
    things: Vec<String>,
    #[serde(default)]
    actions: Vec<[String; 3]>,
    #[serde(default)]
    negations: Vec<String>,
    #[serde(default)]
    limits: Vec<String>,
    #[serde(default)]
    qualities: Vec<String>,
}

fn lexicon() -> Lexicon {
    Lexicon::load(&Files::embedded()).unwrap()
}

fn told(directive: &str, lexicon: &Lexicon) -> Expected {
    let reading = read(&Directive::parse(directive).unwrap(), lexicon);
    let texts = |phrases: &[Phrase]| phrases.iter().map(|p| p.text.clone()).collect::<Vec<_>>();
    let text = |phrase: &Option<Phrase>| phrase.as_ref().map_or_else(String::new, |p| p.text.clone());
    Expected {
        directive: directive.to_owned(),
        language: reading.language.clone(),
        form: text(&reading.form),
        actors: texts(&reading.actors),
        things: texts(&reading.things),
        actions: reading.actions.iter().map(|a| [text(&a.subject), a.verb.clone(), text(&a.object)]).collect(),
        negations: texts(&reading.negations),
        limits: texts(&reading.limits),
        qualities: texts(&reading.qualities),
    }
}

fn differences(expected: &Expected, read: &Expected) -> String {
    let mut lines = vec![format!("\n{}", expected.directive)];
    let mut field = |name: &str, expected: String, read: String| {
        if expected != read {
            lines.push(format!("  {name}: expected {expected}\n  {:>width$}  read {read}", "", width = name.len()));
        }
    };
    field("language", format!("{:?}", expected.language), format!("{:?}", read.language));
    field("form", format!("{:?}", expected.form), format!("{:?}", read.form));
    field("actors", format!("{:?}", expected.actors), format!("{:?}", read.actors));
    field("things", format!("{:?}", expected.things), format!("{:?}", read.things));
    field("actions", format!("{:?}", expected.actions), format!("{:?}", read.actions));
    field("negations", format!("{:?}", expected.negations), format!("{:?}", read.negations));
    field("limits", format!("{:?}", expected.limits), format!("{:?}", read.limits));
    field("qualities", format!("{:?}", expected.qualities), format!("{:?}", read.qualities));
    lines.join("\n")
}

#[test]
fn directives_are_read_as_a_careful_person_reads_them() {
    let by_hand: ByHand = toml::from_str(include_str!("../../../tests/data/readings.toml")).unwrap();
    let lexicon = lexicon();
    let mut wrong = Vec::new();
    for expected in by_hand.reading {
        let read = told(&expected.directive, &lexicon);
        if read != expected {
            wrong.push(differences(&expected, &read));
        }
    }
    assert!(wrong.is_empty(), "{} readings differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nothing_is_said_that_was_not_typed() {
    let lexicon = lexicon();
    let directive = "A bazaar where blorps frizzle QUAXED zindles, with escrow, without flumox";
    let read = told(directive, &lexicon);
    for word in read.actors.iter().chain(&read.things).chain(&read.negations) {
        assert!(directive.contains(word.as_str()), "{word}");
    }
    assert_eq!(read.actors, ["blorps"]);
    assert_eq!(read.negations, ["flumox"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_reading(text in "\\PC{1,120}", words in "[a-z ,.']{1,80}") {
        let lexicon = lexicon();
        for text in [text, words] {
            if let Ok(directive) = Directive::parse(&text) {
                let reading = read(&directive, &lexicon);
                for phrase in reading.things.iter().chain(&reading.actors).chain(&reading.limits) {
                    prop_assert!(directive.as_str().get(phrase.span.clone()).is_some());
                }
            }
        }
    }
}
