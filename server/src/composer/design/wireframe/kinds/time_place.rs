//! When and where.

use super::{Area, Face, Kit, Scene, columns};
use crate::composer::design::wireframe::{
    kit::{CONTROL, crisp},
    pen::{Anchor, N, Paint},
};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Where things lie in the week that is drawn: day, hour from the top, hours.
const WEEK: [(usize, f64, f64); 9] = [
    (0, 1.0, 1.5),
    (0, 4.0, 1.0),
    (1, 2.0, 2.0),
    (2, 0.5, 1.0),
    (2, 3.5, 2.0),
    (3, 1.5, 1.0),
    (4, 1.0, 2.5),
    (5, 2.5, 1.5),
    (6, 4.0, 1.0),
];

/// A week, with the states as a key.
pub fn calendar(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    kit.uses("day-grid");
    let (key, grid) = body.split_top(22.0, 10.0);
    let mut x = key.x;
    for state in scene.thing.states.iter().take(4) {
        let w = kit.chip(x, key.y, (key.right() - x).min(150.0), state);
        x += w + if w > 0.0 { 8.0 } else { 0.0 };
    }
    let (hours, days) = grid.split_left(40.0, 6.0);
    let columns = days.columns(7, 0.0);
    let (top, hour) = (grid.y + 26.0, ((grid.h - 26.0) / 6.0).floor());
    for (name, column) in DAYS.iter().zip(&columns) {
        let today = *name == "Wed";
        kit.pen.words(if today { Face::Link } else { Face::Small }, column.x + 6.0, grid.y + 14.0, column.w, name);
        kit.pen.down(Paint::Hair, column.x, grid.y, 26.0 + hour * 6.0);
        if today {
            kit.pen.rect(Paint::Wash, Area::new(column.x, top, column.w, hour * 6.0), 0.0);
        }
    }
    for at in 0..6_u32 {
        let y = top + f64::from(at) * hour;
        kit.pen.across(Paint::Hair, days.x, y, days.w);
        kit.pen.set(Face::Small, Anchor::End, hours.right() - 2.0, y + 4.0, 40.0, &format!("{}:00", 8 + 2 * at));
    }
    let skip = scene.vary(1, 3);
    for (nth, (day, from, hours)) in (0_u32..).zip(WEEK) {
        if let Some(column) = columns.get(day).filter(|_| nth % 4 != skip) {
            let place = Area::new(column.x + 3.0, top + from * hour + 2.0, column.w - 6.0, hours * hour - 4.0);
            event(kit, scene, place, nth);
        }
    }
}

fn event(kit: &mut Kit, scene: &Scene<'_>, area: Area, nth: u32) {
    let chosen = nth == 4;
    kit.pen.rect(Paint::Sheet, area, kit.control.min(6.0));
    kit.pen.rect(if nth % 3 == 1 { Paint::Glow } else { Paint::Wash }, area, kit.control.min(6.0));
    kit.pen.rect(if chosen { Paint::Line } else { Paint::Hair }, crisp(area), kit.control.min(6.0));
    if area.h > 26.0 {
        kit.pen.words(Face::Strong, area.x + 6.0, area.y + 17.0, area.w - 10.0, &scene.thing.one);
    }
    let state = scene.state_of(usize::try_from(nth).unwrap_or(0));
    match state.filter(|_| area.h > 44.0) {
        Some(state) => {
            kit.pen.words(Face::Small, area.x + 6.0, area.y + 34.0, area.w - 10.0, &state.name);
        }
        None if area.h > 40.0 => kit.bar(area.x + 6.0, area.y + 30.0, area.w - 12.0, nth),
        None => {}
    }
}

/// Rows at the left, pins on a map, one of them open.
pub fn map(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (rows, map) = body.split_left((body.w * 0.32).round(), 20.0);
    nearby(kit, scene, rows);
    ground(kit, map);
    let at = |fx: f64, fy: f64| (map.x + map.w * fx, map.y + map.h * fy);
    for (fx, fy) in [(0.18, 0.34), (0.78, 0.26), (0.86, 0.62), (0.3, 0.84), (0.12, 0.66)] {
        let (x, y) = at(fx, fy);
        kit.pen.round(Paint::Sheet, x, y - 8.0, 9.0);
        kit.pin(x, y, 6.5, Paint::Dot);
    }
    kit.pen.above();
    let (x, y) = at(0.48, 0.42);
    kit.pin(x, y, 10.0, Paint::Accent);
    open_card(kit, scene, Area::new((x - 84.0).max(map.x + 8.0), y + 12.0, 168.0_f64.min(map.w - 16.0), 92.0));
}

fn nearby(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("row");
    let facts = columns(scene, 1);
    for (nth, row) in (0_u32..).zip(area.rows(58.0)) {
        if nth == 0 {
            kit.pen.rect(Paint::Glow, Area { x: row.x - 8.0, w: row.w + 8.0, h: row.h - 2.0, ..row }, kit.control);
            kit.pen.words(Face::Strong, row.x + 4.0, row.y + 20.0, row.w - 12.0, &scene.face().name);
        } else {
            kit.bar(row.x + 4.0, row.y + 16.0, row.w - 40.0, nth);
            kit.pen.across(Paint::Hair, row.x, row.y - 1.0, row.w);
        }
        let state = scene.state_of(usize::try_from(nth).unwrap_or(0));
        let chip = state.map_or(0.0, |state| kit.chip(row.x + 4.0, row.y + 29.0, row.w - 12.0, state));
        if let Some(fact) = facts.first().filter(|_| chip < row.w - 84.0) {
            kit.value(fact, row.x + chip + 14.0, row.y + 39.0, row.w - chip - 18.0, nth);
        }
    }
}

/// Streets, a river, a park: nobody's town.
fn ground(kit: &mut Kit, map: Area) {
    kit.uses("map");
    kit.pen.rect(Paint::Wash, map, kit.card);
    let (x, y, w, h) = (map.x, map.y, map.w, map.h);
    let p = |fx: f64, fy: f64| format!("{} {}", N(x + w * fx), N(y + h * fy));
    kit.pen.path(
        Paint::Wash,
        &format!(
            "M{}C{} {} {}L{}C{} {} {}z",
            p(0.0, 0.72),
            p(0.3, 0.58),
            p(0.55, 0.86),
            p(1.0, 0.7),
            p(1.0, 0.8),
            p(0.55, 0.96),
            p(0.3, 0.68),
            p(0.0, 0.82)
        ),
    );
    kit.pen.rect(Paint::Bar, Area::new(x + w * 0.58, y + h * 0.08, w * 0.16, h * 0.2), 6.0);
    let street = |a: String, b: String| format!("M{a}L{b}");
    let streets = [
        street(p(0.0, 0.22), p(1.0, 0.34)),
        street(p(0.0, 0.5), p(1.0, 0.52)),
        street(p(0.24, 0.0), p(0.34, 1.0)),
        street(p(0.52, 0.0), p(0.5, 1.0)),
        street(p(0.8, 0.0), p(0.7, 1.0)),
        street(p(0.34, 0.26), p(0.8, 0.0)),
    ];
    kit.pen.path(Paint::Edge, &streets.concat());
    kit.pen.rect(Paint::Hair, crisp(map), kit.card);
    kit.pen.above();
}

fn open_card(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("panel");
    kit.pen.rect(Paint::Sheet, area, kit.card);
    kit.pen.rect(Paint::Edge, crisp(area), kit.card);
    let inside = area.inset(11.0);
    kit.pen.words(Face::Strong, inside.x, inside.y + 11.0, inside.w, &scene.thing.one);
    if let Some(fact) = columns(scene, 1).first() {
        let named = kit.pen.words(Face::Small, inside.x, inside.y + 29.0, inside.w * 0.6, &fact.name);
        kit.value(fact, inside.x + named + 8.0, inside.y + 24.6, inside.w - named - 8.0, 0);
    }
    let say = scene.verb(0).unwrap_or_else(|| scene.main.clone());
    let button = Area { y: inside.bottom() - CONTROL + 3.0, h: CONTROL - 3.0, ..inside };
    kit.main_button(button, &say);
}
