//! Decisions, in the form of records: those that this product calls for, and of what holds for any product as many as it takes.

use std::collections::BTreeSet;

use model::sections::Decision;

use super::{entries::DecisionEntry, signs::Focus, subject::Subject};

/// Fewer leave questions open, more nobody reads.
pub const LEAST: usize = 5;
const MOST: usize = 8;

/// The decisions, what matters most first.
pub fn decisions(subject: &Subject<'_>) -> Vec<Decision> {
    let most = if subject.wishes.has("fewer") { LEAST } else { MOST };
    let mut called: Vec<(&DecisionEntry, Focus<'_>)> = subject
        .knowledge
        .decisions
        .iter()
        .filter_map(|entry| Some((entry, subject.called(&entry.when, entry.also.as_ref(), entry.unless.as_ref())?)))
        .collect();
    called.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.weight));
    let (mut topics, mut made) = (BTreeSet::new(), Vec::new());
    for (entry, focus) in called {
        let topic = entry.topic.as_deref().unwrap_or(&entry.id);
        let is_wanted = made.len() < most && !topics.contains(topic);
        if let Some(decision) = is_wanted.then(|| decision(subject, entry, &focus)).flatten() {
            topics.insert(topic);
            made.push(decision);
        }
    }
    made
}

/// A decision told of this product; none where one of its parts cannot be told.
fn decision(subject: &Subject<'_>, entry: &DecisionEntry, focus: &Focus<'_>) -> Option<Decision> {
    let tell = |text, part: &str| subject.tell(text, focus, &format!("decisions/{}/{part}", entry.id));
    let alternatives = entry.alternatives.iter().enumerate();
    Some(Decision {
        id: entry.id.clone(),
        title: tell(&entry.title, "title")?.trim_end_matches('.').to_owned(),
        context: tell(&entry.context, "context")?,
        choice: tell(&entry.choice, "choice")?,
        alternatives: alternatives.filter_map(|(nth, text)| tell(text, &format!("alternatives/{nth}"))).collect(),
        consequences: tell(&entry.consequences, "consequences")?,
        features: focus.features.iter().map(|id| (*id).to_owned()).collect(),
    })
}
