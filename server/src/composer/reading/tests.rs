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

/// A directive with the verbs as they were read, particles and all: subject, verb, object.
fn acts(directive: &str) -> Vec<[String; 3]> {
    let text = |phrase: &Option<Phrase>| phrase.as_ref().map_or_else(String::new, |phrase| phrase.text.clone());
    let reading = read(&Directive::parse(directive).unwrap(), &lexicon());
    reading.actions.iter().map(|act| [text(&act.subject), act.whole_verb(), text(&act.object)]).collect()
}

#[test]
fn verbs_keep_what_belongs_to_them() {
    assert_eq!(acts("Farmers rent out idle tractors"), [["Farmers", "rent out", "idle tractors"]]);
    assert_eq!(acts("Roofers work out quotes for customers"), [["Roofers", "work out", "quotes"]]);
    assert_eq!(acts("Nurses look after patients"), [["Nurses", "look after", "patients"]]);
    assert_eq!(acts("An app where potters keep track of glazes"), [["potters", "track", "glazes"]]);
    assert_eq!(acts("Predict how long a house move takes")[0], ["", "predict", "house move"]);
}

#[test]
fn everybody_who_does_it_is_its_subject() {
    assert_eq!(
        acts("A site where students and teachers share notes"),
        [["students", "share", "notes"], ["teachers", "share", "notes"]]
    );
    assert_eq!(acts("Workers of a shipyard report misconduct"), [["Workers", "report", "misconduct"]]);
    assert_eq!(
        acts("Students enter, teachers record results"),
        [["Students", "enter", ""], ["teachers", "record", "results"]]
    );
    assert_eq!(
        acts("A contest where amateurs submit pictures and judges score them"),
        [["amateurs", "submit", "pictures"], ["judges", "score", "pictures"]]
    );
    assert_eq!(acts("A desk where staff report problems"), [["staff", "report", "problems"]]);
    assert_eq!(acts("Guards report damage to exhibits"), [["Guards", "report", "damage"]]);
    assert_eq!(acts("Farm shops sell milk"), [["Farm shops", "sell", "milk"]]);
    assert_eq!(acts("A dashboard for wind farms that shows output"), Vec::<[String; 3]>::new());
    let librarian = acts("A tool where a librarian sorts, tests and labels seeds");
    assert_eq!(librarian.iter().map(|act| act[1].as_str()).collect::<Vec<_>>(), ["sort", "test", "label"]);
}

#[test]
fn when_and_where_are_no_things() {
    let lexicon = lexicon();
    let things = |directive: &str| told(directive, &lexicon).things;
    assert_eq!(things("Warn all divers at once"), Vec::<String>::new());
    assert_eq!(things("Let neighbours borrow a ladder for a week, every day or in autumn"), ["ladder"]);
    assert_eq!(things("Fans pledge money for the next album"), ["money", "album"]);
    assert_eq!(things("Sell bowls across Europe, with VAT"), ["bowls", "VAT"]);
    assert_eq!(things("Let hikers in Lisbon find huts near the coast"), ["huts"]);
}

#[test]
fn what_only_sounds_like_somebody_is_nobody() {
    let lexicon = lexicon();
    let actors = |directive: &str| told(directive, &lexicon).actors;
    assert_eq!(actors("A catalogue of record players"), Vec::<String>::new());
    assert_eq!(actors("A workflow with a form builder and card readers"), Vec::<String>::new());
    assert_eq!(actors("A booking app for tennis courts"), Vec::<String>::new());
    assert_eq!(actors("A forum for handymen"), ["handymen"]);
}

#[test]
fn numbers_bind_only_what_they_limit() {
    let lexicon = lexicon();
    let limits = |directive: &str| told(directive, &lexicon).limits;
    assert_eq!(limits("Show parents which of three kindergartens has a place"), Vec::<String>::new());
    assert_eq!(limits("A ledger for four students"), Vec::<String>::new());
    assert_eq!(limits("Bunks for hikers, up to four per group"), ["up to four per group"]);
    let rota = told("A rota for rescuers, never two nights in a row", &lexicon);
    assert_eq!((rota.limits, rota.negations), (vec!["never two nights in a row".to_owned()], vec![]));
}

#[test]
fn what_nobody_does_is_no_action_and_rules_out_its_object() {
    let lexicon = lexicon();
    assert_eq!(acts("A tool library where nobody pays"), Vec::<[String; 3]>::new());
    assert_eq!(told("A marketplace for wine that never ships absinthe", &lexicon).negations, ["absinthe"]);
    let heating = told("Tenants report faults. If nobody answers, the report goes to the city", &lexicon);
    assert_eq!((heating.actors, heating.negations), (vec!["Tenants".to_owned()], vec![]));
}

#[test]
fn what_is_done_to_a_thing_ends_before_nobody_new_begins() {
    assert_eq!(
        acts("An app for villages to lend out second-hand child seats"),
        [["villages", "lend out", "second-hand child seats"]]
    );
    assert_eq!(acts("Help nurses track doses"), [["nurses", "track", "doses"]]);
    let lexicon = lexicon();
    assert_eq!(told("Once a parish hall is booked", &lexicon).qualities, Vec::<String>::new());
}
