//! What the product keeps: the modules' entities merged by id, the main thing with its domain's fields, and the people.

mod people;

use std::collections::{BTreeMap, HashSet};

use model::sections::{Entity, Field, Relation, SYSTEM, Transition};

use super::{
    cast::{ActionWords, Cast, Words},
    knowledge::{Domain, EntityEntry, MoveEntry, Role, Text},
    lexicon::Lexicon,
    plan::{Plan, slug, type_name},
    reading::Phrase,
    recognise::{Called, Recognition, domain_of},
};

const MOST_ENTITIES: usize = 14;
/// People that must find room among them.
const LEAST_PEOPLE: usize = 2;
const MOST_FIELDS: usize = 12;
const PLAIN_FIELDS: [&str; 4] = ["name: text", "kind: text?", "date: date?", "notes: long text?"];

/// Builds the entities and tells which of their final ids the files' ids stand for.
pub struct Builder<'a, F: Fn(&Text, &Words<'_>, &str) -> String> {
    /// What goes in.
    pub plan: &'a Plan,
    /// The bound words.
    pub cast: &'a Cast,
    /// What was recognised.
    pub recognition: &'a Recognition<'a>,
    /// Word forms.
    pub lexicon: &'a Lexicon,
    /// Tells a text for a node.
    pub tell: F,
}

/// Entities, and the final id for each id that files use.
pub struct Entities {
    /// In reading order.
    pub list: Vec<Entity>,
    ids: BTreeMap<String, String>,
}

impl Entities {
    /// The final id of an entity that a file or role calls `id`, if it is there.
    pub fn resolve(&self, id: &str) -> Option<&str> {
        self.ids.get(id).map(String::as_str).filter(|id| self.list.iter().any(|entity| entity.id == *id))
    }
}

/// An entity whose relations still carry the files' ids.
struct Draft {
    entity: Entity,
    relations: Vec<(String, String)>,
}

impl<F: Fn(&Text, &Words<'_>, &str) -> String> Builder<'_, F> {
    /// Builds them all.
    pub fn build(&self) -> Entities {
        let mut ids = BTreeMap::new();
        let mut drafts: Vec<Draft> = Vec::new();
        self.main_thing(&mut drafts, &mut ids);
        self.described(&mut drafts, &mut ids);
        self.companions(&mut drafts);
        self.objects_of_actions(&mut drafts, &mut ids);
        if let Some(thing) = drafts.first_mut().filter(|thing| thing.entity.states.is_empty())
            && let Some(domain) = self.domain_of_thing()
        {
            thing.entity.states.clone_from(&domain.module.states);
            self.live(&mut thing.entity, &domain.module.moves, None);
        }
        drafts.truncate(MOST_ENTITIES - LEAST_PEOPLE);
        self.people(&mut drafts, &mut ids);
        drafts.truncate(MOST_ENTITIES);
        self.connect(drafts, ids)
    }

    fn main_thing(&self, drafts: &mut Vec<Draft>, ids: &mut BTreeMap<String, String>) {
        let name = &self.cast.head_noun;
        let id = slug(name);
        let domain = self.domain_of_thing();
        let entity = Entity {
            name: type_name(name),
            purpose: super::inflect::capitalised(&super::cast::one_of(&self.cast.thing_noun, self.lexicon)),
            fields: if domain.is_none() && self.is_described() { Vec::new() } else { fields_of(domain) },
            states: Vec::new(),
            transitions: Vec::new(),
            relations: Vec::new(),
            id: id.clone(),
        };
        ids.insert("thing".to_owned(), id);
        drafts.push(Draft { entity, relations: Vec::new() });
    }

    /// Whether the modules say themselves what there is to know of the main thing.
    fn is_described(&self) -> bool {
        const ENOUGH: usize = 3;
        let fields =
            self.plan.entities.iter().filter(|(_, entry)| entry.id == "thing").map(|(_, entry)| entry.fields.len());
        fields.sum::<usize>() >= ENOUGH
    }

    fn domain_of_thing(&self) -> Option<&Called<'_, Domain>> {
        self.recognition.domains.iter().find(|domain| Some(&domain.module.id) == self.cast.domain.as_ref())
    }

    fn described(&self, drafts: &mut Vec<Draft>, ids: &mut BTreeMap<String, String>) {
        for (from, entry) in &self.plan.entities {
            let source = &self.plan.sources[*from];
            let words = Words {
                cast: self.cast,
                lexicon: self.lexicon,
                aspect: source.aspect.as_deref(),
                action: source.action.as_ref(),
            };
            let name = (self.tell)(&entry.name, &words, &format!("entities/{}/name", entry.id));
            let id = ids.get(&entry.id).cloned().unwrap_or_else(|| slug(&name));
            ids.insert(entry.id.clone(), id.clone());
            let purpose = (self.tell)(&entry.purpose, &words, &format!("entities/{}/purpose", entry.id));
            match drafts.iter_mut().find(|draft| draft.entity.id == id) {
                Some(draft) => {
                    merge(draft, entry, &purpose);
                    self.live(&mut draft.entity, &entry.moves, source.action.as_ref());
                }
                None => {
                    let entity = Entity {
                        id,
                        name: type_name(&name),
                        purpose,
                        fields: Vec::new(),
                        states: entry.states.clone(),
                        transitions: Vec::new(),
                        relations: Vec::new(),
                    };
                    let mut draft = Draft { entity, relations: Vec::new() };
                    merge(&mut draft, entry, "");
                    self.live(&mut draft.entity, &entry.moves, source.action.as_ref());
                    drafts.push(draft);
                }
            }
        }
    }

    /// Adds the steps of a life cycle, as far as the entity has their states; a verb it has already stands.
    fn live(&self, entity: &mut Entity, moves: &[MoveEntry], action: Option<&ActionWords>) {
        for step in moves {
            let from: Vec<String> = step.from.iter().filter(|state| entity.states.contains(state)).cloned().collect();
            let known = entity.transitions.iter().any(|other| other.verb == step.verb);
            if known || from.is_empty() || !entity.states.contains(&step.to) {
                continue;
            }
            let mut by: Vec<String> = step.by.iter().map(|role| self.actor(role, action)).collect();
            let mut seen = HashSet::new();
            by.retain(|actor| seen.insert(actor.clone()));
            entity.transitions.push(Transition { verb: step.verb.clone(), from, to: step.to.clone(), by });
        }
    }

    /// Who plays a role, as features name them.
    fn actor(&self, role: &str, action: Option<&ActionWords>) -> String {
        let player = Role::CAST.iter().find(|cast| cast.as_str() == role).and_then(|role| self.cast.player(*role));
        match (role, player, action) {
            (SYSTEM, _, _) => SYSTEM.to_owned(),
            (_, Some(player), _) => slug(&player.who),
            (_, None, Some(action)) => slug(&action.subject),
            (_, None, None) => "person".to_owned(),
        }
    }

    /// What the directive's own verbs is kept as well, with its domain's fields where there is one.
    fn objects_of_actions(&self, drafts: &mut Vec<Draft>, ids: &mut BTreeMap<String, String>) {
        let used: Vec<usize> = self.plan.features.iter().map(|(from, _)| *from).collect();
        for (at, source) in self.plan.sources.iter().enumerate().filter(|(at, _)| used.contains(at)) {
            let (Some(object), Some(action)) = (&source.object, &source.action) else { continue };
            let id = slug(&action.object);
            ids.insert(format!("object-{at}"), id.clone());
            if drafts.iter().any(|draft| draft.entity.id == id) {
                continue;
            }
            let verbs = self.lexicon.inflect.third(&action.verb);
            let purpose = match &source.subject {
                Some(_) => format!("what {} {verbs}", super::cast::one_of(&action.subject, self.lexicon)),
                None => format!(
                    "{} that belongs to the {}",
                    super::cast::one_of(&action.object, self.lexicon),
                    self.cast.head_noun
                ),
            };
            let entity = Entity {
                id,
                name: type_name(&action.object),
                purpose: super::inflect::capitalised(&purpose),
                fields: self.fields_for(object),
                states: Vec::new(),
                transitions: Vec::new(),
                relations: Vec::new(),
            };
            let mut relations = vec![("belongs to".to_owned(), "thing".to_owned())];
            if source.subject.is_some() {
                relations.push(("belongs to".to_owned(), format!("subject-{at}")));
            }
            ids.insert(format!("subject-{at}"), slug(&action.subject));
            drafts.push(Draft { entity, relations });
        }
    }

    /// What is treated like the main thing has a place of its own, with its own field's fields.
    fn companions(&self, drafts: &mut Vec<Draft>) {
        for companion in &self.cast.companions {
            let name = companion.bare(self.lexicon);
            let purpose = format!(
                "{}, kept like {}",
                super::cast::one_of(&companion.singular(self.lexicon), self.lexicon),
                super::cast::one_of(&self.cast.head_noun, self.lexicon)
            );
            if drafts.iter().all(|draft| draft.entity.id != slug(&name)) {
                let entity = Entity {
                    id: slug(&name),
                    name: type_name(&name),
                    purpose: super::inflect::capitalised(&purpose),
                    fields: self.fields_for(companion),
                    states: Vec::new(),
                    transitions: Vec::new(),
                    relations: Vec::new(),
                };
                drafts.insert(drafts.len().min(1), Draft { entity, relations: Vec::new() });
            }
        }
    }

    fn fields_for(&self, phrase: &Phrase) -> Vec<Field> {
        fields_of(domain_of(phrase, &self.recognition.domains))
    }

    /// Relations get their final ids; those to something that is not there are dropped.
    fn connect(&self, drafts: Vec<Draft>, ids: BTreeMap<String, String>) -> Entities {
        let present: Vec<String> = drafts.iter().map(|draft| draft.entity.id.clone()).collect();
        let list = drafts.into_iter().map(|draft| {
            let mut entity = draft.entity;
            for (kind, to) in draft.relations {
                let Some(id) = ids.get(&to).filter(|id| present.contains(id) && **id != entity.id) else { continue };
                let role = Role::CAST.iter().find(|role| role.as_str() == to).and_then(|role| self.cast.player(*role));
                let role = role.map(|player| player.noun.clone()).filter(|noun| slug(noun) != *id);
                let relation = Relation { kind, to: id.clone(), role };
                if !entity.relations.contains(&relation) {
                    entity.relations.push(relation);
                }
            }
            entity
        });
        Entities { list: list.collect(), ids }
    }
}

/// A second description of the same entity adds what the first does not have; the first one's life cycle stands.
fn merge(draft: &mut Draft, entry: &EntityEntry, purpose: &str) {
    for field in entry.fields.iter().filter_map(|field| read_field(field)) {
        if draft.entity.fields.len() < MOST_FIELDS && draft.entity.fields.iter().all(|other| other.name != field.name) {
            draft.entity.fields.push(field);
        }
    }
    if draft.entity.states.is_empty() {
        draft.entity.states.clone_from(&entry.states);
    }
    if entry.id == "thing" && !purpose.is_empty() {
        purpose.clone_into(&mut draft.entity.purpose);
    }
    for relation in &entry.relations {
        if let Some((kind, to)) = read_relation(relation) {
            draft.relations.push((kind.to_owned(), to.to_owned()));
        }
    }
}

fn fields_of(domain: Option<&Called<'_, Domain>>) -> Vec<Field> {
    let plain: Vec<String> = PLAIN_FIELDS.iter().map(|field| (*field).to_owned()).collect();
    domain.map_or(&plain, |domain| &domain.module.identity).iter().filter_map(|field| read_field(field)).collect()
}

/// `name: type?` as a field.
fn read_field(text: &str) -> Option<Field> {
    let (name, kind) = text.split_once(": ")?;
    let required = !kind.ends_with('?');
    Some(Field { name: name.to_owned(), kind: kind.trim_end_matches('?').to_owned(), required })
}

fn read_relation(text: &str) -> Option<(&str, &str)> {
    ["belongs to", "has one", "has many"].iter().find_map(|kind| Some((*kind, text.strip_prefix(kind)?.trim())))
}
