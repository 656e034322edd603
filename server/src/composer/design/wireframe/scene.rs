//! What a wireframe shows: the names of the product's own fields, states and verbs, ready to be drawn.

use model::sections::{Entity, Field, SYSTEM};

use crate::composer::{
    blueprint::ScreenPlan,
    design::{
        Subject,
        subject::{is_person, label, steps},
        tone::Tone,
    },
};

/// A fact kept of a thing, as a wireframe shows it.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// What stands in for its value.
    pub kind: FactKind,
    /// Whether it has to be there.
    pub required: bool,
}

/// What stands in for a value: never an invented one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// A bar.
    Text,
    /// Several bars.
    Long,
    /// Noughts in the form of the value.
    Figure(&'static str),
    /// A switch.
    YesNo,
    /// A frame.
    Image,
    /// A bar with a sheet.
    File,
    /// The product's own choices.
    Choice(Vec<String>),
    /// Dots.
    Rating,
    /// A bar with a pin.
    Place,
    /// A disc.
    Colour,
}

/// A state with what it means.
#[derive(Debug, Clone)]
pub struct State {
    /// Its name.
    pub name: String,
    /// What it asks of whoever sees it.
    pub tone: Tone,
}

/// A thing of the product.
#[derive(Debug, Clone, Default)]
pub struct Thing {
    /// One of it.
    pub one: String,
    /// Many of it.
    pub many: String,
    /// What is known of each, pictures left out.
    pub facts: Vec<Fact>,
    /// Whether it has pictures.
    pub pictured: bool,
    /// Its life.
    pub states: Vec<State>,
    /// What tells one from another: the name of its first facts.
    pub name: String,
}

/// Everything one wireframe is drawn from.
pub struct Scene<'a> {
    /// What the screen is about.
    pub thing: Thing,
    /// What that belongs to.
    pub parent: Option<Thing>,
    /// What belongs to it.
    pub child: Option<Thing>,
    /// What can be done here, by verb.
    pub verbs: Vec<String>,
    /// What the filled button says.
    pub main: String,
    /// What happened, in order: a step, to which state, by whom.
    pub course: Vec<(String, String)>,
    /// Names of those who take part, whoever uses the screen first.
    pub people: Vec<String>,
    /// The product's measures, and what they should reach.
    pub measures: Vec<(String, String)>,
    /// The screen's title.
    pub title: &'a str,
    /// Corners of controls and of cards.
    pub corners: (f64, f64),
    /// The height of a row.
    pub row: f64,
    /// Draws small differences between rows.
    pub chance: u64,
}

/// More is not drawn.
const FACTS: usize = 12;

impl Scene<'_> {
    /// What names a card: the thing itself, or what it belongs to when it has no name of its own.
    pub fn face(&self) -> &Thing {
        match &self.parent {
            Some(parent) if !self.thing.pictured && parent.pictured => parent,
            _ => &self.thing,
        }
    }

    /// The facts that are no long texts.
    pub fn short_facts(&self) -> Vec<&Fact> {
        self.thing.facts.iter().filter(|fact| fact.kind != FactKind::Long).collect()
    }

    /// A verb as a button says it.
    pub fn verb(&self, nth: usize) -> Option<String> {
        self.verbs.get(nth).map(|verb| label(verb))
    }

    /// A small number that differs from place to place.
    pub fn vary(&self, place: u32, of: u32) -> u32 {
        let mixed =
            (self.chance ^ u64::from(place).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        u32::try_from((mixed >> 33) % u64::from(of.max(1))).unwrap_or(0)
    }

    /// A state for a row: the first rows begin the life, later ones are further on.
    pub fn state_of(&self, row: usize) -> Option<&State> {
        const ORDER: [usize; 8] = [1, 0, 2, 1, 3, 0, 4, 2];
        let count = self.thing.states.len();
        let at = ORDER.get(row % ORDER.len()).copied().unwrap_or(0);
        self.thing.states.get(if count == 0 { 0 } else { at % count })
    }
}

/// An entity as wireframes show it.
pub fn thing(subject: &Subject<'_>, entity: &Entity) -> Thing {
    let facts: Vec<Fact> = entity.fields.iter().map(fact).filter(|fact| !fact.name.is_empty()).collect();
    let pictured = facts.iter().any(|fact| fact.kind == FactKind::Image);
    let tones = &subject.knowledge.scales.tones;
    Thing {
        one: label(&subject.one(entity)),
        many: label(&subject.many(entity)),
        name: name_of(&facts).unwrap_or_else(|| label(&subject.one(entity))),
        states: entity.states.iter().map(|name| State { tone: tones.of(name), name: name.clone() }).collect(),
        pictured,
        facts: facts.into_iter().filter(|fact| fact.kind != FactKind::Image).take(FACTS).collect(),
    }
}

/// "Maker, model": the first texts that are not a title or a description, else any.
fn name_of(facts: &[Fact]) -> Option<String> {
    const PLAIN: [&str; 4] = ["title", "name", "description", "notes"];
    let texts: Vec<&Fact> = facts.iter().filter(|fact| matches!(fact.kind, FactKind::Text | FactKind::Place)).collect();
    let own: Vec<&str> = texts
        .iter()
        .filter(|fact| fact.required && !PLAIN.contains(&fact.name.to_lowercase().as_str()))
        .map(|fact| fact.name.as_str())
        .take(2)
        .collect();
    match own.as_slice() {
        [] => texts.first().map(|fact| fact.name.clone()),
        [one] => Some((*one).to_owned()),
        [one, other, ..] => Some(format!("{one}, {}", other.to_lowercase())),
    }
}

fn fact(field: &Field) -> Fact {
    let kind = match field.kind.as_str() {
        kind if kind.starts_with("choice of ") => {
            let options =
                kind.trim_start_matches("choice of ").split(',').map(label).filter(|option| !option.is_empty());
            FactKind::Choice(options.take(6).collect())
        }
        "long text" => FactKind::Long,
        "money" => FactKind::Figure("0.00"),
        "number" => FactKind::Figure("00"),
        "year" => FactKind::Figure("0000"),
        "date" => FactKind::Figure("00/00"),
        "time" => FactKind::Figure("00/00, 00:00"),
        "duration" => FactKind::Figure("0 h 00"),
        "percentage" => FactKind::Figure("00 %"),
        "temperature" => FactKind::Figure("00.0 °C"),
        "weight" => FactKind::Figure("0.0 kg"),
        "distance" => FactKind::Figure("0.0 km"),
        "code" => FactKind::Figure("A-0000"),
        "phone" => FactKind::Figure("+00 000 000"),
        "yes/no" => FactKind::YesNo,
        "image" | "image list" => FactKind::Image,
        "file" => FactKind::File,
        "rating" => FactKind::Rating,
        "address" | "place" => FactKind::Place,
        "colour" => FactKind::Colour,
        _ => FactKind::Text,
    };
    Fact { name: label(&field.name), kind, required: field.required }
}

/// What can be done on a screen: the steps its features name first, then the other steps of whoever uses it.
pub fn verbs(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity) -> Vec<String> {
    let acts = subject.features(&plan.features).into_iter().flat_map(|feature| &feature.acts);
    let named = acts.filter(|act| act.entity == entity.id).map(|act| act.verb.as_str());
    let theirs = steps(entity, &plan.actors);
    let is_step = |verb: &&str| theirs.iter().any(|step| step.verb == *verb);
    let mut verbs: Vec<String> = Vec::new();
    for verb in named.filter(is_step).chain(theirs.iter().map(|step| step.verb.as_str())) {
        if verbs.len() < 5 && !verbs.iter().any(|known| known == verb) {
            verbs.push(verb.to_owned());
        }
    }
    verbs
}

/// Those who take part in a screen, then others who move its thing on.
pub fn people(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity) -> Vec<String> {
    let movers = entity.transitions.iter().flat_map(|step| &step.by).filter(|by| *by != SYSTEM);
    let related = entity.relations.iter().filter_map(|relation| {
        let person = subject.product.entity(&relation.to).filter(|person| is_person(person))?;
        relation.role.clone().or_else(|| Some(subject.one(person)))
    });
    let ids = plan.actors.iter().chain(movers).map(|id| subject.role(id));
    let mut names: Vec<String> = Vec::new();
    for name in ids.chain(related).map(|name| label(&name)) {
        if names.len() < 4 && !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    names
}

/// A life as it would go: each step with the state it leads to, and who takes it.
pub fn course(subject: &Subject<'_>, entity: &Entity) -> Vec<(String, String)> {
    let Some(mut at) = entity.states.first() else { return Vec::new() };
    let mut course = vec![(label(at), String::new())];
    let mut seen = vec![at];
    let place = |state: &String| entity.states.iter().position(|known| known == state).unwrap_or(usize::MAX);
    while course.len() < 7 {
        let onward = entity.transitions.iter().filter(|step| step.from.contains(at) && !seen.contains(&&step.to));
        let Some(step) = onward.min_by_key(|step| place(&step.to)) else { break };
        let by = step.by.first().filter(|by| *by != SYSTEM).map(|by| subject.role(by)).unwrap_or_default();
        course.push((label(&step.to), by));
        at = &step.to;
        seen.push(at);
    }
    if course.len() == 1 {
        course.extend(entity.states.iter().skip(1).take(4).map(|state| (label(state), String::new())));
    }
    course
}
