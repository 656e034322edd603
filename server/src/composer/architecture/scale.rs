//! How much there is of everything: assumptions for the kind of product, and what follows from them and from the tables.

use std::collections::BTreeMap;

use model::sections::{Column, ColumnKind, Deed, Entity, Operation, Product, Table};

use super::{
    aliases::Aliases,
    entries::{CapacityData, Usage},
    knowledge::ArchitectureKnowledge,
    subject::{Subject, is_person},
    wishes::Wishes,
};
use crate::composer::{
    blueprint::{is_deadline, slug_of},
    knowledge::CORE,
};

const SECONDS_A_DAY: f64 = 86_400.0;
const DAYS: f64 = 365.0;
/// Requests a second that one process of the API answers on one core, with room to spare.
const AN_INSTANCE: f64 = 200.0;
/// Connections each process keeps.
pub const POOL: u32 = 10;
/// Connections of the worker.
const WORKER_POOL: u32 = 5;
/// Seconds a request keeps a connection.
pub const HOLDS: f64 = 0.012;
/// Bytes that PostgreSQL adds to a row, and to an entry of an index.
const ROW_HEAD: f64 = 28.0;
const ENTRY_HEAD: f64 = 14.0;
/// Pages are not full.
const FILL: f64 = 1.3;
/// Bytes of a picture after it was scaled for a screen.
pub const A_FILE: f64 = 400_000.0;
/// Pictures where there may be any number.
const FILES_A_ROW: f64 = 3.0;
/// How often a row with a life is changed.
const STEPS_A_ROW: f64 = 2.0;
/// How far one goes from what belongs to what it belongs to.
const DEEPEST: usize = 6;
/// Nothing is taken to be more than this.
const MOST_ROWS: f64 = 1e12;

/// How much there is of everything.
#[derive(Debug, Clone, Default)]
pub struct Scale {
    /// People after a year.
    pub people: f64,
    /// Per cent of them on an ordinary day.
    pub daily: f64,
    /// Requests of one of them on such a day.
    pub requests: f64,
    /// The busiest hour against the average.
    pub factor: f64,
    /// When that is.
    pub peak_when: String,
    /// Requests a second in the busiest hour.
    pub peak: f64,
    /// Rows written or changed a second in the busiest hour.
    pub writes: f64,
    /// Rows a year, by the id of the table, most first.
    pub rows: Vec<(String, f64)>,
    /// Bytes a year in the database, indexes included.
    pub bytes: f64,
    /// Of those, in indexes.
    pub index_bytes: f64,
    /// Bytes a year in files.
    pub file_bytes: f64,
    /// Files a year.
    pub files: f64,
    /// Steps a day that the service takes by itself.
    pub timed: f64,
    /// Processes of the API.
    pub instances: u32,
    /// Connections to the database.
    pub connections: u32,
}

impl Scale {
    /// The scale of a product with these tables and routes.
    pub fn of(
        product: &Product,
        aliases: &Aliases,
        tables: &[Table],
        operations: &[Operation],
        usage: &Usage,
        knowledge: &ArchitectureKnowledge,
        wishes: &Wishes,
    ) -> Self {
        let data = &knowledge.capacity;
        let is_timed = |entity: &Entity, operation: &Operation| {
            let slug = operation.path.rsplit('/').next().unwrap_or_default();
            let step = entity.transitions.iter().find(|step| slug_of(&step.verb) == slug);
            super::signs::is_by_system(operation) && step.is_some_and(|step| knowledge.is_timed(&step.verb))
        };
        let people = wishes.people.map_or(usage.people, |people| people).min(1_000_000_000);
        // A count of people is far below what a float tells apart.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        let people = people as f64;
        let mut scale = Self {
            people,
            daily: usage.daily,
            requests: usage.requests,
            factor: usage.peak,
            peak_when: usage.peak_when.clone(),
            ..Self::default()
        };
        scale.peak = people * usage.daily / 100.0 * usage.requests / SECONDS_A_DAY * usage.peak;
        let counter = Counter { product, aliases, tables, operations, usage, data, people };
        for table in tables {
            let Some(entity) = product.entity(&table.entity) else { continue };
            scale.add(table, entity, counter.rows(entity, 0), operations, |operation| is_timed(entity, operation));
        }
        scale.rows.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        scale.writes *= usage.peak / (DAYS * SECONDS_A_DAY);
        scale.instances = instances(scale.peak, people, wishes);
        let workers = if wishes.has("one-process") { 0 } else { WORKER_POOL };
        scale.connections = scale.instances.saturating_mul(POOL).saturating_add(workers);
        scale
    }

    fn add(
        &mut self,
        table: &Table,
        entity: &Entity,
        rows: f64,
        operations: &[Operation],
        is_timed: impl Fn(&Operation) -> bool,
    ) {
        let indexes = index_bytes(table) * rows;
        self.index_bytes += indexes;
        self.bytes += row_bytes(table) * rows + indexes;
        let is_file = |column: &Column| {
            let field = entity.fields.iter().find(|field| field.name == column.about);
            field.is_some_and(|field| matches!(field.kind.as_str(), "image" | "file" | "image list"))
        };
        for column in table.columns.iter().filter(|column| is_file(column)) {
            self.files += rows * if column.kind == ColumnKind::TextList { FILES_A_ROW } else { 1.0 };
        }
        self.file_bytes = self.files * A_FILE;
        let steps = operations.iter().filter(|o| o.table == table.id && matches!(o.deed, Deed::Step { .. }));
        let all = steps.clone().count();
        if steps.into_iter().any(is_timed) {
            self.timed += rows / DAYS;
        }
        self.writes += rows * if all > 0 { 1.0 + STEPS_A_ROW } else { 1.0 };
        self.rows.push((table.id.clone(), rows));
    }

    /// Rows a year in all tables.
    pub fn all_rows(&self) -> f64 {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }

    /// Connections that are in use at once in the busiest hour.
    pub fn in_use(&self) -> f64 {
        self.peak * HOLDS
    }

    /// Years until the database holds 100 GB.
    pub fn years(&self) -> f64 {
        100e9 / self.bytes.max(1.0)
    }
}

/// The usage of a kind of product.
pub fn usage<'d>(data: &'d CapacityData, kind: &str) -> Option<&'d Usage> {
    data.kinds.get(kind).or_else(|| data.kinds.get(CORE))
}

fn instances(peak: f64, people: f64, wishes: &Wishes) -> u32 {
    let least = match () {
        () if wishes.has("available") => 3,
        () if wishes.has("one-process") || wishes.has("sqlite") || people < 500.0 => 1,
        () => 2,
    };
    // Bounded above, and never negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    let needed = (peak / AN_INSTANCE).ceil().clamp(1.0, 10_000.0) as u32;
    if wishes.has("sqlite") { 1 } else { needed.max(least) }
}

struct Counter<'a> {
    product: &'a Product,
    aliases: &'a Aliases,
    tables: &'a [Table],
    operations: &'a [Operation],
    usage: &'a Usage,
    data: &'a CapacityData,
    people: f64,
}

impl Counter<'_> {
    /// Rows of an entity in a year.
    fn rows(&self, entity: &Entity, depth: usize) -> f64 {
        let rows = if is_person(entity) {
            self.people * self.share_of_people(entity)
        } else {
            self.known(entity, depth).unwrap_or_else(|| self.guessed(entity, depth))
        };
        rows.clamp(1.0, MOST_ROWS)
    }

    /// Whoever can do most of what the product is for is nearly everybody; the others look after them.
    fn share_of_people(&self, person: &Entity) -> f64 {
        const OTHERS: f64 = 0.01;
        let features = |person: &Entity| {
            let own = |actor: &str| {
                actor.strip_prefix(person.id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            };
            self.product.features.iter().filter(|feature| own(&feature.actor)).count()
        };
        let most = self.product.entities.iter().filter(|entity| is_person(entity)).map(features).max().unwrap_or(0);
        if features(person) == most { 1.0 } else { OTHERS }
    }

    fn known(&self, entity: &Entity, depth: usize) -> Option<f64> {
        let entry = self.data.rows.get(self.aliases.known(&entity.id))?;
        let main = self.product.entities.first();
        let base = match entry.each.as_str() {
            "person" => self.people,
            "product" => 1.0,
            "thing" if main.is_some_and(|main| main.id != entity.id) => self.people * self.usage.things,
            other => {
                let other = self
                    .product
                    .entity(self.aliases.id(other))
                    .filter(|other| other.id != entity.id && depth < DEEPEST)?;
                self.rows(other, depth + 1)
            }
        };
        Some(base * entry.times)
    }

    /// The main thing as its kind of product has it; what belongs to something a little more often than that; what nobody enters hardly ever.
    fn guessed(&self, entity: &Entity, depth: usize) -> f64 {
        if self.product.entities.first().is_some_and(|main| main.id == entity.id) {
            return self.people * self.usage.things;
        }
        let parents =
            entity.relations.iter().filter(|relation| relation.kind == "belongs to" && relation.to != entity.id);
        let mut parents = parents.filter_map(|relation| self.product.entity(&relation.to));
        let parent = parents.find(|parent| !is_person(parent) && depth < DEEPEST);
        if let Some(parent) = parent {
            return self.rows(parent, depth + 1) * 1.5;
        }
        let table = self.tables.iter().find(|table| table.entity == entity.id).map(|table| &table.id);
        let makes = |o: &Operation| matches!(o.deed, Deed::Create) && !super::signs::is_by_system(o);
        let made = self.operations.iter().any(|o| Some(&o.table) == table && makes(o));
        if made { self.people * 2.0 } else { 100.0 }
    }
}

fn width(column: &Column) -> f64 {
    match column.kind {
        ColumnKind::Id => 16.0,
        ColumnKind::Text | ColumnKind::Email => 32.0,
        ColumnKind::LongText => 500.0,
        ColumnKind::Integer | ColumnKind::Decimal | ColumnKind::Money | ColumnKind::Time | ColumnKind::Duration => 8.0,
        ColumnKind::Date => 4.0,
        ColumnKind::Boolean => 1.0,
        ColumnKind::Url => 90.0,
        ColumnKind::TextList => 40.0 * FILES_A_ROW,
        ColumnKind::Choice | ColumnKind::State => 12.0,
    }
}

/// Bytes of one row. What may be empty is so half of the time.
pub fn row_bytes(table: &Table) -> f64 {
    let columns = table.columns.iter().map(|column| width(column) * if column.nullable { 0.5 } else { 1.0 });
    (columns.sum::<f64>() + ROW_HEAD) * FILL
}

/// Bytes that one row takes in the indexes, the key's included.
pub fn index_bytes(table: &Table) -> f64 {
    let by_name: BTreeMap<&str, f64> =
        table.columns.iter().map(|column| (column.name.as_str(), width(column))).collect();
    let keys = table
        .indexes
        .iter()
        .map(|index| index.columns.iter().filter_map(|name| by_name.get(name.as_str())).sum::<f64>());
    keys.chain([16.0]).map(|key| (key + ENTRY_HEAD) * FILL).sum()
}

/// Columns that say when something has to happen, of things that the service acts upon by itself.
pub fn deadlines<'a>(subject: &Subject<'a>) -> Vec<(&'a Table, &'a Column)> {
    let timed: Vec<&str> = subject.unattended(true).into_iter().map(|(_, entity)| entity.id.as_str()).collect();
    let all = subject.columns(is_deadline).into_iter();
    all.filter(|(table, _)| timed.contains(&table.entity.as_str())).collect()
}

/// A figure with as many digits as one can rely on: "1,200", "18", "0.4".
pub fn figure(value: f64) -> String {
    if !value.is_finite() || value <= 0.0 {
        return "0".to_owned();
    }
    if value < 10.0 {
        let digits = if value < 1.0 { 2 } else { 1 };
        let said = format!("{value:.digits$}");
        let said = said.trim_end_matches('0').trim_end_matches('.').to_owned();
        return if said == "0" { "less than 0.01".to_owned() } else { said };
    }
    let step = 10_f64.powf((value.log10().floor() - 1.0).max(0.0));
    grouped(&format!("{:.0}", (value / step).round() * step))
}

fn grouped(digits: &str) -> String {
    let mut said = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// Bytes in the unit that fits.
pub fn bytes(value: f64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let unit = units.iter().find(|(size, _)| value >= *size);
    unit.map_or_else(|| "less than 1 kB".to_owned(), |(size, unit)| format!("{} {unit}", figure(value / size)))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn figures_have_as_many_digits_as_one_can_rely_on() {
        let said = [0.004, 0.42, 1.0, 4.56, 18.4, 123.0, 1234.0, 98_765_432.0, 0.0, f64::NAN].map(figure);
        assert_eq!(said, ["less than 0.01", "0.42", "1", "4.6", "18", "120", "1,200", "99,000,000", "0", "0"]);
        assert_eq!([12.0, 1500.0, 2.34e9].map(bytes), ["less than 1 kB", "1.5 kB", "2.3 GB"]);
    }
}
