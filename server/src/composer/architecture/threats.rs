//! Threats by STRIDE: one of each kind that the product knows, then what weighs most.

use std::collections::BTreeSet;

use model::sections::{Deed, Operation, Threat};

use crate::composer::blueprint::slug_of;

use super::{entries::ThreatEntry, signs::Focus, subject::Subject};

/// Fewer have not looked, more nobody acts upon.
pub const LEAST: usize = 6;
const MOST: usize = 10;
const MOST_OPERATIONS: usize = 4;

/// The threats, worst first.
pub fn threats(subject: &Subject<'_>) -> Vec<Threat> {
    let most = if subject.wishes.has("fewer") { LEAST } else { MOST };
    let mut called: Vec<(&ThreatEntry, Threat)> = Vec::new();
    let mut entries: Vec<&ThreatEntry> = subject.knowledge.threats.iter().collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.weight));
    let mut topics = BTreeSet::new();
    for entry in entries {
        let topic = entry.topic.as_deref().unwrap_or(&entry.id);
        if topics.contains(topic) {
            continue;
        }
        let focus = subject.called(&entry.when, entry.also.as_ref(), entry.unless.as_ref());
        if let Some(threat) = focus.and_then(|focus| threat(subject, entry, &focus)) {
            topics.insert(topic);
            called.push((entry, threat));
        }
    }
    let mut kinds = BTreeSet::new();
    let (first_of_kind, others): (Vec<_>, Vec<_>) = called.into_iter().partition(|(entry, _)| kinds.insert(entry.kind));
    let mut chosen: Vec<(&ThreatEntry, Threat)> = first_of_kind.into_iter().chain(others).take(most).collect();
    chosen.sort_by_key(|(entry, _)| (entry.severity, std::cmp::Reverse(entry.weight)));
    chosen.into_iter().map(|(_, threat)| threat).collect()
}

fn threat(subject: &Subject<'_>, entry: &ThreatEntry, focus: &Focus<'_>) -> Option<Threat> {
    let tell = |text, part: &str| subject.tell(text, focus, &format!("threats/{}/{part}", entry.id));
    let table = focus.table.map(|table| table.id.as_str());
    let mut operations: Vec<&Operation> = match entry.through.as_slice() {
        [] => focus.operations.clone(),
        deeds => {
            let of_table = subject.operations.iter().filter(|operation| Some(operation.table.as_str()) == table);
            let is_meant = |operation: &&Operation| {
                let slug = operation.path.rsplit('/').next().unwrap_or_default();
                let is_step = matches!(operation.deed, Deed::Step { .. });
                deeds.iter().any(|deed| deed == name(&operation.deed) || is_step && slug_of(deed) == slug)
            };
            of_table.filter(is_meant).collect()
        }
    };
    operations.truncate(MOST_OPERATIONS);
    let mut features: Vec<String> = focus.features.iter().map(|id| (*id).to_owned()).collect();
    if features.is_empty() {
        features = operations.iter().flat_map(|operation| &operation.features).take(1).cloned().collect();
    }
    Some(Threat {
        id: entry.id.clone(),
        kind: entry.kind.words().to_owned(),
        text: tell(&entry.text, "text")?,
        mitigation: tell(&entry.mitigation, "mitigation")?,
        severity: entry.severity,
        operations: operations.into_iter().map(|operation| operation.id.clone()).collect(),
        features,
    })
}

fn name(deed: &Deed) -> &'static str {
    match deed {
        Deed::List { .. } => "list",
        Deed::Create => "create",
        Deed::Read => "read",
        Deed::Change => "change",
        Deed::Remove => "remove",
        Deed::Step { .. } => "step",
    }
}
