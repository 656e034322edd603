//! What the shape of design files cannot say: slots that exist, kinds that are all there, references that resolve.

use std::collections::BTreeSet;

use model::sections::ScreenKind;

use crate::composer::knowledge::{COMMON_SLOTS, Fault, Text};

use super::{
    knowledge::{Density, DesignKnowledge, KindEntry},
    tokens,
};

/// Slots of lines about one thing the product keeps.
const ENTITY_SLOTS: [&str; 12] =
    ["one", "many", "parent", "children", "facts", "choices", "sums", "options", "verbs", "states", "first", "next"];
/// Slots that only some places fill.
pub const EXTRA_SLOTS: [&str; 9] = ["state", "on", "is", "figures", "deeds", "places", "measures", "people", "finals"];
/// Slots of every design line.
const KEPT_SLOTS: [&str; 2] = ["kept", "kepts"];
/// Wishes that have a sentence.
pub const WISHES: [&str; 3] = ["dark", "bigger", "still"];

/// Every mistake in the design files.
pub fn check(knowledge: &DesignKnowledge) -> Vec<Fault> {
    let mut faults = Faults::default();
    approach(knowledge, &mut faults);
    screens(knowledge, &mut faults);
    scales(knowledge, &mut faults);
    components(knowledge, &mut faults);
    faults.0
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, file: &str, reason: String) {
        self.0.push(Fault { file: format!("design/{file}.toml"), reason });
    }

    /// A text of the product as a whole, or of one thing it keeps.
    fn text(&mut self, file: &str, at: &str, text: &Text, of_entity: bool) {
        if text.lines().is_empty() {
            self.add(file, format!("{at} is an empty list"));
        }
        let known = |slot: &str| {
            COMMON_SLOTS.contains(&slot)
                || KEPT_SLOTS.contains(&slot)
                || EXTRA_SLOTS.contains(&slot)
                || of_entity && ENTITY_SLOTS.contains(&slot)
        };
        let slots: BTreeSet<&str> = text.lines().iter().flat_map(|line| line.slots()).collect();
        for slot in slots.into_iter().filter(|slot| !known(slot)) {
            self.add(file, format!("{at}: there is no slot {{{slot}}}"));
        }
    }

    /// A text of which one line must be sayable of anything.
    fn always(&mut self, file: &str, at: &str, text: &Text) {
        self.text(file, at, text, true);
        let sayable = |slot: &&str| ["one", "many", "kept", "kepts"].contains(slot);
        if !text.lines().iter().any(|line| line.slots().iter().all(sayable)) {
            self.add(file, format!("{at}: one line must do with {{one}} and {{many}} alone"));
        }
    }
}

fn approach(knowledge: &DesignKnowledge, faults: &mut Faults) {
    let data = &knowledge.approach;
    for (id, text) in &data.archetypes {
        faults.text("approach", &format!("archetypes.{id}"), text, false);
    }
    for (id, text) in &data.capabilities {
        faults.text("approach", &format!("capabilities.{id}"), text, false);
    }
    if !data.archetypes.contains_key("core") {
        faults.add("approach", "archetypes.core is missing".to_owned());
    }
    for density in Density::ALL.iter().filter(|density| !data.density.contains_key(density)) {
        faults.add("approach", format!("density.{} is missing", density.as_str()));
    }
    for wish in WISHES.iter().filter(|wish| !data.wishes.contains_key(**wish)) {
        faults.add("approach", format!("wishes.{wish} is missing"));
    }
}

fn screens(knowledge: &DesignKnowledge, faults: &mut Faults) {
    let data = &knowledge.screens;
    for kind in ScreenKind::ALL {
        match data.kind(*kind) {
            Some(entry) => kind_entry(kind.as_str(), entry, faults),
            None => faults.add("screens", format!("kinds.{} is missing", kind.as_str())),
        }
    }
    for name in data.kinds.keys().filter(|name| ScreenKind::ALL.iter().all(|kind| kind.as_str() != name.as_str())) {
        faults.add("screens", format!("kinds.{name}: there is no such kind of screen"));
    }
    for situation in data.situations.iter().filter(|situation| situation.words.is_empty()) {
        faults.add("screens", format!("the situation \"{}\" has no words", situation.name));
    }
    let own = &data.own;
    for (at, text) in
        [("open", &own.open), ("closed", &own.closed), ("waiting", &own.waiting), ("unknown", &own.unknown)]
    {
        faults.text("screens", &format!("own.{at}"), text, true);
    }
}

fn kind_entry(kind: &str, entry: &KindEntry, faults: &mut Faults) {
    for (at, text) in [
        ("title", &entry.title),
        ("nav", &entry.nav),
        ("plain", &entry.plain),
        ("button", &entry.button),
        ("purpose", &entry.purpose),
        ("empty", &entry.empty),
        ("loading", &entry.loading),
        ("error", &entry.error),
    ] {
        let at = format!("kinds.{kind}.{at}");
        // A thread on nothing, a history of nothing: their other lines may need what they are about.
        if at.ends_with("empty") {
            faults.text("screens", &at, text, true);
        } else {
            faults.always("screens", &at, text);
        }
    }
}

fn scales(knowledge: &DesignKnowledge, faults: &mut Faults) {
    let data = &knowledge.scales;
    for density in Density::ALL {
        match data.sizes.iter().find(|sizes| sizes.density == density) {
            None => faults.add("scales", format!("there are no sizes for {}", density.as_str())),
            Some(sizes) if sizes.space.len() != data.space.len() || !sizes.space.is_sorted() => faults.add(
                "scales",
                format!("sizes.{}.space must have {} growing distances", density.as_str(), data.space.len()),
            ),
            Some(sizes) if !(12..=22).contains(&sizes.base) || !(1.1..=1.5).contains(&sizes.ratio) => {
                faults.add("scales", format!("sizes.{}: base or ratio is out of range", density.as_str()));
            }
            Some(_) => {}
        }
    }
    for step in &data.type_steps {
        faults.text("scales", &format!("type.{}", step.id), &step.purpose, false);
        if step.family != "display" && step.family != "text" {
            faults.add("scales", format!("type.{}: the family is display or text", step.id));
        }
    }
    data.space.iter().for_each(|step| faults.text("scales", &format!("space.{}", step.id), &step.purpose, false));
}

fn components(knowledge: &DesignKnowledge, faults: &mut Faults) {
    let tokens = tokens::known_ids(knowledge);
    let mut ids = BTreeSet::new();
    for entry in &knowledge.components {
        let at = &entry.id;
        if !ids.insert(at) {
            faults.add("components", format!("{at} is there twice"));
        }
        faults.always("components", &format!("{at}.name"), &entry.name);
        faults.always("components", &format!("{at}.purpose"), &entry.purpose);
        if !(2..=6).contains(&entry.states.len()) {
            faults.add("components", format!("{at} has {} states; 2 to 6 are usual", entry.states.len()));
        }
        for token in entry.tokens.iter().filter(|token| !tokens.contains(token.as_str())) {
            faults.add("components", format!("{at}: there is no token {token}"));
        }
    }
}
