//! Signs: what in a product calls for an entry of the knowledge, and which part of the product that is.

use model::sections::{Column, Deed, Entity, Operation, ScreenKind, Table, Transition};
use serde::Deserialize;

use super::subject::Subject;

/// What calls for an entry. One sign that is there is enough; they are looked for in this order, and the first that is found says what
/// the entry is about.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Wishes of a note.
    pub wishes: Vec<String>,
    /// Steps: a verb, or a verb and the id of the entity whose step it is.
    pub steps: Vec<String>,
    /// Entities, by id.
    pub entities: Vec<String>,
    /// Kinds of fields.
    pub fields: Vec<String>,
    /// Modules that features come from, by id.
    pub sources: Vec<String>,
    /// Kinds of screens that features happen on.
    pub screens: Vec<ScreenKind>,
    /// Kinds of product, by id.
    pub kinds: Vec<String>,
    /// Words of the directive, or of a note.
    pub words: Vec<String>,
    /// A step that time brings about.
    pub timed: bool,
    /// A step that the service takes because of something else that has happened.
    pub followed: bool,
    /// A step that only some of the people may take who deal with the thing.
    pub reserved: bool,
    /// A step that people take.
    pub taken: bool,
    /// An entity that is a person.
    pub people: bool,
    /// An entity that belongs to somebody.
    pub owned: bool,
    /// Nothing is needed.
    pub always: bool,
}

/// The part of a product that an entry is about.
#[derive(Debug, Clone, Default)]
pub struct Focus<'a> {
    /// The entity.
    pub entity: Option<&'a Entity>,
    /// Its table.
    pub table: Option<&'a Table>,
    /// A step in its life.
    pub step: Option<&'a Transition>,
    /// A column of the table.
    pub column: Option<&'a Column>,
    /// Operations it comes through.
    pub operations: Vec<&'a Operation>,
    /// Ids of features.
    pub features: Vec<&'a str>,
}

/// The most operations or features an entry names.
const MOST: usize = 6;

impl<'a> Subject<'a> {
    /// What an entry is about, if what calls for it is there, and nothing that speaks against it.
    pub fn called(&self, when: &When, also: Option<&When>, unless: Option<&When>) -> Option<Focus<'a>> {
        let focus = self.find(when)?;
        let admitted = also.is_none_or(|also| self.find(also).is_some());
        (admitted && unless.is_none_or(|unless| self.find(unless).is_none())).then_some(focus)
    }

    /// The first sign that is there.
    pub fn find(&self, when: &When) -> Option<Focus<'a>> {
        if when.wishes.iter().any(|wish| self.wishes.has(wish)) {
            // What was wished for is about the whole, and no feature asked for it.
            let about = || Focus { features: Vec::new(), ..self.about_kept() };
            return Some(self.find_beside_wishes(when).unwrap_or_else(about));
        }
        self.find_beside_wishes(when)
    }

    fn find_beside_wishes(&self, when: &When) -> Option<Focus<'a>> {
        let steps = || when.steps.iter().find_map(|step| self.step(step));
        let entities = || when.entities.iter().find_map(|id| self.entity(id));
        let fields = || when.fields.iter().find_map(|kind| self.field(kind));
        let sources = || when.sources.iter().find_map(|id| self.source(id));
        let screens = || when.screens.iter().find_map(|kind| self.screen(*kind));
        steps()
            .or_else(entities)
            .or_else(fields)
            .or_else(sources)
            .or_else(screens)
            .or_else(|| when.kinds.contains(&self.kind).then(|| self.about_kept()))
            .or_else(|| when.words.iter().any(|word| self.says(word)).then(|| self.about_kept()))
            .or_else(|| when.reserved.then(|| self.step_by(Subject::is_reserved)).flatten())
            .or_else(|| when.taken.then(|| self.step_by(|_, _, operation| !is_by_system(operation))).flatten())
            .or_else(|| when.timed.then(|| self.step_by(Subject::is_timed)).flatten())
            .or_else(|| when.followed.then(|| self.step_by(Subject::is_followed)).flatten())
            .or_else(|| when.people.then(|| self.person()).flatten())
            .or_else(|| when.owned.then(|| self.owned()).flatten())
            .or_else(|| when.always.then(|| self.about_kept()))
    }

    fn step(&self, sign: &str) -> Option<Focus<'a>> {
        let product = self.product;
        let is_meant = |entity: &Entity, step: &Transition| {
            let of = sign.strip_prefix(step.verb.as_str()).map(str::trim_start);
            of.is_some_and(|of| of.is_empty() || self.aliases.id(of) == entity.id)
        };
        let (entity, step) = product
            .entities
            .iter()
            .flat_map(|entity| entity.transitions.iter().map(move |step| (entity, step)))
            .find(|(entity, step)| is_meant(entity, step))?;
        self.at_step(entity, step)
    }

    /// The first step that fits, of what people see most of before others.
    fn step_by(&self, fits: impl Fn(&Self, &Transition, &Operation) -> bool) -> Option<Focus<'a>> {
        let kept = self.kept();
        let first = kept.into_iter();
        let others = self.product.entities.iter().filter(|entity| kept.is_none_or(|kept| kept.id != entity.id));
        first.chain(others).find_map(|entity| {
            let steps = entity.transitions.iter().filter_map(|step| self.at_step(entity, step));
            steps.into_iter().find(|focus| {
                let operation = focus.operations.first();
                focus.step.zip(operation).is_some_and(|(step, operation)| fits(self, step, operation))
            })
        })
    }

    fn is_timed(&self, step: &Transition, operation: &Operation) -> bool {
        is_by_system(operation) && self.knowledge.is_timed(&step.verb)
    }

    fn is_followed(&self, step: &Transition, operation: &Operation) -> bool {
        is_by_system(operation) && !self.knowledge.is_timed(&step.verb)
    }

    fn is_reserved(&self, _: &Transition, operation: &Operation) -> bool {
        let readers =
            self.operations.iter().find(|other| other.table == operation.table && matches!(other.deed, Deed::Read));
        let excluded = |roles: &[String]| roles.is_empty() || roles.iter().any(|role| !operation.roles.contains(role));
        !is_by_system(operation)
            && !operation.roles.is_empty()
            && self.known_roles() > 1
            && readers.is_some_and(|readers| excluded(&readers.roles))
    }

    /// A step with its operation.
    fn at_step(&self, entity: &'a Entity, step: &'a Transition) -> Option<Focus<'a>> {
        let table = self.table_of(&entity.id)?;
        let leads = |operation: &&'a Operation| match &operation.deed {
            Deed::Step { from, to, .. } => {
                let slug = operation.path.rsplit('/').next().unwrap_or_default();
                operation.table == table.id && *from == step.from && *to == step.to && self.slug(&step.verb) == slug
            }
            _ => false,
        };
        let operation = self.operations.iter().find(leads)?;
        Some(Focus {
            entity: Some(entity),
            table: Some(table),
            step: Some(step),
            column: None,
            operations: vec![operation],
            features: operation.features.iter().map(String::as_str).take(MOST).collect(),
        })
    }

    fn entity(&self, id: &str) -> Option<Focus<'a>> {
        let entity = self.product.entity(self.aliases.id(id))?;
        self.about(entity)
    }

    /// An entity with all that is done to it.
    pub fn about(&self, entity: &'a Entity) -> Option<Focus<'a>> {
        let table = self.table_of(&entity.id)?;
        Some(Focus {
            entity: Some(entity),
            table: Some(table),
            operations: self.operations.iter().filter(|operation| operation.table == table.id).collect(),
            features: table.features.iter().map(String::as_str).take(MOST).collect(),
            ..Focus::default()
        })
    }

    fn about_kept(&self) -> Focus<'a> {
        self.kept().and_then(|entity| self.about(entity)).unwrap_or_default()
    }

    /// A field of a kind, of a thing rather than of a person where both have one.
    fn field(&self, kind: &str) -> Option<Focus<'a>> {
        let having = |entity: &&'a Entity| entity.fields.iter().any(|field| field.kind == kind);
        let mut entities = self.product.entities.iter().filter(having);
        let first = entities.clone().next()?;
        let entity = entities.find(|entity| !entity.states.is_empty()).unwrap_or(first);
        let field = entity.fields.iter().find(|field| field.kind == kind)?;
        let mut focus = self.about(entity)?;
        focus.column = focus.table?.columns.iter().find(|column| column.about == field.name);
        Some(focus)
    }

    /// A module that a feature comes from, with what that feature is about.
    fn source(&self, id: &str) -> Option<Focus<'a>> {
        let of_source = |feature: &&model::sections::Feature| self.is_source(&feature.source, id);
        let features: Vec<_> = self.product.features.iter().filter(of_source).collect();
        let first = features.first()?;
        let entity = first.entities.iter().find_map(|entity| self.product.entity(entity));
        let mut focus = entity.and_then(|entity| self.about(entity)).unwrap_or_default();
        focus.features = features.iter().map(|feature| feature.id.as_str()).take(MOST).collect();
        Some(focus)
    }

    fn screen(&self, kind: ScreenKind) -> Option<Focus<'a>> {
        let feature = self.product.features.iter().find(|f| f.screen.as_ref().is_some_and(|hint| hint.kind == kind))?;
        let of = feature.screen.as_ref().and_then(|hint| self.product.entity(&hint.of))?;
        let mut focus = self.about(of)?;
        focus.features = vec![feature.id.as_str()];
        Some(focus)
    }

    fn person(&self) -> Option<Focus<'a>> {
        let person = self.product.entities.iter().find(|entity| super::subject::is_person(entity))?;
        self.about(person)
    }

    /// The first thing that belongs to a person, what people see most of before others.
    fn owned(&self) -> Option<Focus<'a>> {
        let belongs = |entity: &&'a Entity| {
            let people = entity.relations.iter().filter(|relation| relation.kind == "belongs to");
            people.filter_map(|relation| self.product.entity(&relation.to)).any(super::subject::is_person)
        };
        let kept = self.kept().filter(belongs);
        kept.or_else(|| self.product.entities.iter().find(belongs)).and_then(|entity| self.about(entity))
    }
}

/// Whether nobody but the service does it.
pub fn is_by_system(operation: &Operation) -> bool {
    !operation.roles.is_empty() && operation.roles.iter().all(|role| role == model::sections::SYSTEM)
}
