//! Step four: the plan in words. Which of several ways to say a thing is taken depends on the directive and on what is said, so that the
//! same directive always reads the same and neighbours do not sound alike.

mod people;
mod rest;

use std::collections::{BTreeSet, HashSet};

use model::{
    Directive,
    sections::{Act, Basis, Called, Feature, Product, ScreenHint, Story},
};

use super::{
    cast::{Cast, Words},
    choice::choice,
    entities::{Builder, Entities},
    inflect::joined,
    knowledge::{FeatureEntry, PLAIN_ACTS, Role, Text},
    lexicon::Lexicon,
    plan::{Plan, Source, slug},
    reading::{Phrase, Reading},
    recognise::Recognition,
};

/// A feature gives no more reasons than this.
const MOST_ANSWERS: usize = 4;
const MOST_PROMISES: usize = 3;
const MOST_PERSONAS: usize = 4;

/// Everything needed to put the plan into words.
pub struct Teller<'a> {
    /// What was asked for.
    pub directive: &'a Directive,
    /// How it was read.
    pub reading: &'a Reading,
    /// What it was recognised as.
    pub recognition: &'a Recognition<'a>,
    /// Who plays which part.
    pub cast: &'a Cast,
    /// What goes in.
    pub plan: &'a Plan,
    /// Word forms.
    pub lexicon: &'a Lexicon,
    /// Varies the choice of words.
    pub seed: &'a str,
}

impl Teller<'_> {
    /// The product section.
    pub fn product(&self) -> Product {
        let builder = Builder {
            plan: self.plan,
            cast: self.cast,
            recognition: self.recognition,
            lexicon: self.lexicon,
            tell: |text: &Text, words: &Words<'_>, node: &str| self.tell(text, words, node),
        };
        let entities = builder.build();
        Product {
            basis: Some(self.basis()),
            summary: self.summary(),
            problem: self.tell(&self.recognition.archetype.module.problem, &self.words(), "problem"),
            personas: self.personas(),
            features: self.features(&entities),
            journeys: self.journeys(),
            metrics: self.metrics(),
            risks: self.risks(),
            out_of_scope: self.out_of_scope(),
            entities: entities.list,
        }
    }

    fn summary(&self) -> String {
        let line = self.tell(&self.recognition.archetype.module.summary, &self.words(), "summary");
        let promises: Vec<String> = self
            .recognition
            .capabilities
            .iter()
            .take(MOST_PROMISES)
            .map(|(called, aspect)| {
                let aspect = aspect.as_deref().or(called.module.aspect.as_deref());
                self.fill(
                    &called.module.promise,
                    &Words { aspect, ..self.words() },
                    &format!("promise/{}", called.module.id),
                )
            })
            .collect();
        let line = line.trim_end_matches('.');
        match promises.as_slice() {
            [] => format!("{line}."),
            _ => format!("{line}. It comes with {}.", joined(&promises)),
        }
    }

    /// How the directive was read, and what a reader should know about that.
    fn basis(&self) -> Basis {
        let recognition = self.recognition;
        let mut called: Vec<Called> = Vec::new();
        let mut note = |module: &str, words: &[String]| {
            if !words.is_empty() {
                called.push(Called { module: module.to_owned(), words: words.to_vec() });
            }
        };
        note(&recognition.archetype.module.label, &recognition.archetype.words);
        recognition.lender.iter().for_each(|lender| note(&lender.module.label, &lender.words));
        recognition.capabilities.iter().for_each(|(capability, _)| note(&capability.module.label, &capability.words));
        recognition.domains.iter().for_each(|domain| note(&domain.module.label, &domain.words));
        Basis {
            language: self.reading.language.clone(),
            kind: recognition.archetype.module.label.clone(),
            called,
            caveats: self.caveats(),
        }
    }

    fn caveats(&self) -> Vec<String> {
        let mut caveats = Vec::new();
        if self.reading.words.is_empty() {
            caveats.push("The directive holds no words the composer can read. This is its generic core; say in a sentence what people should be able to do.".to_owned());
        } else if self.reading.language != "en" {
            let language = self.lexicon.languages.get(&self.reading.language).map(|l| l.name.as_str());
            let language = language.map_or_else(|| "a language the composer does not know".to_owned(), str::to_owned);
            caveats.push(format!("The directive is in {language}. Its words were kept as they are; only the structure was derived, so who does what to which thing was not read."));
        } else if self.recognition.is_generic() {
            caveats.push("No kind of product the composer knows fits well. This was composed from the directive's own nouns and verbs.".to_owned());
        }
        let answered = |phrase: &&Phrase| {
            self.plan.sources.iter().any(|source| source.words.iter().any(|word| word.contains(&phrase.text)))
        };
        let open: Vec<String> =
            self.reading.qualities.iter().filter(|q| !answered(q)).map(|q| format!("“{}”", q.text)).collect();
        if !open.is_empty() {
            caveats.push(format!("Read as a wish about the whole, and left to the later stages: {}.", joined(&open)));
        }
        caveats
    }

    fn features(&self, entities: &Entities) -> Vec<Feature> {
        let mut features: Vec<Feature> = Vec::new();
        for (from, entry) in &self.plan.features {
            let feature = self.feature(*from, entry, entities);
            if features.iter().all(|other| other.title != feature.title && other.id != feature.id) {
                features.push(feature);
            }
        }
        features
    }

    fn feature(&self, from: usize, entry: &FeatureEntry, entities: &Entities) -> Feature {
        let source = &self.plan.sources[from];
        let words = self.words_of(source);
        let node = |part: &str| format!("features/{}/{part}", entry.id);
        let criteria =
            entry.criteria.iter().enumerate().map(|(nth, text)| self.tell(text, &words, &node(&nth.to_string())));
        let kept = entry.entities.iter().filter_map(|id| kept_as(id, from, entities));
        let mut kept: Vec<String> = kept.map(str::to_owned).collect();
        let mut seen = HashSet::new();
        kept.retain(|id| seen.insert(id.clone()));
        if kept.is_empty() {
            kept.extend(entities.resolve("thing").map(str::to_owned));
        }
        Feature {
            title: self.tell(&entry.title, &words, &node("title")),
            story: Story {
                who: self.who(entry.actor, source),
                want: self.fill(&entry.want, &words, &node("want")),
                so: self.fill(&entry.so, &words, &node("so")),
            },
            criteria: criteria.collect(),
            priority: entry.priority,
            effort: entry.effort,
            answers: self.answers(entry, source),
            entities: kept,
            source: source.label.clone(),
            actor: slug(&self.who(entry.actor, source)),
            acts: self.acts(from, entry, entities),
            screen: entry.screen.as_ref().and_then(|screen| {
                let of = kept_as(&screen.of, from, entities)?.to_owned();
                Some(ScreenHint { kind: screen.kind, of })
            }),
            id: entry.id.clone(),
        }
    }

    /// What a feature does to the entities that are there. A step that the entity's own life does not have is left out.
    fn acts(&self, from: usize, entry: &FeatureEntry, entities: &Entities) -> Vec<Act> {
        let mut acts: Vec<Act> = Vec::new();
        for act in &entry.acts {
            let Some(entity) = kept_as(&act.entity, from, entities) else { continue };
            let steps = entities.list.iter().find(|kept| kept.id == entity).map(|kept| kept.transitions.as_slice());
            let is_step = steps.is_some_and(|steps| steps.iter().any(|step| step.verb == act.verb));
            let act = Act { verb: act.verb.clone(), entity: entity.to_owned() };
            if (is_step || PLAIN_ACTS.contains(&act.verb.as_str())) && !acts.contains(&act) {
                acts.push(act);
            }
        }
        acts
    }

    fn who(&self, role: Role, source: &Source) -> String {
        match (role, &source.action) {
            (Role::Subject, Some(action)) => action.subject.clone(),
            _ => self.cast.player(role).map_or_else(|| "person".to_owned(), |player| player.who.clone()),
        }
    }

    /// Which words of the directive a feature is there for: what called for its module; for what comes with the kind of product,
    /// the thing and the people its lines speak of. Never nothing.
    fn answers(&self, entry: &FeatureEntry, source: &Source) -> Vec<String> {
        let lines = [&entry.title, &entry.want].into_iter().chain(&entry.criteria).flat_map(Text::lines);
        let slots: BTreeSet<&str> = lines.flat_map(|line| line.slots()).collect();
        let speaks_of = |slot: &str| slots.contains(slot) || slots.contains(format!("{slot}s").as_str());
        let mut answers: Vec<String> = Vec::new();
        if !source.is_archetype() {
            answers.extend(source.words.iter().cloned());
        }
        if answers.is_empty() {
            let thing = self.cast.thing.as_ref().filter(|_| speaks_of("thing") || speaks_of("head"));
            let actor = self.cast.player(entry.actor).and_then(|player| player.actor.as_ref());
            answers.extend(thing.into_iter().chain(actor).map(|phrase| phrase.text.clone()));
        }
        if answers.is_empty() {
            answers.extend(self.recognition.archetype.words.iter().cloned());
        }
        if answers.is_empty() {
            let thing = self.cast.thing.as_ref().map(|thing| thing.text.clone());
            answers.push(
                thing.unwrap_or_else(|| self.directive.as_str().chars().take(80).collect::<String>().trim().to_owned()),
            );
        }
        let mut seen = HashSet::new();
        answers.retain(|word| !word.is_empty() && seen.insert(word.clone()));
        answers.truncate(MOST_ANSWERS);
        answers
    }

    fn words(&self) -> Words<'_> {
        Words { cast: self.cast, lexicon: self.lexicon, aspect: None, action: None }
    }

    fn words_of<'s>(&'s self, source: &'s Source) -> Words<'s> {
        Words {
            cast: self.cast,
            lexicon: self.lexicon,
            aspect: source.aspect.as_deref(),
            action: source.action.as_ref(),
        }
    }

    /// The chosen line as a sentence or title of its own.
    fn tell(&self, text: &Text, words: &Words<'_>, node: &str) -> String {
        text.pick(self.choice(node)).map_or_else(String::new, |line| line.tell(words))
    }

    /// The chosen line as part of a sentence.
    fn fill(&self, text: &Text, words: &Words<'_>, node: &str) -> String {
        text.pick(self.choice(node)).map_or_else(String::new, |line| line.fill(words))
    }

    fn choice(&self, node: &str) -> u64 {
        choice(self.seed, node)
    }
}

/// The final id of what a feature's line calls `id`; "object" is what the action of its source is done to.
fn kept_as<'e>(id: &str, from: usize, entities: &'e Entities) -> Option<&'e str> {
    match id {
        "object" => entities.resolve(&format!("object-{from}")).or_else(|| entities.resolve("thing")),
        id => entities.resolve(id),
    }
}
