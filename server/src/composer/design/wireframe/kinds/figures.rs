//! What is counted, printed and compared.

use super::{Area, Face, FactKind, Kit, Scene, two_lines};
use crate::composer::design::{
    tone::Tone,
    wireframe::{
        kit::crisp,
        pen::{Anchor, N, Paint},
        scene::Thing,
    },
};

/// Figures, their course, and what needs somebody.
pub fn dashboard(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    let (tiles, rest) = body.split_top(98.0, 18.0);
    let most = if body.w > 500.0 { 4 } else { 3 };
    let measures: Vec<&(String, String)> = scene.measures.iter().take(most).collect();
    if measures.is_empty() {
        state_tiles(kit, scene, tiles);
    }
    let count = u32::try_from(measures.len()).unwrap_or(1);
    for ((name, target), place) in measures.into_iter().zip(tiles.columns(count, 20.0)) {
        kit.uses("figure");
        kit.pen.across(Paint::Ink, place.x, place.y, place.w);
        two_lines(&mut kit.pen, Face::Small, place.x, place.y + 18.0, place.w, name);
        kit.pen.words(Face::Figure, place.x, place.y + 68.0, place.w, noughts(target));
        kit.pen.words(Face::Small, place.x, place.y + 90.0, place.w, target);
    }
    let (left, right) = rest.split_left(rest.w * 0.58, 26.0);
    chart(kit, scene, left);
    attention(kit, scene, right);
}

/// The form of a figure, from what it should reach.
fn noughts(target: &str) -> &'static str {
    match target {
        target if target.contains('%') => "00 %",
        target if target.contains("hour") => "0 h",
        target if target.contains("minute") => "0 min",
        target if target.contains("second") => "0 s",
        target if target.contains("day") => "0 days",
        _ => "00",
    }
}

fn state_tiles(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    let states: Vec<&str> = scene.thing.states.iter().map(|state| state.name.as_str()).take(3).collect();
    let names = if states.is_empty() { vec![scene.thing.many.as_str()] } else { states };
    let count = u32::try_from(names.len()).unwrap_or(1);
    for (name, place) in names.into_iter().zip(area.columns(count, 20.0)) {
        kit.uses("figure");
        kit.pen.across(Paint::Ink, place.x, place.y, place.w);
        kit.pen.words(Face::Small, place.x, place.y + 18.0, place.w, name);
        kit.pen.words(Face::Figure, place.x, place.y + 52.0, place.w, "00");
    }
}

fn chart(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("chart");
    kit.pen.words(Face::Head, area.x, area.y + 13.0, area.w, &format!("{} by week", scene.thing.many));
    let (_, plot) = area.split_top(20.0, 12.0);
    for line in 0..4_u32 {
        kit.pen.across(Paint::Hair, plot.x, plot.y + plot.h * f64::from(line) / 3.0 - 1.0, plot.w);
    }
    let levels: Vec<f64> =
        (0..9_u32).map(|at| 0.75 - 0.06 * f64::from(at) + 0.05 * f64::from(scene.vary(at, 5))).collect();
    let mut d = String::new();
    for (at, level) in (0_u32..).zip(&levels) {
        let (x, y) = (plot.x + plot.w * f64::from(at) / 8.0, plot.y + plot.h * level.clamp(0.05, 0.95));
        d.push_str(&format!("{}{} {}", if at == 0 { 'M' } else { 'L' }, N(x), N(y)));
    }
    kit.pen.path(Paint::Line, &d);
    if let Some(last) = levels.last() {
        kit.pen.round(Paint::Accent, plot.right(), plot.y + plot.h * last.clamp(0.05, 0.95), 4.5);
    }
}

/// What is not going as it should.
fn attention(kit: &mut Kit, scene: &Scene<'_>, area: Area) {
    kit.uses("row");
    kit.pen.words(Face::Head, area.x, area.y + 13.0, area.w, "Needs somebody");
    let troubled = |tone: Tone| matches!(tone, Tone::Caution | Tone::Negative);
    let mut states: Vec<_> = scene.thing.states.iter().filter(|state| troubled(state.tone)).collect();
    if states.is_empty() {
        states = scene.thing.states.iter().take(2).collect();
    }
    let (_, rows) = area.split_top(20.0, 6.0);
    for (nth, row) in (0_u32..).zip(rows.rows(scene.row)).take(2.max(states.len() + 1).min(5)) {
        kit.bar(row.x, row.middle(), row.w * 0.4, nth);
        if let Some(state) = states.get(usize::try_from(nth).unwrap_or(0) % states.len().max(1)) {
            kit.chip_left_of(row.right(), row.middle() - 10.0, row.w * 0.56, state);
        }
        kit.pen.across(Paint::Hair, row.x, row.bottom(), row.w);
    }
}

/// A sheet of paper.
pub fn report(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    kit.uses("document");
    let w = body.w.min(500.0);
    let paper = Area { x: body.x + (body.w - w) / 2.0, w, h: body.h + 22.0, ..body };
    kit.pen.rect(Paint::Edge, crisp(paper), 1.0);
    let inside = Area { h: paper.h - 40.0, ..paper.inset(26.0) };
    kit.pen.words(Face::Title, inside.x, inside.y + 18.0, inside.w - 110.0, &scene.thing.one);
    kit.pen.set(Face::Small, Anchor::End, inside.right(), inside.y + 16.0, 100.0, "00/00/0000");
    let (head, table) = inside.split_top(116.0, 10.0);
    let (_, facts) = head.split_top(30.0, 8.0);
    let short = scene.short_facts();
    let halves = if facts.w < 410.0 { 1 } else { 2 };
    for (half, place) in short.chunks(3).zip(facts.columns(halves, 28.0)) {
        kit.facts(place, half, 25.0);
    }
    match &scene.child {
        Some(child) if !child.facts.is_empty() => lines_of(kit, child, table),
        _ => kit.lines(table, 0),
    }
}

/// What a document lists, with a sum where there is money.
fn lines_of(kit: &mut Kit, child: &Thing, area: Area) {
    kit.pen.words(Face::Head, area.x, area.y + 14.0, area.w, &child.many);
    let (head, rows) = area.split_top(38.0, 2.0);
    let facts: Vec<_> = child.facts.iter().filter(|fact| fact.kind != FactKind::Long).take(3).collect();
    let cells = head.columns(u32::try_from(facts.len()).unwrap_or(1), 14.0);
    for (fact, cell) in facts.iter().zip(&cells) {
        kit.pen.words(Face::Small, cell.x, head.bottom() - 5.0, cell.w, &fact.name);
    }
    kit.pen.across(Paint::Ink, head.x, head.bottom(), head.w);
    for (nth, row) in (0_u32..).zip(rows.rows(26.0)) {
        for (fact, cell) in facts.iter().zip(&cells) {
            kit.value(fact, cell.x, row.middle(), cell.w, nth);
        }
        kit.pen.across(Paint::Hair, row.x, row.bottom(), row.w);
    }
}

/// Facts in rows, things in columns; rows that differ are marked.
pub fn compare(kit: &mut Kit, scene: &Scene<'_>, body: Area) {
    kit.uses("comparison");
    let (labels, sides) = body.split_left((body.w * 0.25).round(), 16.0);
    let columns = sides.columns(2, 22.0);
    let face = scene.face();
    let head = if face.pictured { 86.0 } else { 30.0 };
    for (nth, column) in (0_u32..).zip(&columns) {
        let (top, _) = column.split_top(head, 0.0);
        if face.pictured {
            kit.picture(Area { h: 60.0, ..top });
        }
        if nth == 0 {
            kit.pen.words(Face::Strong, top.x, top.bottom() - 9.0, top.w, &face.name);
        } else {
            kit.bar(top.x, top.bottom() - 14.0, top.w * 0.7, nth + 1);
        }
    }
    let (_, mut table) = body.split_top(head, 4.0);
    table.h -= 44.0;
    let rows = table.rows(scene.row.min(34.0));
    let facts = if scene.thing.facts.len() > 2 { scene.short_facts() } else { face.facts.iter().collect() };
    for (nth, (fact, row)) in (0_u32..).zip(facts.iter().zip(&rows)) {
        if nth % 3 == 1 {
            kit.pen.rect(Paint::Glow, Area { x: row.x - 8.0, w: row.w + 16.0, ..*row }, 0.0);
        }
        kit.pen.words(Face::Small, row.x, row.middle() + 4.4, labels.w, &fact.name);
        for (side, column) in (0_u32..).zip(&columns) {
            let differs = if nth % 3 == 1 { side } else { 0 };
            kit.value(fact, column.x, row.middle(), column.w, nth + differs);
        }
        kit.pen.across(Paint::Hair, row.x, row.y, row.w);
    }
    if let Some(row) = rows.get(facts.len()).filter(|_| !scene.thing.states.is_empty()) {
        kit.pen.words(Face::Small, row.x, row.middle() + 4.4, labels.w, "State");
        for (side, column) in columns.iter().enumerate() {
            if let Some(state) = scene.state_of(side) {
                kit.chip(column.x, row.middle() - 10.0, column.w, state);
            }
        }
        kit.pen.across(Paint::Hair, row.x, row.y, row.w);
    }
    for (nth, column) in columns.iter().enumerate() {
        let w = Kit::button_width(&scene.main, column.w);
        let place = Area::new(column.x, body.bottom() - 32.0, w, 32.0);
        if nth == 0 { kit.main_button(place, &scene.main) } else { kit.button(place, &scene.main) }
    }
}
