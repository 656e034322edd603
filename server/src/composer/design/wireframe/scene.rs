//! What a wireframe shows: the names of the product's own fields, states and verbs, ready to be drawn.

use model::sections::{Entity, Field, SYSTEM, ScreenKind, SetBy, Transition};

use crate::composer::{
    blueprint::ScreenPlan,
    design::{
        Subject,
        subject::{is_person, label},
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

/// A stop in the life of a thing.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The state it is in.
    pub state: String,
    /// The step that led there; none to the first.
    pub verb: String,
    /// Who took it; nobody where it came by itself.
    pub by: String,
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
    /// Its life as it would go.
    pub course: Vec<Stop>,
    /// Where in that life it is shown: a stop from which people can go on.
    pub present: usize,
    /// What is entered here: facts of everything that is made on this screen.
    pub entered: Vec<Fact>,
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

/// The form of a moment.
pub const TIME: &str = "00/00, 00:00";
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

    /// What can be answered: the filled button first, then up to as many others.
    pub fn answers(&self, others: usize) -> Vec<String> {
        let verbs = (0..5).filter_map(|nth| self.verb(nth)).filter(|verb| *verb != self.main);
        std::iter::once(self.main.clone()).chain(verbs.take(others)).filter(|text| !text.is_empty()).collect()
    }

    /// A small number that differs from place to place.
    pub fn vary(&self, place: u32, of: u32) -> u32 {
        let mixed =
            (self.chance ^ u64::from(place).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        u32::try_from((mixed >> 33) % u64::from(of.max(1))).unwrap_or(0)
    }

    /// A state for a row: those of the usual way first, a little out of order, as in life.
    pub fn state_of(&self, row: usize) -> Option<&State> {
        const ORDER: [usize; 8] = [1, 0, 2, 1, 3, 0, 4, 2];
        let at = ORDER.get(row % ORDER.len()).copied().unwrap_or(0);
        let count = self.thing.states.len().max(1);
        let usual = self.course.get(at % count).map(|stop| stop.state.as_str());
        let by_name = usual.and_then(|name| self.thing.states.iter().find(|state| state.name == name));
        by_name.or_else(|| self.thing.states.get(at % count))
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
    let plain = || texts.iter().find(|fact| ["title", "name"].contains(&fact.name.to_lowercase().as_str()));
    match own.as_slice() {
        [] | [_] if plain().is_some() => plain().map(|fact| fact.name.clone()),
        [] => texts.iter().find(|fact| fact.required).map(|fact| fact.name.clone()),
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
        "time" => FactKind::Figure(TIME),
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

/// What can be done on a screen by those who use it, in the state it is shown in: what leads onwards first, what ends it early last.
pub fn verbs(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity, present: &str) -> Vec<String> {
    let acts = subject.features(&plan.features).into_iter().flat_map(|feature| &feature.acts);
    let named: Vec<&str> = acts.filter(|act| act.entity == entity.id).map(|act| act.verb.as_str()).collect();
    let tones = &subject.knowledge.scales.tones;
    let mut theirs: Vec<&Transition> = own_steps(entity, &plan.actors);
    theirs.sort_by_key(|step| {
        let ends_early = matches!(tones.of(&step.to), Tone::Negative | Tone::Over);
        (!step.from.iter().any(|from| from == present), ends_early, !named.contains(&step.verb.as_str()))
    });
    theirs.iter().map(|step| step.verb.clone()).take(5).collect()
}

/// The steps of whoever uses a screen; of anybody where that is not said.
fn own_steps<'e>(entity: &'e Entity, actors: &[String]) -> Vec<&'e Transition> {
    let own = |step: &&Transition| {
        step.by.is_empty() || step.by.iter().any(|by| by != SYSTEM && (actors.is_empty() || actors.contains(by)))
    };
    entity.transitions.iter().filter(own).collect()
}

/// The stop of a life at which its screen is most telling: one from which whoever uses it can go on, not the first if there is another.
pub fn present(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity, course: &[Stop]) -> usize {
    use ScreenKind as K;
    if matches!(plan.kind, K::Form | K::Steps | K::Checkout | K::Queue) {
        return 0;
    }
    let tones = &subject.knowledge.scales.tones;
    let steps = own_steps(entity, &plan.actors);
    let goes_on = |at: &usize| {
        course.get(*at).is_some_and(|stop| {
            steps.iter().any(|step| {
                step.from.contains(&stop.state) && !matches!(tones.of(&step.to), Tone::Negative | Tone::Over)
            })
        })
    };
    [1, 2, 0, 3].into_iter().find(goes_on).unwrap_or(1).min(course.len().saturating_sub(1))
}

/// Facts of everything that is made on a screen: what the thing belongs to first, if that is made here as well. What a step or the
/// program fills in by itself is not asked for.
pub fn entered(subject: &Subject<'_>, plan: &ScreenPlan, entity: &Entity) -> Vec<Fact> {
    let acts: Vec<_> = subject.features(&plan.features).into_iter().flat_map(|feature| &feature.acts).collect();
    let makes = |other: &Entity| acts.iter().any(|act| act.verb == "create" && act.entity == other.id);
    let parent = subject.parent(entity).filter(|parent| makes(parent) && makes(entity));
    let of = |entity: &Entity, most: usize| {
        let columns = subject.blueprint.table_of(&entity.id).map_or(&[][..], |table| &table.columns);
        let by_step =
            |field: &Field| columns.iter().any(|c| c.about == field.name && matches!(c.set_by, SetBy::Transition));
        let asked = entity.fields.iter().filter(|field| !by_step(field) && !is_filled_in(&field.name, &field.kind));
        asked.map(fact).take(most).collect::<Vec<_>>()
    };
    let mut facts = parent.map(|parent| of(parent, FACTS)).unwrap_or_default();
    let is_plain = |fact: &Fact| ["Title", "Name", "Description"].contains(&fact.name.as_str());
    if facts.iter().filter(|fact| fact.kind != FactKind::Image && !is_plain(fact)).count() > 2 {
        facts.retain(|fact| !is_plain(fact));
    }
    let images = facts.iter().any(|fact| fact.kind == FactKind::Image);
    facts.extend(of(entity, FACTS).into_iter().filter(|fact| !(images && fact.kind == FactKind::Image)));
    // What has to be there comes before what may be; pictures and long texts have places of their own.
    facts.sort_by_key(|fact| !fact.required);
    facts
}

/// Whether nobody types it in: the moment of a step, a count of what happened.
fn is_filled_in(name: &str, kind: &str) -> bool {
    let name = name.to_lowercase();
    kind == "time" && name.ends_with(" at") || name.starts_with("times ") || name.ends_with(" since")
}

impl Fact {
    /// Whether it is the moment of something that happened.
    pub fn is_stamp(&self) -> bool {
        self.kind == FactKind::Figure(TIME) && is_filled_in(&self.name, "time")
    }

    /// How well it tells one thing from another in a narrow place: the lower, the better.
    pub fn rank(&self) -> u8 {
        match &self.kind {
            _ if self.is_stamp() => 7,
            FactKind::Figure("0.00") => 0,
            FactKind::Choice(_) | FactKind::Rating => 1,
            FactKind::Figure("00/00") => 2,
            FactKind::Figure("A-0000" | "+00 000 000" | TIME) => 4,
            FactKind::Figure(_) => 1,
            FactKind::Place | FactKind::Text => 5,
            FactKind::YesNo | FactKind::Colour | FactKind::File => 6,
            FactKind::Long | FactKind::Image => 8,
        }
    }
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

/// A life as it would go: at each stop the step that keeps to its usual way.
pub fn course(subject: &Subject<'_>, entity: &Entity) -> Vec<Stop> {
    let Some(first) = entity.states.first() else { return Vec::new() };
    let stop = |state: &str| Stop { state: state.to_owned(), verb: String::new(), by: String::new() };
    let tones = &subject.knowledge.scales.tones;
    let (mut at, mut course) = (first, vec![stop(first)]);
    let place = |state: &String| entity.states.iter().position(|known| known == state).unwrap_or(usize::MAX);
    while course.len() < 7 {
        let fresh = |step: &&Transition| {
            step.from.contains(at)
                && entity.states.contains(&step.to)
                && course.iter().all(|stop| stop.state != step.to)
                && (course.len() < 2 || !matches!(tones.of(&step.to), Tone::Negative | Tone::Over))
        };
        let strays = |step: &Transition| match tones.of(&step.to) {
            Tone::Negative | Tone::Over => 2,
            Tone::Caution if !is_under_way(&step.to) => 1,
            _ => 0,
        };
        let next = entity.transitions.iter().filter(fresh).min_by_key(|step| (strays(step), place(&step.to)));
        let Some(step) = next else { break };
        let by = step.by.first().filter(|by| *by != SYSTEM).map(|by| label(&subject.role(by))).unwrap_or_default();
        course.push(Stop { state: step.to.clone(), verb: step.verb.clone(), by });
        at = &step.to;
    }
    if course.len() == 1 {
        course.extend(entity.states.iter().skip(1).take(4).map(|state| stop(state)));
    }
    course
}

/// Whether a state to look at is one that everything passes through.
fn is_under_way(state: &str) -> bool {
    ["in ", "under ", "awaiting ", "waiting", "being "].iter().any(|start| state.starts_with(start))
}
