//! What every module would bring, before anything is chosen.

use std::collections::{BTreeSet, HashSet};

use model::sections::Priority;

use super::{Source, SourceKind, actions::actions};
use crate::composer::{
    cast::Cast,
    knowledge::{Domain, Knowledge, Parts},
    lexicon::Lexicon,
    reading::Reading,
    recognise::{Called, Recognition, names_somebody_or_something},
};

/// Everything every module would bring, in the order of its claim.
pub(super) fn contributions(
    reading: &Reading,
    recognition: &Recognition<'_>,
    cast: &Cast,
    knowledge: &Knowledge,
    lexicon: &Lexicon,
) -> Vec<(Source, Parts)> {
    let mut all = vec![(
        Source::new(SourceKind::Archetype, &recognition.archetype.module.label, &recognition.archetype.words),
        recognition.archetype.module.parts(),
    )];
    for (called, aspect) in &recognition.capabilities {
        let mut source = Source::new(SourceKind::Capability, &called.module.label, &called.words);
        source.module = Some(called.module.id.clone());
        source.aspect = aspect.clone().or_else(|| called.module.aspect.clone());
        all.push((source, called.module.parts()));
    }
    all.extend(actions(reading, recognition, cast, knowledge, lexicon));
    if let Some(lender) = &recognition.lender {
        let mut source = Source::new(SourceKind::Lender, &lender.module.label, &lender.words);
        source.module = Some(lender.module.id.clone());
        all.push((source, lent(lender.module.parts())));
    }
    for called in &recognition.domains {
        let parts = of_the_field(called, &recognition.archetype.module.id, reading, cast);
        all.push((Source::new(SourceKind::Domain, &called.module.label, &called.words), parts));
    }
    needed(&mut all, knowledge);
    all
}

/// A second kind of product lends its musts and what they stand on, not its whole shape. The main thing's life belongs to the first.
fn lent(mut parts: Parts) -> Parts {
    parts.features.retain(|feature| feature.priority == Priority::Must);
    parts.features.truncate(2);
    let used: HashSet<String> = parts.features.iter().flat_map(|feature| feature.entities.iter().cloned()).collect();
    parts.entities.retain(|entity| entity.id != "thing" && used.contains(&entity.id));
    parts.journeys.clear();
    parts.risks.truncate(1);
    parts.metrics.truncate(1);
    parts.out_of_scope.clear();
    parts
}

/// A field brings what only its people would ask for where the main thing is of that field. Of the field of some other thing, or of
/// somebody, one risk is worth knowing; one named only in passing ("library" of "tool library") brings nothing.
fn of_the_field(called: &Called<'_, Domain>, archetype: &str, reading: &Reading, cast: &Cast) -> Parts {
    let mut parts = called.module.parts();
    let fits = |fits: &[String]| fits.is_empty() || fits.iter().any(|id| id == archetype);
    parts.features.retain(|feature| fits(&feature.fits));
    parts.risks.retain(|risk| fits(&risk.fits));
    parts.metrics.retain(|metric| fits(&metric.fits));
    let names_main = cast.thing.as_ref().is_some_and(|thing| called.is_in(thing) || called.covers(thing));
    if !names_main {
        let risks = if names_somebody_or_something(called, reading) { 1 } else { 0 };
        parts.risks.truncate(risks);
        parts = Parts { risks: parts.risks, ..Parts::default() };
    }
    parts
}

/// Capabilities that a feature cannot do without.
fn needed(all: &mut Vec<(Source, Parts)>, knowledge: &Knowledge) {
    let present: HashSet<String> = all.iter().map(|(source, _)| source.label.clone()).collect();
    let needs: BTreeSet<String> =
        all.iter().flat_map(|(_, parts)| parts.features.iter().flat_map(|f| f.needs.clone())).collect();
    for module in
        needs.iter().filter_map(|id| knowledge.capability(id)).filter(|module| !present.contains(&module.label))
    {
        let mut source = Source::new(SourceKind::Capability, &module.label, &[]);
        source.module = Some(module.id.clone());
        source.aspect.clone_from(&module.aspect);
        all.push((source, module.parts()));
    }
}
