//! How a screen can look: when there is nothing, when something is fetched or fails, and in what the product itself brings about.

use std::collections::BTreeSet;

use model::sections::{Entity, SYSTEM, ScreenKind, ScreenState};

use crate::composer::{blueprint::ScreenPlan, inflect::listed};

use crate::composer::knowledge::Text;

use super::{
    Subject,
    knowledge::KindEntry,
    subject::{About, label},
    tone::Tone,
};

/// States of a screen's own.
const OWN: usize = 2;
/// Fewer than this nobody would call designed.
const LEAST: usize = 3;
/// A criterion longer than this is no state.
const CRITERION_MAX_CHARS: usize = 240;

/// Tells the states of one screen after another, none of the product's own twice.
pub struct States<'s, 'a> {
    subject: &'s Subject<'a>,
    told: BTreeSet<(String, String)>,
    quoted: BTreeSet<String>,
    said: BTreeSet<(String, usize)>,
}

impl<'s, 'a> States<'s, 'a> {
    /// Nothing is told yet.
    pub fn new(subject: &'s Subject<'a>) -> Self {
        Self { subject, told: BTreeSet::new(), quoted: BTreeSet::new(), said: BTreeSet::new() }
    }

    /// 3 to 5 states of a screen.
    pub fn of(&mut self, plan: &ScreenPlan, entity: &Entity, entry: &KindEntry) -> Vec<ScreenState> {
        let mut own = Vec::new();
        if shows_one(plan.kind) {
            own.extend(self.of_life(plan, entity, 1));
        }
        own.extend(self.of_criteria(plan, OWN - own.len().min(OWN)));
        if own.len() < OWN && shows_one(plan.kind) {
            own.extend(self.of_life(plan, entity, OWN - own.len()));
        }
        let mut states = self.usual(plan, entity, entry, LEAST.saturating_sub(own.len()));
        states.extend(own);
        states
    }

    /// Empty, loading, error. What another screen says in the same words is left out, as long as enough is left.
    fn usual(&mut self, plan: &ScreenPlan, entity: &Entity, entry: &KindEntry, least: usize) -> Vec<ScreenState> {
        let about = self.subject.about_entity(entity, &plan.actors);
        let mut states = Vec::new();
        let parts = [("empty", &entry.empty), ("error", &entry.error), ("loading", &entry.loading)];
        for (name, text) in parts {
            let (shows, is_new) = self.fresh(
                &about,
                text,
                &format!("{}/{name}", plan.kind.as_str()),
                &format!("screen/{}/{name}", plan.id),
            );
            if !shows.is_empty() && (is_new || states.len() < least) {
                states.push(ScreenState { name: name.to_owned(), shows });
            }
        }
        states.sort_by_key(|state| ["empty", "loading", "error"].iter().position(|name| *name == state.name));
        states
    }

    /// A line of a text that was not told before, if there is one, and whether there was.
    fn fresh(&mut self, about: &About<'_, '_>, text: &Text, place: &str, node: &str) -> (String, bool) {
        let ways = about.ways(text, node);
        let key = |at: usize| (place.to_owned(), at);
        let new = ways.iter().find(|(at, _)| !self.said.contains(&key(*at)));
        let Some((at, line)) = new.or(ways.first()) else { return (String::new(), false) };
        (line.tell(about), self.said.insert(key(*at)))
    }

    /// What a criterion of the screen's features says about it.
    fn of_criteria(&mut self, plan: &ScreenPlan, most: usize) -> Vec<ScreenState> {
        let features = self.subject.features(&plan.features);
        let mut found: Vec<ScreenState> = Vec::new();
        for situation in &self.subject.knowledge.screens.situations {
            let speaks = |line: &&String| {
                let lower = line.to_lowercase();
                line.chars().count() <= CRITERION_MAX_CHARS
                    && !self.quoted.contains(*line)
                    && situation.words.iter().any(|word| lower.contains(word.as_str()))
            };
            let line = features.iter().flat_map(|feature| &feature.criteria).find(speaks);
            if let Some(line) = line.filter(|_| found.len() < most) {
                self.quoted.insert(line.clone());
                found.push(ScreenState { name: situation.name.clone(), shows: line.clone() });
            }
        }
        found
    }

    /// Where the life of the thing leaves its usual way, or waits for something.
    fn of_life(&mut self, plan: &ScreenPlan, entity: &Entity, most: usize) -> Vec<ScreenState> {
        let mut notable: Vec<(u8, &String)> =
            entity.states.iter().skip(1).filter_map(|state| Some((self.notability(entity, state)?, state))).collect();
        notable.sort_by_key(|(rank, _)| *rank);
        let fresh =
            notable.into_iter().filter(|(_, state)| !self.told.contains(&(entity.id.clone(), (*state).clone())));
        let chosen: Vec<&String> = fresh.map(|(_, state)| state).take(most).collect();
        self.told.extend(chosen.iter().map(|state| (entity.id.clone(), (*state).clone())));
        let told = chosen.into_iter().map(|state| ScreenState {
            name: format!("the {} {}", self.subject.one(entity), self.predicate(state)),
            shows: self.life_line(plan, entity, state),
        });
        told.filter(|state| !state.shows.is_empty()).collect()
    }

    /// How much a state matters to whoever designs the screen: 0 most. `None` for the usual way.
    fn notability(&self, entity: &Entity, state: &str) -> Option<u8> {
        let by_itself = entity.transitions.iter().any(|step| step.to == state && step.by.iter().all(|by| by == SYSTEM));
        match (self.subject.knowledge.scales.tones.of(state), by_itself) {
            (Tone::Negative | Tone::Over | Tone::Caution, true) => Some(0),
            (Tone::Negative, false) => Some(1),
            (Tone::Over | Tone::Caution, false) => Some(2),
            (_, true) => Some(3),
            _ => None,
        }
    }

    fn life_line(&mut self, plan: &ScreenPlan, entity: &Entity, state: &str) -> String {
        let subject = self.subject;
        let own = &subject.knowledge.screens.own;
        let out: Vec<_> = entity.transitions.iter().filter(|step| step.from.iter().any(|from| from == state)).collect();
        let by_people = out.iter().filter(|step| step.by.is_empty() || step.by.iter().any(|by| by != SYSTEM));
        let verbs: Vec<String> = by_people.map(|step| format!("“{}”", step.verb)).take(3).collect();
        let (place, text) = match (out.is_empty(), verbs.is_empty()) {
            _ if entity.transitions.is_empty() => ("unknown", &own.unknown),
            (true, _) => ("closed", &own.closed),
            (false, true) => ("waiting", &own.waiting),
            (false, false) => ("open", &own.open),
        };
        let about = subject.about_entity(entity, &plan.actors).with("state", label(state).to_lowercase());
        let about = about.with("on", listed(&verbs, "or")).with("is", self.predicate(state));
        self.fresh(&about, text, place, &format!("screen/{}/{state}", plan.id)).0
    }

    /// "is sold", "has expired", "did not come".
    fn predicate(&self, state: &str) -> String {
        let own = &self.subject.knowledge.screens.own;
        let first = state.split(' ').next().unwrap_or_default();
        if own.bare.iter().any(|word| word == first || state.starts_with(word.as_str())) {
            state.to_owned()
        } else if own.nouns.iter().any(|word| word == state) {
            format!("stands at “{state}”")
        } else if own.has.iter().any(|word| word == state) {
            format!("has {state}")
        } else {
            format!("is {state}")
        }
    }
}

/// Whether a screen shows one thing that has begun, so that the state it is in matters to all of the page.
fn shows_one(kind: ScreenKind) -> bool {
    use ScreenKind as K;
    matches!(
        kind,
        K::Detail | K::Thread | K::Queue | K::Checkout | K::Timeline | K::Report | K::Player | K::Checklist | K::Scan
    )
}
