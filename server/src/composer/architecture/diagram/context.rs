//! Who and what the product deals with: people on the left, it in the middle, outside systems on the right.

use model::sections::{Deed, Diagram, SYSTEM};

use super::{
    layout::{MARGIN, Rect},
    mermaid,
    pen::{self, Kind, LINE, Pen, SMALL},
};
use crate::composer::{
    architecture::{
        slots::{lower_first, some_of},
        subject::Subject,
        systems::System,
    },
    inflect::capitalised,
};

const WIDTH: i32 = 680;
const BOX: i32 = 136;
/// Words on a wire need this much on both sides.
const AIR: i32 = 8;
/// From one person to the next.
const PITCH: i32 = 66;
const HEIGHT: i32 = 48;
const MOST_PEOPLE: usize = 6;
/// Words on a wire take at most so many lines.
const LINES: usize = 3;

/// Somebody who uses the product, and what for.
struct Person {
    name: String,
    /// The feature that says most of them.
    does: String,
    /// A few words for the wire.
    deeds: String,
}

/// The diagram.
pub fn diagram(subject: &Subject<'_>, systems: &[System]) -> Diagram {
    let people = people(subject);
    let product = name(subject);
    let title = format!("{product} and what surrounds it");
    Diagram {
        id: "context".to_owned(),
        about: about(&product, &people, systems),
        svg: drawn(subject, &product, &title, &people, systems),
        mermaid: text(&product, &people, systems),
        title,
    }
}

/// What the product is called here: its kind.
pub fn name(subject: &Subject<'_>) -> String {
    format!("The {}", subject.kind_words().unwrap_or_else(|| "product".to_owned()))
}

fn people(subject: &Subject<'_>) -> Vec<Person> {
    let room = room() - 2 * AIR;
    let roles: Vec<_> = subject.roles.iter().filter(|role| role.id != SYSTEM).collect();
    let kept = if roles.len() > MOST_PEOPLE { MOST_PEOPLE - 1 } else { MOST_PEOPLE };
    let mut people: Vec<Person> = roles
        .iter()
        .take(kept)
        .map(|role| {
            let titles =
                || subject.product.features.iter().filter(|f| f.actor == role.id).map(|f| lower_first(&f.title));
            // A title that stands there whole says most; a few deeds say more than a title that is cut.
            let whole = titles().find(|title| pen::fits(title, SMALL, room, LINES));
            let first = whole.clone().or_else(|| titles().next());
            let does = first.unwrap_or_else(|| lower_first(role.may.trim_end_matches('.')));
            let deeds = whole.or_else(|| deeds(subject, &role.id)).unwrap_or_else(|| does.clone());
            Person { name: role.name.clone(), does, deeds }
        })
        .collect();
    if roles.len() > kept {
        let others: Vec<String> = roles[kept..].iter().map(|role| lower_first(&role.name)).collect();
        let does = format!("{} more roles", others.len());
        people.push(Person { name: capitalised(&some_of(&others).unwrap_or_default()), deeds: does.clone(), does });
    }
    people
}

/// Between two columns.
fn room() -> i32 {
    (WIDTH - 2 * MARGIN - 3 * BOX) / 2
}

fn drawn(subject: &Subject<'_>, product: &str, title: &str, people: &[Person], systems: &[System]) -> String {
    let rows = i32::try_from(people.len().max(systems.len()).max(1)).unwrap_or(1);
    let height = rows * PITCH + 2 * MARGIN;
    let mut pen = Pen::new(WIDTH, height, title);
    let middle = Rect { x: MARGIN + BOX + room(), y: MARGIN, w: BOX, h: height - 2 * MARGIN };
    let inside = BOX - 2 * pen::INSIDE;
    let kept = subject.tables.iter().take(3).map(|table| table.name.replace('_', " "));
    let keeps = some_of(&kept.collect::<Vec<_>>()).map(|keeps| format!("keeps {keeps}")).unwrap_or_default();
    pen.card(middle, Kind::Chief, &pen::headed(product, inside), &pen::wrapped(&keeps, SMALL, inside, 3));
    for (at, person) in rows_of(people, rows, height) {
        let rect = Rect { x: MARGIN, y: at - HEIGHT / 2, w: BOX, h: HEIGHT };
        pen.card(rect, Kind::Person, &pen::headed(&person.name, inside), &[]);
        wire(&mut pen, (MARGIN + BOX, middle.x), at, &person.deeds);
        pen.arrow((middle.x - 1, at), (1, 0));
    }
    for (at, system) in rows_of(systems, rows, height) {
        let x = middle.x + BOX + room();
        let rect = Rect { x, y: at - HEIGHT / 2, w: BOX, h: HEIGHT };
        pen.card(rect, Kind::Outside, &pen::headed(&system.name, inside), &[]);
        wire(&mut pen, (middle.x + BOX + 1, x), at, &system.wire);
        pen.arrow((x, at), (1, 0));
        if system.calls_back {
            pen.arrow((middle.x + BOX + 1, at), (-1, 0));
        }
    }
    pen.done()
}

/// Everything of a column with the height its wire runs at, spread over the whole.
fn rows_of<T>(items: &[T], rows: i32, height: i32) -> impl Iterator<Item = (i32, &T)> {
    let count = i32::try_from(items.len()).unwrap_or(1).max(1);
    let pitch = rows * PITCH / count;
    let top = MARGIN + (height - 2 * MARGIN - pitch * count) / 2;
    (0..).zip(items).map(move |(nth, item)| (top + pitch * nth + pitch / 2, item))
}

/// What somebody does that few others may: "publish listings, accept offers".
fn deeds(subject: &Subject<'_>, role: &str) -> Option<String> {
    let mut deeds: Vec<(usize, String, &str)> = Vec::new();
    for operation in subject.operations.iter().filter(|operation| operation.roles.iter().any(|id| id == role)) {
        let Some(entity) = subject.entity_of(operation) else { continue };
        let verb = match &operation.deed {
            Deed::Create => "create".to_owned(),
            Deed::Step { .. } => operation.path.rsplit('/').next().unwrap_or_default().replace('-', " "),
            _ => continue,
        };
        // Of longer ones not every word belongs to the verb.
        if verb.split(' ').count() > 1 || operation.path.matches('/').count() > 3 {
            continue;
        }
        let others = operation.roles.iter().filter(|id| *id != role && *id != SYSTEM).count();
        deeds.push((
            others * 2 + usize::from(verb == "create"),
            format!("{verb} {}", subject.nouns(entity)),
            &entity.id,
        ));
    }
    deeds.sort_by_key(|(rank, ..)| *rank);
    let mut entities: Vec<&str> = Vec::new();
    deeds.retain(|(_, _, entity)| {
        !entities.contains(entity) && {
            entities.push(entity);
            true
        }
    });
    let room = room() - 2 * AIR;
    let mut said = String::new();
    for (_, deed, _) in deeds {
        let longer = if said.is_empty() { deed } else { format!("{said}, {deed}") };
        if !pen::fits(&longer, SMALL, room, LINES) {
            break;
        }
        said = longer;
    }
    (!said.is_empty()).then_some(said)
}

/// A wire with its words: up to two lines above it, a third below.
fn wire(pen: &mut Pen, (from, to): (i32, i32), at: i32, words: &str) {
    pen.wires(&[[(from, at), (to, at)]]);
    let lines = pen::wrapped(words, SMALL, to - from - 2 * AIR, LINES);
    let places = if lines.len() > 2 { [at - 6 - LINE, at - 6, at + LINE - 2] } else { [at - 6, at + LINE - 2, 0] };
    for (line, y) in lines.iter().zip(places) {
        pen.text(((from + to) / 2, y), line, "middle", "");
    }
}

fn about(product: &str, people: &[Person], systems: &[System]) -> String {
    let who = people.iter().map(|person| format!("{}: {}.", person.name, person.does));
    let what = systems.iter().map(|system| {
        let direction = if system.calls_back { "exchanges with" } else { "sends to" };
        format!("{product} {direction} the {}: {}. {}", lower_first(&system.name), system.wire, system.why)
    });
    let nothing = systems.is_empty().then(|| format!("{product} needs no outside system."));
    who.chain(what).chain(nothing).collect::<Vec<_>>().join(" ")
}

fn text(product: &str, people: &[Person], systems: &[System]) -> String {
    let mut chart = mermaid::Chart::new("LR");
    let middle = chart.node(product, mermaid::Shape::Chief);
    for person in people {
        let node = chart.node(&person.name, mermaid::Shape::Person);
        chart.edge(node, middle, &person.does, false);
    }
    for system in systems {
        let node = chart.node(&system.name, mermaid::Shape::Outside);
        chart.edge(middle, node, &system.wire, system.calls_back);
    }
    chart.done()
}
