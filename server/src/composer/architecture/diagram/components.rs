//! What the product consists of: what people see, what runs, what keeps, and what is called outside.

use model::sections::Diagram;

use super::{
    layout::{Layout, Net, Rect, Sheet, Side, lay_out},
    mermaid,
    pen::{self, Kind, Pen, SMALL},
};
use crate::composer::architecture::{
    deployment, entries::Caller, signs::Focus, slots::lower_first, subject::Subject, systems::System,
};

const WIDTH: i32 = 680;
const BOX: i32 = 146;
const INSIDE: i32 = BOX - 2 * pen::INSIDE;
/// Outside systems side by side.
const A_ROW: usize = 4;
/// Around the words of a wire.
const AIR: i32 = 5;

/// A part, before it is drawn.
struct Part {
    id: String,
    name: String,
    short: String,
    kind: Kind,
}

/// Who talks to whom about what. The first talks to all others.
struct Talk {
    from: usize,
    to: Vec<usize>,
    words: String,
}

#[derive(Default)]
struct Picture {
    parts: Vec<Part>,
    rows: Vec<Vec<usize>>,
    talks: Vec<Talk>,
}

/// The diagram.
pub fn diagram(subject: &Subject<'_>, systems: &[System]) -> Diagram {
    let picture = Picture::of(subject, systems);
    let title = "What runs, what keeps, and who talks to whom".to_owned();
    Diagram {
        id: "components".to_owned(),
        about: picture.about(),
        svg: picture.drawn(&title),
        mermaid: picture.text(),
        title,
    }
}

/// Where units stand, from top to bottom. What is known elsewhere stands nowhere.
const PLACES: [&[&str]; 3] =
    [&["web", "device", "sensors"], &["api", "worker", "intake"], &["database", "objects", "cache"]];

impl Picture {
    fn of(subject: &Subject<'_>, systems: &[System]) -> Self {
        let mut picture = Self::default();
        let entries = deployment::entries(subject);
        for row in PLACES {
            let mut placed = Vec::new();
            for entry in row.iter().filter_map(|id| entries.iter().find(|entry| entry.id == *id)) {
                let tell = |text, part: &str| {
                    subject
                        .tell(text, &Focus::default(), &format!("deployment/{}/{part}", entry.id))
                        .unwrap_or_default()
                };
                placed.push(picture.parts.len());
                let kind = if entry.id == "database" { Kind::Chief } else { Kind::Part };
                picture.parts.push(Part {
                    id: entry.id.clone(),
                    name: tell(&entry.name, "name"),
                    short: tell(&entry.short, "short").trim_end_matches('.').to_owned(),
                    kind,
                });
            }
            picture.rows.push(placed);
        }
        let first = picture.parts.len();
        // What talks to the product by itself is a unit of its own here.
        let systems: Vec<&System> = systems.iter().filter(|system| system.by != Caller::Intake).collect();
        for system in &systems {
            let short = if system.calls_back { "calls back" } else { "" };
            picture.parts.push(Part {
                id: format!("outside-{}", system.id),
                name: system.name.clone(),
                short: short.to_owned(),
                kind: Kind::Outside,
            });
        }
        let outside: Vec<usize> = (first..picture.parts.len()).collect();
        picture.rows.extend(outside.chunks(A_ROW).map(<[usize]>::to_vec));
        picture.rows.retain(|row| !row.is_empty());
        picture.talk(subject, &systems, first);
        picture
    }

    fn part(&self, id: &str) -> Option<usize> {
        self.parts.iter().position(|part| part.id == id)
    }

    fn talk(&mut self, subject: &Subject<'_>, systems: &[&System], outside: usize) {
        let database = if subject.wishes.has("sqlite") { "SQL, one writer" } else { "SQL" };
        let known = [
            ("web", "api", "HTTPS, JSON"),
            ("device", "api", "queued changes"),
            ("sensors", "intake", "readings, signed"),
            ("web", "objects", "files, signed links"),
            ("api", "database", database),
            ("api", "cache", "counts, positions"),
            ("worker", "database", "takes what is due"),
            ("intake", "database", "batches of readings"),
        ];
        for (from, to, words) in known {
            if let (Some(from), Some(to)) = (self.part(from), self.part(to)) {
                self.talks.push(Talk { from, to: vec![to], words: words.to_owned() });
            }
        }
        let worker = self.part("worker").is_some();
        let callers: [(&str, &[Caller], &str); 3] = [
            ("web", &[Caller::Web], "straight from the page"),
            ("api", if worker { &[Caller::Api] } else { &[Caller::Api, Caller::Worker] }, "while somebody waits"),
            ("worker", &[Caller::Worker], "later, again on failure"),
        ];
        for (from, by, words) in callers {
            let called = systems.iter().enumerate().filter(|(_, system)| by.contains(&system.by));
            let to: Vec<usize> = called.map(|(at, _)| outside + at).collect();
            if let (Some(from), false) = (self.part(from), to.is_empty()) {
                self.talks.push(Talk { from, to, words: words.to_owned() });
            }
        }
    }

    fn row_of(&self, part: usize) -> usize {
        self.rows.iter().position(|row| row.contains(&part)).unwrap_or(0)
    }

    fn sheet(&self) -> Sheet {
        let lines =
            |part: &Part| pen::headed(&part.name, INSIDE).len() + pen::wrapped(&part.short, SMALL, INSIDE, 2).len();
        let height = |part: &Part| i32::try_from(lines(part)).unwrap_or(1) * pen::LINE + 14;
        let nets = self.talks.iter().map(|talk| {
            let row = self.row_of(talk.from);
            // Who is called stands below; where a sketch has it otherwise, the wire leaves on the other side.
            let side = |part: usize| if self.row_of(part) > row { Side::Top } else { Side::Bottom };
            let mut ends = vec![(talk.from, Side::Bottom)];
            ends.extend(talk.to.iter().map(|part| (*part, side(*part))));
            Net { ends, words: Some(pen::width(&talk.words, SMALL) + 2 * AIR) }
        });
        Sheet {
            boxes: self.parts.iter().map(|part| (BOX, height(part))).collect(),
            rows: self.rows.clone(),
            nets: nets.collect(),
            least_width: WIDTH,
        }
    }

    fn drawn(&self, title: &str) -> String {
        let sheet = self.sheet();
        let layout = lay_out(&sheet);
        let mut pen = Pen::new(layout.width, layout.height, title);
        let places = words(&sheet, &layout);
        let all: Vec<Rect> = places.iter().flatten().copied().collect();
        layout.wires.iter().for_each(|wires| pen.wires(&pen::cut(wires, &all)));
        for (net, ports) in sheet.nets.iter().zip(&layout.ports) {
            let called = net.ends.iter().zip(ports).skip(1);
            for ((_, side), port) in called {
                pen.arrow(*port, (0, if *side == Side::Top { 1 } else { -1 }));
            }
        }
        for (talk, place) in self.talks.iter().zip(&places) {
            if let Some(place) = place {
                pen.text((place.x + place.w / 2, place.y + place.h - 5), &talk.words, "middle", "");
            }
        }
        for (part, rect) in self.parts.iter().zip(&layout.boxes) {
            let name = pen::headed(&part.name, INSIDE);
            pen.card(*rect, part.kind, &name, &pen::wrapped(&part.short, SMALL, INSIDE, 2));
        }
        pen.done()
    }

    fn about(&self) -> String {
        let name = |at: &usize| self.parts.get(*at).map_or_else(String::new, |part| lower_first(&part.name));
        let talks = self.talks.iter().map(|talk| {
            let to: Vec<String> = talk.to.iter().map(|at| format!("the {}", name(at))).collect();
            format!("From the {} to {}: {}.", name(&talk.from), crate::composer::inflect::joined(&to), talk.words)
        });
        let alone = self
            .parts
            .iter()
            .enumerate()
            .filter(|(at, _)| self.talks.iter().all(|talk| talk.from != *at && !talk.to.contains(at)));
        let alone = alone.map(|(_, part)| format!("The {} stands alone.", lower_first(&part.name)));
        talks.chain(alone).collect::<Vec<_>>().join(" ")
    }

    fn text(&self) -> String {
        let mut chart = mermaid::Chart::new("TB");
        let shape = |kind: Kind| match kind {
            Kind::Chief => mermaid::Shape::Store,
            Kind::Outside => mermaid::Shape::Outside,
            _ => mermaid::Shape::Part,
        };
        let nodes: Vec<usize> = self.parts.iter().map(|part| chart.node(&part.name, shape(part.kind))).collect();
        for talk in &self.talks {
            for to in &talk.to {
                if let (Some(from), Some(to)) = (nodes.get(talk.from), nodes.get(*to)) {
                    chart.edge(*from, *to, &talk.words, false);
                }
            }
        }
        chart.done()
    }
}

/// The room that the words of each net take.
fn words(sheet: &Sheet, layout: &Layout) -> Vec<Option<Rect>> {
    let both = sheet.nets.iter().zip(&layout.words);
    both.map(|(net, at)| {
        let (w, (x, y)) = (net.words?, (*at)?);
        Some(Rect { x: x - w / 2, y: y - 9, w, h: 17 })
    })
    .collect()
}
