//! What the directive says somebody does, where no module answers it.

use super::{Source, SourceKind, slug};
use crate::composer::{
    cast::{ActionWords, Cast},
    knowledge::{ActionClass, Knowledge, Parts, Role},
    lexicon::Lexicon,
    reading::{Action, Phrase, Reading},
    recognise::Recognition,
};

/// The class of actions that serves verbs no other class knows, and the one for things nobody acts on.
const ANY_ACTION: &str = "do";
const KEEP: &str = "keep";
const MOST_ACTION_FEATURES: usize = 5;

/// What the directive says somebody does and no module answers, then the things nobody acts on.
pub(super) fn actions(
    reading: &Reading,
    recognition: &Recognition<'_>,
    cast: &Cast,
    knowledge: &Knowledge,
    lexicon: &Lexicon,
) -> Vec<(Source, Parts)> {
    let mut found: Vec<(Source, Parts)> = Vec::new();
    let archetype = recognition.archetype.module;
    // What it is done to is kept, but doing it is nothing to build: "members come", "studios offer classes" beside what is booked.
    let says_little = |action: &Action, class: Option<&ActionClass>| {
        class.is_none() && lexicon.is_light(&action.verb)
            || !recognition.is_generic() && archetype.roles.values().any(|role| action.is_any_of(&role.verbs))
    };
    // "holiday cabins", which people later book as "cabins".
    let is_kind_of = |thing: &Phrase, main: &Phrase| {
        main.words.len() == 1 && thing.words.len() > 1 && thing.head(lexicon) == main.head(lexicon)
    };
    let mut done: Vec<&Phrase> = Vec::new();
    for action in &reading.actions {
        let class_of_verb = knowledge.actions.iter().find(|class| action.is_any_of(&class.verbs));
        if is_answered(action, recognition, cast, knowledge, lexicon) {
            done.extend(&action.object);
        } else if !says_little(action, class_of_verb) {
            done.extend(&action.object);
            if let Some(class) = class_of_verb.or_else(|| class(knowledge, ANY_ACTION)) {
                add_action(&mut found, class, action, cast, lexicon);
            }
        }
    }
    // "results" of a competition have a place of their own already.
    let modules = recognition.capabilities.iter().map(|(called, _)| called.module.parts()).chain([archetype.parts()]);
    let described: Vec<String> = modules.flat_map(|parts| parts.entities).map(|entity| entity.id).collect();
    let mentioned = |thing: &Phrase| {
        let key = thing.key(lexicon);
        done.iter().any(|object| object.key(lexicon) == key)
            || cast
                .thing
                .as_ref()
                .is_some_and(|main| main.key(lexicon) == key || is_kind_of(thing, main) || is_kind_of(main, thing))
            || cast.companions.iter().any(|other| other.key(lexicon) == key)
            || recognition.answers(thing)
            || recognition.is_kind(thing)
            || archetype.thing.is_kind(thing, lexicon)
            || is_setting(thing, reading, |other| recognition.is_kind(other) || cast.thing.as_ref() == Some(other))
            || described.contains(&slug(&thing.head(lexicon)))
            || recognition.archetype.words.iter().any(|word| thing.text.contains(word.as_str()))
    };
    if let Some(keep) = class(knowledge, KEEP) {
        for thing in reading.things.iter().filter(|thing| !mentioned(thing)) {
            let action = Action {
                subject: None,
                verb: KEEP.to_owned(),
                particle: None,
                object: Some(thing.clone()),
                span: thing.span.clone(),
            };
            add_action(&mut found, keep, &action, cast, lexicon);
        }
    }
    found.truncate(MOST_ACTION_FEATURES);
    found
}

fn class<'k>(knowledge: &'k Knowledge, id: &str) -> Option<&'k ActionClass> {
    knowledge.actions.iter().find(|class| class.id == id)
}

/// An action on the main thing by one of the archetype's own verbs is what the archetype is about; one on a capability's term is
/// that capability's.
fn is_answered(
    action: &Action,
    recognition: &Recognition<'_>,
    cast: &Cast,
    knowledge: &Knowledge,
    lexicon: &Lexicon,
) -> bool {
    let archetype = recognition.archetype.module;
    let own = |verb: &String| {
        archetype.thing.verbs.contains(verb)
            || archetype.roles.values().any(|role| role.verbs.contains(verb))
            || archetype.terms.contains_key(verb)
    };
    // "log" and "record" are the same work.
    let class = knowledge.actions.iter().find(|class| action.is_any_of(&class.verbs));
    let own_verb = own(&action.verb)
        || own(&action.whole_verb())
        || class.is_some_and(|class| class.verbs.iter().filter(|verb| own(verb)).count() >= 2);
    let main = |object: &Phrase| {
        let key = object.key(lexicon);
        cast.thing.iter().chain(&cast.companions).any(|thing| thing.key(lexicon) == key)
            || cast
                .thing
                .as_ref()
                .is_some_and(|thing| archetype.thing.core(object, lexicon).key(lexicon) == thing.key(lexicon))
    };
    let own_thing = action.object.as_ref().is_none_or(main);
    own_verb && own_thing && !recognition.is_generic()
        || action.object.as_ref().is_some_and(|object| recognition.answers(object) || recognition.is_kind(object))
}

/// "An app for a mountain hut", "shift handover for a ward": where the product is used, and nothing that is kept in it.
fn is_setting(thing: &Phrase, reading: &Reading, is_main: impl Fn(&Phrase) -> bool) -> bool {
    let before = reading.words.iter().filter(|word| word.span.end <= thing.span.start);
    let mut before = before.rev().map(|word| word.forms.as_slice());
    let is = |word: Option<&[String]>, any: &[&str]| {
        word.is_some_and(|forms| forms.iter().any(|f| any.contains(&f.as_str())))
    };
    let place = reading.things.iter().position(|other| other == thing);
    let first = match place.and_then(|place| place.checked_sub(1)).and_then(|place| reading.things.get(place)) {
        None => reading.form.is_some(),
        Some(before) => place == Some(1) && reading.form.is_none() && is_main(before),
    };
    first && is(before.next(), &["a", "an", "the", "our", "my"]) && is(before.next(), &["for", "of", "in", "at"])
}

/// One class answers one object once; more verbs of the class on the same object only add their words.
fn add_action(found: &mut Vec<(Source, Parts)>, class: &ActionClass, action: &Action, cast: &Cast, lexicon: &Lexicon) {
    let subject = action.subject.as_ref().map(|s| s.singular(lexicon));
    let words = ActionWords {
        subject: subject.unwrap_or_else(|| cast.player(Role::Operator).map_or_else(String::new, |p| p.noun.clone())),
        verb: action.whole_verb(),
        object: action.object.as_ref().map_or_else(|| cast.thing_noun.clone(), |o| o.singular(lexicon)),
    };
    let typed =
        [action.subject.as_ref(), action.object.as_ref()].into_iter().flatten().map(|phrase| phrase.text.clone());
    let typed: Vec<String> = typed.collect();
    let same = found.iter_mut().find(|(source, _)| {
        source.label == class.label && source.action.as_ref().is_some_and(|other| other.object == words.object)
    });
    if let Some((source, _)) = same {
        source.words.extend(typed.into_iter().filter(|word| !source.words.contains(word)).collect::<Vec<_>>());
        return;
    }
    let again = found.iter().filter(|(source, _)| source.label == class.label).count();
    let mut parts = class.parts();
    let suffix = slug(&words.object);
    for feature in &mut parts.features {
        feature.id = format!("{}-{suffix}", feature.id);
    }
    if again > 0 {
        parts.features.truncate(1);
        parts.risks.clear();
        parts.metrics.clear();
    }
    if again > 1 {
        return;
    }
    let mut source = Source::new(SourceKind::Action, &class.label, &typed);
    source.action = Some(words);
    source.object = action.object.clone();
    source.subject = action.subject.clone();
    found.push((source, parts));
}
