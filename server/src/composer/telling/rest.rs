//! Journeys, metrics, risks and what is left alone.

use std::collections::HashSet;

use model::sections::{Exclusion, Journey, Metric, Risk};

use super::Teller;
use crate::composer::{inflect::capitalised, plan::slug};

impl Teller<'_> {
    pub(super) fn journeys(&self) -> Vec<Journey> {
        let told = self.plan.journeys.iter().map(|(from, entry)| {
            let source = &self.plan.sources[*from];
            let words = self.words_of(source);
            let node = |part: &str| format!("journeys/{}/{part}", entry.id);
            let steps =
                entry.steps.iter().enumerate().map(|(nth, step)| self.tell(step, &words, &node(&nth.to_string())));
            Journey {
                id: entry.id.clone(),
                title: self.tell(&entry.title, &words, &node("title")),
                actor: capitalised(&self.who(entry.actor, source)),
                steps: steps.collect(),
            }
        });
        told.collect()
    }

    pub(super) fn metrics(&self) -> Vec<Metric> {
        let told = self.plan.metrics.iter().map(|(from, entry)| {
            let words = self.words_of(&self.plan.sources[*from]);
            let node = |part: &str| format!("metrics/{}/{part}", entry.id);
            Metric {
                id: entry.id.clone(),
                name: self.tell(&entry.name, &words, &node("name")),
                measure: self.tell(&entry.measure, &words, &node("measure")),
                target: self.fill(&entry.target, &words, &node("target")),
            }
        });
        let open = self.reading.limits.iter().filter(|limit| !self.recognition.sees_to(limit));
        let limits = open.enumerate().map(|(nth, limit)| Metric {
            id: format!("limit-{}", nth + 1),
            name: format!("The directive's limit is kept: {}", limit.text),
            measure: format!("Cases of the week in which “{}” did not hold, each with its reason.", limit.text),
            target: "0 cases".to_owned(),
        });
        limits.chain(told).collect()
    }

    pub(super) fn risks(&self) -> Vec<Risk> {
        let told = self.plan.risks.iter().map(|(from, entry)| {
            let words = self.words_of(&self.plan.sources[*from]);
            let node = |part: &str| format!("risks/{}/{part}", entry.id);
            Risk {
                id: entry.id.clone(),
                text: self.tell(&entry.text, &words, &node("text")),
                mitigation: self.tell(&entry.mitigation, &words, &node("mitigation")),
                severity: entry.severity,
            }
        });
        told.collect()
    }

    /// What the directive rules out stands first: nobody has to argue about it again.
    pub(super) fn out_of_scope(&self) -> Vec<Exclusion> {
        let negations = self.reading.negations.iter().filter(|phrase| !self.recognition.sees_to(phrase));
        let ruled_out = negations.map(|phrase| Exclusion {
            id: format!("without-{}", slug(&phrase.text)),
            what: capitalised(&phrase.inner),
            why: "The directive rules it out.".to_owned(),
        });
        let told = self.plan.out_of_scope.iter().map(|(from, entry)| {
            let words = self.words_of(&self.plan.sources[*from]);
            let what = self.tell(&entry.what, &words, "out_of_scope/what");
            Exclusion { id: slug(&what), why: self.tell(&entry.why, &words, &format!("out_of_scope/{what}")), what }
        });
        let mut exclusions: Vec<Exclusion> = Vec::new();
        for exclusion in ruled_out.chain(told) {
            if exclusions.iter().all(|other| !says_the_same(&other.what, &exclusion.what)) {
                exclusions.push(exclusion);
            }
        }
        exclusions
    }
}

/// Whether two short texts share nearly all their words: two modules may leave the same thing alone.
fn says_the_same(one: &str, other: &str) -> bool {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<HashSet<_>>();
    let (one, other) = (words(one), words(other));
    let shared = one.intersection(&other).count();
    shared * 10 >= one.len().max(other.len()) * 7
}
