//! What people see: features that happen in the same place share a screen.

use std::collections::BTreeSet;

use model::sections::{Deed, Feature, Operation, Product, ScreenKind, Table};

use super::{
    acts_of,
    names::{Given, ascii_words, hyphened, snake},
    roles::role_id,
};

/// Fewer screens than this are no product yet.
const LEAST: usize = 4;

/// A screen before it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenPlan {
    /// Its kind and what it is about: `search-listings`.
    pub id: String,
    /// How it is laid out.
    pub kind: ScreenKind,
    /// The id of the entity it is about.
    pub of: String,
    /// Its address.
    pub route: String,
    /// Ids of the features it serves, in the order of the product.
    pub features: Vec<String>,
    /// Ids of the entities it shows, what it is about first.
    pub entities: Vec<String>,
    /// Ids of the operations it calls.
    pub operations: Vec<String>,
    /// Ids of the actors who use it; everybody when empty.
    pub actors: Vec<String>,
    /// Ids of the screens one gets to from here.
    pub leads_to: Vec<String>,
}

/// The screens, in the order in which features need them.
pub(super) fn screens(product: &Product, tables: &[Table], operations: &[Operation]) -> Vec<ScreenPlan> {
    let mut screens: Vec<ScreenPlan> = Vec::new();
    for feature in &product.features {
        let Some((kind, of)) = place(feature, tables) else { continue };
        match screens.iter_mut().find(|screen| screen.kind == kind && screen.of == of) {
            Some(screen) => screen.serve(feature),
            None => {
                let mut screen = ScreenPlan::new(kind, of, tables);
                screen.serve(feature);
                screens.push(screen);
            }
        }
    }
    fill_up(&mut screens, tables);
    let mut routes = Given::default();
    for screen in &mut screens {
        screen.route = routes.give(&route(screen, tables));
        screen.operations = called_by(screen, product, tables, operations);
    }
    link(&mut screens, product);
    screens
}

/// Where a feature happens: where it says so, else where what it does is usually done.
fn place<'f>(feature: &'f Feature, tables: &[Table]) -> Option<(ScreenKind, &'f str)> {
    let is_kept = |entity: &str| tables.iter().any(|table| table.entity == entity);
    if let Some(hint) = feature.screen.as_ref().filter(|hint| is_kept(&hint.of)) {
        return Some((hint.kind, &hint.of));
    }
    let acts = acts_of(feature);
    let (verb, entity) = *acts.iter().find(|(_, entity)| is_kept(entity))?;
    let kind = match verb {
        "create" | "change" => ScreenKind::Form,
        "list" => ScreenKind::List,
        _ => ScreenKind::Detail,
    };
    Some((kind, entity))
}

/// The thing that most is about can be listed and looked at, whatever the features say.
fn fill_up(screens: &mut Vec<ScreenPlan>, tables: &[Table]) {
    for table in tables {
        for kind in [ScreenKind::List, ScreenKind::Detail] {
            let fits = |screen: &&ScreenPlan| {
                screen.of == table.entity
                    && (screen.kind == kind || kind == ScreenKind::List && is_overview(screen.kind))
            };
            if screens.len() < LEAST && screens.iter().find(fits).is_none() {
                let mut screen = ScreenPlan::new(kind, &table.entity, tables);
                screen.features.clone_from(&table.features);
                screens.push(screen);
            }
        }
    }
}

impl ScreenPlan {
    fn new(kind: ScreenKind, of: &str, tables: &[Table]) -> Self {
        let about = tables.iter().find(|table| table.entity == of).map_or(of, |table| &table.id);
        Self {
            id: format!("{}-{about}", kind.as_str()),
            kind,
            of: of.to_owned(),
            route: String::new(),
            features: Vec::new(),
            entities: vec![of.to_owned()],
            operations: Vec::new(),
            actors: Vec::new(),
            leads_to: Vec::new(),
        }
    }

    fn serve(&mut self, feature: &Feature) {
        self.features.push(feature.id.clone());
        let actor = role_id(&feature.actor);
        if !actor.is_empty() && !self.actors.contains(&actor) {
            self.actors.push(actor);
        }
        for (_, entity) in acts_of(feature) {
            if !self.entities.iter().any(|known| known == entity) {
                self.entities.push(entity.to_owned());
            }
        }
    }
}

/// Whether a screen shows many at once, so that one gets from it to one of them.
fn is_overview(kind: ScreenKind) -> bool {
    use ScreenKind as K;
    matches!(
        kind,
        K::List | K::Search | K::Board | K::Calendar | K::Map | K::Dashboard | K::Queue | K::Compare | K::Scan
    )
}

fn route(screen: &ScreenPlan, tables: &[Table]) -> String {
    use ScreenKind as K;
    let base = tables.iter().find(|table| table.entity == screen.of).map_or("item", |table| &table.name);
    let base = hyphened(base);
    match screen.kind {
        K::List => format!("/{base}"),
        K::Search => format!("/{base}/search"),
        K::Board => format!("/{base}/board"),
        K::Detail => format!("/{base}/{{id}}"),
        K::Form => format!("/{base}/new"),
        K::Steps => format!("/{base}/new/steps"),
        K::Thread => format!("/{base}/{{id}}/thread"),
        K::Calendar => format!("/{base}/calendar"),
        K::Map => format!("/{base}/map"),
        K::Dashboard => format!("/{base}/overview"),
        K::Queue => format!("/{base}/queue"),
        K::Report => format!("/{base}/{{id}}/report"),
        K::Compare => format!("/{base}/compare"),
        K::Timeline => format!("/{base}/{{id}}/history"),
        K::Checklist => format!("/{base}/{{id}}/checklist"),
        K::Scan => format!("/{base}/scan"),
        K::Player => format!("/{base}/{{id}}/play"),
        K::Checkout => format!("/{base}/{{id}}/checkout"),
        K::Settings => format!("/{base}/settings"),
    }
}

/// What a screen calls: what its features do, and reading what it shows.
fn called_by(screen: &ScreenPlan, product: &Product, tables: &[Table], operations: &[Operation]) -> Vec<String> {
    let mut deeds: BTreeSet<(String, String)> = BTreeSet::new();
    for feature in product.features.iter().filter(|feature| screen.features.contains(&feature.id)) {
        deeds.extend(acts_of(feature).into_iter().map(|(verb, entity)| (entity.to_owned(), verb.to_owned())));
    }
    deeds.insert((screen.of.clone(), if is_overview(screen.kind) { "list" } else { "read" }.to_owned()));
    let verb_of = |operation: &Operation, entity: &str| match &operation.deed {
        Deed::List { .. } => "list".to_owned(),
        Deed::Create => "create".to_owned(),
        Deed::Read => "read".to_owned(),
        Deed::Change => "change".to_owned(),
        Deed::Remove => "remove".to_owned(),
        Deed::Step { from, to, .. } => {
            let steps = product.entity(entity).map_or(&[][..], |entity| &entity.transitions);
            let step = steps.iter().find(|step| {
                step.from == *from
                    && step.to == *to
                    && operation.path.ends_with(&hyphened(&snake(&ascii_words(&step.verb))))
            });
            step.map(|step| step.verb.clone()).unwrap_or_default()
        }
    };
    let called = operations.iter().filter(|operation| {
        let entity = tables.iter().find(|table| table.id == operation.table).map_or("", |table| &table.entity);
        deeds.contains(&(entity.to_owned(), verb_of(operation, entity)))
    });
    called.map(|operation| operation.id.clone()).collect()
}

/// From an overview to one of what it shows; from there to what is done with it; and from a thing to what belongs to it.
fn link(screens: &mut [ScreenPlan], product: &Product) {
    let plans = screens.to_vec();
    for screen in screens.iter_mut() {
        let belongs = |other: &ScreenPlan| {
            let relations = product.entity(&other.of).map_or(&[][..], |entity| &entity.relations);
            relations.iter().any(|relation| relation.kind == "belongs to" && relation.to == screen.of)
        };
        let leads = |other: &&ScreenPlan| {
            other.id != screen.id
                && (other.of == screen.of && (is_overview(screen.kind) != is_overview(other.kind))
                    || !is_overview(screen.kind) && belongs(other))
        };
        screen.leads_to = plans.iter().filter(leads).map(|other| other.id.clone()).take(6).collect();
    }
}
