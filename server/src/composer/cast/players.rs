//! Who plays which part: by what they are called, by what they do, and by how the directive brings them in.

use std::collections::BTreeMap;

use super::Player;
use crate::composer::{
    knowledge::{Archetype, Role},
    lexicon::Lexicon,
    reading::{Action, Phrase, Reading},
    recognise::Recognition,
};

type Bound = BTreeMap<Role, (Phrase, Option<String>)>;

/// The four parts, and the people the directive names who play none of them.
pub fn players(
    reading: &Reading,
    recognition: &Recognition<'_>,
    lexicon: &Lexicon,
) -> (BTreeMap<Role, Player>, Vec<Phrase>) {
    let archetype = recognition.archetype.module;
    let mut bound = bound_by_nouns(reading, archetype, lexicon);
    bind_by_verbs(reading, archetype, &mut bound, lexicon);
    let mut others = bind_the_rest(reading, recognition, &mut bound, lexicon);
    share_parts(archetype, &mut bound);
    let mut players = BTreeMap::new();
    for (role, entry) in &archetype.roles {
        let player = match bound.get(role) {
            None => Player { noun: entry.word.clone(), who: entry.word.clone(), actor: None },
            Some((actor, verb)) => {
                let noun = actor.singular(lexicon);
                let parts = bound.iter().filter(|(_, (other, _))| other == actor);
                let words: Vec<_> =
                    parts.filter_map(|(role, _)| archetype.roles.get(role)).map(|entry| &entry.word).collect();
                let two_parts = words.iter().any(|word| *word != &entry.word);
                let who = match verb {
                    Some(verb) if two_parts => format!("{noun} who {}", lexicon.inflect.third(verb)),
                    _ => noun.clone(),
                };
                // Somebody named alone plays two parts without doing either in the sentence: the first is what they come for.
                let first = verb.is_none() && archetype.alone.first() == Some(role) && *role != Role::Provider;
                let two_parts = two_parts && !first;
                Player { noun: if two_parts { entry.word.clone() } else { noun }, who, actor: Some(actor.clone()) }
            }
        };
        players.insert(*role, player);
    }
    others.retain(|other| bound.values().all(|(actor, _)| actor != other));
    (players, others)
}

/// Whoever is called what a part is called plays it, whatever they do in the sentence.
fn bound_by_nouns(reading: &Reading, archetype: &Archetype, lexicon: &Lexicon) -> Bound {
    let mut bound = Bound::new();
    for role in Role::CAST {
        let Some(entry) = archetype.roles.get(&role) else { continue };
        let called = |actor: &&Phrase| {
            let names = [Some(actor.head(lexicon)), actor.compound(lexicon)];
            names.into_iter().flatten().any(|name| entry.word == name || entry.nouns.contains(&name))
        };
        let free = |actor: &&Phrase| {
            may_play(actor, lexicon) && bound.values().all(|(other, _): &(Phrase, _)| other != *actor)
        };
        if let Some(actor) = reading.actors.iter().filter(free).find(called) {
            let verb = reading.actions.iter().find(|action| action.subject.as_ref() == Some(actor));
            let verb = verb.map(|action| action.verb.clone());
            bound.insert(role, (actor.clone(), verb));
        }
    }
    bound
}

/// Whoever does what a part is known for, plays it.
fn bind_by_verbs(reading: &Reading, archetype: &Archetype, bound: &mut Bound, lexicon: &Lexicon) {
    let named: Vec<Phrase> = bound.values().map(|(actor, _)| actor.clone()).collect();
    for role in Role::CAST {
        let Some(entry) = archetype.roles.get(&role).filter(|_| !bound.contains_key(&role)) else { continue };
        let free = |who: &Phrase| !named.contains(who) && may_play(who, lexicon);
        let does = |action: &&Action| action.is_any_of(&entry.verbs) && action.subject.as_ref().is_some_and(free);
        if let Some(action) = reading.actions.iter().find(does)
            && let Some(actor) = &action.subject
        {
            bound.insert(role, (actor.clone(), Some(action.verb.clone())));
        }
    }
}

/// People without a telling verb take what is free, in the order of what they are called and what stands before them. Somebody named
/// alone plays the parts the archetype has for them.
fn bind_the_rest(
    reading: &Reading,
    recognition: &Recognition<'_>,
    bound: &mut Bound,
    lexicon: &Lexicon,
) -> Vec<Phrase> {
    let archetype = recognition.archetype.module;
    let known =
        |bound: &Bound, actor: &Phrase| bound.values().any(|(other, _)| other.key(lexicon) == actor.key(lexicon));
    let plays = |actor: &&Phrase| {
        !known(bound, actor)
            && !recognition.is_capability(actor)
            && !qualifies_somebody(actor, reading)
            && !is_anybody(actor, lexicon)
    };
    let (mut others, rest): (Vec<Phrase>, Vec<Phrase>) = reading
        .actors
        .iter()
        .filter(plays)
        .cloned()
        .partition(|actor| actor.is_possessor() || is_for_a_part(actor, reading));
    if let ([only], true) = (rest.as_slice(), bound.is_empty())
        && (usual_part(only, lexicon).is_none() || archetype.alone != [Role::Provider])
    {
        // A company has people for the work; it is not the one who does it.
        let group = lexicon.is_group(&only.head(lexicon)) && archetype.roles.contains_key(&Role::Provider);
        let parts = if group { &[Role::Provider][..] } else { &archetype.alone };
        bound.extend(parts.iter().map(|role| (*role, (only.clone(), None))));
        return others;
    }
    for actor in rest {
        let wishes = wishes(&actor, reading, lexicon);
        match wishes.iter().find(|role| !bound.contains_key(role)) {
            Some(role) => {
                bound.insert(*role, (actor, None));
            }
            None => others.push(actor),
        }
    }
    others
}

/// "people" says no more than the part's own word.
fn is_anybody(actor: &Phrase, lexicon: &Lexicon) -> bool {
    const ANYBODY: [&str; 4] = ["person", "people", "human", "individual"];
    actor.words.len() == 1 && ANYBODY.contains(&actor.head(lexicon).as_str())
}

/// Whose something is ("the patient's allergies") plays no part of their own.
fn may_play(actor: &Phrase, lexicon: &Lexicon) -> bool {
    !actor.is_possessor() && !is_anybody(actor, lexicon)
}

/// "with a route for children": whom one of its parts is for takes part and no more.
fn is_for_a_part(actor: &Phrase, reading: &Reading) -> bool {
    let ends_before = |thing: &&Phrase| {
        let between =
            reading.words.iter().filter(|word| thing.span.end <= word.span.start && word.span.end <= actor.span.start);
        between.map(|word| word.forms.first().map(String::as_str)).eq([Some("for")])
    };
    reading.things.iter().skip(1).any(|thing| ends_before(&thing))
}

/// "parents of deaf children": the children say which parents.
fn qualifies_somebody(actor: &Phrase, reading: &Reading) -> bool {
    let before = reading.words.iter().rev().filter(|word| word.span.end <= actor.span.start);
    let of = before.into_iter().find(|word| word.forms.iter().any(|form| form == "of"));
    let somebody = |of: usize| reading.actors.iter().any(|other| other.span.end < of && of - other.span.end == 1);
    reading.word_before(actor) == Some("of") && of.is_some_and(|of| somebody(of.span.start))
}

/// The parts somebody may play, likeliest first.
fn wishes(actor: &Phrase, reading: &Reading, lexicon: &Lexicon) -> Vec<Role> {
    use Role::{Customer, Operator, Overseer, Provider};
    let head = actor.head(lexicon);
    let usual = usual_part(actor, lexicon);
    let mut wishes: Vec<Role> = usual.into_iter().collect();
    wishes.extend_from_slice(match reading.word_before(actor) {
        _ if lexicon.is_overseer(&head) => &[Overseer][..],
        Some("by") => &[Operator, Provider],
        Some("to") => &[Customer, Operator],
        Some("from") => &[Provider, Customer],
        Some("of") if !lexicon.is_group(&head) => &[Customer, Operator, Provider],
        _ if lexicon.is_group(&head) => &[Provider, Operator],
        _ if usual.is_some() => &[],
        _ => &[Operator, Customer, Provider],
    });
    wishes
}

/// The part that somebody nearly always plays, by their name alone.
fn usual_part(actor: &Phrase, lexicon: &Lexicon) -> Option<Role> {
    let head = actor.head(lexicon);
    let supplies = lexicon.is_supplier(&head).then_some(Role::Provider);
    lexicon.is_receiver(&head).then_some(Role::Customer).or(supplies)
}

/// Parts that the archetype gives one word are one person's.
fn share_parts(archetype: &Archetype, bound: &mut Bound) {
    let word = |role: &Role| archetype.roles.get(role).map(|entry| &entry.word);
    for role in Role::CAST.iter().filter(|role| !bound.contains_key(role)).collect::<Vec<_>>() {
        let twin = bound.iter().find(|(other, _)| word(other) == word(role)).map(|(_, actor)| actor.clone());
        bound.extend(twin.map(|actor| (*role, actor)));
    }
}
