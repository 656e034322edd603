//! The slots of lines about architecture: what an entry is about, what there is in the product, and the figures.

use model::{
    article,
    sections::{ColumnKind, Entity, SYSTEM},
};

use super::{
    scale::figure,
    signs::Focus,
    slots::{MOST_NAMED, above_zero, lower_first, quoted, some_of, words_of_type},
    subject::{Subject, is_person},
};
use crate::composer::{
    blueprint::is_foreign,
    cast::one_of,
    choice::choice,
    inflect::listed,
    knowledge::{Line, Slots, Text},
};

/// The most characters of a kind.
const LONGEST_KIND: usize = 40;

/// Slots for an entry.
pub struct Told<'s, 'a> {
    /// What the architecture is for.
    pub subject: &'s Subject<'a>,
    /// What the entry is about.
    pub focus: &'s Focus<'a>,
}

impl<'a> Subject<'a> {
    /// One of the lines that can be told of this product, as a sentence.
    pub fn tell(&self, text: &Text, focus: &Focus<'a>, node: &str) -> Option<String> {
        let told = Told { subject: self, focus };
        let can = |line: &&Line| {
            line.slots().iter().all(|slot| told.fill(slot, false).is_some_and(|words| !words.is_empty()))
        };
        let lines: Vec<_> = text.lines().iter().filter(can).collect();
        let at = choice(&self.seed, node) % u64::try_from(lines.len()).ok().filter(|count| *count > 0)?;
        Some(lines.get(usize::try_from(at).ok()?)?.tell(&told))
    }

    /// What the product is called by its kind: "marketplace", "monitoring service".
    pub fn kind_words(&self) -> Option<String> {
        let kind = self.product.basis.as_ref().map(|basis| basis.kind.trim()).filter(|kind| !kind.is_empty())?;
        // A word for what is done needs one for what does it.
        let added = ["ing", "work"].iter().any(|end| kind.ends_with(end)) && !kind.contains(' ');
        let kind: String = kind.chars().take(LONGEST_KIND).collect();
        Some(if added { format!("{kind} service") } else { kind })
    }

    /// An entity's name in the middle of a sentence.
    pub fn noun(&self, entity: &Entity) -> String {
        words_of_type(&entity.name)
    }

    /// Many of an entity.
    pub fn nouns(&self, entity: &Entity) -> String {
        let noun = self.noun(entity);
        let last = noun.rsplit(' ').next().unwrap_or_default();
        if self.is_foreign(&entity.name) || self.lexicon.inflect.is_plural(last) {
            noun
        } else {
            self.lexicon.inflect.plural(&noun)
        }
    }

    /// Whether a name is not English.
    pub fn is_foreign(&self, name: &str) -> bool {
        is_foreign(self.product, name)
    }

    /// Somebody of a role: "a collector who sells".
    pub fn somebody(&self, id: &str) -> String {
        if id == SYSTEM {
            return "the service".to_owned();
        }
        let known = self.roles.iter().find(|role| role.id == id);
        let name = known.map_or_else(|| id.replace('-', " "), |role| lower_first(&role.name));
        if self.is_foreign(&name) { name } else { format!("{} {name}", article(&name)) }
    }
}

impl Told<'_, '_> {
    fn noun(&self, entity: Option<&Entity>, many: bool, with_article: bool) -> Option<String> {
        let entity = entity?;
        if many {
            return Some(self.subject.nouns(entity));
        }
        let noun = self.subject.noun(entity);
        Some(if with_article { one_of(&noun, self.subject.lexicon) } else { noun })
    }

    fn parent(&self) -> Option<&Entity> {
        let entity = self.focus.entity?;
        let parents = entity.relations.iter().filter(|relation| relation.kind == "belongs to");
        let mut parents = parents.filter_map(|relation| self.subject.product.entity(&relation.to));
        parents.find(|parent| !is_person(parent) && parent.id != entity.id)
    }

    fn who(&self) -> Option<String> {
        let operation = self.focus.operations.first()?;
        let mut names: Vec<String> = operation.roles.iter().map(|role| self.subject.somebody(role)).collect();
        if names.is_empty() {
            names.push("anybody known".to_owned());
        }
        names.truncate(MOST_NAMED);
        Some(listed(&names, "or"))
    }

    fn columns(&self, columns: &[(&model::sections::Table, &model::sections::Column)]) -> Option<String> {
        let names: Vec<String> =
            columns.iter().map(|(table, column)| format!("{}.{}", table.name, column.name)).collect();
        some_of(&names)
    }

    /// What an entry is about.
    fn about(&self, slot: &str, with_article: bool) -> Option<String> {
        let focus = self.focus;
        let step = focus.step;
        match slot {
            "entity" => self.noun(focus.entity, false, with_article),
            "entities" => self.noun(focus.entity, true, false),
            "table" => focus.table.map(|table| table.name.clone()),
            "column" => focus.column.map(|column| column.name.clone()),
            "field" => focus.column.map(|column| column.about.clone()),
            "step" => step.map(|step| step.verb.clone()),
            "from" => step.map(|step| listed(&step.from, "or")).filter(|from| !from.is_empty()),
            "from-sql" => step.map(|step| quoted(&step.from)).filter(|from| !from.is_empty()),
            "to" => step.map(|step| step.to.clone()),
            "who" => self.who(),
            "route" => focus.operations.first().map(|o| format!("{} {}", o.method.as_str(), o.path)),
            "parent" => self.noun(self.parent(), false, with_article),
            "parents" => self.noun(self.parent(), true, false),
            "feature" => {
                let id = focus.features.first()?;
                let feature = self.subject.product.features.iter().find(|feature| feature.id == *id)?;
                Some(lower_first(&feature.title))
            }
            _ => None,
        }
    }

    /// What there is in the product.
    fn there(&self, slot: &str, with_article: bool) -> Option<String> {
        let subject = self.subject;
        let main = subject.product.entities.first();
        let person = subject.product.entities.iter().find(|entity| is_person(entity));
        match slot {
            "kind" => subject.kind_words(),
            "kept" => self.noun(subject.kept(), false, with_article),
            "kepts" => self.noun(subject.kept(), true, false),
            "main" => self.noun(main, false, with_article),
            "mains" => self.noun(main, true, false),
            "person" => self.noun(person, false, with_article),
            "people-words" => self.noun(person, true, false),
            "timed" => self.unattended(true),
            "followed" => self.unattended(false),
            "moneys" => self.columns(&subject.columns(|column| column.kind == ColumnKind::Money)),
            "pictures" => self.columns(&subject.files()),
            "personal" => self.columns(&subject.fields(&["email", "phone", "address"])),
            "places" => self.columns(&subject.fields(&["place", "address"])),
            "searched" => self.searched(),
            "deadlines" => self.columns(&super::scale::deadlines(subject)),
            "roles" => {
                let people = subject.roles.iter().filter(|role| role.id != SYSTEM);
                some_of(&people.map(|role| lower_first(&role.name)).collect::<Vec<_>>())
            }
            "systems" => {
                some_of(&super::systems::systems(subject).into_iter().map(|s| lower_first(&s.name)).collect::<Vec<_>>())
            }
            "append-only" => self.append_only(),
            "longest-life" => {
                let longest = subject.product.entities.iter().filter(|entity| entity.states.len() > 2);
                let longest = longest.max_by_key(|entity| (entity.transitions.len(), std::cmp::Reverse(&entity.id)))?;
                Some(format!("{} ({})", subject.noun(longest), longest.states.join(", ")))
            }
            "database" => Some(if subject.wishes.has("sqlite") { "SQLite" } else { "PostgreSQL" }.to_owned()),
            "stores" => Some(
                if subject.files().is_empty() { "the database" } else { "the database and the pictures" }.to_owned(),
            ),
            "n-tables" => Some(subject.tables.len().to_string()),
            "n-operations" => Some(subject.operations.len().to_string()),
            "n-steps" => above_zero(subject.steps().len()),
            "n-timed" => above_zero(subject.unattended(true).len()),
            "n-roles" => above_zero(subject.known_roles()),
            "n-features" => above_zero(self.focus.features.len()),
            _ => None,
        }
    }

    /// "“expire” of offers and “mark as missed” of bookings".
    fn unattended(&self, timed: bool) -> Option<String> {
        let steps = self.subject.unattended(timed).into_iter();
        let named = steps.map(|(step, entity)| format!("“{}” of {}", step.verb, self.subject.nouns(entity)));
        some_of(&named.collect::<Vec<_>>())
    }

    /// The table that people search in.
    fn searched(&self) -> Option<String> {
        use model::sections::ScreenKind;
        let hints = self.subject.product.features.iter().filter_map(|feature| feature.screen.as_ref());
        let of = hints.filter(|hint| hint.kind == ScreenKind::Search).map(|hint| hint.of.as_str()).next();
        self.subject
            .table_of(of.or_else(|| self.subject.kept().map(|kept| kept.id.as_str()))?)
            .map(|table| table.name.clone())
    }

    /// Tables whose rows are written once and never changed.
    fn append_only(&self) -> Option<String> {
        use model::sections::Deed;
        let changes = |table: &str| {
            let of = self.subject.operations.iter().filter(|operation| operation.table == table);
            of.into_iter().any(|o| matches!(o.deed, Deed::Change | Deed::Remove | Deed::Step { .. }))
        };
        let person = |id: &str| self.subject.product.entity(id).is_some_and(is_person);
        let tables = self.subject.tables.iter().filter(|table| !changes(&table.id) && !person(&table.entity));
        some_of(&tables.map(|table| table.name.clone()).collect::<Vec<_>>())
    }

    fn figures(&self, slot: &str) -> Option<String> {
        let scale = &self.subject.scale;
        match slot {
            "people" => Some(figure(scale.people)),
            "people-why" if self.subject.wishes.people.is_some() => Some("as asked for".to_owned()),
            "people-why" => {
                self.subject.tell(&self.subject.usage.people_why, self.focus, "people").map(|why| lower_first(&why))
            }
            "daily" => Some(figure(scale.daily)),
            "requests" => Some(figure(scale.requests)),
            "peak-when" => Some(scale.peak_when.clone()),
            "peak" => Some(figure(scale.peak)),
            "writes" => Some(figure(scale.writes)),
            "instances" => Some(scale.instances.to_string()),
            "processes" if scale.instances == 1 => Some("one process".to_owned()),
            "processes" => Some(format!("{} processes", scale.instances)),
            "connections" => Some(scale.connections.to_string()),
            "gigabytes" => Some(super::scale::bytes(scale.bytes)),
            // Who plans for longer than that?
            "years" => Some(scale.years()).filter(|years| *years < 50.0).map(figure),
            "rows" => Some(figure(scale.all_rows())),
            "largest" => super::capacity::largest(self.subject),
            "heaviest" => super::capacity::heaviest(self.subject),
            "index-share" => Some(figure(100.0 * scale.index_bytes / scale.bytes.max(1.0))),
            "files-a-year" => Some(figure(scale.files)),
            "files-size" => Some(super::scale::bytes(scale.file_bytes)),
            "a-file" => Some(super::scale::bytes(super::scale::A_FILE)),
            "timed-a-day" => Some(figure(scale.timed)),
            "in-use" => Some(figure(scale.in_use())),
            "holds" => Some(figure(super::scale::HOLDS * 1000.0)),
            "pool" => Some(super::scale::POOL.to_string()),
            "factor" => Some(figure(scale.factor)),
            _ => None,
        }
    }
}

impl Slots for Told<'_, '_> {
    fn fill(&self, slot: &str, with_article: bool) -> Option<String> {
        self.about(slot, with_article).or_else(|| self.there(slot, with_article)).or_else(|| self.figures(slot))
    }
}
