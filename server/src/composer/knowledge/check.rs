//! What a shape cannot say: slots that exist, names that resolve, lists of a sensible length.

use std::collections::{BTreeMap, BTreeSet};

use model::sections::SYSTEM;

use super::{
    CORE, Fault, Knowledge, MoveEntry, PLAIN_ACTS, Parts, Role,
    line::Text,
    schema::{ActionClass, Archetype, Capability, Domain},
};

/// Field types a file may use; `choice of …` lists its own.
const FIELD_TYPES: [&str; 25] = [
    "text",
    "long text",
    "number",
    "money",
    "date",
    "time",
    "duration",
    "yes/no",
    "image",
    "image list",
    "file",
    "email",
    "phone",
    "address",
    "place",
    "percentage",
    "rating",
    "code",
    "colour",
    "year",
    "temperature",
    "weight",
    "distance",
    "url",
    "choice",
];

/// Slots every line may have.
pub const COMMON_SLOTS: [&str; 15] = [
    "thing",
    "things",
    "head",
    "heads",
    "customer",
    "customers",
    "provider",
    "providers",
    "operator",
    "operators",
    "overseer",
    "overseers",
    "product",
    "traits",
    "wear",
];

const ACTION_SLOTS: [&str; 8] = ["subject", "subjects", "object", "objects", "verb", "verbs", "verbing", "verbed"];

/// Where a module's lines stand, for its faults.
struct Place<'a> {
    file: String,
    extra_slots: &'a [&'a str],
    faults: Vec<Fault>,
}

/// Everything that is wrong with the modules as a whole.
pub(super) fn check(knowledge: &Knowledge) -> Vec<Fault> {
    let names = Names::of(knowledge);
    let mut faults = Vec::new();
    knowledge.archetypes.iter().for_each(|module| faults.extend(archetype(module, &names)));
    knowledge.capabilities.iter().for_each(|module| faults.extend(capability(module, &names)));
    knowledge.domains.iter().for_each(|module| faults.extend(domain(module, &names)));
    knowledge.actions.iter().for_each(|module| faults.extend(action(module, &names)));
    if knowledge.archetype(CORE).is_none() && faults.is_empty() {
        faults.push(Fault {
            file: format!("archetypes/{CORE}.toml"),
            reason: "the generic archetype is missing".to_owned(),
        });
    }
    faults
}

/// What may be referred to by name.
struct Names {
    entities: BTreeSet<String>,
    capabilities: BTreeSet<String>,
    archetypes: BTreeSet<String>,
    features: BTreeSet<String>,
    /// What can be done to an entity beyond the plain acts, by its id.
    moves: BTreeMap<String, BTreeSet<String>>,
}

impl Names {
    fn of(knowledge: &Knowledge) -> Self {
        let parts: Vec<Parts> = all_parts(knowledge);
        let entities = parts.iter().flat_map(|parts| parts.entities.iter().map(|entity| entity.id.clone()));
        let roles = Role::CAST.iter().map(|role| role.as_str().to_owned());
        let mut moves: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for entity in parts.iter().flat_map(|parts| &parts.entities) {
            let verbs = entity.moves.iter().map(|step| step.verb.clone());
            moves.entry(entity.id.clone()).or_default().extend(verbs);
        }
        Self {
            moves,
            entities: entities
                .chain(roles)
                .chain(["thing".to_owned(), "object".to_owned(), "subject".to_owned()])
                .collect(),
            capabilities: knowledge.capabilities.iter().map(|module| module.id.clone()).collect(),
            archetypes: knowledge.archetypes.iter().map(|module| module.id.clone()).collect(),
            features: parts.iter().flat_map(|parts| parts.features.iter().map(|f| f.id.clone())).collect(),
        }
    }
}

impl Names {
    fn modules(&self, id: &str) -> bool {
        self.capabilities.contains(id) || self.archetypes.contains(id)
    }

    fn can_be_done(&self, verb: &str, entity: &str) -> bool {
        PLAIN_ACTS.contains(&verb) || self.moves.get(entity).is_some_and(|verbs| verbs.contains(verb))
    }
}

fn all_parts(knowledge: &Knowledge) -> Vec<Parts> {
    let archetypes = knowledge.archetypes.iter().map(Archetype::parts);
    let capabilities = knowledge.capabilities.iter().map(Capability::parts);
    let domains = knowledge.domains.iter().map(Domain::parts);
    archetypes.chain(capabilities).chain(domains).chain(knowledge.actions.iter().map(ActionClass::parts)).collect()
}

fn archetype(module: &Archetype, names: &Names) -> Vec<Fault> {
    let mut place = Place::new("archetypes", &module.id, &[]);
    place.text("summary", &module.summary);
    place.text("problem", &module.problem);
    for role in Role::CAST {
        match module.roles.get(&role) {
            None => place.fault(format!("roles.{} is missing: all four roles are needed", role.as_str())),
            Some(entry) => {
                place.text(&format!("roles.{}.goal", role.as_str()), &entry.goal);
                place.text(&format!("roles.{}.pain", role.as_str()), &entry.pain);
            }
        }
    }
    place.parts(&module.parts(), names);
    place.faults
}

fn capability(module: &Capability, names: &Names) -> Vec<Fault> {
    let mut place = Place::new("capabilities", &module.id, &["aspect"]);
    place.terms(module.terms.is_empty());
    place.text("promise", &module.promise);
    for id in module.goes_with.iter().filter(|id| !names.archetypes.contains(*id)) {
        place.fault(format!("goes_with names \"{id}\", which is no archetype"));
    }
    if module.aspect.is_none() && place.uses_slot(&module.parts(), "aspect") {
        place.fault("{aspect} is used, so `aspect` must say what it is when the directive does not".to_owned());
    }
    place.parts(&module.parts(), names);
    place.faults
}

fn domain(module: &Domain, names: &Names) -> Vec<Fault> {
    let mut place = Place::new("domains", &module.id, &[]);
    place.terms(module.terms.is_empty());
    module.identity.iter().for_each(|field| place.field("identity", field));
    for (name, list) in [("wear", &module.wear), ("evidence", &module.evidence)] {
        if list.is_empty() {
            place.fault(format!("{name} needs at least one entry"));
        }
    }
    place.moves("moves", &module.states, &module.moves);
    module.people.iter().for_each(|(role, text)| place.text(&format!("people.{}", role.as_str()), text));
    place.parts(&module.parts(), names);
    place.faults
}

fn action(module: &ActionClass, names: &Names) -> Vec<Fault> {
    let mut place = Place::new("actions", &module.id, &ACTION_SLOTS);
    place.parts(&module.parts(), names);
    place.faults
}

impl<'a> Place<'a> {
    fn new(folder: &str, id: &str, extra_slots: &'a [&'a str]) -> Self {
        Self { file: format!("{folder}/{id}.toml"), extra_slots, faults: Vec::new() }
    }

    fn fault(&mut self, reason: String) {
        self.faults.push(Fault { file: self.file.clone(), reason });
    }

    fn terms(&mut self, empty: bool) {
        if empty {
            self.fault("terms is empty, so nothing can call for it".to_owned());
        }
    }

    fn parts(&mut self, parts: &Parts, names: &Names) {
        parts.features.iter().for_each(|feature| self.feature(feature, names));
        for entity in &parts.entities {
            let at = format!("entities.{}", entity.id);
            self.id(&at, &entity.id);
            self.text(&format!("{at}.name"), &entity.name);
            self.text(&format!("{at}.purpose"), &entity.purpose);
            entity.fields.iter().for_each(|field| self.field(&at, field));
            entity.relations.iter().for_each(|relation| self.relation(&at, relation, names));
            self.moves(&at, &entity.states, &entity.moves);
        }
        for journey in &parts.journeys {
            let at = format!("journeys.{}", journey.id);
            self.id(&at, &journey.id);
            self.text(&format!("{at}.title"), &journey.title);
            self.length(&format!("{at}.steps"), journey.steps.len(), 3, 8);
            journey.steps.iter().for_each(|step| self.text(&format!("{at}.steps"), step));
        }
        for risk in &parts.risks {
            self.id("risks", &risk.id);
            self.fits(&format!("risks.{}", risk.id), &risk.fits, names);
            self.text(&format!("risks.{}.text", risk.id), &risk.text);
            self.text(&format!("risks.{}.mitigation", risk.id), &risk.mitigation);
        }
        for metric in &parts.metrics {
            self.id("metrics", &metric.id);
            self.fits(&format!("metrics.{}", metric.id), &metric.fits, names);
            for (name, text) in [("name", &metric.name), ("measure", &metric.measure), ("target", &metric.target)] {
                self.text(&format!("metrics.{}.{name}", metric.id), text);
            }
        }
        for exclusion in &parts.out_of_scope {
            self.text("out_of_scope.what", &exclusion.what);
            self.text("out_of_scope.why", &exclusion.why);
            for id in exclusion.unless.iter().filter(|id| !names.modules(id)) {
                self.fault(format!(
                    "out_of_scope.unless names \"{id}\", which is neither a capability nor an archetype"
                ));
            }
        }
    }

    fn feature(&mut self, feature: &super::FeatureEntry, names: &Names) {
        let at = format!("features.{}", feature.id);
        self.id(&at, &feature.id);
        for (name, text) in [("title", &feature.title), ("want", &feature.want), ("so", &feature.so)] {
            self.text(&format!("{at}.{name}"), text);
        }
        self.fits(&at, &feature.fits, names);
        self.length(&format!("{at}.criteria"), feature.criteria.len(), 2, 6);
        feature.criteria.iter().for_each(|text| self.text(&format!("{at}.criteria"), text));
        for entity in feature.entities.iter().filter(|id| !names.entities.contains(*id)) {
            self.fault(format!("{at}.entities names \"{entity}\", which no file describes"));
        }
        self.acts(&at, feature, names);
        for id in feature.needs.iter().filter(|id| !names.capabilities.contains(*id)) {
            self.fault(format!("{at}.needs names \"{id}\", which is no capability"));
        }
        for id in feature.replaces.iter().filter(|id| !names.features.contains(*id)) {
            self.fault(format!("{at}.replaces names \"{id}\", which is no feature"));
        }
    }

    /// A life cycle: every state can be reached, and every step is between states that there are, by somebody.
    fn moves(&mut self, at: &str, states: &[String], moves: &[MoveEntry]) {
        for state in states.iter().skip(1).filter(|state| moves.iter().all(|step| step.to != **state)) {
            self.fault(format!("{at}.moves: nothing leads to the state \"{state}\""));
        }
        let mut verbs = BTreeSet::new();
        for step in moves {
            let at = format!("{at}.moves \"{}\"", step.verb);
            let is_word = step.verb.starts_with(|c: char| c.is_ascii_lowercase())
                && step.verb.chars().all(|c| c.is_ascii_lowercase() || c == ' ' || c == '-');
            if !is_word || PLAIN_ACTS.contains(&step.verb.as_str()) {
                self.fault(format!("{at}: a verb is lower case letters, and none of {}", PLAIN_ACTS.join(", ")));
            }
            if !verbs.insert(step.verb.as_str()) {
                self.fault(format!("{at} stands there twice: one verb leads to one state"));
            }
            for state in step.from.iter().chain([&step.to]).filter(|state| !states.contains(state)) {
                self.fault(format!("{at}: \"{state}\" is none of the states"));
            }
            let somebody = |by: &String| by == SYSTEM || by == "subject" || Role::CAST.iter().any(|r| r.as_str() == by);
            for by in step.by.iter().filter(|by| !somebody(by)) {
                self.fault(format!("{at}: \"{by}\" is no role, and not {SYSTEM}"));
            }
        }
    }

    /// What a feature does, to which entities, and where.
    fn acts(&mut self, at: &str, feature: &super::FeatureEntry, names: &Names) {
        self.length(&format!("{at}.acts"), feature.acts.len(), 1, 8);
        for act in &feature.acts {
            if !feature.entities.contains(&act.entity) {
                self.fault(format!("{at}.acts: \"{}\" is not among the feature's entities", act.entity));
            } else if !names.can_be_done(&act.verb, &act.entity) {
                let plain = PLAIN_ACTS.join(", ");
                self.fault(format!("{at}.acts: \"{}\" is neither {plain} nor a move of {}", act.verb, act.entity));
            }
        }
        for entity in feature.entities.iter().filter(|id| feature.acts.iter().all(|act| act.entity != **id)) {
            self.fault(format!("{at}.acts: nothing is done to \"{entity}\", which is among its entities"));
        }
        match &feature.screen {
            None => self.fault(format!("{at}.screen is missing")),
            Some(screen) if !names.entities.contains(&screen.of) => {
                self.fault(format!("{at}.screen is of \"{}\", which no file describes", screen.of));
            }
            Some(_) => {}
        }
    }

    fn fits(&mut self, at: &str, fits: &[String], names: &Names) {
        for id in fits.iter().filter(|id| !names.archetypes.contains(*id)) {
            self.fault(format!("{at}.fits names \"{id}\", which is no archetype"));
        }
    }

    fn text(&mut self, at: &str, text: &Text) {
        if text.lines().is_empty() {
            self.fault(format!("{at} is an empty list"));
        }
        let known = |slot: &str| slot == "evidence" || COMMON_SLOTS.contains(&slot) || self.extra_slots.contains(&slot);
        let unknown: Vec<String> =
            text.lines().iter().flat_map(|line| line.slots()).filter(|slot| !known(slot)).map(str::to_owned).collect();
        for slot in unknown {
            self.fault(format!("{at}: there is no slot {{{slot}}}"));
        }
    }

    fn uses_slot(&self, parts: &Parts, slot: &str) -> bool {
        let texts = parts.features.iter().flat_map(|f| [&f.title, &f.want, &f.so].into_iter().chain(&f.criteria));
        let entities = parts.entities.iter().flat_map(|e| [&e.name, &e.purpose]);
        texts.chain(entities).flat_map(Text::lines).any(|line| line.slots().contains(slot))
    }

    fn id(&mut self, at: &str, id: &str) {
        let kebab = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !kebab {
            self.fault(format!("{at}: the id \"{id}\" must be kebab-case"));
        }
    }

    fn length(&mut self, at: &str, length: usize, least: usize, most: usize) {
        if !(least..=most).contains(&length) {
            self.fault(format!("{at} has {length} entries; {least} to {most} are wanted"));
        }
    }

    fn field(&mut self, at: &str, field: &str) {
        let sound = field.split_once(": ").is_some_and(|(name, kind)| {
            let kind = kind.trim_end_matches('?');
            !name.trim().is_empty() && (FIELD_TYPES.contains(&kind) || kind.starts_with("choice of "))
        });
        if !sound {
            self.fault(format!("{at}: the field \"{field}\" is not \"name: type\" with a known type"));
        }
    }

    fn relation(&mut self, at: &str, relation: &str, names: &Names) {
        let to = ["belongs to ", "has one ", "has many "].iter().find_map(|kind| relation.strip_prefix(kind));
        match to {
            None => {
                self.fault(format!(
                    "{at}: the relation \"{relation}\" must begin with belongs to, has one or has many"
                ));
            }
            Some(to) if !names.entities.contains(to) => {
                self.fault(format!("{at}: the relation \"{relation}\" names \"{to}\", which no file describes"));
            }
            Some(_) => {}
        }
    }
}
