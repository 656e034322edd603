//! What the shape of the files cannot say: slots that exist, ids that are there once, figures that can be computed, and enough that holds
//! for any product.

use std::collections::BTreeSet;

use super::{capacity::FIGURES, decisions, knowledge::ArchitectureKnowledge, slots::SLOTS, threats};
use crate::composer::knowledge::{CORE, Fault, Text};

/// Slots that hold names of tables and columns.
const IN_SQL: [&str; 9] =
    ["table", "column", "moneys", "pictures", "personal", "places", "searched", "deadlines", "append-only"];

/// Every mistake in the architecture files.
pub fn check(knowledge: &ArchitectureKnowledge) -> Vec<Fault> {
    let mut faults = Faults::default();
    overview(knowledge, &mut faults);
    systems(knowledge, &mut faults);
    decided(knowledge, &mut faults);
    threatened(knowledge, &mut faults);
    units(knowledge, &mut faults);
    capacity(knowledge, &mut faults);
    wishes(knowledge, &mut faults);
    faults.0
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, file: &str, reason: String) {
        self.0.push(Fault { file: format!("architecture/{file}.toml"), reason });
    }

    fn text(&mut self, file: &str, at: &str, text: &Text) {
        if text.lines().is_empty() {
            self.add(file, format!("{at} is an empty list"));
        }
        for line in text.lines() {
            for slot in line.slots().into_iter().filter(|slot| !SLOTS.contains(slot)) {
                self.add(file, format!("{at}: there is no slot {{{slot}}}"));
            }
            // A name in SQL would get a capital there.
            if let Some(slot) = line.openings().into_iter().find(|slot| IN_SQL.contains(slot)) {
                self.add(file, format!("{at}: a sentence may not begin with {{{slot}}}"));
            }
        }
    }

    /// Ids are words joined by hyphens, each once.
    fn ids<'a>(&mut self, file: &str, ids: impl Iterator<Item = &'a String>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                self.add(file, format!("\"{id}\" must be lower-case words joined by hyphens"));
            }
            if !seen.insert(id) {
                self.add(file, format!("the id {id} is there twice"));
            }
        }
    }
}

fn overview(knowledge: &ArchitectureKnowledge, faults: &mut Faults) {
    faults.text("overview", "first", &knowledge.overview.first);
    knowledge.overview.then.iter().for_each(|remark| faults.text("overview", "then", &remark.says));
}

fn systems(knowledge: &ArchitectureKnowledge, faults: &mut Faults) {
    faults.ids("systems", knowledge.systems.iter().map(|entry| &entry.id));
    for entry in &knowledge.systems {
        faults.text("systems", &format!("{}.why", entry.id), &entry.why);
        if entry.why.lines().iter().any(|line| line.slots().contains("systems")) {
            faults.add("systems", format!("{}.why may not list the systems it is one of", entry.id));
        }
        if entry.wire.chars().count() > 24 || entry.name.chars().count() > 24 {
            faults.add("systems", format!("{}: name and wire have at most 24 characters each", entry.id));
        }
    }
}

fn decided(knowledge: &ArchitectureKnowledge, faults: &mut Faults) {
    const FILE: &str = "decisions-…";
    faults.ids(FILE, knowledge.decisions.iter().map(|entry| &entry.id));
    for entry in &knowledge.decisions {
        let id = &entry.id;
        for (at, text) in [
            ("title", &entry.title),
            ("context", &entry.context),
            ("choice", &entry.choice),
            ("consequences", &entry.consequences),
        ] {
            faults.text(FILE, &format!("{id}.{at}"), text);
        }
        entry.alternatives.iter().for_each(|text| faults.text(FILE, &format!("{id}.alternatives"), text));
        if !(1..=3).contains(&entry.alternatives.len()) {
            faults.add(FILE, format!("{id} has {} alternatives; one to three are read", entry.alternatives.len()));
        }
    }
    let always =
        knowledge.decisions.iter().filter(|entry| entry.when.always && entry.also.is_none() && entry.unless.is_none());
    if always.count() < decisions::LEAST {
        faults.add("decisions-always", format!("{} decisions must hold for any product", decisions::LEAST));
    }
}

fn threatened(knowledge: &ArchitectureKnowledge, faults: &mut Faults) {
    const FILE: &str = "threats-…";
    faults.ids(FILE, knowledge.threats.iter().map(|entry| &entry.id));
    for entry in &knowledge.threats {
        faults.text(FILE, &format!("{}.text", entry.id), &entry.text);
        faults.text(FILE, &format!("{}.mitigation", entry.id), &entry.mitigation);
    }
    let always =
        knowledge.threats.iter().filter(|entry| entry.when.always && entry.also.is_none() && entry.unless.is_none());
    if always.count() < threats::LEAST {
        faults.add("threats-always", format!("{} threats must hold for any product", threats::LEAST));
    }
}

fn units(knowledge: &ArchitectureKnowledge, faults: &mut Faults) {
    // One unit may be there in several ways, of which the first that holds is taken.
    let ids: BTreeSet<&String> = knowledge.units.iter().map(|entry| &entry.id).collect();
    faults.ids("deployment", ids.into_iter());
    for entry in &knowledge.units {
        for (at, text) in [
            ("name", &entry.name),
            ("short", &entry.short),
            ("does", &entry.does),
            ("scaling", &entry.scaling),
            ("failure", &entry.failure),
        ] {
            faults.text("deployment", &format!("{}.{at}", entry.id), text);
        }
    }
}

fn capacity(knowledge: &ArchitectureKnowledge, faults: &mut Faults) {
    let data = &knowledge.capacity;
    if !data.kinds.contains_key(CORE) {
        faults.add("capacity", format!("kinds.{CORE} is missing: it serves where another is not there"));
    }
    for (kind, usage) in &data.kinds {
        faults.text("capacity", &format!("kinds.{kind}.people_why"), &usage.people_why);
        if usage.people_why.lines().iter().any(|line| line.slots().contains("people-why")) {
            faults.add("capacity", format!("kinds.{kind}.people_why may not speak of itself"));
        }
        let figures = [usage.daily, usage.requests, usage.peak, usage.things];
        if usage.people == 0
            || figures.iter().any(|figure| !figure.is_finite() || *figure <= 0.0)
            || usage.daily > 100.0
        {
            faults.add("capacity", format!("kinds.{kind}: figures are above 0, and daily is per cent"));
        }
    }
    for (id, rows) in &data.rows {
        if !rows.times.is_finite() || rows.times <= 0.0 || rows.each == *id {
            faults.add("capacity", format!("rows.{id}: times is above 0, and each is something else"));
        }
    }
    for entry in &data.loads {
        if !FIGURES.contains(&entry.id.as_str()) {
            faults.add("capacity", format!("nobody can compute \"{}\"", entry.id));
        }
        for (at, text) in [("what", &entry.what), ("assumption", &entry.assumption), ("figure", &entry.figure)] {
            faults.text("capacity", &format!("{}.{at}", entry.id), text);
        }
        entry.consequences.iter().for_each(|leads| faults.text("capacity", &entry.id, &leads.says));
        if !entry.consequences.iter().any(|leads| leads.from <= 0.0) {
            faults.add("capacity", format!("{}: one consequence must hold from 0 on", entry.id));
        }
    }
}

fn wishes(knowledge: &ArchitectureKnowledge, faults: &mut Faults) {
    faults.ids("notes", knowledge.wishes.iter().map(|entry| &entry.id));
    for entry in &knowledge.wishes {
        if entry.phrases.is_empty() || entry.phrases.iter().any(|phrase| phrase.to_lowercase() != *phrase) {
            faults.add("notes", format!("{}: phrases are there and in lower case", entry.id));
        }
    }
}
