//! How the product speaks, and sentences in which it does: lines of knowledge, in this product's own nouns.

use std::collections::BTreeSet;

use model::sections::{Priority, Sample, Trait, Voice};

use crate::composer::{
    choice::choice,
    inflect::{capitalised, joined},
    knowledge::Text,
};

use super::{
    Subject,
    knowledge::{Lines, Said, VoiceEntry},
    subject::words_of_type,
};

const MOST_TRAITS: usize = 4;
const MOST_RULES: usize = 4;
const MOST_SAMPLES: usize = 9;
/// Letters that fit a menu.
const MENU_ENTRY: usize = 52;
/// A tagline's words.
const TAGLINE: std::ops::RangeInclusive<usize> = 3..=8;
/// The archetype whose lines serve where another has none.
const CORE: &str = "core";

/// The voice: the kind of product has its say first, then the mood that leads, then what it is about.
pub fn voice(subject: &Subject<'_>, name: &str) -> Voice {
    let voices = &subject.knowledge.voices;
    let of_kind = voices.archetypes.get(subject.archetype());
    let of_domain = subject.domains().into_iter().find_map(|domain| voices.domains.get(domain));
    let of_moods = subject.moods.iter().take(2).filter_map(|mood| voices.moods.get(mood));
    let mut entries: Vec<&VoiceEntry> = of_moods.take(1).chain(of_kind).chain(of_domain).collect();
    entries.extend(subject.moods.iter().skip(1).take(1).filter_map(|mood| voices.moods.get(mood)));
    Voice {
        traits: traits(subject, name, &entries),
        dos: rules(subject, name, &entries, "do", |entry| &entry.dos),
        donts: rules(subject, name, &entries, "dont", |entry| &entry.donts),
    }
}

/// The leading mood's two traits, then one of each other entry.
fn traits(subject: &Subject<'_>, name: &str, entries: &[&VoiceEntry]) -> Vec<Trait> {
    let mut traits: Vec<Trait> = Vec::new();
    for (nth, entry) in entries.iter().enumerate() {
        let mut own: Vec<(&String, &Text)> = entry.traits.iter().collect();
        own.sort_by_key(|(word, _)| choice(&subject.seed, &format!("voice/traits/{word}")));
        for (word, meaning) in own.into_iter().take(if nth == 0 { 2 } else { 1 }) {
            if traits.len() < MOST_TRAITS && traits.iter().all(|other| other.name != *word) {
                traits
                    .push(Trait { name: word.clone(), meaning: subject.tell(meaning, name, &format!("voice/{word}")) });
            }
        }
    }
    traits
}

fn rules(
    subject: &Subject<'_>,
    name: &str,
    entries: &[&VoiceEntry],
    kind: &str,
    of: fn(&VoiceEntry) -> &Vec<Text>,
) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for (nth, entry) in entries.iter().enumerate() {
        let mut texts: Vec<(usize, &Text)> =
            of(entry).iter().enumerate().filter(|(_, text)| subject.can_tell(text)).collect();
        texts.sort_by_key(|(at, _)| choice(&subject.seed, &format!("voice/{kind}/{nth}/{at}")));
        for (at, text) in texts.into_iter().take(2) {
            if told.len() < MOST_RULES {
                told.push(subject.tell(text, name, &format!("voice/{kind}/{nth}/{at}/line")));
            }
        }
    }
    told
}

/// What stands below the name.
pub fn tagline(subject: &Subject<'_>, name: &str) -> String {
    let samples = &subject.knowledge.samples;
    let of_kind = samples.archetypes.get(subject.archetype()).map(|lines| lines.tagline.as_slice()).unwrap_or_default();
    let shuffled = |texts: &[Text], node: &str| -> Vec<String> {
        let mut told: Vec<(u64, String)> = texts
            .iter()
            .enumerate()
            .filter(|(_, text)| subject.can_tell(text))
            .map(|(at, text)| {
                (choice(&subject.seed, &format!("{node}/{at}")), subject.tell(text, name, &format!("{node}/{at}/line")))
            })
            .collect();
        told.sort();
        told.into_iter().map(|(_, line)| line).collect()
    };
    let lines = [
        shuffled(of_kind, "tagline"),
        shuffled(&samples.taglines, "tagline/any"),
        shuffled(&samples.plain_taglines, "tagline/plain"),
    ];
    let fits = |line: &String| TAGLINE.contains(&line.split_whitespace().count());
    lines.into_iter().flatten().find(fits).unwrap_or_else(|| format!("This is {name}, at work"))
}

/// Sentences as they stand in the product.
pub fn samples(subject: &Subject<'_>, name: &str) -> Vec<Sample> {
    let mut told = Samples { subject, name, list: Vec::new() };
    let data = &subject.knowledge.samples;
    let of_kind = data.archetypes.get(subject.archetype());
    let of_core = data.archetypes.get(CORE);
    let of_mood = subject.wishes.moods.iter().find_map(|mood| data.moods.get(mood));
    let layers: Vec<&Lines> = of_mood.into_iter().chain(of_kind).chain(of_core).chain([&data.plain]).collect();
    let line = |of: fn(&Lines) -> Option<&Text>| {
        layers.iter().filter_map(|lines| of(lines)).find(|text| subject.can_tell(text))
    };
    let said = |of: fn(&Lines) -> Option<&Said>| {
        layers
            .iter()
            .filter_map(|lines| of(lines))
            .find(|said| subject.can_tell(&said.at) && subject.can_tell(&said.says))
    };
    told.line("headline", "Landing page, headline", line(|lines| lines.headline.as_ref()));
    told.line("lead", "Landing page, below the headline", line(|lines| lines.lead.as_ref()));
    told.line("button", "Main button", line(|lines| lines.button.as_ref()));
    told.said("empty", said(|lines| lines.empty.as_ref()));
    told.said("error", said(|lines| lines.error.as_ref()));
    told.said("confirmation", said(|lines| lines.confirmation.as_ref()));
    told.line("notification", "Notification on a phone", line(|lines| lines.notification.as_ref()));
    told.line("email", "E-mail, subject line", line(|lines| lines.email.as_ref()));
    // What the directive asks for beyond its kind; where nothing is known of its kind, what was composed says more.
    let capability = subject.capabilities().find_map(|id| data.capabilities.get(id));
    let special = capability.filter(|said| subject.archetype() != CORE && subject.can_tell(&said.says));
    match special {
        Some(said) => told.said("special", Some(said)),
        None => told.menu(),
    }
    told.labels();
    told.list
}

struct Samples<'s, 'a> {
    subject: &'s Subject<'a>,
    name: &'s str,
    list: Vec<Sample>,
}

impl Samples<'_, '_> {
    fn line(&mut self, id: &str, place: &str, text: Option<&Text>) {
        if let Some(text) = text {
            self.push(id, place.to_owned(), self.subject.tell(text, self.name, &format!("samples/{id}")));
        }
    }

    fn said(&mut self, id: &str, said: Option<&Said>) {
        if let Some(said) = said {
            let place = self.subject.tell(&said.at, self.name, &format!("samples/{id}/at"));
            self.push(id, place, self.subject.tell(&said.says, self.name, &format!("samples/{id}")));
        }
    }

    fn push(&mut self, id: &str, place: String, text: String) {
        if self.list.len() < MOST_SAMPLES {
            self.list.push(Sample { id: id.to_owned(), place, text });
        }
    }

    /// What the product must do, as its menu says it.
    fn menu(&mut self) {
        let musts = self.subject.product.features.iter().filter(|feature| feature.priority == Priority::Must);
        let short = musts.map(|feature| feature.title.as_str()).filter(|title| title.chars().count() <= MENU_ENTRY);
        let titles: Vec<&str> = short.take(3).collect();
        if titles.len() > 1 && !self.subject.is_foreign() {
            self.push("menu", "First entries of the menu".to_owned(), titles.join(" · "));
        }
    }

    /// The states of what people see most of, as labels.
    fn labels(&mut self) {
        if let Some(kept) = self.subject.kept() {
            let mut seen = BTreeSet::new();
            let states: Vec<String> =
                kept.states.iter().filter(|state| seen.insert((*state).clone())).cloned().collect();
            let noun = words_of_type(&kept.name);
            let place = if self.subject.is_foreign() {
                "Labels, in their order".to_owned()
            } else {
                format!("Labels of {} {noun}", model::article(&noun))
            };
            self.push("labels", place, format!("{}.", capitalised(&joined(&states))));
        }
    }
}
