//! Names: made in several ways of the directive's and the field's own words, judged by rules that can be read, best first.

mod judge;
mod make;

use std::collections::BTreeMap;

use model::sections::{ChosenName, NameCandidate};

use crate::composer::{choice::choice, inflect::capitalised};

use super::{Subject, wishes::as_name};
use judge::Judge;
use make::{Making, Raw};

/// How many names are shown.
const SHOWN: usize = 8;
/// How many of one making: coined names are many, and mostly alike.
fn most(making: Making) -> usize {
    match making {
        Making::Compound | Making::Word => 3,
        Making::Blend | Making::Wished => 2,
        Making::Coined => 1,
    }
}
/// How many may share a root or tail.
const SHARING: usize = 2;
/// Of the words there are, one in so many is looked at, chosen by the directive: so that two products of a kind differ.
const LOOKED_AT: usize = 2;
/// What counts as short where the note asks for it.
const SHORT_LETTERS: usize = 7;
/// Below this a name is not worth showing, unless there is nothing else.
const LEAST_SCORE: u8 = 60;

/// The candidates, best first, and the choice among them.
pub fn names(subject: &Subject<'_>) -> (Vec<NameCandidate>, ChosenName) {
    let judge = Judge::new(subject);
    let mut judged: Vec<(Raw, NameCandidate)> =
        make::all(subject).into_iter().filter_map(|raw| judge.judge(&raw).map(|candidate| (raw, candidate))).collect();
    judged.sort_by_key(|(raw, candidate)| {
        (std::cmp::Reverse(candidate.score), choice(&subject.seed, &format!("names/tie/{}", raw.text)))
    });
    let mut candidates = varied(judged, subject.wishes.short);
    let chosen = match &subject.wishes.name {
        Some(wish) => wished(wish, &judge, &mut candidates, subject),
        None => best(&candidates),
    };
    (candidates, chosen)
}

/// Not eight names of one making: what people compare should differ.
fn varied(judged: Vec<(Raw, NameCandidate)>, short: bool) -> Vec<NameCandidate> {
    let mut chosen: Vec<(Raw, NameCandidate)> = Vec::new();
    let mut of_making: BTreeMap<Making, usize> = BTreeMap::new();
    let mut left = Vec::new();
    for (raw, candidate) in judged {
        let sharing = |part: &String| chosen.iter().filter(|(other, _)| other.parts.contains(part)).count();
        let full = of_making.get(&raw.making).is_some_and(|count| *count >= most(raw.making));
        let alike = chosen.iter().any(|(other, _)| strsim::levenshtein(&other.text, &raw.text) <= 2);
        let long = short && raw.text.len() > SHORT_LETTERS;
        if full
            || long
            || alike
            || candidate.score < LEAST_SCORE
            || raw.parts.iter().any(|part| sharing(part) >= SHARING)
        {
            left.push((raw, candidate));
        } else if chosen.len() < SHOWN {
            *of_making.entry(raw.making).or_default() += 1;
            chosen.push((raw, candidate));
        }
    }
    let missing = (SHOWN - 2).saturating_sub(chosen.len());
    chosen.extend(left.into_iter().take(missing));
    chosen.sort_by_key(|(_, candidate)| std::cmp::Reverse(candidate.score));
    chosen.into_iter().map(|(_, candidate)| candidate).collect()
}

fn best(candidates: &[NameCandidate]) -> ChosenName {
    let Some(first) = candidates.first() else {
        return ChosenName { name: "Untitled".to_owned(), reason: "Nothing could be made of the words.".to_owned() };
    };
    let mut marks = first.marks.clone();
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.points));
    let strengths: Vec<String> = marks.iter().take(3).map(|mark| mark.why.clone()).collect();
    let weakest = marks.last().filter(|mark| mark.points < 70);
    let caveat = weakest.map(|mark| format!(" Its weakest point: {}.", mark.why)).unwrap_or_default();
    let runner_up = candidates.get(1).filter(|other| first.score.saturating_sub(other.score) <= 1);
    let close = runner_up.map(|other| format!(" {} comes close behind.", other.name)).unwrap_or_default();
    let subject = first.marks.iter().find(|mark| mark.about.starts_with("recalls"));
    let says = if subject.is_some_and(|mark| mark.points >= 70) { " says what this is about and" } else { "" };
    ChosenName {
        name: first.name.clone(),
        reason: format!(
            "{}{says} scores {} of 100: {}.{caveat}{close} Whether the name is free has to be searched: trade marks, \
             companies and domains in every country where it is to be used.",
            first.name,
            first.score,
            strengths.join("; "),
        ),
    }
}

/// The name the note settles on comes first and is marked like any other.
fn wished(wish: &str, judge: &Judge<'_>, candidates: &mut Vec<NameCandidate>, subject: &Subject<'_>) -> ChosenName {
    let name = as_name(wish, subject.lexicon);
    let candidate = judge.wished(&name);
    candidates.retain(|other| other.id != candidate.id);
    candidates.truncate(SHOWN - 1);
    let doubt = candidate.marks.iter().filter(|mark| mark.points < 60).min_by_key(|mark| mark.points);
    let doubt =
        doubt.map_or_else(|| " Its marks are sound.".to_owned(), |mark| format!(" Mind one thing: {}.", mark.why));
    candidates.insert(0, candidate);
    ChosenName { reason: format!("The note asks for it.{doubt}"), name }
}

/// "patch" and "row" as "Patchrow".
fn written(text: &str) -> String {
    capitalised(text)
}
